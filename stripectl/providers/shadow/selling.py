"""Payment links and portal configurations: enough to see what leads customers to a price or a product."""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.providers.shadow.archival import LINK
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import invalid, missing, refuse
from stripectl.providers.shadow.fields import changed, minimum, with_metadata
from stripectl.providers.shadow.listing import limit_of
from stripectl.providers.shadow.objects import Object, Value, integer, members, text
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.purchase import sold
from stripectl.providers.shadow.session import Session

PORTAL = "billing_portal.configuration"

LINK_FIELDS = ("active", "allow_promotion_codes", "inactive_message")
"""Parameters of a link, besides lines and metadata, that the account keeps."""

PORTAL_FIELDS = ("active", "default_return_url", "name")

NEW_LINK: Object = {
    "object": LINK,
    "active": True,
    "after_completion": {
        "hosted_confirmation": {"custom_message": None},
        "type": "hosted_confirmation",
    },
    "allow_promotion_codes": False,
    "application": None,
    "application_fee_amount": None,
    "application_fee_percent": None,
    "automatic_tax": {"enabled": False, "liability": None},
    "billing_address_collection": "auto",
    "consent_collection": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_creation": "always",
    "inactive_message": None,
    "invoice_creation": None,
    "livemode": False,
    "metadata": {},
    "on_behalf_of": None,
    "optional_items": None,
    "payment_intent_data": None,
    "payment_method_collection": "always",
    "payment_method_types": None,
    "phone_number_collection": {"enabled": False},
    "restrictions": None,
    "shipping_address_collection": None,
    "shipping_options": [],
    "submit_type": "auto",
    "subscription_data": None,
    "tax_id_collection": {"enabled": False, "required": "never"},
    "transfer_data": None,
}
"""What a link has while nobody says otherwise."""

NEW_FEATURES: Mapping[str, Object] = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "feedback_options": None, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": None,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
"""What customers may do in a portal that allows nothing."""


def create_link(session: Session, call: Call) -> Object:
    """`POST /v1/payment_links`, of prices with one amount."""
    lines = call.params.records("line_items")
    if not lines:
        raise missing("line_items")
    prices = [_price(session, line) for line in lines]
    if len({text(price, "currency") for price in prices}) > 1:
        raise refuse("All prices of a payment link must have the same currency.", "line_items")
    link_id = session.new_id(LINK)
    rows: list[Value] = [_line(session, *each) for each in zip(lines, prices, strict=True)]
    body: Object = {
        **NEW_LINK,
        "id": link_id,
        "currency": prices[0]["currency"],
        "line_items": {
            "object": "list",
            "data": rows,
            "has_more": False,
            "url": f"/v1/payment_links/{link_id}/line_items",
        },
        "url": f"https://buy.stripe.com/test_{link_id.rpartition('_')[2][:14]}",
    }
    return session.create(LINK, with_metadata(changed(body, call.params, LINK_FIELDS), call.params))


def update_link(session: Session, call: Call) -> Object:
    """`POST /v1/payment_links/{payment_link}`; its lines stay."""
    before = session.get(LINK, call.id, "payment_link", status=404)
    after = with_metadata(changed(before, call.params, LINK_FIELDS), call.params)
    return session.update(LINK, before, after)


def list_lines(session: Session, call: Call) -> Object:
    """`GET /v1/payment_links/{payment_link}/line_items`, in the order in which they were given."""
    link = session.get(LINK, call.path["payment_link"], "payment_link", status=404)
    lines = members(link, "line_items")
    every = lines["data"]
    assert isinstance(every, list)
    ids = [row["id"] for row in every if isinstance(row, dict)]
    after = call.params.text("starting_after")
    if after and after not in ids:
        raise invalid(f"No such line item: '{after}'", "starting_after", "resource_missing")
    start, limit = (ids.index(after) + 1 if after else 0), limit_of(session, call.params)
    return {**lines, "data": every[start : start + limit], "has_more": start + limit < len(every)}


def _price(session: Session, line: Parameters) -> Object:
    price = sold(session, line)
    if price["unit_amount_decimal"] is None:
        raise invalid(
            "The shadow account makes payment links of prices with one amount only.", line.name("price")
        )
    minimum(line.integer("quantity"), 1, line.name("quantity"))
    return price


def _line(session: Session, line: Parameters, price: Object) -> Object:
    quantity = line.integer("quantity") or 1
    total = (integer(price, "unit_amount") or 0) * quantity
    product = session.get("product", text(price, "product"), "product")
    return {
        "id": session.new_id("item"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": product["name"],
        "price": price["id"],
        "quantity": quantity,
    }


def create_portal(session: Session, call: Call) -> Object:
    """`POST /v1/billing_portal/configurations`, where switching prices is all that one can do."""
    body: Object = {
        "id": session.new_id(PORTAL),
        "object": PORTAL,
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": session.now,
        "default_return_url": None,
        "features": {**NEW_FEATURES},
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": session.now,
    }
    return session.create(PORTAL, _configured(session, body, call.params))


def update_portal(session: Session, call: Call) -> Object:
    """`POST /v1/billing_portal/configurations/{configuration}`"""
    before = session.get(PORTAL, call.id, "configuration", status=404)
    return session.update(PORTAL, before, _configured(session, before, call.params))


def _configured(session: Session, body: Object, params: Parameters) -> Object:
    wanted = params.record("features") or Parameters()
    for name in wanted:
        if name != "subscription_update":
            raise invalid(
                f"The shadow account carries out subscription_update only ({name}).", wanted.name(name)
            )
    features = members(body, "features")
    if update := wanted.record("subscription_update"):
        told = changed(
            members(features, "subscription_update"),
            update,
            ("billing_cycle_anchor", "default_allowed_updates", "enabled", "proration_behavior"),
        )
        if "products" in update:
            told["products"] = [_offered(session, each) for each in update.records("products")]
        features = {**features, "subscription_update": told}
    return with_metadata({**changed(body, params, PORTAL_FIELDS), "features": features}, params)


def _offered(session: Session, params: Parameters) -> Object:
    """A product and those of its prices that customers may switch to."""
    product = params.text("product") or ""
    session.get("product", product, params.name("product"))
    prices = params.texts("prices")
    for price_id in prices:
        price = session.get("price", price_id, params.name("prices"))
        if price["product"] != product or not price["active"]:
            raise refuse(
                f"The price `{price_id}` must be active and belong to the product.", params.name("prices")
            )
    return {
        "adjustable_quantity": {"enabled": False, "maximum": None, "minimum": 1},
        "prices": [*prices],
        "product": product,
    }
