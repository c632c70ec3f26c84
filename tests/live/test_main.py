"""One run from its key to its exit code: what Stripe says is held against the facts and the shadow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import stripe

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.behaviour import Behaviour
from stripectl.providers.shadow.transport import ShadowTransport
from tests.conftest import Clock
from tests.live import page
from tests.live.__main__ import Exit, main
from tests.live.connection import Connection, Unreachable
from tests.live.page import NEVER
from tests.live.suite import AT_ONCE, SHADOW_KEY

ENVIRONMENT = {"STRIPE_SANDBOX_KEY": SHADOW_KEY}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page that a run writes, with its answers beside it; not the project's own."""
    copy = tmp_path / "stripe-facts.md"
    shutil.copy(page.PAGE, copy)
    (tmp_path / "answers.json").write_text("{}")
    monkeypatch.setattr(page, "PAGE", copy)
    monkeypatch.setattr(page, "ANSWERS", tmp_path / "answers.json")
    return copy


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[stripe.HTTPClient]:
    """A shadow account in the place of Stripe."""
    account = ShadowAccount(tmp_path / "account.db", clock=clock)
    yield ShadowTransport(account)
    account.close()


def arguments(folder: Path, *probes: str) -> list[str]:
    only = [word for probe in probes for word in ("--only", probe)]
    return ["--ledgers", str(folder / "ledgers"), *only]


def test_a_stripe_that_is_as_believed_ends_well_and_is_kept_on_the_page(
    kept: Path, sandbox: stripe.HTTPClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = main(arguments(tmp_path, "product-id", "price-exponent"), ENVIRONMENT, sandbox)
    told = capsys.readouterr().out
    assert ended is Exit.AS_BELIEVED
    assert "The shadow answers differently (0)" in told
    assert "Open questions, answered (1)\n  price-exponent: " in told
    assert "2 facts, " in told
    assert json.loads((tmp_path / "answers.json").read_text()).keys() == {"product-id", "price-exponent"}
    row = next(line for line in kept.read_text().splitlines() if line.startswith("| `product-id` "))
    assert NEVER not in row
    assert ": agrees. the id is the chosen one: true; the same id once more: refused 400, code " in row
    assert list((tmp_path / "ledgers").iterdir()) == []


def test_what_stripe_answers_otherwise_than_fact_and_shadow_is_told_with_both_answers(
    kept: Path, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Behaviour(hides_archived_prices=False)
    account = ShadowAccount(tmp_path / "account.db", clock=clock, behaviour=other)
    ended = main(arguments(tmp_path, "list-archived-prices"), ENVIRONMENT, ShadowTransport(account))
    account.close()
    told = capsys.readouterr().out
    assert ended is Exit.OTHERWISE
    assert "    without a filter: expected false, answered true\n" in told
    assert (
        "The shadow answers differently (2)\n"
        "  list-archived-prices: without a filter\n    Stripe  true\n    shadow  false\n"
    ) in told
    assert "contradicts" in kept.read_text()


class Passing(stripe.HTTPClient):
    """Answers 429 and then nothing at all before it answers, and notes the idempotency keys."""

    name = "passing"

    def __init__(self, *troubles: object) -> None:
        super().__init__()
        self.troubles, self.keys = list(troubles), set[str]()

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str], post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        self.keys.add(headers["Idempotency-Key"])
        match self.troubles.pop(0) if self.troubles else 200:
            case int(status):
                return '{"id": "prod_1"}', status, {}
            case _:
                raise stripe.APIConnectionError("lost")  # type: ignore[no-untyped-call]

    def close(self) -> None: ...


def asking(transport: stripe.HTTPClient) -> Connection:
    ticks = Clock(0)
    return Connection(SHADOW_KEY, transport=transport, rates=AT_ONCE, clock=ticks, sleep=ticks.advance)


def test_a_request_that_met_a_limit_or_got_lost_is_sent_again_under_its_key() -> None:
    transport = Passing(429, "lost", 409)
    connection = asking(transport)
    assert connection.ask("POST", "/v1/products", {"name": "A"}).ok
    assert (connection.requests, len(transport.keys)) == (4, 1)


def test_an_account_that_never_answers_is_given_up() -> None:
    with pytest.raises(Unreachable, match="POST /v1/products got no answer"):
        asking(Passing(*["lost"] * 10)).ask("POST", "/v1/products", {"name": "A"})
