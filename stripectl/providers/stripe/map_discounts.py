"""Discounts and their codes: coupons, promotion codes, and ladders of coupons.

A date means the start of that day in UTC, for `redeem_by` and a code's `expires` alike: the last moment is
the midnight that it begins with.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import accumulate

from stripectl.engine.quotes import NEEDS_ATTACHING
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Json, Ref, Value
from stripectl.pricing.model import (
    Amounts,
    Application,
    Code,
    Combination,
    Discount,
    Period,
    Recurrence,
    Unit,
    place,
)
from stripectl.pricing.money import plain, to_minor
from stripectl.providers.stripe.bindings import binding, iso_duration
from stripectl.providers.stripe.map_prices import whole
from stripectl.providers.stripe.names import rung_address, rung_id
from stripectl.providers.stripe.rules import (
    Part,
    Rule,
    Scope,
    approximate,
    copy,
    not_sent_either,
    unsupported,
)

HUNDRED = Decimal(100)

MONTHS: Mapping[Unit, int] = {Unit.MONTH: 1, Unit.YEAR: 12}
"""Units of a duration that Stripe can count, in months."""


def midnight(day: date | None) -> int | None:
    """Unix seconds of the start of a day, UTC."""
    return calendar.timegm(day.timetuple()) if day else None


def _amount_off(discount: Discount, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if not discount.amount_off:
        return Part()
    base, options = _by_currency(discount.amount_off, "amount_off")
    return Part({"currency": base, **options.pop(base), "currency_options": options})


def _by_currency(amounts: Amounts, key: str) -> tuple[str, dict[str, Fields]]:
    """The base currency, and the amount of each currency under `key` in minor units."""
    minor = {currency: {key: whole(to_minor(amount, currency))} for currency, amount in amounts.items()}
    return next(iter(amounts)), dict(minor)


def _duration(discount: Discount, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if discount.ladder:
        return Part({"duration": "forever"})
    match discount.duration:
        case Recurrence() as recurrence:
            return Part({"duration": recurrence.value})
        case Period(unit, count) if unit in MONTHS:
            return Part({"duration": "repeating", "duration_in_months": count * MONTHS[unit]})
        case Period() as period:
            loss = unsupported(
                "discount-duration",
                f"Stripe counts a discount in months; {period} cannot be said in months.",
                ("duration",),
            )
            return Part(losses=(loss,))


def _products(discount: Discount, scope: Scope) -> Part:
    known = sorted(name for name in discount.products if name in scope.catalog.products)
    return Part({"applies_to": tuple(Ref(f"product.{name}") for name in known)})


def _redeem_by(discount: Discount, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"redeem_by": midnight(discount.redeem_by)})


def _application(discount: Discount, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    """Codes are mapped as artifacts of their own; what is left to say is who attaches a discount."""
    if discount.apply is Application.CODE:
        return Part()
    loss = approximate(
        NEEDS_ATTACHING,
        "Stripe attaches no coupon by itself: whoever creates the subscription or checkout has to name it.",
        ("apply",),
    )
    return Part(losses=(loss,))


def _ladder(discount: Discount, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if not discount.ladder:
        return Part()
    percents = effective(discount)
    steps: list[Json] = [
        {"after": iso_duration(rung.after), "percent_off": format(percent, "f")}
        for rung, percent in zip(discount.ladder, percents, strict=True)
    ]
    spoken = ", then ".join(
        f"{percent} % off after {_spoken(rung.after)}"
        for rung, percent in zip(discount.ladder, percents, strict=True)
    )
    loss = approximate(
        "discount-ladder",
        f"Stripe has no discount that grows ({spoken}): each step is a coupon of its own, and the phases of"
        " a subscription schedule have to be set at sale.",
        ("ladder",),
    )
    source = place(discount, ("ladder",))
    note = binding(discount.address, rung_address(discount, 1), {"steps": steps}, source)
    return Part(losses=(loss,), beside=(note,))


def _spoken(period: Period) -> str:
    return f"1 {period}" if period.count == 1 else str(period)


def effective(discount: Discount) -> tuple[Decimal, ...]:
    """Percent off the full price on each rung, by the ladder's way of combining.

    A ladder that does not say how its rungs combine is multiplied: of the two readings of "and 50 % more"
    that is the one that never gives more away than was meant.
    """
    combine = _COMBINATIONS[discount.combine or Combination.MULTIPLY]
    return tuple(map(plain, accumulate((rung.percent_off for rung in discount.ladder), combine)))


def _multiplied(before: Decimal, percent: Decimal) -> Decimal:
    return HUNDRED - (HUNDRED - before) * (HUNDRED - percent) / HUNDRED


_COMBINATIONS = {
    Combination.REPLACE: lambda before, percent: percent,  # noqa: ARG005 - every combination is called alike
    Combination.MULTIPLY: _multiplied,
    Combination.ADD: lambda before, percent: before + percent,
}


def coupons(discount: Discount, head: Resource, catalog: str) -> tuple[Resource, ...]:
    """The coupon of a discount, or one for each rung of its ladder."""
    if not discount.ladder:
        return (head,)
    return tuple(
        replace(
            head,
            address=rung_address(discount, number),
            origin=discount.address,
            object_id=rung_id(catalog, discount, number),
            fields={**head.fields, "percent_off": percent},
            source=place(discount, ("ladder", number - 1)),
        )
        for number, percent in enumerate(effective(discount), start=1)
    )


DISCOUNT: tuple[Rule[Discount], ...] = (
    copy("name"),
    copy("percent_off"),
    Rule(("amount_off",), _amount_off, ("amount_off", "currency", "currency_options")),
    Rule(("duration",), _duration, ("duration", "duration_in_months")),
    Rule(("products",), _products, ("applies_to",)),
    Rule(("redeem_by",), _redeem_by, ("redeem_by",)),
    copy("max_redemptions"),
    Rule(("apply", "codes"), _application),
    Rule(("ladder", "combine"), _ladder),
    copy("metadata"),
)


def _coupon(code: Code, scope: Scope) -> Part:
    discount = scope.catalog.discounts.get(code.discount)
    address = f"discount.{code.discount}"
    causes = scope.follows(address)
    if causes:
        return Part(losses=(not_sent_either(address, causes),))
    # A code that opens a ladder gives its first rung; the schedule takes it from there.
    held = rung_address(discount, 1) if discount and discount.ladder else address
    return Part({"coupon": Ref(held)})


def _expires(code: Code, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"expires_at": midnight(code.expires)})


def _minimum(code: Code, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if not code.minimum_amount:
        return Part()
    base, options = _by_currency(code.minimum_amount, "minimum_amount")
    fields: dict[str, Value] = {"minimum_amount_currency": base, **options.pop(base)}
    return Part({**fields, "currency_options": options})


CODE: tuple[Rule[Code], ...] = (
    copy("code"),
    Rule(("discount",), _coupon, ("coupon",)),
    copy("max_redemptions"),
    copy("first_time_only"),
    Rule(("expires",), _expires, ("expires_at",)),
    Rule(
        ("minimum_amount",),
        _minimum,
        ("minimum_amount", "minimum_amount_currency", "currency_options"),
    ),
    copy("customer"),
    copy("active"),
    copy("metadata"),
)
