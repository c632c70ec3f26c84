"""A restricted key that lacks permissions, and a key of an organization, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import stripe

from stripectl.providers.shadow.account import ShadowAccount
from tests.e2e.conftest import FILE, KEY, MANIFEST, Desk
from tests.keyed import ACCOUNT, KYC, ORGANIZATION_KEY, Lacking, Organization, Restricted
from tests.listening import listening

RESTRICTED_KEY = "rk_test_4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture
def way() -> str:
    """Tests here say themselves where the account is."""
    return FILE


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[Restricted]:
    with closing(Restricted(tmp_path / "restricted.db")) as account:
        yield account


@pytest.fixture
def limited(started: Desk, restricted: Restricted) -> Iterator[Desk]:
    """A new project whose key is restricted."""
    with listening(restricted) as server:
        yield started.at(server.url).with_variables(TEST_KEY=RESTRICTED_KEY)


def named(desk: Desk, account: str) -> None:
    """Have the environment name its account."""
    desk.edit("stripectl.yaml", "api_key_env: TEST_KEY,", f"api_key_env: TEST_KEY, account: {account},")


def test_a_key_that_may_not_read_its_account_plans_and_applies(limited: Desk, restricted: Restricted) -> None:
    restricted.lacking = Lacking({"/v1/account": KYC})
    assert f"{ACCOUNT}" in limited.run("plan").out
    limited.run("apply", "--yes")
    limited.run("plan", "--detailed-exitcode")
    named(limited, "acct_1Other")
    limited.refused("plan", exit=1, code="wrong-account")


def test_an_account_that_only_the_environment_names_is_marked_in_the_plan(
    limited: Desk, restricted: Restricted
) -> None:
    restricted.lacking = Lacking({"/v1/account": KYC}, in_message="", in_address="")
    limited.refused("plan", exit=1, code="account-unknown")
    named(limited, ACCOUNT)
    told = limited.run("plan").out
    assert "warning[account-unverified]: Which account the key opens is not confirmed" in told
    assert "--> stripectl.yaml:" in told
    limited.run("apply", "--yes")


def test_doctor_says_what_to_tick_and_where(limited: Desk, restricted: Restricted) -> None:
    restricted.lacking = Lacking({"/v1/account": KYC, "/v1/coupons": "rak_coupon_read"})
    told = limited.run("doctor", exit=1).out
    assert "Stripe asks for rak_coupon_read." in told
    assert "hint: tick Coupons, read (rak_coupon_read)" in told
    plan, apply = [line for line in told.splitlines() if line.startswith("https://")]
    for link in (plan, apply):
        assert link.startswith("https://dashboard.stripe.com/test/apikeys/create?name=stripectl+")
    assert "&permissions%5B%5D=rak_coupon_read&" in plan
    assert "&permissions%5B%5D=rak_coupon_write&" in apply


def for_one_customer(desk: Desk, customer: str) -> str:
    """Declare a code for a customer; where in the manifest it stands."""
    path = desk.root / MANIFEST
    before = path.read_text(encoding="utf-8")
    code = f"discounts:\n  vip:\n    percent_off: 20\n    codes:\n      VIP: {{customer: {customer}}}\n"
    path.write_text(before + code, encoding="utf-8")
    return f"--> {MANIFEST}:{before.count(chr(10)) + 5}:7"


def test_a_code_for_a_customer_who_does_not_exist_is_told_at_its_line_before_anything_is_made(
    started: Desk, tmp_path: Path
) -> None:
    opened = ShadowAccount(tmp_path / "account.db", clock=time.time)
    with closing(opened) as account, listening(account) as server:
        place = started.at(server.url)
        where = for_one_customer(place, "cus_nobody")
        told = place.run("plan", exit=3).out
        assert "error[customer-missing]: A customer does not exist" in told
        assert where in told
        place.refused("apply", "--yes", exit=3, code="plan-blocked")


def test_a_restricted_key_that_may_not_read_customers_says_that_it_did_not_look(
    started: Desk, tmp_path: Path
) -> None:
    denied = frozenset({"rak_customer_read"})
    opened = ShadowAccount(tmp_path / "account.db", clock=time.time, denied=denied)
    with closing(opened) as account, listening(account) as server:
        client = stripe.StripeClient(KEY, base_addresses={"api": server.url})
        place = started.at(server.url).with_variables(TEST_KEY=RESTRICTED_KEY)
        where = for_one_customer(place, client.v1.customers.create({"name": "Ada"}).id)
        told = place.run("plan").out
        assert "warning[customer-unread]: Whether a customer exists was not checked" in told
        assert where in told
        assert "hint: tick Customers, read (rak_customer_read) for the key" in told
        place.run("apply", "--yes")
        place.run("plan", "--detailed-exitcode")


def test_a_key_of_an_organization_works_on_the_account_that_the_environment_names(
    started: Desk, tmp_path: Path
) -> None:
    with closing(Organization(tmp_path / "organization.db")) as account, listening(account) as server:
        place = started.at(server.url).with_variables(TEST_KEY=ORGANIZATION_KEY)
        ended = place.refused("plan", exit=1, code="key-without-account")
        assert "--> stripectl.yaml:" in ended.err
        assert account.contexts == set()
        named(place, ACCOUNT)
        place.run("apply", "--yes")
        place.run("plan", "--detailed-exitcode")
        assert account.contexts == {ACCOUNT}
        found = " ".join(place.run("doctor").out.split())
        assert "A key of an organization for test mode" in found
        assert f"{ACCOUNT} in test mode, of the key's organization and named as `account`." in found
        # The form of an account makes no key of its organization.
        assert "https://" not in found
        assert ORGANIZATION_KEY[8:] not in found
