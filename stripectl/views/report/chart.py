"""Cost curves as drawings: where each line, tick and jump stands in a picture of fixed size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import TypeAlias

from stripectl.pricing.money import plain, to_major
from stripectl.views import amounts
from stripectl.views.report.curves import ZERO, Curve, Piece, edges, spread

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 66, 16, 26, 46
"""Margins of the picture, which the axes and their words stand in."""

TICKS = 4
"""Parts that an axis is divided into, about."""

UNBOUNDED = 100
"""Units that are drawn of a price whose only tier has no end."""

FIGURES = 24
"""Rows of the table below a chart; a price with more tiers has them in the plan file."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    """Place on its axis."""
    text: str


@dataclass(frozen=True, slots=True)
class Jump:
    """A bound at which the cost changes at once."""

    x: str
    start: str
    """Height of the last unit before it."""
    end: str
    """Height right behind it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve."""

    name: str
    """`before` or `after`."""
    path: str
    """In the words of an SVG path."""
    jumps: tuple[Jump, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """What so many units cost, in words."""

    units: str
    before: str
    after: str
    change: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The cost of one price in one currency, before and after."""

    currency: str
    title: str
    description: str
    said: str
    """What the picture shows, in one sentence."""
    traces: tuple[Trace, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    figures: tuple[Figure, ...]
    figures_left_out: int


Curves: TypeAlias = Mapping[str, Curve]
"""By name, `before` first; one of them or both, in one currency."""


def chart(curves: Curves, title: str) -> Chart:
    """The curves in one picture; `title` says whose they are."""
    currency = next(iter(curves.values())).currency
    last_bound = max((bound for each in curves.values() for bound in each.bounds), default=UNBOUNDED)
    # Half as much again, so that the last tier is seen, too.
    across = _axis(Decimal(last_bound) * 3 / 2, finest=Decimal(1))
    until = int(across[-1])
    pieces = {name: each.pieces(until) for name, each in curves.items()}
    up = _axis(to_major(_highest(pieces), currency))
    grid = _Grid(across[-1], up[-1], currency)
    units = edges(tuple(curves.values()), until)
    figures = tuple(_figure(curves, each, currency) for each in units[:FIGURES])
    return Chart(
        currency=currency.upper(),
        title=f"What {title} costs in {currency.upper()}, by units",
        description=_described(figures),
        said=_said(curves, until),
        traces=tuple(grid.trace(name, each) for name, each in pieces.items()),
        across=tuple(Tick(grid.x(each), _short(each)) for each in across),
        up=tuple(Tick(grid.y(each), _short(each)) for each in up),
        figures=figures,
        figures_left_out=len(units) - len(figures),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """From units and money to places in the picture."""

    widest: Decimal
    highest: Decimal
    """Major units."""
    currency: str

    def x(self, units: Decimal | int) -> str:
        return _place(LEFT + (WIDTH - LEFT - RIGHT) * Decimal(units) / self.widest)

    def y(self, major: Decimal) -> str:
        return _place(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * major / self.highest)

    def cost(self, minor: Decimal) -> str:
        return self.y(to_major(minor, self.currency))

    def trace(self, name: str, pieces: tuple[Piece, ...]) -> Trace:
        path = " ".join(
            f"M{self.x(each.start)} {self.cost(each.cost_at_start)}"
            f" L{self.x(each.end)} {self.cost(each.cost_at_end)}"
            for each in pieces
        )
        return Trace(name, path, tuple(self._jumps(pieces)))

    def _jumps(self, pieces: tuple[Piece, ...]) -> Iterator[Jump]:
        for left, right in pairwise(pieces):
            if left.cost_at_end != right.cost_at_start:
                yield Jump(self.x(left.end), self.cost(left.cost_at_end), self.cost(right.cost_at_start))


def _place(value: Decimal) -> str:
    return format(plain(value.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)), "f")


def _highest(traces: Mapping[str, tuple[Piece, ...]]) -> Decimal:
    every = (each for pieces in traces.values() for each in pieces)
    return max(max(each.cost_at_start, each.cost_at_end) for each in every)


def _axis(most: Decimal, finest: Decimal = ZERO) -> tuple[Decimal, ...]:
    """Round numbers from nought to `most` or the next one, evenly spaced, at least `finest` apart."""
    rough = max(most / TICKS, finest) or Decimal(1)
    power = Decimal(1).scaleb(rough.adjusted())
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    count = max(1, int((most / step).to_integral_value(ROUND_CEILING)))
    return tuple(step * each for each in range(count + 1))


def _short(value: Decimal) -> str:
    """`2,500`, `250k`, `1.5M`: all digits of a round number."""
    for least, size, letter in _LETTERS:
        if value >= least:
            return f"{amounts.quantity(plain(value / size))}{letter}"
    return amounts.quantity(plain(value))


_LETTERS = (
    (1_000_000_000, 1_000_000_000, "B"),
    (1_000_000, 1_000_000, "M"),
    (10_000, 1_000, "k"),
)


def _figure(curves: Curves, units: int, currency: str) -> Figure:
    costs = {name: each.cost(units) for name, each in curves.items()}
    told = {name: amounts.money(cost, currency) for name, cost in costs.items()}
    both = len(costs) == 2
    return Figure(
        amounts.quantity(units),
        told.get("before", ""),
        told.get("after", ""),
        _change(costs["before"], costs["after"], currency) if both else "",
    )


def _change(before: Decimal, after: Decimal, currency: str) -> str:
    return amounts.change(before, after, currency) if before != after else "the same"


def _described(figures: tuple[Figure, ...]) -> str:
    """The curve in words, for who cannot see it."""
    return "; ".join(_told(each) for each in figures) + "."


def _told(figure: Figure) -> str:
    costs = " → ".join(filter(None, (figure.before, figure.after)))
    return f"{figure.units} units: {costs}"


def _said(curves: Curves, until: int) -> str:
    """By how much the cost of 1 to `until` units changes, and beyond; empty for a curve alone."""
    match curves:
        case {"before": before, "after": after}:
            (least_at, least), (most_at, most) = spread(before, after, until)
        case _:
            return ""
    ends = ((most, most_at, "more"), (-least, least_at, "less"))
    parts = [
        f"at most {amounts.money(by, after.currency)} {word} (at {_units(units)})"
        for by, units, word in ends
        if by > 0
    ]
    if len(parts) == 1:
        parts.append("never less" if most > 0 else "never more")
    told = " and ".join(parts) if len(parts) < 2 or "never" not in parts[1] else ", ".join(parts)
    return f"For 1 to {_units(until)} it costs {told or 'the same'}{_beyond(before, after)}."


def _beyond(before: Curve, after: Curve) -> str:
    by = after.tiers[-1].unit - before.tiers[-1].unit
    word = "more" if by > 0 else "less"
    return f"; beyond, {amounts.money(abs(by), after.currency)} {word} with each unit" if by else ""


def _units(units: int) -> str:
    return amounts.count(units, "unit")
