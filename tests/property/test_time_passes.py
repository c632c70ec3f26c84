"""What holds for any catalog, however late it is and whatever customers redeemed meanwhile."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from stripe import StripeClient

from stripectl.engine.plan import Plan
from stripectl.operations.drift import drift
from stripectl.pricing.model import Catalog, Charge
from tests.property.strategies import catalogs
from tests.property.test_convergence import workbench
from tests.workbench import Clock, Workbench, actions

DAY = 24 * 3600.0

days = st.integers(0, 30)
redemptions = st.integers(0, 3)

IMPOSSIBLE = {"date-gone-by", "needs-spent"}
"""All that time may forbid."""


def passes(bench: Workbench, late: int, redeemed: int) -> None:
    """Customers redeem every code so many times, as far as they can, and days go by."""
    price = somebody_elses_price(bench.client)
    for _ in range(redeemed):
        for code in bench.client.v1.promotion_codes.list({"active": True, "limit": 100}).data:
            # The code before may have used its coupon up.
            if bench.client.v1.promotion_codes.retrieve(code.id).active:
                subscribe(bench.client, price, code.id)
    assert isinstance(bench.clock, Clock)
    bench.clock.advance(late * DAY)


def somebody_elses_price(client: StripeClient) -> str:
    product = client.v1.products.create({"name": "Of nobody"}).id
    made = client.v1.prices.create(
        {"product": product, "currency": "eur", "unit_amount": 100, "recurring": {"interval": "month"}}
    )
    return made.id


def subscribe(client: StripeClient, price: str, code: str) -> None:
    customer = client.v1.customers.create({"name": "Ada"}).id
    client.v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "discounts": [{"promotion_code": code}]}
    )


def nothing_to_do(bench: Workbench, made: Plan) -> None:
    assert (actions(made), made.drift, made.blocked) == ({}, (), False)
    assert drift(bench.session()).rows == ()


def raised(catalog: Catalog) -> Catalog:
    """Every plain price costs twice as much."""
    prices = {
        reference: replace(each, amount={currency: 2 * amount for currency, amount in each.amount.items()})
        if each.charge in (Charge.FLAT, Charge.PER_UNIT)
        else each
        for reference, each in catalog.prices.items()
    }
    return replace(catalog, prices=prices)


@given(catalogs(), days, redemptions)
def test_what_was_applied_needs_nothing_later_and_a_price_can_still_be_edited(
    catalog: Catalog, late: int, redeemed: int
) -> None:
    with workbench() as bench:
        bench.apply(catalog)
        passes(bench, late, redeemed)
        nothing_to_do(bench, bench.plan(catalog))
        bench.apply(raised(catalog))
        nothing_to_do(bench, bench.plan(raised(catalog)))
        bench.roll_back(1)
        nothing_to_do(bench, bench.plan_rollback(1))


@given(catalogs(), catalogs(), days, redemptions)
def test_time_forbids_only_what_could_not_be_made_and_never_a_rollback(
    before: Catalog, after: Catalog, late: int, redeemed: int
) -> None:
    with workbench() as bench:
        bench.apply(before)
        passes(bench, late, redeemed)
        made = bench.plan(after)
        assert {each.code for each in made.diagnostics if each.is_error} <= IMPOSSIBLE
        if made.blocked:
            return
        bench.carry_out(made)
        nothing_to_do(bench, bench.plan(after))
        bench.roll_back(1)
        nothing_to_do(bench, bench.plan_rollback(1))
