"""Fixtures that every part of the suite may ask for: a clock, a shadow account, a client on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe
from hypothesis import HealthCheck, Phase, settings

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from tests.openapi import ValidatingTransport
from tests.workbench import KEY, NOON, Clock, Workbench

__all__ = ["KEY", "NOON", "Clock"]

stripe.enable_telemetry = False

# The same few examples in every run: a failure then belongs to the change that is tested, and not to the day.
# `--hypothesis-profile=explore` tries many new ones.
settings.register_profile(
    "steady",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "explore", settings.get_profile("steady"), max_examples=400, derandomize=False, phases=list(Phase)
)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the files that texts are held against"
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Hold a text against a file that is read in review and rewritten with `--update-golden`."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check


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


@pytest.fixture
def bench(tmp_path: Path, account: ShadowAccount, clock: Clock) -> Workbench:
    """Catalog `acme` on the shadow account; what it sends is held against the description."""
    return Workbench(tmp_path / "acme", account, clock, wrap=ValidatingTransport)
