"""What a run makes, on disk before it is made: whoever comes after a killed run can put it away.

One file a run, of JSON lines. The first names the account; then `{"n", "path", "by"}` comes before each
request that makes something, `{"n", "id"}` after its answer, and `{"n", "gone"}` when it was put away. A file
is locked while its run lives, and removed when nothing is left.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from tests.live.answers import Json, Object


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was or may have been made."""

    n: int
    path: str
    """That was posted to."""
    by: Mapping[str, str]
    """What it can be found by: an id of our choice, a lookup key, the product that it belongs to."""
    id: str | None = None
    """None: it may not exist."""


@dataclass(slots=True)
class Ledger:
    """The ledger of one run. Safe for threads."""

    path: Path
    account: str
    _descriptor: int
    _lock: Lock = field(default_factory=Lock)
    _entries: dict[int, Entry] = field(default_factory=dict)
    _last: int = 0

    @classmethod
    def begin(cls, folder: Path, run: str, account: str) -> Ledger:
        """Start the ledger of a run."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{run}.jsonl"
        ledger = cls(path, account, _locked(path, create=True))
        ledger._write({"account": account, "run": run})
        return ledger

    @classmethod
    def earlier(cls, folder: Path, account: str) -> Iterator[Ledger]:
        """The ledgers of runs on the account that ended without putting everything away."""
        for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
            try:
                descriptor = _locked(path, create=False)
            except (BlockingIOError, FileNotFoundError):
                # Its run is alive.
                continue
            ledger = cls(path, account, descriptor)
            if ledger._read():
                yield ledger
            else:
                os.close(descriptor)

    @property
    def open(self) -> list[Entry]:
        """What was not put away."""
        with self._lock:
            return list(self._entries.values())

    def before(self, path: str, by: Mapping[str, str]) -> Entry:
        """Note, on disk, that something is about to be made."""
        with self._lock:
            self._last += 1
            entry = Entry(self._last, path, by)
            self._write({"n": entry.n, "path": path, "by": dict(by)})
            self._entries[entry.n] = entry
            return entry

    def after(self, entry: Entry, made: str | None) -> Entry:
        """Note what came of it: an id, or None where it was refused."""
        if made is None:
            self.gone(entry)
            return entry
        known = replace(entry, id=made)
        with self._lock:
            self._write({"n": entry.n, "id": made}, sync=False)
            self._entries[entry.n] = known
        return known

    def gone(self, entry: Entry) -> None:
        """Note that it was put away, or was never made."""
        with self._lock:
            self._write({"n": entry.n, "gone": True}, sync=False)
            self._entries.pop(entry.n, None)

    def close(self) -> bool:
        """End the run; whether the file was removed, as nothing is left."""
        with self._lock:
            finished = not self._entries
            if finished:
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            return finished

    def _write(self, line: Object, *, sync: bool = True) -> None:
        os.write(self._descriptor, json.dumps(line).encode() + b"\n")
        if sync:
            os.fsync(self._descriptor)

    def _read(self) -> bool:
        """Whether the file is of this account; then its entries are known."""
        lines = list(_lines(self.path))
        if not lines or lines[0].get("account") != self.account:
            return False
        for line in lines:
            self._take(line)
        return True

    def _take(self, line: Object) -> None:
        match line:
            case {"n": int(n), "path": str(path), "by": dict(by)}:
                self._entries[n] = Entry(n, path, {name: str(value) for name, value in by.items()})
                self._last = n
            case {"n": int(n), "id": str(made)}:
                self._entries[n] = replace(self._entries[n], id=made)
            case {"n": int(n), "gone": True}:
                self._entries.pop(n, None)
            case _:
                pass


def _locked(path: Path, *, create: bool) -> int:
    """Raises `BlockingIOError` where a run holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _lines(path: Path) -> Iterator[Object]:
    """Every whole line; a kill may have torn the last one."""
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line: Json = json.loads(text)
        except ValueError:
            return
        if isinstance(line, dict):
            yield line
