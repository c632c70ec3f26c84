"""Drift: what the provider holds against what the last revision recorded, whatever the manifests say now.

What is spent did not drift: the clock and the customers did it, and `engine.spent` remarks on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stripectl.engine.difference import differences, field_changes, fits
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.matching import linked
from stripectl.engine.plan import Drift, DriftChange, FieldDrift, Revision
from stripectl.engine.projection import owned_keys
from stripectl.engine.resource import Resource
from stripectl.engine.values import Value


def drift(last: Revision, objects: Iterable[Resource], kinds: Kinds) -> tuple[Drift, ...]:
    """One row a recorded object that differs, and one an object of ours that the revision does not know.

    `objects` are what the provider reports, with plain ids. Rows follow the kinds table, then addresses.
    """
    bearers = {object_id: address for address, object_id in last.ids.items()}
    observed = list(objects)
    by_id = {(each.kind, each.object_id): each for each in observed}
    rows = [
        *(row for each in last.recorded for row in _recorded(each, by_id, kinds[each.kind], bearers, last)),
        *_appeared(observed, bearers, last.catalog, kinds),
    ]
    return tuple(sorted(rows, key=lambda row: (kinds.rank(row.kind), row.address, row.object_id or "")))


def _recorded(
    each: Resource,
    by_id: Mapping[tuple[str, str | None], Resource],
    kind: Kind,
    bearers: Mapping[str, str],
    last: Revision,
) -> Iterator[Drift]:
    found = by_id.get((each.kind, each.object_id))
    if found is None or _is_another(found, each, kind):
        yield Drift(each.address, each.kind, each.object_id, DriftChange.DELETED)
        return
    if found.spent:
        return
    now = owned_keys(_linked(found, kind, bearers), (each,), kind)
    differing = field_changes(differences(now, each, kind))
    mark = (found.owner, found.address)
    unmarked = kind.marked and mark != (last.catalog, each.address) and each.address not in last.used
    if differing or unmarked:
        archived = each.active and not found.active
        change = DriftChange.ARCHIVED if archived else DriftChange.MODIFIED
        yield Drift(
            each.address,
            each.kind,
            each.object_id,
            DriftChange.UNMARKED if unmarked else change,
            tuple(FieldDrift(row.path, recorded=row.after, observed=row.before) for row in differing),
        )


def _is_another(found: Resource, recorded: Resource, kind: Kind) -> bool:
    """What was deleted was made again by hand under its id, as something else."""
    remade = kind.chosen_id and not kind.removal.keeps_object and found.owner is None
    return remade and not fits(found, recorded, kind)


def _linked(found: Resource, kind: Kind, bearers: Mapping[str, str]) -> Resource:
    return Resource(found.kind, found.address, linked(found.fields, kind, bearers), found.object_id)


def _appeared(
    observed: list[Resource], bearers: Mapping[str, str], catalog: str, kinds: Kinds
) -> Iterator[Drift]:
    ours = [each for each in observed if each.owner == catalog]
    known = {*bearers, *_held_by_archived(ours, kinds)}
    for each in ours:
        if each.active and not each.spent and each.object_id not in known:
            yield Drift(each.address, each.kind, each.object_id, DriftChange.APPEARED)


def _held_by_archived(ours: Iterable[Resource], kinds: Kinds) -> Iterator[Value]:
    """Ids of what cannot go out of use, because an archived object holds on to it."""
    for each in ours:
        if not each.active:
            fields = kinds[each.kind].fields.values()
            yield from (each.fields.get(field.name) for field in fields if field.holds)
