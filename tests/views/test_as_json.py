"""What a machine reads."""

from __future__ import annotations

import json
from typing import Any

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.serial import diagnostic_to_json
from stripectl.views import as_json
from tests.views import samples


def test_one_plan_is_printed_as_itself_and_several_under_plans() -> None:
    one = as_json.plans_json([samples.RAISED])
    assert one == as_json.plan_json(samples.RAISED)
    several = as_json.plans_json([samples.RAISED, samples.QUIET])
    assert isinstance(several, dict)
    assert list(several) == ["format_version", "plans"]


def test_diagnostics_keep_code_place_and_hint() -> None:
    found = error(
        "tier-order", "Tier bounds must increase", hint="raise it", path="a.b", source=samples.at(4)
    )
    assert as_json.diagnostics_json([found]) == {
        "format_version": "1.1",
        "diagnostics": [
            {
                "severity": "error",
                "code": "tier-order",
                "summary": "Tier bounds must increase",
                "detail": "",
                "hint": "raise it",
                "address": None,
                "path": "a.b",
                "source": {"file": "catalogs/acme/pro.yaml", "line": 4, "column": 3},
            }
        ],
    }


def test_drift_names_the_revision_that_it_is_drift_from() -> None:
    document = as_json.drift_json("acme", "sandbox", 3, samples.DRIFTED[:1])
    assert isinstance(document, dict)
    assert document["revision"] == 3
    assert document["drift"] == [
        {
            "address": "product.pro",
            "kind": "product",
            "object_id": "acme-pro",
            "change": "modified",
            "fields": [
                {"path": ["description"], "recorded": "Everything in Pro", "observed": "Everything in Pro!"},
                {"path": ["metadata", "tier"], "recorded": "gold", "observed": None},
            ],
        }
    ]


def test_what_is_spent_stands_beside_the_drift() -> None:
    spent = Diagnostic(Severity.INFO, "spent", "Something can no longer be used", address="code.launch.SOON")
    document = as_json.drift_json("acme", "sandbox", 3, (), (spent,))
    assert isinstance(document, dict)
    assert document["drift"] == []
    assert document["diagnostics"] == [diagnostic_to_json(spent)]


def test_history_begins_with_the_oldest_revision() -> None:
    document = as_json.history_json(reversed(samples.REVISIONS))
    assert isinstance(document, dict)
    revisions: Any = document["revisions"]
    assert [each["revision"] for each in revisions] == [1, 2, 3, 4]


def test_explaining_one_address_gives_its_objects_and_verdicts() -> None:
    document = as_json.explain_json(
        samples.FIRST.desired, samples.FIRST.annotations, address="price.pro.monthly"
    )
    assert isinstance(document, dict)
    artifacts: Any = document["artifacts"]
    (artifact,) = artifacts
    assert [note["code"] for note in artifact["annotations"]] == ["trial-at-checkout"]
    assert [each["kind"] for each in artifact["resources"]] == ["price"]


def test_the_text_reads_back_as_the_same_json() -> None:
    document = as_json.plan_json(samples.BUSY)
    text = as_json.json_text(document)
    assert json.loads(text) == document
    assert text.endswith("}\n")
