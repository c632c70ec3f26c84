"""Prices that payment links and subscriptions bring along: inactive, and in no list."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from stripectl.providers.shadow.account import ShadowAccount
from tests.shadow.test_endpoints import product
from tests.shadow.test_rules import refusal

INLINE: Any = {"currency": "eur", "unit_amount": 500, "product": "pro"}


def link(client: StripeClient, **data: Any) -> dict[str, Any]:
    """The price of a new link's only line."""
    sent: Any = {
        "line_items": [{"price_data": {**INLINE, **data}, "quantity": 2}],
        "expand": ["line_items"],
    }
    [line] = client.v1.payment_links.create(sent).to_dict()["line_items"]["data"]
    assert (line["amount_total"], line["currency"]) == (1000, "eur")
    return dict(line["price"])


def trial(client: StripeClient) -> dict[str, Any]:
    """The price of a new subscription's only item."""
    data: Any = {**INLINE, "recurring": {"interval": "month"}}
    customer = client.v1.customers.create({"name": "Ada"}).id
    made = client.v1.subscriptions.create({"customer": customer, "items": [{"price_data": data}]})
    return dict(made.to_dict()["items"]["data"][0]["price"])


@pytest.mark.parametrize("sell", [link, trial])
def test_a_price_made_inline_is_inactive_and_in_no_list(either: StripeClient, sell: Any) -> None:
    product(either)
    made = sell(either)
    assert (made["active"], made["unit_amount"], made["product"]) == (False, 500, "pro")
    prices = either.v1.prices
    assert prices.retrieve(made["id"]).active is False
    assert prices.list({"product": "pro"}).data == []
    assert prices.list({"product": "pro", "active": False}).data == []


def test_subscriptions_are_listed_by_their_inline_price(either: StripeClient) -> None:
    product(either)
    made = trial(either)
    assert len(either.v1.subscriptions.list({"price": made["id"]}).data) == 1


def test_a_product_made_inline_is_listed(either: StripeClient) -> None:
    named: Any = {"name": "Once", "description": "d" * 40_000, "unit_label": "seat"}
    sent: Any = {"currency": "eur", "unit_amount": 500, "product_data": named}
    either.v1.payment_links.create({"line_items": [{"price_data": sent, "quantity": 1}]})
    assert [(row.name, row.unit_label) for row in either.v1.products.list().data] == [("Once", "seat")]


def test_archiving_the_product_stops_the_link_of_an_inline_price(either: StripeClient) -> None:
    product(either)
    link(either)
    either.v1.products.update("pro", {"active": False})
    assert [row.active for row in either.v1.payment_links.list().data] == [False]


DATA = "line_items[0][quantity]=1&line_items[0][price_data][currency]=eur"
AMOUNT = f"{DATA}&line_items[0][price_data][unit_amount]=5"
WITHIN = "line_items[0][price_data]"


@pytest.mark.parametrize(
    ("form", "param", "words"),
    [
        ("line_items[0][quantity]=1", "line_items[0][price]", "Missing required param"),
        (f"{AMOUNT}&line_items[0][price]=price_1", "line_items[0][price]", "only specify one of"),
        (AMOUNT, None, "either `product` or `product_data`"),
        (f"{AMOUNT}&{WITHIN}[product]=nope", f"{WITHIN}[product]", "No such product"),
        (f"{DATA}&{WITHIN}[product]=pro", None, "require an `unit_amount`"),
        (
            f"{AMOUNT}&{WITHIN}[product_data][name]=A&{WITHIN}[product_data][tax_details][tax_code]=x",
            f"{WITHIN}[product_data][tax_details]",
            "does not carry out",
        ),
    ],
)
def test_what_an_inline_price_lacks_is_refused(
    account: ShadowAccount, form: str, param: str | None, words: str
) -> None:
    account.handle("POST", "/v1/products", "", "id=pro&name=Pro", {"Authorization": "Bearer sk_test_1"})
    status, _, named, message = refusal(account, "POST", "payment_links", form)
    assert (status, named) == (400, param)
    assert words in message


def test_a_refused_link_leaves_no_price_and_no_product(either: StripeClient) -> None:
    sent: Any = [
        {"price_data": {"currency": "eur", "unit_amount": 1, "product_data": {"name": "A"}}, "quantity": 1},
        {"price": "price_nope", "quantity": 1},
    ]
    with pytest.raises(stripe.InvalidRequestError, match="No such price"):
        either.v1.payment_links.create({"line_items": sent})
    assert either.v1.products.list().data == []
