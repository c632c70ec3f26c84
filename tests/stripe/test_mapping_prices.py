"""What becomes of prices, products, meters and features."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref
from stripectl.pricing.model import (
    Accept,
    Aggregation,
    Charge,
    CustomAmount,
    Feature,
    Included,
    Lifecycle,
    Meter,
    Package,
    Period,
    Product,
    Rounding,
    TaxBehavior,
    Tier,
    Unit,
    Window,
)
from tests.stripe.builders import CALLS, D, Declared, codes, mapped, monthly, notes, resource


def test_a_flat_price_has_its_amount_in_minor_units_of_its_base_currency() -> None:
    assert resource("price.pro.monthly", monthly(amount={"eur": D("8.99")})).fields == {
        "product": Ref("product.pro"),
        "currency": "eur",
        "unit_amount": Decimal(899),
        "recurring": {"interval": "month"},
        "lookup_key": "pro_monthly",
    }
    assert codes("price.pro.monthly", monthly()) == [("exact", "exact")]


def test_a_price_without_an_interval_is_charged_once() -> None:
    assert "recurring" not in resource("price.pro.monthly", monthly(every=None)).fields


def test_an_interval_of_several_units_keeps_its_count() -> None:
    price = monthly(every=Period(Unit.WEEK, 2))
    assert resource("price.pro.monthly", price).fields["recurring"] == {
        "interval": "week",
        "interval_count": 2,
    }


def test_further_currencies_become_options_without_the_base_currency() -> None:
    price = monthly(amount={"usd": D("9.99"), "jpy": D(1500), "kwd": D("3.500")})
    fields = resource("price.pro.monthly", price).fields
    assert (fields["currency"], fields["unit_amount"]) == ("usd", Decimal(999))
    assert fields["currency_options"] == {
        "jpy": {"unit_amount": Decimal(1500)},
        "kwd": {"unit_amount": Decimal(3500)},
    }


def test_a_tax_behaviour_holds_for_every_currency() -> None:
    price = monthly(amount={"eur": D(1), "usd": D(2)}, tax_behavior=TaxBehavior.INCLUSIVE)
    fields = resource("price.pro.monthly", price).fields
    assert fields["tax_behavior"] == "inclusive"
    assert fields["currency_options"] == {"usd": {"unit_amount": Decimal(200), "tax_behavior": "inclusive"}}


def test_each_currency_can_have_a_tax_behaviour_of_its_own() -> None:
    tax = {"eur": TaxBehavior.INCLUSIVE, "usd": TaxBehavior.EXCLUSIVE}
    fields = resource(
        "price.pro.monthly", monthly(amount={"eur": D(1), "usd": D(2)}, tax_behavior=tax)
    ).fields
    assert fields["tax_behavior"] == "inclusive"
    assert fields["currency_options"] == {"usd": {"unit_amount": Decimal(200), "tax_behavior": "exclusive"}}


def test_a_currency_that_is_left_open_says_so_beside_one_that_is_decided() -> None:
    """Without the word the provider might take over what the base currency says."""
    price = monthly(amount={"eur": D(1), "usd": D(2)}, tax_behavior={"eur": TaxBehavior.INCLUSIVE})
    option = resource("price.pro.monthly", price).fields["currency_options"]
    assert option == {"usd": {"unit_amount": Decimal(200), "tax_behavior": "unspecified"}}


def test_an_open_base_currency_leaves_the_word_out() -> None:
    price = monthly(amount={"eur": D(1), "usd": D(2)}, tax_behavior={"usd": TaxBehavior.INCLUSIVE})
    fields = resource("price.pro.monthly", price).fields
    assert "tax_behavior" not in fields
    assert fields["currency_options"] == {"usd": {"unit_amount": Decimal(200), "tax_behavior": "inclusive"}}


def test_a_legacy_trial_stands_with_the_interval_and_is_exact() -> None:
    price = monthly(legacy_trial_days=14)
    assert resource("price.pro.monthly", price).fields["recurring"] == {
        "interval": "month",
        "trial_period_days": 14,
    }
    assert codes("price.pro.monthly", price) == [("exact", "exact")]


def test_a_package_divides_the_quantity() -> None:
    price = monthly(charge=Charge.PACKAGE, package=Package(100, Rounding.DOWN), amount={"eur": D(7)})
    fields = resource("price.pro.monthly", price).fields
    assert fields["unit_amount"] == Decimal(700)
    assert fields["transform_quantity"] == {"divide_by": 100, "round": "down"}


@pytest.mark.parametrize("charge", [Charge.GRADUATED, Charge.VOLUME])
def test_tiers_keep_their_bounds_and_both_amounts(charge: Charge) -> None:
    tiers = (Tier(100, {"eur": D(0)}, {"eur": D(5)}), Tier(None, {"eur": D("0.02")}))
    fields = resource("price.pro.monthly", monthly(charge=charge, amount={}, tiers=tiers)).fields
    assert (fields["billing_scheme"], fields["tiers_mode"]) == ("tiered", charge.value)
    assert fields["tiers"] == (
        {"up_to": 100, "unit_amount": Decimal(0), "flat_amount": Decimal(500)},
        {"up_to": None, "unit_amount": Decimal(2)},
    )
    assert "unit_amount" not in fields


def test_an_amount_of_choice_keeps_the_bounds_that_are_set() -> None:
    custom = CustomAmount(minimum={"eur": D(1)}, preset={"eur": D(10), "usd": D(12)})
    price = monthly(charge=Charge.CUSTOM, amount={}, every=None, custom=custom)
    fields = resource("price.pro.monthly", price).fields
    assert fields["custom_unit_amount"] == {"minimum": 100, "preset": 1000}
    assert fields["currency_options"] == {"usd": {"custom_unit_amount": {"preset": 1200}}}


def test_a_metered_price_refers_to_its_meter() -> None:
    price = monthly(charge=Charge.PER_UNIT, meter="calls", amount={"eur": D("0.0004")})
    fields = resource("price.pro.monthly", price, CALLS).fields
    assert fields["unit_amount"] == Decimal("0.04")
    assert fields["recurring"] == {"interval": "month", "meter": Ref("meter.calls")}
    assert codes("price.pro.monthly", price, CALLS) == [("exact", "exact")]


def metered(included: Included | None, **more: object) -> tuple[Declared, ...]:
    price = monthly(charge=Charge.PER_UNIT, meter="calls", included=included, **more)  # type: ignore[arg-type]
    return (price, CALLS)


def test_an_allowance_becomes_a_first_tier_at_nothing() -> None:
    declared = metered(Included(10000), amount={"eur": D("0.0004"), "usd": D("0.0005")})
    fields = resource("price.pro.monthly", *declared).fields
    assert (fields["billing_scheme"], fields["tiers_mode"]) == ("tiered", "graduated")
    assert fields["tiers"] == (
        {"up_to": 10000, "unit_amount": Decimal(0)},
        {"up_to": None, "unit_amount": Decimal("0.04")},
    )
    assert fields["currency_options"] == {
        "usd": {
            "tiers": (
                {"up_to": 10000, "unit_amount": Decimal(0)},
                {"up_to": None, "unit_amount": Decimal("0.05")},
            )
        }
    }
    assert codes("price.pro.monthly", *declared) == [("exact", "exact")]


def test_an_allowance_that_rolls_over_or_is_pooled_is_approximate() -> None:
    declared = metered(Included(100, rollover=True, pooled=True))
    assert codes("price.pro.monthly", *declared) == [
        ("approximate", "allowance-rollover"),
        ("approximate", "allowance-pooled"),
    ]
    assert "tiers" in resource("price.pro.monthly", *declared).fields


def test_an_allowance_without_an_overage_amount_is_not_sent() -> None:
    result = mapped(*metered(Included(100), amount={}))
    assert result.desired.get("price.pro.monthly") is None
    (note,) = notes("price.pro.monthly", result)
    assert (note.code, note.blocks) == ("allowance-without-overage", True)


@pytest.mark.parametrize("aggregation", ["sum", "count", "last"])
def test_a_meter_that_sums_counts_or_takes_the_last_value_is_exact(aggregation: str) -> None:
    meter = Meter("calls", "API calls", "api_calls", Aggregation(aggregation))
    assert resource("meter.calls", meter).fields["aggregation"] == aggregation
    assert codes("meter.calls", meter) == [("exact", "exact")]


@pytest.mark.parametrize("aggregation", ["max", "min", "average", "unique"])
def test_a_meter_that_stripe_cannot_do_takes_its_prices_along(aggregation: str) -> None:
    meter = Meter("calls", "API calls", "api_calls", Aggregation(aggregation))
    price = monthly(charge=Charge.PER_UNIT, meter="calls")
    pro = Product("pro", "Pro", default_price="monthly")
    result = mapped(pro, price, meter)

    assert {each.address for each in result.desired} == {"product.pro"}
    assert codes("meter.calls", meter) == [("unsupported", "aggregation")]
    assert codes("price.pro.monthly", price, meter) == [("unsupported", "aggregation")]
    assert codes("product.pro", pro, price, meter) == [("approximate", "part-not-sent")]


def test_accepting_the_first_cause_accepts_what_follows_from_it() -> None:
    meter = Meter("calls", "API calls", "api_calls", Aggregation.MAX)
    price = monthly(charge=Charge.PER_UNIT, meter="calls")
    result = mapped(price, meter, Accept("meter.calls", "aggregation", "billed by hand"))
    assert [each.accepted for each in notes("price.pro.monthly", result)] == ["billed by hand"]
    assert not any(each.blocks for each in result.annotations)
    assert result.diagnostics == ()


def test_accepting_what_follows_does_not_accept_the_cause() -> None:
    meter = Meter("calls", "API calls", "api_calls", Aggregation.MAX)
    price = monthly(charge=Charge.PER_UNIT, meter="calls")
    result = mapped(price, meter, Accept("price.pro.monthly", "aggregation", "billed by hand"))
    assert [each.address for each in result.annotations if each.blocks] == ["meter.calls"]


def test_a_meter_keeps_its_payload_keys_and_window() -> None:
    meter = Meter("calls", "Calls", "api_calls", Aggregation.SUM, "customer", "amount", Window.DAY)
    assert resource("meter.calls", meter).fields == {
        "display_name": "Calls",
        "event_name": "api_calls",
        "aggregation": "sum",
        "customer_key": "customer",
        "value_key": "amount",
        "window": "day",
    }


def test_a_trial_on_a_price_is_kept_on_the_price() -> None:
    price = monthly(trial_days=14)
    assert resource("trial.pro.monthly", price).fields == {
        "host": Ref("price.pro.monthly"),
        "key": "stripectl_trial",
        "value": '{"days":14}',
    }
    assert resource("trial.pro.monthly", price).artifact == "price.pro.monthly"
    assert codes("price.pro.monthly", price) == [("approximate", "trial-at-checkout")]


def test_a_product_has_all_its_texts_and_its_default_price() -> None:
    product = Product(
        "pro",
        "Pro",
        description="For teams",
        tax_code="txcd_10103001",
        unit_label="seat",
        statement_descriptor="ACME",
        url="https://acme.example",
        images=("https://acme.example/1.png",),
        marketing_features=("Fast",),
        shippable=True,
        active=False,
        default_price="monthly",
        metadata={"team": "core"},
    )
    found = resource("product.pro", product, monthly())
    assert found.object_id == "acme-pro"
    assert found.fields == {
        "name": "Pro",
        "active": False,
        "description": "For teams",
        "images": ("https://acme.example/1.png",),
        "marketing_features": ("Fast",),
        "shippable": True,
        "statement_descriptor": "ACME",
        "tax_code": "txcd_10103001",
        "unit_label": "seat",
        "url": "https://acme.example",
        "default_price": Ref("price.pro.monthly"),
        "metadata": {"team": "core"},
    }
    assert codes("product.pro", product, monthly()) == [("exact", "exact")]


def test_a_feature_of_a_product_is_a_resource_of_its_own() -> None:
    product = Product("pro", "Pro", features=("sso",))
    assert resource("product_feature.pro.sso", product, Feature("sso", "Single sign-on")) == Resource(
        "product_feature",
        "product_feature.pro.sso",
        {"product": Ref("product.pro"), "entitlement_feature": Ref("feature.sso")},
        origin="product.pro",
    )


def test_a_feature_takes_its_id_as_lookup_key_unless_one_is_set() -> None:
    assert resource("feature.sso", Feature("sso", "SSO")).fields["lookup_key"] == "sso"
    assert resource("feature.sso", Feature("sso", "SSO", lookup_key="x")).fields["lookup_key"] == "x"


def test_a_price_takes_its_lookup_key_from_its_ids_unless_one_is_set() -> None:
    assert resource("price.pro.per-seat", monthly("per-seat")).fields["lookup_key"] == "pro_per_seat"
    assert resource("price.pro.a", monthly("a", lookup_key="mine")).fields["lookup_key"] == "mine"


def test_an_id_in_the_manifest_is_adopted() -> None:
    price = monthly(lifecycle=Lifecycle(protect=True, id="price_1"))
    found = resource("price.pro.monthly", price)
    assert (found.object_id, found.adopts, found.protect) == ("price_1", True, True)
    product = resource("product.pro", Product("pro", "Pro", lifecycle=Lifecycle(id="prod_1")))
    assert (product.object_id, product.adopts) == ("prod_1", True)


def test_ignoring_an_amount_ignores_all_that_it_becomes() -> None:
    price = monthly(lifecycle=Lifecycle(ignore=("nickname", "every")))
    assert resource("price.pro.monthly", price).ignore == ("nickname", "recurring")


def test_ignoring_a_field_that_does_not_exist_is_an_error() -> None:
    (found,) = mapped(monthly(lifecycle=Lifecycle(ignore=("colour",)))).diagnostics
    assert (found.code, found.is_error, found.address) == ("ignore-unknown", True, "price.pro.monthly")
