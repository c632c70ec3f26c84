"""What a customer pays: prices at quantities, with tiers, packages and discounts, in one currency. Exact.

Amounts are minor units of the currency. A line is computed exactly and then rounded to what can be paid, as
Stripe documents it: the amount of a line is rounded after the multiplication and before the sum. Its one
example rounds 1.5 cents to 2; that every tie goes up, that the tiers of a price are rounded as one line, and
how a percentage is rounded, is unverified. Of UGX, which has no fractions, Stripe documents that it rounds
the invoice and credits the difference; here each line and discount is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from stripectl.pricing.model import Package, Period, Rounding, Unit
from stripectl.pricing.money import EXACT, payable, plain, rounded

ZERO = Decimal(0)


class Mode(StrEnum):
    """How tiers price a quantity."""

    GRADUATED = "graduated"
    """Each unit by the tier that it falls in."""
    VOLUME = "volume"
    """Every unit by the tier that the whole quantity falls in."""


@dataclass(frozen=True, slots=True)
class RateTier:
    """One tier of a rate."""

    up_to: int | None
    """Last unit that the tier covers, inclusive; None is unbounded, and so is the last tier of a rate."""
    unit: Decimal = ZERO
    """Minor units for each unit; 0 or more, up to twelve decimals."""
    flat: Decimal = ZERO
    """Minor units, once the tier is reached."""

    @property
    def is_free(self) -> bool:
        return not (self.unit or self.flat)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one price asks for in one currency."""

    currency: str
    """Three lower-case letters."""
    tiers: tuple[RateTier, ...]
    """At least one; one alone is a price without tiers."""
    mode: Mode = Mode.GRADUATED
    package: Package | None = None
    """Units that are counted as one before they are priced."""
    every: Period | None = None
    """None is paid once."""
    chosen: bool = False
    """The customer chooses the amount; what stands here is what is suggested to them."""

    @property
    def included(self) -> int:
        """Units that cost nothing before the first tier that does; 0 without an allowance."""
        if self.mode is Mode.VOLUME or not self.tiers[0].is_free:
            return 0
        return self.tiers[0].up_to or 0


@dataclass(frozen=True, slots=True)
class Taken:
    """The part of a quantity that one tier prices."""

    tier: RateTier
    first: int
    """First unit of the tier, from 1."""
    units: int
    """0 where only the flat part of the first tier is due."""

    @property
    def exact(self) -> Decimal:
        """Minor units, not rounded."""
        return EXACT.add(EXACT.multiply(self.tier.unit, Decimal(self.units)), self.tier.flat)


@dataclass(frozen=True, slots=True)
class Line:
    """One price at one quantity."""

    name: str
    rate: Rate
    quantity: int
    """As it was bought or measured."""
    units: int
    """As it is priced: packages where the price is one for packages."""
    taken: tuple[Taken, ...]

    @property
    def exact(self) -> Decimal:
        """Minor units, not rounded."""
        total = ZERO
        for each in self.taken:
            total = EXACT.add(total, each.exact)
        return plain(total)

    @property
    def amount(self) -> Decimal:
        """Minor units that can be paid: whole ones, and whole hundreds of UGX."""
        return rounded(self.exact, self.rate.currency)

    @property
    def allowance_used(self) -> int:
        """Units that the allowance covers."""
        return min(self.units, self.rate.included)


@dataclass(frozen=True, slots=True)
class Reduction:
    """A discount; one of `percent` and `amount`."""

    name: str
    percent: Decimal | None = None
    """Over 0, up to 100."""
    amount: Decimal | None = None
    """Minor units of the bill's currency."""
    only: frozenset[str] | None = None
    """Names of the lines that it is limited to; None is all."""
    months: int | None = None
    """How long it lasts; None is once or forever."""
    once: bool = False
    """It comes off the first invoice alone."""

    def lasts(self, every: Period | None) -> Period | None:
        """For how long what is due `every` so often is lower; None is for good, or for the only payment.

        A month that has begun counts for a whole period; days and weeks are left in months.
        """
        if every is None or self.months is None:
            return every if self.once else None
        if every.unit not in _MONTHS:
            return Period(Unit.MONTH, self.months)
        length = every.count * (12 if every.unit is Unit.YEAR else 1)
        return replace(every, count=every.count * -(-self.months // length))


@dataclass(frozen=True, slots=True)
class Total:
    """What is due each period, or once."""

    every: Period | None
    subtotal: Decimal
    """Whole minor units, before discounts."""
    reductions: tuple[tuple[Reduction, Decimal], ...] = ()
    """Each discount with the whole minor units that it takes off; 0 or more."""
    lasts: Period | None = None
    """From the first invoice on, until a discount ends; None is for good."""
    then: Total | None = None
    """What is due after that; None where it stays so."""

    @property
    def course(self) -> tuple[Total, ...]:
        """Itself, and what is due later, one stage after the other."""
        return (self, *(self.then.course if self.then else ()))

    def at(self, stage: Total) -> Total:
        """What is due here when the stage of another course ends."""
        ends = stage.lasts
        return next(
            each for each in self.course if each.lasts is None or (ends and not _outlasts(ends, each.lasts))
        )

    def after(self, ends: Period | None) -> Total:
        """What is due once so much time has gone by; None is at first."""
        return next(
            stage
            for stage in self.course
            if stage.lasts is None or ends is None or _outlasts(stage.lasts, ends)
        )

    @property
    def amount(self) -> Decimal:
        """Whole minor units, 0 or more."""
        return self.subtotal - sum((off for _, off in self.reductions), ZERO)


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines and what they come to."""

    currency: str
    lines: tuple[Line, ...]
    totals: tuple[Total, ...]
    """One a period, in the order of the lines; what is paid once stands last. Periods are never added up."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Recurring totals as if all were due in one period: for comparison, nobody is billed so."""

    every: Period
    amount: Decimal
    """Whole minor units."""
    is_exact: bool
    """Neither rounded nor counted with an average length of months."""


def priced(name: str, rate: Rate, quantity: int) -> Line:
    """The line for a quantity of 0 or more."""
    units = _packages(rate.package, quantity)
    by_mode = _volume if rate.mode is Mode.VOLUME else _graduated
    return Line(name, rate, quantity, units, tuple(by_mode(rate.tiers, units)))


def _packages(package: Package | None, quantity: int) -> int:
    if package is None:
        return quantity
    whole, rest = divmod(quantity, package.size)
    return whole + 1 if rest and package.round is Rounding.UP else whole


def _graduated(tiers: tuple[RateTier, ...], units: int) -> Iterator[Taken]:
    """Each tier that the quantity reaches; the first one in any case, because its flat part is always due."""
    covered = 0
    for tier in tiers:
        if covered >= units and covered:
            return
        is_last = tier is tiers[-1] or tier.up_to is None
        end = units if is_last else min(units, tier.up_to or 0)
        yield Taken(tier, covered + 1, end - covered)
        if end >= units:
            return
        covered = end


def _volume(tiers: tuple[RateTier, ...], units: int) -> Iterator[Taken]:
    first = 1
    for tier in tiers:
        if tier is tiers[-1] or tier.up_to is None or units <= tier.up_to:
            yield Taken(tier, first, units)
            return
        first = tier.up_to + 1


def billed(currency: str, lines: Iterable[Line], reductions: Iterable[Reduction] = ()) -> Bill:
    """The bill of lines that are all in one currency.

    Discounts apply one after the other to what is left. A percentage applies to every period, an amount to
    the first total alone, because it is taken off once an invoice.
    """
    every, off = tuple(lines), tuple(reductions)
    periods = sorted(dict.fromkeys(each.rate.every for each in every), key=lambda each: each is None)
    totals = [
        _total(period, [each for each in every if each.rate.every == period], off, is_first=not place)
        for place, period in enumerate(periods)
    ]
    return Bill(currency, every, tuple(totals))


def _total(
    every: Period | None, lines: list[Line], reductions: tuple[Reduction, ...], *, is_first: bool
) -> Total:
    left = {each.name: each.amount for each in lines}
    taken: list[tuple[Reduction, Decimal]] = []
    for each in reductions:
        if each.amount is None or is_first:
            off = _reduce(left, each, lines[0].rate.currency)
            taken.append((each, off))
    ends = [end for each, off in taken if off and (end := each.lasts(every))]
    lasts = min(ends, key=_days, default=None)
    then = None
    if lasts:
        left_over = tuple(each for each in reductions if _outlasts(each.lasts(every), lasts))
        then = _total(every, lines, left_over, is_first=is_first)
    return Total(every, sum((line.amount for line in lines), ZERO), tuple(taken), lasts, then)


def _outlasts(one: Period | None, other: Period) -> bool:
    return one is None or _days(one) > _days(other)


def _reduce(left: dict[str, Decimal], reduction: Reduction, currency: str) -> Decimal:
    """Take the discount off the lines that it applies to, the earlier ones first; how much it came to."""
    names = [name for name in left if reduction.only is None or name in reduction.only]
    open_ = sum((left[name] for name in names), ZERO)
    share = EXACT.multiply(open_, (reduction.percent or ZERO).scaleb(-2))
    off = min(open_, rounded(share if reduction.amount is None else reduction.amount, currency))
    rest = off
    for name in names:
        part = min(left[name], rest)
        left[name] -= part
        rest -= part
    return off


def spread(bill: Bill, every: Period) -> Spread | None:
    """All recurring totals as one figure for the period `every`, before discounts, which may end any time.

    What is paid once is left out; None where nothing recurs.
    """
    recurring = [(each.every, each.subtotal) for each in bill.totals if each.every]
    if not recurring:
        return None
    total, is_exact = Fraction(0), True
    for paid, subtotal in recurring:
        total += Fraction(subtotal) * times(paid, every)
        is_exact = is_exact and ((paid.unit in _MONTHS) is (every.unit in _MONTHS) or not subtotal)
    step = payable(bill.currency)
    whole = (total / step + Fraction(1, 2)).__floor__() * step
    return Spread(every, Decimal(whole), is_exact and whole == total)


def times(paid: Period, wanted: Period) -> Fraction:
    """How many times `paid` falls due in `wanted`, with months of an average length."""
    return _days(wanted) / _days(paid)


def in_time(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Each length once, the shortest first."""
    return tuple({_days(each): each for each in sorted(periods, key=_days, reverse=True)}.values())[::-1]


def _days(period: Period) -> Fraction:
    return _DAYS[period.unit] * period.count


_MONTHS = frozenset({Unit.MONTH, Unit.YEAR})

_DAYS = {
    Unit.DAY: Fraction(1),
    Unit.WEEK: Fraction(7),
    Unit.MONTH: Fraction(365, 12),
    Unit.YEAR: Fraction(365),
}
"""Of an average month and a common year; between months and years, and between days and weeks, exact."""
