"""Every endpoint through the SDK, in process and over HTTP, held against the description both ways."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from stripectl.providers.shadow.expansion import wanted
from stripectl.providers.shadow.routes import ROUTES
from stripectl.providers.stripe.kinds import ENDPOINTS
from tests.conftest import NOON
from tests.openapi import ABSENT, description, operation

MONTHLY: Any = {"interval": "month"}


def product(client: StripeClient, product_id: str = "pro") -> str:
    return client.v1.products.create({"id": product_id, "name": "Pro"}).id


def price(client: StripeClient, **params: Any) -> stripe.Price:
    sent: Any = {"product": "pro", "currency": "eur", "unit_amount": 899, "recurring": MONTHLY, **params}
    return client.v1.prices.create(sent)


def test_the_account_says_who_it_is(either: StripeClient) -> None:
    account = either.v1.accounts.retrieve_current()
    assert (account.id, account.country, account.default_currency) == ("acct_1Shadow", "US", "usd")


def test_a_product_has_stripes_defaults(either: StripeClient) -> None:
    made = either.v1.products.create({"id": "pro", "name": "Pro"})
    assert made.to_dict() == {
        "id": "pro",
        "object": "product",
        "active": True,
        "attributes": [],
        "created": NOON,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "Pro",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": NOON,
        "url": None,
    }


def test_a_product_is_made_read_changed_listed_and_deleted(either: StripeClient) -> None:
    made = either.v1.products.create(
        {
            "name": "Pro",
            "description": "Für alle",
            "images": ["https://example.com/a.png"],
            "marketing_features": [{"name": "SSO"}],
            "metadata": {"team": "a", "gone": "b"},
            "package_dimensions": {"height": 1, "length": 2, "weight": 3, "width": 4},
            "shippable": True,
            "statement_descriptor": "PRO PLAN",
            "tax_code": "txcd_10103001",
            "unit_label": "seat",
            "url": "https://example.com/pro",
        }
    )
    assert made.id.startswith("prod_")
    changed = either.v1.products.update(
        made.id, {"description": "", "images": "", "metadata": {"gone": "", "new": "c"}, "active": False}
    )
    assert (changed.description, changed.images, changed.active) == (None, [], False)
    assert changed.metadata.to_dict() == {"team": "a", "new": "c"}
    assert changed.marketing_features[0].name == "SSO"
    assert either.v1.products.retrieve(made.id).to_dict() == changed.to_dict()
    assert [p.id for p in either.v1.products.list({"active": False}).data] == [made.id]
    assert either.v1.products.delete(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        either.v1.products.retrieve(made.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_product_can_bring_its_default_price(either: StripeClient) -> None:
    made = either.v1.products.create(
        {
            "name": "Pro",
            "default_price_data": {"currency": "usd", "unit_amount": 1000},
            "expand": ["default_price"],
        }
    )
    assert isinstance(made.default_price, stripe.Price)
    assert (made.default_price.product, made.default_price.unit_amount) == (made.id, 1000)


def test_a_price_can_bring_its_product(either: StripeClient) -> None:
    made = either.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 500,
            "product_data": {"name": "Top-up", "metadata": {"a": "1"}},
            "expand": ["product"],
        }
    )
    assert isinstance(made.product, stripe.Product)
    assert (made.product.name, made.type) == ("Top-up", "one_time")


def test_a_flat_price_has_stripes_defaults(either: StripeClient) -> None:
    product(either)
    made = price(either, nickname="Monthly").to_dict()
    assert made.pop("id").startswith("price_")
    assert made.pop("unit_amount_decimal") == 899
    assert made == {
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": NOON,
        "currency": "eur",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": "Monthly",
        "product": "pro",
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": 899,
    }


def test_an_amount_with_a_fraction_has_no_integer_twin(either: StripeClient) -> None:
    product(either)
    made = either.v1.prices.create(
        {"product": "pro", "currency": "eur", "unit_amount_decimal": "0.040"}  # type: ignore[typeddict-item]
    )
    assert made.unit_amount is None
    assert str(made.unit_amount_decimal) == "0.04"


def test_tiers_and_currency_options_are_answered_when_they_are_expanded(either: StripeClient) -> None:
    product(either)
    made = either.v1.prices.create(
        {
            "product": "pro",
            "currency": "eur",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 100, "flat_amount": 500}, {"up_to": "inf", "unit_amount": 2}],
            "currency_options": {
                "usd": {"tiers": [{"up_to": 100, "flat_amount": 600}, {"up_to": "inf", "unit_amount": 3}]}
            },
            "recurring": MONTHLY,
        }
    )
    assert "tiers" not in made
    assert "currency_options" not in made
    full = either.v1.prices.retrieve(made.id, {"expand": ["tiers", "currency_options.usd.tiers"]}).to_dict()
    assert [(tier["up_to"], tier["flat_amount"], tier["unit_amount"]) for tier in full["tiers"]] == [
        (100, 500, None),
        (None, None, 2),
    ]
    assert list(full["currency_options"]) == ["eur", "usd"]
    assert "tiers" not in full["currency_options"]["eur"]
    assert full["currency_options"]["usd"]["tiers"][1]["unit_amount_decimal"] == "3"
    # The short form is accepted, and does nothing.
    short = either.v1.prices.retrieve(made.id, {"expand": ["currency_options.tiers"]}).to_dict()
    assert "tiers" not in short["currency_options"]["usd"]
    half = either.v1.prices.list({"expand": ["data.currency_options"]}).data[0].to_dict()
    assert "tiers" not in half["currency_options"]["usd"]


def test_a_deleted_customer_answers_with_a_note_and_ends_what_they_subscribed_to(
    either: StripeClient,
) -> None:
    product = either.v1.products.create({"name": "Pro"}).id
    price = either.v1.prices.create(
        {"product": product, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    ).id
    customer = either.v1.customers.create({"name": "Ada"}).id
    subscription = either.v1.subscriptions.create({"customer": customer, "items": [{"price": price}]}).id
    note = {"id": customer, "object": "customer", "deleted": True}
    assert either.v1.customers.delete(customer).to_dict() == note
    assert either.v1.customers.retrieve(customer).to_dict() == note
    assert either.v1.customers.list().data == []
    assert either.v1.subscriptions.retrieve(subscription).status == "canceled"
    for again in (either.v1.customers.delete, either.v1.customers.update):
        with pytest.raises(stripe.InvalidRequestError):
            again(customer)


def test_a_customer_who_never_was_is_unknown(either: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_nobody'") as refused:
        either.v1.customers.retrieve("cus_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_packages_and_customer_chosen_amounts_are_kept(either: StripeClient) -> None:
    product(either)
    package = price(either, transform_quantity={"divide_by": 100, "round": "up"})
    assert package.transform_quantity is not None
    assert package.transform_quantity.to_dict() == {"divide_by": 100, "round": "up"}
    tip = either.v1.prices.create(
        {
            "product": "pro",
            "currency": "eur",
            "custom_unit_amount": {"enabled": True, "minimum": 100, "preset": 1000, "maximum": 50000},
        }
    )
    assert tip.custom_unit_amount is not None
    assert tip.custom_unit_amount.to_dict() == {"minimum": 100, "preset": 1000, "maximum": 50000}
    assert (tip.unit_amount, tip.unit_amount_decimal) == (None, None)


def test_a_price_takes_changes_to_what_is_not_its_amount(either: StripeClient) -> None:
    product(either)
    made = price(either)
    changed = either.v1.prices.update(
        made.id,
        {
            "active": False,
            "nickname": "old",
            "lookup_key": "pro_monthly",
            "tax_behavior": "exclusive",
            "metadata": {"a": "1"},
            "currency_options": {"usd": {"unit_amount": 999}},
            "expand": ["currency_options"],
        },
    ).to_dict()
    assert (changed["active"], changed["nickname"], changed["lookup_key"]) == (False, "old", "pro_monthly")
    assert changed["currency_options"]["usd"]["unit_amount"] == 999
    assert changed["currency_options"]["eur"]["tax_behavior"] == "exclusive"
    cleared = either.v1.prices.update(made.id, {"currency_options": "", "expand": ["currency_options"]})
    assert list(cleared.to_dict()["currency_options"]) == ["eur"]


def test_prices_are_listed_by_every_filter(either: StripeClient) -> None:
    product(either)
    product(either, "basic")
    meter = either.v1.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    )
    first = price(either, lookup_key="a").id
    yearly = price(either, currency="usd", recurring={"interval": "year"}).id
    once = either.v1.prices.create({"product": "basic", "currency": "eur", "unit_amount": 5}).id
    metered = price(either, recurring={"interval": "month", "usage_type": "metered", "meter": meter.id}).id
    archived = price(either).id
    either.v1.prices.update(archived, {"active": False})

    def found(**params: Any) -> list[str]:
        return [each.id for each in either.v1.prices.list(params).data]  # type: ignore[arg-type]

    assert found() == [metered, once, yearly, first]
    assert found(active=False) == [archived]
    assert found(product="basic") == [once]
    assert found(currency="usd") == [yearly]
    assert found(type="one_time") == [once]
    assert found(lookup_keys=["a", "b"]) == [first]
    assert found(recurring={"interval": "year"}) == [yearly]
    assert found(recurring={"usage_type": "metered"}) == [metered]
    assert found(recurring={"meter": meter.id}) == [metered]
    assert found(created={"gte": NOON + 1}) == []
    assert found(created=NOON, limit=1) == [metered]


def test_a_meter_is_made_renamed_stopped_and_started(either: StripeClient) -> None:
    meters = either.v1.billing.meters
    made = meters.create(
        {
            "display_name": "Calls",
            "event_name": "api_calls",
            "default_aggregation": {"formula": "last"},
            "event_time_window": "hour",
            "customer_mapping": {"type": "by_id", "event_payload_key": "who"},
            "value_settings": {"event_payload_key": "n"},
        }
    )
    assert made.customer_mapping.to_dict() == {"type": "by_id", "event_payload_key": "who"}
    assert meters.update(made.id, {"display_name": "API calls"}).display_name == "API calls"
    stopped = meters.deactivate(made.id)
    assert (stopped.status, stopped.status_transitions.deactivated_at) == ("inactive", NOON)
    assert [m.id for m in meters.list({"status": "inactive"}).data] == [made.id]
    assert meters.list({"status": "active"}).data == []
    assert meters.reactivate(made.id).status == "active"
    assert meters.retrieve(made.id).status_transitions.deactivated_at is None


def test_a_meter_has_stripes_payload_keys_by_default(either: StripeClient) -> None:
    made = either.v1.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "count"}}
    )
    assert made.customer_mapping.event_payload_key == "stripe_customer_id"
    assert made.value_settings.event_payload_key == "value"


def test_features_are_attached_to_products_and_detached(either: StripeClient) -> None:
    product(either)
    features = either.v1.entitlements.features
    sso = features.create({"name": "SSO", "lookup_key": "sso", "metadata": {"a": "1"}})
    audit = features.create({"name": "Audit", "lookup_key": "audit"})
    assert features.update(sso.id, {"name": "Single sign-on"}).name == "Single sign-on"
    grant = either.v1.products.features.create("pro", {"entitlement_feature": sso.id})
    assert grant.entitlement_feature.to_dict() == features.retrieve(sso.id).to_dict()
    assert "product" not in grant
    assert [g.id for g in either.v1.products.features.list("pro").data] == [grant.id]
    assert either.v1.products.features.retrieve("pro", grant.id).id == grant.id
    assert either.v1.products.features.delete("pro", grant.id).deleted is True
    assert either.v1.products.features.list("pro").data == []
    features.update(audit.id, {"active": False})
    assert [f.lookup_key for f in features.list().data] == ["sso"]
    assert [f.lookup_key for f in features.list({"archived": True}).data] == ["audit"]
    assert [f.lookup_key for f in features.list({"lookup_key": "sso"}).data] == ["sso"]


def test_a_coupon_is_made_renamed_listed_and_deleted(either: StripeClient) -> None:
    product(either)
    coupons = either.v1.coupons
    made = coupons.create(
        {
            "id": "launch20",
            "percent_off": 12.5,
            "duration": "repeating",
            "duration_in_months": 3,
            "applies_to": {"products": ["pro"]},
            "max_redemptions": 50,
            "redeem_by": NOON + 86400,
            "name": "Launch",
        }
    )
    assert (made.percent_off, made.valid, made.times_redeemed, made.currency) == (12.5, True, 0, None)
    assert "applies_to" not in made
    full = coupons.retrieve("launch20", {"expand": ["applies_to"]})
    assert full.applies_to is not None
    assert full.applies_to.products == ["pro"]
    assert coupons.update("launch20", {"name": "Start", "metadata": {"a": "1"}}).name == "Start"
    fixed = coupons.create(
        {"amount_off": 1000, "currency": "eur", "currency_options": {"usd": {"amount_off": 1100}}}
    )
    assert (fixed.duration, len(fixed.id)) == ("once", 8)
    more = coupons.update(
        fixed.id, {"currency_options": {"gbp": {"amount_off": 900}}, "expand": ["currency_options"]}
    ).to_dict()
    assert more["currency_options"] == {"usd": {"amount_off": 1100}, "gbp": {"amount_off": 900}}
    assert [coupon.id for coupon in coupons.list().data] == [fixed.id, "launch20"]
    assert coupons.delete("launch20").deleted is True


def test_a_promotion_code_carries_its_coupon(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch20", "percent_off": 20})
    codes = either.v1.promotion_codes
    customer = either.v1.customers.create({"email": "a@example.com"})
    made = codes.create(
        {
            "promotion": {"type": "coupon", "coupon": "launch20"},
            "code": "LAUNCH20",
            "max_redemptions": 5,
            "expires_at": NOON + 3600,
            "customer": customer.id,
            "restrictions": {
                "first_time_transaction": True,
                "minimum_amount": 500,
                "minimum_amount_currency": "eur",
                "currency_options": {"usd": {"minimum_amount": 550}},
            },
        }
    )
    assert (made.promotion.coupon, made.restrictions.minimum_amount) == ("launch20", 500)
    assert made.restrictions.first_time_transaction is True
    full = codes.retrieve(
        made.id, {"expand": ["promotion.coupon", "restrictions.currency_options"]}
    ).to_dict()
    assert full["promotion"]["coupon"]["percent_off"] == 20
    assert full["restrictions"]["currency_options"]["usd"]["minimum_amount"] == 550
    stopped = codes.update(made.id, {"active": False, "metadata": {"a": "1"}})
    assert stopped.active is False
    assert [code.id for code in codes.list({"code": "launch20"}).data] == [made.id]
    assert [code.id for code in codes.list({"coupon": "launch20", "active": False}).data] == [made.id]
    assert codes.list({"active": True}).data == []
    assert [code.id for code in codes.list({"customer": customer.id}).data] == [made.id]


def test_subscriptions_are_counted_by_price_and_status(either: StripeClient) -> None:
    product(either)
    monthly, yearly = price(either).id, price(either, recurring={"interval": "year"}).id
    customer = either.v1.customers.create({"name": "Ada", "metadata": {"a": "1"}})
    assert either.v1.customers.retrieve(customer.id).to_dict() == customer.to_dict()
    assert [c.id for c in either.v1.customers.list({"limit": 1}).data] == [customer.id]
    subscriptions = either.v1.subscriptions
    active = subscriptions.create({"customer": customer.id, "items": [{"price": monthly, "quantity": 3}]})
    trial = subscriptions.create(
        {"customer": customer.id, "items": [{"price": monthly}, {"price": yearly}], "trial_period_days": 14}
    )
    assert (active.status, trial.status) == ("active", "trialing")
    assert trial.trial_end == NOON + 14 * 86400
    item = active.to_dict()["items"]["data"][0]
    assert (item["price"]["id"], item["quantity"], item["subscription"]) == (monthly, 3, active.id)
    assert item["current_period_end"] == 1_792_592_000  # 21 October, the same time of day
    assert [s.id for s in subscriptions.list({"price": monthly}).data] == [trial.id, active.id]
    assert [s.id for s in subscriptions.list({"price": yearly}).data] == [trial.id]
    assert [s.id for s in subscriptions.list({"price": monthly, "status": "active"}).data] == [active.id]
    assert subscriptions.cancel(active.id).status == "canceled"
    assert [s.id for s in subscriptions.list({"customer": customer.id}).data] == [trial.id]
    assert [s.id for s in subscriptions.list({"status": "ended"}).data] == [active.id]
    assert len(subscriptions.list({"status": "all"}).data) == 2
    assert subscriptions.retrieve(trial.id, {"expand": ["customer"]}).customer == customer


def test_a_payment_link_sells_prices_and_can_be_switched_off(either: StripeClient) -> None:
    product(either)
    monthly, setup = price(either).id, price(either, recurring=None, unit_amount=2500).id
    links = either.v1.payment_links
    made = links.create(
        {
            "line_items": [{"price": monthly, "quantity": 2}, {"price": setup, "quantity": 1}],
            "metadata": {"team": "a"},
            "expand": ["line_items"],
        }
    )
    assert made.url.startswith("https://buy.stripe.com/test_")
    lines = made.to_dict()["line_items"]["data"]
    assert [(line["price"]["id"], line["quantity"], line["amount_total"]) for line in lines] == [
        (monthly, 2, 1798),
        (setup, 1, 2500),
    ]
    assert "line_items" not in links.retrieve(made.id).to_dict()
    expanded = links.list({"active": True, "expand": ["data.line_items"]}).data[0]
    assert expanded.to_dict()["line_items"]["data"] == lines
    assert links.update(made.id, {"active": False, "metadata": {"team": ""}}).metadata.to_dict() == {}
    assert links.list({"active": True}).data == []
    assert [link.id for link in links.list({"active": False}).data] == [made.id]


def test_an_expanded_list_of_lines_ends_after_ten(either: StripeClient) -> None:
    product(either)
    ids = [price(either, unit_amount=100 + number).id for number in range(12)]
    made = either.v1.payment_links.create(
        {"line_items": [{"price": each, "quantity": 1} for each in ids], "expand": ["line_items"]}
    )
    shown = made.to_dict()["line_items"]
    assert (len(shown["data"]), shown["has_more"]) == (10, True)
    rest = either.v1.payment_links.line_items.list(made.id, {"starting_after": shown["data"][-1]["id"]})
    assert [line.to_dict()["price"]["id"] for line in rest.data] == ids[10:]
    assert not rest.has_more
    with pytest.raises(stripe.InvalidRequestError, match="No such line item"):
        either.v1.payment_links.line_items.list(made.id, {"starting_after": "li_1"})


def test_a_payment_link_takes_active_prices_of_one_currency(either: StripeClient) -> None:
    product(either)
    archived = price(either).id
    either.v1.prices.update(archived, {"active": False})
    for lines, says in (
        ([{"price": archived, "quantity": 1}], "inactive"),
        ([{"price": "price_none", "quantity": 1}], "No such price"),
        (
            [{"price": price(either, currency=each).id, "quantity": 1} for each in ("eur", "usd")],
            "same currency",
        ),
        ([], "Missing required param|Invalid"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=says):
            either.v1.payment_links.create({"line_items": lines})  # type: ignore[typeddict-item]


def test_a_portal_configuration_offers_prices_to_switch_to(either: StripeClient) -> None:
    product(either)
    monthly = price(either).id
    configurations = either.v1.billing_portal.configurations
    made = configurations.create(
        {
            "name": "Self service",
            "features": {
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": [{"product": "pro", "prices": [monthly]}],
                }
            },
        }
    )
    update = made.to_dict()["features"]["subscription_update"]
    assert (update["enabled"], "products" in update) == (True, False)
    listed = configurations.list({"active": True, "expand": ["data.features.subscription_update.products"]})
    (offered,) = listed.data[0].to_dict()["features"]["subscription_update"]["products"]
    assert (offered["product"], offered["prices"]) == ("pro", [monthly])
    assert configurations.update(made.id, {"active": False, "name": ""}).name is None
    assert configurations.list({"active": True}).data == []
    assert configurations.retrieve(made.id).active is False
    other: Any = {"products": [{"product": product(either, "other"), "prices": [monthly]}]}
    with pytest.raises(stripe.InvalidRequestError, match="must be active and belong to the product"):
        configurations.update(made.id, {"features": {"subscription_update": other}})
    with pytest.raises(stripe.InvalidRequestError, match="carries out subscription_update only"):
        configurations.create({"features": {"invoice_history": {"enabled": True}}})


def test_events_tell_what_changed(either: StripeClient) -> None:
    product(either)
    either.v1.products.update("pro", {"name": "Pro+", "metadata": {"a": "1"}})
    made = price(either, lookup_key="k")
    events = either.v1.events
    newest = events.list({"limit": 1}).data[0]
    assert (newest.type, newest.data.object["id"]) == ("price.created", made.id)
    changed = events.list({"type": "product.updated"}).data[0]
    assert changed.to_dict()["data"]["previous_attributes"] == {"name": "Pro", "metadata": {"a": None}}
    assert events.retrieve(changed.id).to_dict() == changed.to_dict()
    assert [event.type for event in events.list({"type": "product.*"}).data] == [
        "product.updated",
        "product.created",
    ]
    assert [event.type for event in events.list({"types": ["price.created", "x"]}).data] == ["price.created"]
    assert events.list({"created": {"lt": NOON}}).data == []


@pytest.mark.parametrize("kind", sorted(ENDPOINTS))
def test_all_that_the_kinds_table_expands_can_be_expanded(kind: str) -> None:
    endpoint = ENDPOINTS[kind]
    wanted(endpoint.object_type, endpoint.expand, listed=False)
    wanted(endpoint.object_type, [f"data.{name}" for name in endpoint.expand], listed=True)


def test_every_route_is_an_endpoint_that_stripe_describes() -> None:
    if description() is None:
        pytest.skip(ABSENT)
    for route in ROUTES:
        assert operation(route.method.lower(), route.path.replace("{", "").replace("}", ""))
