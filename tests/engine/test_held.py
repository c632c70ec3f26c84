"""A default price cannot be archived before the default moves; an archived product keeps its own."""

from __future__ import annotations

from stripectl.engine.values import Ref
from tests.engine.builders import D, actions, codes, held, plan, price, product, row

PRO = product(default_price=Ref("price.pro.monthly"))


def test_default_price_of_an_archived_product_stays_in_use() -> None:
    made = plan([], [held(PRO), held(price())])
    assert (actions(made), codes(made)) == ({"product.pro": "archive"}, [])
    assert row(made, "product.pro").notes == (
        "price.pro.monthly stays in use as its default; nothing can be bought through an archived one",
    )


def test_a_default_price_that_goes_while_its_product_stays_without_another_is_refused() -> None:
    made = plan([product()], [held(PRO), held(price())])
    assert (codes(made), made.blocked) == (["still-referred-to"], True)
    assert "default_price of product.pro" in made.diagnostics[0].detail


def test_a_default_price_may_go_when_the_default_moves_to_another() -> None:
    moved = product(default_price=Ref("price.pro.yearly"))
    made = plan([moved, price("yearly", unit_amount=D(9000))], [held(PRO), held(price())])
    assert actions(made) == {
        "product.pro": "update",
        "price.pro.monthly": "archive",
        "price.pro.yearly": "create",
    }
    assert codes(made) == []


def test_a_default_price_may_be_replaced_because_the_default_follows_the_address() -> None:
    made = plan([PRO, price(unit_amount=D(950))], [held(PRO), held(price())])
    assert (codes(made), made.blocked) == ([], False)


def test_a_default_price_that_is_already_archived_holds_nothing_up() -> None:
    made = plan([product()], [held(PRO), held(price(), active=False)])
    assert (actions(made), codes(made)) == ({}, [])
