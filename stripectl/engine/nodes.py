"""Reading JSON that others may have touched: every value is asked for by type and refused with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Never, TypeVar

from stripectl.diagnostics import InvalidInput, Path, dotted, error
from stripectl.engine.values import Json, canonical

E = TypeVar("E", bound=StrEnum)

HINTS = {
    "plan": "make the plan again with `stripectl plan -o FILE`",
    "revision": "restore the revision from a backup, or remove it to start from what the account holds",
}
"""Sort of file -> a way out when it cannot be read."""


DEEPEST = 40
"""Levels of lists and objects in a file; ours have about a dozen."""

LARGEST = 10**15
"""No whole number of ours comes near it: an amount in minor units, a moment, a quantity."""

FINEST = -40
"""Power of ten of a decimal's last digit: an average has more digits than any amount."""


def parse_json(text: str, noun: str) -> Json:
    """The JSON value that `text` spells, without floats; raises InvalidInput where it spells none.

    `noun` says what the text should be: `plan` or `revision`.
    """
    try:
        value: Json = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except RecursionError:
        _refuse(noun, "It is nested too deeply to be one.")
    except ValueError as problem:
        _refuse(noun, f"It is not JSON: {problem}.")
    if _deeper(value, DEEPEST):
        _refuse(noun, "It is nested too deeply to be one.")
    if "\\ud" in text.lower() and not _is_text(value):
        _refuse(noun, "It holds halves of characters.")
    return value


def _deeper(value: Json, levels: int) -> bool:
    """Whether a value has more levels of lists and objects than that."""
    level = [value]
    for _ in range(levels):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
    return any(isinstance(each, dict | list) for each in level)


def _inside(value: dict[str, Json] | list[Json]) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value


def _is_text(value: Json) -> bool:
    """Whether all texts in it can be written down: JSON can spell half of a pair of surrogates."""
    try:
        canonical(value)
    except UnicodeEncodeError:
        return False
    return True


def _no_float(text: str) -> Never:
    raise ValueError(f"{text} is not an exact number")


def _refuse(noun: str, detail: str, path: str = "") -> Never:
    summary = "The file cannot be read as what it should be"
    raise InvalidInput(
        error("malformed-file", summary, f"A {noun} was expected. {detail}", hint=HINTS[noun], path=path)
    )


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands; every method raises InvalidInput when it is of another type."""

    value: Json
    noun: str
    path: Path = ()

    def refuse(self, expected: str) -> Never:
        """Say that something else was expected here."""
        shown = json.dumps(self.value, ensure_ascii=False)
        found = shown if len(shown) <= 60 else f"{shown[:57]}..."
        where = dotted(self.path)
        _refuse(self.noun, f"{where or 'The top'} is {found}, but {expected} was expected.", where)

    def __getitem__(self, key: str) -> Node:
        """The value under `key`; null where the key is missing."""
        return Node(self.object().get(key), self.noun, (*self.path, key))

    def object(self) -> dict[str, Json]:
        return self.value if isinstance(self.value, dict) else self.refuse("an object")

    def entries(self) -> dict[str, Node]:
        """The values of an object by key; none where the object is missing."""
        return {} if self.value is None else {key: self[key] for key in self.object()}

    def items(self) -> tuple[Node, ...]:
        """The elements of a list; none where the list is missing."""
        if self.value is None:
            return ()
        if not isinstance(self.value, list):
            self.refuse("a list")
        return tuple(Node(item, self.noun, (*self.path, place)) for place, item in enumerate(self.value))

    def text(self) -> str:
        return self.value if isinstance(self.value, str) else self.refuse("a text")

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def maybe_text(self) -> str | None:
        return None if self.value is None else self.text()

    def whole(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            return self.refuse("a whole number")
        return self.value if abs(self.value) < LARGEST else self.refuse("a whole number within reason")

    def maybe_whole(self) -> int | None:
        return None if self.value is None else self.whole()

    def flag(self) -> bool:
        """True or false; false where it is missing."""
        if self.value is None or isinstance(self.value, bool):
            return bool(self.value)
        return self.refuse("true or false")

    def decimal(self) -> Decimal:
        """A finite number that is spelled as a text."""
        try:
            number = Decimal(self.text())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            return self.refuse("a decimal number")
        exponent = number.as_tuple().exponent
        fits = abs(number) < LARGEST and isinstance(exponent, int) and exponent >= FINEST
        return number if fits else self.refuse("a decimal number within reason")

    def one_of(self, members: type[E]) -> E:
        try:
            return members(self.text())
        except ValueError:
            return self.refuse("one of " + ", ".join(members))
