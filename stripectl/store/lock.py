"""The lock: one file, made only where there is none, that says who is at work."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from stripectl.diagnostics import (
    Diagnostic,
    Interrupted,
    InvalidInput,
    Locked,
    StripectlError,
    error,
    scrubbed,
)
from stripectl.files import Most, aside, content_of, move, name_again, remove, told, write_once
from stripectl.store.processes import born, lives

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    id: str
    """The run that took it; `unlock` wants it."""
    owner: str
    host: str
    pid: int
    started: str
    """ISO 8601, UTC."""
    command: str
    """Without anything that looks like a key."""
    url: str | None = None
    """Of the CI run, where the environment names one."""
    born: int | None = None
    """See `processes.born`: the system gives the number of a process that is gone to another one."""

    @property
    def is_dead(self) -> bool:
        """Its process was on this host and is gone."""
        return self._is_here and not lives(self.pid, self.born)

    @property
    def is_alive(self) -> bool:
        """Its process is on this host and at work. Of other hosts neither can be told."""
        return self._is_here and lives(self.pid, self.born)

    @property
    def _is_here(self) -> bool:
        return self.host == socket.gethostname()


@dataclass(frozen=True, slots=True)
class FileLock:
    """The lock of one catalog in one environment."""

    path: Path
    now: Callable[[], datetime]
    owner: str
    url: str | None = None
    options: str = ""
    """With which `unlock` finds this lock, as `--catalog acme --env live`."""
    stopping: Callable[[], bool] = lambda: False
    """Whether a person, or the time that a command may take, ends the waiting."""

    @contextmanager
    def hold(self, run: str, timeout: float) -> Iterator[None]:
        """Hold the lock; raises Locked when another holder keeps it for `timeout` seconds, or is dead."""
        self._take(run, timeout)
        try:
            yield
        except BaseException:
            # What went wrong matters more than that the lock stays behind.
            with suppress(StripectlError):
                self.release(run)
            raise
        self.release(run)

    def confirm(self, run: str) -> None:
        """Raise Locked where `run` does not hold the lock any more: somebody took it over meanwhile."""
        with told(self.path, "read"), suppress(FileNotFoundError):
            if _names(self.path, run):
                return
        raise Locked(
            error(
                "lock-lost",
                "The lock is no longer ours",
                f"Run {run} held {self.path}; it was freed or taken over meanwhile, so nothing more is sent.",
                hint="see who is at work with `stripectl lock show`",
            )
        )

    def release(self, run: str) -> bool:
        """Free the lock where `run` holds it; False where it does not, or somebody else was faster."""
        holder = self.holder()
        if holder is None or holder.id != run:
            return False
        moved = aside(self.path)
        with told(self.path, "remove"):
            try:
                move(self.path, moved)
            except FileNotFoundError:
                return False
            is_ours = False
            try:
                is_ours = _names(moved, run)
            finally:
                if not is_ours:
                    # Between look and grasp it was freed and taken; a third one that has it now keeps it.
                    with suppress(FileExistsError):
                        name_again(self.path, moved)
                with suppress(OSError):
                    remove(moved)
        return is_ours

    def holder(self) -> Holder | None:
        """Who holds it; None where nobody does. Raises InvalidInput where the file cannot be read."""
        try:
            return self._found()
        except _Unreadable:
            raise InvalidInput(
                error(
                    "record-damaged",
                    "A record is not what was written",
                    f"The lock {self.path} cannot be read.",
                    hint="when no apply is running, remove the file",
                )
            ) from None

    def unlock_command(self, holder: Holder) -> str:
        """What frees the lock, from wherever this one was looked at."""
        return " ".join(filter(None, ("stripectl unlock", holder.id, self.options)))

    def _take(self, run: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not self._create(run):
            holder = self.holder()
            if holder and holder.is_dead:
                raise _left_behind(holder, self.unlock_command(holder))
            left = end - time.monotonic()
            if self.stopping():
                raise Interrupted(_not_waited(holder))
            # Also where the wait is no number.
            if not left > 0:
                raise _busy(holder, self.unlock_command(holder)) if holder else _freed()
            time.sleep(min(POLL_SECONDS, left))

    def _create(self, run: str) -> bool:
        """Whether the lock is ours now."""
        text = json.dumps(asdict(self._holder(run)), indent=1, ensure_ascii=False) + "\n"
        return write_once(self.path, text.encode())

    def _holder(self, run: str) -> Holder:
        return Holder(
            run,
            self.owner,
            socket.gethostname(),
            os.getpid(),
            self.now().isoformat(),
            scrubbed(" ".join(("stripectl", *sys.argv[1:]))),
            self.url,
            born(os.getpid()),
        )

    def _found(self) -> Holder | None:
        with told(self.path, "read"):
            try:
                return _read(self.path)
            except FileNotFoundError:
                return None


class _Unreadable(ValueError):
    """A lock file that does not say who holds it."""


def _read(path: Path) -> Holder:
    """The holder that a lock file names; raises OSError or _Unreadable."""
    try:
        fields = json.loads(content_of(path, Most.LOCK))
        holder = Holder(**{name: fields.get(name) for name in Holder.__slots__})
    except (ValueError, AttributeError, RecursionError):
        raise _Unreadable from None
    texts = (holder.id, holder.owner, holder.host, holder.started, holder.command, holder.url or "")
    numbers = (holder.pid, holder.born or 0)
    if not all(isinstance(each, str) for each in texts) or not all(type(each) is int for each in numbers):
        raise _Unreadable
    if holder.pid < 1:
        raise _Unreadable
    return holder


def is_lock(path: Path) -> bool:
    """Whether a file is a lock; raises OSError."""
    try:
        _read(path)
    except _Unreadable:
        return False
    return True


def _names(path: Path, run: str) -> bool:
    """Whether a lock file says that `run` holds it; raises OSError."""
    try:
        return _read(path).id == run
    except _Unreadable:
        return False


def _left_behind(holder: Holder, command: str) -> Locked:
    return _locked(
        f"{_story(holder)} Its process is gone.",
        f"free it with `{command}`, then see with `stripectl plan` whether an apply is unfinished",
    )


def _busy(holder: Holder, command: str) -> Locked:
    return _locked(_story(holder), f"wait with --lock-timeout, or, when it is certainly dead: {command}")


def _not_waited(holder: Holder | None) -> Diagnostic:
    return error(
        "stopped-waiting",
        "The lock was not waited for any longer",
        f"{_story(holder) if holder else 'Another apply holds it.'} Nothing was done.",
        hint="try again when it is free; see it with `stripectl lock show`",
    )


def _freed() -> Locked:
    return _locked("It was freed just now.", "try again")


def _story(holder: Holder) -> str:
    where = f", {holder.url}" if holder.url else ""
    return (
        f"{holder.owner} on {holder.host} (process {holder.pid}{where}) has held it since"
        f" {holder.started} for: {holder.command}."
    )


def _locked(detail: str, hint: str) -> Locked:
    return Locked(error("locked", "Another apply holds the lock", detail, hint=hint))
