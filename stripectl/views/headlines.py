"""What an object is, in a few words: `29.00 USD a month`, `20 % off for 3 months`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Value
from stripectl.views import amounts, noted
from stripectl.views.amounts import bare, money, number, per_unit, quantity

SIDE_BY_SIDE = 56
"""Two headlines of more characters together are not shown in one line; the fields say what differs."""

LONGEST = 90
"""Characters of a headline; a longer one ends in an ellipsis."""

LONGER: Mapping[str, int] = {"price": 140, "metadata_binding": 240}
"""Kind -> the same where the headline may be all that is told: of tiers, and of a note in metadata."""

TIERS_SPELLED_OUT = 3
"""A price with more tiers is summed up; the tiers that change have their own lines."""

LONGEST_SPELLED = 100
"""So are tiers that take more characters, so that nothing of them is cut off in the middle."""


def headline(resource: Resource) -> str:
    """The object in a few words, without its address; never empty."""
    return _described(resource) + ("" if resource.active else ", out of use")


def _described(resource: Resource) -> str:
    text = _HEADLINES.get(resource.kind, _other)(resource.fields) or resource.kind.replace("_", " ")
    longest = LONGER.get(resource.kind, LONGEST)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def headline_change(before: Resource, after: Resource) -> tuple[str, str]:
    """`24.00 USD → 29.00 USD a month` and `(+5.00, +20.8 %)`.

    Only the headline of `after` where both read alike or are too long to stand side by side; the second
    text is empty where no single amount changed.
    """
    old, new = Rate.of(before.fields), Rate.of(after.fields)
    if before.kind == "price" and old and new and old.moves_to(new):
        was, now = old.text.removesuffix(old.frame), new.text
        free = ", now free" if not new.amount else ", was free" if not old.amount else ""
        return f"{was} → {now}", f"({amounts.change(old.amount, new.amount, new.currency)}{free})"
    was, now = _described(before), _described(after)
    return (now if was == now or len(was) + len(now) > SIDE_BY_SIDE else f"{was} → {now}"), ""


@dataclass(frozen=True, slots=True)
class Rate:
    """A price that is one amount: flat, per unit, a package, or an allowance with an overage."""

    amount: Decimal
    """Minor units."""
    currency: str
    frame: str
    """What stands behind the amount: ` per unit a month, 10,000 included`."""

    @property
    def text(self) -> str:
        return money(self.amount, self.currency) + self.frame

    def moves_to(self, other: Rate) -> bool:
        """The other is another amount of the same thing, in the same currency."""
        same = (self.currency, self.frame) == (other.currency, other.frame)
        return same and self.amount != other.amount

    @property
    def amount_alone(self) -> str:
        """Major units without the currency: `29.00`."""
        return bare(self.amount, self.currency)

    @classmethod
    def of(cls, fields: Fields) -> Rate | None:
        """None for other tiers, for amounts that customers choose, and for what is no price."""
        currency, period = amounts.currency_of(fields), amounts.period(fields.get("recurring"))
        if currency is None:
            return None
        if allowance := _allowance(fields):
            included, amount = allowance
            return cls(amount, currency, f" per unit {period}, {quantity(included)} included")
        unit_amount = number(fields.get("unit_amount"))
        if unit_amount is None:
            return None
        return cls(unit_amount, currency, f"{_each(fields)}{', ' if period == 'one-time' else ' '}{period}")


def _each(fields: Fields) -> str:
    """What one amount buys."""
    match fields.get("transform_quantity"):
        case {"divide_by": size} if size != 1:
            return f" per {quantity(size) if isinstance(size, int) else size} units"
        case {"divide_by": _}:
            return " per unit"
    match fields.get("recurring"):
        case {"meter": meter} if meter:
            return " per unit"
    return ""


def _tiers(value: Value) -> tuple[Mapping[str, Value], ...]:
    return tuple(tier for tier in value if isinstance(tier, Mapping)) if isinstance(value, tuple) else ()


def _allowance(fields: Fields) -> tuple[int, Decimal] | None:
    """Included quantity and the amount of a unit beyond it: two tiers, of which the first is free."""
    tiers = _tiers(fields.get("tiers"))
    if len(tiers) != 2 or fields.get("tiers_mode") != "graduated":
        return None
    first, second = tiers
    amount, included = number(second.get("unit_amount")), first.get("up_to")
    free = not (number(first.get("unit_amount")) or number(first.get("flat_amount")))
    if not free or number(second.get("flat_amount")) or amount is None or not isinstance(included, int):
        return None
    return included, amount


def _price(fields: Fields) -> str:
    rate, currency = Rate.of(fields), amounts.currency_of(fields) or ""
    if rate:
        text = rate.text
    elif tiers := _tiers(fields.get("tiers")):
        text = f"{_tiered(tiers, fields, currency)}, {amounts.period(fields.get('recurring'))}"
    else:
        text = _chosen(fields.get("custom_unit_amount"), currency)
    return text + "".join(_other_currencies(fields.get("currency_options")))


def _tiered(tiers: tuple[Mapping[str, Value], ...], fields: Fields, currency: str) -> str:
    mode = "by volume" if fields.get("tiers_mode") == "volume" else "in steps"
    spelled = ", then ".join(f"{_tier_rate(tier, currency)}{_bound(tier)}" for tier in tiers)
    if len(tiers) <= TIERS_SPELLED_OUT and len(spelled) <= LONGEST_SPELLED:
        return f"{mode}: {spelled}"
    first, last = _tier_rate(tiers[0], currency), _tier_rate(tiers[-1], currency)
    return f"{mode}: {len(tiers)} tiers, from {first} to {last}"


def _tier_rate(tier: Mapping[str, Value], currency: str) -> str:
    return per_unit(number(tier.get("unit_amount")), number(tier.get("flat_amount")), currency)


def _bound(tier: Mapping[str, Value]) -> str:
    up_to = tier.get("up_to")
    return f" up to {quantity(up_to)}" if isinstance(up_to, int) else ""


def _chosen(custom: Value, currency: str) -> str:
    bounds = custom if isinstance(custom, Mapping) else {}
    words = {"minimum": " from {}", "maximum": " up to {}", "preset": ", {} suggested"}
    parts = [
        phrase.format(money(amount, currency))
        for key, phrase in words.items()
        if (amount := number(bounds.get(key))) is not None
    ]
    return "any amount" + "".join(parts)


def _other_currencies(options: Value) -> Iterator[str]:
    """`, 9.99 USD`; only the currency where the option is more than one amount."""
    for currency, option in options.items() if isinstance(options, Mapping) else ():
        amount = number(option.get("unit_amount")) if isinstance(option, Mapping) else None
        yield f", also {money(amount, currency) if amount is not None else currency.upper()}"


def _coupon(fields: Fields) -> str:
    currency = amounts.currency_of(fields) or ""
    off, share = number(fields.get("amount_off")), number(fields.get("percent_off"))
    parts = [f"{money(off, currency) if off is not None else amounts.percent(share or Decimal(0))} off"]
    parts[0] += " " + _duration(fields)
    if products := fields.get("applies_to"):
        parts.append("on " + ", ".join(map(str, products if isinstance(products, tuple) else (products,))))
    parts += _limits(fields.get("max_redemptions"), fields.get("redeem_by"))
    return ", ".join(parts)


def _duration(fields: Fields) -> str:
    match fields.get("duration"), fields.get("duration_in_months"):
        case "repeating", int() as months:
            return f"for {amounts.count(months, 'month')}"
        case "forever", _:
            return "forever"
    return "once"


def _limits(redemptions: Value, until: Value) -> list[str]:
    parts = [f"{amounts.count(redemptions, 'time')} at most"] if isinstance(redemptions, int) else []
    return [*parts, f"until {amounts.moment(until)}"] if isinstance(until, int) else parts


def _promotion_code(fields: Fields) -> str:
    parts = [f"for {fields.get('coupon')}"]
    if customer := fields.get("customer"):
        parts.append(f"only for {customer}")
    parts += _limits(fields.get("max_redemptions"), fields.get("expires_at"))
    if fields.get("first_time_only") is True:
        parts.append("first purchase only")
    least, currency = number(fields.get("minimum_amount")), amounts.currency_of(fields)
    if least is not None and currency:
        parts.append(f"from {money(least, currency)}")
    return ", ".join(parts)


def _meter(fields: Fields) -> str:
    how = {"sum": "sum", "count": "number", "last": "last value"}.get(str(fields.get("aggregation")), "")
    return f"{fields.get('display_name')}: {how} of {fields.get('event_name')} events"


def _binding(fields: Fields) -> str:
    return noted.summary(fields) or f"noted in the metadata of {fields.get('host')}"


def _other(fields: Fields) -> str:
    return str(fields.get("name") or fields.get("display_name") or "")


_HEADLINES: Mapping[str, Callable[[Fields], str]] = {
    "price": _price,
    "coupon": _coupon,
    "promotion_code": _promotion_code,
    "meter": _meter,
    "product_feature": lambda fields: f"grants {fields.get('entitlement_feature')}",
    "metadata_binding": _binding,
}
