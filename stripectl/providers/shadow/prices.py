"""Prices: what they may say, that their amounts never change, and whose lookup key it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from stripectl.providers.shadow import products
from stripectl.providers.shadow.archival import take_along
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import exclusive, missing, refuse
from stripectl.providers.shadow.fields import (
    amount,
    changed,
    currency,
    minimum,
    spelled,
    stripped,
    with_metadata,
)
from stripectl.providers.shadow.objects import Object, Value, members, text
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.session import Session
from stripectl.providers.shadow.tiers import WITHOUT_AMOUNT, read_custom, read_options, read_tiers

LONGEST: Mapping[str, int] = {"day": 1095, "week": 156, "month": 36, "year": 3}
"""Most intervals between two invoices: three years. The number of days is unverified."""


def create(session: Session, call: Call) -> Object:
    """`POST /v1/prices`"""
    return insert(session, call.params, _product(session, call.params))


def create_product(session: Session, call: Call) -> Object:
    """`POST /v1/products`, with the default price that may come along."""
    product = products.insert(session, call.params)
    if default := call.params.record("default_price_data"):
        price = insert(session, default, text(product, "id"))
        product = session.update("product", product, {**product, "default_price": price["id"]})
    return product


def insert_inline(session: Session, params: Parameters) -> Object:
    """Keep a price that comes along with what sells it: inactive, and in no list (documented)."""
    price = insert(session, params, _product(session, params), active=False)
    session.connection.execute("INSERT INTO inline_price VALUES (?)", (text(price, "id"),))
    return price


def insert(session: Session, params: Parameters, product: str, *, active: bool = True) -> Object:
    """Keep a new price of a product that exists."""
    recurring = _recurring(session, params)
    code = currency(params.text("currency") or "", params.name("currency"))
    body: Object = {
        "id": session.new_id("price"),
        "object": "price",
        "active": active,
        "billing_scheme": params.text("billing_scheme") or "per_unit",
        "created": session.now,
        "currency": code,
        "custom_unit_amount": read_custom(params, code),
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": params.text("tiers_mode"),
        "transform_quantity": _transform(params),
        "type": "one_time" if recurring is None else "recurring",
        **spelled("unit_amount", _unit_amount(params, code)),
    }
    if body["billing_scheme"] == "tiered":
        if recurring is None and session.behaviour.refuses_one_time_tiers:
            raise refuse("Prices with `type=one_time` are not supported with tiered billing.", "interval")
        body["tiers"] = read_tiers(params, code)
    body = _written(session, body, params)
    body["currency_options"] = {**_base_option(session, body), **read_options(params, body)}
    return session.create("price", _take_lookup_key(session, body, params))


def update(session: Session, call: Call) -> Object:
    """`POST /v1/prices/{price}`"""
    params = call.params
    before = session.get("price", call.id, "price", status=404)
    _check_tax_behavior(before, params)
    after = _written(session, before, params)
    guarded = session.behaviour.guards_default_price
    if guarded and not after["active"] and session.first("product", "default_price = ?", call.id):
        # The text is claimed by many; whether it names the parameter is unverified.
        raise refuse(
            "This price cannot be archived because it is the default price of its product.", "active"
        )
    cleared = "currency_options" in params and params.values["currency_options"] is None
    kept = {} if cleared else members(before, "currency_options")
    after["currency_options"] = {**kept, **_base_option(session, after), **read_options(params, after)}
    take_along(session, before, after)
    return session.update("price", before, _take_lookup_key(session, after, params))


def _written(session: Session, before: Object, params: Parameters) -> Object:
    sent = changed(before, params, ("active", "nickname", "tax_behavior"))
    return with_metadata(stripped(sent, ("nickname",)) if session.behaviour.strips_names else sent, params)


def _product(session: Session, params: Parameters) -> str:
    sent, details = params.text("product"), params.record("product_data")
    if sent and details:
        raise exclusive(*map(params.name, ("product", "product_data")))
    if details:
        return text(products.insert(session, details), "id")
    if sent is None:
        raise refuse("You must specify either `product` or `product_data` when creating a price.")
    return text(session.get("product", sent, params.name("product")), "id")


def _unit_amount(params: Parameters, code: str) -> Decimal | None:
    """The one amount of the price; None where tiers, or the customer, say what it costs."""
    unit = amount(params, "unit_amount", code)
    tiered = params.text("billing_scheme") == "tiered"
    sent = {"unit_amount": unit, "custom_unit_amount": params.record("custom_unit_amount")}
    given = [name for name, value in sent.items() if value is not None]
    if tiered:
        _check_tiered(params, given)
    elif stray := next((name for name in ("tiers", "tiers_mode") if name in params), None):
        raise refuse(f"`{stray}` needs `billing_scheme` set to `tiered`.", params.name(stray))
    elif len(given) > 1:
        raise exclusive(*map(params.name, given))
    elif not given:
        raise refuse(WITHOUT_AMOUNT)
    return unit


def _check_tiered(params: Parameters, given: Sequence[str]) -> None:
    if given:
        raise refuse(f"`{given[0]}` cannot be set on a tiered price.", params.name(given[0]))
    for name in ("tiers", "tiers_mode"):
        if name not in params:
            raise missing(params.name(name))


def _recurring(session: Session, params: Parameters) -> Value:
    sent = params.record("recurring")
    if sent is None:
        return None
    interval, count = sent.text("interval") or "", sent.integer("interval_count")
    count = 1 if count is None else count
    minimum(count, 1, sent.name("interval_count"))
    if count > LONGEST[interval]:
        raise refuse(
            f"The interval cannot be longer than three years ({LONGEST[interval]} {interval}s).",
            sent.name("interval_count"),
        )
    minimum(sent.integer("trial_period_days"), 1, sent.name("trial_period_days"))
    return {
        "interval": interval,
        "interval_count": count,
        "meter": _meter(session, sent),
        "trial_period_days": sent.integer("trial_period_days"),
        "usage_type": sent.text("usage_type") or "licensed",
    }


def _meter(session: Session, recurring: Parameters) -> str | None:
    meter_id, metered = recurring.text("meter"), recurring.text("usage_type") == "metered"
    param = recurring.name("meter")
    if meter_id is None:
        if metered:
            raise refuse(
                "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters."
            )
        return None
    if not metered:
        raise refuse("A `meter` needs `usage_type` set to `metered`.", param)
    if session.get("billing.meter", meter_id, param)["status"] != "active":
        raise refuse(f"The meter `{meter_id}` is inactive; new prices cannot use it.", param)
    return meter_id


def _transform(params: Parameters) -> Value:
    sent = params.record("transform_quantity")
    if sent is None:
        return None
    if "tiers" in params:
        raise exclusive("transform_quantity", "tiers")
    minimum(sent.integer("divide_by"), 1, sent.name("divide_by"))
    return {"divide_by": sent.integer("divide_by"), "round": sent.text("round")}


def _base_option(session: Session, price: Object) -> Object:
    """The price's own currency, which `currency_options` names along with the others."""
    if not session.behaviour.repeats_base_currency:
        return {}
    names = ("custom_unit_amount", "tax_behavior", "tiers", "unit_amount", "unit_amount_decimal")
    return {text(price, "currency"): {name: price[name] for name in names if name in price}}


def _take_lookup_key(session: Session, body: Object, params: Parameters) -> Object:
    key, transfer = params.text("lookup_key"), params.flag("transfer_lookup_key")
    if key is None:
        if transfer:
            raise refuse("`transfer_lookup_key` needs a `lookup_key`.", "lookup_key")
        return {**body, "lookup_key": None} if "lookup_key" in params else body
    holder = _holder(session, key, text(body, "id"))
    kept = holder and not holder["active"] and not session.behaviour.transfers_from_archived
    if holder and (kept or not transfer):
        raise refuse(f"A price (`{text(holder, 'id')}`) already uses that lookup key.", "lookup_key")
    if holder:
        session.update("price", holder, {**holder, "lookup_key": None})
    return {**body, "lookup_key": key}


def _holder(session: Session, key: str, other_than: str) -> Object | None:
    """The price that has a lookup key, archived ones included."""
    active = "" if session.behaviour.keeps_archived_lookup_keys else "AND active"
    return session.first("price", f"lookup_key = ? AND id <> ? {active}", key, other_than)


def _check_tax_behavior(before: Object, params: Parameters) -> None:
    sent = params.text("tax_behavior")
    if sent and before["tax_behavior"] not in ("unspecified", sent):
        raise refuse(
            "You cannot change the `tax_behavior` of a price once it is `inclusive` or `exclusive`.",
            "tax_behavior",
        )
