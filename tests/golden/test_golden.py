"""Whole cases: manifests and what the account holds, and the plan or the diagnostics that come of it.

A case is a folder with `manifest.yaml`. `before*.yaml` are applied first, in order; `by-hand.json` is what
somebody then does to the account; `stripectl.yaml` is the project's config. What comes of it is kept as
`plan.json`, `plan.txt` and `plan.md`, or `diagnostics.txt`, and rewritten with `--update-golden`. Some have
`plan.html`, too: the body of the report, without its style.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from stripectl.cli.project import find_project
from stripectl.cli.wiring import Reading, intent, read
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_to_json
from stripectl.manifest.schemas import schema
from stripectl.operations.apply import apply
from stripectl.operations.plan import plan
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan
from stripectl.views.markdown import plan_markdown
from stripectl.views.report.document import plans_html
from stripectl.views.text import diagnostics_text, plan_text
from tests.workbench import ANYTHING, FREE, Clock, Workbench

HERE = Path(__file__).parent
CASES = sorted(each.parent.name for each in HERE.glob("*/manifest.yaml"))
WIDTH = 100

CODES = {
    "aggregation",
    "allowance-pooled",
    "allowance-rollover",
    "allowance-without-overage",
    "commitment-as-metadata",
    "configuration-as-metadata",
    "discount-duration",
    "discount-ladder",
    "discount-needs-attaching",
    "exact",
    "minimum-spend",
    "offer-as-metadata",
    "part-not-sent",
    "prepayment",
    "trial-at-checkout",
}
"""Every verdict that a mapping can give."""

REPORTED = {
    "commitments-blocked",
    "currency-added",
    "drift",
    "new-pricing",
    "price-change",
    "removals",
    "tier-change",
}
"""Cases whose report is kept."""

Kept = Callable[[Path, str], None]


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    """A workbench on an account whose ids are counted, so that they are the same each time."""
    numbers = count(1)
    account = ShadowAccount(
        tmp_path / "account.db",
        clock=clock,
        account_id="acct_1Golden",
        new_id=lambda kind: f"{kind.rpartition('.')[2]}_{next(numbers):03d}",
    )
    yield Workbench(tmp_path / "state", account, clock)
    account.close()


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_to_what_is_kept(
    name: str, bench: Workbench, clock: Clock, tmp_path: Path, kept: Kept
) -> None:
    case, root = HERE / name, tmp_path / "project"
    for manifest in sorted(case.glob("before*.yaml")):
        made = planned(case, manifest, root, bench)
        assert isinstance(made, Plan)
        apply(bench.session(), made)
        clock.advance(60)
    by_hand(case, bench)
    found = planned(case, case / "manifest.yaml", root, bench, allow=frozenset())
    if isinstance(found, Reading):
        kept(case / "diagnostics.txt", diagnostics_text(found.diagnostics, width=WIDTH, colour=False))
        return
    kept(case / "plan.json", json.dumps(plan_to_json(found), indent=1, ensure_ascii=False) + "\n")
    kept(case / "plan.txt", plan_text(found, width=WIDTH, colour=False))
    kept(case / "plan.md", plan_markdown(found))
    if name in REPORTED:
        kept(case / "plan.html", plans_html([found]).partition("<body>\n")[2])


def planned(
    case: Path, manifest: Path, root: Path, bench: Workbench, *, allow: frozenset[str] = ANYTHING
) -> Plan | Reading:
    """The plan for one manifest; where it cannot be used, what was read."""
    folder = root / "catalogs" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(manifest, folder / "manifest.yaml")
    if (case / "stripectl.yaml").exists():
        shutil.copy(case / "stripectl.yaml", root)
    project = find_project(root)
    environment = project.environment(None)
    policy = FREE if allow else project.config.policy_for("acme", environment.name)
    today = bench.now().date()
    reading = read(project, "acme", policy, today)
    if not reading.valid:
        return reading
    bench.policy = policy
    return plan(bench.session(), intent(project, "acme", environment, today), allow=allow)


def by_hand(case: Path, bench: Workbench) -> None:
    """What somebody does past stripectl: method, path and parameters of each request."""
    path = case / "by-hand.json"
    for method, where, params in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        bench.client.raw_request(method, where, **params)


@pytest.mark.parametrize("path", sorted(HERE.glob("*/plan.json")), ids=lambda path: path.parent.name)
def test_a_kept_plan_fits_its_schema_and_can_be_read(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert list(Draft7Validator(schema("plan")).iter_errors(document)) == []
    assert load_plan(path, KINDS).catalog == "acme"


def test_every_verdict_has_a_case() -> None:
    plans = [json.loads(path.read_text(encoding="utf-8")) for path in HERE.glob("*/plan.json")]
    assert {note["code"] for each in plans for note in each["annotations"]} == CODES


def test_every_action_has_a_case() -> None:
    plans = [json.loads(path.read_text(encoding="utf-8")) for path in HERE.glob("*/plan.json")]
    assert {row["action"] for each in plans for row in each["changes"]} == {
        "create",
        "update",
        "replace",
        "reactivate",
        "adopt",
        "archive",
        "delete",
        "no-op",
    }
