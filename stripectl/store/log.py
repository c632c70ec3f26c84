"""The request log: a line for each try of a request of a run, to hold against the provider's own log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stripectl.engine.ports import Sent
from stripectl.engine.values import Json
from stripectl.store.files import told

_About = ContextVar[tuple[str, int | None] | None]


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
        run, step = subject
        facts: dict[str, Json] = {
            "at": self.now().isoformat(timespec="milliseconds"),
            "method": sent.method,
            "path": sent.path,
            "status": sent.status,
            "request_id": sent.request_id,
            "ms": round(sent.seconds * 1000),
            "attempt": sent.attempt,
            "run": run,
            "step": step,
        }
        with told(self.path, "write"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as file:
                file.write(json.dumps(facts, separators=(",", ":")).encode() + b"\n")


_subject: _About = ContextVar("subject", default=None)
