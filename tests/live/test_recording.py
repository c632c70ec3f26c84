"""A recording has nothing of the account's own, and asks a new shadow the same."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from tests.live.answers import Answer, Object, dig
from tests.live.asking import began
from tests.live.connection import Connection, Exchange
from tests.live.facts.table import PROBES
from tests.live.ledger import Ledger
from tests.live.recording import RUN, Scrub, lines, write
from tests.live.removal import MARK
from tests.live.suite import SHADOW_KEY, ask_shadow, run
from tests.openapi import ValidatingTransport
from tests.replay import START, Replay, exchanges
from tests.replay import Exchange as Recorded

UNDESCRIBED = ("price-deletion", "refusal-codes")
"""Probes that ask for what Stripe does not describe."""

RUN_ID = "tlpx12abcd"
BEGAN = 1_795_000_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Recorded]:
    """What a whole run of the shadow is as a recording, read back from its file.

    What it accepts and what it answers is held against Stripe's description, where that is present.
    """
    described = [probe for probe in PROBES if probe.id not in UNDESCRIBED]
    findings = ask_shadow(described, wrap=ValidatingTransport)
    run_id = str(findings.tapes["product-id"][0].answer.at("metadata", MARK))
    file = tmp_path_factory.mktemp("recorded") / "shadow.jsonl"
    assert write(file, lines(findings.tapes, run_id, began(run_id))) > 400
    return exchanges(file)


def different(recorded: list[Recorded], folder: Path, behaviour: Behaviour = STRIPES) -> list[str]:
    """What a new account, on the day of every recording, answers otherwise."""
    account = ShadowAccount(folder / "account.db", clock=lambda: START, behaviour=behaviour)
    outcomes = Replay(account, SHADOW_KEY).run(recorded)
    account.close()
    return [
        f"{outcome.exchange.title} {aspect} {line}"
        for outcome in outcomes
        for aspect, found in outcome.differences.items()
        for line in found
    ]


def test_a_new_shadow_answers_a_recording_of_the_shadow_as_it_stands(
    recorded: list[Recorded], tmp_path: Path
) -> None:
    assert different(recorded, tmp_path) == []


def test_a_replay_notices_a_shadow_that_is_wrong(recorded: list[Recorded], tmp_path: Path) -> None:
    found = different(recorded, tmp_path, Behaviour(repeats_base_currency=False))
    assert any("GET /v1/prices/$price" in line and "currency_options" in line for line in found), found


def test_a_recording_names_no_id_of_stripes_no_run_and_no_account(recorded: list[Recorded]) -> None:
    text = json.dumps([asdict(exchange) for exchange in recorded])
    ids = re.findall(r"\b(?:price|prod|promo|mtr|feat|cus|sub|plink|prodft|li|si)_[A-Za-z0-9]{8,}", text)
    assert ids
    assert [found for found in ids if "_Probe" not in found] == []
    assert set(re.findall(r"stripectl-probe-(\w{10})", text)) == {RUN}
    assert "acct_" not in text
    assert "/v1/account" not in {exchange.path for exchange in recorded}


def test_moments_are_those_of_a_run_that_began_at_a_fixed_one(recorded: list[Recorded]) -> None:
    made = [dig(exchange.body, "created") for exchange in recorded if exchange.method == "POST"]
    known = [moment for moment in made if isinstance(moment, int)]
    assert known
    assert set(known) == {START}


def test_what_the_shadow_has_no_endpoint_for_is_not_recorded(
    served: Connection, ledger: Ledger, run_id: str
) -> None:
    bills = [probe for probe in PROBES if not probe.shadowed]
    assert bills
    assert run(bills, served, ledger, run_id).tapes == {}


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
