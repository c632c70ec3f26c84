"""What an answer holds and no rule reads: so that fidelity holds in both directions. Pure.

A property of an answer is read (the kinds table and `wire` say so), derived (it follows from something else,
or counts), or as it always is. Whatever else is set is kept on the observed object, and a plan tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from stripectl.engine.kinds import Kind
from stripectl.engine.values import Value
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from stripectl.providers.stripe.wire import INSIDE, MANY, Answer

Tree: TypeAlias = "Mapping[str, Tree | None]"
"""Property -> what is known below it; None is all of it. `*` stands for every item or name."""

DERIVED_EVERYWHERE: Mapping[str, str] = {
    "id": "the object's id",
    "object": "the kind, in Stripe's words",
    "created": "when it was made",
    "livemode": "the mode of the account",
}

DERIVED: Mapping[str, Mapping[str, str]] = {
    "product": {
        "updated": "when it was changed last",
        "tax_details.tax_code": "says `tax_code` again",
    },
    "price": {
        "type": "follows from `recurring`",
        "unit_amount": "says `unit_amount_decimal` again, where it is whole",
    },
    "meter": {
        "updated": "when it was changed last",
        "status_transitions": "when it was taken out of use",
    },
    "coupon": {
        "times_redeemed": "counts what customers did",
        "valid": "follows from its dates and what customers did",
    },
    "promotion_code": {"times_redeemed": "counts what customers did"},
}
"""Kind -> dotted properties that the format need not say, each with the reason."""

USUAL: Mapping[str, Mapping[str, str]] = {
    "product": {"type": "service"},
    **{kind: endpoint.constants for kind, endpoint in ENDPOINTS.items() if endpoint.constants},
}
"""Kind -> dotted property -> the value that goes without saying, besides null, no, nought and nothing."""


def unread(kind: str, answer: Answer) -> Mapping[str, Value]:
    """Dotted property -> value of all that is set in an answer and neither read nor derived nor usual."""
    usual = USUAL.get(kind, {})
    found = _left(answer, known(kind), ())
    return {path: value for path, value in found if value != usual.get(path)}


@cache
def known(kind: str) -> Tree:
    """What of the answers of a kind is read or derived."""
    row, endpoint = KINDS[kind], ENDPOINTS[kind]
    whole = [*DERIVED_EVERYWHERE, *DERIVED.get(kind, {}), endpoint.active_from[0]]
    tree: dict[str, Tree | None] = {}
    for path, below in (*_fields(row), *((tuple(each.split(".")), None) for each in whole)):
        _plant(tree, path, below)
    return tree


def _fields(row: Kind) -> Iterator[tuple[tuple[str, ...], Tree | None]]:
    for field in row.fields.values():
        yield field.wire_path, _inside(field.wire_path[-1])


def _inside(key: str) -> Tree | None:
    if key not in INSIDE:
        return None
    below = {name: _inside(name) for name in INSIDE[key]}
    return {"*": below} if key in MANY else below


def _plant(tree: dict[str, Tree | None], path: tuple[str, ...], below: Tree | None) -> None:
    first, *rest = path
    if not rest:
        tree[first] = below
        return
    branch = tree.get(first)
    if first in tree and branch is None:
        return
    grown = dict(branch or {})
    _plant(grown, tuple(rest), below)
    tree[first] = grown


def _left(value: object, tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """Where the tree does not lead, the topmost property and its value, if that says anything."""
    for name, item in _items(value):
        # Most properties are known or empty, and an account has many objects.
        if not item or (below := tree.get(name, tree.get("*", {}))) is None:
            continue
        if below and isinstance(item, Mapping | list):
            yield from _left(item, below, (*path, name))
        elif _says(item):
            yield ".".join((*path, name)), _frozen(item)


def _items(value: object) -> Iterable[tuple[str, object]]:
    match value:
        case Mapping():
            return value.items()
        case list():
            return ((str(place), item) for place, item in enumerate(value))
        case _:
            return ()


def _says(value: object) -> bool:
    """Whether anything in it is set."""
    match value:
        case Mapping():
            return any(map(_says, value.values()))
        case list():
            return any(map(_says, value))
        case _:
            return bool(value)


def _frozen(value: object) -> Value:
    match value:
        case Mapping():
            return {str(key): _frozen(item) for key, item in value.items()}
        case list():
            return tuple(map(_frozen, value))
        case None | bool() | int() | str() | Decimal():
            return value
        case _:
            return str(value)
