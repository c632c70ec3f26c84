"""Bills against figures computed by hand, and against the examples that Stripe publishes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.pricing.model import Package, Period, Rounding, Unit
from stripectl.pricing.money import rounded
from stripectl.pricing.quote import (
    Bill,
    Mode,
    Rate,
    RateTier,
    Reduction,
    Spread,
    billed,
    priced,
    spread,
)

D = Decimal
MONTH, YEAR, WEEK = Period(Unit.MONTH), Period(Unit.YEAR), Period(Unit.WEEK)


def flat(
    unit: str, every: Period | None = MONTH, currency: str = "eur", package: Package | None = None
) -> Rate:
    return Rate(currency, (RateTier(None, D(unit)),), every=every, package=package)


def tiered(mode: Mode, *tiers: tuple[int | None, str, str]) -> Rate:
    """Bound, cents a unit, cents flat of each tier."""
    return Rate(
        "usd", tuple(RateTier(up_to, D(unit), D(once)) for up_to, unit, once in tiers), mode, every=MONTH
    )


def amount(rate: Rate, quantity: int) -> Decimal:
    return priced("price.pro.it", rate, quantity).amount


FONTS = ((5, "700", "0"), (10, "650", "0"), (None, "600", "0"))
"""Stripe's example of tiers: 7.00 up to 5, 6.50 up to 10, 6.00 beyond."""

STEPS = ((5, "500", "0"), (10, "400", "0"), (15, "300", "0"), (20, "200", "0"), (None, "100", "0"))
"""Stripe's earlier example: from 5.00 down to 1.00."""

WITH_FLAT = (
    (5, "500", "1000"),
    (10, "400", "2000"),
    (15, "300", "3000"),
    (20, "200", "4000"),
    (None, "100", "5000"),
)
"""Stripe's example of tiers with flat amounts."""


@pytest.mark.parametrize(
    ("tiers", "quantity", "cents"),
    [
        (FONTS, 1, 700),
        (FONTS, 5, 3500),
        (FONTS, 6, 3900),
        (FONTS, 20, 12000),
        (FONTS, 25, 15000),
        (STEPS, 5, 2500),
        (STEPS, 6, 2400),
        (STEPS, 20, 4000),
        (STEPS, 25, 2500),
        (WITH_FLAT, 12, 6600),
        (WITH_FLAT, 0, 1000),
    ],
)
def test_volume_comes_to_what_stripe_publishes(
    tiers: tuple[tuple[int | None, str, str], ...], quantity: int, cents: int
) -> None:
    assert amount(tiered(Mode.VOLUME, *tiers), quantity) == cents


@pytest.mark.parametrize(
    ("tiers", "quantity", "cents"),
    [
        (FONTS, 5, 3500),
        (STEPS, 6, 2900),
        (WITH_FLAT, 12, 11100),
        (WITH_FLAT, 0, 1000),
    ],
)
def test_graduated_comes_to_what_stripe_publishes(
    tiers: tuple[tuple[int | None, str, str], ...], quantity: int, cents: int
) -> None:
    assert amount(tiered(Mode.GRADUATED, *tiers), quantity) == cents


@pytest.mark.parametrize(("quantity", "cents"), [(1, 500), (5, 2500), (10, 4500), (25, 7500)])
def test_graduated_adds_up_the_tiers_by_hand(quantity: int, cents: int) -> None:
    assert amount(tiered(Mode.GRADUATED, *STEPS), quantity) == cents


@pytest.mark.parametrize(("users", "cents"), [(1, 1000), (3, 1000), (5, 1000), (6, 2000), (7, 2000), (0, 0)])
def test_packages_rounded_up_come_to_what_stripe_publishes(users: int, cents: int) -> None:
    assert amount(flat("1000", package=Package(5, Rounding.UP)), users) == cents


@pytest.mark.parametrize(("users", "cents"), [(4, 0), (5, 1000), (9, 1000), (10, 2000)])
def test_packages_rounded_down_charge_whole_ones(users: int, cents: int) -> None:
    assert amount(flat("1000", package=Package(5, Rounding.DOWN)), users) == cents


def test_a_line_is_rounded_after_the_multiplication_as_stripe_publishes() -> None:
    line = priced("price.pro.storage", flat("0.05"), 30)
    assert (line.exact, line.amount) == (D("1.5"), D(2))


@pytest.mark.parametrize(
    ("minor", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999999999999999999", 2), ("0", 0)]
)
def test_a_half_is_rounded_up(minor: str, whole: int) -> None:
    assert rounded(D(minor), "eur") == whole


@pytest.mark.parametrize(("minor", "whole"), [("2000049", 2000000), ("2000050", 2000100), ("0.5", 0)])
def test_a_currency_without_fractions_is_rounded_to_whole_units(minor: str, whole: int) -> None:
    assert rounded(D(minor), "ugx") == rounded(D(minor), "ISK") == whole


def test_a_discount_of_a_currency_without_fractions_leaves_a_whole_amount() -> None:
    bill = billed(
        "ugx", [priced("a", flat("2000100", currency="ugx"), 1)], [Reduction("half", percent=D(50))]
    )
    # Half of 20,001 UGX.
    assert bill.totals[0].amount == D(1000000)
    year = billed("ugx", [priced("a", flat("2000000", YEAR, "ugx"), 1)])
    assert spread(year, MONTH) == Spread(MONTH, D(166700), is_exact=False)


def test_lines_are_rounded_before_they_are_added() -> None:
    bill = billed("eur", [priced("a", flat("0.5"), 1), priced("b", flat("0.5"), 1)])
    assert bill.totals[0].amount == 2


def test_tiers_tell_which_units_they_took() -> None:
    line = priced("price.pro.storage", tiered(Mode.GRADUATED, (100, "0", "500"), (None, "2", "0")), 120)
    assert [(each.first, each.units, int(each.exact)) for each in line.taken] == [
        (1, 100, 500),
        (101, 20, 40),
    ]
    assert line.amount == 540


def test_volume_takes_one_tier_for_every_unit() -> None:
    line = priced("price.pro.snapshots", tiered(Mode.VOLUME, (1000, "1", "0"), (None, "0.8", "0")), 1500)
    assert [(each.first, each.units) for each in line.taken] == [(1001, 1500)]
    assert line.amount == 1200


@pytest.mark.parametrize(
    ("calls", "used", "cents"), [(0, 0, 0), (8000, 8000, 0), (10000, 10000, 0), (25000, 10000, 600)]
)
def test_an_allowance_is_used_before_anything_is_charged(calls: int, used: int, cents: int) -> None:
    line = priced("price.pro.api", tiered(Mode.GRADUATED, (10000, "0", "0"), (None, "0.04", "0")), calls)
    assert (line.rate.included, line.allowance_used, int(line.amount)) == (10000, used, cents)


def test_a_first_tier_that_costs_something_is_no_allowance() -> None:
    assert tiered(Mode.GRADUATED, (10, "0", "100"), (None, "1", "0")).included == 0
    assert tiered(Mode.VOLUME, (10, "0", "0"), (None, "1", "0")).included == 0


@pytest.mark.parametrize(
    ("currency", "unit", "quantity", "minor"),
    [("jpy", "980", 3, 2940), ("jpy", "0.4", 3, 1), ("kwd", "1250", 3, 3750), ("kwd", "0.05", 30, 2)],
)
def test_currencies_without_and_with_three_decimals_are_counted_in_their_own_minor_units(
    currency: str, unit: str, quantity: int, minor: int
) -> None:
    assert amount(flat(unit, currency=currency), quantity) == minor


def test_large_usage_at_a_tiny_rate_is_exact() -> None:
    line = priced("price.pro.tokens", flat("0.000000000001"), 999_999_999_999_999)
    assert (line.exact, line.amount) == (D("999.999999999999"), D(1000))


def bill_of_all_periods(*reductions: Reduction) -> Bill:
    return billed(
        "eur",
        [
            priced("price.pro.setup", flat("15000", None), 1),
            priced("price.pro.monthly", flat("899"), 1),
            priced("price.pro.seats", flat("500"), 5),
            priced("price.pro.support", flat("24000", YEAR), 1),
        ],
        reductions,
    )


def test_every_period_has_its_own_total_and_what_is_paid_once_stands_last() -> None:
    bill = bill_of_all_periods()
    assert [(each.every, int(each.amount)) for each in bill.totals] == [
        (MONTH, 3399),
        (YEAR, 24000),
        (None, 15000),
    ]


def test_a_percentage_applies_to_every_period() -> None:
    bill = bill_of_all_periods(Reduction("discount.launch", percent=D(25)))
    # 33.99 × 25 % is 8.4975.
    assert [each.amount for each in bill.totals] == [2549, 18000, 11250]


def test_an_amount_off_applies_to_the_first_total_alone() -> None:
    bill = bill_of_all_periods(Reduction("discount.ten", amount=D(1000)))
    assert [each.amount for each in bill.totals] == [2399, 24000, 15000]
    assert [len(each.reductions) for each in bill.totals] == [1, 0, 0]


def test_a_discount_never_takes_off_more_than_there_is() -> None:
    bill = billed("eur", [priced("a", flat("899"), 1)], [Reduction("discount.ten", amount=D(1000))])
    assert bill.totals[0].amount == 0
    assert bill.totals[0].reductions[0][1] == 899


def test_a_discount_on_some_lines_leaves_the_others_alone() -> None:
    only = frozenset({"price.pro.seats"})
    half, all_of_it = (
        Reduction("half", percent=D(50), only=only),
        Reduction("much", amount=D(9900), only=only),
    )
    assert bill_of_all_periods(half).totals[0].amount == 3399 - 1250
    assert bill_of_all_periods(all_of_it).totals[0].amount == 899


def test_several_discounts_apply_one_after_the_other() -> None:
    line = priced("a", flat("10000"), 1)
    first, second = Reduction("first", percent=D(50)), Reduction("second", percent=D(50))
    assert billed("eur", [line], [first, second]).totals[0].amount == 2500


@pytest.mark.parametrize(
    ("every", "reduction", "lasts"),
    [
        (MONTH, Reduction("a", percent=D(20), once=True), Period(Unit.MONTH)),
        (MONTH, Reduction("a", percent=D(20), months=3), Period(Unit.MONTH, 3)),
        (Period(Unit.MONTH, 2), Reduction("a", percent=D(20), months=3), Period(Unit.MONTH, 4)),
        (YEAR, Reduction("a", percent=D(20), months=3), YEAR),
        (YEAR, Reduction("a", percent=D(20), months=14), Period(Unit.YEAR, 2)),
        (WEEK, Reduction("a", percent=D(20), once=True), WEEK),
        (WEEK, Reduction("a", percent=D(20), months=3), Period(Unit.MONTH, 3)),
        (MONTH, Reduction("a", percent=D(20)), None),
        (None, Reduction("a", percent=D(20), once=True), None),
        (None, Reduction("a", percent=D(20), months=3), None),
    ],
)
def test_a_discount_lowers_whole_periods(
    every: Period | None, reduction: Reduction, lasts: Period | None
) -> None:
    (total,) = billed("eur", [priced("a", flat("10000", every), 1)], [reduction]).totals
    assert (int(total.amount), total.lasts) == (8000, lasts)
    assert [each.amount for each in total.course] == [8000, 10000][: 2 if lasts else 1]


def test_discounts_of_several_lengths_end_one_after_the_other() -> None:
    off = [
        Reduction("once", amount=D(1000), once=True),
        Reduction("launch", percent=D(50), months=3),
        Reduction("loyal", percent=D(10)),
        Reduction("of another", percent=D(10), months=1, only=frozenset({"b"})),
    ]
    (total,) = billed("eur", [priced("a", flat("10000"), 1)], off).totals
    assert [(int(each.amount), each.lasts) for each in total.course] == [
        (4050, MONTH),
        (4500, Period(Unit.MONTH, 3)),
        (9000, None),
    ]


def test_a_year_spread_over_months_is_exact_only_where_it_comes_out_even() -> None:
    even, odd = (billed("eur", [priced("a", flat(cents, YEAR), 1)]) for cents in ("24000", "10000"))
    assert spread(even, MONTH) == Spread(MONTH, D(2000), is_exact=True)
    assert spread(odd, MONTH) == Spread(MONTH, D(833), is_exact=False)


def test_weeks_spread_over_months_are_an_average() -> None:
    found = spread(billed("eur", [priced("a", flat("700", WEEK), 1)]), MONTH)
    # 365 days of 1.00 in 12 months.
    assert found == Spread(MONTH, D(3042), is_exact=False)


def test_what_is_paid_once_is_not_spread() -> None:
    assert spread(bill_of_all_periods(), YEAR) == Spread(YEAR, D(3399 * 12 + 24000), is_exact=True)
    assert spread(billed("eur", [priced("a", flat("900", None), 1)]), YEAR) is None


def test_discounts_are_not_spread() -> None:
    bill = bill_of_all_periods(Reduction("discount.launch", percent=D(25), months=3))
    assert spread(bill, MONTH) == Spread(MONTH, D(3399 + 2000), is_exact=True)


@given(st.integers(0, 60))
def test_graduated_never_falls_with_the_quantity(quantity: int) -> None:
    rate = tiered(Mode.GRADUATED, *WITH_FLAT)
    assert amount(rate, quantity) <= amount(rate, quantity + 1)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**7))
def test_graduated_tiers_at_one_rate_come_to_that_rate(first: int, more: int, quantity: int) -> None:
    rate = tiered(Mode.GRADUATED, (first, "0.03", "0"), (first + more, "0.03", "0"), (None, "0.03", "0"))
    line = priced("a", rate, quantity)
    assert line.exact == D("0.03") * quantity
    assert sum(each.units for each in line.taken) == quantity
