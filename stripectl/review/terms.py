"""What an object asks for in each currency: the one reading of a price, a discount or a code by the views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields
from stripectl.pricing.quote import Mode, Rate, priced, times
from stripectl.providers.stripe.rates import Choice as Choice
from stripectl.providers.stripe.rates import choice, currencies, meter, rate


@dataclass(frozen=True, slots=True)
class Terms:
    """What a price asks for in one currency."""

    rate: Rate
    meter: str | None = None
    """What measures the units; None for those that are bought."""
    choice: Choice | None = None
    """The bounds of an amount that the customer chooses; None where it is fixed."""

    @property
    def currency(self) -> str:
        return self.rate.currency

    @property
    def tiered(self) -> bool:
        return len(self.rate.tiers) > 1 or bool(self.rate.tiers[0].flat)

    @property
    def is_volume(self) -> bool:
        """All units have the price of the tier that the last one falls in."""
        return self.tiered and self.rate.mode is Mode.VOLUME

    @property
    def amount(self) -> Decimal | None:
        """Minor units of a price that is one amount, or an allowance with an overage; else None."""
        if self.choice is not None:
            return None
        if self.tiered and not self.allowance:
            return None
        return self.rate.tiers[-1].unit

    @property
    def allowance(self) -> int:
        """Units that are free before a single amount is charged for each further one; 0 without them."""
        last = self.rate.tiers[-1]
        return self.rate.included if len(self.rate.tiers) == 2 and not last.flat else 0

    def same_but_for_the_amount(self, other: Terms) -> bool:
        """Both are one amount, for as many units, as often, bought or measured both; in any currency."""
        return (
            self.amount is not None
            and other.amount is not None
            and self.allowance == other.allowance
            and (self.rate.every, self.rate.package, bool(self.meter))
            == (other.rate.every, other.rate.package, bool(other.meter))
        )

    def cost(self, units: int) -> Decimal:
        """Minor units, not rounded, of 0 or more units."""
        return priced("", self.rate, units).exact

    def costs_as(self, other: Terms) -> bool:
        """Whether any quantity costs the same, as often, and is counted by the same meter."""
        if self.choice or other.choice:
            return self.choice == other.choice
        try:
            return self._costs_as(other)
        except ArithmeticError:
            # No sound price comes to it: an amount beyond all digits, or a package of nothing.
            return False

    def _costs_as(self, other: Terms) -> bool:
        if self.meter != other.meter or not self.paid_as_often_as(other):
            return False
        if self.rate.tiers == other.rate.tiers and self.rate.package == other.rate.package:
            return self.rate.mode is other.rate.mode or not self.tiered
        # One unit is the quickest to tell: most prices are one amount.
        return self.cost(1) == other.cost(1) and all(
            self.cost(units) == other.cost(units) for units in telling(self, other)
        )

    def paid_as_often_as(self, other: Terms) -> bool:
        one, two = self.rate.every, other.rate.every
        return one == two or bool(one and two and times(one, two) == 1)


def telling(one: Terms, other: Terms) -> tuple[int, ...]:
    """Quantities of which at least one costs another amount, if any quantity does; ascending from 0.

    Between two bounds a cost is a line, which two units settle; a package makes steps of it.
    """
    rates = (one.rate, other.rate)
    bounds = {0, *(tier.up_to for each in rates for tier in each.tiers if tier.up_to is not None)}
    units = {bound + more for bound in bounds for more in (0, 1, 2)}
    sizes = {each.package.size for each in rates if each.package}
    steps = {size * each + more for size in sizes for each in units for more in (-1, 0, 1)}
    return tuple(sorted(each for each in units | steps if each >= 0))


def terms(fields: Fields) -> Mapping[str, Terms]:
    """What a price asks for by currency, the base currency first; empty for what is no readable price."""
    try:
        return dict(_terms(fields))
    except ValueError:
        # A plan file may hold a mode or an interval that nobody knows; its fields are shown as they are.
        return {}


def _terms(fields: Fields) -> Iterator[tuple[str, Terms]]:
    for currency in currencies(fields) if _is_priced(fields) else ():
        if found := rate(fields, currency):
            yield currency, Terms(found, meter(fields), choice(fields, currency))


def _is_priced(fields: Fields) -> bool:
    return any(fields.get(name) is not None for name in _AMOUNTS)


_AMOUNTS = ("unit_amount", "tiers", "custom_unit_amount")


def sold(resource: Resource | None) -> Mapping[str, Terms]:
    """The same of a price that can be bought; empty for one that is out of use, or none."""
    return terms(resource.fields) if resource and resource.kind == "price" and resource.active else {}
