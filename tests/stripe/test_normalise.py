"""Stripe's answers as resources."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stripectl.engine.resource import Resource
from stripectl.engine.values import equal
from stripectl.providers.stripe.answers import Misread
from stripectl.providers.stripe.names import BINDINGS, binding_address, binding_key
from stripectl.providers.stripe.normalise import normalise
from stripectl.providers.stripe.wire import read

MARKS = {"stripectl_catalog": "acme", "stripectl_run": "run-1"}

PRICE: dict[str, object] = {
    "id": "price_1",
    "object": "price",
    "active": True,
    "billing_scheme": "per_unit",
    "created": 1800000000,
    "currency": "eur",
    "currency_options": {
        "eur": {"unit_amount": 899, "unit_amount_decimal": "899", "tax_behavior": "unspecified"},
        "usd": {"unit_amount": 999, "unit_amount_decimal": "999.0000", "tax_behavior": "unspecified"},
    },
    "custom_unit_amount": None,
    "lookup_key": "pro_monthly",
    "metadata": {"stripectl_address": "price.pro.monthly", **MARKS},
    "nickname": None,
    "product": "acme-pro",
    "recurring": {"interval": "month", "interval_count": 1, "meter": None, "usage_type": "licensed"},
    "tax_behavior": "unspecified",
    "tiers_mode": None,
    "transform_quantity": None,
    "type": "recurring",
    "unit_amount": 899,
    "unit_amount_decimal": "899",
}


def test_a_price_leaves_out_every_default_and_its_own_currency() -> None:
    assert normalise("price", PRICE) == (
        Resource(
            "price",
            "price.pro.monthly",
            {
                "product": "acme-pro",
                "currency": "eur",
                "unit_amount": Decimal(899),
                "recurring": {"interval": "month"},
                "currency_options": {"usd": {"unit_amount": Decimal(999)}},
                "lookup_key": "pro_monthly",
            },
            "price_1",
            owner="acme",
            created=1800000000,
        ),
    )


@pytest.mark.parametrize("spelled", ["150", "150.0000", 150, Decimal("150.0")])
def test_an_amount_is_one_number_however_it_is_spelled(spelled: object) -> None:
    (found,) = normalise("price", {**PRICE, "unit_amount_decimal": spelled})
    assert found.fields["unit_amount"] == Decimal(150)
    assert str(found.fields["unit_amount"]) == "150"


def test_an_unbounded_tier_reads_back_as_none_and_amounts_of_nothing_as_zero() -> None:
    tiers = [
        {
            "up_to": 100,
            "unit_amount": None,
            "unit_amount_decimal": None,
            "flat_amount": 500,
            "flat_amount_decimal": "500",
        },
        {
            "up_to": None,
            "unit_amount": None,
            "unit_amount_decimal": "0.5",
            "flat_amount": 0,
            "flat_amount_decimal": "0",
        },
    ]
    (found,) = normalise("price", {**PRICE, "unit_amount_decimal": None, "tiers": tiers})
    assert found.fields["tiers"] == (
        {"up_to": 100, "unit_amount": Decimal(0), "flat_amount": Decimal(500)},
        {"up_to": None, "unit_amount": Decimal("0.5")},
    )
    assert "unit_amount" not in found.fields


def test_a_metered_interval_names_its_meter_alone() -> None:
    recurring = {"interval": "week", "interval_count": 2, "meter": "mtr_1", "usage_type": "metered"}
    (found,) = normalise("price", {**PRICE, "recurring": recurring})
    assert found.fields["recurring"] == {"interval": "week", "interval_count": 2, "meter": "mtr_1"}


def test_a_usage_type_that_does_not_follow_from_the_meter_is_kept() -> None:
    recurring = {"interval": "month", "interval_count": 1, "meter": None, "usage_type": "metered"}
    (found,) = normalise("price", {**PRICE, "recurring": recurring})
    assert found.fields["recurring"] == {"interval": "month", "usage_type": "metered"}


def test_an_option_keeps_a_tax_behaviour_of_its_own() -> None:
    options = {"usd": {"unit_amount": 999, "unit_amount_decimal": "999", "tax_behavior": "inclusive"}}
    (found,) = normalise("price", {**PRICE, "currency_options": options})
    assert found.fields["currency_options"] == {
        "usd": {"unit_amount": Decimal(999), "tax_behavior": "inclusive"}
    }


def test_what_an_option_leaves_open_is_kept_where_the_base_currency_is_decided() -> None:
    options: dict[str, object] = {
        "usd": {"unit_amount_decimal": "999", "tax_behavior": "unspecified"},
        "gbp": {"unit_amount_decimal": "899", "tax_behavior": None},
    }
    (found,) = normalise("price", {**PRICE, "tax_behavior": "exclusive", "currency_options": options})
    assert found.fields["currency_options"] == {
        "usd": {"unit_amount": Decimal(999), "tax_behavior": "unspecified"},
        "gbp": {"unit_amount": Decimal(899), "tax_behavior": "unspecified"},
    }


def test_a_trial_that_a_price_gives_is_kept() -> None:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed", "trial_period_days": 14}
    (found,) = normalise("price", {**PRICE, "recurring": recurring})
    assert found.fields["recurring"] == {"interval": "month", "trial_period_days": 14}


def test_usage_from_before_meters_is_kept_and_beside_a_meter_it_counts_for_nothing() -> None:
    before = {"interval": "month", "usage_type": "metered", "aggregate_usage": "max", "trial_period_days": 0}
    (found,) = normalise("price", {**PRICE, "recurring": before})
    assert found.fields["recurring"] == {
        "interval": "month",
        "usage_type": "metered",
        "aggregate_usage": "max",
    }
    (found,) = normalise("price", {**PRICE, "recurring": {**before, "meter": "mtr_1"}})
    assert found.fields["recurring"] == {"interval": "month", "meter": "mtr_1"}


def test_an_amount_of_choice_without_bounds_is_not_the_same_as_none() -> None:
    custom = {"minimum": None, "maximum": None, "preset": None}
    (found,) = normalise("price", {**PRICE, "custom_unit_amount": custom})
    assert found.fields["custom_unit_amount"] == {}
    assert not equal(found.fields["custom_unit_amount"], None)


def test_an_expanded_reference_is_its_id() -> None:
    (found,) = normalise("price", {**PRICE, "product": {"id": "acme-pro", "object": "product"}})
    assert found.fields["product"] == "acme-pro"


def test_an_archived_price_is_not_in_use() -> None:
    (found,) = normalise("price", {**PRICE, "active": False})
    assert found.fields["active"] is False
    assert not found.active


PRODUCT: dict[str, object] = {
    "id": "acme-pro",
    "object": "product",
    "active": True,
    "created": 1,
    "default_price": None,
    "description": None,
    "images": [],
    "marketing_features": [{"name": "Fast"}],
    "metadata": {"team": "core", "stripectl_address": "product.pro", **MARKS},
    "name": "Pro",
    "shippable": None,
    "url": None,
}


@pytest.mark.parametrize("height", [2, Decimal("2.0"), "2.00"])
def test_a_parcel_is_read_in_exact_numbers(height: object) -> None:
    parcel = {"height": height, "length": Decimal("8.5"), "weight": 12, "width": Decimal("6.25")}
    (found,) = normalise("product", {**PRODUCT, "package_dimensions": parcel})
    assert found.fields["package_dimensions"] == {
        "height": Decimal(2),
        "length": Decimal("8.5"),
        "width": Decimal("6.25"),
        "weight": Decimal(12),
    }


def test_our_marks_are_taken_off_the_metadata() -> None:
    (found,) = normalise("product", PRODUCT)
    assert found.fields == {"name": "Pro", "marketing_features": ("Fast",), "metadata": {"team": "core"}}
    assert (found.address, found.owner) == ("product.pro", "acme")


def test_an_object_of_nobody_has_no_address() -> None:
    (found,) = normalise("product", {**PRODUCT, "metadata": {}})
    assert (found.address, found.owner) == ("", None)


def test_a_product_yields_the_bindings_that_it_carries() -> None:
    metadata = {
        "stripectl_catalog": "acme",
        "stripectl_address": "product.pro",
        "stripectl_config.north": '{"customer":"crm:1"}',
        "stripectl_offer.team": "{}",
        "stripectl_trial": "belongs on a price",
        "stripectl_unknown": "x",
    }
    _, *bindings = normalise("product", {**PRODUCT, "metadata": metadata})
    assert bindings == [
        Resource(
            "metadata_binding",
            "configuration.north",
            {"host": "acme-pro", "key": "stripectl_config.north", "value": '{"customer":"crm:1"}'},
            "acme-pro#stripectl_config.north",
            owner="acme",
            created=1,
        ),
        Resource(
            "metadata_binding",
            "offer.team",
            {"host": "acme-pro", "key": "stripectl_offer.team", "value": "{}"},
            "acme-pro#stripectl_offer.team",
            owner="acme",
            created=1,
        ),
    ]


def test_a_meter_is_in_use_by_its_status_and_owned_by_nobody() -> None:
    answer: dict[str, object] = {
        "id": "mtr_1",
        "object": "billing.meter",
        "created": 5,
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": {"formula": "last"},
        "display_name": "Calls",
        "event_name": "api_calls",
        "event_time_window": "day",
        "status": "inactive",
        "value_settings": {"event_payload_key": "amount"},
    }
    assert normalise("meter", answer) == (
        Resource(
            "meter",
            "",
            {
                "display_name": "Calls",
                "event_name": "api_calls",
                "aggregation": "last",
                "value_key": "amount",
                "window": "day",
                "active": False,
            },
            "mtr_1",
            created=5,
        ),
    )


def test_a_feature_of_a_product_knows_both_ids() -> None:
    answer = {"id": "prodft_1", "product": "acme-pro", "entitlement_feature": {"id": "feat_1"}}
    assert normalise("product_feature", answer) == (
        Resource("product_feature", "", {"product": "acme-pro", "entitlement_feature": "feat_1"}, "prodft_1"),
    )


def test_a_coupon_keeps_an_exact_percentage_and_its_products_in_one_order() -> None:
    answer: dict[str, object] = {
        "id": "acme-launch",
        "created": 5,
        "duration": "once",
        "percent_off": Decimal("33.30"),
        "amount_off": None,
        "currency": None,
        "applies_to": {"products": ["b", "a"]},
        "metadata": None,
        "name": None,
        "times_redeemed": 3,
        "valid": True,
    }
    (found,) = normalise("coupon", answer)
    assert found.fields == {"percent_off": Decimal("33.3"), "applies_to": ("a", "b")}
    assert (found.uses, found.spent) == (3, "")
    (spent,) = normalise("coupon", {**answer, "valid": False})
    assert spent.spent == "is no longer valid"


def test_a_code_is_read_out_of_its_sections() -> None:
    answer: dict[str, object] = {
        "id": "promo_1",
        "active": True,
        "code": "LAUNCH",
        "created": 5,
        "metadata": {},
        "promotion": {"type": "coupon", "coupon": "acme-launch"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": 2000,
            "minimum_amount_currency": "eur",
            "currency_options": {"eur": {"minimum_amount": 2000}, "usd": {"minimum_amount": 2200}},
        },
    }
    (found,) = normalise("promotion_code", answer)
    assert found.fields == {
        "code": "LAUNCH",
        "coupon": "acme-launch",
        "minimum_amount": 2000,
        "minimum_amount_currency": "eur",
        "currency_options": {"usd": {"minimum_amount": 2200}},
    }


@pytest.mark.parametrize("customer", ["cus_1", {"id": "cus_1", "object": "customer"}])
def test_the_one_customer_of_a_code_is_read(customer: object) -> None:
    promotion = {"type": "coupon", "coupon": "acme-launch"}
    answer = {"id": "promo_1", "active": True, "code": "VIP", "promotion": promotion, "customer": customer}
    (found,) = normalise("promotion_code", answer)
    assert found.fields == {"code": "VIP", "coupon": "acme-launch", "customer": "cus_1"}


@pytest.mark.parametrize(
    ("address", "host", "key"),
    [
        ("offer.team", "product.pro", "stripectl_offer.team"),
        ("commitment.annual", "product.pro", "stripectl_commit.annual"),
        ("configuration.north", "product.pro", "stripectl_config.north"),
        ("trial.pro.monthly", "price.pro.monthly", "stripectl_trial"),
        ("discount.loyal", "discount.loyal.1", "stripectl_ladder"),
    ],
)
def test_the_key_of_a_binding_leads_back_to_its_address(address: str, host: str, key: str) -> None:
    assert binding_key(address) == key
    assert binding_address(key, host) == address


def test_every_sort_of_binding_leaves_room_for_an_id() -> None:
    assert all(len(binding.key) <= 17 for binding in BINDINGS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("unit_amount", True),
        ("unit_amount", ""),
        ("unit_amount", "ten"),
        ("unit_amount", "NaN"),
        ("unit_amount", "1e999999"),
        ("unit_amount", "1e-999999"),
        ("unit_amount", "9" * 400),
        ("images", "not a list"),
        ("recurring", {"interval": "fortnight"}),
        ("recurring", {"interval": "month", "interval_count": 0}),
        ("tiers_mode", "stairs"),
        ("tiers", [7]),
        ("redeem_by", 10**15),
        ("product", 7),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_refused(key: str, value: object) -> None:
    with pytest.raises(Misread):
        read(key, value)
