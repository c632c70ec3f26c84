"""What an object is, in a few words: `29.00 USD a month`, `20 % off for 3 months`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Value
from stripectl.pricing.model import Rounding
from stripectl.pricing.quote import RateTier
from stripectl.review.terms import Choice, Terms, terms
from stripectl.views import amounts, noted
from stripectl.views.amounts import money, number, per_unit, quantity

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


def headline(resource: Resource, unit: str = "") -> str:
    """The object in a few words, without its address; never empty. `unit` is what its product calls one."""
    return _described(resource, unit) + ("" if resource.active else ", out of use")


def _described(resource: Resource, unit: str = "") -> str:
    of_kind = _HEADLINES.get(resource.kind, _other)
    text = price_text(terms(resource.fields), unit) if resource.kind == "price" else of_kind(resource.fields)
    longest = LONGER.get(resource.kind, LONGEST)
    text = text or resource.kind.replace("_", " ")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def headline_change(before: Resource, after: Resource, unit: str = "") -> tuple[str, str]:
    """`24.00 USD → 29.00 USD a month` and `(+5.00, +20.8 %)`.

    Only the headline of `after` where both read alike or are too long to stand side by side; the second
    text is empty where no single amount changed.
    """
    if one := one_step(before, after):
        old, new = one
        assert old.amount is not None
        assert new.amount is not None
        free = ", now free" if not new.amount else ", was free" if not old.amount else ""
        told = f"{money(old.amount, old.currency)} → {one_text(new, unit)}"
        return told, f"({amounts.change(old.amount, new.amount, new.currency)}{free})"
    was, now = _described(before, unit), _described(after, unit)
    return (now if was == now or len(was) + len(now) > SIDE_BY_SIDE else f"{was} → {now}"), ""


def one_step(before: Resource, after: Resource) -> tuple[Terms, Terms] | None:
    """The base currency of both sides, where it is one amount of the same thing that moves."""
    old, new = (next(iter(terms(each.fields).values()), None) for each in (before, after))
    if old is None or new is None or old.currency != new.currency or old.amount == new.amount:
        return None
    return (old, new) if old.same_but_for_the_amount(new) else None


def price_text(every: Mapping[str, Terms], unit: str = "") -> str:
    """`29.00 USD a month, also 22.00 EUR`; only the currency where another one is more than one amount."""
    first, *others = every.values() or (None,)
    if first is None:
        return ""
    also = ", ".join(
        money(each.amount, each.currency) if each.amount is not None else each.currency.upper()
        for each in others
    )
    return one_text(first, unit) + (f", also {also}" if also else "")


def one_text(one: Terms, unit: str = "") -> str:
    """What a price asks for in one currency."""
    if one.choice is not None:
        return _chosen(one.choice, one.currency)
    if one.amount is not None:
        return money(one.amount, one.currency) + frame(one, unit)
    return f"{_tiered(one, unit)}, {amounts.every(one.rate.every)}"


def frame(one: Terms, unit: str = "") -> str:
    """What stands behind a single amount: ` per unit a month, 10,000 included`."""
    period = amounts.every(one.rate.every)
    if one.allowance:
        return f" per {unit or 'unit'} {period}, {quantity(one.allowance)} included"
    return f"{_each(one, unit)}{', ' if period == 'one-time' else ' '}{period}"


def _each(one: Terms, unit: str) -> str:
    """What one amount buys."""
    package = one.rate.package
    if package and package.size != 1:
        whole = "full " if package.round is Rounding.DOWN else ""
        return f" per {whole}{quantity(package.size)} units"
    return f" per {unit or 'unit'}" if unit or package or one.meter else ""


def _tiered(one: Terms, unit: str) -> str:
    tiers = one.rate.tiers
    mode = "by volume" if one.is_volume else "in steps"
    spelled = ", then ".join(f"{_tier_rate(tier, one.currency, unit)}{_bound(tier)}" for tier in tiers)
    if len(tiers) <= TIERS_SPELLED_OUT and len(spelled) <= LONGEST_SPELLED:
        return f"{mode}: {spelled}"
    first, last = (_tier_rate(tier, one.currency, unit) for tier in (tiers[0], tiers[-1]))
    return f"{mode}: {len(tiers)} tiers, from {first} to {last}"


def _tier_rate(tier: RateTier, currency: str, unit: str) -> str:
    return per_unit(tier.unit, tier.flat, currency, unit)


def _bound(tier: RateTier) -> str:
    return "" if tier.up_to is None else f" up to {quantity(tier.up_to)}"


def _chosen(choice: Choice, currency: str) -> str:
    bounds = (
        (" from {}", choice.minimum),
        (" up to {}", choice.maximum),
        (", {} suggested", choice.preset),
    )
    told = (phrase.format(money(amount, currency)) for phrase, amount in bounds if amount is not None)
    return "any amount" + "".join(told)


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
    "coupon": _coupon,
    "promotion_code": _promotion_code,
    "meter": _meter,
    "product_feature": lambda fields: f"grants {fields.get('entitlement_feature')}",
    "metadata_binding": _binding,
}
