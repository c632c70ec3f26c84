"""The action in a pull request: what it says, where, and with which exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from stripectl.action.notes import LIMIT
from tests.action.conftest import MANIFEST, PULL, TOKEN, Job
from tests.action.octo import ANN, BOT, Fault

RAISED = "usd: 29.00"


def raised(job: Job) -> Job:
    job.edit("usd: 24.00", RAISED)
    return job


def only(job: Job) -> str:
    """The one comment of the pull request."""
    (comment,) = job.octo.of(PULL)
    return str(comment["body"])


def test_a_plan_is_told_in_log_summary_outputs_and_one_comment(job: Job) -> None:
    done = raised(job).use(command="plan", comment="true")
    assert "± price.pro.monthly   24.00 USD → 29.00 USD a month" in done.log
    assert "## Plan for main in shadow" in done.summary
    text = only(job)
    assert text.startswith("<!-- stripectl:action command=plan folder=. -->\n")
    assert "## Plan for main in shadow" in text
    assert "https://github.example/acme/shop/actions/runs/4711" in text
    counts = {name: done.outputs[name] for name in ("create", "update", "replace", "archive", "drift")}
    assert counts == {"create": "0", "update": "1", "replace": "1", "archive": "0", "drift": "0"}
    assert (done.outputs["changed"], done.outputs["blocked"], done.outputs["exit-code"]) == (
        "true",
        "false",
        "0",
    )
    assert done.outputs["digest"].startswith("sha256:")
    assert f"main={done.outputs['digest']} -->" in text
    assert done.outputs["comment-url"] == job.octo.of(PULL)[0]["html_url"]
    assert done.commands == []


def test_the_next_plan_updates_the_comment_and_one_without_changes_says_so(job: Job) -> None:
    raised(job).use(comment="true")
    job.edit(RAISED, "usd: 30.00")
    job.use(comment="true")
    assert "30.00 USD" in only(job)
    job.edit("usd: 30.00", "usd: 24.00")
    done = job.use(comment="true")
    assert "No changes" in only(job)
    assert done.outputs["changed"] == "false"


def test_no_comment_is_made_where_there_is_nothing_to_say(job: Job) -> None:
    done = job.use(comment="true")
    assert job.octo.of(PULL) == []
    assert done.outputs["comment-url"] == ""


def test_each_command_environment_and_catalog_has_a_comment_of_its_own(job: Job) -> None:
    raised(job).use(comment="true")
    job.use(comment="true", catalog="main")
    job.use(comment="true", environment="shadow")
    job.use(comment="true", command="diff")
    job.use(comment="true", catalog="main")
    assert len(job.octo.of(PULL)) == 4


def test_a_comment_of_somebody_else_is_left_alone_whatever_it_begins_with(job: Job) -> None:
    marker = "<!-- stripectl:action command=plan folder=. -->\nforged"
    job.octo.comment(PULL, marker, ANN)
    raised(job).use(comment="true")
    forged, ours = job.octo.of(PULL)
    assert forged["body"] == marker
    assert ours["user"]["login"] == BOT


def test_a_comment_on_the_second_page_is_found(job: Job) -> None:
    for number in range(100):
        job.octo.comment(PULL, f"comment {number}", ANN)
    raised(job).use(comment="true")
    job.use(comment="true")
    assert len(job.octo.of(PULL)) == 101


def test_a_token_that_may_only_read_costs_the_comment_and_not_the_job(job: Job) -> None:
    done = raised(job).use(comment="true", token="ghs_fork")
    assert job.octo.of(PULL) == []
    (warning,) = done.commands
    assert warning.startswith("::warning title=github-refused%3A ")
    assert "403 Resource not accessible by integration" in warning
    assert "check the `permissions:` of the job" in warning
    fork = {"number": PULL, "head": {"repo": {"full_name": "ann/shop"}}}
    job.happens({"pull_request": fork})
    (warning,) = job.use(comment="true", token="ghs_fork").commands
    assert "the token of a pull request from a fork may only read" in warning
    assert "## Plan for main" in done.summary


def test_outside_of_a_pull_request_a_comment_is_a_warning(job: Job) -> None:
    job.happens({"ref": "refs/heads/main"})
    done = raised(job).use(comment="true")
    assert [each.partition("::The event")[0] for each in done.commands] == [
        "::warning title=no-pull-request%3A There is no pull request to comment on"
    ]


@pytest.mark.parametrize("after", [False, True], ids=["refused", "done but not answered"])
def test_a_server_that_fails_once_costs_nothing_and_makes_no_second_comment(job: Job, after: bool) -> None:
    job.octo.faults = [
        Fault("GET", "comments"),
        Fault("POST", "graphql", 503),
        Fault("POST", "comments", after=after),
    ]
    done = raised(job).use(comment="true")
    assert len(job.octo.of(PULL)) == 1
    assert done.commands == []
    assert job.octo.faults == []


def test_an_answer_that_is_no_list_is_not_taken_for_no_comments(job: Job) -> None:
    raised(job).use(comment="true")
    job.octo.faults = [Fault("GET", "comments", 200)]
    done = job.use(comment="true")
    assert len(job.octo.of(PULL)) == 1
    assert [each for each in done.commands if "the answer was not understood" in each]


def test_github_cannot_make_the_job_wait_for_an_hour(job: Job) -> None:
    job.octo.faults = [Fault("GET", "comments", 429)]
    raised(job).use(comment="true")
    assert len(job.octo.of(PULL)) == 1


@pytest.mark.parametrize(("amount", "code"), [(RAISED, 1), ("usd: 240.00", 3)])
def test_a_report_that_cannot_be_written_fails_the_job_but_hides_no_other_exit_code(
    job: Job, amount: str, code: int
) -> None:
    job.edit("usd: 24.00", amount)
    nowhere = {"GITHUB_OUTPUT": "/dev/full", "GITHUB_STEP_SUMMARY": "/nowhere/summary"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stripectl.action", "run"],
        cwd=job.workspace,
        env={**job.environment, **nowhere, "RUNNER_TEMP": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code
    assert "::error title=runner-files%3A " in done.stdout
    assert "/nowhere/summary: No such file or directory" in done.stdout
    assert done.stderr == ""


def test_a_token_that_is_none_costs_the_comment_and_not_the_job(job: Job) -> None:
    done = raised(job).use(comment="true", token="\N{BULLET}\N{BULLET}")
    assert [each for each in done.commands if each.startswith("::warning title=no-token")]


def test_an_invalid_manifest_is_annotated_at_its_line_and_replaces_the_plan_in_the_comment(job: Job) -> None:
    raised(job).use(comment="true")
    job.edit("default_price: monthly", "default_price: montly")
    done = job.use(comment="true", exit=1)
    (annotation,) = done.commands
    assert annotation.startswith(f"::error file={MANIFEST},line=10,col=20,title=unknown-reference%3A ")
    assert "unknown-reference" in only(job)
    assert "sha256:" not in only(job), "nothing is left to apply"
    assert "unknown-reference" in done.summary
    assert (done.outputs["exit-code"], done.outputs["digest"]) == ("1", "")


def test_a_blocked_plan_exits_with_3_and_its_digest_is_not_to_be_applied(job: Job) -> None:
    job.edit("usd: 24.00", "usd: 240.00")
    done = job.use(comment="true", exit=3)
    assert done.outputs["blocked"] == "true"
    assert "stripectl:digests" not in only(job)
    allowed = job.use(comment="true", allow="price-changes irreversible")
    assert allowed.outputs["blocked"] == "false"
    assert "stripectl:digests" in only(job)


def test_a_diff_needs_no_key_and_no_records(job: Job) -> None:
    job.edit("shadow: {provider: shadow}", "shadow: {provider: stripe, api_key_env: NONE}", "stripectl.yaml")
    done = raised(job).use(command="diff", base="main", records="none-is-fetched")
    assert "Diff of main: base main@" in done.log
    assert done.outputs["replace"] == "1"
    assert "Fetch the records" not in done.steps


def test_validate_says_what_is_wrong_in_all_places(job: Job) -> None:
    assert job.use(command="validate").outputs["changed"] == "false"
    job.edit("default_price: monthly", "default_price: montly")
    done = job.use(command="validate", exit=1)
    assert len(done.commands) == 1
    assert "unknown-reference" in done.summary


def test_a_report_and_a_plan_are_written_where_the_inputs_say(job: Job) -> None:
    done = raised(job).use(report="out/report.html", plan="out/plan.json")
    assert (job.workspace / "out/report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert done.outputs["report"] == str(job.workspace / "out/report.html")
    applied = job.use(command="apply", plan="out/plan.json")
    assert "**Applied.**" in applied.summary
    assert job.use().outputs["changed"] == "false"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"command": "rollback"}, "`command` was given as rollback"),
        ({"command": "plan", "base": "main"}, "`base` was given for command plan"),
        ({"comment": "yes"}, "`comment` was given as yes; true or false"),
        ({"command": "apply", "expect_digest": "sha256:12"}, "`expect-digest` was given as sha256:12"),
        ({"working_directory": "nowhere"}, "`working-directory` was given as nowhere"),
        ({"command": "apply", "plan": "none.json"}, "no plan is saved there"),
    ],
)
def test_inputs_that_cannot_count_are_refused(job: Job, inputs: dict[str, str], told: str) -> None:
    done = job.use(exit=64, **inputs)
    assert [each for each in done.commands if told in each and "action-input" in each]


def test_a_name_becomes_neither_a_command_nor_an_output(job: Job) -> None:
    evil = '"x\\n::error::owned\\n::set-output name=changed::no\\nEOF\\nchanged=false %0A::warning::w"'
    job.edit("name: Pro\n", f"name: {evil}\n")
    done = raised(job).use(comment="true")
    assert done.commands == []
    assert done.outputs["changed"] == "true"


def test_a_long_plan_leaves_room_for_what_stands_around_it(job: Job) -> None:
    features = "".join(f"  feature-{number}: {{name: {'word ' * 15}}}\n" for number in range(900))
    job.edit("  sso: {name: Single sign-on}\n", f"  sso: {{name: Single sign-on}}\n{features}")
    job.use(comment="true")
    assert len(only(job)) <= LIMIT
    assert only(job).rstrip().endswith("</sub>")


def test_a_project_in_a_folder_is_found_and_its_annotations_name_files_from_the_top(job: Job) -> None:
    folder = job.workspace / "shop"
    folder.mkdir()
    for name in ("stripectl.yaml", "catalogs", ".stripectl"):
        (job.workspace / name).rename(folder / name)
    job.edit("default_price: monthly", "default_price: montly", f"shop/{MANIFEST}")
    done = job.use(command="validate", working_directory="shop", exit=1)
    assert done.commands[0].startswith(f"::error file=shop/{MANIFEST},line=10,")


def test_a_module_of_the_repository_is_never_imported(job: Job) -> None:
    for name in ("stripe", "stripectl", "yaml"):
        (job.workspace / name).mkdir()
        (job.workspace / name / "__init__.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    for name in ("secrets", "sitecustomize", "decimal"):
        (job.workspace / f"{name}.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    done = raised(job).use()
    assert done.outputs["replace"] == "1"


def test_the_command_does_not_get_the_token_of_the_action(job: Job) -> None:
    tools = job.temp / "tools"
    tools.mkdir()
    (tools / "git").write_text(
        f'#!/bin/sh\nenv >> {job.temp}/seen\nexec {shutil.which("git")} "$@"\n', encoding="utf-8"
    )
    (tools / "git").chmod(0o755)
    job.with_variables(PATH=f"{tools}{os.pathsep}{os.environ['PATH']}").use(comment="true")
    seen = (job.temp / "seen").read_text(encoding="utf-8")
    assert "STRIPE_LIVE_KEY=" in seen
    assert (TOKEN in seen, "INPUT_" in seen) == (False, False)
