"""The lock: one holder, named; waiting and freeing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput, Locked
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
        fields = json.loads(lock.path.read_text())
        lock.path.write_text(json.dumps({**fields, "pid": ended.pid}))
        assert "Its process is gone." in refusal(lock)[0]


def test_a_process_on_another_host_is_never_said_to_be_gone(lock: FileLock) -> None:
    with lock.hold("first", 0):
        fields = json.loads(lock.path.read_text())
        lock.path.write_text(json.dumps({**fields, "host": "elsewhere", "pid": 999_999_999}))
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


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"id": "x"}'])
def test_a_lock_that_cannot_be_read_is_told_and_still_locks(lock: FileLock, content: bytes) -> None:
    lock.path.parent.mkdir(parents=True)
    lock.path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused, lock.hold("second", 0):
        pass
    assert [each.code for each in refused.value.diagnostics] == ["record-damaged"]
