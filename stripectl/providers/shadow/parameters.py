"""What an endpoint takes: schemas of parameters, and the reading of a form through them.

Reading refuses what Stripe refuses before it carries anything out: unknown, missing, empty, ill-typed and
over-long parameters. An empty string for a parameter that can be unset reads as None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from stripectl.providers.shadow.errors import Unprocessed, invalid, missing, unknown_parameters
from stripectl.providers.shadow.form import Form, written

Parameter: TypeAlias = "None | bool | int | str | Decimal | list[Parameter] | dict[str, Parameter]"

METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,30})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    limit: int = 5000
    """Characters, at most."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number without an exponent."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The owner's own keys and values; an empty value unsets its key."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Schema
    limit: int | None = None
    """Items, at most."""


@dataclass(frozen=True, slots=True)
class MapOf:
    """A hash with free keys."""

    item: Schema


@dataclass(frozen=True, slots=True)
class OneOf:
    """Either of several shapes; the first that fits."""

    options: tuple[Schema, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One named parameter."""

    schema: Schema
    required: bool = False
    clearable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A hash with known keys."""

    slots: Mapping[str, Slot]


Schema: TypeAlias = "Text | Integer | Number | Boolean | Choice | Metadata | ListOf | MapOf | OneOf | Record"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters that were read, with where they stand in the request."""

    values: Mapping[str, Parameter] = field(default_factory=dict)
    path: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def name(self, *parts: str) -> str:
        """How the request spells a parameter below these."""
        return written((*self.path, *parts))

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, name: str) -> Decimal | None:
        value = self.values.get(name)
        return value if isinstance(value, Decimal) else None

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def record(self, name: str) -> Parameters | None:
        value = self.values.get(name)
        return Parameters(value, (*self.path, name)) if isinstance(value, dict) else None

    def records(self, name: str) -> list[Parameters]:
        """The items of a list of hashes, or nothing."""
        value = self.values.get(name)
        items = value if isinstance(value, list) else []
        return [
            Parameters(item, (*self.path, name, str(index)))
            for index, item in enumerate(items)
            if isinstance(item, dict)
        ]

    def entries(self, name: str) -> dict[str, Parameters]:
        """The values of a hash of hashes by their keys, or nothing."""
        value = self.values.get(name)
        items = value if isinstance(value, dict) else {}
        return {
            key: Parameters(item, (*self.path, name, key))
            for key, item in items.items()
            if isinstance(item, dict)
        }


def read(record: Record, form: Form) -> Parameters:
    """Read a whole request. Raises `Unprocessed` for the first thing that the endpoint does not take."""
    return Parameters(_read_record(record, form, ()))


def _read(schema: Schema, node: str | Form, path: tuple[str, ...]) -> Parameter:
    match schema:
        case Record():
            return _read_record(schema, _hash(node, path), path)
        case ListOf():
            return _read_list(schema, node, path)
        case MapOf(item):
            return {key: _read(item, value, (*path, key)) for key, value in _hash(node, path).items()}
        case Metadata():
            return _read_metadata(_hash(node, path), path)
        case OneOf(options):
            return _read_either(options, node, path)
        case _:
            return _read_scalar(schema, node, path)


def _read_record(record: Record, form: Form, path: tuple[str, ...]) -> dict[str, Parameter]:
    if unknown := [written((*path, name)) for name in form if name not in record.slots]:
        raise unknown_parameters(unknown)
    for name, slot in record.slots.items():
        if slot.required and name not in form:
            raise Unprocessed(missing(written((*path, name))).problem)
    return {name: _read_slot(record.slots[name], node, (*path, name)) for name, node in form.items()}


def _read_slot(slot: Slot, node: str | Form, path: tuple[str, ...]) -> Parameter:
    if node != "":
        return _read(slot.schema, node, path)
    if slot.clearable or isinstance(slot.schema, Metadata):
        return None
    raise emptied(written(path))


def emptied(name: str) -> Unprocessed:
    """The refusal of an empty string for a parameter that cannot be unset."""
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a"
        f" parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or"
        " supply a non-empty value.",
        name,
        "parameter_invalid_empty",
    )


def _read_list(schema: ListOf, node: str | Form, path: tuple[str, ...]) -> Parameter:
    if isinstance(node, str) or any(not key.isdecimal() for key in node):
        raise invalid("Invalid array", written(path))
    if schema.limit is not None and len(node) > schema.limit:
        raise invalid(f"You can pass at most {schema.limit} values here, not {len(node)}.", written(path))
    keys = sorted(node, key=int)
    return [_read_slot(Slot(schema.item), node[key], (*path, key)) for key in keys]


def _read_metadata(form: Form, path: tuple[str, ...]) -> Parameter:
    for key, value in form.items():
        name = written((*path, key))
        if isinstance(value, dict):
            raise invalid("Metadata values must be strings.", name)
        if not 0 < len(key) <= METADATA_KEY_LENGTH:
            raise invalid(f"Metadata keys must have 1 to {METADATA_KEY_LENGTH} characters.", name)
        if len(value) > METADATA_VALUE_LENGTH:
            raise invalid(f"Metadata values can have up to {METADATA_VALUE_LENGTH} characters.", name)
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _read_either(options: tuple[Schema, ...], node: str | Form, path: tuple[str, ...]) -> Parameter:
    *others, last = options
    for option in others:
        try:
            return _read(option, node, path)
        except Unprocessed:
            continue
    return _read(last, node, path)


def _hash(node: str | Form, path: tuple[str, ...]) -> Form:
    if isinstance(node, str):
        raise invalid("Invalid object", written(path))
    return node


def _read_scalar(schema: Schema, node: str | Form, path: tuple[str, ...]) -> Parameter:
    name = written(path)
    if not isinstance(node, str):
        raise invalid("Invalid value: a hash or a list stands where one value is expected", name)
    match schema:
        case Text(limit):
            return _text(node, limit, name)
        case Choice(values):
            return _choice(node, values, name)
        case _:
            return _SCALARS[type(schema)](node, name)


def _text(node: str, limit: int, name: str) -> str:
    if len(node) <= limit:
        return node
    shown = f"{node[:10]}…{node[-2:]}"
    raise invalid(f"Invalid string: {shown}; must be at most {limit} characters", name)


def _choice(node: str, values: tuple[str, ...], name: str) -> str:
    if node in values:
        return node
    *others, last = values
    listed = f"{', '.join(others)} or {last}" if others else last
    raise invalid(f"Invalid {name}: must be one of {listed}", name)


def _integer(node: str, name: str) -> int:
    if _INTEGER.fullmatch(node):
        return int(node)
    raise invalid(f"Invalid integer: {node[:40]}", name, "parameter_invalid_integer")


def _number(node: str, name: str) -> Decimal:
    if _DECIMAL.fullmatch(node):
        return Decimal(node)
    raise invalid(f"Invalid decimal: {node[:40]}; use plain digits without an exponent", name)


def _boolean(node: str, name: str) -> bool:
    if node in ("true", "false"):
        return node == "true"
    raise invalid(f"Invalid boolean: {node[:40]}", name)


_SCALARS: Mapping[type, Callable[[str, str], Parameter]] = {
    Integer: _integer,
    Number: _number,
    Boolean: _boolean,
}
