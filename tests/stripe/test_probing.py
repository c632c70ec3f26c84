"""What `doctor` asks an account, and what it makes of the answers and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe

from stripectl.engine.checkup import Check, Health
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.gateway import API_VERSION, Gateway
from stripectl.providers.stripe.keys import Door
from stripectl.providers.stripe.permissions import EVERY, PERMISSIONS, Permission, form
from stripectl.providers.stripe.provider import StripeProvider
from tests.keyed import KYC, Lacking, Restricted
from tests.openapi import ValidatingTransport
from tests.workbench import Clock

NOON = "Mon, 21 Sep 2026 14:13:20 GMT"
SECRET, RESTRICTED = "sk_test_shadow", "rk_test_shadow"

Answered = tuple[str, int, Mapping[str, str]]


class Edited(stripe.HTTPClient):
    """Refuses some paths, adds headers to every answer, and notes what it is asked."""

    name = "edited"

    def __init__(
        self, account: ShadowAccount, refused: Mapping[str, int], headers: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._inner = ValidatingTransport(ShadowTransport(account))
        self._refused, self._headers = refused, headers
        self.asked: list[tuple[str, str]] = []

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> Answered:
        path = url.removeprefix("https://api.stripe.com").partition("?")[0]
        self.asked.append((method, path))
        if status := self._refused.get(path):
            if status == 599:
                raise stripe.APIConnectionError("Connection refused")  # type: ignore[no-untyped-call]
            told = {"type": "invalid_request_error", "message": f"No access to {path} with {RESTRICTED}."}
            return json.dumps({"error": told}), status, {}
        body, status, given = self._inner.request(method, url, headers, post_data)
        return body, status, {**given, **self._headers}

    def close(self) -> None:
        pass


@pytest.fixture
def probed(account: ShadowAccount, clock: Clock) -> Callable[..., dict[str, Check]]:
    def probe(
        refused: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str = SECRET,
        wanted: str | None = None,
    ) -> dict[str, Check]:
        transport = Edited(account, refused or {}, headers or {})
        gateway = Gateway(key, transport=transport, read_only=True, sleep=clock.advance, clock=clock)
        provider = StripeProvider(gateway, Door(account=wanted))
        checks = provider.probe(lambda: datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC))
        assert {method for method, _ in transport.asked} == {"get"}
        return {each.subject: each for each in checks}

    return probe


Probed = Callable[..., dict[str, Check]]


def test_with_every_permission_everything_is_ok(probed: Probed) -> None:
    found = probed(headers={"Date": NOON})
    assert {each.health for each in found.values()} == {Health.OK}
    assert list(found) == [
        "account",
        "API version",
        "clock",
        "read Accounts",
        "read Products",
        "read Prices",
        "read Coupons",
        "read Promotion codes",
        "read Billing meters",
        "read Entitlements",
        "read Subscriptions",
        "read Payment Links",
        "read Customer portal",
        "write",
    ]
    assert found["account"].found == "acct_1Shadow in test mode, the key's own."


def test_features_of_a_product_are_asked_for_where_there_is_a_product(
    probed: Probed, client: stripe.StripeClient
) -> None:
    client.v1.products.create({"id": "acme-pro", "name": "Pro"})
    assert probed()["read product features"].health is Health.OK
    refused = probed({"/v1/products/acme-pro/features": 403})["read product features"]
    assert (refused.health, refused.hint) == (Health.FAILED, "tick Entitlements, read (rak_entitlement_read)")


SPARED = ("Subscriptions", "Payment Links", "Customer portal")
"""Permissions without which there is a plan, if one that tells less."""


@pytest.mark.parametrize("missing", PERMISSIONS, ids=lambda each: str(each.name))
def test_a_missing_permission_is_told_and_all_others_are_still_tried(
    probed: Probed, missing: Permission
) -> None:
    found = probed({missing.path: 403})
    told = found.pop(f"read {missing.name}")
    assert told.health is (Health.WARNING if missing.name in SPARED else Health.FAILED)
    assert told.found.startswith("Without it ")
    assert f"No access to {missing.path} with rk_…." in told.found
    assert told.hint == f"tick {missing.name}, read ({missing.rak}_read)"
    assert {each.health for each in found.values()} == {Health.OK}


def test_lists_are_asked_for_as_a_plan_asks_for_them() -> None:
    queries = {each.name: each.query for each in PERMISSIONS}
    assert queries["Prices"] == {
        "active": "true",
        "expand": ["data.tiers", "data.currency_options"],
        "limit": 1,
    }
    assert queries["Coupons"]["expand"] == ["data.applies_to", "data.currency_options"]


FORM = "https://dashboard.stripe.com/test/apikeys/create?name=stripectl+"


def test_a_restricted_key_is_told_what_it_lacks_for_a_plan_and_where_to_make_one_that_has_it(
    probed: Probed,
) -> None:
    told = probed({"/v1/coupons": 403, "/v1/subscriptions": 403}, key=RESTRICTED)["permissions"]
    assert told.health is Health.FAILED
    assert told.found == (
        "A plan needs read: Coupons (rak_coupon_read)."
        " A plan tells more with read: Subscriptions (rak_subscription_read)."
    )
    assert told.link.startswith(f"{FORM}plan&permissions%5B%5D=rak_accounts_kyc_basic_read&")
    assert "_write" not in told.link


def test_a_restricted_key_that_lacks_what_a_plan_can_spare_is_warned(probed: Probed) -> None:
    told = probed({"/v1/payment_links": 403}, key=RESTRICTED)["permissions"]
    assert (told.health, told.found) == (
        Health.WARNING,
        "A plan tells more with read: Payment Links (rak_payment_links_read).",
    )


def test_a_restricted_key_that_lacks_nothing_is_told_nothing_of_a_plan(probed: Probed) -> None:
    assert "permissions" not in probed(key=RESTRICTED)


def test_a_server_that_fails_is_no_lack_of_a_permission(probed: Probed) -> None:
    assert "permissions" not in probed({"/v1/coupons": 500}, key=RESTRICTED)


def test_whether_a_restricted_key_may_write_is_not_known(probed: Probed) -> None:
    told = probed(key=RESTRICTED)["write"]
    assert told.health is Health.UNKNOWN
    assert told.found.endswith(
        "an apply needs write: Products (rak_product_write), Prices (rak_plan_write),"
        " Coupons (rak_coupon_write), Promotion codes (rak_promotion_code_write),"
        " Billing meters (rak_billing_meter_write), Entitlements (rak_entitlement_write);"
        " read: Accounts (rak_accounts_kyc_basic_read), Subscriptions (rak_subscription_read),"
        " Payment Links (rak_payment_links_read), Customer portal (rak_customer_portal_read)."
    )
    assert told.link == (
        f"{FORM}apply&permissions%5B%5D=rak_accounts_kyc_basic_read"
        "&permissions%5B%5D=rak_product_write&permissions%5B%5D=rak_plan_write"
        "&permissions%5B%5D=rak_coupon_write&permissions%5B%5D=rak_promotion_code_write"
        "&permissions%5B%5D=rak_billing_meter_write&permissions%5B%5D=rak_entitlement_write"
        "&permissions%5B%5D=rak_subscription_read&permissions%5B%5D=rak_payment_links_read"
        "&permissions%5B%5D=rak_customer_portal_read"
    )


@pytest.mark.parametrize("permission", EVERY, ids=lambda each: str(each.name))
def test_every_permission_stands_in_the_table_for_people(permission: Permission) -> None:
    page = (Path(__file__).parents[2] / "docs/environments.md").read_text(encoding="utf-8")
    (row,) = [
        line for line in page.splitlines() if line.startswith(f"| {permission.name} | `{permission.rak}_…`")
    ]
    assert row.endswith(f"| {permission.access(write=True)} |")


def test_a_live_key_is_sent_to_the_form_for_live_keys() -> None:
    assert form("x", livemode=True, write=False).startswith(
        "https://dashboard.stripe.com/apikeys/create?name=x&"
    )


def test_a_key_that_may_not_read_its_account_is_told_which_one_it_opens_and_what_to_tick(
    tmp_path: Path, clock: Clock
) -> None:
    with closing(Restricted(tmp_path / "restricted.db", clock)) as account:
        account.lacking = Lacking({"/v1/account": KYC})
        gateway = Gateway(RESTRICTED, transport=ShadowTransport(account), read_only=True)
        checks = StripeProvider(gateway).probe(lambda: datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC))
    found = {each.subject: each for each in checks}
    assert (found["account"].health, found["account"].found) == (
        Health.OK,
        "acct_1Shadow in test mode, the key's own. Stripe named it where it refused to tell more.",
    )
    assert found["read Accounts"].health is Health.WARNING
    assert found["read Accounts"].found.endswith(f"Stripe asks for {KYC}.")
    assert found["permissions"].found == f"A plan tells more with read: Accounts ({KYC})."


def test_a_key_whose_refusal_names_no_account_is_told_what_to_tick(probed: Probed) -> None:
    found = probed({"/v1/account": 403}, key=RESTRICTED)
    assert found["account"].health is Health.FAILED
    assert "tick Accounts, read (rak_accounts_kyc_basic_read) for the key" in found["account"].hint
    assert found["API version"].health is Health.UNKNOWN
    assert found["read Prices"].health is Health.OK


@pytest.mark.parametrize("status", [401, 500, 599])
def test_where_the_account_cannot_be_asked_nothing_else_is(probed: Probed, status: int) -> None:
    found = probed({"/v1/account": status})
    assert {name: each.health for name, each in found.items()} == {
        "account": Health.FAILED,
        "permissions": Health.UNKNOWN,
    }


def test_a_server_that_fails_at_one_list_leaves_its_permission_unknown(probed: Probed) -> None:
    found = probed({"/v1/coupons": 500})
    assert found["read Coupons"].health is Health.UNKNOWN
    assert found["read Prices"].health is Health.OK


def test_an_account_that_the_key_does_not_open_fails_with_both_ids(probed: Probed) -> None:
    told = probed(wanted="acct_1Other")["account"]
    assert told.health is Health.FAILED
    assert told.found.startswith(
        "The environment is for acct_1Other; the key opens acct_1Shadow in test mode"
    )


def test_the_account_that_is_named_is_said_to_be(probed: Probed) -> None:
    told = probed(wanted="acct_1Shadow")["account"]
    assert told.found == "acct_1Shadow in test mode, the key's own and named as `account`."


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("Mon, 21 Sep 2026 14:14:20 GMT", "This machine and Stripe agree within 60 seconds."),
        ("Mon, 21 Sep 2026 14:14:21 GMT", "This machine is 61 seconds behind Stripe."),
        ("Mon, 21 Sep 2026 13:13:20 GMT", "This machine is 3600 seconds ahead of Stripe."),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much(probed: Probed, date: str, told: str) -> None:
    clock = probed(headers={"Date": date})["clock"]
    assert clock.found.startswith(told)
    assert (clock.health is Health.OK) is ("agree" in told)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 21 Sep 2026 14:13:20"])
def test_a_date_that_cannot_be_read_tells_nothing_of_the_clock(probed: Probed, date: str) -> None:
    assert "clock" not in probed(headers={"Date": date})


def test_an_answer_in_another_version_is_a_warning(probed: Probed) -> None:
    told = probed(headers={"Stripe-Version": "2024-06-20"})["API version"]
    assert told.health is Health.WARNING
    assert API_VERSION in told.found
    assert "2024-06-20" in told.found
