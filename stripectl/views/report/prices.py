"""Prices before and after, currency by currency: the cards of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest

from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Ref
from stripectl.views import amounts, wording
from stripectl.views.headlines import Rate, headline, headline_change
from stripectl.views.report.chart import Chart, chart
from stripectl.views.report.curves import Curve, Tier
from stripectl.views.rows import Row

_ONE_CURRENCY = frozenset({"unit_amount", "tiers", "custom_unit_amount"})
"""Fields of a price that each currency has its own of."""


@dataclass(frozen=True, slots=True)
class TierTable:
    """The tiers of a price side by side."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """A text for each head: units and what they cost."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a price is in one currency, in words."""

    currency: str
    before: str
    """Empty where there was none."""
    after: str
    """Empty where there will be none."""
    frame: str
    """What stands behind both, like ` per unit a month`; empty where each side says it all."""
    delta: str
    """`+5.00, +20.8 %`; empty where nothing can be subtracted."""
    direction: str = ""
    """`up`, `down` or `same`; empty where nothing can be subtracted."""
    share: str = ""
    """`+20.8 %`; empty where it does not move, or began at nothing."""
    percent: Decimal = Decimal(0)
    """The same as a number, 0 or more and not rounded."""
    tiers: TierTable | None = None
    """In place of the texts, of a price that is more than one amount."""

    @property
    def moves(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class PriceCard:
    """One price."""

    row: Row
    name: str
    """The product's name, and the price's own."""
    action: str
    """`new`, `replaced`, `archived`, …"""
    amounts: tuple[Amount, ...]
    """The base currency first."""
    charts: tuple[Chart, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return tuple((_QUESTIONS.get(label, label), text) for label, text in self.row.reasons)


_QUESTIONS: Mapping[str, str] = {"who": "who keeps what"}

_WORDS: Mapping[Action, str] = {**{each: wording.DONE[each.value] for each in Action}, Action.CREATE: "new"}


def price_cards(plan: Plan, every: tuple[Row, ...]) -> tuple[PriceCard, ...]:
    """A card for each price whose amounts come, go or change: riskiest first, then those without charts."""
    names = _product_names(plan)
    cards = (_card(row, names) for row in every if row.change.kind == "price")
    return tuple(sorted((card for card in cards if any(each.moves for each in card.amounts)), key=_place))


def _place(card: PriceCard) -> tuple[bool, int, bool]:
    change = card.row.change
    return not change.irreversible, wording.RISK.index(change.action), bool(card.charts)


def _product_names(plan: Plan) -> Mapping[str, str]:
    products = (change.resource for change in plan.changes if change.kind == "product")
    return {each.address: str(each.fields.get("name") or each.address) for each in products}


def _card(row: Row, names: Mapping[str, str]) -> PriceCard:
    change = row.change
    before, after = _in_force(change.before), _in_force(_later(change))
    product = change.resource.fields.get("product")
    return PriceCard(
        row,
        _name(change, names),
        _WORDS[change.action],
        tuple(_amount(before, after, each) for each in _currencies(before, after)),
        tuple(_charts(before, after, change.address)),
        tuple(_facts(change, product.address if isinstance(product, Ref) else str(product or ""))),
    )


def _later(change: Change) -> Resource | None:
    """The price as it will be; one that is only let go stays as it is."""
    gone = change.action in (Action.ARCHIVE, Action.DELETE)
    return change.after or (None if gone else change.before)


def _in_force(resource: Resource | None) -> Resource | None:
    """The price, where it can be bought."""
    return resource if resource and resource.active else None


def _name(change: Change, names: Mapping[str, str]) -> str:
    product = change.resource.fields.get("product")
    own = change.address.rpartition(".")[2]
    return f"{names.get(str(product), str(product or ''))}, {own}" if product else own


def _facts(change: Change, product: str) -> list[tuple[str, str]]:
    fields = change.resource.fields
    facts = [
        ("product", product),
        ("interval", amounts.period(fields.get("recurring"))),
        ("lookup key", str(fields.get("lookup_key") or "")),
        ("object now", change.before.object_id or "" if change.before else ""),
    ]
    return [(label, text) for label, text in facts if text]


def _currencies(before: Resource | None, after: Resource | None) -> tuple[str, ...]:
    """Of both sides, without repeats, those that stay or come first."""
    found: dict[str, None] = {}
    for side in (after, before):
        if side is not None and (base := amounts.currency_of(side.fields)):
            options = side.fields.get("currency_options")
            found |= dict.fromkeys((base, *(options if isinstance(options, Mapping) else ())))
    return tuple(found)


def in_currency(resource: Resource | None, currency: str) -> Resource | None:
    """The price as if it had this currency only; None where it does not have it."""
    if resource is None:
        return None
    own = {name: value for name, value in resource.fields.items() if name != "currency_options"}
    if own.get("currency") == currency:
        return replace(resource, fields=own)
    options = resource.fields.get("currency_options")
    option = options.get(currency) if isinstance(options, Mapping) else None
    if not isinstance(option, Mapping):
        return None
    shared = {name: value for name, value in own.items() if name not in _ONE_CURRENCY}
    fields: Fields = {**shared, **option, "currency": currency}
    return replace(resource, fields=fields)


def _amount(before: Resource | None, after: Resource | None, currency: str) -> Amount:
    old, new = in_currency(before, currency), in_currency(after, currency)
    was, now = (Rate.of(each.fields) if each else None for each in (old, new))
    if was and now and was.frame == now.frame:
        _, delta = headline_change(old, new) if old and new else ("", "")
        return Amount(
            currency.upper(),
            amounts.money(was.amount, currency),
            amounts.money(now.amount, currency),
            now.frame,
            delta.strip("()"),
            *_moved(was.amount, now.amount),
        )
    alone = (now or was) if not (old and new) else None
    if alone:
        amount = amounts.money(alone.amount, currency)
        return Amount(currency.upper(), amount if old else "", amount if new else "", alone.frame, "")
    before_text, after_text = (headline(each) if each else "" for each in (old, new))
    return Amount(currency.upper(), before_text, after_text, "", "", tiers=_tiers(old, new))


def _tiers(before: Resource | None, after: Resource | None) -> TierTable | None:
    sides = {"Before": before, "After": after}
    curves = {name: curve for name, each in sides.items() if each and (curve := Curve.of(each.fields))}
    if not curves:
        return None
    texts = (
        [f"{_range(tier)}: {_rate(tier, each.currency)}" for tier in each.tiers] for each in curves.values()
    )
    titles = dict.fromkeys(_MODES[each.is_volume] for each in curves.values())
    return TierTable(
        f"{', then '.join(titles)}; in {list(curves.values())[-1].currency.upper()}",
        tuple(curves) if len(curves) > 1 else ("Units",),
        tuple(zip_longest(*texts, fillvalue="")),
    )


_MODES: Mapping[bool, str] = {
    False: "In steps: each tier has its own price",
    True: "By volume: all units at the price of the last one",
}


def _range(tier: Tier) -> str:
    first = amounts.quantity(tier.above + 1)
    return f"{first} and more" if tier.up_to is None else f"{first} to {amounts.quantity(tier.up_to)}"


def _rate(tier: Tier, currency: str) -> str:
    return amounts.per_unit(tier.unit, tier.flat, currency)


def _moved(before: Decimal, after: Decimal) -> tuple[str, str, Decimal]:
    """Direction, share in words, and share."""
    if before == after:
        return "same", "", Decimal(0)
    direction = "up" if after > before else "down"
    if not before:
        return direction, "", Decimal(0)
    return direction, amounts.percent_change(before, after), abs(after - before) * 100 / abs(before)


def _charts(before: Resource | None, after: Resource | None, title: str) -> list[Chart]:
    """A chart for each currency with tiers that come, go or change."""
    found = []
    for currency in _currencies(before, after):
        sides = {"before": in_currency(before, currency), "after": in_currency(after, currency)}
        curves = {name: curve for name, side in sides.items() if side and (curve := Curve.of(side.fields))}
        if curves and _comparable(sides):
            found.append(chart(curves, title))
    return found


def _comparable(sides: Mapping[str, Resource | None]) -> bool:
    """Both are paid for the same time, so that they can share one axis."""
    periods = {amounts.period(each.fields.get("recurring")) for each in sides.values() if each}
    return len(periods) == 1
