"""Which payment links and portal configurations lead to what goes away, and what is asked to find out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import stripe

from stripectl.engine.plan import Pointer, Pointers
from stripectl.engine.ports import RequestFailed
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.provider import StripeProvider
from tests.openapi import ValidatingTransport
from tests.workbench import KEY, Log, answer


class Refusing(stripe.HTTPClient):
    """Answers requests for some paths with an error."""

    name = "refusing"

    def __init__(self, inner: stripe.HTTPClient, status: int, *paths: str) -> None:
        super().__init__()
        self.inner, self.status, self.paths = inner, status, paths

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        if any(path in url for path in self.paths):
            return answer(self.status, "no", "Not with this key.")
        answered: tuple[str, int, Mapping[str, str]] = self.inner.request(method, url, headers, post_data)
        return answered


def provider(transport: stripe.HTTPClient) -> StripeProvider:
    return StripeProvider(Gateway(KEY, transport=transport, read_only=True, sleep=lambda _: None))


@pytest.fixture
def transport(account: ShadowAccount) -> stripe.HTTPClient:
    return ValidatingTransport(ShadowTransport(account))


@pytest.fixture
def prices(client: stripe.StripeClient) -> list[str]:
    """Twelve prices of one product."""
    client.v1.products.create({"id": "pro", "name": "Pro"})
    return [
        client.v1.prices.create({"product": "pro", "currency": "eur", "unit_amount": 100 + number}).id
        for number in range(12)
    ]


def link(client: stripe.StripeClient, *prices: str) -> stripe.PaymentLink:
    return client.v1.payment_links.create({"line_items": [{"price": each, "quantity": 1} for each in prices]})


def portal(client: stripe.StripeClient, *prices: str, enabled: bool = True) -> str:
    offered: Any = {"enabled": enabled, "products": [{"product": "pro", "prices": list(prices)}]}
    made = client.v1.billing_portal.configurations.create(
        {"name": "Self service", "features": {"subscription_update": offered}}
    )
    return made.id


def test_a_link_and_a_portal_that_sell_a_price_are_found(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    sells = link(client, prices[0], prices[1])
    offers = portal(client, prices[1])
    assert provider(transport).pointers(prices[:3]) == Pointers(
        {
            prices[0]: (Pointer("payment_link", sells.id, sells.url, stops=True),),
            prices[1]: (
                Pointer("payment_link", sells.id, sells.url, stops=True),
                Pointer("portal_configuration", offers, "Self service"),
            ),
        }
    )


def test_a_link_stops_with_the_product_of_its_price_as_well(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    sells = link(client, prices[0])
    assert provider(transport).pointers(["pro"]).to == {
        "pro": (Pointer("payment_link", sells.id, sells.url, stops=True),)
    }


def test_a_link_of_a_price_in_no_list_stops_with_its_product(
    client: stripe.StripeClient, transport: stripe.HTTPClient
) -> None:
    client.v1.products.create({"id": "pro", "name": "Pro"})
    inline: Any = {"currency": "eur", "unit_amount": 500, "product": "pro"}
    sells = client.v1.payment_links.create({"line_items": [{"price_data": inline, "quantity": 1}]})
    assert provider(transport).pointers(["pro"]).to == {
        "pro": (Pointer("payment_link", sells.id, sells.url, stops=True),)
    }


def test_a_portal_leads_to_a_product_as_well(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    offers = portal(client, prices[0])
    assert list(provider(transport).pointers(["pro"]).to) == ["pro"]
    assert provider(transport).pointers(["pro"]).to["pro"][0].object_id == offers


def test_what_is_switched_off_leads_nowhere(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    client.v1.payment_links.update(link(client, prices[0]).id, {"active": False})
    client.v1.billing_portal.configurations.update(portal(client, prices[0]), {"active": False})
    portal(client, prices[0], enabled=False)
    assert provider(transport).pointers(prices) == Pointers()


def test_the_twelfth_line_of_a_link_is_found(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    sells = link(client, *prices)
    assert provider(transport).pointers([prices[11]]).to == {
        prices[11]: (Pointer("payment_link", sells.id, sells.url, stops=True),)
    }


def test_an_optional_item_of_a_link_is_found(prices: list[str], transport: stripe.HTTPClient) -> None:
    class Optional(Refusing):
        def request(  # type: ignore[override]
            self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
        ) -> tuple[str, int, Mapping[str, str]]:
            if "payment_links" in url:
                body = (
                    '{"object": "list", "has_more": false, "data": [{"id": "plink_1", "url": "u",'
                    f' "optional_items": [{{"price": "{prices[0]}", "quantity": 1}}]}}]}}'
                )
                return body, 200, {}
            return super().request(method, url, headers, post_data)

    found = provider(Optional(transport, 403)).pointers(prices)
    assert found.to == {prices[0]: (Pointer("payment_link", "plink_1", "u", stops=True),)}


def test_two_lists_are_read_however_many_objects_are_asked_about(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    for each in prices:
        link(client, each)
    log = Log(transport)
    assert len(provider(log).pointers(prices).to) == 12
    # The first request finds out whose the key is.
    assert sorted(path.partition("?")[0] for _, path in log.requests) == [
        "/v1/account",
        "/v1/billing_portal/configurations",
        "/v1/payment_links",
    ]


def test_what_the_key_may_not_read_is_named_and_the_rest_is_told(
    client: stripe.StripeClient, prices: list[str], transport: stripe.HTTPClient
) -> None:
    offers = portal(client, prices[0])
    found = provider(Refusing(transport, 403, "payment_links")).pointers(prices)
    assert found.unread == ("payment_link",)
    assert [each.object_id for each in found.to[prices[0]]] == [offers]


def test_a_server_that_fails_is_no_refusal(prices: list[str], transport: stripe.HTTPClient) -> None:
    with pytest.raises(RequestFailed):
        provider(Refusing(transport, 500, "payment_links")).pointers(prices)
