"""What of the account's catalog still refers to objects that a plan takes out of use. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.plan import Change, Pointer
from stripectl.engine.resource import Resource
from stripectl.engine.values import leaves


def pointing(
    rows: Iterable[Change], objects: Iterable[Resource], kinds: Kinds
) -> Mapping[str, tuple[Pointer, ...]]:
    """Id of what goes away -> what refers to it that no row is about: such as the codes of others.

    `objects` are the account's, as the provider reports them. What a row is about, the plan takes care of.
    """
    every = tuple(rows)
    handled = {each.object_id for row in every for each in (row.before, row.revives) if each}
    gone = {row.retires for row in every if row.retires}
    found: dict[str, list[Pointer]] = defaultdict(list)
    for each in objects:
        if each.active and each.object_id not in handled:
            kind, targets = kinds[each.kind], dict(_targets(each, kinds[each.kind]))
            for target in sorted(gone.intersection(targets)):
                stops = targets[target] in kind.stops_with
                found[target].append(Pointer(each.kind, each.object_id or "", _name(each, kind), stops))
    return {target: tuple(pointers) for target, pointers in found.items()}


def _targets(resource: Resource, kind: Kind) -> Iterator[tuple[str, str]]:
    """Id that is referred to, and the key of the reference."""
    for path, value in leaves(resource.fields):
        if isinstance(value, str):
            yield from ((value, key) for key in kind.references.intersection(map(str, path)))


def _name(resource: Resource, kind: Kind) -> str:
    match kind.identity_of(resource.fields):
        case (str(_),):
            return str(resource.fields[kind.identity[0]])
        case _:
            return resource.address
