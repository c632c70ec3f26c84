"""What goes while just one other thing of the same content comes is perhaps only renamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import ACCOUNT, FREE, D, code, coupon, held, price, product

PRO = (product(default_price=Ref("price.pro.monthly")), price())


def hints(before: Iterable[Resource], after: Iterable[Resource]) -> list[str]:
    objects = tuple(held(each, each.object_id or f"id_{place}") for place, each in enumerate(before))
    target = Target("shadow", ACCOUNT, objects, None)
    made = make_plan(Intent("acme", State.of(after)), target, KINDS, FREE)
    return [each.hint for each in made.diagnostics if each.code == "perhaps-renamed"]


def renamed(resource: Resource, address: str, **fields: object) -> Resource:
    return replace(resource, address=address, fields={**resource.fields, **fields}, object_id=None)  # type: ignore[dict-item]


PREMIUM = (
    renamed(PRO[0], "product.premium", default_price=Ref("price.premium.monthly")),
    renamed(PRO[1], "price.premium.monthly", product=Ref("product.premium"), lookup_key="premium_monthly"),
)


def test_a_renamed_product_is_noticed_once_and_takes_its_prices_along() -> None:
    assert hints(PRO, PREMIUM) == [
        "if it is only a new name, write moved: [{from: product.pro, to: product.premium}]"
    ]


def test_a_renamed_price_and_a_renamed_discount_are_noticed() -> None:
    month = renamed(PRO[1], "price.pro.month", lookup_key="pro_month")
    assert hints(PRO, [product(default_price=Ref("price.pro.month")), month]) == [
        "if it is only a new name, write moved: [{from: price.pro.monthly, to: price.pro.month}]"
    ]
    start = (
        renamed(coupon(), "discount.start"),
        renamed(code(), "code.start.LAUNCH", coupon=Ref("discount.start")),
    )
    assert hints([coupon(), code()], start) == [
        "if it is only a new name, write moved: [{from: discount.launch, to: discount.start}]"
    ]


@pytest.mark.parametrize(
    "after",
    [
        [product(), price("month", unit_amount=D(1000))],
        [product(), price("month"), price("month2")],
        [product(), product("extra"), renamed(price(), "price.extra.month", product=Ref("product.extra"))],
    ],
    ids=["other amount", "two of them", "of another product"],
)
def test_what_is_another_thing_is_not_taken_for_a_new_name(after: list[Resource]) -> None:
    assert hints([product(), price()], after) == []
