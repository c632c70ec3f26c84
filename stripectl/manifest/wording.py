"""Departures from a schema in a reader's words: what stands there, what would fit, and a way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from stripectl.diagnostics import Diagnostic, Path, did_you_mean, error
from stripectl.manifest.schemas import conforms, is_number
from stripectl.manifest.values import described, shortened


@dataclass(frozen=True, slots=True)
class Departure:
    """A value that a keyword of its schema refuses."""

    keyword: str
    operand: object
    """What the keyword asks for."""
    schema: Mapping[str, object]
    """The schema that holds the keyword."""
    found: object
    path: Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What to say, and about which value of the document."""

    path: Path
    diagnostic: Diagnostic
    on_key: bool = False
    """The name of the field is meant and not its value."""


def in_words(departure: Departure) -> Iterator[Finding]:
    """What to tell the reader; several findings where a keyword covers several fields."""
    return _WORDS.get(departure.keyword, _unfit)(departure)


def misspelt(departure: Departure, *, on_key: bool = False) -> Finding:
    """A text, or with `on_key` the name of an entry, that does not have the form that it needs."""
    title, found = str(departure.schema.get("title", "")), str(departure.found)
    template = _FORMATS.get(title, _ANY_FORMAT)
    return Finding(
        departure.path,
        replace(
            template,
            detail=f"{template.detail}; `{shortened(found)}` does not.",
            hint=_respelt(title, found) or f"for example {_example(departure.schema)}",
        ),
        on_key,
    )


def no_shape(departure: Departure, words: list[str]) -> Finding:
    """A value that has none of the shapes that are possible; `words` are the fixed texts among them."""
    near = ""
    if isinstance(departure.found, str) and words:
        near = did_you_mean(departure.found, words) or f"for example {words[0]}"
    takes = str(departure.schema.get("description"))
    return Finding(
        departure.path,
        error(
            "wrong-shape",
            "A value has none of the shapes that are possible",
            f"{_field(departure.path)} takes {takes}, and here stands {described(departure.found)}.",
            hint=near or _for_example(departure),
        ),
    )


def _field(path: Path) -> str:
    """The field that a reader would name: the last key of the path."""
    names = [part for part in path if isinstance(part, str)]
    return f"`{shortened(names[-1])}`" if names else "The file"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _unknown_fields(departure: Departure) -> Iterator[Finding]:
    found, known = _mapping(departure.found), list(_mapping(departure.schema.get("properties")))
    free = [name for name in known if name not in found]
    owner = _field(departure.path) if departure.path else "a file of this kind"
    for key in found:
        if key not in known:
            diagnostic = error(
                "unknown-field",
                "A field is not known here",
                f"`{shortened(key)}` is not a field of {owner}.",
                hint=did_you_mean(key, free) or f"use one of {', '.join(known)}",
            )
            yield Finding((*departure.path, key), diagnostic, on_key=True)


def _missing_fields(departure: Departure) -> Iterator[Finding]:
    properties = _mapping(departure.schema.get("properties"))
    for key in map(str, _list(departure.operand)):
        if key not in _mapping(departure.found):
            diagnostic = error(
                "missing-field",
                "A field is missing",
                f"{_field(departure.path)} needs `{key}`.",
                hint=f"add {key}: {_example(_mapping(properties.get(key)))}",
            )
            yield Finding(departure.path, diagnostic)


_EXPECTED = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_BOOLEANS = {
    **dict.fromkeys(("yes", "on", "y", "True", "TRUE", "Yes"), "true"),
    **dict.fromkeys(("no", "off", "n", "False", "FALSE", "No"), "false"),
}


def _wrong_type(departure: Departure) -> Iterator[Finding]:
    operand = departure.operand
    expected = str(operand[0] if isinstance(operand, list) else operand)
    found = described(departure.found)
    diagnostic = error(
        "wrong-type",
        "A value has the wrong type",
        f"{_field(departure.path)} takes {_EXPECTED[expected]}, and here stands {found}.",
        hint=_type_hint(expected, departure.found)
        or _for_example(departure)
        or f"write {_EXPECTED[expected]}",
    )
    yield Finding(departure.path, diagnostic)


def _type_hint(expected: str, found: object) -> str:
    match expected, found:
        case "string", bool():
            return f'put quotes around it: "{described(found)}"'
        case "string", _ if is_number(found):
            return f'put quotes around it: "{found}"'
        case "boolean", str():
            return f"write {_BOOLEANS.get(found, 'true or false')}"
        case (("number" | "integer"), str()) if conforms("manifest", "money")(found):
            return "remove the quotes"
        case (("number" | "integer"), str()):
            return "write digits, with a point before decimals"
        case "array", str():
            return f"write a list: [{shortened(found)}]"
        case _, None:
            return "write a value, or remove the field"
    return ""


def _unknown_value(departure: Departure) -> Iterator[Finding]:
    known = [str(each) for each in _list(departure.operand)]
    diagnostic = error(
        "unknown-value",
        "A value is none of those that are possible",
        f"{_field(departure.path)} takes {_listed(known)}, and here stands {described(departure.found)}.",
        hint=did_you_mean(str(departure.found), known) or f"write {_listed(known)}",
    )
    yield Finding(departure.path, diagnostic)


def _wrong_version(departure: Departure) -> Iterator[Finding]:
    found = described(departure.found)
    diagnostic = error(
        "format-version",
        "The file is written in another version of the format",
        f"{_field(departure.path)} has to be {departure.operand}, and here stands {found}.",
        hint=f"write {departure.operand}, or use the version of stripectl that knows the other format",
    )
    yield Finding(departure.path, diagnostic)


_FORMATS: Mapping[str, Diagnostic] = {
    "Id": error(
        "id-format",
        "An id is not well-formed",
        "An id has at most 100 lower-case letters, digits and inner hyphens",
    ),
    "Currency": error(
        "currency-format",
        "A currency is not well-formed",
        "A currency has three lower-case letters",
    ),
    "Money": error(
        "money-format",
        "An amount is not a plain decimal number",
        "An amount has digits and at most one point, without exponent, separators or sign of a currency",
    ),
    "Date": error("date-format", "A date is not a day of the calendar", "A date has a year, month and day"),
    "Code": error(
        "code-format", "A code is not well-formed", "A code has letters, digits, hyphens and underscores"
    ),
    "Price reference": error(
        "reference-format",
        "A reference is not well-formed",
        "A reference to a price has the id of its product, a dot, and its own id",
    ),
    "Address": error(
        "address-format",
        "An address is not well-formed",
        "An address has a kind and ids, joined by dots",
    ),
}
"""Title of a schema -> what to say, the rule as its detail."""
_ANY_FORMAT = error("text-format", "A text is not well-formed", "A text in this place has a form of its own")


_GROUPED = re.compile(r"[^\d,.]*\d{1,3}(,\d{3})+\.\d+[^\d,.]*")
"""Thousands set apart by commas, and a point behind them."""


def likely_id(found: str) -> str:
    """The id that a text was probably meant for; empty where it has no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", found.lower()).strip("-")[:100]


def _respelt(title: str, found: str) -> str:
    """A hint with a spelling that conforms; empty where none is near."""
    bare = found.lower()
    if title == "Id":
        bare = likely_id(found)
    elif title == "Money":
        # A comma may stand for a point: a guess could be a hundred times too much.
        bare = "" if "," in found and not _GROUPED.fullmatch(found) else _digits(found)
    name = {"Id": "id", "Money": "money", "Currency": "currency"}.get(title)
    return f"write {bare}" if name and conforms("manifest", name)(bare) else ""


def _digits(found: str) -> str:
    """The number that was meant, written plainly; empty where it cannot be told."""
    try:
        number = Decimal(re.sub(r"[\s_',€$£]", "", found))
    except InvalidOperation:
        return ""
    # A short text with an exponent can stand for more digits than a hint has room for.
    return f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 20 else ""


def _wrong_text(departure: Departure) -> Iterator[Finding]:
    yield misspelt(departure)


_RANGES = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}


def _out_of_range(departure: Departure) -> Iterator[Finding]:
    bound = f"{_RANGES[departure.keyword]} {departure.operand}"
    diagnostic = error(
        "value-range",
        "A number is out of range",
        f"{_field(departure.path)} has to be {bound}, and here stands {departure.found}.",
        hint=f"write a number that is {bound}",
    )
    yield Finding(departure.path, diagnostic)


def _empty(departure: Departure) -> Iterator[Finding]:
    diagnostic = error(
        "empty-value",
        "A value is empty",
        f"{_field(departure.path)} needs something in it.",
        hint=_for_example(departure) or "fill it in, or remove the field",
    )
    yield Finding(departure.path, diagnostic)


def _too_much(departure: Departure) -> Iterator[Finding]:
    found = departure.found
    size = len(found) if isinstance(found, (str, dict, list)) else 0
    diagnostic = error(
        "too-much",
        "A value holds too much",
        f"{_field(departure.path)} takes at most {departure.operand}, and has {size}.",
        hint=_for_example(departure) or "shorten it",
    )
    yield Finding(departure.path, diagnostic)


def _repeated(departure: Departure) -> Iterator[Finding]:
    found = _list(departure.found)
    for index, item in enumerate(found):
        if item in found[:index]:
            diagnostic = error(
                "duplicate-entry",
                "An entry is listed twice",
                f"{_field(departure.path)} already holds {described(item)}.",
                hint="remove one of the two",
            )
            yield Finding((*departure.path, index), diagnostic)


def _unfit(departure: Departure) -> Iterator[Finding]:
    yield no_shape(departure, [])


_WORDS: Mapping[str, Callable[[Departure], Iterator[Finding]]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_fields,
    "type": _wrong_type,
    "enum": _unknown_value,
    "const": _wrong_version,
    "pattern": _wrong_text,
    "format": _wrong_text,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "exclusiveMinimum": _out_of_range,
    "minItems": _empty,
    "minProperties": _empty,
    "minLength": _empty,
    "maxLength": _too_much,
    "maxProperties": _too_much,
    "uniqueItems": _repeated,
}


def _listed(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _for_example(departure: Departure) -> str:
    return f"for example {_example(departure.schema)}" if "examples" in departure.schema else ""


def _example(known: Mapping[str, object]) -> str:
    examples = _list(known.get("examples"))
    return _flow(examples[0]) if examples else "a value"


def _flow(value: object) -> str:
    """A value as one line of YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value)
