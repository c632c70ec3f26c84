"""Links, pipes and devices in place of files: nothing behind them is read, written or waited for."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import ACCOUNT, MANIFEST, STRIPECTL, Desk, only_in_a_file

SECRET = "stripectl: 1\nAWS_SECRET: hunter2\n"

RECORDS = ".stripectl/shadow/main"

pytestmark = only_in_a_file


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file outside of the project that nobody is to read or change."""
    path = tmp_path / "outside" / "victim.yaml"
    path.parent.mkdir()
    path.write_text(SECRET, encoding="utf-8")
    return path


def linked(desk: Desk, name: str, to: Path | str) -> None:
    """A link in the project, in place of whatever is there."""
    path = desk.root / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


def names_the_link(told: str) -> bool:
    return "is a link to " in " ".join(told.split())


def untouched(victim: Path) -> None:
    assert victim.read_text(encoding="utf-8") == SECRET
    assert list(victim.parent.iterdir()) == [victim]


@pytest.mark.parametrize("name", ["stripectl.yaml", "catalogs/main/more.yaml"])
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in .git"])
def test_what_a_link_of_the_repository_leads_to_is_not_quoted(
    started: Desk, victim: Path, name: str, *, inside: bool
) -> None:
    if inside:
        (started.root / ".git").mkdir()
        victim = Path(shutil.copy(victim, started.root / ".git" / "config"))
    linked(started, name, victim)
    for command in ("validate", "plan"):
        ended = started.run(command, exit=1)
        assert "error[file-unreadable]" in ended.err
        assert "AWS_SECRET" not in ended.out + ended.err


OUTPUTS = {
    "-o": ("plan", "-o", "{}"),
    "json": ("plan", "--output", "json={}"),
    "jsonl": ("apply", "--yes", "--output", "jsonl={}"),
    "html": ("plan", "--output", "html={}"),
}


@pytest.mark.parametrize("words", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("place", ["out.json", "reports/victim.json"], ids=["file", "folder"])
def test_no_output_goes_through_a_link_of_the_repository(
    started: Desk, victim: Path, words: tuple[str, ...], place: str
) -> None:
    if place == "out.json":
        linked(started, place, victim)
    else:
        linked(started, "reports", victim.parent)
    ended = started.run(*(each.format(place) for each in words), exit=1)
    assert names_the_link(ended.err)
    untouched(victim)
    assert not (started.root / RECORDS / "revisions").exists()


@pytest.mark.parametrize(
    "name",
    [
        ".stripectl",
        ".stripectl/shadow",
        RECORDS,
        f"{RECORDS}/revisions",
        f"{RECORDS}/journal",
        f"{RECORDS}/log.jsonl",
        f"{RECORDS}/lock.json",
        ACCOUNT,
    ],
)
def test_no_record_is_kept_behind_a_link(started: Desk, victim: Path, name: str) -> None:
    is_file = name.endswith((".json", ".jsonl", ".db"))
    linked(started, name, victim if is_file else victim.parent)
    for command in (("plan",), ("history",)):
        done = subprocess.run(
            [STRIPECTL, *command], cwd=started.root, env=started.environment, capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        assert "AWS_SECRET" not in done.stdout + done.stderr
        untouched(victim)
    ended = started.run("apply", "--yes", exit=1)
    assert names_the_link(ended.err)


def test_records_outside_of_the_repository_are_not_kept_behind_a_link_either(
    started: Desk, victim: Path
) -> None:
    started.edit("stripectl.yaml", "shadow: {provider: shadow}", "shadow: {provider: shadow, state: ../kept}")
    linked(started, "../kept/shadow/main/journal", victim.parent)
    assert names_the_link(started.run("apply", "--yes", exit=1).err)
    untouched(victim)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    """Larger than memory, and no space on the disk."""
    with path.open("wb") as file:
        file.truncate(10**12)


Thing = Callable[[Path], None]
THINGS = pytest.mark.parametrize("thing", [pipe, endless, huge])


@THINGS
@pytest.mark.parametrize("command", ["apply", "show"])
def test_a_plan_that_is_no_file_of_a_sane_size_is_refused_at_once(
    started: Desk, command: str, thing: Thing
) -> None:
    thing(started.root / "plan.json")
    assert "error[state-not-usable]" in started.run(command, "plan.json", exit=1).err


@THINGS
@pytest.mark.parametrize(
    "name", ["revisions/000002.json", "journal/20270131T120000-0.jsonl", "lock.json", "log.jsonl"]
)
def test_a_record_that_is_no_file_of_a_sane_size_is_refused_at_once(
    applied: Desk, name: str, thing: Thing
) -> None:
    if (name, thing) == ("log.jsonl", huge):
        pytest.skip("a log may grow, and is read line by line")
    path = applied.root / RECORDS / name
    path.unlink(missing_ok=True)
    thing(path)
    applied.edit(MANIFEST, "usd: 24.00", "usd: 25.00")
    assert "error[state-not-usable]" in applied.run("apply", "--yes", exit=1).err


@THINGS
def test_a_key_that_is_no_file_of_a_sane_size_is_none(started: Desk, thing: Thing) -> None:
    thing(started.home / "key")
    remote = f"shadow: {{provider: stripe, api_key_file: {started.home / 'key'}}}\n"
    config = started.root / "stripectl.yaml"
    config.write_text(f"stripectl: 1\nenvironments:\n  {remote}", encoding="utf-8")
    started.refused("plan", exit=1, code="key-missing")


def test_a_stream_into_a_pipe_that_nobody_reads_is_refused_at_once(started: Desk) -> None:
    pipe(started.root / "events")
    ended = started.run("apply", "--yes", "--output", "jsonl=events", exit=1)
    assert "error[output-not-written]" in ended.err


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd here")
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", ">(cat)"])
def test_what_the_command_line_names_of_the_system_is_written_to(started: Desk, place: str) -> None:
    # What the shell makes of >(…) is one of /dev/fd.
    command = f"f() {{ {STRIPECTL} plan --output text=/dev/null --output json=$1 | cat; }}; f {place} | cat"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=started.root,
        env=started.environment,
        capture_output=True,
        text=True,
    )
    assert '"format_version"' in done.stdout, done.stderr


def test_a_new_project_is_not_written_through_links(desk: Desk, victim: Path) -> None:
    linked(desk, ".gitignore", victim)
    assert names_the_link(desk.run("init", exit=1).err)
    untouched(victim)
    linked(desk, "schemas", victim.parent)
    desk.run("init", exit=1)
    untouched(victim)
