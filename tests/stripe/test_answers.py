"""Whatever an answer holds, reading it ends with a value or with one calm message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripectl.diagnostics import InvalidInput, StripectlError
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.engine.resource import State
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.provider import StripeProvider
from stripectl.providers.stripe.requests import object_path
from stripectl.providers.stripe.retries import LONGEST_PAUSE, TRIES
from tests.stripe.test_gateway import Asked, Reply, Scripted, always, gateway
from tests.stripe.test_normalise import PRICE, PRODUCT
from tests.workbench import Clock

COUPON = {"id": "c", "object": "coupon", "percent_off": 20, "duration": "once", "valid": True, "created": 1}
CODE = {"id": "promo_1", "object": "promotion_code", "code": "A", "active": True}
METER = {"id": "mtr_1", "object": "billing.meter", "status": "active", "event_name": "calls"}
FEATURE = {"id": "feat_1", "object": "entitlements.feature", "name": "A", "active": True}
SUBSCRIPTION = {
    "id": "sub_1",
    "currency": "eur",
    "items": {
        "data": [
            {
                "quantity": 2,
                "price": {
                    "id": "price_1",
                    "unit_amount_decimal": "900",
                    "billing_scheme": "per_unit",
                    "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
                    "transform_quantity": {"divide_by": 5, "round": "up"},
                },
            }
        ]
    },
}
LINK = {
    "id": "plink_1",
    "url": "https://buy.example",
    "line_items": {"data": [{"price": {"id": "price_1", "product": "prod_1"}}], "has_more": False},
}
HONEST: Mapping[str, Any] = {
    "/v1/products": PRODUCT,
    "/v1/prices": PRICE,
    "/v1/coupons": COUPON,
    "/v1/promotion_codes": CODE,
    "/v1/billing/meters": METER,
    "/v1/entitlements/features": FEATURE,
    "/v1/subscriptions": SUBSCRIPTION,
    "/v1/payment_links": LINK,
    "/v1/billing_portal/configurations": {"id": "bpc_1", "features": {}},
}
"""Path of a list -> the one object on it."""

NASTY = (
    "NaN",
    "Infinity",
    "1e999999",
    "1e-999999",
    "9" * 400,
    f'"{"9" * 400}"',
    '"1e999999"',
    '"NaN"',
    '""',
    '"ten"',
    '"fortnight"',
    "0",
    "-1",
    "null",
    "true",
    "[]",
    "{}",
    "[null]",
    '{"id": 7}',
    r'"\ud800"',
    '".."',
    "0.5",
    "99999999999999999",
)


ACCOUNT = '{"id": "acct_1", "object": "account"}'

CALM = ("", "answer-not-understood", "stripe-server", "stripe-refused", "id-leads-elsewhere")


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in leaves(item, (*path, key)))]


PLACES = [(root, path) for root, held in HONEST.items() for path in leaves(held) if path]


def mutated(root: str, path: tuple[str | int, ...], nasty: str) -> str:
    held = json.loads(json.dumps(HONEST[root], default=str))
    *parents, last = path
    inner = held
    for key in parents:
        inner = inner[key]
    inner[last] = "@@"
    return json.dumps(held).replace('"@@"', nasty)


def _said(read: Callable[[], object]) -> str:
    """The code of what was said instead of an answer; all of either can be printed."""
    try:
        str(read()).encode()
    except StripectlError as told:
        str(told).encode()
        return told.diagnostics[0].code
    return ""


@settings(derandomize=True, max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PLACES), st.sampled_from(NASTY))
def test_a_mangled_answer_ends_with_a_value_or_a_calm_message(
    place: tuple[str, tuple[str | int, ...]], nasty: str
) -> None:
    root, path = place

    def answer(asked: Asked) -> tuple[int, str]:
        if asked[1] == "/v1/account":
            return 200, ACCOUNT
        if asked[1] not in HONEST:
            return 404, json.dumps({"error": {"message": "No."}})
        body = mutated(root, path, nasty) if asked[1] == root else json.dumps(HONEST[asked[1]], default=str)
        return 200, f'{{"object": "list", "data": [{body}], "has_more": false}}'

    provider = StripeProvider(gateway(Scripted(answer)))
    for read in (
        lambda: provider.observe(State()),
        lambda: provider.audience(["price_1"]),
        lambda: provider.pointers(["price_1", "prod_1"]),
    ):
        assert _said(read) in CALM


def test_a_message_names_the_request_the_object_and_the_field() -> None:
    body = json.dumps({**PRICE, "tiers_mode": "stairs"}, default=str)
    answer = f'{{"object": "list", "data": [{body}], "has_more": false}}'
    empty = '{"object": "list", "data": [], "has_more": false}'
    answers = {"/v1/prices": answer, "/v1/account": ACCOUNT}
    transport = Scripted(lambda asked: (200, answers.get(asked[1], empty)))
    with pytest.raises(RequestFailed) as raised:
        StripeProvider(gateway(transport)).observe(State())
    detail = raised.value.diagnostics[0].detail
    assert "GET /v1/prices" in detail
    assert "req_1" in detail
    assert "`tiers_mode` of price" in detail


@pytest.mark.parametrize("body", ['"text"', "null", "[]", "7", '{"error": "text"}', '{"error": null}', "<p>"])
def test_a_429_is_tried_again_whatever_its_body(body: str) -> None:
    transport = always(429, body)
    with pytest.raises(RequestFailed) as raised:
        gateway(transport).get("/v1/account")
    assert raised.value.failure is Failure.LIMITED
    assert len(transport.asked) == TRIES[Failure.LIMITED].most


@pytest.mark.parametrize("pause", ["119", "600", "1e9", "nan", "inf"])
def test_all_that_answers_ask_to_wait_is_two_minutes_at_most(pause: str) -> None:
    ticks = Clock(0)
    transport = always(429, "{}", {"Retry-After": pause, "Stripe-Rate-Limited-Reason": "global-rate"})
    asking = Gateway("sk_test_1", transport=transport, clock=ticks, sleep=ticks.advance)
    with pytest.raises(RequestFailed):
        asking.get("/v1/account")
    assert ticks() <= LONGEST_PAUSE
    assert asking._limiter._overall.closed_until <= LONGEST_PAUSE


@pytest.mark.parametrize("path", ["/v1/prices", "/v1/payment_links"])
def test_a_list_whose_cursors_go_round_in_circles_ends(path: str) -> None:
    def answer(asked: Asked) -> Reply:
        following = {"a": "b", "b": "c"}.get(asked[2].get("starting_after", ""), "a")
        return 200, {"object": "list", "data": [{"id": following}], "has_more": True}

    transport = Scripted(answer)
    with pytest.raises(RequestFailed) as raised:
        list(gateway(transport).list_all(path))
    assert raised.value.diagnostics[0].code == "answer-not-understood"
    assert len(transport.asked) < 10


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"id": ' * 60 + "1" + "}" * 60, '{"id": "a", "x": 1' + "0" * 5000 + "}"]
)
def test_depth_and_digits_have_an_end(body: str) -> None:
    assert _said(lambda: gateway(always(200, body)).get("/v1/account")) in ("", "answer-not-understood")


@pytest.mark.parametrize("object_id", ["", ".", ".."])
def test_an_id_that_leads_to_another_path_is_never_asked_for(object_id: str) -> None:
    with pytest.raises(InvalidInput):
        object_path("product", object_id)
    assert object_path("coupon", "a/../b") == "/v1/coupons/a%2F..%2Fb"
