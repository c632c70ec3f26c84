"""Amounts are exact, not negative, and in currencies that exist."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from stripectl.diagnostics import Diagnostic, Path, did_you_mean, error
from stripectl.pricing.checks.finding import Findings, placed
from stripectl.pricing.currencies import CURRENCIES
from stripectl.pricing.model import (
    Amounts,
    Artifact,
    Catalog,
    Code,
    Commitment,
    Configuration,
    Discount,
    Price,
)
from stripectl.pricing.money import MINOR_DECIMALS, WHOLE, decimals, exponent

MOST = Decimal(10) ** 15
"""Major units that no amount reaches."""


def check(catalog: Catalog) -> Findings:
    for artifact in catalog.artifacts():
        for path, amounts, whole in _amounts(artifact):
            for currency, amount in amounts.items():
                if problem := _problem(currency, amount, whole=whole):
                    yield placed(problem, artifact, (*path, currency))


def _amounts(artifact: Artifact) -> Iterator[tuple[Path, Amounts, bool]]:
    """Each group of amounts, where it stands, and whether it is paid as it is, in whole minor units."""
    match artifact:
        case Price():
            yield from _price_amounts(artifact)
        case Discount():
            yield ("amount_off",), artifact.amount_off, True
        case Code():
            yield ("minimum_amount",), artifact.minimum_amount, True
        case Commitment():
            yield ("amount",), artifact.amount, True
        case Configuration():
            for override in artifact.prices:
                yield ("prices", override.price, "amount"), override.amount, False


def _price_amounts(price: Price) -> Iterator[tuple[Path, Amounts, bool]]:
    yield ("amount",), price.amount, False
    for index, tier in enumerate(price.tiers):
        yield ("tiers", index, "amount"), tier.amount, False
        yield ("tiers", index, "flat"), tier.flat, True
    if custom := price.custom:
        yield ("custom", "minimum"), custom.minimum, True
        yield ("custom", "maximum"), custom.maximum, True
        yield ("custom", "preset"), custom.preset, True


def _problem(currency: str, amount: Decimal, *, whole: bool) -> Diagnostic | None:
    if currency not in CURRENCIES:
        return error(
            "unknown-currency",
            "A currency does not exist",
            f"`{currency}` is not a code of ISO 4217.",
            hint=did_you_mean(currency, sorted(CURRENCIES))
            or "write the three letters of an existing currency",
        )
    if amount < 0:
        return error(
            "negative-amount",
            "An amount is negative",
            f"{amount:f} {currency.upper()} would pay the customer.",
            hint="write 0 or more; a discount lowers a price",
        )
    if amount >= MOST:
        return error(
            "money-range",
            "An amount is too large",
            f"{amount:f} {currency.upper()} is more than any provider can charge.",
            hint="check the digits; amounts are in major units",
        )
    return _fraction(currency, amount) if currency in WHOLE else _too_fine(currency, amount, whole=whole)


def _fraction(currency: str, amount: Decimal) -> Diagnostic | None:
    """Usage, too: that a fraction is refused where only the sum is charged, is unverified."""
    if not decimals(amount):
        return None
    code = currency.upper()
    return error(
        "money-fraction",
        "A currency that has no fractions has one",
        f"{amount:f} {code} cannot be charged: {code} has no minor unit. Stripe counts it in hundredths that"
        " have to be 00.",
        hint="write a whole number; what costs less than 1 apiece can be sold in packages",
    )


def _too_fine(currency: str, amount: Decimal, *, whole: bool) -> Diagnostic | None:
    allowed = exponent(currency) + (0 if whole else MINOR_DECIMALS)
    if decimals(amount) <= allowed:
        return None
    kept = f"at most {allowed} can be kept for {currency.upper()}" if allowed else "it can have none"
    return error(
        "money-precision",
        "An amount has too many decimals",
        f"{amount:f} {currency.upper()} has {decimals(amount)} decimals; {kept} here. Nothing is rounded.",
        hint="write fewer decimals",
    )
