"""The JSON Schemas that ship with stripectl, and the quick answer to whether a value conforms to one.

jsonschema explains what is wrong (`explain`), but takes seconds for ten thousand prices. `conforms` compiles
the same schema into functions that only say yes or no, so that the slow explanation is asked for the few
values that need one. Tests hold the two against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeAlias

Schema: TypeAlias = "Mapping[str, Schema] | list[Schema] | str | int | float | bool | None"
Test: TypeAlias = Callable[[object], bool]

MOST_DEPARTURES = 500
"""Departures from its schema that are worded for one file; a file with more is hardly a manifest."""

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "_schemas", _PACKAGE.parent / "schemas")
"""In an installed wheel, and in a checkout."""

_TYPES: Mapping[str, Test] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, Decimal)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
_ANNOTATIONS = frozenset("$schema $id title description examples default definitions".split())


def is_number(value: object) -> bool:
    """Whether JSON Schema's `number` covers the value: exact numbers only, and no boolean."""
    return _TYPES["number"](value)


@cache
def schema(name: str) -> Mapping[str, Schema]:
    """A schema by name: `manifest`, `plan` and so on. Raises FileNotFoundError for any other name."""
    for folder in _FOLDERS:
        path = folder / f"{name}.schema.json"
        if path.is_file():
            loaded: Mapping[str, Schema] = json.loads(path.read_text(encoding="utf-8"))
            return loaded
    raise FileNotFoundError(f"{name}.schema.json")


def whole(name: str) -> Mapping[str, Schema]:
    """A schema that needs no other file: those that it refers to stand among its definitions."""
    document = schema(name)
    parts = {each: whole(each) for each in _referred(json.dumps(document)) if each != name}
    if not parts:
        return document
    known = document.get("definitions", {})
    assert isinstance(known, Mapping), "definitions are a mapping"
    return {**document, "definitions": {**known, **parts}}


def _referred(text: str) -> tuple[str, ...]:
    """Names of the schemas that a text refers to."""
    return tuple(dict.fromkeys(re.findall(r'"\$ref": "urn:stripectl:schema:(\w+):', text)))


@cache
def conforms(name: str, definition: str = "") -> Test:
    """A function that says whether a value conforms to the schema, or to one of its definitions."""
    return _compiler(name).compiled(f"#/definitions/{definition}" if definition else "#")


def fits(name: str, part: Mapping[str, Schema]) -> Test:
    """A function that says whether a value conforms to a mapping inside the schema `name`."""
    return _compiler(name).part(part)


@cache
def _compiler(name: str) -> _Compiler:
    return _Compiler(schema(name))


class _Compiler:
    """Turns a schema into nested functions; knows the keywords that our schemas use and refuses others."""

    def __init__(self, root: Mapping[str, Schema]) -> None:
        self._root = root
        self._done: dict[str, Test] = {}
        self._parts: dict[int, Test] = {}

    def compiled(self, pointer: str) -> Test:
        if pointer not in self._done:
            target: Schema = self._root
            for part in pointer.split("/")[1:]:
                assert isinstance(target, Mapping)
                target = target[part]
            self._done[pointer] = self._all(target)
        return self._done[pointer]

    def part(self, part: Mapping[str, Schema]) -> Test:
        if id(part) not in self._parts:
            self._parts[id(part)] = self._all(part)
        return self._parts[id(part)]

    def _all(self, schema: Schema) -> Test:
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        assert isinstance(schema, Mapping), "a schema is a mapping or a boolean"
        tests = [
            self._keyword(word, operand, schema)
            for word, operand in schema.items()
            if word not in _ANNOTATIONS
        ]
        if len(tests) == 1:
            return tests[0]
        return lambda value: all(test(value) for test in tests)

    def _keyword(self, word: str, operand: Schema, schema: Mapping[str, Schema]) -> Test:
        if word in _BOUNDS:
            return _BOUNDS[word](operand)
        match word, operand:
            case "$ref", str():
                return self.compiled(operand)
            case "type", str():
                return _TYPES[operand]
            case "type", list():
                kinds = [_TYPES[str(each)] for each in operand]
                return lambda value: any(kind(value) for kind in kinds)
            case (("properties" | "additionalProperties"), _):
                return self._entries(schema) if word == "additionalProperties" else _anything
            case "propertyNames", _:
                names = self._all(operand)
                return lambda value: not isinstance(value, dict) or all(map(names, value))
            case "items", _:
                items = self._all(operand)
                return lambda value: not isinstance(value, list) or all(map(items, value))
            case "allOf", list():
                every = [self._all(each) for each in operand]
                return lambda value: all(test(value) for test in every)
            case "oneOf", list():
                choices = [self._all(each) for each in operand]
                return lambda value: sum(test(value) for test in choices) == 1
        raise ValueError(f"our schemas do without {word}")

    def _entries(self, schema: Mapping[str, Schema]) -> Test:
        """`properties` and `additionalProperties` together, in one pass over the mapping."""
        properties = schema.get("properties", {})
        assert isinstance(properties, Mapping)
        known = {key: self._all(each) for key, each in properties.items()}
        other = self._all(schema["additionalProperties"])

        def test(value: object) -> bool:
            if not isinstance(value, dict):
                return True
            return all(known.get(key, other)(each) for key, each in value.items())

        return test


def _anything(_: object) -> bool:
    return True


def _nothing(_: object) -> bool:
    return False


def _sized(kind: type[dict[str, object]] | type[list[object]] | type[str], low: int, high: int) -> Test:
    return lambda value: not isinstance(value, kind) or low <= len(value) <= high


def _count(operand: Schema) -> int:
    assert isinstance(operand, int)
    return operand


def _pattern(operand: Schema) -> Test:
    search = re.compile(str(operand)).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _required(operand: Schema) -> Test:
    assert isinstance(operand, list)
    names = [str(each) for each in operand]
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _one_of(values: list[Schema]) -> Test:
    # True equals 1 in Python, and does not in JSON.
    return lambda value: any(value == each and type(value) is type(each) for each in values)


def is_date(value: str) -> bool:
    """Whether the text is a day of the calendar, written year-month-day."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == 10


def _format(operand: Schema) -> Test:
    assert operand == "date", "the only format that our schemas use"
    return lambda value: not isinstance(value, str) or is_date(value)


def _enum(operand: Schema) -> Test:
    assert isinstance(operand, list)
    return _one_of(operand)


def _bound(holds: Callable[[int | Decimal, int], bool]) -> Callable[[Schema], Test]:
    def made(operand: Schema) -> Test:
        limit = _count(operand)
        return lambda value: (
            isinstance(value, bool) or not isinstance(value, (int, Decimal)) or holds(value, limit)
        )

    return made


def _unique(_: Schema) -> Test:
    return lambda value: not isinstance(value, list) or len(value) == len({repr(each) for each in value})


_LONGEST = 2**63
_BOUNDS: Mapping[str, Callable[[Schema], Test]] = {
    "const": lambda operand: _one_of([operand]),
    "enum": _enum,
    "format": _format,
    "pattern": _pattern,
    "required": _required,
    "uniqueItems": _unique,
    "minimum": _bound(lambda value, limit: value >= limit),
    "maximum": _bound(lambda value, limit: value <= limit),
    "exclusiveMinimum": _bound(lambda value, limit: value > limit),
    "minLength": lambda operand: _sized(str, _count(operand), _LONGEST),
    "maxLength": lambda operand: _sized(str, 0, _count(operand)),
    "minItems": lambda operand: _sized(list, _count(operand), _LONGEST),
    "minProperties": lambda operand: _sized(dict, _count(operand), _LONGEST),
    "maxProperties": lambda operand: _sized(dict, 0, _count(operand)),
}
