"""Plan a part of a catalog: the named addresses and what they need; all else stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.matching import linked
from stripectl.engine.plan import Action, Change
from stripectl.engine.values import references


def only(rows: tuple[Change, ...], targets: tuple[str, ...], kinds: Kinds) -> tuple[Change, ...]:
    """The rows, where those outside the targets keep what there is; all rows where nothing is targeted."""
    if not targets:
        return rows
    wanted = _needed(rows, targets)
    staying = _staying(row for row in rows if row.address not in wanted)
    kept = (row if row.address in wanted else _as_it_is(row, kinds[row.kind], staying) for row in rows)
    return tuple(row for row in kept if row)


def remarks(rows: tuple[Change, ...], targets: tuple[str, ...]) -> Iterator[Diagnostic]:
    """That the plan is partial, and which targets nobody knows."""
    known = {row.address for row in rows} | {row.resource.artifact for row in rows}
    for target in targets:
        if target not in known:
            yield error(
                "unknown-target",
                "There is nothing at the targeted address",
                f"--target {target} names neither something declared nor something that the account holds.",
                hint="see the addresses with `stripectl explain`",
            )
    if targets:
        yield Diagnostic(
            Severity.WARNING,
            "partial-plan",
            "Only a part of the catalog is planned",
            f"Planned: {', '.join(targets)} and what it needs. The next plan shows the rest.",
        )


def _needed(rows: Iterable[Change], targets: tuple[str, ...]) -> frozenset[str]:
    """The targets, what was made for them, and everything that these refer to."""
    by_address = {row.address: row for row in rows}
    todo = [row.address for row in by_address.values() if {row.address, row.resource.artifact} & set(targets)]
    found: set[str] = set()
    while todo:
        address = todo.pop()
        if address not in found:
            found.add(address)
            todo.extend(_references(by_address, address))
    return frozenset(found)


def _references(by_address: Mapping[str, Change], address: str) -> Iterator[str]:
    row = by_address.get(address)
    if row and row.after:
        yield from references(row.after.fields)


def _staying(rows: Iterable[Change]) -> Mapping[str, str]:
    """Id of an object -> the address that it goes on bearing, where it was to be succeeded there."""
    bearers: dict[str, str] = {}
    for row in rows:
        if row.before and row.before.object_id and row.address not in bearers.values():
            bearers[row.before.object_id] = row.address
    return bearers


def _as_it_is(row: Change, kind: Kind, staying: Mapping[str, str]) -> Change | None:
    """A row that changes nothing; None where there is no object yet."""
    if row.action is Action.NO_OP or row.before is None:
        return row if row.before else None
    fields = linked(row.before.fields, kind, staying)
    declared = replace(row.before, owner=None, created=0, fields=fields)
    return Change(row.address, row.kind, Action.NO_OP, before=row.before, after=declared)
