"""One idempotency key, one answer, for a day."""

from __future__ import annotations

import json

import pytest
import stripe
from stripe import StripeClient

from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.conftest import KEY, Clock


def post(account: ShadowAccount, path: str, form: str, key: str) -> Answer:
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": key}
    return account.handle("POST", path, "", form, headers)


def products(account: ShadowAccount) -> int:
    answer = account.handle("GET", "/v1/products", "", "", {"Authorization": f"Bearer {KEY}"})
    return len(json.loads(answer.body)["data"])


def test_the_first_answer_is_given_again_and_nothing_is_done_twice(account: ShadowAccount) -> None:
    first = post(account, "/v1/products", "name=A", "k")
    again = post(account, "/v1/products", "name=A", "k")
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers
    assert products(account) == 1


def test_a_replay_is_not_touched_by_what_happened_since(account: ShadowAccount) -> None:
    first = post(account, "/v1/products", "name=A&id=a", "k")
    post(account, "/v1/products/a", "name=B", "other")
    assert post(account, "/v1/products", "name=A&id=a", "k").body == first.body


def test_a_refusal_by_a_rule_is_kept_and_given_again(account: ShadowAccount) -> None:
    refused = post(account, "/v1/prices", "product=pro&currency=eur&unit_amount=1", "k")
    assert refused.status == 400
    post(account, "/v1/products", "name=Pro&id=pro", "other")
    again = post(account, "/v1/prices", "product=pro&currency=eur&unit_amount=1", "k")
    assert (again.status, again.body) == (400, refused.body)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_request_that_was_never_carried_out_leaves_its_key_free(account: ShadowAccount) -> None:
    assert post(account, "/v1/products", "nom=A", "k").status == 400
    assert post(account, "/v1/products", "name=A", "k").status == 200


@pytest.mark.parametrize(("path", "form"), [("/v1/products", "name=B"), ("/v1/coupons", "name=A")])
def test_a_key_is_bound_to_its_path_and_parameters(account: ShadowAccount, path: str, form: str) -> None:
    post(account, "/v1/products", "name=A", "k")
    refused = post(account, path, form + ("&percent_off=5" if "coupons" in path else ""), "k")
    assert refused.status == 400
    assert json.loads(refused.body)["error"]["type"] == "idempotency_error"
    assert products(account) == 1


def test_the_sdk_raises_its_own_error_for_a_reused_key(client: StripeClient) -> None:
    client.v1.products.create({"name": "A"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "B"}, {"idempotency_key": "k"})


def test_a_key_is_forgotten_after_a_day(account: ShadowAccount, clock: Clock) -> None:
    post(account, "/v1/products", "name=A", "k")
    clock.advance(24 * 3600 - 1)
    assert post(account, "/v1/products", "name=A", "k").headers["Idempotent-Replayed"] == "true"
    clock.advance(1)
    post(account, "/v1/products", "name=A", "k")
    assert products(account) == 2


def test_a_key_has_at_most_255_characters(account: ShadowAccount) -> None:
    assert post(account, "/v1/products", "name=A", "k" * 256).status == 400
    assert post(account, "/v1/products", "name=A", "k" * 255).status == 200
