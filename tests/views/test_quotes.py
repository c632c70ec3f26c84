"""Quotes and bills in words that finance reads."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stripectl.engine.quotes import Interval, Quote
from stripectl.pricing.model import Package, Period, Unit
from stripectl.pricing.quote import Mode, Rate, RateTier, Reduction, billed, priced
from stripectl.views.quotes import Sheet, Told, bill_rows, told, total_rows
from tests.views import samples

MONTH = Period(Unit.MONTH)
D = Decimal


def quote(
    before: int | None, after: int | None, *, currency: str = "eur", every: Interval | None = None
) -> Quote:
    sides = (None if each is None else D(each) for each in (before, after))
    return Quote("profile.team", "team", None, currency, every, *sides)


@pytest.mark.parametrize(
    ("each", "text", "delta"),
    [
        (quote(3399, 3899, every=Interval("month")), "33.99 → 38.99 EUR a month", "(+5.00, +14.7 %)"),
        (
            quote(3899, 3399, every=Interval("month", 3)),
            "38.99 → 33.99 EUR every 3 months",
            "(-5.00, -12.8 %)",
        ),
        (
            quote(980, 1080, currency="jpy", every=Interval("year")),
            "980 → 1,080 JPY a year",
            "(+100, +10.2 %)",
        ),
        (quote(2750, 2500, currency="kwd"), "2.750 → 2.500 KWD, one-time", "(-0.250, -9.1 %)"),
        (quote(0, 500, every=Interval("week")), "0.00 → 5.00 EUR a week", "(+5.00, was free)"),
        (quote(500, 0, every=Interval("day")), "5.00 → 0.00 EUR a day", "(-5.00, -100.0 %, now free)"),
        (quote(None, 500), "5.00 EUR, one-time", "(new)"),
        (quote(500, None), "5.00 EUR, one-time", "(no longer sold)"),
        (quote(500, 500), "5.00 EUR, one-time", ""),
    ],
)
def test_a_quote_reads_as_a_sentence(each: Quote, text: str, delta: str) -> None:
    assert told([each]) == (Told("team", text, delta),)


def test_what_changes_stands_first_and_what_belongs_together_stays_together() -> None:
    assert [each.label for each in told(samples.QUOTES)] == [
        "small team",
        "small team",
        "small team",
        "free plan",
        "price.pro.api, 9,999 units",
        "price.pro.api, 10,001 units",
        "solo",
    ]


def test_a_line_says_how_its_amount_comes_about() -> None:
    tiers = (RateTier(100, flat=D(500)), RateTier(None, D("2.5")))
    rates = {
        "seats": (Rate("eur", (RateTier(None, D(500)),), every=MONTH), 5),
        "exports": (Rate("eur", (RateTier(None, D(700)),), package=Package(100), every=MONTH), 101),
        "tip": (Rate("eur", (RateTier(None, D(1000)),), chosen=True), 1),
        "storage": (Rate("eur", tiers, Mode.GRADUATED, every=MONTH), 121),
    }
    bill = billed("eur", [priced(name, *each) for name, each in rates.items()])
    assert [(row.label, row.how, row.amount) for row in bill_rows(bill)] == [
        ("seats", "5 × 5.00", "25.00"),
        ("exports", "101 in 2 packages of 100 × 7.00", "14.00"),
        ("tip", "1 × 10.00, the customer chooses the amount", "10.00"),
        ("storage", "121 units, rounded", "5.53"),
        ("1 to 100", "100 × 0.00 + 5.00", "5.00"),
        ("from 101", "21 × 0.025", "0.525"),
    ]


def test_a_total_that_is_gone_is_told_where_bills_are_compared() -> None:
    monthly, yearly = (
        billed("eur", [priced("a", Rate("eur", (RateTier(None, D(500)),), every=Period(unit)), 1)])
        for unit in (Unit.MONTH, Unit.YEAR)
    )
    rows = total_rows(Sheet("acme", "team", monthly, before=yearly, against="revision 1"))
    assert [(row.label, row.how, row.amount) for row in rows] == [
        ("Total, a month", "could not be bought", "5.00"),
        ("Total, a year", "was 5.00, now nothing", ""),
    ]


def test_a_total_that_only_the_first_invoices_have_is_no_total_a_month() -> None:
    lines = [priced("a", Rate("eur", (RateTier(None, D(5000)),), every=MONTH), 1)]
    ten = Reduction("ten", amount=D(1000), once=True)
    launch = Reduction("launch", percent=D(20), months=3)
    rows = total_rows(Sheet("acme", "team", billed("eur", lines, [ten, launch])))
    assert [(row.label, row.how, row.amount) for row in rows] == [
        ("Before discounts, a month", "", "50.00"),
        ("ten", "10.00 EUR off once", "-10.00"),
        ("launch", "20 % off for 3 months", "-8.00"),
        ("Total, the first month", "", "32.00"),
        ("Then, up to the end of the first 3 months", "", "40.00"),
        ("Then, a month", "", "50.00"),
    ]


def test_what_is_due_later_is_compared_with_what_was_due_then() -> None:
    rate, dearer = (Rate("eur", (RateTier(None, D(each)),), every=MONTH) for each in (5000, 6000))
    ten = Reduction("ten", amount=D(1000), once=True)
    was = billed("eur", [priced("a", rate, 1)])
    rows = total_rows(
        Sheet("acme", "team", billed("eur", [priced("a", dearer, 1)], [ten]), was, "revision 1")
    )
    assert [(row.label, row.how) for row in rows][2:] == [
        ("Total, the first month", "unchanged"),
        ("Then, a month", "was 50.00 (+10.00, +20.0 %)"),
    ]
