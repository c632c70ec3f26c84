"""What stands between a declaration and an object: each with the object's id and the line that solves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.difference import Difference, replacing
from stripectl.engine.kinds import Kind, Mutability
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref, Value, to_json


def of_another_catalog(kind: Kind, item: Resource, desired: Resource) -> Diagnostic:
    return error(
        "owned-by-another-catalog",
        "The object belongs to another catalog",
        f"{desired.address} would be {kind.noun} {item.object_id}, which catalog {item.owner} manages at"
        f" {item.address}; two catalogs must not own one object.",
        hint="give it another id or lookup key here, or let the other catalog go of it with `keep: true`;"
        " where a catalog's folder was renamed, give it its former name back",
        address=desired.address,
        source=desired.source,
    )


def managed_elsewhere(kind: Kind, item: Resource, desired: Resource) -> Diagnostic:
    return error(
        "managed-elsewhere",
        "The object to adopt has an address of this catalog already",
        f"{desired.address} names {kind.noun} {item.object_id}, which is managed at {item.address}.",
        hint=f"to rename it, take {item.address} out and write"
        f" `moved: [{{from: {item.address}, to: {desired.address}}}]` in place of `id:`",
        address=desired.address,
        source=desired.source,
    )


def named_twice(kind: Kind, desired: Resource, first: str) -> Diagnostic:
    return error(
        "named-twice",
        "Two addresses name the same object",
        f"{first} names {kind.noun} {desired.object_id}, too; an object has one address.",
        hint="leave `id:` out on one of them",
        address=desired.address,
        source=desired.source,
    )


def nothing_to_adopt(kind: Kind, desired: Resource) -> Diagnostic:
    ways = "leave `id:` out to have a new object made"
    if kind.chosen_id:
        ways = f"write `new_id: {desired.object_id}` to have one made under that id, or {ways}"
    return error(
        "nothing-to-adopt",
        "The object to adopt does not exist",
        f"{desired.address} names {kind.noun} {desired.object_id}, which the account does not hold.",
        hint=f"check the id and the account; {ways}",
        address=desired.address,
        source=desired.source,
    )


def cannot_adopt(kind: Kind, item: Resource, desired: Resource) -> Diagnostic:
    differing = replacing(item, desired, kind)
    return error(
        "adoption-does-not-fit",
        "The object to adopt differs in what cannot be changed",
        f"{desired.address} names {kind.noun} {item.object_id}."
        f" {_both_sides(kind, item, desired, differing)}",
        hint=_as_it_is(kind, item, differing, _without(kind, item, desired)),
        address=desired.address,
        source=desired.source,
    )


def cannot_come_back(kind: Kind, item: Resource, desired: Resource) -> Diagnostic:
    return error(
        "adoption-does-not-fit",
        "The object to adopt differs in what cannot be changed",
        f"{desired.address} names {kind.noun} {item.object_id}. It is out of use, which cannot be undone.",
        hint=_without(kind, item, desired),
        address=desired.address,
        source=desired.source,
    )


def identity_taken(kind: Kind, item: Resource, desired: Resource, recorded_id: str | None) -> Diagnostic:
    """`recorded_id` is the object that bore the address when something was last applied."""
    differing = replacing(item, desired, kind)
    line = f"write `id: {item.object_id}` to adopt it"
    if differing:
        line = _as_it_is(kind, item, differing, "", beside=f"`id: {item.object_id}`")
    names = " and ".join(name.replace("_", " ") for name in kind.identity)
    held = f"{kind.noun} {item.object_id}{_out_of_use(item)} has {_named(kind, item)}"
    return error(
        "identity-taken",
        "An object that is not managed is in the way",
        f"{held}, and nobody gave it to stripectl. {_both_sides(kind, item, desired, differing)}".strip(),
        hint=f"{line}, or {_instead(kind, item, names, recorded_id)}",
        address=desired.address,
        source=desired.source,
    )


def _without(kind: Kind, item: Resource, desired: Resource) -> str:
    """The way on without the object that the manifest names, which may have what only one can have."""
    identity = kind.identity_of(desired.fields)
    if identity is not None and identity == kind.identity_of(item.fields):
        names = " and ".join(name.replace("_", " ") for name in kind.identity)
        return f"leave `id:` out and choose another {names}: another object is made then"
    return "leave `id:` out: another object is made then"


def _instead(kind: Kind, item: Resource, names: str, recorded_id: str | None) -> str:
    """The way on without the object."""
    movable = all(kind.fields[name].mutability is Mutability.UPDATE for name in kind.identity)
    if recorded_id and kind.identity and movable:
        return f"take the {names} off {item.object_id} in Stripe: the next apply puts {recorded_id} back"
    return f"choose another {names}" if names else "choose another id with `new_id:`"


def several_bear_one_mark(
    kind: Kind, items: Sequence[Resource], address: str, desired: Resource | None
) -> Diagnostic:
    ids = ", ".join(str(item.object_id) for item in items)
    return error(
        "several-bear-one-mark",
        "Several objects bear the mark of one address",
        f"{address} could be each of {kind.noun} {ids}: a copy carries the mark of its original along, and no"
        " record, id or lookup key tells them apart.",
        hint="write `id:` with the one that is meant, or take the metadata that begins with `stripectl_` off"
        " the others in Stripe",
        address=address,
        source=desired.source if desired else None,
    )


def copy_left_alone(kind: Kind, item: Resource, desired: Resource | None) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "copy-left-alone",
        "A copy bears the mark of its original",
        f"{kind.noun} {item.object_id} bears the mark of {item.address}, but is not the object managed there."
        " It stays as it is.",
        hint="take the metadata that begins with `stripectl_` off it in Stripe",
        address=item.address,
        source=desired.source if desired else None,
    )


def _both_sides(kind: Kind, item: Resource, desired: Resource, differing: Iterable[Difference]) -> str:
    """`every: {months: 12} in the account, every: year in the manifest.`"""
    sides = (_in_words(kind, each, item, desired) for each in differing)
    return " ".join(f"{side[0].upper()}{side[1:]}." for side in dict.fromkeys(sides))


def _in_words(kind: Kind, difference: Difference, item: Resource, desired: Resource) -> str:
    name = difference.field.name
    there, here = (kind.spelled(name, each.fields).words for each in (item, desired))
    if not (there and here) or there == here:
        there, here = (f"{name} {_show(value)}" for value in (difference.before, difference.after))
    return f"the account holds {there}, the manifest says {here}"


def _as_it_is(
    kind: Kind, item: Resource, differing: Iterable[Difference], other_way: str, *, beside: str = ""
) -> str:
    """What to write so that the declaration fits the object."""
    spellings = tuple(dict.fromkeys(kind.spelled(each.field.name, item.fields) for each in differing))
    if any(not (each.line or each.absent) for each in spellings):
        return other_way or "leave it to its owner"
    lines = list(dict.fromkeys(each.line for each in spellings if each.line))
    written = [beside] if beside else []
    written += [f"`{line}`" for line in lines if not any(line in other for other in lines if other != line)]
    parts = [f"write {' and '.join(written)}"] if written else []
    parts += [f"leave `{each.absent}` out" for each in spellings if each.absent]
    return ", or ".join(part for part in (" and ".join(parts), other_way) if part)


def _out_of_use(item: Resource) -> str:
    return "" if item.active else " (out of use)"


def _named(kind: Kind, item: Resource) -> str:
    names = [
        f"{name.replace('_', ' ')} {item.fields[name]}" for name in kind.identity if item.fields.get(name)
    ]
    return ", ".join(names) or f"the id {item.object_id}"


def _show(value: Value) -> str:
    if isinstance(value, Ref):
        return value.address
    return "none" if value in (None, (), {}) else str(to_json(value))
