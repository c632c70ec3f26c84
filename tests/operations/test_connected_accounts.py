"""`account` names an account that is connected to the key's own: everything happens there, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import stripe

from stripectl.diagnostics import InvalidInput, StalePlan
from stripectl.operations.drift import drift
from stripectl.operations.session import Session
from stripectl.pricing.model import Product
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.keys import Door
from stripectl.providers.stripe.provider import StripeProvider
from stripectl.views.as_json import json_text, plans_json
from stripectl.views.markdown import plan_markdown
from stripectl.views.text import plan_text
from tests.operations.connected import CONNECTED, PLATFORM, STRANGER, Routed
from tests.stripe.builders import catalog, monthly
from tests.workbench import KEY, Clock, Workbench, actions

CATALOG = catalog(Product("pro", "Pro", default_price="monthly"), monthly())


@dataclass
class Named(Workbench):
    """A workbench whose environment names its account."""

    named: str | None = field(default=None, kw_only=True)

    def on(self, account: str) -> Named:
        """The same, with a new provider that is to work on another account."""
        bench = replace(self, named=account)
        bench.provider = StripeProvider(bench.gateway(), Door(account=account))
        return bench

    def session(self) -> Session:
        return replace(super().session(), account_id=self.named)


@pytest.fixture
def connected(tmp_path: Path, clock: Clock) -> Iterator[ShadowAccount]:
    with closing(ShadowAccount(tmp_path / "connected.db", clock=clock, account_id=CONNECTED)) as account:
        yield account


@pytest.fixture
def platform(tmp_path: Path, clock: Clock) -> Iterator[ShadowAccount]:
    with closing(ShadowAccount(tmp_path / "platform.db", clock=clock, account_id=PLATFORM)) as account:
        yield account


@pytest.fixture
def routed(platform: ShadowAccount, connected: ShadowAccount) -> Routed:
    return Routed(platform, connected)


@pytest.fixture
def bench(tmp_path: Path, platform: ShadowAccount, clock: Clock, routed: Routed) -> Named:
    return Named(tmp_path / "acme", platform, clock, wrap=lambda _: routed).on(CONNECTED)


def products(account: ShadowAccount) -> list[str]:
    client = stripe.StripeClient(KEY, http_client=ShadowTransport(account))
    return [each.id for each in client.v1.products.list().data]


def test_plan_apply_and_drift_work_on_the_connected_account(
    bench: Named, routed: Routed, platform: ShadowAccount, connected: ShadowAccount
) -> None:
    made = bench.plan(CATALOG)
    assert made.account
    assert (made.account.id, made.account.livemode) == (CONNECTED, False)
    bench.carry_out(made)
    assert (products(connected), products(platform)) == (["acme-pro"], [])
    assert bench.recorded.account.id == CONNECTED
    assert actions(bench.plan(CATALOG)) == {}
    assert drift(bench.session()).rows == ()
    # The first request finds out whose key it is.
    assert routed.asked[0] == (None, "get")
    assert {account for account, _ in routed.asked[1:]} == {CONNECTED}


def test_a_change_by_hand_in_the_connected_account_is_drift(bench: Named, connected: ShadowAccount) -> None:
    bench.apply(CATALOG)
    client = stripe.StripeClient(KEY, http_client=ShadowTransport(connected))
    client.v1.products.update("acme-pro", {"name": "Pro (new!)"})
    assert [row.address for row in drift(bench.session()).rows] == ["product.pro"]


def test_a_plan_for_the_connected_account_does_not_fit_the_platform(bench: Named, routed: Routed) -> None:
    made = bench.plan(CATALOG)
    routed.asked.clear()
    with pytest.raises(StalePlan) as refused:
        bench.on(PLATFORM).carry_out(made)
    assert refused.value.diagnostics[0].code == "stale-account"
    assert {method for _, method in routed.asked} == {"get"}


def test_an_account_that_the_key_does_not_open_is_told_with_both_ids_and_not_asked_again(
    bench: Named, routed: Routed
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bench.on(STRANGER).plan(CATALOG)
    (told,) = refused.value.diagnostics
    assert told.code == "wrong-account"
    assert STRANGER in told.detail
    assert PLATFORM in told.detail
    assert [method for account, method in routed.asked if account == STRANGER] == ["get"]
    assert {method for _, method in routed.asked} == {"get"}


def test_a_platform_that_is_named_is_asked_without_the_header(bench: Named, routed: Routed) -> None:
    bench.on(PLATFORM).plan(CATALOG)
    assert {account for account, _ in routed.asked} == {None}


def test_every_view_of_a_plan_begins_with_the_account_and_its_mode(bench: Named) -> None:
    made = bench.plan(CATALOG)
    assert made.account
    for live, mode in ((False, "test mode"), (True, "LIVE")):
        shown = replace(made, account=replace(made.account, livemode=live))
        for text in (plan_text(shown, width=100, colour=False), plan_markdown(shown)):
            top = "\n".join(text.splitlines()[:6])
            assert CONNECTED in top
            assert mode.lower() in top.lower()
        account = json.loads(json_text(plans_json([shown])))["account"]
        assert (account["id"], account["livemode"]) == (CONNECTED, live)
