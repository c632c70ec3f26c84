"""What a tiered price costs at any number of units, exactly: lines between the bounds, jumps at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripectl.engine.values import Fields, Value
from stripectl.views import amounts
from stripectl.views.amounts import number

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
    """The cost of a tiered price in one currency."""

    currency: str
    is_volume: bool
    """All units have the price of the tier that the last one falls in; else each tier has its own."""
    tiers: tuple[Tier, ...]

    @classmethod
    def of(cls, fields: Fields) -> Curve | None:
        """The curve in the price's own currency; None for a price without tiers."""
        currency, tiers = amounts.currency_of(fields), tuple(_tiers(fields.get("tiers")))
        return cls(currency, fields.get("tiers_mode") == "volume", tiers) if tiers and currency else None

    @property
    def bounds(self) -> tuple[int, ...]:
        """The last unit of each tier that has one."""
        return tuple(tier.up_to for tier in self.tiers if tier.up_to is not None)

    def cost(self, units: int) -> Decimal:
        """Minor units for `units`, which is 1 or more."""
        reached = [tier for tier in self.tiers if tier.above < units]
        if self.is_volume:
            return reached[-1].flat + reached[-1].unit * units
        return sum((tier.flat + tier.unit * (_last(tier, units) - tier.above) for tier in reached), ZERO)

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


def _tiers(value: Value) -> Iterator[Tier]:
    above = 0
    for tier in value if isinstance(value, tuple) else ():
        if isinstance(tier, Mapping):
            bound = tier.get("up_to")
            up_to = bound if isinstance(bound, int) else None
            yield Tier(above, up_to, number(tier.get("unit_amount")) or ZERO, _flat(tier))
            above = above if up_to is None else up_to


def _flat(tier: Mapping[str, Value]) -> Decimal:
    return number(tier.get("flat_amount")) or ZERO


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
