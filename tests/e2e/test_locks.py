"""A lock that was left behind: shown in full, freed by the command that the message gives, from anywhere."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk

ENVIRONMENTS = """\
stripectl: 1
environments: {shadow: {provider: shadow}, second: {provider: shadow}}
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is there."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def leave(desk: Desk, pid: int, environment: str = "shadow") -> Path:
    """A lock of a process of this machine."""
    path = desk.root / ".stripectl" / environment / "main" / "lock.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = {"id": "run-1", "owner": "ann", "host": socket.gethostname(), "pid": pid}
    path.write_text(json.dumps({**holder, "started": "2027-01-31T12:00:00Z", "command": "stripectl apply"}))
    return path


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_command_that_is_given_frees_a_lock_of_another_environment_and_folder(
    started: Desk, tmp_path: Path
) -> None:
    (started.root / "stripectl.yaml").write_text(ENVIRONMENTS)
    path = leave(started, gone(), "second")
    elsewhere = replace(started, root=tmp_path)
    arguments = ("--env", "second", "--dir", str(started.root))
    ended = elsewhere.run("apply", "--yes", "--lock-timeout", "600", *arguments, exit=4)
    assert "error[locked]: " in ended.err
    assert "Its process is gone." in " ".join(ended.err.split())
    shown = elsewhere.run("lock", "show", *arguments).out
    command = shown.partition("free it ")[2].strip()
    assert command == f"stripectl unlock run-1 --catalog main --env second --dir {started.root}"
    assert command in " ".join(ended.err.split())
    elsewhere.run(*shlex.split(command)[1:])
    assert not path.exists()


def test_the_lock_of_a_process_at_work_is_freed_only_with_yes(
    started: Desk, sleeper: subprocess.Popen[bytes]
) -> None:
    path = leave(started, sleeper.pid)
    ended = started.refused("unlock", "run-1", exit=4, code="lock-in-use")
    assert f"Process {sleeper.pid} of this machine" in " ".join(ended.err.split())
    assert path.exists()
    assert started.run("unlock", "run-1", "--yes").out == "main: unlocked\n"
    assert not path.exists()


def test_all_that_is_known_of_a_holder_is_shown(started: Desk) -> None:
    assert started.run("lock", "show").out == "main: not locked\n"
    pid = gone()
    leave(started, pid)
    assert started.run("lock", "show").out == (
        "main: locked\n"
        "  id      run-1\n"
        "  owner   ann\n"
        f"  host    {socket.gethostname()}\n"
        f"  process {pid}, gone\n"
        "  since   2027-01-31T12:00:00Z\n"
        "  command stripectl apply\n"
        "  free it stripectl unlock run-1 --catalog main --env shadow\n"
    )
    assert json.loads(started.run("lock", "show", "--output", "json").out) == {
        "format_version": "1.1",
        "locks": [
            {
                "catalog": "main",
                "holder": {
                    "id": "run-1",
                    "owner": "ann",
                    "host": socket.gethostname(),
                    "pid": pid,
                    "started": "2027-01-31T12:00:00Z",
                    "command": "stripectl apply",
                    "url": None,
                    "born": None,
                    "process": "gone",
                },
            }
        ],
    }
