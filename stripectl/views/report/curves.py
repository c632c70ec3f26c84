"""What a tiered price costs at any number of units, exactly: lines between the bounds, jumps at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stripectl.review.terms import Terms

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier; amounts are minor units."""

    above: int
    """Units below its first one."""
    up_to: int | None
    """Its last unit; None is unbounded."""
    unit: Decimal
    flat: Decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight part of a curve: units and minor units at both ends."""

    start: int
    """The part begins right behind this number of units."""
    end: int
    cost_at_start: Decimal
    """What the line comes from; the cost at `start` itself belongs to the part before."""
    cost_at_end: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """The cost of a price in one currency."""

    terms: Terms

    @classmethod
    def of(cls, terms: Terms | None) -> Curve | None:
        """None for packages, which make steps of it, and for what the customer chooses."""
        drawn = terms and terms.choice is None and terms.rate.package is None
        return cls(terms) if terms and drawn else None

    @property
    def currency(self) -> str:
        return self.terms.currency

    @property
    def is_volume(self) -> bool:
        """All units have the price of the tier that the last one falls in; else each tier has its own."""
        return self.terms.is_volume

    @property
    def tiers(self) -> tuple[Tier, ...]:
        above = (0, *(each.up_to or 0 for each in self.terms.rate.tiers))
        return tuple(
            Tier(start, each.up_to, each.unit, each.flat)
            for start, each in zip(above, self.terms.rate.tiers, strict=False)
        )

    @property
    def bounds(self) -> tuple[int, ...]:
        """The last unit of each tier that has one."""
        return tuple(tier.up_to for tier in self.tiers if tier.up_to is not None)

    def cost(self, units: int) -> Decimal:
        """Minor units for `units`, which is 1 or more."""
        return self.terms.cost(units)

    def pieces(self, until: int) -> tuple[Piece, ...]:
        """The curve from nothing to `until` units, left to right."""
        return tuple(self._pieces(until))

    def _pieces(self, until: int) -> Iterator[Piece]:
        for tier in self.tiers:
            if tier.above < until:
                end = _last(tier, until)
                cost = self.cost(end)
                yield Piece(tier.above, end, cost - tier.unit * (end - tier.above), cost)


def _last(tier: Tier, units: int) -> int:
    return units if tier.up_to is None else min(units, tier.up_to)


def spread(before: Curve, after: Curve, until: int) -> tuple[tuple[int, Decimal], tuple[int, Decimal]]:
    """The least and the greatest of `after` minus `before` for 1 to `until` units, with where it is first so.

    Both curves are straight between their bounds, so that it is enough to look at the bounds' two sides.
    """
    every = [(units, after.cost(units) - before.cost(units)) for units in edges((before, after), until)]
    return min(every, key=lambda each: each[1]), max(every, key=lambda each: each[1])


def edges(curves: tuple[Curve, ...], until: int) -> tuple[int, ...]:
    """1, both sides of each bound, and `until`: numbers of units between which nothing bends or jumps."""
    bounds = {bound for curve in curves for bound in curve.bounds}
    return tuple(
        sorted(units for units in {1, until, *bounds, *(each + 1 for each in bounds)} if 0 < units <= until)
    )
