"""Pipes, files, colours and questions: what is said depends on who listens."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.conftest import MANIFEST, STRIPECTL, Desk
from tests.waiting import SECONDS

QUESTION = "Only `yes` goes on: "


@contextmanager
def on_a_terminal(
    place: Desk, *arguments: str, **variables: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The command with a pseudo-terminal for everything; its other end and the process."""
    ours, theirs = pty.openpty()
    environment = place.environment | {"TERM": "xterm-256color", "COLUMNS": "100"} | variables
    with subprocess.Popen(
        [STRIPECTL, *arguments], cwd=place.root, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        try:
            yield ours, child
        finally:
            child.wait(SECONDS)
            os.close(ours)


def read_until(terminal: int, mark: str | None) -> str:
    """What appears on the terminal up to `mark`; to the end for None."""
    shown = b""
    deadline = time.monotonic() + SECONDS
    while mark is None or mark.encode() not in shown:
        assert select.select([terminal], [], [], deadline - time.monotonic())[0], shown.decode()
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other end was closed
            chunk = b""
        if not chunk:
            assert mark is None, shown.decode()
            break
        shown += chunk
    return shown.decode()


def answered(place: Desk, answer: bytes) -> tuple[int, str]:
    """Exit code of an apply whose question was answered, and all that was shown."""
    with on_a_terminal(place, "apply") as (terminal, child):
        shown = read_until(terminal, QUESTION)
        os.write(terminal, answer)
        shown += read_until(terminal, None)
        return child.wait(SECONDS), shown


def test_a_question_that_is_answered_with_yes_goes_on(started: Desk) -> None:
    code, shown = answered(started, b"yes\n")
    assert (code, "Apply this to catalog main in environment shadow?" in shown) == (0, True)
    assert "revision 1." in shown


def test_anything_but_yes_does_nothing(started: Desk) -> None:
    for answer in (b"no\n", b"y\n", b"\n", b"\x04"):
        code, shown = answered(started, answer)
        assert (code, "error[declined]" in shown, "Traceback" in shown) == (130, True, False)
    assert started.run("history").out == "main: no revision yet.\n"
    assert "Plan: 5 to create" in started.run("plan").out


def test_ctrl_c_at_the_question_does_nothing(started: Desk) -> None:
    with on_a_terminal(started, "apply") as (terminal, child):
        read_until(terminal, QUESTION)
        child.send_signal(2)
        shown = read_until(terminal, None)
        assert (child.wait(SECONDS), "Traceback" in shown) == (130, False)
    assert started.run("history").out == "main: no revision yet.\n"


def test_off_a_terminal_a_question_names_the_flag(started: Desk) -> None:
    started.run("plan")
    ended = started.refused("apply", exit=64, code="no-one-to-ask")
    assert "--yes" in ended.err


def test_a_terminal_gets_colours_unless_it_wants_none(started: Desk) -> None:
    shown = {}
    for name, arguments, variables in (
        ("coloured", ["plan"], {}),
        ("NO_COLOR", ["plan"], {"NO_COLOR": "1"}),
        ("--no-color", ["plan", "--no-color"], {}),
        ("dumb", ["plan"], {"TERM": "dumb"}),
    ):
        with on_a_terminal(started, *arguments, **variables) as (terminal, child):
            shown[name] = read_until(terminal, None)
            assert child.wait(SECONDS) == 0
    assert {name: "\x1b[" in text for name, text in shown.items()} == {
        "coloured": True,
        "NO_COLOR": False,
        "--no-color": False,
        "dumb": False,
    }


def test_an_output_that_knows_no_unicode_gets_plain_signs(applied: Desk) -> None:
    applied.edit("catalogs/main/team.yaml", "usd: 24.00", "usd: 29.00")
    ended = applied.with_variables(PYTHONIOENCODING="ascii").run("plan")
    assert ended.out.isascii()
    assert "24.00 USD -> 29.00 USD a month" in ended.out


def test_a_reader_that_goes_away_is_no_error(started: Desk) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [STRIPECTL, "plan"],
            cwd=started.root,
            env=started.environment,
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    assert (done.returncode, done.stderr) == (0, b"")
    piped = subprocess.run(
        ["sh", "-c", f"{STRIPECTL} plan | head -1"],
        cwd=started.root,
        env=started.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, "Plan for main in shadow\n", "")


def test_one_run_writes_several_formats(started: Desk) -> None:
    ended = started.run(
        "plan",
        *("--output", "json=plan.json"),
        *("--output", "markdown=plan.md"),
        *("--output", "html=plan.html"),
        *("--output", "text"),
    )
    written = started.files()
    assert json.loads(written["plan.json"])["summary"]["create"] == 5
    assert b"`price.pro.monthly`" in written["plan.md"]
    assert written["plan.html"].startswith(b"<!doctype html>")
    assert "Plan: 5 to create" in ended.out


def test_the_report_of_a_saved_plan_is_the_one_of_the_plan(started: Desk) -> None:
    started.run("plan", "-o", "plan.json", "--output", "html=plan.html")
    started.run("show", "plan.json", "--output", "html=shown.html")
    written = started.files()
    assert written["plan.html"] == written["shown.html"]


def test_a_plan_is_never_saved_over_a_manifest_the_config_or_a_record(applied: Desk) -> None:
    kept = applied.files()
    applied.refused("plan", "-o", "stripectl.yaml", exit=64, code="file-spared")
    applied.refused("plan", "-o", MANIFEST, exit=64, code="file-spared")
    applied.refused("rollback", "1", "-o", MANIFEST, exit=64, code="file-spared")
    record = ".stripectl/shadow/main/revisions/000001.json"
    applied.refused("plan", "--output", f"json={record}", exit=64, code="file-spared")
    assert applied.files() == kept


def test_a_rollback_has_a_report(started: Desk) -> None:
    started.run("apply", "--yes")
    ended = started.run("rollback", "1", "-o", "back.json", "--output", "html=back.html")
    assert (ended.code, ended.err) == (0, "")
    assert (
        b"<title>Rollback plan for main in shadow: restores revision 1</title>"
        in started.files()["back.html"]
    )


def test_json_on_stdout_is_one_document_and_nothing_else(started: Desk) -> None:
    ended = started.run("plan", "--output", "json")
    assert (json.loads(ended.out)["catalog"], ended.err) == ("main", "")
    (started.root / "catalogs/second").mkdir()
    (started.root / "catalogs/second/a.yaml").write_text("stripectl: 1\nmodel: a\nproducts: {a: {name: A}}\n")
    plans = json.loads(started.run("plan", "--output", "json").out)["plans"]
    assert [each["catalog"] for each in plans] == ["main", "second"]


def test_quiet_leaves_the_data_and_drops_the_remarks(started: Desk) -> None:
    assert started.run("apply", "--yes", "--quiet").err == ""
