"""Money is exact: minor and major units, decimals, and how an amount is shown."""

from __future__ import annotations

from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.pricing.currencies import CURRENCIES
from stripectl.pricing.money import (
    THREE_DECIMAL,
    WHOLE,
    ZERO_DECIMAL,
    Money,
    decimals,
    exponent,
    plain,
    to_major,
    to_minor,
)

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=15, min_value=0, max_value=10**15)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("8.99", "eur", "899"),
        ("0.0004", "eur", "0.04"),
        ("500", "jpy", "500"),
        ("1.234", "kwd", "1234"),
        ("0", "usd", "0"),
        ("10.50", "EUR", "1050"),
        ("100", "isk", "10000"),
        ("5", "ugx", "500"),
        ("20000", "ugx", "2000000"),
    ],
)
def test_minor_units_follow_the_currency(amount: str, currency: str, minor: str) -> None:
    assert to_minor(Decimal(amount), currency) == Decimal(minor)
    assert str(to_minor(Decimal(amount), currency)) == minor


@given(AMOUNTS, st.sampled_from(sorted(CURRENCIES)))
def test_major_units_come_back_from_minor_ones_exactly(amount: Decimal, currency: str) -> None:
    assert to_major(to_minor(amount, currency), currency) == amount


@given(AMOUNTS)
def test_a_plain_number_equals_the_one_it_came_from_and_shows_no_exponent(amount: Decimal) -> None:
    assert plain(amount) == amount
    power = plain(amount).as_tuple().exponent
    assert isinstance(power, int)
    assert power <= 0
    assert f"{plain(Decimal(f'{amount:f}000')):f}" == f"{plain(amount):f}"


def test_what_cannot_be_kept_exactly_is_refused_instead_of_rounded() -> None:
    with pytest.raises(Inexact):
        to_minor(Decimal("1." + "1" * 70), "eur")


@pytest.mark.parametrize(
    ("text", "expected"), [("1.50", 1), ("1.00", 0), ("100", 0), ("1E+3", 0), ("0.00010", 4), ("0", 0)]
)
def test_only_decimals_that_matter_are_counted(text: str, expected: int) -> None:
    assert decimals(Decimal(text)) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("8.9", "eur", "8.90 EUR"),
        ("0.0004", "eur", "0.0004 EUR"),
        ("500", "jpy", "500 JPY"),
        ("1.5", "kwd", "1.500 KWD"),
        ("1000", "usd", "1,000.00 USD"),
        ("20000", "ugx", "20,000 UGX"),
        ("990", "isk", "990 ISK"),
        ("990.5", "isk", "990.5 ISK"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency_and_all_that_matter(
    amount: str, currency: str, shown: str
) -> None:
    assert str(Money(Decimal(amount), currency)) == shown


def test_money_is_read_from_minor_units() -> None:
    assert Money.from_minor(899, "eur") == Money(Decimal("8.99"), "eur")
    assert Money.from_minor(Decimal("0.04"), "eur").minor == Decimal("0.04")


def test_every_currency_with_an_exponent_of_its_own_exists() -> None:
    assert CURRENCIES >= ZERO_DECIMAL | THREE_DECIMAL | WHOLE
    assert not WHOLE & (ZERO_DECIMAL | THREE_DECIMAL)
    assert (exponent("jpy"), exponent("eur"), exponent("KWD")) == (0, 2, 3)


def test_currencies_are_three_lower_case_letters() -> None:
    assert all(len(code) == 3 and code.isalpha() and code.islower() for code in CURRENCIES)
    assert {"eur", "usd", "gbp", "jpy", "chf"} <= CURRENCIES
    assert 150 < len(CURRENCIES) < 170
