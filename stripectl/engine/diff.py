"""Compare two states: one change an address, in the order of the kinds table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from stripectl.engine.difference import SAME, Comparison, Difference, compare, field_changes
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.matching import Match, Matched
from stripectl.engine.plan import Action, Change, FieldChange
from stripectl.engine.projection import owned_keys
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Value

NOTHING: Mapping[str, Resource] = {}


def diff(before: State, after: State, kinds: Kinds) -> tuple[Change, ...]:
    """What turns one state into the other; a state compared with itself gives no-ops only."""
    every = (*before, *after)
    return tuple(
        change(kinds[kind], Match(in_force=before.get(address)), after.get(address))
        for kind, address in _ordered(every, kinds)
    )


def changes(
    matched: Matched,
    desired: State,
    kinds: Kinds,
    *,
    released: Iterable[str] = (),
    given_back: Mapping[str, Resource] = NOTHING,
) -> tuple[Change, ...]:
    """The rows of a plan: like `diff`, knowing spares, extras, adoptions and what is let go.

    `released` are addresses, `given_back` ids of objects with what they are to hold again, unmarked.
    """
    let_go = frozenset(released) - desired.resources.keys()
    holders = _Holders.of((*matched.objects, *matched.let_go, *matched.copies), kinds)
    rows: list[Change] = []
    for name, address in _ordered((*matched.state, *desired, *_extras(matched)), kinds):
        kind, found, wanted = kinds[name], matched.by_address.get(address, Match()), desired.get(address)
        if address in let_go:
            rows.extend(_release(kind, found.in_force) if found.in_force and not found.used else ())
            continue
        row = change(kind, found, wanted)
        if row.action is not Action.NO_OP:
            row = replace(row, transfers=holders.transfers(row, kind), new_id=_new_id(row, kind, matched))
        rows.append(row)
        rows.extend(_extra(kind, each, found) for each in found.extras)
    leaving = (
        _release(kinds[each.kind], each, given_back.get(each.object_id or "")) for each in matched.let_go
    )
    return (*rows, *(row for released in leaving for row in released))


def change(kind: Kind, found: Match, desired: Resource | None) -> Change:
    """The row of one address."""
    before = found.in_force
    subject = desired or before
    assert subject is not None, "an address is declared or borne by an object"
    comparison = compare(before, desired, kind) if before and desired and not found.used else SAME
    action, differing = _action(kind, found, desired, comparison), comparison.differing
    # An object that comes back is written to, and not the one whose place it takes.
    written = compare(found.spare, desired, kind).differing if found.spare and desired else differing
    marks = tuple(_marks(found, subject))
    return Change(
        address=subject.address,
        kind=kind.name,
        action=action,
        before=before,
        after=desired,
        revives=found.spare if action is Action.REACTIVATE else None,
        changed=(*marks, *field_changes(differing)),
        replace_because=tuple(each.field.name for each in differing if each.replaces),
        irreversible=tuple(irreversible(kind, action, written)),
        notes=tuple(_notes(comparison)),
        used=found.used,
    )


def _marks(found: Match, subject: Resource) -> Iterator[FieldChange]:
    """What is written anew of the mark."""
    if found.renamed_from is not None:
        yield FieldChange(("address",), found.renamed_from, subject.address)
    if found.unmarked:
        yield FieldChange(("managed",), False, True)


def _action(kind: Kind, found: Match, desired: Resource | None, comparison: Comparison) -> Action:
    before, differing = found.in_force, comparison.differing
    if found.used:
        return Action.NO_OP
    if desired is None:
        return Action.ARCHIVE if kind.removal.keeps_object else Action.DELETE
    if before is None:
        return Action.CREATE
    if found.spare:
        return Action.REACTIVATE
    if any(each.replaces for each in differing):
        return Action.REPLACE
    if found.adopted:
        return Action.ADOPT
    if before.active != desired.active:
        return Action.REACTIVATE if desired.active else Action.ARCHIVE
    return Action.UPDATE if differing or found.renamed_from is not None or found.unmarked else Action.NO_OP


def irreversible(kind: Kind, action: Action, differing: tuple[Difference, ...]) -> Iterator[str]:
    # A successor takes its values at creation; nothing of its predecessor is set for good.
    kept = () if action is Action.REPLACE else differing
    causes = [action.value, *(each.field.name for each in kept if not each.replaces)]
    yield from (kind.irreversible[cause] for cause in causes if cause in kind.irreversible)


def _notes(comparison: Comparison) -> Iterator[str]:
    for each in comparison.uncleared:
        yield f"{each.field.name} stays as it is: the provider has no way to empty it"


def _release(kind: Kind, held: Resource, again: Resource | None = None) -> Iterator[Change]:
    """Take our mark off, and give back what it held before; nothing else."""
    held = owned_keys(held, (again,), kind) if again else held
    differing = compare(held, again, kind).differing if again else ()
    if (kind.marked and held.owner is not None) or differing:
        yield Change(
            address=held.address,
            kind=kind.name,
            action=Action.UPDATE,
            before=held,
            given_back=again,
            changed=(FieldChange(("managed",), True, False), *field_changes(differing)),
            notes=("let go: the object stays as it is and is no longer managed",),
        )


def _extra(kind: Kind, each: Resource, found: Match) -> Change:
    row = change(kind, Match(in_force=each), None)
    return row if found.adopted else replace(row, notes=("a second object in use at this address",))


def _extras(matched: Matched) -> Iterator[Resource]:
    for found in matched.by_address.values():
        yield from found.extras


def _ordered(resources: Iterable[Resource], kinds: Kinds) -> list[tuple[str, str]]:
    """Kind and address of each, without repeats: kinds in table order, then by address, `t2` before `t10`."""
    rank = {name: index for index, name in enumerate(kinds.rows)}
    pairs = {(each.kind, each.address) for each in resources}
    return sorted(pairs, key=lambda pair: (rank[pair[0]], _counting(pair[1]), pair[1]))


def _counting(address: str) -> list[tuple[int, str]]:
    """Texts and numbers in turn, a text first; of two numbers the one with more digits is the larger one."""
    parts = _NUMBER.split(address)
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(parts)]


_NUMBER = re.compile(r"0*([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Holders:
    """Who holds the values that one object at a time can have."""

    by_value: Mapping[tuple[str, str, Value], frozenset[str | None]]

    @classmethod
    def of(cls, objects: Iterable[Resource], kinds: Kinds) -> _Holders:
        found: dict[tuple[str, str, Value], set[str | None]] = {}
        for each in objects:
            for name in _exclusive(kinds[each.kind]):
                if (value := each.fields.get(name)) is not None:
                    found.setdefault((each.kind, name, value), set()).add(each.object_id)
        return cls({key: frozenset(ids) for key, ids in found.items()})

    def transfers(self, row: Change, kind: Kind) -> tuple[str, ...]:
        """Exclusive fields of the row whose value another object with our mark holds."""
        if row.after is None:
            return ()
        itself = None if row.action is Action.REPLACE else row.object_id
        wanted = row.after.fields
        return tuple(
            name
            for name in _exclusive(kind)
            if self.by_value.get((kind.name, name, wanted.get(name)), frozenset()) - {itself}
        )


def _exclusive(kind: Kind) -> tuple[str, ...]:
    return tuple(field.name for field in kind.fields.values() if field.exclusive)


def _new_id(row: Change, kind: Kind, matched: Matched) -> str | None:
    """The id to choose for a new object: the declared one, or its next version where it was used before.

    Another address may have the id meanwhile: the manifest named it there.
    """
    if not kind.chosen_id or row.after is None or row.after.object_id is None:
        return None
    if row.action not in (Action.CREATE, Action.REPLACE):
        return None
    base = row.after.object_id
    pattern = re.compile(re.escape(base) + r"(?:-(\d+))?")
    there = [each for each in (*matched.objects, *matched.strangers) if each.kind == kind.name]
    used = [
        int(hit[1] or 1)
        for each in there
        if each.address == row.address
        if (hit := pattern.fullmatch(each.object_id or ""))
    ]
    taken = {each.object_id for each in there}
    versions = (f"{base}-{number}" if number > 1 else base for number in count(max(used, default=0) + 1))
    return next(version for version in versions if version not in taken)
