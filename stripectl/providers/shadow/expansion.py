"""How stored objects become answers: what is left out, what may be expanded, what is computed when read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from stripectl.providers.shadow.errors import invalid
from stripectl.providers.shadow.objects import Object, Value, members, text
from stripectl.providers.shadow.validity import is_active, is_valid

MAX_DEPTH = 4
SHOWN = 10
"""Entries of a list inside an object; there is an endpoint for all of them."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Left out unless it is expanded."""

    below: Shape = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inline:
    """Always there, with expandable members below."""

    below: Shape


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that can be expanded to its object."""

    kind: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """Stored as an id, always answered as the object."""

    kind: str


@dataclass(frozen=True, slots=True)
class Private:
    """Kept by the account, never answered."""


Node: TypeAlias = "Hidden | Inline | Reference | Embedded | Private"
Shape: TypeAlias = Mapping[str, Node]
Wanted: TypeAlias = "Mapping[str, Wanted]"
Fetch: TypeAlias = Callable[[str, str], Object | None]

SHAPES: Mapping[str, Shape] = {
    "product": {"default_price": Reference("price")},
    "price": {
        "product": Reference("product"),
        "tiers": Hidden(),
        "currency_options": Hidden({"*": Inline({"tiers": Hidden()})}),
    },
    "billing.meter": {},
    "entitlements.feature": {},
    "product_feature": {"product": Private(), "entitlement_feature": Embedded("entitlements.feature")},
    "coupon": {"applies_to": Hidden(), "currency_options": Hidden()},
    "promotion_code": {
        "promotion": Inline({"coupon": Reference("coupon")}),
        "restrictions": Inline({"currency_options": Hidden()}),
        "customer": Reference("customer"),
    },
    "customer": {},
    "subscription": {
        "customer": Reference("customer"),
        "items": Inline({"data": Inline({"price": Embedded("price")})}),
    },
    "payment_link": {"line_items": Hidden({"data": Inline({"price": Embedded("price")})})},
    "item": {"price": Embedded("price")},
    "billing_portal.configuration": {
        "features": Inline({"subscription_update": Inline({"products": Hidden()})})
    },
    "event": {},
    "account": {},
    "deleted": {},
}
"""Kind -> what is special about its members. `*` stands for every key of a hash."""


def wanted(kind: str, expand: Iterable[str], *, listed: bool) -> Wanted:
    """Read an `expand` parameter for an answer of `kind`, or for a list of it.

    Raises `Unprocessed` for a property that cannot be expanded.
    """
    shape: Shape = {"data": Inline(SHAPES[kind])} if listed else SHAPES[kind]
    tree: dict[str, Wanted] = {}
    for path in expand:
        _check(shape, path)
        branch = tree
        for part in path.split("."):
            child = branch.setdefault(part, {})
            assert isinstance(child, dict)
            branch = child
    return tree


def render(kind: str, body: Object, want: Wanted, fetch: Fetch, now: int) -> Object:
    """The answer for a stored object; `now` in Unix seconds."""
    derive = _DERIVED.get(kind)
    return _render(SHAPES[kind], derive(body, fetch, now) if derive else body, want, fetch, now)


def expanded(kind: str, want: Wanted, *, listed: bool) -> Iterator[str]:
    """The kinds of the objects that an answer holds because they were asked for."""
    shape: Shape = {"data": Inline(SHAPES[kind])} if listed else SHAPES[kind]
    return _asked(shape, want)


def _asked(shape: Shape, want: Wanted) -> Iterator[str]:
    for name, inner in want.items():
        node = shape.get(name, shape.get("*"))
        if isinstance(node, Reference):
            yield node.kind
        if node is not None:
            yield from _asked(_below(node), inner)


def _check(shape: Shape, path: str) -> None:
    parts = path.split(".")
    if len(parts) > MAX_DEPTH:
        raise invalid(
            f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
            code="property_expansion_max_depth",
        )
    for part in parts:
        # A hash takes every key: `currency_options.tiers` asks for a currency of that name, and gets nothing.
        node = shape.get(part, shape.get("*"))
        if node is None or isinstance(node, Private):
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        shape = _below(node)


def _below(node: Node) -> Shape:
    match node:
        case Hidden(below) | Inline(below):
            return below
        case Reference(kind) | Embedded(kind):
            return SHAPES[kind]
        case Private():
            return {}


def _render(shape: Shape, body: Object, want: Wanted, fetch: Fetch, now: int) -> Object:
    answer = dict(body)
    for name, node in shape.items():
        if name not in answer:
            continue
        if isinstance(node, Private) or (isinstance(node, Hidden) and name not in want):
            del answer[name]
        else:
            answer[name] = _member(node, answer[name], name in want, want.get(name, {}), fetch, now)
    return answer


def _member(node: Node, value: Value, asked: bool, want: Wanted, fetch: Fetch, now: int) -> Value:
    match node, value:
        case Embedded(kind), str(object_id):
            return _fetched(kind, object_id, want, fetch, now)
        case Reference(kind), str(object_id) if asked:
            return _fetched(kind, object_id, want, fetch, now)
        case Hidden({"*": Inline(below)}), dict():
            return {key: _inner(below, item, want.get(key, {}), fetch, now) for key, item in value.items()}
        case (Hidden(below), _) | (Inline(below), _):
            return _inner(below, value, want, fetch, now)
        case _:
            return value


def _fetched(kind: str, object_id: str, want: Wanted, fetch: Fetch, now: int) -> Value:
    target = fetch(kind, object_id)
    return object_id if target is None else render(kind, target, want, fetch, now)


def _inner(below: Shape, value: Value, want: Wanted, fetch: Fetch, now: int) -> Value:
    match value:
        case dict():
            return _render(below, value, want, fetch, now)
        case list():
            return [_inner(below, item, want, fetch, now) for item in value]
        case _:
            return value


def _coupon(body: Object, _: Fetch, now: int) -> Object:
    return {**body, "valid": is_valid(body, now)}


def _promotion_code(body: Object, fetch: Fetch, now: int) -> Object:
    coupon = fetch("coupon", text(members(body, "promotion"), "coupon"))
    return {**body, "active": is_active(body, coupon, now)}


def _product(body: Object, _: Fetch, __: int) -> Object:
    """With what answers of 2026 have, and Stripe's description of them lacks."""
    code = body["tax_code"]
    details: Value = {"performance_location": None, "tax_code": code} if code else None
    return {**body, "attributes": [], "tax_details": details}


def _payment_link(body: Object, _: Fetch, __: int) -> Object:
    lines = members(body, "line_items")
    every = lines["data"]
    assert isinstance(every, list)
    return {**body, "line_items": {**lines, "data": every[:SHOWN], "has_more": len(every) > SHOWN}}


_DERIVED: Mapping[str, Callable[[Object, Fetch, int], Object]] = {
    "product": _product,
    "coupon": _coupon,
    "promotion_code": _promotion_code,
    "payment_link": _payment_link,
}
"""Kinds with members that are worked out when they are read."""
