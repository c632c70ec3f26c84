"""What differs between what an object asks for before and after, currency by currency. Exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import zip_longest
from typing import TypeAlias

from stripectl.diagnostics import Path
from stripectl.engine.values import Fields, Value, equal, leaves
from stripectl.pricing.quote import RateTier
from stripectl.providers.stripe.kinds import COUPON
from stripectl.providers.stripe.rates import mapping
from stripectl.review.terms import Terms


class Course(StrEnum):
    """What becomes of an amount."""

    CHANGES = "changes"
    """Some quantity costs something else, or is paid at other times."""
    COMES = "comes"
    GOES = "goes"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an amount that differs."""

    path: Path
    """From the field's name down to the value, as in the object; tiers count from 0."""
    before: Value
    """None where it is not set."""
    after: Value

    @property
    def share(self) -> Fraction | None:
        """Percent of what it was, exact; None where it is no number, or was nothing."""
        match self.before, self.after:
            case ((int() | Decimal() as was), (int() | Decimal() as now)) if was:
                return (Fraction(now) - Fraction(was)) * 100 / abs(Fraction(was))
        return None


@dataclass(frozen=True, slots=True)
class Amount:
    """What an object asks for in one currency, before and after."""

    address: str
    kind: str
    currency: str
    """Lower-case code; empty for a percentage."""
    course: Course
    before: Terms | None = None
    """Of a price that can be bought; None for anything else."""
    after: Terms | None = None
    parts: tuple[Part, ...] = ()
    """What differs, in the order of its tiers; empty for what comes, goes or stays."""

    @property
    def step(self) -> tuple[Decimal, Decimal] | None:
        """Minor units before and after, where one amount of the same thing moves; None otherwise."""
        was, now = self.before, self.after
        if not was or not now or was.amount is None or now.amount is None:
            return None
        return (was.amount, now.amount) if was.same_but_for_the_amount(now) else None


def side_by_side(amounts: Iterable[Amount]) -> bool:
    """Something is sold before and after, in whatever currency, so that one can be held against the other."""
    every = tuple(amounts)
    return any(each.before for each in every) and any(each.after for each in every)


def price_amounts(
    address: str, before: Mapping[str, Terms], after: Mapping[str, Terms], base: str
) -> Iterator[Amount]:
    """One a currency of either side, those that stay or come first; `base` has no path through an option."""
    for currency in dict.fromkeys((*after, *before)):
        was, now = before.get(currency), after.get(currency)
        yield Amount(
            address,
            "price",
            currency,
            _course(was, now),
            was,
            now,
            tuple(_within(each, currency, base) for each in _parts(was, now)) if was and now else (),
        )


def _course(was: Terms | None, now: Terms | None) -> Course:
    if was is None or now is None:
        return Course.COMES if now else Course.GOES
    return Course.SAME if was == now or was.costs_as(now) else Course.CHANGES


def _within(part: Part, currency: str, base: str) -> Part:
    above = () if currency == base else ("currency_options", currency)
    return Part((*above, *part.path), part.before, part.after)


def _parts(was: Terms, now: Terms) -> Iterator[Part]:
    """The values of one currency that differ; of another shape all of it as one value, without a path."""
    if was.choice and now.choice:
        for name in ("minimum", "maximum", "preset"):
            yield from _part(
                ("custom_unit_amount", name), getattr(was.choice, name), getattr(now.choice, name)
            )
    elif was.choice or now.choice or was.tiered is not now.tiered:
        yield Part((), None, None)
    elif now.tiered:
        for place, (old, new) in enumerate(zip_longest(was.rate.tiers, now.rate.tiers)):
            yield from _tier(("tiers", place), old, new)
    else:
        yield from _part(("unit_amount",), was.rate.tiers[0].unit, now.rate.tiers[0].unit)


def _tier(path: Path, old: RateTier | None, new: RateTier | None) -> Iterator[Part]:
    if old is None or new is None:
        yield Part(path, _whole(old), _whole(new))
        return
    yield from _part((*path, "up_to"), old.up_to, new.up_to)
    yield from _part((*path, "unit_amount"), old.unit, new.unit)
    yield from _part((*path, "flat_amount"), old.flat or None, new.flat or None)


def _whole(tier: RateTier | None) -> Value:
    if tier is None:
        return None
    flat: Fields = {"flat_amount": tier.flat} if tier.flat else {}
    return {"up_to": tier.up_to, "unit_amount": tier.unit, **flat}


def _part(path: Path, before: Value, after: Value) -> Iterator[Part]:
    if not equal(before, after):
        yield Part(path, before, after)


# Discounts, codes and notes

_Values: TypeAlias = Mapping[Path, Value]


def other_amounts(address: str, kind: str, before: Fields | None, after: Fields | None) -> Iterator[Amount]:
    """Of a discount, a code or a note, as far as it says what is paid; None is not in force.

    Codes and notes limit or repeat an amount, and have none that could come or go of itself.
    """
    was, now = (READ[kind](each) if each is not None else {} for each in (before, after))
    for currency in dict.fromkeys((*now, *was)):
        old, new = was.get(currency), now.get(currency)
        if kind == "coupon" and (old is None or new is None):
            yield Amount(address, kind, currency, Course.COMES if old is None else Course.GOES)
        elif before is not None and after is not None:
            parts = tuple(_differing(old or {}, new or {}))
            yield Amount(address, kind, currency, Course.CHANGES if parts else Course.SAME, parts=parts)


def _differing(was: _Values, now: _Values) -> Iterator[Part]:
    for path in dict.fromkeys((*was, *now)):
        yield from _part(path, was.get(path), now.get(path))


def _coupon(fields: Fields) -> Mapping[str, _Values]:
    duration = COUPON.fields["duration"].default
    shared: dict[Path, Value] = {
        ("percent_off",): fields.get("percent_off"),
        ("duration",): fields.get("duration", duration),
        ("duration_in_months",): fields.get("duration_in_months"),
        ("applies_to",): fields.get("applies_to") or None,
    }
    off = _by_currency(fields, fields.get("currency"), "amount_off")
    return {currency: {**values, **shared} for currency, values in off.items()} or {"": shared}


def _code(fields: Fields) -> Mapping[str, _Values]:
    return _by_currency(fields, fields.get("minimum_amount_currency"), "minimum_amount")


def _by_currency(fields: Fields, base: Value, name: str) -> Mapping[str, _Values]:
    options = mapping(fields.get("currency_options"))
    found = {str(currency): mapping(option).get(name) for currency, option in options.items()}
    every = {**({base: fields.get(name)} if isinstance(base, str) else {}), **found}
    return {currency: {(name,): value} for currency, value in every.items() if value is not None}


def _note(fields: Fields) -> Mapping[str, _Values]:
    """Amounts of one customer, of a commitment, and the steps of a ladder, out of the note in metadata."""
    try:
        noted = json.loads(str(fields.get("value")))
    except (ValueError, RecursionError):
        return {}
    found: dict[str, dict[Path, Value]] = {}
    for name, sort in _NOTED.items() if isinstance(noted, dict) else ():
        # Of an offer, the prices are a list of names.
        for path, value in leaves(_frozen(noted[name]), (name,)) if isinstance(noted.get(name), sort) else ():
            found.setdefault(str(path[-1]) if sort is dict else "", {})[path] = value
    return found


_NOTED: Mapping[str, type] = {"prices": dict, "amount": dict, "steps": list}
"""Keys of a note that say what is paid, and what they hold: amounts by currency, or the steps of a ladder."""


def _frozen(value: object) -> Value:
    match value:
        case dict():
            return {str(key): _frozen(item) for key, item in value.items()}
        case list():
            return tuple(map(_frozen, value))
    return None if value is None else str(value)


READ: Mapping[str, Callable[[Fields], Mapping[str, _Values]]] = {
    "coupon": _coupon,
    "promotion_code": _code,
    "metadata_binding": _note,
}
"""Kind, besides prices, that says what is paid -> its amounts by currency; empty is a percentage."""
