"""Prices before and after, currency by currency: the cards of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.values import Ref
from stripectl.review.amounts import Amount as Paid
from stripectl.review.amounts import Course
from stripectl.review.products import Products
from stripectl.review.terms import Terms
from stripectl.views import amounts, wording
from stripectl.views.headlines import frame, one_text
from stripectl.views.report.chart import Chart, chart
from stripectl.views.report.curves import Curve, Tier
from stripectl.views.rows import Row


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
    course: Course = Course.SAME

    @property
    def moves(self) -> bool:
        return self.course is not Course.SAME


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
    products = Products.of(plan)
    priced = (row for row in every if row.change.kind == "price" and any(map(_moves, row.amounts)))
    cards = (_card(row, names, products.unit(row.change.resource)) for row in priced)
    return tuple(sorted(cards, key=_place))


def _moves(amount: Paid) -> bool:
    return amount.course is not Course.SAME


def _place(card: PriceCard) -> tuple[bool, int, bool]:
    change = card.row.change
    return not change.irreversible, wording.RISK.index(change.action), bool(card.charts)


def _product_names(plan: Plan) -> Mapping[str, str]:
    products = (change.resource for change in plan.changes if change.kind == "product")
    return {each.address: str(each.fields.get("name") or each.address) for each in products}


def _card(row: Row, names: Mapping[str, str], unit: str) -> PriceCard:
    change = row.change
    product = change.resource.fields.get("product")
    return PriceCard(
        row,
        _name(change, names),
        _WORDS[change.action],
        tuple(_amount(each, unit) for each in row.amounts),
        tuple(_charts(row.amounts, change.address)),
        tuple(_facts(change, product.address if isinstance(product, Ref) else str(product or ""))),
    )


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


def _amount(paid: Paid, unit: str) -> Amount:
    was, now, currency = paid.before, paid.after, paid.currency
    step = paid.step
    if step and (step[0] != step[1] or paid.course is Course.SAME):
        assert now
        old, new = (amounts.money(each, currency) for each in step)
        delta = amounts.change(*step, currency) if step[0] != step[1] else ""
        return Amount(currency.upper(), old, new, frame(now, unit), delta, *_moved(*step), course=paid.course)
    alone = (now or was) if not (was and now) else None
    if alone and alone.amount is not None:
        amount = amounts.money(alone.amount, currency)
        texts = (amount if was else "", amount if now else "")
        return Amount(currency.upper(), *texts, frame(alone, unit), "", course=paid.course)
    before, after = (one_text(each, unit) if each else "" for each in (was, now))
    if paid.course is Course.CHANGES and before == after:
        after += ", measured by another meter"
    return Amount(currency.upper(), before, after, "", "", tiers=_tiers(was, now, unit), course=paid.course)


def _tiers(before: Terms | None, after: Terms | None, unit: str) -> TierTable | None:
    sides = {"Before": before, "After": after}
    curves = {name: Curve(each) for name, each in sides.items() if each and each.tiered}
    if not curves:
        return None
    texts = (
        [f"{_range(tier)}: {_rate(tier, each.currency, unit)}" for tier in each.tiers]
        for each in curves.values()
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


def _rate(tier: Tier, currency: str, unit: str) -> str:
    return amounts.per_unit(tier.unit, tier.flat, currency, unit)


def _moved(before: Decimal, after: Decimal) -> tuple[str, str, Decimal]:
    """Direction, share in words, and share."""
    if before == after:
        return "same", "", Decimal(0)
    direction = "up" if after > before else "down"
    if not before:
        return direction, "", Decimal(0)
    return direction, amounts.percent_change(before, after), abs(after - before) * 100 / abs(before)


def _charts(every: Iterable[Paid], title: str) -> Iterator[Chart]:
    """A chart for each currency with tiers, of a price that is paid for the same time on both sides."""
    for paid in every:
        sides = {"before": paid.before, "after": paid.after}
        curves = {name: curve for name, each in sides.items() if (curve := Curve.of(each))}
        periods = {each.rate.every for each in sides.values() if each}
        if any(each and each.tiered for each in sides.values()) and curves and len(periods) == 1:
            yield chart(curves, title)
