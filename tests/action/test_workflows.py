"""The workflows that the docs offer are valid, ask for little, and do what they say from review to drift."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.conftest import BRANCH, KEY, PULL, ROOT, Job, action
from tests.action.test_publish import RAISED, renamed
from tests.repositories import committed, git
from tests.waiting import SECONDS

GITHUB = ROOT / "docs/workflows/github"
STARTER = ROOT / "stripectl/cli/starter/workflow.yaml"
WORKFLOWS = [*sorted(GITHUB.glob("*.yaml")), STARTER]
GITLAB = ROOT / "docs/workflows/gitlab/.gitlab-ci.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


def load(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[Mapping[str, Any]]:
    for job in load(path)["jobs"].values():
        yield from job["steps"]


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(each, id=each.name) for each in paths]


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-actions", [ROOT / "action.yml"]),
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.gitlab-ci", [GITLAB]),
    ],
)
def test_every_file_fits_its_published_schema(schema: str, paths: list[Path]) -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    words = [str(check), "--builtin-schema", schema, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", named(WORKFLOWS))
def test_every_input_and_output_that_a_workflow_names_is_one_of_the_action(path: Path) -> None:
    known = action()
    for step in steps(path):
        if "/stripectl@" in step.get("uses", ""):
            assert set(step["with"]) <= set(known["inputs"])
            assert str(step["with"]["command"]) in known["inputs"]["command"]["description"]
        values = re.findall(r"steps\.[\w-]+\.outputs\.([\w-]+)", str(step))
        assert set(values) <= set(known["outputs"])


@pytest.mark.parametrize("path", named(WORKFLOWS))
def test_every_workflow_says_what_it_may_do_and_never_overlaps_with_itself(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"]["contents"] == "read"
    assert "group" in workflow["concurrency"]
    granted = {
        name
        for each in (workflow, *workflow["jobs"].values())
        for name, right in each.get("permissions", {}).items()
        if right == "write"
    }
    assert granted == {
        "review.yaml": {"pull-requests"},
        "publish.yaml": {"contents"},
        "drift.yaml": {"issues"},
    }.get(path.name, {"pull-requests"})


@pytest.mark.parametrize("path", named(WORKFLOWS))
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """A branch's name or a title would become a command there."""
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


def test_no_expression_stands_in_a_script_of_the_action() -> None:
    assert [step for step in action()["runs"]["steps"] if "${{" in step["run"]] == []


def test_the_action_takes_every_input_to_its_steps_and_declares_every_output() -> None:
    text = str(action()["runs"])
    assert [name for name in action()["inputs"] if f"inputs.{name}" not in text] == []
    assert {name: each["value"] for name, each in action()["outputs"].items()} == {
        name: f"${{{{ steps.run.outputs.{name} }}}}" for name in action()["outputs"]
    }


def test_only_applying_gets_a_key_that_writes() -> None:
    keys = {
        path.name: set(re.findall(r"secrets\.(\w+)", path.read_text(encoding="utf-8"))) for path in WORKFLOWS
    }
    assert keys["review.yaml"] == keys["drift.yaml"] == {"STRIPE_LIVE_READ_KEY"}
    publishing = load(GITHUB / "publish.yaml")["jobs"]
    assert [name for name, each in publishing.items() if "STRIPE_LIVE_WRITE_KEY" in str(each)] == ["apply"]
    assert [name for name, each in publishing.items() if "environment" in each] == ["apply"]
    jobs = {name: str(each) for name, each in load(GITLAB).items()}
    assert [name for name, text in jobs.items() if "$STRIPE_LIVE_WRITE_KEY" in text] == ["apply"]


def test_a_key_stands_in_the_environment_of_the_step_that_needs_it_alone() -> None:
    """A package that is installed before it should find none."""
    for path in WORKFLOWS:
        workflow = load(path)
        above = [workflow.get("env", {}), *(each.get("env", {}) for each in workflow["jobs"].values())]
        values = [str(value) for each in above for value in each.values()]
        assert not [each for each in values if re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", each)]


def test_every_pull_request_is_reviewed_also_one_that_takes_its_change_back() -> None:
    for path in (GITHUB / "review.yaml", STARTER):
        # YAML 1.1 takes `on` for a truth.
        assert "paths" not in str(load(path)[True])  # type: ignore[index]


# From review to drift


def uses(path: Path, job: Job, exits: Mapping[str, int] | None = None) -> list[str]:
    """Use the action as each step of a workflow does; the commands that ran."""
    ran = []
    for step in steps(path):
        if "/stripectl@" in step.get("uses", ""):
            given = {name.replace("-", "_"): spelled(value) for name, value in step["with"].items()}
            job.use(exit=(exits or {}).get(given["command"], 0), **given)
            ran.append(given["command"])
    return ran


def spelled(value: object) -> str:
    """An input as the runner spells it, in a run that nobody started by hand."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("${{ inputs.digest || 'reviewed' }}", "reviewed")


@pytest.fixture
def live(job: Job, tmp_path: Path) -> Job:
    """The project with an environment `live`, whose `main` is at its origin."""
    job.edit(
        "  live: {provider: stripe, api_key_env: STRIPE_LIVE_KEY, livemode: true,",
        "  live: {provider: shadow,",
        "stripectl.yaml",
    )
    job.use(command="apply", environment="live", expect_digest=job.use(environment="live").outputs["digest"])
    shutil.rmtree(job.workspace / ".stripectl/live/main")
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "origin.git")
    git(job.workspace, "remote", "add", "origin", str(tmp_path / "origin.git"))
    committed(job.workspace, "an account to publish to")
    git(job.workspace, "push", "--quiet", "--set-upstream", "origin", "main")
    return job


def test_a_change_is_reviewed_merged_and_published_and_its_drift_is_an_issue(live: Job) -> None:
    job = live.with_variables(GITHUB_BASE_REF="main")
    git(job.workspace, "switch", "--quiet", "--create", "dearer")
    job.edit("usd: 24.00", RAISED)
    committed(job.workspace)
    assert uses(GITHUB / "review.yaml", job) == ["validate", "diff", "plan"]
    (comment,) = job.octo.of(PULL)
    assert "24.00 USD" in comment["body"]
    git(job.workspace, "switch", "--quiet", "main")
    git(job.workspace, "merge", "--quiet", "--squash", "dearer")
    live.merges()
    assert uses(GITHUB / "publish.yaml", live) == ["plan", "apply"]
    git(live.workspace, "fetch", "--quiet", "origin", BRANCH)
    assert "live/main/revisions/000001.json" in git(
        live.workspace, "ls-tree", "-r", "--name-only", "FETCH_HEAD"
    )
    assert uses(GITHUB / "drift.yaml", live) == ["drift"]
    assert live.octo.issues == {}
    renamed(live, "Pro (new!)", "live")
    uses(GITHUB / "drift.yaml", live, {"drift": 2})
    (issue,) = live.octo.issues.values()
    assert issue["title"] == "The Stripe account in live is not as it was left"
    assert KEY not in str(issue)


# The hook


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    words = [str(Path(sys.executable).with_name("pre-commit")), "validate-manifest", str(HOOKS)]
    assert subprocess.run(words, capture_output=True, timeout=SECONDS).returncode == 0
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert hook["entry"] == "stripectl validate"


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("catalogs/main/team.yaml", True),
        ("shop/catalogs/main/team.yml", True),
        ("stripectl.yaml", True),
        ("shop/stripectl.yaml", True),
        ("catalogs/main/README.md", False),
        ("catalogs.yaml", False),
        ("mystripectl.yaml", False),
    ],
)
def test_the_hook_runs_for_manifests_and_the_config(file: str, runs: bool) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert bool(re.search(hook["files"], file)) == runs
