"""The branch with the records is somebody else's word: attacks on it, as they were made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stripectl.action.bare import keyless
from stripectl.engine.values import digest
from stripectl.store.chain import START
from tests.action.conftest import BRANCH, KEY, Job
from tests.action.test_publish import RAISED, forgotten, kept, shared, stepped
from tests.repositories import cloned, committed, git
from tests.waiting import SECONDS

__all__ = ["shared"]

STATE = ".stripectl/shadow/main"


@pytest.fixture
def records(shared: Job, tmp_path: Path) -> Path:
    """A clone of the branch, for whoever may push; the records of one apply are on it."""
    assert stepped(shared, "keep").returncode == 0
    return cloned(tmp_path / "origin.git", tmp_path / "attacker", "--branch", BRANCH)


def push(records: Path, *options: str) -> None:
    committed(records)
    git(records, "push", "--quiet", *options)


def linked(name: str, target: str) -> Callable[[Path], None]:
    def make(records: Path) -> None:
        place = records / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    return make


def submodule(records: Path) -> None:
    commit = git(records, "rev-parse", "HEAD")
    git(records, "update-index", "--add", "--cacheinfo", f"160000,{commit},shadow/main/journal/sub.jsonl")
    git(records, "commit", "--quiet", "--message", "a submodule")
    # Else it would count as removed.
    (records / "shadow/main/journal/sub.jsonl").mkdir()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (linked("shadow/main/log.jsonl", "/proc/self/environ"), "shadow/main/log.jsonl"),
        (linked("shadow/main/log.jsonl", "../../../stripectl.yaml"), "shadow/main/log.jsonl"),
        (linked("shadow/main/journal", "/tmp"), "shadow/main/journal"),
        (linked("shadow/main", "/tmp"), "shadow/main"),
        (linked("shadow", "/tmp"), "shadow"),
        (linked("shadow/account.db", "/tmp/account.db"), "shadow/account.db"),
        (linked("shadow/main/##[error]x", "y"), "shadow/main/##\u200b[error]x"),
        (submodule, "shadow/main/journal/sub.jsonl"),
    ],
)
def test_what_is_no_plain_file_among_the_records_stops_the_job_by_name(
    shared: Job, records: Path, change: Callable[[Path], None], name: str
) -> None:
    change(records)
    if git(records, "status", "--porcelain"):
        committed(records)
    git(records, "push", "--quiet")
    forgotten(shared)
    done = shared.use(command="apply", records=BRANCH, exit=1)
    assert [each for each in done.commands if "records-unsafe" in each and f"{name} on the branch" in each]
    assert "Run stripectl" not in done.steps
    assert not (shared.workspace / STATE).exists()
    assert "##[" not in done.log


def test_a_link_in_the_state_folder_is_not_read_and_the_rest_is_kept(shared: Job, records: Path) -> None:
    state = shared.workspace / STATE
    (state / "journal/more.jsonl").write_text("{}\n", encoding="utf-8")
    for target in ("/proc/self/environ", "../../../stripectl.yaml"):
        (state / "log.jsonl").unlink(missing_ok=True)
        (state / "log.jsonl").symlink_to(target)
        done = stepped(shared, "keep")
        assert done.returncode == 1
        assert "records-unsafe" in done.stdout
        assert "shadow/main/journal/more.jsonl" in kept(shared)
        log = git(shared.workspace, "show", "FETCH_HEAD:shadow/main/log.jsonl")
        assert KEY not in log
        assert "provider" not in log


@pytest.mark.parametrize("place", [".stripectl", ".stripectl/shadow", STATE, f"{STATE}/revisions"])
def test_nothing_is_fetched_through_a_link_that_the_repository_holds(
    shared: Job, records: Path, tmp_path: Path, place: str
) -> None:
    outside = tmp_path / "outside"
    shutil.move(shared.workspace / place, outside)
    for file in outside.rglob("*.json*"):
        file.unlink()
    (shared.workspace / place).symlink_to(outside)
    done = stepped(shared, "fetch")
    assert done.returncode == 1
    assert "records-unsafe" in done.stdout
    assert not [*outside.rglob("*.json*")]


def test_a_lock_and_whatever_else_is_no_record_is_left_there_by_name(shared: Job, records: Path) -> None:
    strays = ("lock.json", "README.md", "journal/x.txt", "revisions/.000001.json.0a0b0c0d", "HEAD", "config")
    for name in strays:
        (records / "shadow/main" / name).write_text("{}", encoding="utf-8")
    push(records)
    forgotten(shared)
    shared.edit("usd: 24.00", RAISED)
    done = shared.use(command="apply", records=BRANCH)
    (told,) = {each for each in done.commands if "records-stray" in each and "::warning" in each}
    assert [name for name in strays if f"shadow/main/{name}" not in told] == []
    assert "Applied: main, revision 2" in done.log
    assert not [name for name in strays if (shared.workspace / STATE / name).exists()]


def forged(records: Path, number: int, **changes: object) -> Path:
    """A revision whose checksum is right."""
    folder = records / "shadow/main/revisions"
    document = json.loads((folder / "000001.json").read_text(encoding="utf-8"))
    document |= {"revision": number, "by": "mallory", **changes}
    document = {name: value for name, value in document.items() if name != "checksum" and value is not None}
    path = folder / f"{number:06d}.json"
    path.write_text(json.dumps({**document, "checksum": digest(document)}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("number", "changes"),
    [(2, {"previous": None}), (2, {"previous": START}), (2, {"previous": "sha256:" + "1" * 64}), (3, {})],
)
@pytest.mark.parametrize("fresh", [True, False])
def test_a_newest_revision_that_does_not_continue_the_last_does_not_count(
    shared: Job, records: Path, number: int, changes: dict[str, object], fresh: bool
) -> None:
    forged(records, number, **changes)
    push(records)
    if fresh:
        forgotten(shared)
    done = shared.use(command="apply", records=BRANCH, exit=1)
    assert [each for each in done.commands if "record-out-of-line" in each]
    assert "Run stripectl" not in done.steps


def test_a_revision_that_was_exchanged_on_the_branch_is_found_by_a_fresh_runner(
    shared: Job, records: Path
) -> None:
    forged(records, 1)
    push(records)
    forgotten(shared)
    done = shared.use(records=BRANCH, exit=1)
    assert [each for each in done.commands if "records-rewritten" in each and "000001.json" in each]


def test_a_branch_that_was_set_anew_is_found_by_who_knows_a_record(shared: Job, records: Path) -> None:
    forged(records, 1)
    git(records, "checkout", "--quiet", "--orphan", "anew")
    committed(records)
    git(records, "push", "--quiet", "--force", "origin", f"anew:{BRANCH}")
    known = (shared.workspace / STATE / "revisions/000001.json").read_bytes()
    done = shared.use(records=BRANCH, exit=1)
    assert [each for each in done.commands if "records-conflict" in each]
    assert (shared.workspace / STATE / "revisions/000001.json").read_bytes() == known


def test_a_journal_that_was_cut_on_the_branch_is_found(shared: Job, records: Path) -> None:
    (journal,) = (records / "shadow/main/journal").iterdir()
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    push(records)
    forgotten(shared)
    done = shared.use(records=BRANCH, exit=1)
    assert [each for each in done.commands if "records-rewritten" in each and journal.name in each]


def test_what_a_clone_knows_and_the_branch_lacks_stays(shared: Job, records: Path) -> None:
    shared.edit("usd: 24.00", RAISED)
    shared.use(command="apply")
    state = shared.workspace / STATE
    before = {path: path.read_bytes() for path in state.rglob("*.json*")}
    assert stepped(shared, "fetch").returncode == 0
    assert {path: path.read_bytes() for path in state.rglob("*.json*")} == before
    assert stepped(shared, "keep").returncode == 0
    assert "shadow/main/revisions/000002.json" in kept(shared)


# What git runs, and with what


def planted(tmp_path: Path) -> tuple[Path, Path]:
    mark, program = tmp_path / "mark", tmp_path / "planted"
    program.write_text(f"#!/bin/sh\necho ran >> '{mark}'\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    return mark, program


def test_the_steps_run_nothing_that_the_git_directory_names(shared: Job, tmp_path: Path) -> None:
    mark, program = planted(tmp_path)
    settings = {
        "core.fsmonitor": program,
        "core.sshCommand": program,
        "core.alternateRefsCommand": program,
        "credential.helper": f"!{program}",
        "remote.origin.uploadpack": program,
        "remote.origin.receivepack": program,
        "filter.x.smudge": program,
        "filter.x.clean": program,
    }
    for name, value in settings.items():
        git(shared.workspace, "config", name, str(value))
    for name in ("pre-push", "reference-transaction", "post-index-change", "post-checkout"):
        (shared.workspace / ".git/hooks").mkdir(exist_ok=True)
        (shared.workspace / ".git/hooks" / name).symlink_to(program)
    (shared.workspace / ".git/info/attributes").write_text("* filter=x\n", encoding="utf-8")
    shared.edit("usd: 24.00", RAISED)
    shared.use(command="apply", records=BRANCH)
    assert "shadow/main/revisions/000002.json" in git(
        tmp_path / "origin.git", "ls-tree", "-r", "--name-only", BRANCH
    )
    assert not mark.exists()


@pytest.mark.parametrize("step", ["fetch", "keep"])
def test_an_origin_that_is_a_program_is_not_run(shared: Job, tmp_path: Path, step: str) -> None:
    mark, program = planted(tmp_path)
    git(shared.workspace, "config", "protocol.ext.allow", "always")
    git(shared.workspace, "remote", "set-url", "origin", f"ext::{program} %S")
    done = stepped(shared, step)
    assert done.returncode == 1
    assert "records-not-reached" in done.stdout
    assert not mark.exists()


def test_an_origin_inside_the_repository_is_not_reached_as_a_push_would_run_its_hooks(
    shared: Job, tmp_path: Path
) -> None:
    mark, program = planted(tmp_path)
    git(shared.workspace, "init", "--quiet", "--bare", "evil.git")
    (shared.workspace / "evil.git/hooks").mkdir(exist_ok=True)
    (shared.workspace / "evil.git/hooks/pre-receive").symlink_to(program)
    evil = shared.workspace / "evil.git"
    escaped = "".join(f"%{byte:02x}" for byte in str(evil).encode())
    for url in ("./evil.git", f"file://{evil}", str(evil), f"file://{escaped}"):
        git(shared.workspace, "remote", "set-url", "origin", url)
        done = stepped(shared, "keep")
        assert "lies in the repository itself" in done.stdout
    assert not mark.exists()


@pytest.mark.parametrize("step", ["fetch", "run", "keep"])
def test_a_project_that_is_a_git_directory_is_in_no_repository(
    shared: Job, tmp_path: Path, step: str
) -> None:
    mark, program = planted(tmp_path)
    shop = shared.workspace / "shop"
    git(shared.workspace, "init", "--quiet", "--bare", "shop")
    for name in ("stripectl.yaml", "catalogs", ".stripectl"):
        (shared.workspace / name).rename(shop / name)
    settings = {
        "core.bare": "false",
        "core.worktree": str(shop),
        "core.fsmonitor": str(program),
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{program} %S",
    }
    for name, value in settings.items():
        git(shared.workspace, "config", "--file", str(shop / "config"), name, value)
    done = stepped(shared, step, INPUT_WORKING_DIRECTORY="shop")
    assert not mark.exists(), done.stdout
    assert step == "run" or "cannot use bare repository" in done.stdout


def test_the_steps_that_fetch_and_keep_have_no_key_in_their_environment(shared: Job, tmp_path: Path) -> None:
    """Neither git, nor the process that calls it, as the system shows it to whoever runs as the same user."""
    real = shutil.which("git")
    seen, programs = tmp_path / "seen", tmp_path / "programs"
    programs.mkdir()
    wrapper = f"#!/bin/sh\ncat /proc/$PPID/environ /proc/$$/environ >> '{seen}'\nexec {real} \"$@\"\n"
    (programs / "git").write_text(wrapper, encoding="utf-8")
    (programs / "git").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    watched = shared.with_variables(PATH=path, RUNNER_MINE=f"x {KEY}", AWS_SECRET_ACCESS_KEY="aws-secret")
    for step in ("fetch", "keep"):
        assert stepped(watched, step).returncode == 0
        assert b"RUNNER_TEMP" in seen.read_bytes()
        assert KEY.encode() not in seen.read_bytes()
        assert b"aws-secret" not in seen.read_bytes()


def test_a_variable_that_looks_like_a_key_is_dropped_whatever_it_is_called() -> None:
    given = {
        "PATH": "/bin",
        "GITHUB_X": KEY,
        "CI_KEY": f"a {KEY}",
        "STRIPE_LIVE_KEY": "x",
        "https_proxy": "p",
    }
    assert keyless(given) == {"PATH": "/bin", "https_proxy": "p"}


# What a plan file brings along


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe{}", "not-text"), (b"[" * 100_000, "malformed-file"), (b"{", "malformed-file")],
    ids=["not-utf-8", "nested", "cut"],
)
def test_a_plan_that_is_none_is_told_calmly(job: Job, content: bytes, code: str) -> None:
    (job.workspace / "plan.json").write_bytes(content)
    done = job.use(command="apply", plan="plan.json", exit=1)
    assert [each for each in done.commands if code in each]


def test_the_name_of_a_plan_file_is_text_in_the_summary(job: Job) -> None:
    job.edit("usd: 24.00", RAISED)
    name = "x`<code><img src=x> @acme [a](b) ##[error]y.json"
    job.use(plan=name)
    done = job.use(command="apply", plan=name)
    assert "### ``x`<code><img src=x> @acme [a](b) ##[error]y``\n" in done.summary
    assert "##[" not in done.log


def test_the_name_of_a_manifest_is_no_command_in_any_log(job: Job) -> None:
    name = "catalogs/main/##[error]x.yaml"
    (job.workspace / name).write_text("stripectl: 1\nmodel: x\ntytle: x\n", encoding="utf-8")
    assert "##[" not in job.use(command="validate", exit=1).log
    for output in ("text", "json", "markdown", "github", "sarif", "gitlab", "junit"):
        for pipeline in ("GITHUB_ACTIONS", "TF_BUILD", "CI"):
            done = subprocess.run(
                [sys.executable, "-m", "stripectl", "validate", "--output", output],
                cwd=job.workspace,
                env={"PATH": os.environ["PATH"], pipeline: "true"},
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
            told = done.stdout + done.stderr
            assert "error]x.yaml" in told
            assert "##[" not in told, (output, pipeline)
