"""How a manifest declares what an object holds, field by field: the mapping read backwards, for messages.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from stripectl.engine.kinds import Spelling
from stripectl.engine.values import Fields, Ref, Value, plain_text
from stripectl.pricing.money import to_major

Line: TypeAlias = Callable[[Fields], Spelling]

DAY = 24 * 3600


def _line(text: str) -> Spelling:
    return Spelling(f"`{text}`", text)


def _absent(name: str) -> Spelling:
    return Spelling(f"no `{name}`", absent=name)


def _currencies(fields: Fields, base: str = "currency") -> Iterator[tuple[str, Fields]]:
    """Each currency with what it is sold for, the base currency first."""
    currency, options = fields.get(base), fields.get("currency_options")
    if isinstance(currency, str):
        yield currency, fields
    for code, option in options.items() if isinstance(options, Mapping) else ():
        if isinstance(option, Mapping):
            yield code, option


def _amounts(held: Iterator[tuple[str, Fields]], key: str) -> str:
    """`{usd: 12, eur: 11}` of the amounts under `key`; empty where there is none."""
    listed = [f"{code}: {_major(fields[key], code)}" for code, fields in held if fields.get(key) is not None]
    return f"{{{', '.join(listed)}}}" if listed else ""


def _major(amount: Value, currency: str) -> str:
    return plain_text(to_major(amount, currency)) if isinstance(amount, int | Decimal) else ""


def _sold(fields: Fields) -> str:
    """What a price costs, in every currency; empty for what no manifest can declare."""
    if fields.get("tiers"):
        return f"charge: {fields.get('tiers_mode')}, tiers: [{', '.join(_tiers(fields))}]"
    if fields.get("custom_unit_amount") is not None:
        bounds = ", ".join(_bounds(fields))
        return f"charge: custom, custom: {{{bounds}}}" if bounds else ""
    return f"amount: {_amounts(_currencies(fields), 'unit_amount')}"


def _inner(fields: Fields, key: str, place: int | None = None) -> Iterator[tuple[str, Fields]]:
    """Each currency with a mapping below `key`, or with the one at a place of the list there."""
    for code, held in _currencies(fields):
        value = held.get(key)
        if place is not None and isinstance(value, tuple):
            value = value[place] if place < len(value) else None
        if isinstance(value, Mapping):
            yield code, value


def _tiers(fields: Fields) -> Iterator[str]:
    tiers = fields.get("tiers")
    for place, tier in enumerate(tiers if isinstance(tiers, tuple) else ()):
        up_to = tier.get("up_to") if isinstance(tier, Mapping) else None
        amount, flat = (
            _amounts(_inner(fields, "tiers", place), key) for key in ("unit_amount", "flat_amount")
        )
        bound = "inf" if up_to is None else up_to
        yield f"{{up_to: {bound}, amount: {amount}{f', flat: {flat}' if flat else ''}}}"


def _bounds(fields: Fields) -> Iterator[str]:
    for name in ("minimum", "maximum", "preset"):
        if amounts := _amounts(_inner(fields, "custom_unit_amount"), name):
            yield f"{name}: {amounts}"


def _price(fields: Fields) -> Spelling:
    sold = _sold(fields)
    return _line(sold) if sold else Spelling("any amount that a customer chooses, without bounds")


def _options(fields: Fields) -> Spelling:
    """What it costs, and how tax goes with each currency where that differs."""
    sold = _sold(fields)
    return _line(f"{sold}, {_tax(fields)}") if sold and _taxed(fields) else _price(fields)


def _taxed(fields: Fields) -> Mapping[str, Value]:
    options = fields.get("currency_options")
    held = options.items() if isinstance(options, Mapping) else ()
    taxed = ((code, option.get("tax_behavior")) for code, option in held if isinstance(option, Mapping))
    return {code: tax for code, tax in taxed if tax}


def _tax(fields: Fields) -> str:
    base, taxed = fields.get("tax_behavior", "unspecified"), _taxed(fields)
    if not taxed:
        return f"tax_behavior: {base}"
    listed = (f"{code}: {tax}" for code, tax in {str(fields.get("currency")): base, **taxed}.items())
    return f"tax_behavior: {{{', '.join(listed)}}}"


def _package(fields: Fields) -> Spelling:
    match fields.get("transform_quantity"):
        case {"divide_by": size, "round": mode}:
            return _line(f"charge: package, package: {{size: {size}, round: {mode}}}")
    return _absent("package")


def _every(fields: Fields) -> Spelling:
    match fields.get("recurring"):
        case {"usage_type": "metered"}:
            return Spelling("usage that is counted without a meter")
        case {"interval": interval, **others}:
            count, trial = others.get("interval_count", 1), others.get("trial_period_days")
            line = f"every: {interval}" if count == 1 else f"every: {{{interval}s: {count}}}"
            return _line(f"{line}, legacy_trial_days: {trial}" if trial else line)
    return _absent("every")


def _product(fields: Fields) -> Spelling:
    return Spelling(f"product {fields.get('product')}")


def _products(fields: Fields) -> Spelling:
    products = fields.get("applies_to")
    if not isinstance(products, tuple) or not products:
        return _absent("products")
    names = [item.address.partition(".")[2] for item in products if isinstance(item, Ref)]
    if len(names) == len(products):
        return _line(f"products: [{', '.join(names)}]")
    return Spelling(f"products {', '.join(map(str, products))}")


def _duration(fields: Fields) -> Spelling:
    if fields.get("duration") == "repeating":
        return _line(f"duration: {{months: {fields.get('duration_in_months')}}}")
    return _line(f"duration: {fields.get('duration', 'once')}")


def _date(name: str, key: str) -> Line:
    """A day; a manifest has no word for another moment of it, and leaves that to Stripe."""

    def line(fields: Fields) -> Spelling:
        moment = fields.get(key)
        if not isinstance(moment, int):
            return _absent(name)
        at = datetime.fromtimestamp(moment, UTC)
        if moment % DAY:
            return Spelling(f"an end at {at:%Y-%m-%d %H:%M:%S} UTC", f"ignore: [{name}]")
        return _line(f"{name}: {at:%Y-%m-%d}")

    return line


def _plain(name: str, key: str) -> Line:
    def line(fields: Fields) -> Spelling:
        match fields.get(key):
            case None:
                return _absent(name)
            case bool() as flag:
                return _line(f"{name}: {str(flag).lower()}")
            case Decimal() as number:
                return _line(f"{name}: {plain_text(number)}")
            case str() | int() as value:
                return _line(f"{name}: {value}")
        return Spelling()

    return line


def _off(fields: Fields) -> Spelling:
    amounts = _amounts(_currencies(fields), "amount_off")
    return _line(f"amount_off: {amounts}") if amounts else _absent("amount_off")


def _minimum(fields: Fields) -> Spelling:
    amounts = _amounts(_currencies(fields, "minimum_amount_currency"), "minimum_amount")
    return _line(f"minimum_amount: {amounts}") if amounts else _absent("minimum_amount")


def reader(lines: Mapping[str, Line]) -> Callable[[str, Fields], Spelling]:
    """What a kind spells its fields with."""

    def spelled(name: str, fields: Fields) -> Spelling:
        line = lines.get(name)
        return line(fields) if line else Spelling()

    return spelled


def _base(fields: Fields) -> Spelling:
    """The first of the amounts says it, which is easily overlooked."""
    return replace(_price(fields), words=f"the base currency {fields.get('currency')}")


PRICE = reader(
    {
        "product": _product,
        "currency": _base,
        "unit_amount": _price,
        "currency_options": _options,
        "billing_scheme": _price,
        "tiers_mode": _price,
        "tiers": _price,
        "custom_unit_amount": _price,
        "transform_quantity": _package,
        "recurring": _every,
        "tax_behavior": lambda fields: _line(_tax(fields)),
    }
)

COUPON = reader(
    {
        "percent_off": _plain("percent_off", "percent_off"),
        "amount_off": _off,
        "currency": _off,
        "currency_options": _off,
        "duration": _duration,
        "duration_in_months": _duration,
        "applies_to": _products,
        "max_redemptions": _plain("max_redemptions", "max_redemptions"),
        "redeem_by": _date("redeem_by", "redeem_by"),
    }
)

CODE = reader(
    {
        "expires_at": _date("expires", "expires_at"),
        "max_redemptions": _plain("max_redemptions", "max_redemptions"),
        "customer": _plain("customer", "customer"),
        "first_time_only": _plain("first_time_only", "first_time_only"),
        "minimum_amount": _minimum,
        "minimum_amount_currency": _minimum,
        "currency_options": _minimum,
    }
)

METER = reader(
    {
        "event_name": _plain("event", "event_name"),
        "aggregation": _plain("aggregation", "aggregation"),
        "customer_key": _plain("customer_key", "customer_key"),
        "value_key": _plain("value_key", "value_key"),
        "window": _plain("window", "window"),
    }
)

FEATURE = reader({"lookup_key": _plain("lookup_key", "lookup_key")})
