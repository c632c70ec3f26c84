"""What customers pay, in words: totals before and after a plan, and the rows of a bill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripectl.engine.quotes import Interval, Quote
from stripectl.engine.values import Value
from stripectl.pricing.model import Period
from stripectl.pricing.quote import Bill, Line, Reduction, Spread, Taken, Total
from stripectl.views import amounts
from stripectl.views.amounts import bare, money, quantity


@dataclass(frozen=True, slots=True)
class Told:
    """A quote in words: `small team`, `33.99 → 38.99 EUR a month`, `(+5.00, +14.7 %)`."""

    label: str
    text: str
    delta: str
    """Empty where nothing changes."""

    @property
    def changed(self) -> bool:
        return bool(self.delta)

    @property
    def change(self) -> str:
        """The difference without brackets; `unchanged` where there is none."""
        return self.delta.strip("()") or "unchanged"


def told(quotes: Iterable[Quote]) -> tuple[Told, ...]:
    """Each quote in words, in their order, but first those of a profile or price of which any changes."""
    every = tuple(quotes)
    changing = {each.address for each in every if each.changed}
    return tuple(_told(each) for each in sorted(every, key=lambda each: each.address not in changing))


def _told(quote: Quote) -> Told:
    units = "" if quote.quantity is None else f", {amounts.count(quote.quantity, 'unit')}"
    text, delta = difference(quote.before, quote.after, quote.currency, _recurring(quote.every))
    return Told(quote.title + units, text, delta)


def difference(
    before: Decimal | None, after: Decimal | None, currency: str, recurring: Value
) -> tuple[str, str]:
    """`33.99 → 38.99 EUR a month` and `(+5.00, +14.7 %)`; the second text is empty where both are equal."""
    period = amounts.period(recurring)
    frame = f"{', ' if period == 'one-time' else ' '}{period}"
    if before is None or after is None or before == after:
        only = after if after is not None else before or Decimal(0)
        news = "" if before == after else "(new)" if before is None else "(no longer sold)"
        return f"{money(only, currency)}{frame}", news
    free = ", now free" if not after else ", was free" if not before else ""
    delta = amounts.change(before, after, currency)
    return f"{bare(before, currency)} → {money(after, currency)}{frame}", f"({delta}{free})"


def _recurring(every: Interval | Period | None) -> Mapping[str, Value] | None:
    if every is None:
        return None
    return {"interval": str(every.unit), "interval_count": every.count}


def period(every: Period | None) -> str:
    """`a month`, `every 3 months`, `one-time`."""
    return amounts.period(_recurring(every))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One basket in one currency, as it is shown."""

    catalog: str
    title: str
    """What is bought."""
    bill: Bill
    before: Bill | None = None
    """The same basket in another state; None where nothing is compared, or it could not be bought there."""
    against: str = ""
    """What it is compared with: `revision 3`; empty where nothing is compared."""
    spread: Spread | None = None
    remarks: tuple[str, ...] = ()
    """What else to know, a sentence each."""

    @property
    def heading(self) -> str:
        compared = f", against {self.against}" if self.against else ""
        return f"{self.title} of {self.catalog}, in {self.bill.currency.upper()}{compared}"


@dataclass(frozen=True, slots=True)
class BillRow:
    """One row of a bill."""

    label: str
    how: str
    """How the amount comes about."""
    amount: str
    """Major units without the currency."""
    is_detail: bool = False
    """Part of the row above: a tier, a remark."""


def bill_rows(bill: Bill) -> tuple[BillRow, ...]:
    """A row each line, and below it one each tier where several price it."""
    return tuple(row for line in bill.lines for row in _line_rows(line))


def _line_rows(line: Line) -> Iterator[BillRow]:
    currency = line.rate.currency
    yield BillRow(line.name, _how(line), bare(line.amount, currency))
    if len(line.rate.tiers) > 1:
        for each in line.taken:
            yield BillRow(_range(each), _of_tier(each, currency), bare(each.exact, currency), is_detail=True)


def _how(line: Line) -> str:
    """`5 × 5.00`, `101 in 2 packages of 100 × 7.00`, `25,000 units, 10,000 of 10,000 included used`."""
    rate, currency = line.rate, line.rate.currency
    unit = bare(rate.tiers[0].unit, currency)
    if rate.package:
        packages = f"{amounts.count(line.units, 'package')} of {quantity(rate.package.size)}"
        text = f"{quantity(line.quantity)} in {packages} × {unit}"
    elif len(rate.tiers) == 1:
        text = f"{quantity(line.quantity)} × {unit}"
    else:
        text = amounts.count(line.units, "unit")
        if rate.included:
            text += f", {quantity(line.allowance_used)} of {quantity(rate.included)} included"
    chosen = ", the customer chooses the amount" if rate.chosen else ""
    is_rounded = ", rounded" if line.exact != line.amount else ""
    return f"{text}{chosen}{is_rounded}"


def _range(taken: Taken) -> str:
    up_to = taken.tier.up_to
    if up_to is None:
        return f"from {quantity(taken.first)}"
    return f"{quantity(taken.first)} to {quantity(up_to)}"


def _of_tier(taken: Taken, currency: str) -> str:
    flat = f" + {bare(taken.tier.flat, currency)}" if taken.tier.flat else ""
    return f"{quantity(taken.units)} × {bare(taken.tier.unit, currency)}{flat}"


def total_rows(sheet: Sheet) -> Iterator[BillRow]:
    """Discounts and what is due, a period after the other; with what was due where that is compared."""
    bill, before = sheet.bill, sheet.before
    was = {each.every: each for each in before.totals} if before else {}
    for total in bill.totals:
        yield from _reduction_rows(total, bill.currency)
        for stage in total.course:
            then = was[total.every].at(stage) if total.every in was else None
            yield BillRow(
                _stage(stage, is_first=stage is total),
                _against(then.amount if then else None, stage.amount, bill.currency) if sheet.against else "",
                bare(stage.amount, bill.currency),
            )
    for every in [each for each in was if each not in {total.every for total in bill.totals}]:
        gone = f"was {bare(was[every].amount, bill.currency)}, now nothing"
        yield BillRow(_stage(was[every], is_first=True), gone, "")


def _stage(total: Total, *, is_first: bool) -> str:
    """`Total, a month`; with a discount that ends `Total, the first month`, and `Then, a month`."""
    if is_first:
        return f"Total, {f'the first {total.lasts}' if total.lasts else period(total.every)}"
    return f"Then, {f'up to the end of the first {total.lasts}' if total.lasts else period(total.every)}"


def _reduction_rows(total: Total, currency: str) -> Iterator[BillRow]:
    if total.reductions:
        yield BillRow(f"Before discounts, {period(total.every)}", "", bare(total.subtotal, currency))
    for each, off in total.reductions:
        yield BillRow(each.name, _reduction(each, currency), f"{'-' if off else ''}{bare(off, currency)}")


def _reduction(each: Reduction, currency: str) -> str:
    off = (
        amounts.percent(each.percent)
        if each.percent is not None
        else money(each.amount or Decimal(0), currency)
    )
    lasts = f" for {amounts.count(each.months, 'month')}" if each.months else " once" if each.once else ""
    return f"{off} off{lasts}"


def _against(was: Decimal | None, now: Decimal, currency: str) -> str:
    if was is None:
        return "could not be bought"
    if was == now:
        return "unchanged"
    return f"was {bare(was, currency)} ({amounts.change(was, now, currency)})"


def spread_text(spread: Spread, currency: str) -> str:
    """`Spread evenly, before discounts: 12.40 EUR a month, rounded; nobody is billed so`."""
    note = "exact" if spread.is_exact else "rounded"
    amount = money(spread.amount, currency)
    return f"Spread evenly, before discounts: {amount} {period(spread.every)}, {note}; nobody is billed so"
