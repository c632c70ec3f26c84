"""Money, quantities and times in words that finance reads: exact, in major units, with the currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from stripectl.engine.values import Fields, Value
from stripectl.pricing.model import Period
from stripectl.pricing.money import Money, rounded


def number(value: Value) -> Decimal | None:
    """The value as a Decimal; None where it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def money(minor: Decimal, currency: str) -> str:
    """`29.00 USD` for 2900 minor units."""
    return str(Money.from_minor(minor, currency))


def about(minor: Decimal, currency: str) -> str:
    """Major units, rounded to what can be paid: a sum over months of different lengths has no end."""
    return money(rounded(minor, currency), currency)


def bare(minor: Decimal, currency: str) -> str:
    """`29.00` for 2900 minor units of USD: where the currency was already named."""
    return money(minor, currency).partition(" ")[0]


def change(before: Decimal, after: Decimal, currency: str) -> str:
    """`+5.00, +20.8 %` between two amounts of minor units; the share is left out where it began at zero."""
    absolute = _signed(bare(after - before, currency))
    return f"{absolute}, {percent_change(before, after)}" if before else absolute


def percent_change(before: Decimal, after: Decimal) -> str:
    """`+20.8 %`, rounded to a tenth; `before` is not zero."""
    share = ((after - before) * 100 / abs(before)).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
    if share == 0 and after != before:
        return "under 0.1 %"
    return f"{_signed(f'{share:,f}')} %"


def quantity(value: int | Decimal) -> str:
    """`10,000`."""
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def count(value: int, noun: str, plural: str = "") -> str:
    """`1 change`, `1,200 changes`."""
    return f"{quantity(value)} {noun if value == 1 else plural or noun + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    every = list(words)
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} and {every[-1]}"


def percent(value: Decimal) -> str:
    """`20 %`, `12.5 %`."""
    return f"{format(value.normalize() if value else Decimal(0), 'f')} %"


def moment(seconds: int) -> str:
    """A Unix time as `2027-01-31`, with the time of the day (UTC) where it is not midnight."""
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"
    midnight = when.hour == when.minute == when.second == 0
    return when.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M UTC")


def period(recurring: Value) -> str:
    """`a month`, `every 3 months`; `one-time` for a price that does not recur."""
    if not isinstance(recurring, Mapping):
        return "one-time"
    unit, times = recurring.get("interval"), recurring.get("interval_count") or 1
    return f"{'an' if unit == 'hour' else 'a'} {unit}" if times == 1 else f"every {times} {unit}s"


def every(found: Period | None) -> str:
    """The same of a period: `a month`, `every 3 months`, `one-time`."""
    return period({"interval": found.unit.value, "interval_count": found.count} if found else None)


def per_unit(amount: Decimal, flat: Decimal, currency: str, unit: str = "") -> str:
    """`5.00 EUR + 0.02 EUR per unit`: what one tier costs; without the part that is nought."""
    parts = [money(flat, currency)] if flat else []
    if amount or not parts:
        parts.append(f"{money(amount, currency)} per {unit or 'unit'}")
    return " + ".join(parts)


def currency_of(fields: Fields) -> str | None:
    """The currency that an object's own amounts are in."""
    found = fields.get("currency") or fields.get("minimum_amount_currency")
    return found if isinstance(found, str) else None


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"
