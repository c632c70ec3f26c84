"""Objects that cannot be removed because another one holds on to them, such as a product's default price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.diagnostics import Diagnostic, dotted, error
from stripectl.engine.kinds import Kinds
from stripectl.engine.matching import Matched
from stripectl.engine.plan import Action, Change
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref, Value, leaves


@dataclass(frozen=True, slots=True)
class _Hold:
    """`holder` refers to `object_id` in `field` and will go on doing so."""

    holder: Resource
    field: str
    object_id: str
    in_use: bool
    """The holder will be in use after the plan."""


def keep_held(
    rows: Iterable[Change], matched: Matched, kinds: Kinds
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """The rows that can be done, and an error for each that its holder forbids.

    What only an archived holder refers to is left in use quietly: it cannot be sold through that holder.
    """
    every = tuple(rows)
    holding = (*_holds_of_others(matched, kinds), *_holds(every, matched, kinds))
    holds = {hold.object_id: hold for hold in holding}
    refused = [(row, holds[gone]) for row in every if (gone := row.retires) in holds]
    quiet = [(row, hold) for row, hold in refused if not hold.in_use]
    parked = {hold.object_id for _, hold in quiet}
    notes = {hold.holder.object_id: row.address for row, hold in quiet}
    kept = tuple(_parked(row) if row.retires in parked else _noted(row, notes) for row in every)
    return kept, tuple(_error(row, hold) for row, hold in refused if hold.object_id not in parked)


def _holds(rows: tuple[Change, ...], matched: Matched, kinds: Kinds) -> Iterator[_Hold]:
    after = {row.before.object_id: row.after for row in rows if row.before and not _is_succeeded(row)}
    after |= {row.revives.object_id: row.after for row in rows if row.revives}
    ids = {a: m.in_force.object_id for a, m in matched.by_address.items() if m.in_force}
    holding = {
        name: tuple(field.name for field in kind.fields.values() if field.holds)
        for name, kind in kinds.rows.items()
    }
    # Those that are not ours are left as they are, so they go on referring, too.
    for each in (*matched.objects, *matched.let_go, *matched.strangers):
        for field in holding[each.kind]:
            held, wanted = _id_of(each.fields.get(field), ids), after.get(each.object_id)
            if held and not (wanted and field in wanted.fields):
                yield _Hold(each, field, held, in_use=bool(wanted and wanted.active))


def _is_succeeded(row: Change) -> bool:
    """Another object takes the place of the one in force, which keeps what it refers to."""
    return row.action is Action.REPLACE or row.revives is not None


def _holds_of_others(matched: Matched, kinds: Kinds) -> Iterator[_Hold]:
    """What the objects of others refer to, of kinds that catalogs share."""
    shared = {
        address: found.in_force.object_id
        for address, found in matched.by_address.items()
        if found.in_force and kinds[found.in_force.kind].shared
    }
    for each in matched.strangers if shared else ():
        for path, value in leaves(each.fields):
            held = _id_of(value, shared)
            if each.active and held in shared.values():
                yield _Hold(each, dotted(path), held or "", in_use=False)


def _id_of(value: Value, ids: Mapping[str, str | None]) -> str | None:
    match value:
        case Ref(address):
            return ids.get(address)
        case str():
            return value
        case _:
            return None


def _parked(row: Change) -> Change:
    """The object stays as it is, although nothing declares it, or a successor takes its place."""
    if row.after is None:
        return Change(row.address, row.kind, Action.NO_OP, before=row.before)
    return replace(row, stays=True)


def _noted(row: Change, parked: Mapping[str | None, str]) -> Change:
    held = parked.get(row.object_id)
    if held is None or row.action is not Action.ARCHIVE:
        return row
    note = f"{held} stays in use as its default; nothing can be bought through an archived one"
    return replace(row, notes=(*row.notes, note))


def _error(row: Change, hold: _Hold) -> Diagnostic:
    holder, gone = hold.holder.address or hold.holder.object_id, row.retires
    # Where no account was asked the address stands for the id.
    named = row.address if gone == row.address else f"{row.address} ({gone})"
    return error(
        "still-referred-to",
        "An object cannot be removed while another one refers to it",
        f"{named} is the {hold.field} of {holder}, which stays in use and goes on referring to it.",
        hint=f"declare another {hold.field} for {holder}, keep {row.address} as it is, or"
        f" remove {holder} as well",
        address=row.address,
        source=row.resource.source,
    )
