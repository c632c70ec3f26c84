"""A price has the fields that its way of charging needs, and no others; its tiers and currencies agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from stripectl.diagnostics import Path, error
from stripectl.pricing.checks.finding import Declared, Findings, placed
from stripectl.pricing.model import Amounts, Catalog, Charge, Price, TaxBehavior, Tier


@dataclass(frozen=True, slots=True)
class _Fit:
    """Fields that a way of charging asks for, and those that it also understands."""

    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()


_FITS: Mapping[Charge, _Fit] = {
    Charge.FLAT: _Fit(("amount",)),
    Charge.PER_UNIT: _Fit(("amount",), ("meter", "included")),
    Charge.PACKAGE: _Fit(("amount", "package"), ("meter",)),
    Charge.GRADUATED: _Fit(("tiers",), ("meter",)),
    Charge.VOLUME: _Fit(("tiers",), ("meter",)),
    Charge.CUSTOM: _Fit(("custom",)),
}
_CHARGE_FIELDS = ("amount", "meter", "included", "tiers", "package", "custom")


def check(catalog: Catalog, declared: Declared) -> Findings:
    for price in catalog.prices.values():
        yield from _fields(price)
        yield from _usage(price, declared)
        yield from _recurrence(price)
        if price.tiers:
            yield from _tier_order(price)
            yield from _tier_amounts(price)
        yield from _currencies(price)
        yield from _tax(price)
        if price.custom:
            yield from _bounds(price)


def _fields(price: Price) -> Findings:
    fit = _FITS[price.charge]
    written = [name for name in _CHARGE_FIELDS if _is_written(price, name)]
    for name in written:
        if name not in fit.needs and name not in fit.takes:
            fitting = [str(charge) for charge, each in _FITS.items() if name in each.needs + each.takes]
            yield placed(
                error(
                    "unfit-field",
                    "A field does not go with the way of charging",
                    f"{price.address} charges {price.charge}, which has no use for `{name}`.",
                    hint=f"remove {name}, or set charge to {' or '.join(fitting)}",
                ),
                price,
                (name,),
            )
    for name in fit.needs:
        if name not in written and not (name == "amount" and price.included):
            yield placed(
                error(
                    "charge-incomplete",
                    "A field is missing for the way of charging",
                    f"{price.address} charges {price.charge}, which needs `{name}`.",
                    hint=f"add {name}, or set charge to what is meant",
                ),
                price,
                ("charge",),
            )


def _is_written(price: Price, name: str) -> bool:
    # A chosen amount without a bound or proposal names no currency.
    return bool(price.custom and any(_groups(price)) if name == "custom" else getattr(price, name))


def _usage(price: Price, declared: Declared) -> Findings:
    if price.included and not price.meter:
        yield placed(
            error(
                "included-without-meter",
                "An allowance needs a meter",
                f"{price.address} includes {price.included.quantity} units, and nothing counts them.",
                hint="name the meter, or write graduated tiers for a quantity that is bought",
            ),
            price,
            ("included",),
        )
    if not price.meter:
        return
    if declared.lacks(address := f"meter.{price.meter}"):
        yield placed(
            error(
                "unknown-reference",
                "A name refers to nothing",
                f"{price.address} is charged by {address}, which the catalog does not declare.",
                hint=declared.near(address),
            ),
            price,
            ("meter",),
        )
    if price.every is None:
        yield placed(
            error(
                "metered-one-time",
                "A metered price has to recur",
                f"{price.address} is charged by usage, and usage is billed at the end of each period.",
                hint="add every: month, or another period",
            ),
            price,
            ("meter",),
        )


def _recurrence(price: Price) -> Findings:
    if price.charge is Charge.CUSTOM and price.every is not None:
        yield placed(
            error(
                "custom-recurring",
                "A chosen amount is paid once",
                f"{price.address} would let the customer choose again every {price.every}.",
                hint="remove every, or charge a fixed amount",
            ),
            price,
            ("every",),
        )
    for name in ("trial_days", "legacy_trial_days"):
        if getattr(price, name) is not None and price.every is None:
            yield placed(
                error(
                    "trial-one-time",
                    "A trial needs something that recurs",
                    f"{price.address} is paid once, so there is nothing to try before it.",
                    hint=f"add every: month, or remove {name}",
                ),
                price,
                (name,),
            )


def _tier_order(price: Price) -> Findings:
    last = len(price.tiers) - 1
    before: int | None = None
    for index, tier in enumerate(price.tiers):
        path: Path = ("tiers", index, "up_to")
        if tier.up_to is None and index != last:
            yield placed(
                error(
                    "tier-unbounded",
                    "Only the last tier is unbounded",
                    f"Tier {index + 1} of {price.address} covers everything, so no tier after it applies.",
                    hint="give it a number, or make it the last one",
                ),
                price,
                path,
            )
        if tier.up_to is not None and index == last:
            yield placed(
                error(
                    "tier-bounded",
                    "The last tier has to be unbounded",
                    f"The last tier of {price.address} ends at {tier.up_to}; a larger quantity has no price.",
                    hint="write up_to: inf",
                ),
                price,
                path,
            )
        if tier.up_to is not None and before is not None and tier.up_to <= before:
            yield placed(
                error(
                    "tier-order",
                    "Tier bounds must increase",
                    f"Tier {index + 1} ends at {tier.up_to}, but one before it already ends at {before}, so"
                    f" tier {index + 1} could never apply.",
                    hint=f"raise up_to above {before}, or remove the tier",
                ),
                price,
                path,
            )
        before = max(filter(None, (before, tier.up_to)), default=None)


def _tier_amounts(price: Price) -> Findings:
    for index, tier in enumerate(price.tiers):
        if not (tier.amount or tier.flat):
            yield placed(
                error(
                    "tier-empty",
                    "A tier has no amount",
                    f"Tier {index + 1} of {price.address} says nothing about what it costs.",
                    hint="add amount, flat, or both; a free tier has amount 0",
                ),
                price,
                ("tiers", index),
            )


def _groups(price: Price) -> Iterator[tuple[Path, str, Amounts]]:
    """Each group of amounts of a price that has some: path, name for a reader, amounts."""
    if price.amount:
        yield ("amount",), "its amount", price.amount
    for index, tier in enumerate(price.tiers):
        yield from _tier_groups(index, tier)
    if custom := price.custom:
        for name in ("minimum", "maximum", "preset"):
            if amounts := getattr(custom, name):
                yield ("custom", name), f"its {name}", amounts


def _tier_groups(index: int, tier: Tier) -> Iterator[tuple[Path, str, Amounts]]:
    if tier.amount:
        yield ("tiers", index, "amount"), f"the amount of tier {index + 1}", tier.amount
    if tier.flat:
        yield ("tiers", index, "flat"), f"the flat amount of tier {index + 1}", tier.flat


def _currencies(price: Price) -> Findings:
    """Every group names the currencies of the first one, and begins with the same base currency."""
    groups = list(_groups(price))
    for path, name, amounts in groups[1:]:
        _, first_name, first = groups[0]
        yield from _disagreement(price, (first_name, list(first)), (name, list(amounts)), path)


def _tax(price: Price) -> Findings:
    if isinstance(price.tax_behavior, TaxBehavior):
        return
    sold = list(price.currencies)
    for currency in (each for each in price.tax_behavior if sold and each not in sold):
        yield placed(
            error(
                "tax-currency",
                "Tax is decided for a currency that the price does not have",
                f"{price.address} is sold in {_listed(sold)}, and tax_behavior names {currency}.",
                hint=f"add an amount in {currency}, or remove it here",
            ),
            price,
            ("tax_behavior", currency),
        )


_Named: TypeAlias = tuple[str, list[str]]
"""What a group of amounts is called, and its currencies."""


def _disagreement(price: Price, first: _Named, other: _Named, path: Path) -> Findings:
    (first_name, expected), (name, found) = first, other
    if missing := _listed([each for each in expected if each not in found]):
        yield placed(
            error(
                "currency-mismatch",
                "The amounts of a price are in different currencies",
                f"In {first_name} there is {_listed(expected)}, but {name} has no {missing}.",
                hint=f"add {missing}, or sell the price in fewer currencies",
            ),
            price,
            path,
        )
    if extra := [each for each in found if each not in expected]:
        yield placed(
            error(
                "currency-mismatch",
                "The amounts of a price are in different currencies",
                f"In {name} there is {_listed(extra)}, but {first_name} has {_listed(expected)} only.",
                hint=f"remove {_listed(extra)}, or add it everywhere",
            ),
            price,
            (*path, extra[0]),
        )
    if not missing and not extra and expected[0] != found[0]:
        yield placed(
            error(
                "base-currency",
                "The amounts of a price begin with different currencies",
                f"The base currency is {expected[0]}, that of {first_name}; {name} begins with {found[0]}.",
                hint=f"write {expected[0]} first everywhere",
            ),
            price,
            path,
        )


def _bounds(price: Price) -> Findings:
    custom = price.custom
    assert custom is not None
    for currency in price.currencies:
        steps = [("minimum", custom.minimum), ("preset", custom.preset), ("maximum", custom.maximum)]
        known = [(name, amounts[currency]) for name, amounts in steps if currency in amounts]
        for (low_name, low), (high_name, high) in pairwise(known):
            if low > high:
                yield placed(
                    error(
                        "custom-bounds",
                        "The bounds of a chosen amount contradict each other",
                        f"In {currency}, {low_name} is {low:f} and {high_name} is {high:f}.",
                        hint="minimum, preset and maximum have to follow each other",
                    ),
                    price,
                    ("custom", high_name, currency),
                )


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
