"""Cut an object down to what is ours: mappings that are owned key by key keep only keys that we declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stripectl.engine.kinds import Kind
from stripectl.engine.resource import Resource
from stripectl.engine.values import Value


def owned_keys(observed: Resource, ours: Iterable[Resource | None], kind: Kind) -> Resource:
    """The object with only those keys of its keyed fields that one of `ours` declares."""
    declared = [each for each in ours if each]
    cut = {
        name: {
            key: value
            for key, value in _mapping(observed.fields[name]).items()
            if _declares(declared, name, key)
        }
        for name in _keyed(kind)
        if observed.fields.get(name)
    }
    return replace(observed, fields={**observed.fields, **cut}) if cut else observed


def _declares(declared: list[Resource], name: str, key: str) -> bool:
    return any(key in _mapping(each.fields.get(name)) for each in declared)


def foreign_keys(observed: Resource, ours: Iterable[Resource | None], kind: Kind) -> tuple[str, ...]:
    """`field.key` of what others wrote into the object's keyed fields, in order."""
    kept = owned_keys(observed, ours, kind)
    return tuple(
        f"{name}.{key}"
        for name in _keyed(kind)
        for key in sorted(_mapping(observed.fields.get(name)))
        if key not in _mapping(kept.fields.get(name))
    )


def _keyed(kind: Kind) -> tuple[str, ...]:
    return tuple(field.name for field in kind.fields.values() if field.keyed)


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}
