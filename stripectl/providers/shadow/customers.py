"""Customers and subscriptions: enough to see who is on a price, and to redeem coupons and codes."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.discounts import redeem
from stripectl.providers.shadow.errors import missing, refuse
from stripectl.providers.shadow.fields import changed, minimum, with_metadata
from stripectl.providers.shadow.objects import Object, Value, integer, members, text
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.purchase import sold
from stripectl.providers.shadow.session import Session

CUSTOMER_FIELDS = ("description", "email", "name", "phone")
SUBSCRIPTION_FIELDS = frozenset(
    "cancel_at_period_end collection_method customer days_until_due description discounts expand items"
    " metadata off_session payment_behavior proration_behavior trial_end trial_period_days".split()
)
"""Parameters of a subscription that the account carries out or that change nothing that it keeps."""

_DAY = 24 * 3600


def create_customer(session: Session, call: Call) -> Object:
    """`POST /v1/customers`"""
    body: Object = {
        "id": session.new_id("customer"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": session.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    return session.create("customer", with_metadata(changed(body, call.params, CUSTOMER_FIELDS), call.params))


def retrieve_customer(session: Session, call: Call) -> Object:
    """`GET /v1/customers/{customer}`: a note of its deletion where there was one."""
    if not session.find("customer", call.id) and session.past_place("customer", call.id) is not None:
        return {"id": call.id, "object": "customer", "deleted": True}
    return session.get("customer", call.id, "customer", status=404)


def delete_customer(session: Session, call: Call) -> Object:
    """`DELETE /v1/customers/{customer}`: ends the subscriptions of the customer at once."""
    customer = session.get("customer", call.id, "customer", status=404)
    for each in session.all("subscription", "customer = ?", call.id):
        if each["status"] != "canceled":
            _cancel(session, each)
    return session.delete("customer", customer)


NEW_SUBSCRIPTION: Object = {
    "object": "subscription",
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
    "billing_schedules": [],
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "collection_method": "charge_automatically",
    "days_until_due": None,
    "description": None,
    "discounts": [],
    "ended_at": None,
    "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
    "latest_invoice": None,
    "livemode": False,
    "metadata": {},
}
"""What a subscription has while nobody says otherwise."""


def create_subscription(session: Session, call: Call) -> Object:
    """`POST /v1/subscriptions`: active at once, or on trial."""
    params = call.params
    customer = params.text("customer")
    if customer is None:
        raise missing("customer")
    session.get("customer", customer, "customer")
    items = params.records("items")
    if not items:
        raise missing("items")
    prices = [_price(session, item) for item in items]
    _check_together(prices)
    trial_end = _trial_end(session, params)
    subscription_id = session.new_id("subscription")
    redeemed = redeem(session, params, customer)
    rows: list[Value] = [
        _item(session, subscription_id, item, price, trial_end, redeem(session, item, customer))
        for item, price in zip(items, prices, strict=True)
    ]
    body: Object = {
        **NEW_SUBSCRIPTION,
        "id": subscription_id,
        "billing_cycle_anchor": trial_end or session.now,
        "created": session.now,
        "currency": prices[0]["currency"],
        "customer": customer,
        "discounts": redeemed,
        "items": {
            "object": "list",
            "data": rows,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "start_date": session.now,
        "status": "trialing" if trial_end else "active",
        "trial_end": trial_end,
        "trial_start": session.now if trial_end else None,
    }
    plain = ("cancel_at_period_end", "collection_method", "days_until_due", "description")
    subscription = session.create("subscription", with_metadata(changed(body, params, plain), params))
    session.connection.executemany(
        "INSERT OR IGNORE INTO subscription_price VALUES (?, ?)",
        [(text(price, "id"), subscription_id) for price in prices],
    )
    return subscription


def cancel_subscription(session: Session, call: Call) -> Object:
    """`DELETE /v1/subscriptions/{subscription}`: at once."""
    before = session.get("subscription", call.id, "subscription_exposed_id", status=404)
    if before["status"] == "canceled":
        raise refuse("This subscription has already been canceled.")
    return _cancel(session, before)


def _cancel(session: Session, before: Object) -> Object:
    after: Object = {
        **before,
        "status": "canceled",
        "canceled_at": session.now,
        "ended_at": session.now,
    }
    return session.update("subscription", before, after)


def _price(session: Session, item: Parameters) -> Object:
    price = sold(session, item)
    if price["type"] != "recurring":
        raise refuse(
            "The price specified is set to `type=one_time` but this field only accepts prices with"
            " `type=recurring`.",
            item.name("price"),
        )
    metered = members(price, "recurring")["usage_type"] == "metered"
    if metered and "quantity" in item:
        raise refuse("A `quantity` cannot be set for a metered price.", item.name("quantity"))
    minimum(item.integer("quantity"), 0, item.name("quantity"))
    return price


def _check_together(prices: Sequence[Object]) -> None:
    ids = [price["id"] for price in prices]
    if len({str(price_id) for price_id in ids}) < len(ids):
        raise refuse("Cannot add multiple subscription items with the same price.", "items")
    if len({str(price["currency"]) for price in prices}) > 1:
        raise refuse("All prices of a subscription must have the same currency.", "items")


def _item(
    session: Session,
    subscription_id: str,
    params: Parameters,
    price: Object,
    trial_end: int | None,
    discounts: list[Value],
) -> Object:
    recurring = members(price, "recurring")
    metered = recurring["usage_type"] == "metered"
    quantity = params.integer("quantity")
    body: Object = {
        "id": session.new_id("subscription_item"),
        "object": "subscription_item",
        "created": session.now,
        "current_period_end": trial_end
        or period_end(session.now, text(recurring, "interval"), integer(recurring, "interval_count") or 1),
        "current_period_start": session.now,
        "discounts": discounts,
        "metadata": {},
        "price": price["id"],
        "subscription": subscription_id,
        "tax_rates": [],
    }
    if not metered:
        body["quantity"] = 1 if quantity is None else quantity
    return with_metadata(body, params)


def _trial_end(session: Session, params: Parameters) -> int | None:
    days = params.integer("trial_period_days")
    minimum(days, 1, "trial_period_days")
    if days is not None:
        return session.now + days * _DAY
    end = params.integer("trial_end")
    if end is not None and end <= session.now:
        raise refuse("`trial_end` must lie in the future.", "trial_end")
    return end


def period_end(start: int, interval: str, count: int) -> int:
    """When a period that begins at `start` ends (both Unix seconds).

    A day that the month lacks becomes its last: 31 January and a month is the end of February.
    """
    begin = datetime.fromtimestamp(start, UTC)
    if interval in ("day", "week"):
        return int((begin + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = begin.month - 1 + count * (12 if interval == "year" else 1)
    year, month = begin.year + months // 12, months % 12 + 1
    day = min(begin.day, monthrange(year, month)[1])
    return int(begin.replace(year=year, month=month, day=day).timestamp())
