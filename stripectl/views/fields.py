"""Single values that differ: a name for the field that people use, and both values in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from stripectl.diagnostics import Path, dotted
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref, Value, canonical, to_json
from stripectl.views import amounts
from stripectl.views.page import harmless

MONEY = frozenset(
    {"unit_amount", "flat_amount", "amount_off", "minimum_amount", "minimum", "maximum", "preset"}
)
"""Keys, at any depth, whose values are minor units of a currency."""

TIMES = frozenset({"redeem_by", "expires_at"})

LABELS = {
    "unit_amount": "amount",
    "flat_amount": "flat amount",
    "up_to": "bound",
    "currency_options": "currency",
    "transform_quantity": "package",
    "divide_by": "package size",
    "recurring": "interval",
    "interval_count": "number of intervals",
    "trial_period_days": "legacy trial days",
    "usage_type": "usage",
    "aggregate_usage": "legacy aggregation",
    "package_dimensions": "parcel",
    "height": "parcel height in inches",
    "length": "parcel length in inches",
    "width": "parcel width in inches",
    "weight": "parcel weight in ounces",
    "custom_unit_amount": "amount of choice",
    "entitlement_feature": "feature",
    "first_time_only": "first purchase only",
    "tax_behavior": "tax",
    "applies_to": "limited to",
    "display_name": "name",
    "event_name": "event",
    "host": "noted on",
}
"""Field name -> how people call it, where that is not the name with blanks."""

LONGEST = 72
"""Characters of a text that are shown; what differs stays in view."""


def label(path: Path) -> str:
    """`tier 3 amount in USD` for `currency_options.usd.tiers[2].unit_amount`."""
    match path:
        case ("metadata", *keys) if keys:
            return harmless("metadata " + ".".join(map(str, keys)))
        case ("currency_options", str(currency)):
            return f"price in {currency.upper()}"
        case ("currency_options", str(currency), *rest):
            return f"{label(tuple(rest))} in {currency.upper()}"
        case ("tiers", int(place)):
            return f"tier {place + 1}"
        case ("tiers", int(place), str(name)):
            return f"tier {place + 1} {_word(name)}"
        case (str(name),):
            return _word(name)
        case (str(), str(name)):
            return _word(name)
    return dotted(path)


def _word(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ")


def shown(value: Value, path: Path, resource: Resource | None) -> str:
    """A value in words; `resource` tells the currency of amounts that do not name one."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    currency = _currency(path, resource)
    match value:
        case None:
            return "no limit" if key == "up_to" else "not set"
        case bool():
            return "yes" if value else "no"
        case int() | Decimal() if key in MONEY and currency:
            return amounts.money(Decimal(value), currency)
        case int() if key in TIMES:
            return amounts.moment(value)
        case Decimal() if key == "percent_off":
            return amounts.percent(value)
        case int() | Decimal():
            return amounts.quantity(value)
        case Ref(address):
            return address
        case str():
            return _quoted(value) if path[0] in _FREE_TEXT else value
    return _nested(value, path, resource)


_FREE_TEXT = frozenset({"name", "description", "nickname", "metadata", "display_name", "unit_label", "value"})


def _quoted(text: str) -> str:
    return f'"{text}"'


def _nested(value: Value, path: Path, resource: Resource | None) -> str:
    match value:
        case tuple() if value:
            return ", ".join(shown(item, (*path, place), resource) for place, item in enumerate(value))
        case Mapping() if value:
            parts = (f"{_word(key)} {shown(item, (*path, key), resource)}" for key, item in value.items())
            return ", ".join(parts)
        case tuple() | Mapping():
            return "none"
    return canonical(to_json(value)).decode()


def _currency(path: Path, resource: Resource | None) -> str | None:
    match path:
        case ("currency_options", str(currency), *_):
            return currency
    return amounts.currency_of(resource.fields) if resource else None


def difference(path: Path, before: Value, after: Value, one: Resource | None, other: Resource | None) -> str:
    """`9.99 USD → 10.99 USD  (+1.00, +10.0 %)`; long texts are cut to where they differ.

    `one` had the value before, `other` has the one after; each tells the currency of its own.
    """
    was, now = around(shown(before, path, one), shown(after, path, other))
    return f"{was} → {now}{moved(path, before, after, one, other)}"


def moved(path: Path, before: Value, after: Value, one: Resource | None, other: Resource | None) -> str:
    """`  (+1.00, +10.0 %)` between two amounts in one currency for one time; empty for anything else."""
    old, new, currency = amounts.number(before), amounts.number(after), _currency(path, other)
    comparable = (currency, _period(other)) == (_currency(path, one), _period(one))
    if path[-1] in MONEY and currency and comparable and old is not None and new is not None:
        return f"  ({amounts.change(old, new, currency)})"
    return ""


def _period(resource: Resource | None) -> str:
    return amounts.period(resource.fields.get("recurring")) if resource else ""


def around(before: str, after: str, longest: int = LONGEST) -> tuple[str, str]:
    """Both texts, cut to `longest` characters around the first place where they differ."""
    if max(len(before), len(after)) <= longest:
        return before, after
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    start = max(0, (min(len(before), len(after)) if same is None else same) - longest // 3)
    return _window(before, start, longest), _window(after, start, longest)


def _window(text: str, start: int, longest: int) -> str:
    cut = text[start : start + longest]
    return f"{'…' if start else ''}{cut}{'…' if start + longest < len(text) else ''}"
