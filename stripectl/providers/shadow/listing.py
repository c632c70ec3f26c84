"""Lists: newest first, cursor pages over indexed columns, and the filters of each endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stripectl.providers.shadow.errors import both, exclusive, invalid, no_such
from stripectl.providers.shadow.objects import Object
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.session import NOUNS, Session
from stripectl.providers.shadow.validity import ACTIVE

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
EVENT_SECONDS = 30 * 24 * 3600
"""How far back events can be read."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL with its values."""

    sql: str
    values: tuple[str | int, ...] = ()


Filter: TypeAlias = Callable[[Parameters, str, int], Condition]
"""Parameters, the filter's own name, now -> condition."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list endpoint can be narrowed by."""

    given: Mapping[str, Filter]
    """Parameter, dotted below a hash -> its condition."""
    absent: Mapping[str, str]
    """Parameter -> what holds when it is not sent."""
    always: str = "1"
    """What holds in any case."""


def equals(column: str) -> Filter:
    def condition(params: Parameters, name: str, _: int) -> Condition:
        value = params.values[name]
        assert isinstance(value, str | int)
        return Condition(f"{column} = ?", (value,))

    return condition


def member(column: str) -> Filter:
    def condition(params: Parameters, name: str, _: int) -> Condition:
        values = tuple(params.texts(name))
        return Condition(f"{column} IN ({', '.join('?' * len(values))})", values)

    return condition


def span(column: str) -> Filter:
    def condition(params: Parameters, name: str, _: int) -> Condition:
        if (moment := params.integer(name)) is not None:
            return Condition(f"{column} = ?", (moment,))
        bounds = params.record(name) or Parameters()
        values = {bound: bounds.integer(bound) for bound in bounds}
        return Condition(
            " AND ".join(f"{column} {_OPERATORS[bound]} ?" for bound in values) or "1",
            tuple(value for value in values.values() if value is not None),
        )

    return condition


_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _live_code(params: Parameters, name: str, now: int) -> Condition:
    return Condition(ACTIVE if params.flag(name) else f"NOT ({ACTIVE})", (now, now))


def _archived(params: Parameters, name: str, _: int) -> Condition:
    return Condition("NOT active" if params.flag(name) else "active")


def _event_type(params: Parameters, name: str, _: int) -> Condition:
    return Condition("type GLOB ?", ((params.text(name) or "").replace("[", "[[]").replace("?", "[?]"),))


def _on_price(params: Parameters, name: str, _: int) -> Condition:
    return Condition(
        "id IN (SELECT subscription FROM subscription_price WHERE price = ?)", (params.text(name) or "",)
    )


def _status(params: Parameters, name: str, _: int) -> Condition:
    status = params.text(name) or ""
    return _STATUSES.get(status) or Condition("status = ?", (status,))


_STATUSES = {"all": Condition("1"), "ended": Condition("status IN ('canceled', 'incomplete_expired')")}

FILTERS: Mapping[str, Filters] = {
    "product": Filters(
        {
            "active": equals("active"),
            "created": span("created"),
            "ids": member("id"),
            "shippable": equals("shippable"),
            "type": equals("type"),
            "url": equals("url"),
        },
        {},
    ),
    "price": Filters(
        {
            "active": equals("active"),
            "created": span("created"),
            "currency": equals("currency"),
            "lookup_keys": member("lookup_key"),
            "product": equals("product"),
            "recurring.interval": equals("interval"),
            "recurring.meter": equals("meter"),
            "recurring.usage_type": equals("usage_type"),
            "type": equals("type"),
        },
        # Stripe documents the list as one of active prices, without those that were made inline.
        {"active": "active"},
        "id NOT IN (SELECT price FROM inline_price)",
    ),
    "billing.meter": Filters({"status": equals("status")}, {}),
    "entitlements.feature": Filters(
        {"archived": _archived, "lookup_key": equals("lookup_key")}, {"archived": "active"}
    ),
    "product_feature": Filters({}, {}),
    "coupon": Filters({"created": span("created")}, {}),
    "promotion_code": Filters(
        {
            "active": _live_code,
            "code": equals("code"),
            "coupon": equals("coupon"),
            "created": span("created"),
            "customer": equals("customer"),
        },
        {},
    ),
    "customer": Filters({"created": span("created"), "email": equals("email")}, {}),
    "subscription": Filters(
        {
            "collection_method": equals("collection_method"),
            "created": span("created"),
            "customer": equals("customer"),
            "plan": _on_price,
            "price": _on_price,
            "status": _status,
        },
        {"status": "status <> 'canceled'"},
    ),
    "payment_link": Filters({"active": equals("active")}, {}),
    "billing_portal.configuration": Filters(
        {"active": equals("active"), "is_default": equals("is_default")}, {}
    ),
    "event": Filters({"created": span("created"), "type": _event_type, "types": member("type")}, {}),
}

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})


def page(session: Session, kind: str, url: str, params: Parameters, within: Condition) -> Object:
    """One page of stored objects of a kind as Stripe's list object.

    `within` narrows the list beyond its filters. Raises `Refusal` or `Unprocessed` for an unknown cursor, a
    limit that is no number, and a filter that the account does not carry out.
    """
    limit = limit_of(session, params)
    conditions = [within, *_conditions(session, kind, params)]
    direction, bound = _cursor(session, kind, params)
    conditions += [bound]
    where = " AND ".join(condition.sql for condition in conditions)
    # Kinds, columns and directions are constants of the account; values are bound.
    query = f'SELECT body FROM "{kind}" WHERE {where} ORDER BY seq {direction} LIMIT ?'  # noqa: S608
    values = [value for condition in conditions for value in condition.values]
    rows = session.connection.execute(query, [*values, limit + 1]).fetchall()
    bodies = [json.loads(body) for (body,) in rows[:limit]]
    return {
        "object": "list",
        "data": bodies if direction == "DESC" else bodies[::-1],
        "has_more": len(rows) > limit,
        "url": url,
    }


def limit_of(session: Session, params: Parameters) -> int:
    """Entries of a page: what was asked for, within 1 to 100 (recorded on customers)."""
    limit = params.integer("limit")
    if limit is None:
        return DEFAULT_LIMIT
    nearest = min(max(limit, 1), MAX_LIMIT)
    if nearest != limit and not session.behaviour.clamps_limit:
        raise invalid(
            f"Invalid integer: {limit}; must be from 1 to {MAX_LIMIT}", "limit", "parameter_invalid_integer"
        )
    return nearest


def _conditions(session: Session, kind: str, params: Parameters) -> list[Condition]:
    filters, now = FILTERS[kind], session.now
    given = {name: place for name, place in _flat(params) if name not in PAGING}
    if unknown := next((name for name in given if name not in filters.given), None):
        raise invalid(f"The shadow account does not filter by this parameter ({unknown}).", unknown)
    if "type" in given and "types" in given:
        raise exclusive("type", "types")
    found = [Condition(filters.always)]
    found += [filters.given[name](place, name.rpartition(".")[2], now) for name, place in given.items()]
    if kind != "price" or session.behaviour.hides_archived_prices:
        found += [Condition(sql) for name, sql in filters.absent.items() if name not in given]
    if kind == "event":
        found.append(Condition("created > ?", (now - EVENT_SECONDS,)))
    return found


def _flat(params: Parameters) -> list[tuple[str, Parameters]]:
    """Names of filters, with the members of `recurring` as filters of their own."""
    inner = params.record("recurring")
    below = [(f"recurring.{name}", inner) for name in inner] if inner else []
    return [(name, params) for name in params if name != "recurring"] + below


def _cursor(session: Session, kind: str, params: Parameters) -> tuple[str, Condition]:
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise both("starting_after", "ending_before")
    if after:
        return "DESC", Condition("seq < ?", (_place(session, kind, after, "starting_after"),))
    if before:
        return "ASC", Condition("seq > ?", (_place(session, kind, before, "ending_before"),))
    return "DESC", Condition("1")


def _place(session: Session, kind: str, object_id: str, param: str) -> int:
    place = session.place(kind, object_id)
    if place is None or not (session.behaviour.keeps_cursors or session.find(kind, object_id)):
        raise no_such(NOUNS.get(kind, kind), object_id, param)
    return place
