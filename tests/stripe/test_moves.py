"""By how much a price moves: at every quantity, in every currency, whatever it charges by."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.engine.values import Fields
from stripectl.manifest.load import load_texts
from stripectl.pricing.quote import priced
from stripectl.providers.stripe.mapping import map_catalog
from stripectl.providers.stripe.moves import coupon_moves, price_moves
from stripectl.providers.stripe.rates import rate


def fields(price: str) -> Fields:
    """Of a price that is written as in a manifest."""
    text = f"stripectl: 1\nmodel: acme\nproducts: {{pro: {{name: Pro, prices: {{it: {{{price}}}}}}}}}\n"
    meters = "meters: {calls: {name: Calls, event: calls, aggregation: sum}}\n"
    loaded = load_texts("acme", {"pro.yaml": text + meters})
    assert [each.code for each in loaded.diagnostics if each.is_error] == []
    return map_catalog(loaded.catalog).desired.resources["price.pro.it"].fields


def largest(before: str, after: str) -> str:
    """What moves most, as the guard would tell it."""
    every = list(price_moves(fields(before), fields(after)))
    if not every:
        return ""
    found = max(every, key=lambda each: (each.share is None, abs(each.share or Fraction(0))))
    return found.what if found.share is None else f"{found.what}: {float(found.share):+.1f} %"


FLAT = "amount: {eur: 10}, every: month"
API = "charge: per_unit, meter: calls, included: 10000, amount: {eur: 0.0004}, every: month"
PACKAGE = "charge: package, package: {size: 100, round: up}, amount: {eur: 7}, every: month"
STEPS = "tiers: [{up_to: 100, amount: {eur: 1}}, {up_to: inf, amount: {eur: 0.5}}]"
TIERS = f"charge: graduated, every: month, {STEPS}"


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        (FLAT, FLAT, ""),
        (FLAT, "amount: {eur: 12}, every: month", "the amount in EUR: +20.0 %"),
        ("amount: {eur: 0}, every: month", FLAT, "the amount in EUR was nothing before"),
        (FLAT, "amount: {eur: 0}, every: month", "the amount in EUR: -100.0 %"),
        (FLAT, "amount: {usd: 10}, every: month", "it is sold in USD instead of EUR"),
        (FLAT, "amount: {usd: 11, eur: 10}, every: month", ""),
        (FLAT, "amount: {eur: 10}, every: year", "the amount in EUR over the same time: -91.7 %"),
        (FLAT, "amount: {eur: 120}, every: year", ""),
        (FLAT, "amount: {eur: 10}", "the amount in EUR is to be paid once instead of every period"),
        ("amount: {eur: 10}", FLAT, "the amount in EUR is to be paid every period instead of once"),
        (API, API.replace("10000", "9000"), "the number of units included: -10.0 %"),
        (API, API.replace("included: 10000, ", ""), "the number of units included: -100.0 %"),
        (API.replace("included: 10000, ", ""), API, "the number of units included was nothing before"),
        (API, API.replace("0.0004", "0.0006"), "the amount in EUR: +50.0 %"),
        (PACKAGE, PACKAGE.replace("100", "50"), "what 51 units cost in EUR: +100.0 %"),
        (PACKAGE, PACKAGE.replace("up", "down"), "what 1 unit costs in EUR: -100.0 %"),
        (PACKAGE, PACKAGE.replace("7", "8"), "the amount in EUR: +14.3 %"),
        (TIERS, TIERS.replace("100", "200"), "what 200 units cost in EUR: +33.3 %"),
        (TIERS, TIERS.replace("graduated", "volume"), "what 101 units cost in EUR: -49.8 %"),
        (TIERS, TIERS.replace("{eur: 1}", "{eur: 1}, flat: {eur: 5}"), "what 1 unit costs in EUR: +500.0 %"),
        (TIERS, TIERS.replace("0.5", "0.75"), "the amount per unit of the last tier in EUR: +50.0 %"),
        (
            "charge: custom, custom: {minimum: {eur: 1}, preset: {eur: 10}}",
            "charge: custom, custom: {minimum: {eur: 4}, preset: {eur: 10}}",
            "the minimum in EUR: +300.0 %",
        ),
        (
            "charge: custom, custom: {preset: {eur: 9}}",
            "charge: custom, custom: {minimum: {eur: 4}, preset: {eur: 9}}",
            "the minimum in EUR was nothing before",
        ),
        (PACKAGE, API.replace("included: 10000, ", ""), "what it counts is another thing"),
        (
            "charge: custom, custom: {minimum: {eur: 1}}",
            "amount: {eur: 1}",
            "who pays no longer chooses the amount in EUR",
        ),
    ],
)
def test_whatever_moves_is_told_by_what_moves_most(before: str, after: str, moves: str) -> None:
    assert largest(before, after) == moves


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        (
            {"percent_off": 20},
            {"percent_off": 25},
            [("what the discount leaves to be paid", Fraction(-25, 4))],
        ),
        ({"percent_off": 90}, {"percent_off": 1}, [("what the discount leaves to be paid", Fraction(890))]),
        (
            {"percent_off": 100},
            {"percent_off": 50},
            [("what the discount leaves to be paid was nothing before", None)],
        ),
        (
            {"currency": "eur", "amount_off": 500, "currency_options": {"usd": {"amount_off": 500}}},
            {"currency": "eur", "amount_off": 500, "currency_options": {"usd": {"amount_off": 50_000}}},
            [("what is taken off in USD", Fraction(9900))],
        ),
        ({"percent_off": 20}, {"currency": "eur", "amount_off": 500}, []),
    ],
)
def test_a_discount_moves_by_what_it_leaves_or_takes_off(
    before: Fields, after: Fields, moves: list[tuple[str, Fraction | None]]
) -> None:
    assert [(each.what, each.share) for each in coupon_moves(before, after)] == moves


def tiers(amounts: list[tuple[int, int, int]], mode: str) -> str:
    """Bounds grow by the first number; amounts per unit and flat ones are in cents."""
    bounds = [sum(each[0] for each in amounts[: place + 1]) for place in range(len(amounts) - 1)]
    every = ", ".join(
        f"{{up_to: {bound}, amount: {{eur: {Decimal(unit) / 100}}}, flat: {{eur: {Decimal(flat) / 100}}}}}"
        for bound, (_, unit, flat) in zip([*bounds, "inf"], amounts, strict=True)
    )
    return f"charge: {mode}, every: month, tiers: [{every}]"


AMOUNTS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 300), st.integers(0, 500)), min_size=1, max_size=4
)
MODES = st.sampled_from(["graduated", "volume"])


@given(AMOUNTS, AMOUNTS, MODES, MODES, st.integers(1, 200))
def test_no_quantity_moves_more_than_what_is_told(
    one: list[tuple[int, int, int]],
    other: list[tuple[int, int, int]],
    was_mode: str,
    now_mode: str,
    units: int,
) -> None:
    before, after = fields(tiers(one, was_mode)), fields(tiers(other, now_mode))
    was, now = rate(before, "eur"), rate(after, "eur")
    assert was is not None
    assert now is not None
    old, new = priced("", was, units).exact, priced("", now, units).exact
    told = [abs(each.share) for each in price_moves(before, after) if each.share is not None]
    assert abs(Fraction(new - old) / Fraction(old)) * 100 <= max(told, default=Fraction(0))
