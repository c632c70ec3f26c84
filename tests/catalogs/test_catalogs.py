"""The example catalogs: valid, planned as `plans/` says, applied on one account, and then found unchanged.

Rewrite the files of `plans/` with `make golden`, and read the difference.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from stripectl.cli.commands.planning import Choice, plans_of
from stripectl.cli.project import Project, find_project
from stripectl.cli.terminal import Terminal
from stripectl.cli.wiring import intent, read, session, shadow_file
from stripectl.diagnostics import InvalidInput
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_to_json
from stripectl.manifest.schemas import schema
from stripectl.operations.apply import apply
from stripectl.operations.session import Session
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan
from stripectl.views.markdown import plan_markdown
from stripectl.views.report.document import plans_html
from stripectl.views.text import plan_text

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 28)
CATALOGS = ("compliance-pack", "coulomb", "dataface", "onboarding")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The examples in a folder of their own, with an empty account whose id is always the same."""
    shutil.copytree(ROOT / "catalogs", tmp_path / "catalogs")
    shutil.copy(ROOT / "stripectl.yaml", tmp_path)
    project = find_project(tmp_path)
    path = shadow_file(project, project.environment(None))
    path.parent.mkdir(parents=True)
    ShadowAccount(path, clock=lambda: 1_790_000_000, account_id="acct_1Example").close()
    return project


def planned(project: Project, name: str) -> tuple[Plan, Session]:
    return next(plans_of(Terminal(), Choice(project.root, None, name)))


def applied(project: Project, name: str) -> Plan:
    made, _ = planned(project, name)
    apply(session(project, name, project.environment(None)), made)
    return made


def test_the_examples_are_the_four_catalogs() -> None:
    assert tuple(sorted(each.name for each in (ROOT / "catalogs").iterdir())) == CATALOGS


@pytest.mark.parametrize("name", CATALOGS)
def test_an_example_has_nothing_to_remark(project: Project, name: str) -> None:
    assert read(project, name, project.config.policy_for(name, "shadow"), TODAY).diagnostics == ()


@pytest.mark.parametrize("name", CATALOGS)
def test_the_first_plan_of_an_example_is_the_one_kept(
    project: Project, name: str, request: pytest.FixtureRequest
) -> None:
    made = replace(planned(project, name)[0], plan_id="example", created_at="2026-09-21T14:13:20+00:00")
    texts = {
        ROOT / "plans" / f"{name}.json": json.dumps(plan_to_json(made), indent=1, ensure_ascii=False) + "\n",
        ROOT / "plans" / f"{name}.txt": plan_text(made, width=110, colour=False),
        ROOT / "plans" / f"{name}.md": plan_markdown(made),
        ROOT / "plans" / f"{name}.html": plans_html([made]),
    }
    if request.config.getoption("--update-golden", default=False):
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in texts} == {
        path.name: text for path, text in texts.items()
    }


@pytest.mark.parametrize("name", CATALOGS)
def test_a_kept_plan_can_be_read_and_fits_its_schema(name: str) -> None:
    path = ROOT / "plans" / f"{name}.json"
    assert list(Draft7Validator(schema("plan")).iter_errors(json.loads(path.read_text("utf-8")))) == []
    assert load_plan(path, KINDS).catalog == name


@pytest.mark.slow
def test_all_examples_fit_on_one_account_and_are_then_unchanged(project: Project) -> None:
    for name in CATALOGS:
        applied(project, name)
    for name in CATALOGS:
        made, _ = planned(project, name)
        assert (made.effective, made.drift, made.base.revision) == ((), (), 1)


def test_the_compliance_pack_is_found_again_without_any_state(project: Project) -> None:
    first = applied(project, "compliance-pack")
    shutil.rmtree(project.root / ".stripectl/shadow/compliance-pack")
    again, at = planned(project, "compliance-pack")
    assert len(first.effective) == 4
    assert (again.effective, at.revisions.last()) == ((), None)


def test_onboarding_takes_dollars_alone_and_names_the_policy(project: Project) -> None:
    wallet = project.root / "catalogs/onboarding/wallet.yaml"
    wallet.write_text(wallet.read_text("utf-8").replace("amount: {usd: 10}", "amount: {usd: 10, eur: 9}"))
    with pytest.raises(InvalidInput) as refused:
        intent(project, "onboarding", project.environment(None))
    (problem,) = refused.value.diagnostics
    assert problem.code == "currency-policy"
    assert str(problem.source) == "catalogs/onboarding/wallet.yaml:17:40"
