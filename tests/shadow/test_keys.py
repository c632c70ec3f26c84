"""Keys of organizations, restricted keys, and what every answer says beside its body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import stripe

from stripectl.providers.shadow.account import Answer, ShadowAccount
from stripectl.providers.shadow.errors import CODES
from stripectl.providers.shadow.limiter import Limiter, Limits
from stripectl.providers.shadow.permissions import PERMISSIONS
from stripectl.providers.shadow.transport import ShadowTransport
from tests.conftest import KEY, Clock
from tests.listening import listening
from tests.shadow.test_rules import REFUSED, made, send
from tests.shadow.test_server import asked

Denying: TypeAlias = Callable[..., ShadowAccount]
RESTRICTED = "rk_test_Secret"


@pytest.fixture
def denying(tmp_path: Path, clock: Clock) -> Iterator[Denying]:
    """Makes an account that refuses permissions to restricted keys."""
    accounts: list[ShadowAccount] = []

    def opener(*denied: str) -> ShadowAccount:
        account = ShadowAccount(
            tmp_path / "account.db", clock=clock, account_id="acct_1Shadow", denied=frozenset(denied)
        )
        accounts.append(account)
        return account

    yield opener
    for account in accounts:
        account.close()


def opened_with(
    account: ShadowAccount, key: str, method: str, path: str, form: str = "", **more: str
) -> Answer:
    headers = {
        "Authorization": f"Bearer {key}",
        **{name.replace("_", "-"): text for name, text in more.items()},
    }
    query, body = ("", form) if method == "POST" else (form, "")
    return account.handle(method, f"/v1/{path}", query, body, headers)


def error(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)["error"]
    return found


def test_a_restricted_key_without_the_permission_learns_its_name_and_the_account(denying: Denying) -> None:
    account = denying("rak_accounts_kyc_basic_read")
    answer = opened_with(account, RESTRICTED, "GET", "account")
    assert answer.status == 403
    found = error(answer)
    assert found["type"] == "invalid_request_error"
    assert "on account 'acct_1Shadow'" in found["message"]
    assert "Having the 'rak_accounts_kyc_basic_read' permission would allow" in found["message"]
    assert found["request_log_url"].startswith(
        "https://dashboard.stripe.com/acct_1Shadow/test/logs?object=req_"
    )
    assert "Secret" not in answer.body
    assert opened_with(account, KEY, "GET", "account").status == 200
    assert opened_with(account, RESTRICTED, "GET", "products").status == 200


def test_the_sdk_tells_a_lacking_permission_from_other_refusals(denying: Denying) -> None:
    transport = ShadowTransport(denying("rak_plan_read"))
    client = stripe.StripeClient(RESTRICTED, http_client=transport)
    with pytest.raises(stripe.PermissionError):
        client.v1.prices.list()


@pytest.mark.parametrize(
    ("method", "path", "form", "permission"),
    [
        ("GET", "products", "", "rak_product_read"),
        ("POST", "products", "name=A", "rak_product_write"),
        ("DELETE", "products/pro", "", "rak_product_write"),
        ("GET", "products/pro/features", "", "rak_entitlement_read"),
        ("GET", "prices", "", "rak_plan_read"),
        ("GET", "prices", "expand[0]=data.product", "rak_product_read"),
        ("GET", "products", "expand[0]=data.default_price", "rak_plan_read"),
        ("GET", "promotion_codes", "expand[0]=data.promotion.coupon", "rak_coupon_read"),
        ("POST", "billing/meters/mtr/deactivate", "", "rak_billing_meter_write"),
        ("GET", "entitlements/features", "", "rak_entitlement_read"),
        ("DELETE", "coupons/launch", "", "rak_coupon_write"),
        ("GET", "subscriptions", "", "rak_subscription_read"),
        ("GET", "payment_links/plink/line_items", "", "rak_payment_links_read"),
    ],
)
def test_each_request_needs_the_permission_of_what_it_is_about_and_of_what_it_expands(
    denying: Denying, method: str, path: str, form: str, permission: str
) -> None:
    account = denying(permission)
    answer = opened_with(account, RESTRICTED, method, path, form)
    assert (answer.status, f"'{permission}'" in answer.body) == (403, True)
    assert permission in PERMISSIONS
    others = denying(*(PERMISSIONS - {permission, permission.replace("_read", "_write")}))
    if "expand" not in form:
        assert opened_with(others, RESTRICTED, method, path, form).status != 403


def test_a_refused_request_is_not_carried_out_and_its_idempotency_key_stays_free(denying: Denying) -> None:
    account = denying("rak_product_write")
    form = "id=pro&name=A"
    assert opened_with(account, RESTRICTED, "POST", "products", form, Idempotency_Key="k").status == 403
    assert opened_with(account, KEY, "POST", "products", form, Idempotency_Key="k").status == 200


@pytest.mark.parametrize(
    ("context", "status"),
    [({}, 400), ({"Stripe_Context": "acct_1Shadow"}, 200), ({"Stripe_Context": "acct_x"}, 403)],
)
def test_the_key_of_an_organization_says_which_account_it_is_about(
    account: ShadowAccount, context: dict[str, str], status: int
) -> None:
    answer = opened_with(account, "sk_org_Secret", "GET", "account", **context)
    assert answer.status == status
    assert "Secret" not in answer.body


def test_every_refusal_says_where_the_log_has_the_request(account: ShadowAccount) -> None:
    made(account, "products", "id=pro&name=Pro")
    for method, path, form in (
        ("GET", "products/none", ""),
        ("POST", "products", ""),
        ("POST", "products", "id=pro&name=A"),
    ):
        answer = send(account, method, path, form)
        url = f"https://dashboard.stripe.com/acct_1Shadow/test/logs?object={answer.headers['Request-Id']}"
        assert error(answer)["request_log_url"] == url


def test_a_url_that_nobody_serves_is_refused_without_a_place_in_the_log(account: ShadowAccount) -> None:
    for path in ("products/pro/nothing", "prices/price_1"):
        assert "request_log_url" not in error(send(account, "DELETE", path))


def test_answers_to_post_say_that_another_try_is_no_use(account: ShadowAccount) -> None:
    assert send(account, "POST", "products", "id=pro&name=Pro").headers["Stripe-Should-Retry"] == "false"
    assert send(account, "POST", "products", "id=pro&name=Pro").headers["Stripe-Should-Retry"] == "false"
    assert send(account, "POST", "products", "").headers["Stripe-Should-Retry"] == "false"
    assert "Stripe-Should-Retry" not in send(account, "GET", "products/pro").headers


def test_a_429_asks_to_wait_only_where_the_server_was_told_to(account: ShadowAccount, clock: Clock) -> None:
    with listening(account, limiter=Limiter(Limits(overall=1), clock), retry_after=7) as server:
        asked(server, "GET", "/v1/products")
        refused = asked(server, "POST", "/v1/products", "name=A")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "7")
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert refused.headers["Stripe-Should-Retry"] is None


def test_no_refusal_has_a_code_that_nobody_says_stripe_gives() -> None:
    codes = {code for _, _, _, code, _, _ in REFUSED if code}
    assert codes <= CODES.keys()
