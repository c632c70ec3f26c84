"""What differs between two resources of one address, and what each difference asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from stripectl.diagnostics import Path
from stripectl.engine.kinds import Field, Kind, Mutability
from stripectl.engine.plan import FieldChange
from stripectl.engine.resource import Resource
from stripectl.engine.values import Value, equal


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs."""

    field: Field
    before: Value
    after: Value

    @property
    def replaces(self) -> bool:
        """Only a successor can have the new value."""
        match self.field.mutability:
            case Mutability.UPDATE:
                return False
            case Mutability.REPLACE:
                return True
            case Mutability.ONCE:
                return not equal(self.before, self.field.default)
            case Mutability.EXTEND:
                return not _extends(self.before, self.after)

    @property
    def cannot_be_cleared(self) -> bool:
        """The manifest leaves the field out, but the provider has no way to empty it."""
        return self.after is None and not self.field.clearable and not self.replaces


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two resources of one address, each in table order."""

    differing: tuple[Difference, ...] = ()
    """Fields that are ours to change."""
    uncleared: tuple[Difference, ...] = ()
    """Values that stay although the manifest leaves them out: they cannot be cleared once they are set."""


def compare(before: Resource, after: Resource, kind: Kind) -> Comparison:
    """What differs, but for the fields that `after` ignores."""
    found = tuple(_all_differences(before, after, kind))
    if not found:
        return SAME
    return Comparison(
        tuple(each for each in found if not each.cannot_be_cleared),
        tuple(each for each in found if each.cannot_be_cleared),
    )


SAME = Comparison()


def differences(before: Resource, after: Resource, kind: Kind) -> tuple[Difference, ...]:
    """Every field that differs and is ours to change."""
    return compare(before, after, kind).differing


def _all_differences(before: Resource, after: Resource, kind: Kind) -> Iterator[Difference]:
    for name, field in kind.fields.items():
        if name not in before.fields and name not in after.fields:
            continue
        old = before.fields.get(name, field.default)
        new = after.fields.get(name, field.default)
        if name not in after.ignore and not equal(old, new):
            yield Difference(field, old, new)


def replacing(before: Resource, after: Resource, kind: Kind) -> tuple[Difference, ...]:
    """Every field of which only a successor can have the new value."""
    return tuple(each for each in _all_differences(before, after, kind) if each.replaces)


def fits(candidate: Resource, desired: Resource, kind: Kind) -> bool:
    """The candidate can become what is desired without a successor."""
    return not replacing(candidate, desired, kind)


def _extends(before: Value, after: Value) -> bool:
    old, new = cast("Mapping[str, Value]", before or {}), cast("Mapping[str, Value]", after or {})
    return all(key in new and equal(value, new[key]) for key, value in old.items())


def field_changes(differences: tuple[Difference, ...]) -> tuple[FieldChange, ...]:
    """The differences value by value, for a reader: one row a scalar that changed, came or went."""
    return tuple(
        FieldChange(path, old, new)
        for each in differences
        for path, old, new in _nested((each.field.name,), each.before, each.after)
    )


def _nested(path: Path, before: Value, after: Value) -> Iterator[tuple[Path, Value, Value]]:
    if not _is_container(before) or not _is_container(after):
        yield path, before, after
        return
    # Only nested values need a structural diff; importing it costs more than most plans take.
    from deepdiff import DeepDiff

    tree = DeepDiff(before, after, view="tree", ignore_numeric_type_changes=True)
    rows = [
        ((*path, *level.path(output_format="list")), _absent(level.t1), _absent(level.t2))
        for levels in tree.values()
        for level in levels
    ]
    yield from sorted(rows, key=lambda row: [_place(part) for part in row[0]])


def _place(part: str | int) -> tuple[bool, int, str]:
    """Places in a list by their number, before names."""
    return (False, part, "") if isinstance(part, int) else (True, 0, part)


def _is_container(value: Value) -> bool:
    return isinstance(value, tuple | Mapping)


def _absent(value: object) -> Value:
    return None if type(value).__name__ == "NotPresent" else cast("Value", value)
