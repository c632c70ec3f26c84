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
            for target in sorted(gone.intersection(_targets(each, kinds[each.kind]))):
                found[target].append(Pointer(each.kind, each.object_id or "", _name(each, kinds[each.kind])))
    return {target: tuple(pointers) for target, pointers in found.items()}


def _targets(resource: Resource, kind: Kind) -> Iterator[str]:
    for path, value in leaves(resource.fields):
        if isinstance(value, str) and kind.references.intersection(map(str, path)):
            yield value


def _name(resource: Resource, kind: Kind) -> str:
    match kind.identity_of(resource.fields):
        case (str(_),):
            return str(resource.fields[kind.identity[0]])
        case _:
            return resource.address
