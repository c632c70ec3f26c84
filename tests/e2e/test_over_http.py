"""Provider `stripe`, spoken to over HTTP: the whole way to a server, which here is the shadow account's."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest

from stripectl.providers.shadow.account import Answer, ShadowAccount
from stripectl.providers.shadow.server import ShadowServer
from tests.e2e.conftest import MANIFEST, SECONDS, STRIPECTL, Desk

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


class Slow(ShadowAccount):
    """An account that keeps one request waiting until it is told to go on."""

    held = "POST /v1/prices"
    arrived: Event
    released: Event

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        if f"{method} {path}" == self.held:
            self.arrived.set()
            self.released.wait(SECONDS)
        return super().handle(method, path, query, body, headers)


def listen(account: ShadowAccount) -> Iterator[ShadowServer]:
    server = ShadowServer(account, 0)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def point_at(place: Desk, url: str) -> Desk:
    """The project with environment `live-like`, whose provider is `stripe`, as its default one."""
    config = (
        "stripectl: 1\ndefault_environment: live-like\nenvironments:\n"
        f"  live-like: {{provider: stripe, api_key_env: TEST_KEY, base_url: '{url}'}}\n"
    )
    (place.root / "stripectl.yaml").write_text(config, encoding="utf-8")
    return Desk(place.root, place.home, {"TEST_KEY": KEY})


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Slow]:
    account = Slow(tmp_path / "account.db", clock=lambda: 1_790_000_000, account_id="acct_1Remote")
    account.arrived, account.released = Event(), Event()
    yield account
    account.released.set()
    account.close()


@pytest.fixture
def server(account: Slow) -> Iterator[ShadowServer]:
    yield from listen(account)


@pytest.fixture
def remote(started: Desk, account: Slow, server: ShadowServer) -> Desk:
    """A new project whose environment is the server."""
    account.released.set()
    return point_at(started, server.url)


@pytest.mark.slow
def test_the_main_job_over_http(remote: Desk) -> None:
    remote.run("plan", "--detailed-exitcode", "-o", "plan.json", exit=2)
    assert "revision 1." in remote.run("apply", "plan.json", "--yes").err
    assert "account  acct_1Remote, test mode" in remote.run("plan", "--detailed-exitcode").out
    remote.edit(MANIFEST, "{usd: 24.00, eur: 22.00}", "{usd: 29.00, eur: 22.00}")
    assert "± price.pro.monthly   24.00 USD → 29.00 USD a month" in remote.run("plan").out
    remote.run("apply", "--yes")
    remote.run("rollback", "1", "--yes")
    revisions = json.loads(remote.run("history", "--output", "json").out)["revisions"]
    assert sorted(each["revision"] for each in revisions) == [1, 2, 3]
    assert remote.run("drift").code == 0
    assert KEY.encode() not in b"".join(remote.files().values())


def test_the_key_is_never_shown_nor_written(remote: Desk) -> None:
    for wrong, code in (("sk_live_" + "9" * 24, "key-mode"), ("unheard-of-" + "9" * 24, "stripe-key")):
        for arguments in (["plan"], ["apply", "--yes", "--output", "json"]):
            ended = remote.refused(*arguments, exit=1, code=code, TEST_KEY=wrong)
            assert "9999999" not in ended.out + ended.err


def test_a_server_that_is_not_there_is_told_calmly(started: Desk) -> None:
    nowhere = point_at(started, "http://127.0.0.1:9")
    nowhere.refused("plan", exit=1, code="stripe-connection")


def test_a_disk_that_fills_up_stops_an_apply_that_can_be_resumed(remote: Desk) -> None:
    before = remote.files()
    ended = remote.run("plan", "--quiet", "-o", "plan.json", exit=1, kilobytes=2)
    assert "error[state-not-usable]" in ended.err
    assert remote.files() == before
    # Room for the plan at the head of the journal and a few steps.
    stopped = remote.run("apply", "--yes", exit=6, kilobytes=9)
    assert "error[state-not-usable]" in stopped.err
    assert "stripectl apply --resume" in stopped.err
    assert "revision 1." in remote.run("apply", "--resume").err
    assert "\nNo changes. " in remote.run("plan").out


class Interruptible:
    """An apply at work whose second request is kept waiting."""

    def __init__(self, place: Desk, account: Slow) -> None:
        self.account = account
        self.child = subprocess.Popen(
            [str(STRIPECTL), "apply", "--yes"],
            cwd=place.root,
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert account.arrived.wait(SECONDS)

    def interrupt(self) -> str:
        """Press Ctrl-C and wait for what is said to it."""
        self.child.send_signal(signal.SIGINT)
        assert self.child.stderr is not None
        for line in self.child.stderr:
            if "Stopping" in line:
                return line.strip()
        raise AssertionError("nothing was said")

    def end(self) -> tuple[int, str]:
        _, said = self.child.communicate(timeout=SECONDS)
        return self.child.returncode, said


def test_ctrl_c_finishes_the_step_in_hand_and_the_rest_can_be_resumed(
    started: Desk, account: Slow, server: ShadowServer
) -> None:
    place = point_at(started, server.url)
    apply = Interruptible(place, account)
    assert apply.interrupt() == "Stopping after the steps in hand; once more stops at once."
    account.released.set()
    code, said = apply.end()
    assert (code, "error[stopped]" in said, "Traceback" in said) == (130, True, False)
    assert "apply --resume" in said
    refused = place.refused("apply", "--yes", exit=6, code="unfinished-run")
    assert "apply --unwind" in refused.err
    assert "revision 1." in place.run("apply", "--resume").err
    assert "\nNo changes. " in place.run("plan").out


def test_a_second_ctrl_c_stops_at_once_and_the_apply_can_be_put_back(
    started: Desk, account: Slow, server: ShadowServer
) -> None:
    place = point_at(started, server.url)
    apply = Interruptible(place, account)
    apply.interrupt()
    apply.child.send_signal(signal.SIGINT)
    code, said = apply.end()
    assert (code, "interrupted" in said, "Traceback" in said) == (130, True, False)
    account.released.set()
    place.run("apply", "--unwind")
    assert place.run("history").out == "main: no revision yet.\n"
    assert "No apply stopped half-way" in place.run("apply", "--resume").err
