"""The request log: a line for each try of a request of a run, to hold against the provider's own log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Lock

from stripectl.engine.logged import Logged, logged
from stripectl.engine.ports import Sent
from stripectl.files import Most, append_line, lines_of, make_folder, told

_About = ContextVar[tuple[str, int | None] | None]


@dataclass(frozen=True, slots=True)
class Extract:
    """What a log says of one run."""

    lines: tuple[Logged, ...]
    """In the order in which they were answered."""
    damaged: int
    """Lines of the whole log that cannot be read: any of them may have been of this run."""


@dataclass(frozen=True, slots=True)
class FileLog:
    """`log.jsonl` of one catalog in one environment. No bodies, no queries, no keys."""

    path: Path
    now: Callable[[], datetime]

    @contextmanager
    def about(self, run: str, step: int | None = None) -> Iterator[None]:
        """Tries from here on, in this thread and in those that are started from it, belong to this."""
        before = _subject.set((run, step))
        try:
            yield
        finally:
            _subject.reset(before)

    def record(self, sent: Sent) -> None:
        """Write a line down; tries outside of every run are none of its business.

        Raises InvalidInput where the disk refuses.
        """
        subject = _subject.get()
        if subject is None:
            return
        line = Logged(self.now().isoformat(timespec="milliseconds"), sent, *subject)
        with told(self.path, "write"):
            make_folder(self.path.parent)
            with _TURNS:
                append_line(self.path, json.dumps(line.to_json(), separators=(",", ":")).encode())

    def of(self, run: str) -> Extract:
        """The lines of one run; damaged ones are passed over and counted. No log is an empty one."""
        lines, damaged = list[Logged](), 0
        for line in self._lines():
            if line is None:
                damaged += 1
            elif line.run == run:
                lines.append(line)
        return Extract(tuple(lines), damaged)

    def runs(self) -> tuple[str, ...]:
        """The runs that it tells of, oldest first."""
        return tuple(dict.fromkeys(line.run for line in self._lines() if line is not None))

    def _lines(self) -> Iterator[Logged | None]:
        """Every line; None for one that is damaged."""
        with told(self.path, "read"), suppress(FileNotFoundError):
            for line in lines_of(self.path, Most.LINE):
                if line.strip():
                    yield _read(line)


def step_at_work() -> int | None:
    """The step that tries belong to here and now; None outside of every step."""
    subject = _subject.get()
    return subject[1] if subject else None


def is_log(path: Path) -> bool:
    """Whether a file is a request log: its first line is one, or it has none. Raises OSError."""
    return all(_read(line) is not None for line in islice(lines_of(path, Most.LINE), 1))


_TURNS = Lock()
"""A line that another thread is writing would look torn."""


def _read(line: bytes) -> Logged | None:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return logged(facts) if isinstance(facts, dict) else None


_subject: _About = ContextVar("subject", default=None)
