"""Whatever changes what a quantity costs, in whatever currency, is named exactly and in every view."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from stripectl.engine.difference import compare, field_changes
from stripectl.engine.plan import Action, Audience, Change, FieldChange, Plan
from stripectl.engine.resource import Resource
from stripectl.engine.values import Value
from stripectl.providers.stripe.kinds import KINDS, PRICE
from stripectl.providers.stripe.moves import price_moves
from stripectl.review.amounts import Course
from stripectl.review.reading import review
from stripectl.views.as_json import plan_json
from stripectl.views.markdown import plans_markdown
from stripectl.views.report.document import plans_html
from stripectl.views.rows import rows
from stripectl.views.text import plan_text
from tests.views import samples


def tiers(*every: tuple[int | None, str, str]) -> Value:
    return tuple(
        {"up_to": up_to, "unit_amount": Decimal(unit), **({"flat_amount": Decimal(flat)} if flat else {})}
        for up_to, unit, flat in every
    )


def tiered(*every: tuple[int | None, str, str]) -> dict[str, Value]:
    return {
        "unit_amount": None,
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": tiers(*every),
    }


def sold_in(**amounts: str) -> dict[str, Value]:
    return {"currency_options": {name: {"unit_amount": Decimal(cents)} for name, cents in amounts.items()}}


def packed(size: int) -> dict[str, Value]:
    return {"transform_quantity": {"divide_by": size, "round": "up"}}


def chosen(minimum: str) -> dict[str, Value]:
    return {"unit_amount": None, "custom_unit_amount": {"minimum": Decimal(minimum)}}


MANY = [(units, "5", "") for units in range(1, 12)]
LATER = [(units, "6" if units in (1, 2, 10, 11) else "5", "") for units in range(1, 12)]


def priced(fields: Mapping[str, Value]) -> Resource:
    bare = samples.price()
    return replace(bare, fields={**bare.fields, **fields})


def replaced(before: Mapping[str, Value], after: Mapping[str, Value]) -> Plan:
    was, now = replace(priced(before), object_id="price_1OLD"), priced(after)
    found = compare(was, now, PRICE).differing
    row = Change(
        was.address,
        "price",
        Action.REPLACE,
        before=was,
        after=now,
        changed=field_changes(found),
        replace_because=tuple(each.field.name for each in found if each.replaces),
        audience=Audience(0),
    )
    return samples.plan(row, samples.kept(samples.product()))


def views(made: Plan) -> Mapping[str, str]:
    return {
        "text": plan_text(made, width=60, colour=False),
        "text -v": plan_text(made, width=120, colour=False, verbose=True),
        "comment": plans_markdown([made]),
        "page": html.unescape(plans_html([made])),
        "json": str(plan_json(made)),
    }


CASES: Mapping[str, tuple[Mapping[str, Value], Mapping[str, Value], str]] = {
    "a middle tier rises": (
        tiered((10, "100", ""), (100, "70", ""), (None, "30", "")),
        tiered((10, "100", ""), (100, "100.1", ""), (None, "30", "")),
        "tier 2 amount",
    ),
    "a bound moves": (
        tiered((10, "100", ""), (None, "30", "")),
        tiered((20, "100", ""), (None, "30", "")),
        "tier 1 bound",
    ),
    "a flat fee of a tier": (
        tiered((10, "100", "500"), (None, "30", "")),
        tiered((10, "100", "600"), (None, "30", "")),
        "tier 1 flat amount",
    ),
    "three further currencies": (
        sold_in(eur="800", gbp="700", chf="900"),
        sold_in(eur="880", gbp="770", chf="990"),
        "amount in EUR, GBP and CHF",
    ),
    "the size of a package": (packed(10), packed(5), "package size"),
    "the smallest amount of choice": (chosen("100"), chosen("200"), "minimum"),
}


@pytest.mark.parametrize(("before", "after", "named"), CASES.values(), ids=CASES)
def test_what_changes_a_cost_is_said_and_named_in_every_view(
    before: Mapping[str, Value], after: Mapping[str, Value], named: str
) -> None:
    made = replaced(before, after)
    said = {name: " ".join(text.split()) for name, text in views(made).items()}
    assert [name for name, text in said.items() if "no amount changes" in text.lower()] == []
    assert [name for name, text in said.items() if " change" not in text] == []
    why = dict(rows(made)[0].reasons)["why"]
    assert why == f"{named} cannot change in Stripe; a successor is created"


@pytest.mark.parametrize(
    "strange",
    [
        {"tiers_mode": "sideways"},
        {"recurring": {"interval": "fortnight", "interval_count": 1}},
        {"recurring": {"interval": "month", "interval_count": 0}},
        {"transform_quantity": {"divide_by": 0, "round": "up"}},
        {"transform_quantity": {"divide_by": 5, "round": "sideways"}},
        {"currency_options": {"eur": None}},
    ],
    ids=str,
)
def test_what_no_price_can_be_is_shown_all_the_same(strange: Mapping[str, Value]) -> None:
    for made in (replaced({}, strange), replaced(strange, {}), replaced(strange, strange)):
        assert all(views(made).values())


def test_tiers_that_cost_alike_change_no_amount_however_they_are_cut() -> None:
    made = replaced(tiered((10, "5", ""), (None, "5", "")), tiered((20, "5", ""), (None, "5", "")))
    assert [each.course for each in review(made).amounts] == [Course.SAME]
    assert [name for name, text in views(made).items() if "no amount changes" not in text.lower()] == []


def test_tiers_stand_in_the_order_of_their_numbers() -> None:
    made = replaced(tiered(*MANY, (None, "1", "")), tiered(*LATER, (None, "1", "")))
    assert [label for label, _ in rows(made)[0].fields] == [f"tier {n} amount" for n in (1, 2, 10, 11)]
    assert [each.path[1] for each in made.changes[0].changed] == [0, 1, 9, 10]


def test_currencies_that_are_added_stand_each_for_itself() -> None:
    made = replaced({}, {"unit_amount": Decimal(3000), **sold_in(eur="800", gbp="700")})
    assert rows(made)[0].fields == (
        ("price in EUR", "not sold → 8.00 EUR a month"),
        ("price in GBP", "not sold → 7.00 GBP a month"),
    )


def test_a_new_price_shows_the_tiers_of_every_currency() -> None:
    option: Value = {"eur": {"tiers": tiers((10, "100", ""), (None, "30", ""))}}
    new = priced({**tiered((10, "110", ""), (None, "33", "")), "currency_options": option})
    (row,) = rows(samples.plan(samples.created(new)))
    assert row.fields == (
        ("in EUR", "in steps: 1.00 EUR per unit up to 10, then 0.30 EUR per unit, a month"),
    )


def test_a_price_is_per_what_its_product_calls_a_unit() -> None:
    product = samples.product(unit_label="seat")
    row = rows(samples.plan(samples.raised(), samples.kept(product)))[0]
    assert row.headline == "24.00 USD → 29.00 USD per seat a month"


def test_a_unit_has_no_name_where_the_prices_of_its_product_count_different_things() -> None:
    product = samples.product(unit_label="request")
    counted = samples.kept(samples.usage())
    row = rows(samples.plan(samples.raised(), counted, samples.kept(product)))[0]
    assert row.headline == "24.00 USD → 29.00 USD a month"


def retired(*held: int | None) -> Plan:
    prices: list[Resource] = [
        samples.price(address=f"price.pro.p{place}", object_id=f"price_{place}")
        for place, _ in enumerate(held)
    ]
    rows_ = [
        replace(samples.gone(each), audience=Audience(number))
        for each, number in zip(prices[1:], held[1:], strict=True)
    ]
    stays = Change(
        prices[0].address, "price", Action.NO_OP, before=prices[0], audience=Audience(held[0], monthly={})
    )
    return samples.plan(samples.gone(samples.product()), stays, *rows_)


@pytest.mark.parametrize(
    ("held", "who", "affected"),
    [
        ((3, 0), "3 active subscriptions stay on 1 of its prices", "stay on 1 price that goes"),
        ((0, 0), "no active subscription is on its prices", "no active subscription is on what goes"),
        (
            (2, None),
            "2 active subscriptions stay on 1 of its prices; how many subscriptions stay on 1 more price is"
            " unknown: the key may not read them",
            "2 active subscriptions stay on 1 price that goes; how many",
        ),
    ],
)
def test_a_product_that_goes_tells_who_stays_on_its_prices(
    held: tuple[int | None, ...], who: str, affected: str
) -> None:
    made = retired(*held)
    (product,) = [row for row in rows(made) if row.change.kind == "product"]
    assert dict(product.reasons)["who"] == who
    text = " ".join(plan_text(made, width=120, colour=False).split())
    assert affected in text
    assert ("no active subscription is on what goes" in text) is not any(each != 0 for each in held)


def test_a_coupon_that_takes_off_more_is_no_plan_without_a_change_of_amount() -> None:
    after = replace(samples.COUPON, fields={**samples.COUPON.fields, "percent_off": Decimal(90)})
    differing = (FieldChange(("percent_off",), Decimal(20), Decimal(90)),)
    row = Change(
        after.address, "coupon", Action.REPLACE, before=samples.COUPON, after=after, changed=differing
    )
    for text in views(samples.plan(row)).values():
        assert "1 discount changes" in text
        assert "no amount changes" not in text.lower()


@pytest.mark.parametrize(("before", "after", "named"), CASES.values(), ids=CASES)
def test_what_the_guard_finds_moving_is_a_change_of_an_amount(
    before: Mapping[str, Value], after: Mapping[str, Value], named: str
) -> None:
    made = replaced(before, after)
    was, now = made.changes[0].before, made.changes[0].after
    assert was
    assert now
    assert list(price_moves(was.fields, now.fields))
    assert review(made).changing
    assert KINDS["price"].moves is price_moves
