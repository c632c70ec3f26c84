"""The lock: one holder, named; waiting and freeing."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stripectl.diagnostics import Interrupted, InvalidInput, Locked
from stripectl.store.lock import FileLock


@pytest.fixture
def lock(tmp_path: Path) -> FileLock:
    at = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    return FileLock(tmp_path / "state" / "lock.json", lambda: at, "ann", "https://ci.example/7")


def refusal(lock: FileLock) -> tuple[str, str]:
    with pytest.raises(Locked) as refused, lock.hold("second", 0):
        pass
    (problem,) = refused.value.diagnostics
    return problem.detail, problem.hint


def test_the_lock_says_who_holds_it_and_is_gone_afterwards(lock: FileLock) -> None:
    with lock.hold("first", 0):
        holder = lock.holder()
        assert holder is not None
        assert (holder.id, holder.owner, holder.pid) == ("first", "ann", os.getpid())
        assert (holder.host, holder.url) == (socket.gethostname(), "https://ci.example/7")
        assert holder.started == "2026-09-21T14:13:20+00:00"
    assert lock.holder() is None
    assert list(lock.path.parent.iterdir()) == []


def test_a_second_holder_is_told_who_and_since_when_and_how_to_free_it(lock: FileLock) -> None:
    with lock.hold("first", 0):
        detail, hint = refusal(lock)
    assert detail.startswith(f"ann on {socket.gethostname()} (process {os.getpid()}, https://ci.example/7)")
    assert "has held it since 2026-09-21T14:13:20+00:00" in detail
    assert "Its process is gone." not in detail
    assert hint.endswith("stripectl unlock first")


def test_the_lock_is_freed_when_its_work_fails(lock: FileLock) -> None:
    def fail() -> None:
        with lock.hold("first", 0):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lock.holder() is None


def test_a_lock_whose_process_is_gone_says_so(lock: FileLock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with lock.hold("first", 0):
        rewrite(lock, pid=ended.pid)
        assert "Its process is gone." in refusal(lock)[0]


def test_nobody_waits_for_a_process_that_is_gone(lock: FileLock, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lock._create("first")
    rewrite(lock, pid=ended.pid)
    monkeypatch.setattr("time.sleep", None)
    with pytest.raises(Locked) as refused, replace(lock, options="--catalog a --env live").hold("second", 60):
        pass
    (problem,) = refused.value.diagnostics
    assert problem.code == "locked"
    assert problem.detail.endswith("Its process is gone.")
    assert problem.hint.startswith("free it with `stripectl unlock first --catalog a --env live`, then")
    holder = lock.holder()
    assert holder is not None
    assert holder.id == "first"


def test_a_process_that_has_the_number_of_another_one_by_now_is_not_the_holder(lock: FileLock) -> None:
    with lock.hold("first", 0):
        born = json.loads(lock.path.read_text())["born"]
        rewrite(lock, born=born - 60)
        assert "Its process is gone." in refusal(lock)[0]
        rewrite(lock, born=born - 1)
        assert "Its process is gone." not in refusal(lock)[0]
        rewrite(lock, born=None)
        assert "Its process is gone." not in refusal(lock)[0]


def test_a_process_that_ended_and_was_not_collected_is_gone(lock: FileLock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    with lock.hold("first", 0):
        rewrite(lock, pid=ended.pid, born=None)
        assert "Its process is gone." in refusal(lock)[0]
    ended.wait()


def test_a_process_of_somebody_else_is_there(lock: FileLock, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", forbidden)
    with lock.hold("first", 0):
        assert "Its process is gone." not in refusal(lock)[0]


def rewrite(lock: FileLock, **fields: object) -> None:
    lock.path.write_text(json.dumps({**json.loads(lock.path.read_text()), **fields}))


def test_a_process_on_another_host_is_never_said_to_be_gone(lock: FileLock) -> None:
    with lock.hold("first", 0):
        rewrite(lock, host="elsewhere", pid=999_999_999)
        assert "Its process is gone." not in refusal(lock)[0]


def test_a_lock_that_is_freed_in_time_is_taken(lock: FileLock, monkeypatch: pytest.MonkeyPatch) -> None:
    def free(seconds: float) -> None:
        lock.release("first")

    monkeypatch.setattr("time.sleep", free)
    lock._create("first")
    with lock.hold("second", 60):
        holder = lock.holder()
        assert holder is not None
        assert holder.id == "second"


def test_only_its_own_holder_can_be_released(lock: FileLock) -> None:
    with lock.hold("first", 0):
        assert lock.release("another") is False
        assert lock.holder() is not None
        assert lock.release("first") is True
    assert lock.release("first") is False


def test_a_lock_that_somebody_freed_and_took_meanwhile_is_left_alone(lock: FileLock) -> None:
    with lock.hold("first", 0):
        lock.release("first")
        lock._create("second")
    holder = lock.holder()
    assert holder is not None
    assert holder.id == "second"


def test_who_holds_the_lock_is_told_nothing_and_who_lost_it_is(lock: FileLock) -> None:
    with lock.hold("first", 0):
        lock.confirm("first")
        lock.release("first")
        assert lost(lock)
        lock._create("second")
        assert lost(lock)
        lock.path.write_bytes(b"{}")
        assert lost(lock)
        lock.path.unlink()


def lost(lock: FileLock) -> bool:
    with pytest.raises(Locked) as refused:
        lock.confirm("first")
    return [each.code for each in refused.value.diagnostics] == ["lock-lost"]


def test_a_lock_that_is_taken_between_look_and_grasp_is_given_back(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock._create("first")
    genuine = os.rename

    def overtaken(old: object, new: object) -> None:
        monkeypatch.setattr(os, "rename", genuine)
        lock.release("first")
        lock._create("second")
        genuine(str(old), str(new))

    monkeypatch.setattr(os, "rename", overtaken)
    assert lock.release("first") is False
    lock.confirm("second")
    assert [each.name for each in lock.path.parent.iterdir()] == ["lock.json"]


def test_of_two_who_free_a_lock_at_once_one_has_done_it(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock._create("first")
    genuine, others = os.rename, []

    def overtaken(old: object, new: object) -> None:
        monkeypatch.setattr(os, "rename", genuine)
        others.append(lock.release("first"))
        genuine(str(old), str(new))

    monkeypatch.setattr(os, "rename", overtaken)
    assert lock.release("first") is False
    assert (others, lock.holder()) == ([True], None)


def test_an_error_is_not_hidden_by_a_lock_that_cannot_be_freed(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    def fail() -> None:
        with lock.hold("first", 0):
            monkeypatch.setattr(os, "rename", forbidden)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    monkeypatch.undo()
    assert lock.release("first") is True


def test_a_key_on_the_command_line_does_not_get_into_the_lock(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["stripectl", "apply", "--env=sk_live_abc123", "rk_test_def456"])
    with lock.hold("first", 0):
        holder = lock.holder()
        assert holder is not None
        assert holder.command == "stripectl apply --env=sk_… rk_…"


WHOLE = {"id": "x", "owner": "ann", "host": "h", "pid": 1, "started": "s", "command": "c", "url": None}
WRONG = ({"pid": "1"}, {"pid": -1}, {"pid": True}, {"born": 1.5}, {"url": 7}, {"owner": None})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"id": "x"}',
        *(json.dumps({**WHOLE, **wrong}).encode() for wrong in WRONG),
    ],
)
def test_a_lock_that_cannot_be_read_is_told_and_still_locks(lock: FileLock, content: bytes) -> None:
    lock.path.parent.mkdir(parents=True)
    lock.path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused, lock.hold("second", 0):
        pass
    assert [each.code for each in refused.value.diagnostics] == ["record-damaged"]


@pytest.mark.parametrize("timeout", [float("nan"), 60.0])
def test_a_wait_for_the_lock_ends_when_it_is_asked_to(lock: FileLock, timeout: float) -> None:
    waiting = replace(lock, stopping=lambda: True)
    with lock.hold("first", 0), pytest.raises(Interrupted) as stopped, waiting.hold("second", timeout):
        pass
    assert stopped.value.diagnostics[0].code == "stopped-waiting"


def test_a_wait_that_is_no_number_is_none(lock: FileLock) -> None:
    with lock.hold("first", 0), pytest.raises(Locked), lock.hold("second", float("nan")):
        pass
