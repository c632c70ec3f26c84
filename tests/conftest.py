"""Fixtures that every part of the suite may ask for: a clock, a shadow account, a client on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stripe

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from tests.openapi import ValidatingTransport

stripe.enable_telemetry = False

NOON = 1_790_000_000
"""Where a test's clock starts: 2026-09-21 14:13:20 UTC."""

KEY = "sk_test_shadow"


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(tmp_path: Path, clock: Clock) -> Iterator[ShadowAccount]:
    """A new shadow account in a file of its own."""
    account = ShadowAccount(tmp_path / "account.db", clock=clock, account_id="acct_1Shadow")
    yield account
    account.close()


@pytest.fixture
def client(account: ShadowAccount) -> stripe.StripeClient:
    """The SDK, speaking to the shadow account; every request and answer is held against the description."""
    return stripe.StripeClient(KEY, http_client=ValidatingTransport(ShadowTransport(account)))
