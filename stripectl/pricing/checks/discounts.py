"""A discount says once what it takes off; its ladder climbs; its codes fit inside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from stripectl.diagnostics import Diagnostic, Path, Severity, error
from stripectl.pricing.checks.finding import Declared, Findings, placed
from stripectl.pricing.model import Catalog, Code, Combination, Discount, Period, Rung, Unit

_DAYS: Mapping[Unit, tuple[int, int]] = {
    Unit.DAY: (1, 1),
    Unit.WEEK: (7, 7),
    Unit.MONTH: (28, 31),
    Unit.YEAR: (365, 366),
}
"""Fewest and most days of a unit."""
_MONTHS: Mapping[Unit, int] = {Unit.MONTH: 1, Unit.YEAR: 12}


def check(catalog: Catalog, declared: Declared) -> Findings:
    for discount in catalog.discounts.values():
        yield from _value(discount)
        yield from _percents(discount)
        yield from _ladder(discount)
        yield from _products(discount, declared)
        yield from _codes(discount)


def _value(discount: Discount) -> Findings:
    ways = ("percent_off", "amount_off", "ladder")
    written = [name for name in ways if getattr(discount, name) not in (None, (), {})]
    if len(written) != 1:
        found = f"has {' and '.join(written)}" if written else "has none of them"
        yield placed(
            error(
                "discount-value",
                "A discount takes off a percentage, an amount, or a ladder",
                f"{discount.address} {found}; it needs exactly one of {', '.join(ways)}.",
                hint=f"keep one of {', '.join(written)}" if written else "add percent_off: 20, for example",
            ),
            discount,
            (written[1],) if written else (),
        )
    for currency, amount in discount.amount_off.items():
        if amount == 0:
            yield placed(
                error(
                    "discount-nothing",
                    "A discount takes nothing off",
                    f"{discount.address} lowers a bill in {currency} by 0.",
                    hint="write an amount over 0, or remove the currency",
                ),
                discount,
                ("amount_off", currency),
            )


def _percents(discount: Discount) -> Findings:
    percents: list[tuple[Path, Decimal]] = [
        (("ladder", index, "percent_off"), rung.percent_off) for index, rung in enumerate(discount.ladder)
    ]
    if discount.percent_off is not None:
        percents.append((("percent_off",), discount.percent_off))
    for path, percent in percents:
        if not 0 < percent <= 100:
            yield placed(
                error(
                    "percent-range",
                    "A percentage is out of range",
                    f"{percent:f} % cannot be taken off a price.",
                    hint="write a number over 0 and up to 100",
                ),
                discount,
                path,
            )


def _ladder(discount: Discount) -> Findings:
    for index, (before, rung) in enumerate(pairwise(discount.ladder), start=1):
        if not _surely_later(before.after, rung.after):
            yield placed(_ladder_order(index, before, rung), discount, ("ladder", index, "after"))
    if discount.combine and not discount.ladder:
        yield placed(
            error(
                "combine-without-ladder",
                "Only a ladder combines",
                f"{discount.address} has no rungs that could meet each other.",
                hint="remove combine, or write a ladder",
            ),
            discount,
            ("combine",),
        )
    if len(discount.ladder) > 1 and discount.combine is None:
        yield placed(_combination(discount), discount, ("ladder",))
    if discount.combine is Combination.ADD and (total := sum(r.percent_off for r in discount.ladder)) > 100:
        yield placed(
            error(
                "ladder-sum",
                "The rungs of a ladder add up to more than the price",
                f"Together they take {total:f} % off.",
                hint="lower the percentages, or combine them by multiply or replace",
            ),
            discount,
            ("ladder",),
        )


def _ladder_order(index: int, before: Rung, rung: Rung) -> Diagnostic:
    return error(
        "ladder-order",
        "The rungs of a ladder must follow each other",
        f"Rung {index + 1} begins after {_long(rung.after)}, which is not always later than the"
        f" {_long(before.after)} of the rung before it.",
        hint="put the earlier rung first, or write both in the same unit",
    )


def _combination(discount: Discount) -> Diagnostic:
    percents = [rung.percent_off for rung in discount.ladder]
    left = Decimal(100)
    for percent in percents:
        left -= left * percent / 100
    outcomes = f"replace gives {percents[-1]:f} %, multiply {100 - left:.6g} %, add {sum(percents):f} %"
    return Diagnostic(
        Severity.WARNING,
        "ladder-combination",
        "The manifest does not say how the rungs of a ladder combine",
        f"On the last rung of {discount.address}, {outcomes} off.",
        hint="add combine: replace, multiply or add",
    )


def _long(period: Period) -> str:
    return f"{period.count} {period.unit}{'' if period.count == 1 else 's'}"


def _surely_later(before: Period, after: Period) -> bool:
    """Whether `after` ends later than `before` whatever the calendar."""
    if before.unit in _MONTHS and after.unit in _MONTHS:
        return after.count * _MONTHS[after.unit] > before.count * _MONTHS[before.unit]
    return after.count * _DAYS[after.unit][0] > before.count * _DAYS[before.unit][1]


def _products(discount: Discount, declared: Declared) -> Findings:
    for index, product in enumerate(discount.products):
        if declared.lacks(address := f"product.{product}"):
            yield placed(
                error(
                    "unknown-reference",
                    "A name refers to nothing",
                    f"{discount.address} is limited to {address}, which the catalog does not declare.",
                    hint=declared.near(address),
                ),
                discount,
                ("products", index),
            )


def _codes(discount: Discount) -> Findings:
    for code in discount.codes:
        if code.expires and discount.redeem_by and code.expires > discount.redeem_by:
            yield placed(
                error(
                    "code-outlives-discount",
                    "A code outlives its discount",
                    f"{code.code} expires on {code.expires}, but nobody can get the discount after"
                    f" {discount.redeem_by}.",
                    hint="let the code expire no later than redeem_by",
                ),
                code,
                ("expires",),
            )
        if discount.amount_off and code.minimum_amount:
            yield from _one_base(discount, code)
        if (
            code.max_redemptions
            and discount.max_redemptions
            and code.max_redemptions > discount.max_redemptions
        ):
            yield placed(
                error(
                    "code-exceeds-discount",
                    "A code allows more than its discount",
                    f"{code.code} may be used {code.max_redemptions} times, but the discount is given"
                    f" {discount.max_redemptions} times at most.",
                    hint="lower max_redemptions of the code",
                ),
                code,
                ("max_redemptions",),
            )


def _one_base(discount: Discount, code: Code) -> Findings:
    off, minimum = next(iter(discount.amount_off)), next(iter(code.minimum_amount))
    if off != minimum:
        yield placed(
            error(
                "code-base-currency",
                "A code and its discount have different base currencies",
                f"The minimum of {code.code} begins with {minimum}, and what {discount.address} takes off"
                f" with {off}; Stripe refuses a purchase whose codes and discounts do not share their base"
                " currency.",
                hint=f"write {off} first in both",
            ),
            code,
            ("minimum_amount",),
        )
