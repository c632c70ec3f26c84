"""What a price asks for, read from its fields: declared, recorded or observed ones alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripectl.engine.values import Fields, Ref, Value
from stripectl.pricing.model import Package, Period, Rounding, Unit
from stripectl.pricing.quote import Mode, Rate, RateTier

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The bounds within which a customer chooses the amount; minor units, None where there is none."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    preset: Decimal | None = None


def currencies(fields: Fields) -> tuple[str, ...]:
    """Every currency of a price or a coupon, the base currency first."""
    base = fields.get("currency")
    return tuple(dict.fromkeys((*texts((base,)), *mapping(fields.get("currency_options")))))


def rate(fields: Fields, currency: str) -> Rate | None:
    """What a price asks for in one currency; None where it is not sold in it."""
    if currency not in currencies(fields):
        return None
    own = in_currency(fields, currency)
    return Rate(
        currency,
        _tiers(own),
        mode=Mode(str(fields.get("tiers_mode") or Mode.GRADUATED)),
        package=_package(mapping(fields.get("transform_quantity"))),
        every=_period(mapping(fields.get("recurring"))),
        chosen=bool(own.get("custom_unit_amount")),
    )


def choice(fields: Fields, currency: str) -> Choice | None:
    """What a customer may choose in one currency; None where the amount is not theirs to choose."""
    own = in_currency(fields, currency).get("custom_unit_amount")
    if own is None:
        return None
    bounds = mapping(own)
    return Choice(*(_bound(bounds.get(name)) for name in ("minimum", "maximum", "preset")))


def _bound(value: Value) -> Decimal | None:
    return None if value is None else number(value)


def in_currency(fields: Fields, currency: str) -> Fields:
    """The fields that hold the amounts in one of the currencies."""
    if fields.get("currency") == currency:
        return fields
    return mapping(mapping(fields.get("currency_options")).get(currency))


def meter(fields: Fields) -> str | None:
    """Address of the meter that measures what a price charges for; None for one bought by quantity."""
    found = mapping(fields.get("recurring")).get("meter")
    return str(found) if isinstance(found, Ref | str) else None


def _tiers(fields: Fields) -> tuple[RateTier, ...]:
    """The tiers of a price or of one of its currency options; one alone where it has none."""
    tiers = fields.get("tiers")
    if isinstance(tiers, tuple) and tiers:
        return tuple(_tier(mapping(each)) for each in tiers)
    chosen = mapping(fields.get("custom_unit_amount"))
    suggested = chosen.get("preset", chosen.get("minimum"))
    return (RateTier(None, number(suggested if chosen else fields.get("unit_amount"))),)


def _tier(fields: Fields) -> RateTier:
    up_to = fields.get("up_to")
    return RateTier(
        up_to if isinstance(up_to, int) else None,
        number(fields.get("unit_amount")),
        number(fields.get("flat_amount")),
    )


def _package(fields: Fields) -> Package | None:
    size = fields.get("divide_by")
    return Package(size, Rounding(str(fields.get("round")))) if isinstance(size, int) else None


def _period(recurring: Fields) -> Period | None:
    count = recurring.get("interval_count")
    unit = recurring.get("interval")
    return Period(Unit(str(unit)), count if isinstance(count, int) else 1) if unit else None


def number(value: Value) -> Decimal:
    """Minor units, or a percentage; what is not set is nought."""
    return Decimal(value) if isinstance(value, int | Decimal) else ZERO


def mapping(value: Value) -> Fields:
    """The value where it is a mapping; an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def texts(values: Iterable[object]) -> tuple[str, ...]:
    """Those of the values that are texts."""
    return tuple(each for each in values if isinstance(each, str))
