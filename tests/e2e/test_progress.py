"""What a person sees of an apply while it is at work, and what the log keeps of its requests."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.e2e.conftest import FILE, KEY, MANIFEST, STRIPECTL, Desk
from tests.e2e.test_terminal import on_a_terminal, read_until
from tests.listening import listening
from tests.waiting import SECONDS

LOG = ".stripectl/shadow/main/log.jsonl"
SHOW_CURSOR, HIDE_CURSOR, ERASE = "\x1b[?25h", "\x1b[?25l", "\x1b[2K"
SPENT = re.compile(r"^6 steps, \d+ requests in \d+\.\d s\.$", re.M)


class Noting(ShadowAccount):
    """Notes what it is asked and how it answers, and keeps new prices waiting until it is told to go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, clock=time.time)
        self.seen: list[tuple[str, str, int, str]] = []
        """Method, path, status and request id, in the order of the answers."""
        self.released = Event()

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        if (method, path) == ("POST", "/v1/prices"):
            assert self.released.wait(SECONDS)
        answer = super().handle(method, path, query, body, headers)
        names = {name.lower(): value for name, value in answer.headers.items()}
        self.seen.append((method, path, answer.status, names["request-id"]))
        return answer


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Noting]:
    with closing(Noting(tmp_path / "noting.db")) as account:
        yield account


@pytest.fixture
def waiting(started: Desk, account: Noting) -> Iterator[Desk]:
    """A new project on the account that keeps new prices waiting."""
    with listening(account) as server:
        yield started.at(server.url)
        account.released.set()


with_its_own_server = pytest.mark.parametrize("way", [FILE], indirect=True)
"""For tests that bring a server of their own."""


def lines_of(place: Desk) -> list[dict[str, object]]:
    return [json.loads(line) for line in place.files()[LOG].splitlines()]


@with_its_own_server
@pytest.mark.parametrize("width", [120, 80, 40])
def test_a_terminal_shows_a_bar_that_is_gone_at_the_end(waiting: Desk, account: Noting, width: int) -> None:
    arguments = ("apply", "--yes", "--output", "text=plan.txt")
    with on_a_terminal(waiting, *arguments, COLUMNS=str(width)) as (terminal, child):
        shown = read_until(terminal, "create price")
        account.released.set()
        shown += read_until(terminal, None)
        assert child.wait(SECONDS) == 0
    assert ("━" in shown) is (width > 60)
    assert re.search(r"\d/6 create price\.pro\.(month|year)", shown)
    after = shown.rpartition(ERASE)[2]
    assert SPENT.search(after.replace("\r\n", "\n"))
    assert "Applied: main, revision 1." in after
    assert "━" not in after
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)


@with_its_own_server
def test_ctrl_c_leaves_a_clean_terminal(waiting: Desk, account: Noting) -> None:
    with on_a_terminal(waiting, "apply", "--yes", "--output", "text=plan.txt") as (terminal, child):
        shown = read_until(terminal, "create price")
        child.send_signal(2)
        shown += read_until(terminal, "Stopping after the steps in hand")
        account.released.set()
        shown += read_until(terminal, None)
        assert child.wait(SECONDS) == 130
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)
    assert re.search(r"^\d of 6 steps, \d+ requests in ", shown.rpartition(ERASE)[2], re.M)


@with_its_own_server
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["coloured", "NO_COLOR"])
def test_a_bar_has_the_colours_that_are_wanted(
    waiting: Desk, account: Noting, variables: dict[str, str]
) -> None:
    account.released.set()
    with on_a_terminal(waiting, "apply", "--yes", "--output", "text=plan.txt", **variables) as (
        terminal,
        child,
    ):
        shown = read_until(terminal, None)
        assert child.wait(SECONDS) == 0
    assert "━" in shown
    assert ("\x1b[38" in shown) is not bool(variables)


@with_its_own_server
def test_a_terminal_that_goes_away_does_not_stop_an_apply(waiting: Desk, account: Noting) -> None:
    ours, theirs = pty.openpty()
    command = [str(STRIPECTL), "apply", "--yes", "--output", "text=plan.txt"]
    with subprocess.Popen(
        command, cwd=waiting.root, env=waiting.environment, stdin=subprocess.DEVNULL, stderr=theirs
    ) as child:
        os.close(theirs)
        read_until(ours, "create price")
        os.close(ours)
        account.released.set()
        child.wait(SECONDS)
    assert "\nNo changes. " in waiting.run("plan").out
    assert "1  " in waiting.run("history").out


@with_its_own_server
def test_a_dumb_terminal_gets_lines(waiting: Desk, account: Noting) -> None:
    account.released.set()
    with on_a_terminal(waiting, "apply", "--yes", TERM="dumb") as (terminal, child):
        shown = read_until(terminal, None)
        assert child.wait(SECONDS) == 0
    assert "\x1b" not in shown
    assert "Applying main in shadow: 6 steps." in shown


def test_off_a_terminal_there_is_a_line_at_the_start_and_one_at_the_end(started: Desk) -> None:
    first, last, *applied = started.run("apply", "--yes").err.splitlines()
    assert first == "Applying main in shadow: 6 steps."
    assert SPENT.match(last)
    assert applied == ["Applied: main, revision 1. 5 created.", "5 objects of main in force in shadow."]


def test_an_apply_that_is_refused_by_the_account_says_what_it_took(started: Desk) -> None:
    started.run("plan", "-o", "plan.json")
    with started.serving() as url:
        body = b"name=Clash&id=main-pro"
        headers = {"Authorization": f"Bearer {KEY}"}
        with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/products", body, headers)):
            pass
    ended = started.run("apply", "plan.json", "--yes", exit=5)
    assert "error[stale" in ended.err
    assert "steps" not in ended.err


def test_twice_verbose_shows_each_request_and_no_query(applied: Desk) -> None:
    for command in (["plan"], ["drift"], ["apply", "--yes"], ["rollback", "1", "--yes"]):
        said = applied.run(*command, "-v", "-v").err
        requests = [line for line in said.splitlines() if " /v1/" in line]
        assert requests
        assert all(
            re.fullmatch(r"  (GET |POST)    /v1/[\w/-]+  200  \d+ ms  req_\w+", each) for each in requests
        )
        assert KEY not in said
        assert " /v1/" not in applied.run(*command, "-v").err


def test_the_requests_of_a_revision_are_listed(started: Desk) -> None:
    started.run("apply", "--yes")
    table = started.run("history", "--requests", "1").out
    assert table.startswith("Requests of revision 1 of main in shadow\n")
    found = json.loads(started.run("history", "--requests", "1", "--output", "json").out)
    assert found["requests"] == lines_of(started)
    assert f"\n{len(found['requests'])} requests.\n" in table
    assert all(each["request_id"] in table for each in found["requests"])
    by_run = started.run("history", "--requests", found["run"], "--output", "json").out
    assert json.loads(by_run)["requests"] == found["requests"]


def test_a_revision_whose_log_is_gone_says_so(applied: Desk) -> None:
    (applied.root / LOG).unlink()
    assert "it was taken away" in applied.run("history", "--requests", "1").out


def test_what_has_no_requests_is_refused(applied: Desk) -> None:
    applied.refused("history", "--requests", "7", exit=1, code="unknown-revision")
    applied.refused("history", "--requests", "nobody", exit=64, code="unknown-run")
    applied.refused("history", "price.pro.monthly", "--requests", "1", exit=64, code="one-way")


@with_its_own_server
def test_the_log_is_what_the_server_saw(waiting: Desk, account: Noting) -> None:
    account.released.set()
    waiting.run("apply", "--yes")
    waiting.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    waiting.run("plan", "-o", "plan.json")
    account.seen.clear()
    waiting.run("apply", "plan.json", "--yes")
    found = json.loads(waiting.run("history", "--requests", "2", "--output", "json").out)["requests"]
    logged = [(each["method"], each["path"], each["status"], each["request_id"]) for each in found]
    assert not Counter(logged) - Counter(account.seen)
    # Before the run the plan is made again, which only reads.
    assert {method for method, *_ in Counter(account.seen) - Counter(logged)} == {"GET"}
    steps = sorted({each["step"] for each in found if each["step"]})
    assert steps == [1, 2, 3, 4]
    for step in steps:
        of_step = [each["request_id"] for each in found if each["step"] == step]
        assert of_step == [request_id for *_, request_id in account.seen if request_id in of_step]
        assert [each["method"] for each in found if each["step"] == step][-1] == "POST"
    assert not any(word in waiting.files()[LOG] for word in (KEY.encode(), b"?", b"Bearer"))
