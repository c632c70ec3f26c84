"""Field values of resources: plain JSON shapes plus exact decimals and references, all treated as frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from stripectl.diagnostics import Path


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for the id of another resource, which may not exist yet."""

    address: str

    def __str__(self) -> str:
        return self.address


Value: TypeAlias = "None | bool | int | str | Decimal | Ref | tuple[Value, ...] | Mapping[str, Value]"
"""No floats: a number that is not whole is a Decimal."""

Fields: TypeAlias = Mapping[str, Value]

Json: TypeAlias = "None | bool | int | str | list[Json] | dict[str, Json]"
"""What files and digests hold: decimals are strings, references are `{"$ref": address}`."""


def to_json(value: Value) -> Json:
    """The JSON shape of a value; `engine.reading` is the inverse."""
    match value:
        case Ref(address):
            return {"$ref": address}
        case Decimal():
            return plain_text(value)
        case tuple():
            return [to_json(item) for item in value]
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
        case None | bool() | int() | str():
            return value


def plain_text(value: Decimal) -> str:
    """The shortest spelling without an exponent; equal numbers are spelled alike, none is rounded."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def canonical(value: Json) -> bytes:
    """The one spelling of a JSON value that digests are taken of: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Json) -> str:
    """`sha256:` and 64 hex digits of the canonical spelling."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def equal(one: Value, other: Value) -> bool:
    """Equal as values: numbers numerically, lists in order, mappings key by key, None as absent."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    # True and 1 are equal to Python, but not to a reader.
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def references(value: Value) -> Iterator[str]:
    """Addresses that a value refers to, at any depth."""
    match value:
        case Ref(address):
            yield address
        case tuple():
            for item in value:
                yield from references(item)
        case Mapping():
            for item in value.values():
                yield from references(item)


def relabel(value: Value, addresses: Mapping[str, str]) -> Value:
    """The value with every reference to a renamed address under its new name."""
    match value:
        case Ref(address):
            return Ref(addresses[address]) if address in addresses else value
        case tuple():
            return tuple(relabel(item, addresses) for item in value)
        case Mapping():
            return {key: relabel(item, addresses) for key, item in value.items()}
        case _:
            return value


def resolve(value: Value, ids: Mapping[str, str]) -> Value:
    """The value with the id of each address that has one in place of the reference to it."""
    match value:
        case Ref(address):
            return ids.get(address, value)
        case tuple():
            return tuple(resolve(item, ids) for item in value)
        case Mapping():
            return {key: resolve(item, ids) for key, item in value.items()}
        case _:
            return value


def leaves(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every scalar (and empty container) below a value with its path."""
    match value:
        case tuple() if value:
            for index, item in enumerate(value):
                yield from leaves(item, (*path, index))
        case Mapping() if value:
            for key, item in value.items():
                yield from leaves(item, (*path, key))
        case _:
            yield path, value
