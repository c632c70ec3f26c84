"""The lock: one file, made only where there is none, that says who is at work."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from stripectl.diagnostics import InvalidInput, Locked, error
from stripectl.store.files import sync_folder, told

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
    url: str | None = None
    """Of the CI run, where the environment names one."""

    @property
    def is_dead(self) -> bool:
        """Its process was on this host and is gone."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


@dataclass(frozen=True, slots=True)
class FileLock:
    """The lock of one catalog in one environment."""

    path: Path
    now: Callable[[], datetime]
    owner: str
    url: str | None = None

    @contextmanager
    def hold(self, run: str, timeout: float) -> Iterator[None]:
        """Hold the lock; raises Locked when another holder keeps it for `timeout` seconds."""
        self._take(run, timeout)
        try:
            yield
        finally:
            self.release(run)

    def _take(self, run: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not self._create(run):
            if time.monotonic() >= end:
                raise self._locked()
            time.sleep(POLL_SECONDS)

    def _create(self, run: str) -> bool:
        """Whether the lock is ours now. The file appears complete or not at all."""
        draft = self.path.with_name(f".{self.path.name}.{run}")
        with told(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_text(json.dumps(asdict(self._holder(run)), indent=1) + "\n", encoding="utf-8")
                os.link(draft, self.path)
            except FileExistsError:
                return False
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(self.path.parent)
        return True

    def _holder(self, run: str) -> Holder:
        command = " ".join(("stripectl", *sys.argv[1:]))
        return Holder(
            run,
            self.owner,
            socket.gethostname(),
            os.getpid(),
            self.now().isoformat(),
            command,
            self.url,
        )

    def release(self, run: str) -> bool:
        """Free the lock where `run` holds it; False where it does not."""
        holder = self.holder()
        if holder is None or holder.id != run:
            return False
        with told(self.path, "remove"):
            self.path.unlink(missing_ok=True)
        return True

    def confirm(self, run: str) -> None:
        """Raise Locked where `run` does not hold the lock any more: somebody took it over meanwhile."""
        holder = self.holder()
        if holder is None or holder.id != run:
            raise Locked(
                error(
                    "lock-lost",
                    "The lock is no longer ours",
                    f"Run {run} held it; it was freed or taken over meanwhile, so nothing more is sent.",
                    hint="see who is at work with `stripectl lock show`",
                )
            )

    def holder(self) -> Holder | None:
        """Who holds it; None where nobody does. Raises InvalidInput where the file cannot be read."""
        try:
            with told(self.path, "read"):
                text = self.path.read_text(encoding="utf-8") if self.path.exists() else None
        except UnicodeDecodeError:
            text = ""
        return None if text is None else _read(text, self.path)

    def _locked(self) -> Locked:
        holder = self.holder()
        if holder is None:
            return Locked(
                error("locked", "Another apply holds the lock", "It was freed just now.", hint="try again")
            )
        where = f", {holder.url}" if holder.url else ""
        dead = " Its process is gone." if holder.is_dead else ""
        return Locked(
            error(
                "locked",
                "Another apply holds the lock",
                f"{holder.owner} on {holder.host} (process {holder.pid}{where}) has held it since"
                f" {holder.started} for: {holder.command}.{dead}",
                hint=f"wait with --lock-timeout, or, when it is certainly dead: stripectl unlock {holder.id}",
            )
        )


def _read(text: str, path: Path) -> Holder:
    try:
        fields = json.loads(text)
        return Holder(**fields)
    except (ValueError, TypeError):
        raise InvalidInput(
            error(
                "record-damaged",
                "A record is not what was written",
                f"The lock {path} cannot be read.",
                hint="when no apply is running, remove the file",
            )
        ) from None
