"""Values on the wire: how ours are spelled in Stripe's requests, and read back from its answers.

Both directions stand here side by side, so that what is written and what is read cannot drift apart.
Answers are parsed JSON whose numbers with a point are `Decimal`. What a key means does not depend on the
kind: `tiers` are spelled alike in a price and in its currency options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from stripectl.engine.values import Ref, Value
from stripectl.pricing.money import plain
from stripectl.providers.stripe.answers import MOST_DIGITS, Misread, bounded
from stripectl.providers.stripe.kinds import DECIMAL_TWINS, DIMENSIONS

Answer: TypeAlias = Mapping[str, object]
"""One parsed JSON object of Stripe's."""

UNBOUNDED = "inf"

MANY = frozenset({"tiers", "currency_options", "marketing_features"})
"""Keys that hold objects one beside the other, in a list or by their names."""

INSIDE: Mapping[str, tuple[str, ...]] = {
    "recurring": (
        "interval",
        "interval_count",
        "meter",
        "trial_period_days",
        "usage_type",
        "aggregate_usage",
    ),
    "tiers": ("up_to", *DECIMAL_TWINS, *DECIMAL_TWINS.values()),
    "transform_quantity": ("divide_by", "round"),
    "custom_unit_amount": ("minimum", "maximum", "preset"),
    "currency_options": (
        "unit_amount",
        DECIMAL_TWINS["unit_amount"],
        "tiers",
        "custom_unit_amount",
        "tax_behavior",
        "amount_off",
        "minimum_amount",
    ),
    "marketing_features": ("name",),
    "package_dimensions": DIMENSIONS,
}
"""Key whose value is an object, or holds objects -> what of it is read; other values are read as a whole."""


def spell(key: str, value: Value, ids: Mapping[str, str]) -> object:
    """The value of `key` in the shape that the SDK encodes.

    References become ids, decimals strings without an exponent, None the empty string that clears.
    Raises KeyError where a reference has no id yet.
    """
    match value:
        case Ref(address):
            return ids[address]
        case Decimal():
            return format(value, "f")
        case tuple():
            items = [spell("", item, ids) for item in value]
            return [{"name": item} for item in items] if key == "marketing_features" else items
        case Mapping():
            inner = {DECIMAL_TWINS.get(name, name): spell(name, item, ids) for name, item in value.items()}
            return {**inner, **_implied(key, inner)}
        case None:
            return UNBOUNDED if key == "up_to" else ""
        case _:
            return value


def _implied(key: str, spelled: Mapping[str, object]) -> Mapping[str, object]:
    """What Stripe wants to be told although it follows from the rest."""
    if key == "custom_unit_amount":
        return {"enabled": True}
    return {"usage_type": "metered"} if key == "recurring" and "meter" in spelled else {}


def read(key: str, value: object) -> Value:
    """The value of our field `key` as an answer gives it; None where it is not set.

    Raises Misread for a value that the field cannot hold.
    """
    if value is None:
        return None
    reader = _READERS.get(key)
    try:
        return reader(value) if reader else scalar(key, value)
    except Misread as odd:
        raise Misread(odd.field or key, odd.value, odd.expected) from None


def identifier(value: object) -> str | None:
    """The id of an object, whether the answer holds the id or the expanded object; None for null."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return None if found is None else text("", found)


def number(value: object) -> Decimal | None:
    """A decimal from any spelling that Stripe uses: a string, a whole number, a number with a point.

    None for null; raises Misread for anything else.
    """
    if value is None:
        return None
    spelled = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    found = bounded(str(value)) if spelled else None
    if found is None:
        raise Misread("", value, "a number was expected")
    return plain(found)


def text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise Misread(key, value, "a text was expected")
    return value


def whole(key: str, value: object, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**MOST_DIGITS:
        raise Misread(key, value, f"a whole number from {least} was expected")
    return value


def moment(key: str, value: object) -> int:
    """Seconds since 1970, in a year that a calendar has."""
    if whole(key, value) >= YEAR_10000:
        raise Misread(key, value, "a moment in seconds was expected")
    return whole(key, value)


YEAR_10000 = 253_402_300_800

ONE_OF: Mapping[str, tuple[str, ...]] = {
    "interval": ("day", "week", "month", "year"),
    "usage_type": ("licensed", "metered"),
    "billing_scheme": ("per_unit", "tiered"),
    "tiers_mode": ("graduated", "volume"),
    "round": ("up", "down"),
    "tax_behavior": ("exclusive", "inclusive", "unspecified"),
    "duration": ("forever", "once", "repeating"),
    "window": ("day", "hour"),
}
"""Key -> the words that it may have."""

LEAST: Mapping[str, int] = {
    "interval_count": 1,
    "divide_by": 1,
    "up_to": 1,
    **dict.fromkeys(
        (
            "trial_period_days",
            "minimum",
            "maximum",
            "preset",
            "amount_off",
            "minimum_amount",
            "duration_in_months",
            "max_redemptions",
        ),
        0,
    ),
}
"""Key of a whole number -> the least that it may be."""

MOMENTS = frozenset({"redeem_by", "expires_at"})
FLAGS = frozenset({"shippable", "first_time_only"})


def scalar(key: str, value: object) -> Value:
    """The value of a key that holds no object; raises Misread for one of another type, or an unknown word."""
    if key in LEAST:
        return whole(key, value, LEAST[key])
    if key in MOMENTS:
        return moment(key, value)
    if key in FLAGS:
        if not isinstance(value, bool):
            raise Misread(key, value, "true or false was expected")
        return value
    if key in ONE_OF and value not in ONE_OF[key]:
        raise Misread(key, value, f"one of {', '.join(ONE_OF[key])} was expected")
    return text(key, value)


def listed(value: object) -> Iterable[object]:
    if value is not None and not isinstance(value, list):
        raise Misread("", value, "a list was expected")
    return value or ()


def mapping(value: object) -> Answer:
    if value is not None and not isinstance(value, Mapping):
        raise Misread("", value, "an object was expected")
    return value or {}


def _read_names(value: object) -> Value:
    return tuple(text("name", mapping(item).get("name") or "") for item in listed(value))


def _read_texts(value: object) -> Value:
    return tuple(text("", item) for item in listed(value))


def _read_set(value: object) -> Value:
    return tuple(sorted(item for item in map(identifier, listed(value)) if item))


def _read_inside(key: str) -> Callable[[object], Value]:
    """Reads the object that a key holds, without what is not set."""

    def reader(value: object) -> Value:
        entries = {name: read(name, mapping(value).get(name)) for name in INSIDE[key]}
        return {name: item for name, item in entries.items() if item is not None}

    return reader


def _read_tiers(value: object) -> Value:
    return tuple(map(_read_tier, map(mapping, listed(value))))


def _read_tier(tier: Answer) -> Value:
    """Per unit always, the flat amount where there is one: to Stripe, none and zero charge the same."""
    unit, flat = _amount(tier, "unit_amount"), _amount(tier, "flat_amount")
    amounts: dict[str, Value] = {"up_to": read("up_to", tier.get("up_to")), "unit_amount": unit or Decimal(0)}
    return {**amounts, "flat_amount": flat} if flat else amounts


def _amount(holder: Answer, key: str) -> Decimal | None:
    exact = read(DECIMAL_TWINS[key], holder.get(DECIMAL_TWINS[key]))
    found = read(key, holder.get(key)) if exact is None else exact
    return found if isinstance(found, Decimal) else None


def _read_recurring(value: object) -> Value:
    """What is implied is left out: an interval count of 1, no trial, and what follows from the meter."""
    recurring = mapping(value)
    entries = {name: read(name, recurring.get(name)) for name in INSIDE["recurring"]}
    implied: dict[str, Value] = {"interval_count": 1, "trial_period_days": 0, "usage_type": "licensed"}
    if entries["meter"]:
        # Usage is added up by the meter's own rule; what the price says beside it counts for nothing.
        implied |= {"usage_type": "metered", "aggregate_usage": entries["aggregate_usage"]}
    return {name: item for name, item in entries.items() if item is not None and item != implied.get(name)}


def _read_options(value: object) -> Value:
    return {currency: _read_option(mapping(option)) for currency, option in mapping(value).items()}


def _read_option(option: Answer) -> Value:
    entries: dict[str, Value] = {
        "unit_amount": _amount(option, "unit_amount"),
        "tiers": read("tiers", option.get("tiers")) or None,
        **{name: read(name, option.get(name)) for name in _OPTION_KEYS},
    }
    return {name: item for name, item in entries.items() if item is not None}


_OPTION_KEYS = ("custom_unit_amount", "tax_behavior", "amount_off", "minimum_amount")

_READERS: Mapping[str, Callable[[object], Value]] = {
    "product": identifier,
    "coupon": identifier,
    "default_price": identifier,
    "entitlement_feature": identifier,
    "tax_code": identifier,
    "customer": identifier,
    "meter": identifier,
    "applies_to": _read_set,
    "images": _read_texts,
    "marketing_features": _read_names,
    **dict.fromkeys((*DECIMAL_TWINS, *DECIMAL_TWINS.values(), "percent_off"), number),
    "recurring": _read_recurring,
    "tiers": _read_tiers,
    "transform_quantity": _read_inside("transform_quantity"),
    "custom_unit_amount": _read_inside("custom_unit_amount"),
    "package_dimensions": _read_inside("package_dimensions"),
    **dict.fromkeys(DIMENSIONS, number),
    "currency_options": _read_options,
}
