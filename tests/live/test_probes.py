"""Every fact is asked of `stripectl shadow serve`, over HTTP, side by side, and put away again."""

from __future__ import annotations

import re

from tests.live.connection import Connection
from tests.live.facts.table import PROBES, UNASKED
from tests.live.known import SHADOW_DIFFERS
from tests.live.ledger import Ledger
from tests.live.probe import Grade, Verdict
from tests.live.removal import scan
from tests.live.suite import ask_shadow, run

TIMELESS = tuple(probe for probe in PROBES if probe.shadowed and not probe.waits)
TIMELY = tuple(probe for probe in PROBES if probe.waits)


def test_the_shadow_answers_as_the_facts_say_but_where_it_is_known_not_to(
    served: Connection, ledger: Ledger, run_id: str
) -> None:
    findings = run(TIMELESS, served, ledger, run_id)
    findings.rows += ask_shadow(TIMELY).rows
    apart = {
        row.probe.id: row.problem or dict(row.contradictions)
        for row in findings.rows
        if row.verdict in (Verdict.CONTRADICTS, Verdict.UNANSWERED) and not row.probe.restricted
    }
    assert apart.keys() == SHADOW_DIFFERS.keys(), apart
    unseen = [row for row in findings.rows if not row.problem and row.probe.expected.keys() - row.seen.keys()]
    assert unseen == []
    assert findings.left == []
    assert ledger.close()
    # The shadow does not delete customers.
    assert {path for path, _ in scan(served, lambda run: run == run_id)} <= {"/v1/customers"}


def test_a_restricted_key_is_asked_what_only_such_a_key_can_tell() -> None:
    probes = [probe for probe in PROBES if probe.restricted or probe.id == "account"]
    rows = ask_shadow(probes, key="rk_test_shadow").rows
    assert {row.probe.id: bool(row.problem) for row in rows} == {"account": True, "account-restricted": False}


def test_each_fact_has_an_id_of_its_own_and_is_a_sentence() -> None:
    facts = [*((row.id, row.fact) for row in PROBES), *((row.id, row.fact) for row in UNASKED)]
    ids = [name for name, _ in facts]
    assert sorted(ids) == sorted(set(ids))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)
    assert all(fact.endswith(".") for _, fact in facts)


def test_a_fact_of_which_nothing_is_known_expects_nothing_and_any_other_expects_something() -> None:
    assert {probe.id for probe in PROBES if bool(probe.expected) == (probe.grade is Grade.UNKNOWN)} == set()
