"""What Stripe takes besides the everyday: declared, applied, adopted, changed and put back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.engine.plan import Action
from stripectl.pricing.model import (
    Catalog,
    Code,
    Dimensions,
    Discount,
    Lifecycle,
    Price,
    Product,
    TaxBehavior,
)
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, actions

EXCLUSIVE, INCLUSIVE = TaxBehavior.EXCLUSIVE, TaxBehavior.INCLUSIVE
PARCEL = Dimensions(D(2), D("8.5"), D(6), D("12.25"))
BOTH = {"eur": D(9), "usd": D(10)}


def taxed(**tax: TaxBehavior) -> Catalog:
    return catalog(monthly(amount=BOTH, tax_behavior=tax))


def legacy(price: str, days: int | None) -> Catalog:
    """A product and a price of an account's earlier days, to be adopted."""
    return catalog(
        Product("pro", "Pro", lifecycle=Lifecycle(id="prod_LEG")),
        monthly(lifecycle=Lifecycle(id=price), legacy_trial_days=days),
    )


@pytest.fixture
def old_price(bench: Workbench) -> str:
    """The id of a price that gives a trial of its own."""
    bench.client.v1.products.create({"id": "prod_LEG", "name": "Pro"})
    made = bench.client.v1.prices.create(
        {
            "product": "prod_LEG",
            "currency": "eur",
            "unit_amount": 900,
            "recurring": {"interval": "month", "trial_period_days": 14},
        }
    )
    return made.id


def test_a_price_with_a_trial_of_its_own_is_adopted_where_the_manifest_says_so(
    bench: Workbench, old_price: str
) -> None:
    wanted = legacy(old_price, 14)
    assert actions(bench.plan(wanted))["price.pro.monthly"] == Action.ADOPT
    bench.apply(wanted)
    assert actions(bench.plan(wanted)) == {}


@pytest.mark.parametrize("days", [None, 30])
def test_a_trial_that_the_manifest_does_not_say_stands_in_the_way_of_an_adoption(
    bench: Workbench, old_price: str, days: int | None
) -> None:
    assert bench.plan(legacy(old_price, days)).blocked


@pytest.mark.parametrize(
    "tax",
    [
        {"eur": INCLUSIVE, "usd": EXCLUSIVE},
        {"eur": INCLUSIVE},
        {"usd": EXCLUSIVE},
    ],
)
def test_tax_currency_by_currency_is_held_as_declared(bench: Workbench, tax: dict[str, TaxBehavior]) -> None:
    bench.apply(taxed(**tax))
    assert actions(bench.plan(taxed(**tax))) == {}
    held = bench.client.v1.prices.retrieve(
        bench.recorded.ids["price.pro.monthly"], {"expand": ["currency_options"]}
    )
    options = held.to_dict()["currency_options"]
    found = {currency: option["tax_behavior"] for currency, option in options.items()}
    assert found == {
        "eur": "unspecified",
        "usd": "unspecified",
        **{name: str(each) for name, each in tax.items()},
    }


def test_tax_decided_otherwise_in_one_currency_is_a_successor_and_a_rollback_brings_the_first_back(
    bench: Workbench, clock: Clock
) -> None:
    bench.apply(taxed(eur=INCLUSIVE, usd=EXCLUSIVE))
    first = bench.recorded.ids["price.pro.monthly"]
    clock.advance(60)
    made = bench.plan(taxed(eur=INCLUSIVE, usd=INCLUSIVE))
    (row,) = made.effective
    assert (row.action, row.replace_because, row.irreversible) == (Action.REPLACE, ("currency_options",), ())
    bench.apply(taxed(eur=INCLUSIVE, usd=INCLUSIVE))
    clock.advance(60)
    bench.roll_back(1)
    assert bench.recorded.ids["price.pro.monthly"] == first


def test_a_parcel_is_changed_and_taken_back_in_place(bench: Workbench) -> None:
    for parcel in (PARCEL, replace(PARCEL, weight=D("0.5")), None):
        wanted = catalog(Product("pro", "Pro", package_dimensions=parcel), monthly())
        bench.apply(wanted)
        assert actions(bench.plan(wanted)) == {}
    assert bench.client.v1.products.retrieve("acme-pro").package_dimensions is None


def test_a_code_for_one_customer_is_held_and_goes_to_another_by_a_successor(bench: Workbench) -> None:
    first, second = (bench.client.v1.customers.create().id for _ in range(2))

    def offered(customer: str | None) -> Catalog:
        return catalog(
            monthly(), Discount("vip", percent_off=D(10), codes=(Code("VIP", "vip", customer=customer),))
        )

    bench.apply(offered(first))
    assert actions(bench.plan(offered(first))) == {}
    assert actions(bench.plan(offered(second))) == {"code.vip.VIP": Action.REPLACE}
    bench.apply(offered(None))
    held = bench.client.v1.promotion_codes.retrieve(bench.recorded.ids["code.vip.VIP"])
    assert (held.active, held.customer) == (True, None)


def test_what_a_manifest_cannot_say_is_told_at_adoption_and_left_as_it_is(bench: Workbench) -> None:
    bench.client.v1.products.create({"id": "prod_LEG", "name": "Pro", "type": "good"})
    wanted = catalog(
        Product("pro", "Pro", lifecycle=Lifecycle(id="prod_LEG")), Price("once", "pro", amount={"eur": D(1)})
    )
    for _ in range(2):
        told = [each for each in bench.plan(wanted).diagnostics if each.code == "not-in-the-format"]
        assert [each.detail.partition(".")[0] for each in told] == ['product prod_LEG has type "good"']
        bench.apply(wanted)
    assert bench.client.v1.products.retrieve("prod_LEG").type == "good"
