"""Limits of Stripe's on amounts: what a currency can be charged in, and how much or little at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache

from stripectl.diagnostics import Diagnostic
from stripectl.pricing.checks.amounts import MOST
from stripectl.pricing.currencies import CURRENCIES
from stripectl.pricing.model import Amounts, CustomAmount, Price, Tier
from stripectl.pricing.money import THREE_DECIMAL, Money, to_major
from stripectl.providers.stripe.spot import Spot

D = Decimal

LEAST_CHARGED: Mapping[str, Decimal] = {
    **dict.fromkeys("usd aud brl cad chf eur inr nzd sgd".split(), D("0.50")),
    "gbp": D("0.30"),
    "bgn": D(1),
    **dict.fromkeys("aed myr pln ron".split(), D(2)),
    "dkk": D("2.50"),
    **dict.fromkeys("nok sek".split(), D(3)),
    "hkd": D(4),
    **dict.fromkeys("mxn thb".split(), D(10)),
    "czk": D(15),
    "jpy": D(50),
    "huf": D(175),
}
"""Currency -> the smallest charge in major units where it is also what is paid out. Documented; elsewhere the
converted amount has to reach that of the currency which is paid out."""

DIGITS = 99_999_999
"""Minor units that a charge has at most; documented for all currencies but those of `MOST_CHARGED`."""

MOST_CHARGED: Mapping[str, Decimal] = {
    "inr": D("9999999.99"),
    "idr": D("9999999999.99"),
    # By card alone.
    "cop": D("9999999999.9"),
    "huf": D(9999999999),
    "jpy": D(9999999999),
    "lbp": D(999999999999),
}
"""Currency -> the largest charge in major units where it has more digits. Documented."""

UNSUPPORTED = frozenset("cup ern iqd irr kpw lyd mru sdg ssp stn syp tmt ves xcg zwg".split())
"""Currencies that exist and are missing where Stripe lists those that it takes (seen in refusals that several
projects quote; *unverified*). Which of the others an account can use depends on its country."""


def price_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """What is asked for a unit."""
    yield from _each(spot, value, at_once=not _is_metered(spot))


def tier_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Amounts of tiers: for a unit, and once when a tier is reached."""
    for index, tier in enumerate(value if isinstance(value, tuple) else ()):
        if isinstance(tier, Tier):
            yield from price_amounts(spot.below(index, "amount"), tier.amount)
            yield from charged_amounts(spot.below(index, "flat"), tier.flat)


def custom_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Bounds and proposal of an amount that the customer chooses."""
    if isinstance(value, CustomAmount):
        for name in ("minimum", "maximum", "preset"):
            yield from charged_amounts(spot.below(name), getattr(value, name))
        yield from _chargeable(spot.below("minimum"), value.minimum)


def charged_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """What is charged, or taken off, at once."""
    yield from _each(spot, value, at_once=True)


def _is_metered(spot: Spot) -> bool:
    return isinstance(spot.artifact, Price) and spot.artifact.meter is not None


def _each(spot: Spot, amounts: object, *, at_once: bool) -> Iterator[Diagnostic]:
    """Nothing of amounts that make no sense by themselves: the checks of the pricing model say so."""
    for currency, amount in amounts.items() if isinstance(amounts, Mapping) else ():
        if currency not in CURRENCIES or not 0 <= amount < MOST:
            continue
        if currency in UNSUPPORTED:
            yield _unsupported(spot.below(currency), currency)
        if amount > most_charged(currency):
            yield _too_many_digits(spot.below(currency), Money(amount, currency))
        if at_once and currency in THREE_DECIMAL:
            yield from _three_decimals(spot.below(currency), Money(amount, currency))


@cache
def most_charged(currency: str) -> Decimal:
    """The largest charge in major units."""
    return MOST_CHARGED.get(currency) or to_major(DIGITS, currency)


def _unsupported(spot: Spot, currency: str) -> Diagnostic:
    return spot.warning(
        "currency-support",
        "Stripe may not take a currency",
        f"{currency.upper()} exists, but is not among the currencies that Stripe says it supports.",
        "ask Stripe before it is announced, or leave it out",
    )


def _too_many_digits(spot: Spot, money: Money) -> Diagnostic:
    most = Money(most_charged(money.currency), money.currency)
    return spot.warning(
        "amount-digits",
        "An amount is more than Stripe charges at once",
        f"{money} is more than {most}, the largest charge that Stripe documents for the currency.",
        "check the digits: amounts are in major units, not in cents",
    )


def _three_decimals(spot: Spot, money: Money) -> Iterator[Diagnostic]:
    if money.minor % 10:
        yield spot.error(
            "three-decimal-amount",
            "An amount in a currency with three decimals has to end in a zero",
            f"{money} cannot be charged: card networks keep two of the currency's three decimals.",
            "round it to two decimals",
        )


def _chargeable(spot: Spot, amounts: Amounts) -> Iterator[Diagnostic]:
    for currency, amount in amounts.items():
        least = LEAST_CHARGED.get(currency)
        if least is not None and 0 <= amount < least:
            yield spot.below(currency).warning(
                "charge-minimum",
                "A customer may choose less than Stripe charges",
                f"{Money(amount, currency)} is below {Money(least, currency)}, the smallest charge that"
                " Stripe documents for accounts that are paid out in the currency.",
                f"raise it to {least:f}",
            )
