"""The action after the merge: what was reviewed is applied, nothing else, and the records are kept."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.action.conftest import BRANCH, MANIFEST, PULL, Job, parsed
from tests.action.octo import ANN, Fault
from tests.repositories import committed, git
from tests.waiting import SECONDS

RAISED = "usd: 29.00"


@pytest.fixture
def reviewed(job: Job) -> Job:
    """A pull request that raises a price was planned, with its digest in the comment, and merged."""
    job.edit("usd: 24.00", RAISED)
    job.use(comment="true")
    job.merges()
    return job


def applied(job: Job) -> bool:
    """Whether the account holds what is declared."""
    return job.use().outputs["changed"] == "false"


def test_the_reviewed_plan_is_applied(reviewed: Job) -> None:
    done = reviewed.use(command="apply", expect_digest="reviewed")
    assert "Applied: main, revision 2." in done.log
    assert "## Plan for main in shadow" in done.summary
    assert "**Applied.**" in done.summary
    assert (done.outputs["changed"], done.outputs["replace"]) == ("true", "1")
    assert applied(reviewed)


def test_another_plan_than_the_reviewed_one_is_refused_and_shown(reviewed: Job) -> None:
    reviewed.edit(RAISED, "usd: 30.00")
    reviewed.merges()
    done = reviewed.use(command="apply", expect_digest="reviewed", exit=5)
    assert [each for each in done.commands if "other-digest" in each and done.outputs["digest"] in each]
    assert "30.00 USD" in done.summary
    assert not applied(reviewed)
    by_hand = reviewed.use(command="apply", expect_digest=done.outputs["digest"])
    assert "**Applied.**" in by_hand.summary


def test_an_account_that_changed_since_the_review_is_refused(reviewed: Job) -> None:
    reviewed.edit("name: Pro\n", "name: Professional\n")
    reviewed.use(command="apply")
    reviewed.edit("name: Professional\n", "name: Pro\n")
    done = reviewed.use(command="apply", expect_digest="reviewed", exit=5)
    assert "other-digest" in done.log


def refused(job: Job, why: str) -> None:
    done = job.use(command="apply", expect_digest="reviewed", exit=3)
    assert [each for each in done.commands if "not-reviewed" in each and why in each], done.log
    assert "not-reviewed" in done.summary
    assert not applied(job)


def test_without_a_comment_nothing_is_applied(reviewed: Job) -> None:
    reviewed.octo.comments.clear()
    refused(reviewed, f"Pull request #{PULL} has no plan of the same inputs")


def test_a_forged_comment_is_none(reviewed: Job) -> None:
    (ours,) = reviewed.octo.of(PULL)
    reviewed.octo.comments.clear()
    reviewed.octo.comment(PULL, ours["body"], ANN)
    refused(reviewed, f"Pull request #{PULL} has no plan of the same inputs")


def test_a_comment_that_somebody_edited_is_none(reviewed: Job) -> None:
    reviewed.octo.editors[reviewed.octo.of(PULL)[0]["node_id"]] = ANN
    refused(reviewed, "Somebody else changed the comment")


def test_the_bots_own_editing_is_no_forgery(reviewed: Job) -> None:
    reviewed.octo.editors[reviewed.octo.of(PULL)[0]["node_id"]] = "github-actions"
    reviewed.use(command="apply", expect_digest="reviewed")
    assert applied(reviewed)


def test_a_push_without_a_pull_request_is_not_reviewed(reviewed: Job) -> None:
    reviewed.octo.merged.clear()
    refused(reviewed, "No pull request was merged as commit")


def test_a_pull_request_that_has_the_commit_but_was_not_merged_as_it_does_not_count(reviewed: Job) -> None:
    (commit,) = reviewed.octo.merged
    reviewed.octo.merged[commit] = [
        {"number": PULL, "merged_at": None, "merge_commit_sha": commit},
        {"number": 8, "merged_at": "2027-01-31T12:00:00Z", "merge_commit_sha": "0" * 40},
    ]
    refused(reviewed, "No pull request was merged as commit")


def test_a_last_plan_that_came_to_nothing_leaves_nothing_to_apply(reviewed: Job) -> None:
    reviewed.happens({"pull_request": {"number": PULL}})
    reviewed.edit("default_price: monthly", "default_price: montly")
    reviewed.use(comment="true", exit=1)
    reviewed.edit("default_price: montly", "default_price: monthly")
    reviewed.happens({})
    refused(reviewed, "came to nothing")


def test_a_plan_of_another_environment_or_catalog_is_no_review_of_this_one(reviewed: Job) -> None:
    done = reviewed.use(command="apply", expect_digest="reviewed", catalog="main", exit=3)
    assert "not-reviewed" in done.log


def test_github_that_does_not_answer_is_an_error_and_nothing_is_applied(reviewed: Job) -> None:
    reviewed.octo.faults = [Fault("GET", "commits", 404)]
    done = reviewed.use(command="apply", expect_digest="reviewed", exit=1)
    assert "github-refused" in done.log
    assert not applied(reviewed)


def test_a_merge_that_changes_nothing_needs_no_review(job: Job) -> None:
    job.use(comment="true")
    job.edit("title: Team", "title: Teams")
    job.merges()
    done = job.use(command="apply", expect_digest="reviewed")
    assert "No changes" in done.summary
    assert done.outputs["changed"] == "false"


def second_catalog(job: Job, amount: str) -> None:
    """A catalog `other`, like the first one under other names."""
    text = (job.workspace / MANIFEST).read_text(encoding="utf-8")
    for old, new in (
        ("  pro:", "  desk:"),
        ("pro.monthly", "desk.monthly"),
        ("sso", "extra"),
        (RAISED, amount),
    ):
        text = text.replace(old, new)
    path = job.workspace / "catalogs/other/team.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_several_catalogs_have_a_digest_each_and_one_that_differs_stops_all(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    second_catalog(job, "usd: 7.00")
    done = job.use(comment="true")
    names = [each.partition("=")[0] for each in done.outputs["digest"].split()]
    assert names == ["main", "other"]
    job.merges()
    second_catalog(job, "usd: 8.00")
    refusal = job.use(command="apply", expect_digest="reviewed", exit=5)
    assert "the plan of other is" in refusal.log
    assert "the plan of main is" not in refusal.log
    assert int(job.use().outputs["replace"]) == 1, "main, which is as reviewed, was not applied either"
    second_catalog(job, "usd: 7.00")
    both = job.use(command="apply", expect_digest="reviewed")
    assert both.log.count("Applied: ") == 2
    assert both.summary.count("**Applied.**") == 2


def test_several_catalogs_take_their_digests_by_name(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    second_catalog(job, "usd: 7.00")
    digests = job.use().outputs["digest"]
    bare = digests.split()[0].partition("=")[2]
    assert "other-digest" in job.use(command="apply", expect_digest=bare, exit=5).log
    assert job.use(command="apply", expect_digest=digests).log.count("Applied: ") == 2


def test_a_bare_digest_is_that_of_the_only_catalog_that_changes_be_its_plan_saved_or_not(job: Job) -> None:
    second_catalog(job, "usd: 7.00")
    job.use(command="apply")
    job.edit("usd: 24.00", RAISED)
    digests = dict(each.split("=") for each in job.use(plan="plans").outputs["digest"].split())
    for plan in ("", "plans"):
        wrong = f"mian={digests['main']}"
        refusal = job.use(command="apply", expect_digest=wrong, exit=5, plan=plan)
        assert "A digest is given for mian, of which there is no plan." in refusal.log
    shutil.copytree(job.workspace / ".stripectl", job.temp / "before")
    for plan in ("", "plans"):
        job.use(command="apply", expect_digest=digests["main"], plan=plan)
        assert applied(job)
        shutil.rmtree(job.workspace / ".stripectl")
        shutil.copytree(job.temp / "before", job.workspace / ".stripectl")


def test_saved_plans_are_applied_one_after_the_other(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    second_catalog(job, "usd: 7.00")
    planned = job.use(plan="plans")
    assert planned.outputs["plan"] == str(job.workspace / "plans")
    done = job.use(command="apply", plan="plans", expect_digest=planned.outputs["digest"])
    assert done.log.count("Applied: ") == 2
    assert "StalePlan" not in done.log
    stale = job.use(command="apply", plan="plans", exit=5)
    assert "stale-revision" in stale.log
    assert "**Not applied, or not to its end**" in stale.summary


@pytest.mark.parametrize(
    ("inputs", "exit", "told"),
    [
        ({"environment": "sandbox"}, 5, "other-target"),
        ({"catalog": "other"}, 5, "other-target"),
        ({"allow": "archive"}, 64, "`allow` was given as archive"),
    ],
)
def test_a_saved_plan_is_not_applied_where_the_inputs_name_something_else(
    job: Job, inputs: dict[str, str], exit: int, told: str
) -> None:
    job.edit("usd: 24.00", RAISED)
    job.use(plan="plan.json")
    assert told in job.use(command="apply", plan="plan.json", exit=exit, **inputs).log
    assert not applied(job)


def test_saved_plans_of_which_one_is_not_meant_are_all_left_alone(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    second_catalog(job, "usd: 7.00")
    job.use(plan="plans")
    refusal = job.use(command="apply", plan="plans", catalog="main", exit=5)
    assert "other.json is a plan of catalog other for environment shadow." in refusal.log
    assert not applied(job)
    assert job.use(command="apply", plan="plans/main.json", catalog="main").log.count("Applied: ") == 1


def test_a_saved_plan_that_fails_leaves_the_next_ones_and_says_so(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    second_catalog(job, "usd: 7.00")
    job.use(plan="plans")
    job.use(command="apply", catalog="main")
    refusal = job.use(command="apply", plan="plans", exit=5)
    assert "Stopped at: main; not reached: other." in refusal.log
    assert int(job.use(catalog="other").outputs["create"])


def test_a_plan_that_wants_approval_is_not_applied_without_a_digest(job: Job) -> None:
    job.edit(
        "shadow: {provider: shadow}",
        "shadow: {provider: shadow, policy: {approval: [new-customers]}}",
        "stripectl.yaml",
    )
    job.edit("usd: 24.00", RAISED)
    planned = job.use()
    refusal = job.use(command="apply", exit=3)
    assert [each for each in refusal.commands if "needs-approval" in each]
    job.use(command="apply", expect_digest=planned.outputs["digest"])
    assert applied(job)


# Records


@pytest.fixture
def shared(job: Job, tmp_path: Path) -> Job:
    """The same with an `origin`, as every checkout has one."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    git(job.workspace, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return job


def kept(job: Job) -> list[str]:
    """Files on the branch."""
    git(job.workspace, "fetch", "--quiet", "origin", BRANCH)
    return git(job.workspace, "ls-tree", "-r", "--name-only", "FETCH_HEAD").splitlines()


def forgotten(job: Job) -> None:
    """What a new runner does not have: everything but the account."""
    state = job.workspace / ".stripectl/shadow/main"
    shutil.rmtree(state)


def test_records_are_kept_on_a_branch_and_the_next_runner_starts_from_them(shared: Job) -> None:
    shared.edit("usd: 24.00", RAISED)
    before = git(shared.workspace, "status", "--porcelain")
    done = shared.use(command="apply", records=BRANCH)
    assert done.steps == ("Install stripectl", "Fetch the records", "Run stripectl", "Keep the records")
    files = kept(shared)
    assert [each for each in files if "/revisions/" in each] == [
        "shadow/main/revisions/000001.json",
        "shadow/main/revisions/000002.json",
    ]
    assert [each for each in files if "/journal/" in each]
    assert not [each for each in files if "lock" in each or each.endswith(".db")]
    assert git(shared.workspace, "status", "--porcelain") == before, "neither index nor branch is touched"
    forgotten(shared)
    assert "base     nothing was applied here yet" in shared.use().log
    assert "base     revision 2" in shared.use(records=BRANCH).log
    assert "log.jsonl" in {each.name for each in (shared.workspace / ".stripectl/shadow/main").iterdir()}


def stopped(job: Job) -> tuple[Path, bytes]:
    """The journal of the last apply, as if that had stopped before it recorded anything; its content."""
    state = job.workspace / ".stripectl/shadow/main"
    (journal,) = (state / "journal").glob("*.jsonl")
    *lines, closing = journal.read_bytes().splitlines(keepends=True)
    assert b'"close"' in closing
    left = b"".join(lines)
    journal.write_bytes(left)
    for made_later in (*(state / "journal").glob("*.head.json"), *(state / "revisions").iterdir()):
        made_later.unlink()
    return journal, left


def test_an_apply_that_stops_half_way_leaves_its_journal_on_the_branch(shared: Job) -> None:
    journal, left = stopped(shared)
    shared.edit("usd: 24.00", RAISED)
    done = shared.use(command="apply", records=BRANCH, exit=6)
    assert [each for each in done.commands if "error" in each]
    assert done.steps[-1] == "Keep the records"
    forgotten(shared)
    shared.use(command="apply", records=BRANCH, exit=6)
    assert journal.read_bytes() == left, "another runner finds it"


def test_a_plan_over_an_apply_that_stopped_half_way_is_shown_without_a_digest_to_agree_to(job: Job) -> None:
    stopped(job)
    job.edit("usd: 24.00", RAISED)
    job.use(comment="true")
    (comment,) = job.octo.of(PULL)
    assert "run-in-between" in comment["body"]
    assert "stripectl:digests" not in comment["body"]


def test_nothing_new_makes_no_commit(shared: Job) -> None:
    shared.use(command="apply", records=BRANCH)
    first = git(shared.workspace, "ls-remote", "origin", BRANCH)
    subprocess.run(
        [sys.executable, "-m", "stripectl.action", "keep"],
        cwd=shared.workspace,
        env={**shared.environment, "INPUT_COMMAND": "apply", "INPUT_RECORDS": BRANCH},
        check=True,
    )
    assert git(shared.workspace, "ls-remote", "origin", BRANCH) == first


def test_what_another_environment_added_meanwhile_stays(shared: Job, tmp_path: Path) -> None:
    shared.use(command="apply", records=BRANCH)
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, str(tmp_path / "origin.git"), str(other))
    (other / "live/main/revisions").mkdir(parents=True)
    (other / "live/main/revisions/000001.json").write_text("{}", encoding="utf-8")
    committed(other)
    git(other, "push", "--quiet")
    shared.edit("usd: 24.00", RAISED)
    shared.use(command="apply", records=BRANCH)
    assert "live/main/revisions/000001.json" in kept(shared)
    assert "shadow/main/revisions/000002.json" in kept(shared)
    assert not (shared.workspace / ".stripectl/live").exists(), "only its own environment is fetched"


def stepped(job: Job, step: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """One step alone, of an apply with records."""
    given = {"INPUT_COMMAND": "apply", "INPUT_RECORDS": BRANCH, **inputs}
    return subprocess.run(
        [sys.executable, "-P", "-m", "stripectl.action", step],
        cwd=job.workspace,
        env={**job.environment, **given},
        capture_output=True,
        text=True,
    )


def test_a_revision_of_another_run_is_never_overwritten_and_both_logs_are_joined(shared: Job) -> None:
    state = shared.workspace / ".stripectl/shadow/main"
    (state / "log.jsonl").write_text("one\ntwo\n", encoding="utf-8")
    (state / "revisions/000002.json").write_text("theirs", encoding="utf-8")
    assert stepped(shared, "keep").returncode == 0
    (state / "log.jsonl").write_text("one\nthree\n", encoding="utf-8")
    (state / "revisions/000002.json").write_text("ours", encoding="utf-8")
    (state / "journal/new.jsonl").write_text("{}\n", encoding="utf-8")
    done = stepped(shared, "keep")
    assert done.returncode == 1
    assert "::error title=records-conflict%3A " in done.stdout
    assert "shadow/main/revisions/000002.json is on the branch" in done.stdout
    assert "shadow/main/journal/new.jsonl" in kept(shared)
    on_branch = "FETCH_HEAD:shadow/main/"
    assert git(shared.workspace, "show", f"{on_branch}revisions/000002.json") == "theirs"
    assert git(shared.workspace, "show", f"{on_branch}log.jsonl") == "one\ntwo\nthree"


def test_projects_in_two_folders_share_a_branch(shared: Job) -> None:
    shared.use(command="apply", records=BRANCH)
    shop = shared.workspace / "shop"
    shop.mkdir()
    for name in ("stripectl.yaml", "catalogs", ".stripectl"):
        (shared.workspace / name).rename(shop / name)
    shared.edit("usd: 24.00", RAISED, f"shop/{MANIFEST}")
    shared.use(command="apply", records=BRANCH, working_directory="shop")
    assert "shop/shadow/main/revisions/000002.json" in kept(shared)
    assert "shadow/main/revisions/000002.json" not in kept(shared)
    shutil.rmtree(shop / ".stripectl/shadow/main")
    assert "base     revision 2" in shared.use(records=BRANCH, working_directory="shop").log


def test_a_branch_that_cannot_be_reached_stops_the_job_before_anything_is_applied(shared: Job) -> None:
    git(shared.workspace, "remote", "set-url", "origin", "/nowhere")
    shared.edit("usd: 24.00", RAISED)
    done = shared.use(command="apply", records=BRANCH, exit=1)
    told, *_ = (each for each in done.commands if "records-not-reached" in each)
    assert "'/nowhere' does not appear to be a git repository; fatal: Could not read from remote" in told
    assert "Run stripectl" not in done.steps


@pytest.mark.parametrize(
    ("branch", "why"),
    [
        ("a b", "git takes no such name"),
        ("-x", "git takes no such name"),
        ("main", "it is the default branch"),
        ("dearer", "it has commits of HEAD"),
    ],
)
def test_a_branch_that_cannot_hold_records_is_refused_before_anything_is_applied(
    shared: Job, branch: str, why: str
) -> None:
    git(shared.workspace, "push", "--quiet", "origin", "HEAD:main", "HEAD:dearer")
    git(shared.workspace, "--git-dir=../origin.git", "symbolic-ref", "HEAD", "refs/heads/main")
    done = shared.use(command="apply", records=branch, exit=64)
    assert [each for each in done.commands if "action-input" in each and why in each], done.log
    assert "Run stripectl" not in done.steps


def test_a_push_that_the_server_declines_is_told_in_its_own_words(shared: Job, tmp_path: Path) -> None:
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Records are closed today.'\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    done = stepped(shared, "keep")
    assert done.returncode == 1
    assert "remote: Records are closed today." in done.stdout


def test_a_full_clone_stays_one(shared: Job) -> None:
    shared.use(command="apply", records=BRANCH)
    shared.use(records=BRANCH)
    assert git(shared.workspace, "rev-parse", "--is-shallow-repository") == "false"


# Elsewhere


def test_on_gitlab_saved_plans_are_applied_and_kept_and_nothing_is_a_command(shared: Job) -> None:
    shared.edit("usd: 24.00", RAISED)
    shared.use(plan="plans/main.json")
    given = {
        "INPUT_COMMAND": "apply",
        "INPUT_PLAN": "plans",
        "INPUT_EXPECT_DIGEST": "",
        "INPUT_RECORDS": BRANCH,
        "GITLAB_USER_NAME": "Ann",
        "GITLAB_USER_EMAIL": "ann@example.com",
        "CI_JOB_URL": "https://gitlab.example/acme/shop/-/jobs/4711",
    }
    there = {
        name: value for name, value in shared.environment.items() if not name.startswith(("GITHUB", "GIT_"))
    }
    for step in ("fetch", "run", "keep"):
        done = subprocess.run(
            [sys.executable, "-m", "stripectl.action", step],
            cwd=shared.workspace,
            env={**there, **given},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "::" not in done.stdout
    assert "shadow/main/revisions/000002.json" in kept(shared)
    said = git(shared.workspace, "log", "-1", "--format=%an <%ae>%n%B", "FETCH_HEAD")
    assert said == f"Ann <ann@example.com>\nRecords of shadow\n\n{given['CI_JOB_URL']}"


# Drift


def test_drift_has_one_issue_while_it_lasts(job: Job) -> None:
    marker = "<!-- stripectl:action command=drift folder=. -->"
    job.octo.issue("an issue of somebody's", marker, ANN)
    job.octo.issue("a pull request", marker, pull_request={})
    job.use(command="drift", issue="true")
    assert len(job.octo.issues) == 2
    renamed(job, "Pro (new!)")
    done = job.use(command="drift", issue="true", exit=2)
    ours = job.octo.issues[3]
    assert ours["title"] == "The Stripe account is not as it was left"
    assert '"Pro" → "Pro (new!)"' in ours["body"]
    assert (done.outputs["drift"], done.outputs["issue-url"]) == ("1", ours["html_url"])
    assert '"Pro" → "Pro (new!)"' in done.summary
    renamed(job, "Pro (newer!)")
    job.use(command="drift", issue="true", exit=2)
    assert len(job.octo.issues) == 3
    assert "newer!" in ours["body"]
    job.use(command="drift", issue="true", environment="sandbox", exit=1)
    assert ours["state"] == "open", "a command that fails tells nothing"
    renamed(job, "Pro")
    job.use(command="drift", issue="true")
    assert (ours["state"], ours["state_reason"]) == ("closed", "completed")


def test_drift_without_records_says_so_and_leaves_the_issue_open(shared: Job) -> None:
    renamed(shared, "Pro (new!)")
    shared.use(command="drift", issue="true", exit=2)
    (issue,) = shared.octo.issues.values()
    forgotten(shared)
    done = shared.use(command="drift", issue="true", records="stripectl-recods")
    assert issue["state"] == "open"
    warned = [each for each in done.commands if each.startswith("::warning title=no-records%3A ")]
    assert len(warned) == 2
    assert "branch stripectl-recods, which does not exist" in warned[0]
    assert "main: nothing was applied yet" in warned[1]


def renamed(job: Job, name: str, environment: str = "shadow") -> None:
    """Somebody renames the product by hand."""
    words = [sys.executable, "-m", "stripectl", "shadow", "serve", "--port", "0", "--env", environment]
    with subprocess.Popen(
        words, cwd=job.workspace, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        answer = requests.post(
            f"{url}/v1/products/main-pro", data={"name": name}, auth=("sk_test_ann", ""), timeout=SECONDS
        )
        server.terminate()
    assert answer.ok, answer.text


# Cancelled


def test_a_run_that_is_cancelled_lets_the_command_end_and_reports(job: Job, tmp_path: Path) -> None:
    """The runner signals the one process that it started."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        account = f"shadow: {{provider: stripe, api_key_env: STRIPE_LIVE_KEY, base_url: '{address}'}}"
        job.edit("shadow: {provider: shadow}", account, "stripectl.yaml")
        output = tmp_path / "output"
        step = subprocess.Popen(
            [sys.executable, "-m", "stripectl.action", "run"],
            cwd=job.workspace,
            env={**job.environment, "INPUT_COMMAND": "plan", "GITHUB_OUTPUT": str(output)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        silent.settimeout(SECONDS)
        asking, _ = silent.accept()
        step.send_signal(signal.SIGINT)
        try:
            log, _ = step.communicate(timeout=8)
        except subprocess.TimeoutExpired:
            # As the runner does with a process that has not ended by then.
            step.send_signal(signal.SIGTERM)
            log, _ = step.communicate(timeout=SECONDS)
        asking.close()
    assert step.returncode == 130, log
    assert parsed(output.read_text(encoding="utf-8"))["exit-code"] == "130"
    assert "interrupted" in log
    assert "Traceback" not in log
