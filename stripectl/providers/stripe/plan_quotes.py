"""What a plan means to customers: every profile, and changed tiers and packages at their edges. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from stripectl.engine.quotes import Basket, Interval, Quote, Sale
from stripectl.engine.resource import Resource, State
from stripectl.pricing.model import Period
from stripectl.pricing.quote import Rate, Total, in_time, priced
from stripectl.providers.stripe.quoting import bill, prices
from stripectl.providers.stripe.rates import currencies, rate

BOUNDS = 3
"""Bounds of one price at which it is quoted: enough to see what a change of tiers does."""

STEPPED = 10
"""Changed prices in steps that are quoted of themselves; profiles say what matters of many."""


def quotes(baskets: Iterable[Basket], before: Sale, after: Sale) -> tuple[Quote, ...]:
    """Totals of every basket in each of its currencies, then of prices whose tiers or packages change.

    A basket that cannot be bought in either state is left out.
    """
    return (
        *(each for basket in baskets for each in _of_basket(basket, before, after)),
        *(
            each
            for price in islice(_restepped(before.state, after.state), STEPPED)
            for each in _at_edges(*price)
        ),
    )


def _of_basket(basket: Basket, before: Sale, after: Sale) -> Iterator[Quote]:
    for currency in basket.currencies or _base_currencies(basket, after.state, before.state):
        was, now = _totals(basket, before, currency), _totals(basket, after, currency)
        for every in dict.fromkeys((*now, *was)):
            sides = (was.get(every), now.get(every))
            stages = (stage for side in sides if side for stage in side.course)
            ends = in_time(stage.lasts for stage in stages if stage.lasts)
            for end in (None, *ends):
                title = f"{basket.title}, after {_spelled(end)}" if end else basket.title
                due = (side.after(end).amount if side else None for side in sides)
                yield Quote(basket.address, title, None, currency, _interval(every), *due)


def _base_currencies(basket: Basket, *states: State) -> tuple[str, ...]:
    """The base currency of the basket's first price, in each state that has it."""
    firsts = [state.get(address) for state in states for address in (prices(basket, state) or ())[:1]]
    return tuple(dict.fromkeys(name for first in firsts if first for name in currencies(first.fields)[:1]))


def _totals(basket: Basket, sale: Sale, currency: str) -> Mapping[Period | None, Total]:
    found = bill(basket, sale, currency)
    return {each.every: each for each in found.totals} if found else {}


def _spelled(period: Period) -> str:
    """`3 months`, `1 year`"""
    return f"{period.count} {period.unit}{'' if period.count == 1 else 's'}"


def _restepped(before: State, after: State) -> Iterator[tuple[str, Rate, Rate]]:
    """Prices in both states whose tiers or packages differ, in the first currency in which they do."""
    for price in after:
        was = before.get(price.address)
        if was and price.kind == was.kind == "price" and was.active and price.active and _stepped(was, price):
            yield from islice(_restepped_in(was, price), 1)


def _stepped(*either: Resource) -> bool:
    return any(each.fields.get("tiers") or each.fields.get("transform_quantity") for each in either)


def _restepped_in(was: Resource, price: Resource) -> Iterator[tuple[str, Rate, Rate]]:
    for currency in currencies(price.fields):
        old, new = rate(was.fields, currency), rate(price.fields, currency)
        if old and new and _terms(old) != _terms(new):
            yield price.address, old, new


def _terms(found: Rate) -> tuple[object, ...]:
    return found.tiers, found.mode, found.package


def _at_edges(address: str, old: Rate, new: Rate) -> Iterator[Quote]:
    for units in edges(old, new):
        was, now = priced(address, old, units).amount, priced(address, new, units).amount
        yield Quote(address, address, units, new.currency, _interval(new.every), was, now)


def edges(old: Rate, new: Rate) -> tuple[int, ...]:
    """N-1, N and N+1 of the lowest bounds and packages around which the two rates differ, ascending."""
    sizes = {each.package.size for each in (old, new) if each.package}
    bounds = sorted(
        sizes | {tier.up_to for each in (old, new) for tier in each.tiers if tier.up_to is not None}
    )
    differing = [bound for bound in bounds if any(_differs(old, new, units) for units in _around(bound))]
    return tuple(sorted({units for bound in differing[:BOUNDS] for units in _around(bound)}))


def _around(bound: int) -> tuple[int, int, int]:
    return bound - 1, bound, bound + 1


def _differs(old: Rate, new: Rate, units: int) -> bool:
    return priced("", old, units).amount != priced("", new, units).amount


def _interval(every: Period | None) -> Interval | None:
    return Interval(every.unit.value, every.count) if every else None
