"""What a plan says of bills: taken from the account and the intent, and the same when it is made again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from stripectl.engine.quotes import Basket
from stripectl.engine.serial import plan_digest
from stripectl.operations.plan import plan
from stripectl.pricing.model import Catalog, Feature, Moved, Product
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, intent

PRO = Product("pro", "Pro", default_price="monthly")
FIRST = catalog(PRO, monthly())
RAISED = catalog(PRO, monthly(amount={"eur": D("10.90")}))
PROFILE = Basket("profile.team", "team", prices=("price.pro.monthly",), quantities={"price.pro.monthly": 3})


def quoted(bench: Workbench, declared: Catalog, profile: Basket = PROFILE) -> list[tuple[str, int, int]]:
    """Title, before and after of each quote; -1 for none."""
    made = plan(bench.session(), replace(intent(declared), profiles=(profile,)))
    return [
        (
            each.title,
            -1 if each.before is None else int(each.before),
            -1 if each.after is None else int(each.after),
        )
        for each in made.quotes
    ]


def test_the_first_plan_quotes_what_is_new(bench: Workbench) -> None:
    assert quoted(bench, FIRST) == [("team", -1, 2700)]


def test_before_is_what_the_account_holds(bench: Workbench, clock: Clock) -> None:
    bench.apply(FIRST)
    clock.advance(60)
    assert quoted(bench, RAISED) == [("team", 2700, 3270)]


def test_a_price_that_is_archived_in_the_account_was_not_sold_before(bench: Workbench, clock: Clock) -> None:
    without_default = catalog(Product("pro", "Pro"), monthly())
    bench.apply(without_default)
    clock.advance(60)
    bench.client.v1.prices.update(bench.recorded.ids["price.pro.monthly"], {"active": False})
    assert quoted(bench, without_default) == [("team", -1, 2700)]


def test_a_renamed_price_is_compared_with_itself(bench: Workbench, clock: Clock) -> None:
    bench.apply(FIRST)
    clock.advance(60)
    renamed = replace(
        catalog(replace(PRO, default_price="month"), monthly(id="month", amount={"eur": D("10.90")})),
        moved=(Moved("price.pro.monthly", "price.pro.month"),),
    )
    profile = Basket("profile.team", "team", prices=("price.pro.month",), quantities={"price.pro.month": 3})
    assert quoted(bench, renamed, profile) == [("team", 2700, 3270)]


def test_the_digest_is_the_same_when_the_plan_is_made_again(bench: Workbench, clock: Clock) -> None:
    bench.apply(FIRST)
    wanted = replace(intent(RAISED), profiles=(PROFILE,))
    first = plan_digest(plan(bench.session(), wanted))
    clock.advance(60)
    assert plan_digest(plan(bench.session(), wanted)) == first


def test_what_a_reviewer_reads_of_bills_is_part_of_the_digest(bench: Workbench) -> None:
    wanted = intent(FIRST)
    with_profile = replace(wanted, profiles=(PROFILE,))
    assert plan_digest(plan(bench.session(), wanted)) != plan_digest(plan(bench.session(), with_profile))


@pytest.mark.parametrize(
    ("target", "quoted"),
    [("price.pro.monthly", [(D(2700), D(3270))]), ("feature.sso", [(D(2700), D(2700))])],
)
def test_a_partial_plan_quotes_what_it_leaves_as_it_is(
    bench: Workbench, clock: Clock, target: str, quoted: list[tuple[Decimal, Decimal]]
) -> None:
    sso = Feature("sso", "Single sign-on")
    bench.apply(catalog(PRO, monthly(), sso))
    clock.advance(60)
    wanted = intent(catalog(PRO, monthly(amount={"eur": D("10.90")}), sso))
    made = plan(bench.session(), replace(wanted, profiles=(PROFILE,), targets=(target,)))
    assert [(each.before, each.after) for each in made.quotes] == quoted
