"""A recording has nothing of the account's own, and asks a new shadow the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from tests.live.answers import Answer, Object, dig
from tests.live.connection import Connection, Exchange
from tests.live.facts.table import PROBES
from tests.live.recording import RUN, START, Scrub, lines, write
from tests.live.replay import Replay, rows
from tests.live.suite import AT_ONCE, SHADOW_KEY, ask_shadow
from tests.live.wrong import WAYS, WrongTransport
from tests.openapi import ValidatingTransport

UNDESCRIBED = ("price-deletion", "refusal-codes")
"""Probes that ask for what Stripe does not describe."""

RUN_ID = "tlpx12abcd"
BEGAN = 1_795_000_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """What a whole run of the shadow is as a recording, read back from its file.

    What it accepts and what it answers is held against Stripe's description, where that is present.
    """
    described = [probe for probe in PROBES if probe.id not in UNDESCRIBED]
    findings = ask_shadow(described, wrap=ValidatingTransport)
    run = next(iter(findings.tapes["product-id"])).answer.at("metadata", "stripectl_probe")
    file = tmp_path_factory.mktemp("recorded") / "shadow.jsonl"
    assert write(file, lines(findings.tapes, str(run), int(str(run)[:6], 36))) > 400
    return rows(file)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A new account, on the day of every recording."""
    account = ShadowAccount(tmp_path / "account.db", clock=lambda: START + 60)
    yield Connection(SHADOW_KEY, transport=ShadowTransport(account), rates=AT_ONCE)
    account.close()


def test_a_new_shadow_answers_a_recording_of_the_shadow_as_it_stands(
    recorded: list[Object], connection: Connection
) -> None:
    assert Replay(connection).differences(recorded) == []


def test_a_replay_notices_a_shadow_that_is_wrong(recorded: list[Object], tmp_path: Path) -> None:
    way = next(wrong.way for wrong in WAYS if wrong.caught_by == "price-expansion")
    few = [row for row in recorded if row["probe"] == "price-expansion"]
    account = ShadowAccount(tmp_path / "account.db", clock=lambda: START + 60)
    transport = WrongTransport(ShadowTransport(account), way)
    found = Replay(Connection(SHADOW_KEY, transport=transport, rates=AT_ONCE)).differences(few)
    account.close()
    assert any(line.startswith("price-expansion GET /v1/prices/$price") for line in found)


def test_a_recording_names_no_id_of_stripes_no_run_and_no_account(recorded: list[Object]) -> None:
    text = json.dumps(recorded)
    ids = re.findall(r"\b(?:price|prod|promo|mtr|feat|cus|sub|plink|prodft|li|si)_[A-Za-z0-9]{8,}", text)
    assert ids
    assert [found for found in ids if "_Probe" not in found] == []
    assert set(re.findall(r"stripectl-probe-(\w{10})", text)) == {RUN}
    assert "acct_" not in text
    assert "/v1/account" not in {row["path"] for row in recorded}


def test_moments_are_those_of_a_run_that_began_at_a_fixed_one(recorded: list[Object]) -> None:
    made = [
        dig(row["body"], "created") for row in recorded if row["method"] == "POST" and row["status"] == 200
    ]
    known = [moment for moment in made if isinstance(moment, int)]
    assert known
    assert set(known) == {START}


def scrubbed(body: Object, path: str = "/v1/products", status: int = 400) -> Object | None:
    exchange = Exchange(f"stripectl-probe-{RUN_ID}-001", "GET", path, {}, Answer(status, body, {}))
    return Scrub(RUN_ID, BEGAN).line(exchange, "probe")


def test_keys_accounts_and_addresses_of_logs_do_not_stand_in_a_recording() -> None:
    log = "https://dashboard.stripe.com/acct_1Real000000000/test/workbench/logs?object=req_abcdefgh1234"
    message = "The key sk_test_51Real of acct_1Real000000000 may not do this; see price_1Real00000000"
    line = scrubbed({"error": {"message": message, "request_log_url": log}})
    assert "Real" not in json.dumps(line)
    assert dig(line, "body", "error", "request_log_url") == "<redacted:request_log_url>"


def test_a_list_that_holds_what_somebody_else_made_is_left_out() -> None:
    ours: Object = {"id": f"stripectl-probe-{RUN_ID}-001-1"}
    anothers: Object = {"id": f"stripectl-probe-{RUN_ID}-002-1"}
    theirs: Object = {"id": "prod_Theirs00000001"}
    assert scrubbed({"object": "list", "data": [ours]}, status=200) is not None
    for other in (anothers, theirs):
        assert scrubbed({"object": "list", "data": [ours, other]}, status=200) is None


def test_a_request_that_names_what_the_recording_did_not_make_is_left_out() -> None:
    assert scrubbed({"id": "price_1Theirs000000"}, "/v1/prices/price_1Theirs000000", 200) is None
