"""How a manifest declares what an object holds, field by field: the inverse of the mapping, for messages.

Pure. `no every` stands for a line that has to be left out; an empty text for what no manifest can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from stripectl.engine.values import Fields, Value, plain_text
from stripectl.pricing.money import to_major

Line: TypeAlias = Callable[[Fields], str]


def _amounts(fields: Fields, key: str, base: str = "currency") -> str:
    """`{usd: 12, eur: 11}` of the amounts under `key`, the base currency first; empty where there is none."""
    listed = [
        f"{currency}: {_major(amount, currency)}" for currency, amount in _by_currency(fields, key, base)
    ]
    return f"{{{', '.join(listed)}}}" if listed else ""


def _by_currency(fields: Fields, key: str, base: str) -> Iterator[tuple[str, Value]]:
    options = fields.get("currency_options")
    held = [(fields.get(base), fields), *(options.items() if isinstance(options, Mapping) else ())]
    for currency, option in held:
        amount = option.get(key) if isinstance(option, Mapping) else None
        if isinstance(currency, str) and isinstance(amount, int | Decimal):
            yield currency, amount


def _major(amount: Value, currency: str) -> str:
    return plain_text(to_major(amount, currency)) if isinstance(amount, int | Decimal) else ""


def _amount(fields: Fields) -> str:
    if fields.get("unit_amount") is None:
        return _tiers(fields) if fields.get("tiers") else _custom(fields)
    return f"amount: {_amounts(fields, 'unit_amount')}"


def _options(fields: Fields) -> str:
    """The amounts, and how tax goes with each currency where that differs."""
    line, options = _amount(fields), fields.get("currency_options")
    decided = {
        currency: option["tax_behavior"]
        for currency, option in (options.items() if isinstance(options, Mapping) else ())
        if isinstance(option, Mapping) and option.get("tax_behavior")
    }
    if not decided:
        return line
    base = f"{fields.get('currency')}: {fields.get('tax_behavior', 'unspecified')}"
    listed = ", ".join((base, *(f"{currency}: {tax}" for currency, tax in decided.items())))
    return f"{line}, tax_behavior: {{{listed}}}"


def _tiers(fields: Fields) -> str:
    tiers, currency = fields.get("tiers"), str(fields.get("currency"))
    rows = (
        [_tier(tier, currency) for tier in tiers if isinstance(tier, Mapping)]
        if isinstance(tiers, tuple)
        else []
    )
    return f"charge: {fields.get('tiers_mode')}, tiers: [{', '.join(rows)}]" if rows else "no tiers"


def _tier(tier: Fields, currency: str) -> str:
    flat = (
        f", flat: {{{currency}: {_major(tier['flat_amount'], currency)}}}" if tier.get("flat_amount") else ""
    )
    up_to, unit = tier.get("up_to"), _major(tier.get("unit_amount"), currency)
    return f"{{up_to: {'inf' if up_to is None else up_to}, amount: {{{currency}: {unit}}}{flat}}}"


def _custom(fields: Fields) -> str:
    custom, currency = fields.get("custom_unit_amount"), str(fields.get("currency"))
    if not isinstance(custom, Mapping):
        return ""
    bounds = [f"{name}: {{{currency}: {_major(amount, currency)}}}" for name, amount in custom.items()]
    return f"charge: custom, custom: {{{', '.join(bounds)}}}"


def _package(fields: Fields) -> str:
    match fields.get("transform_quantity"):
        case {"divide_by": size, "round": mode}:
            return f"charge: package, package: {{size: {size}, round: {mode}}}"
    return "no package"


def _every(fields: Fields) -> str:
    """The interval; empty for usage that is counted without a meter, which no manifest can declare."""
    match fields.get("recurring"):
        case {"usage_type": "metered"}:
            return ""
        case {"interval": interval, **others}:
            count, trial = others.get("interval_count", 1), others.get("trial_period_days")
            line = f"every: {interval}" if count == 1 else f"every: {{{interval}s: {count}}}"
            return f"{line}, legacy_trial_days: {trial}" if trial else line
    return "no every"


def _duration(fields: Fields) -> str:
    months = fields.get("duration_in_months")
    if fields.get("duration") == "repeating":
        return f"duration: {{months: {months}}}"
    return f"duration: {fields.get('duration', 'once')}"


def _date(name: str, key: str) -> Line:
    def line(fields: Fields) -> str:
        moment = fields.get(key)
        return (
            f"{name}: {datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
            if isinstance(moment, int)
            else f"no {name}"
        )

    return line


def _plain(name: str, key: str) -> Line:
    def line(fields: Fields) -> str:
        match fields.get(key):
            case None:
                return f"no {name}"
            case bool() as flag:
                return f"{name}: {str(flag).lower()}"
            case Decimal() as number:
                return f"{name}: {plain_text(number)}"
            case str() | int() as value:
                return f"{name}: {value}"
        return ""

    return line


def _off(fields: Fields) -> str:
    return f"amount_off: {_amounts(fields, 'amount_off')}" if fields.get("amount_off") else "no amount_off"


def _minimum(fields: Fields) -> str:
    amounts = _amounts(fields, "minimum_amount", "minimum_amount_currency")
    return f"minimum_amount: {amounts}" if amounts else "no minimum_amount"


def reader(lines: Mapping[str, Line]) -> Callable[[str, Fields], str]:
    """What a kind spells its fields with."""

    def spelled(name: str, fields: Fields) -> str:
        line = lines.get(name)
        return line(fields) if line else ""

    return spelled


PRICE = reader(
    {
        "currency": _amount,
        "unit_amount": _amount,
        "currency_options": _options,
        "billing_scheme": _amount,
        "tiers_mode": _amount,
        "tiers": _amount,
        "custom_unit_amount": _amount,
        "transform_quantity": _package,
        "recurring": _every,
        "tax_behavior": _plain("tax_behavior", "tax_behavior"),
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
