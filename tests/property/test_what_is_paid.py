"""What a plan changes of what is paid is said in every view, and nothing else is."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from hypothesis import given

from stripectl.engine.plan import Plan
from stripectl.pricing.model import Amounts, Catalog, Charge, Discount, Price
from stripectl.views.as_json import plan_json
from stripectl.views.markdown import plans_markdown
from stripectl.views.report.document import plans_html
from stripectl.views.text import plan_text
from tests.property.strategies import catalogs
from tests.property.test_convergence import apply, workbench

QUANTITIES = (*range(31), 99, 100, 101, 102, 199, 200, 201, 1000, 1_000_000)
"""Beyond every bound, allowance and package that is drawn, and on both sides of each."""

SAID = re.compile(
    r"([\d,]+) (amount|discount)s? (change|are new|are no longer|changes|is new|is no longer)\b"
)
COURSES = {"change": "changes", "are new": "comes", "is new": "comes"}


# What is paid, from the manifests alone


def cost(price: Price, currency: str, units: int) -> Decimal:
    """Major units, not rounded."""
    amount = price.amount.get(currency, Decimal(0))
    if price.charge is Charge.PACKAGE:
        assert price.package
        return amount * -(-units // price.package.size)
    if price.charge is Charge.VOLUME:
        tier = next(each for each in price.tiers if each.up_to is None or units <= each.up_to)
        return tier.amount.get(currency, Decimal(0)) * units + tier.flat.get(currency, Decimal(0))
    if price.charge is Charge.GRADUATED:
        return graduated(price, currency, units)
    return amount * max(0, units - (price.included.quantity if price.included else 0))


def graduated(price: Price, currency: str, units: int) -> Decimal:
    total, below = Decimal(0), 0
    for place, tier in enumerate(price.tiers):
        if place == 0 or units > below:
            inside = units - below if tier.up_to is None else min(units, tier.up_to) - below
            total += tier.amount.get(currency, Decimal(0)) * inside + tier.flat.get(currency, Decimal(0))
        below = tier.up_to or 0
    return total


def paid(catalog: Catalog, planned: Catalog) -> Mapping[tuple[str, str], object]:
    """Address and currency of each price that can be bought -> all that decides what is paid.

    A product that is out of use and no longer declared is in no plan: its prices count by
    themselves.
    """
    return {
        (f"price.{price.reference}", currency): (
            str(price.every),
            price.meter,
            chosen(price, currency),
            tuple(cost(price, currency, units) for units in QUANTITIES) if not price.custom else None,
        )
        for price in catalog.prices.values()
        if price.active and (catalog.products[price.product].active or price.product not in planned.products)
        for currency in price.currencies
    }


def chosen(price: Price, currency: str) -> object:
    custom = price.custom
    if custom is None:
        return None
    bounds: tuple[Amounts | None, ...] = (custom.minimum, custom.maximum, custom.preset)
    return tuple((each or {}).get(currency) for each in bounds)


def taken_off(discount: Discount) -> object:
    return (
        discount.percent_off,
        tuple(sorted(discount.amount_off.items())),
        str(discount.duration),
        tuple(sorted(discount.products)),
    )


def courses(
    before: Mapping[tuple[str, str], object], after: Mapping[tuple[str, str], object]
) -> Iterator[str]:
    for key in before.keys() | after.keys():
        if key not in before or key not in after:
            yield "goes" if key in before else "comes"
        elif before[key] != after[key]:
            yield "changes"


def expected(before: Catalog, after: Catalog) -> Counter[tuple[str, str]]:
    off = ({(each.id, ""): taken_off(each) for each in side.discounts.values()} for side in (before, after))
    return Counter(
        [("amount", course) for course in courses(paid(before, after), paid(after, after))]
        + [("discount", course) for course in courses(*off)]
    )


# What the views say


def told(text: str) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (noun, COURSES.get(verb.removesuffix("s") if verb == "changes" else verb, "goes")): int(
                number.replace(",", "")
            )
            for number, noun, verb in SAID.findall(text)
        }
    )


def views(made: Plan) -> Mapping[str, str]:
    """Of each view the one statement of what changes in all."""
    page = html.unescape(plans_html([made]))
    document = plan_json(made)
    assert isinstance(document, dict)
    assert isinstance(document["review"], dict)
    return {
        "text": one(r"^Costs: (.*?)\n[A-Z]", plan_text(made, width=60, colour=False)),
        "text -v": one(r"^Costs: (.*?)\n[A-Z]", plan_text(made, width=120, colour=False, verbose=True)),
        "comment": one(r"^Costs: (.*?) · reach", plans_markdown([made])),
        "page": one(r"How much\?</dt><dd><bdi>(.*?)</bdi>", page),
        "json": str(document["review"]["summary"]),
    }


def one(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


@given(catalogs(), catalogs())
def test_what_any_quantity_costs_in_any_currency_is_told_in_every_view_where_it_changes_and_in_none_else(
    before: Catalog, after: Catalog
) -> None:
    with workbench() as bench:
        apply(bench, before)
        made = bench.plan(after)
    wanted = expected(before, after)
    said = views(made)
    assert {name: told(text) for name, text in said.items()} == dict.fromkeys(said, wanted)
    if made.effective:
        none = not any(course == "changes" for _, course in wanted)
        assert {name: "no amount changes" in text.lower() for name, text in said.items()} == dict.fromkeys(
            said, none
        )
