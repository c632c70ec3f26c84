"""What only a server can tell: keys, lost connections, answers that take long, and what it was asked."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import PIPE
from threading import Event, Thread
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import typer
from typer.core import TyperGroup

from stripectl.cli.main import app
from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.e2e.conftest import FILE, KEY, MANIFEST, STRIPECTL, Desk
from tests.listening import listening
from tests.repositories import committed, needs_git
from tests.waiting import SECONDS


class Slow(ShadowAccount):
    """An account that notes what it is asked, and keeps one request waiting until it is told to go on."""

    held = "POST /v1/prices"

    def __init__(self, path: Path) -> None:
        super().__init__(path, clock=time.time)
        self.arrived, self.released = Event(), Event()
        self.asked: list[str] = []
        """Methods, in order."""

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(method)
        if f"{method} {path}" == self.held:
            self.arrived.set()
            self.released.wait(SECONDS)
        return super().handle(method, path, query, body, headers)


@pytest.fixture
def way() -> str:
    """Tests here say themselves where the account is."""
    return FILE


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Slow]:
    account = Slow(tmp_path / "account.db")
    yield account
    account.close()


@pytest.fixture
def slow(started: Desk, account: Slow) -> Iterator[Desk]:
    """A new project on the account that keeps a request waiting."""
    with listening(account) as server:
        yield started.at(server.url)
        account.released.set()


@pytest.fixture
def remote(slow: Desk, account: Slow) -> Desk:
    """A new project on an account that keeps nothing waiting."""
    account.released.set()
    return slow


def test_the_key_is_never_shown_nor_written(remote: Desk) -> None:
    for wrong, code in (("sk_live_" + "9" * 24, "key-mode"), ("unheard-of-" + "9" * 24, "key-shape")):
        for arguments in (["plan"], ["apply", "--yes", "--output", "json"]):
            ended = remote.refused(*arguments, exit=1, code=code, TEST_KEY=wrong)
            assert "9999999" not in ended.out + ended.err
    remote.run("apply", "--yes")
    assert KEY.encode() not in b"".join(remote.files().values())


def test_no_proxy_leads_to_a_server_on_this_machine(remote: Desk) -> None:
    nowhere = "http://127.0.0.1:9"
    remote.with_variables(HTTP_PROXY=nowhere, http_proxy=nowhere, ALL_PROXY=nowhere).run("plan")


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody elsewhere, and notes what comes back after that."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(307)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def test_a_redirect_is_not_followed(started: Desk) -> None:
    server = HTTPServer(("127.0.0.1", 0), Redirecting)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        started.at(f"http://127.0.0.1:{server.server_port}").refused("plan", exit=1, code="stripe-redirected")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert "/elsewhere" not in Redirecting.asked


def test_what_a_netrc_file_says_does_not_take_the_place_of_the_key(remote: Desk) -> None:
    (remote.home / ".netrc").write_text("default login somebody password else\n", encoding="utf-8")
    (remote.home / ".netrc").chmod(0o600)
    remote.run("plan")


def test_a_server_that_is_not_there_is_told_calmly(started: Desk) -> None:
    started.at("http://127.0.0.1:9").refused("plan", exit=1, code="stripe-connection")


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


def test_a_server_that_ends_says_how_much_it_was_asked(started: Desk) -> None:
    command = [str(STRIPECTL), "shadow", "serve", "--port", "0", "--latency", "1", "--rate-limit", "2"]
    with subprocess.Popen(
        command, cwd=started.root, env=started.environment, stdout=PIPE, stderr=PIPE, text=True
    ) as server:
        assert server.stdout is not None
        connection = HTTPConnection(urlsplit(server.stdout.readline().strip()).netloc, timeout=SECONDS)
        found = Counter(status_of(connection, "/v1/products") for _ in range(20))
        connection.close()
        server.terminate()
        said = server.communicate(timeout=SECONDS)[1].splitlines()[-1]
    assert found.keys() == {200, 429}
    assert said == f"Answered 20 requests, {found[429]} of them with 429."


def test_a_server_refuses_restricted_keys_what_it_was_told_to(started: Desk) -> None:
    started.refused("shadow", "serve", "--port", "0", "--deny", "rak_all", exit=64, code="unknown-permission")
    command = [str(STRIPECTL), "shadow", "serve", "--port", "0", "--deny", "rak_plan_read"]
    with subprocess.Popen(
        command, cwd=started.root, env=started.environment, stdout=PIPE, stderr=PIPE, text=True
    ) as server:
        assert server.stdout is not None
        connection = HTTPConnection(urlsplit(server.stdout.readline().strip()).netloc, timeout=SECONDS)
        found = {
            (key, path): status_of(connection, f"/v1/{path}", key)
            for key in (KEY, "rk_test_some")
            for path in ("prices", "products")
        }
        connection.close()
        server.terminate()
        server.communicate(timeout=SECONDS)
    assert [asked for asked, status in found.items() if status != 200] == [("rk_test_some", "prices")]
    assert found["rk_test_some", "prices"] == 403


def status_of(connection: HTTPConnection, path: str, key: str = KEY) -> int:
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    with connection.getresponse() as answer:
        answer.read()
        return answer.status


READING: Mapping[str, tuple[str, ...]] = {
    "diff": ("--base", "HEAD"),
    "doctor": (),
    "drift": (),
    "explain": (),
    "history": ("price.pro.monthly",),
    "lock show": (),
    "plan": ("-o", "plan.json"),
    "quote": ("pro.monthly", "--against", "1"),
    "schema": ("plan",),
    "show": ("1",),
    "validate": (),
}
"""Command -> arguments with which it only reads."""

WRITING = frozenset({"apply", "init", "rollback", "shadow reset", "shadow serve", "unlock"})


def commands(group: TyperGroup, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{name} ")
        else:
            yield f"{above}{name}"


def test_every_command_is_known_to_read_or_to_write() -> None:
    program = typer.main.get_command(app)
    assert isinstance(program, TyperGroup)
    assert set(commands(program)) == READING.keys() | WRITING


@needs_git
def test_whatever_only_reads_sends_nothing_but_get(remote: Desk, account: Slow) -> None:
    remote.run("apply", "--yes")
    assert "POST" in account.asked
    committed(remote.root)
    remote.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    account.asked.clear()
    for command, arguments in READING.items():
        remote.run(*command.split(), *arguments)
    remote.run("rollback", "1", "-o", "back.json")
    assert set(account.asked) == {"GET"}


@pytest.mark.skipif(sys.platform != "linux", reason="sends a signal to a thread")
def test_ctrl_c_is_heard_while_a_request_hangs_whichever_thread_it_reaches(started: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(SECONDS)
        desk = started.at(f"http://127.0.0.1:{silent.getsockname()[1]}")
        child = subprocess.Popen(
            [str(STRIPECTL), "plan"],
            cwd=desk.root,
            env=desk.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        asking, _ = silent.accept()
        with asking:
            asking.recv(65_536)
            # By then the main thread waits for the answer.
            time.sleep(0.5)
            threads = {int(each.name) for each in Path(f"/proc/{child.pid}/task").iterdir()} - {child.pid}
            ctypes.CDLL(None).tgkill(child.pid, min(threads), signal.SIGINT)
            _, said = child.communicate(timeout=SECONDS)
    assert (child.returncode, "interrupted" in said) == (130, True)


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


def test_ctrl_c_finishes_the_step_in_hand_and_the_rest_can_be_resumed(slow: Desk, account: Slow) -> None:
    apply = Interruptible(slow, account)
    assert apply.interrupt() == "Stopping after the steps in hand; once more stops at once."
    account.released.set()
    code, said = apply.end()
    assert (code, "error[stopped]" in said, "Traceback" in said) == (130, True, False)
    assert "apply --resume" in said
    refused = slow.refused("apply", "--yes", exit=6, code="unfinished-run")
    assert "apply --unwind" in refused.err
    assert "revision 1." in slow.run("apply", "--resume").err
    assert "\nNo changes. " in slow.run("plan").out


def test_a_second_ctrl_c_stops_at_once_and_the_apply_can_be_put_back(slow: Desk, account: Slow) -> None:
    apply = Interruptible(slow, account)
    apply.interrupt()
    apply.child.send_signal(signal.SIGINT)
    code, said = apply.end()
    assert (code, "interrupted" in said, "Traceback" in said) == (130, True, False)
    account.released.set()
    slow.run("apply", "--unwind")
    assert slow.run("history").out == "main: no revision yet.\n"
    assert "No apply stopped half-way" in slow.run("apply", "--resume").err
