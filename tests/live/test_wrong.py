"""An account that is wrong on purpose is noticed by the probe of the fact that it contradicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields

import pytest
import stripe

from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from tests.live.facts.table import PROBES
from tests.live.probe import Verdict
from tests.live.report import differences
from tests.live.suite import ask_shadow

CONTRADICTS: Mapping[str, str] = {
    "clears_default_price": "product-default-price-clear",
    "clears_statement_descriptor": "product-texts-keep",
    "strips_names": "product-blanks",
    "stops_links": "link-archived-price",
    "frees_feature_keys": "feature-key",
    "keeps_archived_lookup_keys": "price-lookup-key-held",
    "transfers_from_archived": "price-lookup-key-transfer",
    "guards_default_price": "product-default-price-archive",
    "refuses_one_time_tiers": "price-one-time-tiers",
    "expands_by_currency": "currency-tiers",
    "repeats_base_currency": "currency-base",
    "hides_archived_prices": "list-archived-prices",
    "clamps_limit": "list-limit",
    "keeps_cursors": "list-cursor",
}
"""Switch of the shadow -> the probe whose fact it contradicts when it is turned over."""

DIFFERS: Mapping[str, str] = {
    "clears_nickname": "price-nickname",
    "frees_event_names": "meter-event-name",
    "revives_features": "feature-reactivation",
    "revives_links": "link-archived-product",
    "frees_coupon_ids": "coupon-deletion",
    "strips_meter_names": "meter-members",
    "strips_feature_names": "feature-members",
}
"""Switch for what nobody knows of Stripe -> the probe that will say which of both it is."""


@pytest.mark.parametrize(("switch", "probe_id"), [*CONTRADICTS.items(), *DIFFERS.items()])
def test_a_shadow_with_one_switch_turned_over_is_noticed(switch: str, probe_id: str) -> None:
    [probe] = (probe for probe in PROBES if probe.id == probe_id)
    turned = Behaviour(**{switch: not getattr(STRIPES, switch)})
    [right], [wrong] = ask_shadow([probe]).rows, ask_shadow([probe], behaviour=turned).rows
    assert right.verdict in (Verdict.AGREES, Verdict.ANSWERED)
    assert (wrong.verdict is Verdict.CONTRADICTS) is (switch in CONTRADICTS)
    observed = {row.observation for row in differences([wrong], [right])}
    assert observed
    assert observed >= wrong.contradictions.keys()


def test_each_switch_of_the_shadow_has_a_probe_and_ten_at_least_contradict_a_fact() -> None:
    assert sorted([*CONTRADICTS, *DIFFERS]) == sorted(field.name for field in fields(Behaviour))
    assert len(CONTRADICTS) >= 10


class Always(stripe.HTTPClient):
    """Answers every request in the same way."""

    name = "always"

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__()
        self.answer = json.dumps(body), status, {"Request-Id": "req_1"}

    def request(self, *_: object) -> tuple[str, int, Mapping[str, str]]:  # type: ignore[override]
        return self.answer

    def close(self) -> None: ...


def agreeing(account: Always) -> set[str]:
    rows = ask_shadow(PROBES, wrap=lambda _: account).rows
    return {row.probe.id for row in rows if row.verdict is Verdict.AGREES}


def test_no_probe_agrees_with_an_account_that_refuses_everything() -> None:
    refusal = {"type": "invalid_request_error", "message": "No."}
    assert agreeing(Always(400, {"error": refusal})) == set()


def test_only_facts_of_acceptance_agree_with_an_account_that_accepts_everything() -> None:
    assert agreeing(Always(200, {"id": "made"})) == {
        "currency-no-decimals",
        "currency-three-decimals",
        "list-cursor",
    }
