"""Put an unfinished run back: a plan like any other, whose desired state is what there was before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.engine.diff import change
from stripectl.engine.guard import ALLOWANCES
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.matching import Match, linked
from stripectl.engine.ordering import steps
from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.policy import OnUnsupported, Policy
from stripectl.engine.ports import JournalRecord
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Verb
from stripectl.engine.unrecoverable import FOR_EVER
from stripectl.engine.values import Value, leaves, references

# What was allowed to be there before needs no leave to be there again.
FREE = Policy(OnUnsupported.WARN, max_archive_percent=None, max_price_change_percent=None)


@dataclass(frozen=True, slots=True)
class Remnant:
    """An object that a run, or putting it back, made and that is still there afterwards."""

    address: str
    object_id: str
    active: bool
    """It is in use: taking it out of use would be for ever, or others build on it."""
    instead_of: str | None = None
    """Id that the address had before the run, of an object that cannot be as it was again."""


def remnants(plan: Plan, target: Target, made: Collection[str]) -> tuple[Remnant, ...]:
    """What differs from before the run; objects that the plan found and brought back do not."""
    found = {each.object_id for row in plan.changes for each in (row.before, row.revives) if each}
    in_use = {each.object_id for each in target.objects if each.active}
    bearers = {
        (row.before.kind, row.before.address): row.before.object_id
        for row in plan.changes
        if row.before and row.before.active and row.before.object_id not in in_use
    }
    told = (
        Remnant(each.address, each.object_id, each.active, bearers.get((each.kind, each.address)))
        if each.active
        else Remnant(each.address, each.object_id, each.active)
        for each in target.objects
        if each.object_id and each.object_id not in found
    )
    return tuple(each for each in told if each.instead_of or each.object_id in made)


def bearers(
    record: JournalRecord, kinds: Kinds, refused: Collection[int] = ()
) -> Mapping[str, tuple[str, ...]]:
    """Address -> ids of the objects in use there, as far as a run came by its journal.

    A creation whose answer never came is `perhaps a new one`; `refused` are the numbers of steps whose did.
    """
    found: dict[str, dict[str, None]] = {}
    for row in record.plan.changes:
        if row.before and row.before.object_id and row.before.active:
            found.setdefault(row.before.address, {})[row.before.object_id] = None
    for step in steps(record.plan.changes, kinds):
        there, ended = found.setdefault(step.address, {}), record.ended.get(step.number)
        if step.verb is Verb.REMOVE and ended:
            there.pop(step.object_id or "", None)
        elif step.verb in (Verb.CREATE, Verb.REVIVE) and step.number in record.begun.keys() - refused:
            there[ended.object_id if ended else step.object_id or "perhaps a new one"] = None
    return {address: tuple(ids) for address, ids in found.items()}


def unwind_intent(plan: Plan, kinds: Kinds, touched: frozenset[str]) -> Intent:
    """To hold again what the plan found, under the addresses that it had; see `unwind_plan`."""
    back = {new: old for old, new in plan.moved.items()}
    before = State.of(each.renamed(back) for each in _before(plan, kinds, touched))
    return Intent(
        plan.catalog,
        before,
        moved=back,
        begun=State.of(_begun(plan, kinds)),
        given_back=dict(_given_back(plan, kinds)),
    )


def unwind_plan(
    plan: Plan, target: Target, kinds: Kinds, made: Mapping[str, str], touched: frozenset[str]
) -> Plan:
    """The changes that put a plan back, whatever part of it was done.

    `touched` are the addresses of steps that were begun: at others a value that differs is somebody else's.
    `made` are the ids of what the run brought forth, with addresses: nothing else is taken out of use, and of
    that nothing on which others built meanwhile. What cannot be undone without harm is left, too: an object
    whose removal is permanent stays for the next apply. Its diagnostics say what can never be there again.
    """
    back = make_plan(unwind_intent(plan, kinds, touched), target, kinds, FREE, allow=frozenset(ALLOWANCES))
    ours, lost = made.keys() - _built_on(plan, target, made, kinds), _lost(back)
    every = (*back.changes, *_parts_left(back, target, kinds, made))
    rows = (row for row in every if not row.irreversible and _may(row, ours))
    return replace(
        back,
        changes=tuple(row for row in rows if row.address not in lost),
        diagnostics=tuple(each for each in back.diagnostics if each.code in FOR_EVER),
    )


def _parts_left(back: Plan, target: Target, kinds: Kinds, made: Mapping[str, str]) -> Iterator[Change]:
    """What the run attached to an object that is let go, and that has no mark of its own."""
    covered = {row.object_id for row in back.changes}
    for item in target.objects:
        address = None if item.object_id in covered else made.get(item.object_id or "")
        if address and item.active and not kinds[item.kind].marked:
            part = replace(item, address=address)
            yield change(kinds[item.kind], Match(part), None)


def _lost(back: Plan) -> frozenset[str]:
    """Addresses at which there can never be again what there was; what needs them, too."""
    lost = {each.address for each in back.diagnostics if each.code in FOR_EVER and each.address}
    # Rows follow the kinds table, so what is referred to comes first.
    for row in back.changes:
        if row.after and not lost.isdisjoint(references(row.after.fields)):
            lost.add(row.address)
    return frozenset(lost)


def _may(row: Change, ours: Collection[str]) -> bool:
    removes = row.after is None and row.action in (Action.ARCHIVE, Action.DELETE)
    return not removes or row.object_id in ours


def _built_on(plan: Plan, target: Target, made: Collection[str], kinds: Kinds) -> frozenset[str]:
    """Ids to which an object in use refers that neither the run made nor the plan knew."""
    known = {*made} | {each.object_id for row in plan.changes for each in (row.before, row.revives) if each}
    return frozenset(
        value
        for each in target.objects
        if each.active and each.object_id not in known
        for path, value in leaves(each.fields)
        if isinstance(value, str) and not kinds[each.kind].references.isdisjoint(path)
    )


def _before(plan: Plan, kinds: Kinds, touched: frozenset[str]) -> Iterator[Resource]:
    bearers = {
        row.before.object_id: row.address for row in plan.changes if row.before and row.before.object_id
    }
    told: set[str] = set()
    for row in plan.changes:
        # A second object in use at an address has a row after the first; a state has room for one.
        if row.before and row.action is not Action.ADOPT and row.address not in told:
            told.add(row.address)
            before = _declared(row, row.before, kinds, bearers)
            yield before if row.address in touched else _left_alone(before, kinds[row.kind], touched)


def _left_alone(before: Resource, kind: Kind, touched: frozenset[str]) -> Resource:
    """Of an object that the run did not touch: only what others took from it, and what points to others."""
    others = [
        name
        for name, field in kind.fields.items()
        if not field.exclusive and touched.isdisjoint(references(before.fields.get(name)))
    ]
    return replace(before, ignore=tuple(name for name in others if name != "active"))


def _begun(plan: Plan, kinds: Kinds) -> Iterator[Resource]:
    """What the plan wanted, with the ids that it found: those are to be in force again."""
    for row in plan.changes:
        if row.after and row.action is not Action.ADOPT and not row.used:
            yield in_hand(row, kinds[row.kind])


def in_hand(row: Change, kind: Kind) -> Resource:
    """What a row was to bring about; what it makes without a mark has no id in the plan, only its name."""
    assert row.after is not None, "a row that brings something about wants something"
    if row.before is None:
        return row.after
    anew = row.action is Action.REPLACE and not kind.marked
    return replace(row.after, object_id=None if anew else row.before.object_id)


def _given_back(plan: Plan, kinds: Kinds) -> Iterator[tuple[str, Resource]]:
    """Ids of what the plan took over, with what it held before in the fields that were written."""
    for row in plan.changes:
        if row.action is Action.ADOPT and row.before and row.before.object_id:
            written = {each.path[0] for each in row.changed}
            others = tuple(name for name in kinds[row.kind].fields if name not in written)
            fields = {**row.before.fields, **dict(_without_new_keys(row, kinds[row.kind]))}
            yield row.before.object_id, replace(row.before, fields=fields, ignore=others)


def _without_new_keys(row: Change, kind: Kind) -> Iterator[tuple[str, Value]]:
    """Fields that are owned key by key, with no value for the keys that the plan added."""
    for name, field in kind.fields.items():
        if field.keyed and row.before and row.after:
            old, new = (side.fields.get(name) for side in (row.before, row.after))
            added = new if isinstance(new, Mapping) else {}
            yield name, {**dict.fromkeys(added), **(old if isinstance(old, Mapping) else {})}


def _declared(row: Change, before: Resource, kinds: Kinds, bearers: dict[str, str]) -> Resource:
    """An object as a declaration of itself."""
    let_go = row.after is None and row.action is Action.UPDATE
    return replace(
        before,
        fields=linked(before.fields, kinds[before.kind], bearers),
        owner=None,
        created=0,
        adopts=let_go,
    )
