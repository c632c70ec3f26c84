"""By how much a price moves for whoever pays it: what the guard holds against the policy. Pure and exact.

What a quantity costs is linear between two bounds, so its share of change is largest at a bound, at the first
unit after one, or far beyond the last. Those are what is compared, and nothing in between has to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from stripectl.engine.kinds import Move
from stripectl.engine.values import Fields
from stripectl.pricing.quote import Rate, RateTier, priced, times
from stripectl.providers.stripe.rates import (
    ZERO,
    Choice,
    choice,
    currencies,
    in_currency,
    meter,
    number,
    rate,
)

CENT = Decimal(1)
"""A smaller difference of minor units shows on no invoice; what further units cost tells where it adds up."""


def price_moves(before: Fields, after: Fields) -> Iterator[Move]:
    """Every amount of a price that moves, in each currency that both sides are sold in."""
    known, sold = currencies(before), currencies(after)
    shared = [currency for currency in sold if currency in known]
    if known and sold and not shared:
        yield Move(f"it is sold in {_codes(sold)} instead of {_codes(known)}", None)
    if meter(before) != meter(after):
        yield Move("what it counts is another thing", None)
    for currency in shared:
        was, now = rate(before, currency), rate(after, currency)
        if was and now:
            yield from _chosen(before, after, currency) if was.chosen and now.chosen else _asked(was, now)


def coupon_moves(before: Fields, after: Fields) -> Iterator[Move]:
    """What a discount leaves to be paid, or how much it takes off."""
    was, now = before.get("percent_off"), after.get("percent_off")
    if was is not None and now is not None:
        yield from _move("what the discount leaves to be paid", 100 - number(was), 100 - number(now))
    for currency in currencies(after):
        off, on = (in_currency(each, currency).get("amount_off") for each in (before, after))
        if off is not None and on is not None:
            yield from _move(f"what is taken off in {currency.upper()}", number(off), number(on))


def _codes(currencies: tuple[str, ...]) -> str:
    return ", ".join(each.upper() for each in currencies)


def _chosen(before: Fields, after: Fields, currency: str) -> Iterator[Move]:
    """The bounds between which a customer chooses, and what is suggested to them."""
    was, now = (choice(each, currency) or Choice() for each in (before, after))
    bounds = (
        # Without a minimum there is none to pay; without one of the others there is nothing to compare.
        ("minimum", was.minimum or ZERO, now.minimum or ZERO),
        ("maximum", was.maximum, now.maximum),
        ("preset", was.preset, now.preset),
    )
    for name, old, new in bounds:
        if old is not None and new is not None:
            yield from _move(f"the {name} in {currency.upper()}", old, new)


def _asked(was: Rate, now: Rate) -> Iterator[Move]:
    name = now.currency.upper()
    if was.chosen is not now.chosen:
        yield Move(f"who pays {'no longer chooses' if was.chosen else 'chooses'} the amount in {name}", None)
    elif was.every is None or now.every is None:
        if was.every is not now.every:
            often = "once instead of every period" if now.every is None else "every period instead of once"
            yield Move(f"the amount in {name} is to be paid {often}", None)
        else:
            yield from _rated(was, now, Fraction(1), f"in {name}")
    else:
        same = "" if was.every == now.every else " over the same time"
        yield from _rated(was, now, times(was.every, now.every), f"in {name}{same}")


def _rated(was: Rate, now: Rate, often: Fraction, where: str) -> Iterator[Move]:
    """The allowance, and what is paid beyond it; the earlier amounts fall due `often` as often."""
    yield from _move("the number of units included", was.included, now.included)
    beyond = " beyond those included" if was.included or now.included else ""
    yield from _paid(_billable(was), _billable(now), often, where, beyond)


def _billable(asked: Rate) -> Rate:
    """Without the allowance: next to it, where little is paid, any change would be a large share."""
    if not asked.included or len(asked.tiers) == 1:
        return asked
    rest = (
        replace(tier, up_to=None if tier.up_to is None else tier.up_to - asked.included)
        for tier in asked.tiers[1:]
    )
    return _billable(replace(asked, tiers=tuple(rest)))


def _paid(was: Rate, now: Rate, often: Fraction, where: str, beyond: str) -> Iterator[Move]:
    """Amounts of each tier, and of whole quantities."""
    if was.package == now.package and _is_one_amount(was) and _is_one_amount(now):
        yield from _move(f"the amount {where}", was.tiers[0].unit, now.tiers[0].unit, often)
        return
    if was.package == now.package and len(was.tiers) == len(now.tiers):
        for old, new in zip(was.tiers, now.tiers, strict=True):
            yield from _tier(old, new, often, f"of {_span(new)}{beyond} {where}")
    for units in _telling(was, now):
        old_cost, new_cost = priced("", was, units).exact, priced("", now, units).exact
        if abs(Fraction(new_cost) - Fraction(old_cost) * often) >= CENT:
            what = f"1 unit{beyond} costs" if units == 1 else f"{units:,} units{beyond} cost"
            yield from _move(f"what {what} {where}", old_cost, new_cost, often)
    yield from _move(f"what each further unit costs {where}", _further(was), _further(now), often)


def _span(tier: RateTier) -> str:
    return "the last tier" if tier.up_to is None else f"the tier up to {tier.up_to:,}"


def _is_one_amount(asked: Rate) -> bool:
    return len(asked.tiers) == 1 and not asked.tiers[0].flat


def _tier(old: RateTier, new: RateTier, often: Fraction, where: str) -> Iterator[Move]:
    """Amounts that a tier has on both sides; what comes or goes shows in whole quantities."""
    if old.unit:
        yield from _move(f"the amount per unit {where}", old.unit, new.unit, often)
    if old.flat:
        yield from _move(f"the flat amount {where}", old.flat, new.flat, often)


def _telling(was: Rate, now: Rate) -> tuple[int, ...]:
    """Quantities at which a share of change can be largest, ascending."""
    sizes = {each.package.size for each in (was, now) if each.package}
    bounds = {tier.up_to for each in (was, now) for tier in each.tiers if tier.up_to is not None}
    return tuple(sorted({1, *(units for edge in sizes | bounds for units in (edge, edge + 1))}))


def _further(asked: Rate) -> Fraction:
    """Minor units for one unit more, beyond every bound."""
    return Fraction(asked.tiers[-1].unit) / (asked.package.size if asked.package else 1)


def _move(
    what: str, old: Decimal | Fraction | int, new: Decimal | Fraction | int, often: Fraction = Fraction(1)
) -> Iterator[Move]:
    was, now = Fraction(old) * often, Fraction(new)
    if was == now:
        return
    yield Move(what, (now - was) * 100 / was) if was else Move(f"{what} was nothing before", None)
