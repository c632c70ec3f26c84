"""From changes to steps: expand, switch, contract, so that no moment lacks an active price.

Within a phase steps follow the kinds table, which lists a kind after those that it refers to; in the contract
phase they go the other way round. A kind of which two cannot be in use at once loses its predecessor right
before the successor is made. Steps of one phase that have nothing to do with each other may overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from stripectl.engine.difference import differences
from stripectl.engine.kinds import Kind, Kinds, Phase, Write
from stripectl.engine.plan import Action, Change
from stripectl.engine.resource import Resource
from stripectl.engine.steps import Step, Verb
from stripectl.engine.values import Fields, Value, leaves, references


def steps(changes: Iterable[Change], kinds: Kinds) -> tuple[Step, ...]:
    """The requests that bring the changes about, numbered from 1 in the order of execution."""
    rows = [_Row(row, kinds[row.kind]) for row in changes]
    coming = _coming(rows)
    drafts = [draft for row in rows for draft in _drafts(row, coming)]

    def position(draft: _Draft) -> tuple[int, int, bool]:
        phase, rank = draft.step.phase, kinds.rank(draft.step.kind)
        return phase, -rank if phase is Phase.CONTRACT else rank, not draft.makes_way

    ordered = sorted(drafts, key=position)
    numbered = [replace(draft.step, number=number) for number, draft in enumerate(ordered, start=1)]
    names = [draft.names(kinds) for draft in ordered]
    return tuple(
        replace(step, after=after)
        for step, after in zip(numbered, _prerequisites(numbered, names), strict=True)
    )


def _prerequisites(
    ordered: Sequence[Step], names: Sequence[tuple[frozenset[str], frozenset[str]]]
) -> Iterator[frozenset[int]]:
    """For each step the earlier ones of its phase that touch what it needs, or need what it touches."""
    touching: dict[tuple[Phase, str], list[int]] = {}
    needing: dict[tuple[Phase, str], list[int]] = {}
    for step, (touched, needed) in zip(ordered, names, strict=True):
        earlier = [touching.get((step.phase, name), []) for name in (*touched, *needed)]
        earlier += [needing.get((step.phase, name), []) for name in touched]
        yield frozenset(number for numbers in earlier for number in numbers)
        for known, told in ((touching, touched), (needing, needed)):
            for name in told:
                known.setdefault((step.phase, name), []).append(step.number)


@dataclass(frozen=True, slots=True)
class _Draft:
    step: Step
    makes_way: bool
    """Takes away what has the name that an object at another address is going to have."""

    def names(self, kinds: Kinds) -> tuple[frozenset[str], frozenset[str]]:
        """Addresses, ids and names of what the step works on, and of what that refers to."""
        step, kind = self.step, kinds[self.step.kind]
        worked_on = {step.address, step.object_id or step.address}
        for fields in (step.fields, step.before):
            if kind.break_first and (name := kind.identity_of(fields)):
                worked_on.add(f"{kind.name} {name}")
        found = {*references(step.fields), *references(step.before)}
        for fields in (step.fields, step.before):
            found |= {
                value
                for path, value in leaves(fields)
                if isinstance(value, str) and not kind.references.isdisjoint(path)
            }
        return frozenset(worked_on), frozenset(found) - worked_on


@dataclass(frozen=True, slots=True)
class _Row:
    change: Change
    kind: Kind

    def step(
        self,
        phase: Phase,
        verb: Verb,
        object_id: str | None,
        fields: Fields | None = None,
        *,
        before: Resource | None = None,
        mark: bool = False,
        unmark: bool = False,
        transfer: tuple[str, ...] = (),
    ) -> Step:
        return Step(
            0,
            phase,
            verb,
            self.kind.name,
            self.change.address,
            object_id,
            fields or {},
            before.fields if before else {},
            mark,
            unmark,
            transfer,
        )


_Name: TypeAlias = "tuple[str, tuple[Value, ...] | None]"


def _coming(rows: Iterable[_Row]) -> Mapping[_Name, str]:
    """Names that come into use, of kinds of which two cannot have one, with the address that gets each."""
    comes = (Action.CREATE, Action.REPLACE, Action.REACTIVATE, Action.ADOPT)
    return {
        (row.kind.name, row.kind.identity_of(row.change.after.fields)): row.change.address
        for row in rows
        if row.kind.break_first and row.change.after and row.change.action in comes
    }


def _drafts(row: _Row, coming: Mapping[_Name, str]) -> Iterator[_Draft]:
    for step in _BY_ACTION[row.change.action](row):
        name = (step.kind, row.kind.identity_of(step.before))
        goes = step.verb is Verb.REMOVE and (row.change.after is None or coming.get(name) != step.address)
        makes_way = goes and name in coming
        yield _Draft(replace(step, phase=row.kind.phase) if makes_way else step, makes_way)


def _create(row: _Row) -> Iterator[Step]:
    after = row.change.resource
    later = _later(row)
    now = {name: value for name, value in after.fields.items() if name not in later}
    yield row.step(row.kind.phase, Verb.CREATE, row.change.new_id, now)
    if later:
        yield row.step(
            Phase.SWITCH,
            Verb.UPDATE,
            None,
            later,
            before=replace(after, fields=now),
            transfer=row.change.transfers,
        )


def _later(row: _Row) -> dict[str, Value]:
    """Fields of a new object that have to wait: not taken at creation, or still held by another object."""
    fields = row.kind.fields
    return {
        name: value
        for name, value in row.change.resource.fields.items()
        if fields[name].write is Write.UPDATE_ONLY or name in row.change.transfers
    }


def _update(row: _Row) -> Iterator[Step]:
    before, after = row.change.before, row.change.after
    assert before is not None, "an update has an object"
    if after is None:
        yield from _let_go(row, before, row.change.given_back or before)
        return
    yield from _writes(row, before, after)


def _let_go(row: _Row, before: Resource, again: Resource) -> Iterator[Step]:
    fields = _differing(row, before, again)
    fields.pop("active", None)
    if before.active != again.active:
        verb = Verb.REVIVE if again.active else Verb.REMOVE
        yield row.step(Phase.SWITCH, verb, before.object_id, before=before)
    if fields or row.kind.marked:
        yield row.step(
            Phase.SWITCH, Verb.UPDATE, before.object_id, fields, before=before, unmark=row.kind.marked
        )


def _writes(row: _Row, before: Resource, after: Resource) -> Iterator[Step]:
    """One step that writes what differs, without the part that has a verb of its own."""
    fields = _differing(row, before, after)
    fields.pop("active", None)
    mark = row.kind.marked and _marks(row)
    if fields or mark:
        yield row.step(
            Phase.SWITCH,
            Verb.UPDATE,
            before.object_id,
            fields,
            before=before,
            mark=mark,
            transfer=tuple(name for name in row.change.transfers if name in fields),
        )


def _marks(row: _Row) -> bool:
    """The mark is written anew: with another address, or because it was wiped."""
    return any(each.path in (("address",), ("managed",)) for each in row.change.changed)


def _differing(row: _Row, before: Resource, after: Resource) -> dict[str, Value]:
    """Fields to write; of a mapping owned key by key only the keys that differ, None to unset."""
    return {
        each.field.name: _keys_to_write(each.before, each.after) if each.field.keyed else each.after
        for each in differences(before, after, row.kind)
    }


def _keys_to_write(before: Value, after: Value) -> Value:
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    return {key: new.get(key) for key in keys}


def _replace(row: _Row) -> Iterator[Step]:
    before = row.change.before
    assert before is not None, "a replacement has a predecessor"
    yield from _in_turn(row, before, _create(row))


def _in_turn(row: _Row, before: Resource, successor: Iterable[Step]) -> Iterator[Step]:
    """Successor first and predecessor last, or the other way round where two cannot be in use."""
    phase = row.kind.phase if row.kind.break_first else Phase.CONTRACT
    removal = _removal(row, phase, before)
    if row.kind.break_first:
        yield removal
    yield from successor
    if not (row.kind.break_first or row.change.stays):
        yield removal


def _reactivate(row: _Row) -> Iterator[Step]:
    before, after, revived = row.change.before, row.change.after, row.change.revives or row.change.before
    assert before is not None, "what is reactivated exists"
    assert after is not None, "what is reactivated is desired"
    assert revived is not None, "what is reactivated exists"
    back = [
        row.step(row.kind.phase, Verb.REVIVE, revived.object_id, before=revived),
        *_writes(row, revived, after),
    ]
    if row.change.revives:
        yield from _in_turn(row, before, back)
    else:
        yield from back


def _adopt(row: _Row) -> Iterator[Step]:
    before, after = row.change.before, row.change.after
    assert before is not None, "what is adopted exists"
    assert after is not None, "what is adopted is desired"
    if row.kind.marked:
        yield row.step(Phase.EXPAND, Verb.UPDATE, before.object_id, before=before, mark=True)
    if before.active != after.active and "active" not in after.ignore:
        # What is made new may refer to it, so it is back in use as early as something new would be.
        verb, phase = (Verb.REVIVE, row.kind.phase) if after.active else (Verb.REMOVE, Phase.SWITCH)
        yield row.step(phase, verb, before.object_id, before=before)
    yield from _writes(row, before, after)


def _remove(row: _Row) -> Iterator[Step]:
    before, after = row.change.before, row.change.after
    assert before is not None, "what is removed exists"
    if after:
        yield from _writes(row, before, after)
    yield _removal(row, Phase.CONTRACT, before)


def _removal(row: _Row, phase: Phase, before: Resource) -> Step:
    """An object that lost its mark gets it again, so that it can be brought back as ours."""
    mark = row.kind.marked and (before.owner is None or _marks(row))
    return row.step(phase, Verb.REMOVE, before.object_id, before=before, mark=mark)


def _nothing(_: _Row) -> Iterator[Step]:
    return iter(())


_BY_ACTION = {
    Action.CREATE: _create,
    Action.UPDATE: _update,
    Action.REPLACE: _replace,
    Action.REACTIVATE: _reactivate,
    Action.ADOPT: _adopt,
    Action.ARCHIVE: _remove,
    Action.DELETE: _remove,
    Action.NO_OP: _nothing,
}
