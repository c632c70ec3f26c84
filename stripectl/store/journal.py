"""The journal: a write-ahead record of one run, a line a fact, each line bound to the one before.

A line is on disk before the call returns. A last line that was torn by a crash is as if it had not been
written, which is safe: a `begin` precedes its request, and an `end` that is missing makes the step be looked
up. Any other damage is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import cast

from stripectl.diagnostics import InvalidInput, Location, error
from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Plan
from stripectl.engine.ports import Begun, JournalRecord
from stripectl.engine.serial import plan_from_json, plan_to_json
from stripectl.engine.steps import Outcome, Request, Step
from stripectl.engine.values import Json, to_json
from stripectl.store.files import read_bytes, sync_folder, told

START = "sha256:" + "0" * 64
"""What the first line is bound to."""


@dataclass(slots=True)
class FileJournal:
    """One run's journal, open for writing."""

    path: Path
    now: Callable[[], datetime]
    previous: str = START
    turns: Lock = field(default_factory=Lock)

    @property
    def run(self) -> str:
        return self.path.stem

    def begin(self, step: Step, request: Request, key: str, epoch: int) -> None:
        self.append(
            "begin",
            step=step.number,
            phase=step.phase.name.lower(),
            verb=step.verb.value,
            kind=step.kind,
            address=step.address,
            object_id=step.object_id,
            request={
                "method": request.method,
                "path": request.path,
                "params": cast("Json", dict(request.params)),
            },
            expected=to_json(step.before),
            key=key,
            epoch=epoch,
        )

    def end(self, step: Step, outcome: Outcome) -> None:
        self.append("end", step=step.number, object_id=outcome.object_id, request_id=outcome.request_id)

    def close(self, result: str) -> None:
        self.append("close", result=result)

    def append(self, event: str, **facts: Json) -> None:
        """Write one line and wait until it is on disk."""
        with self.turns:
            line = _spell({"event": event, "at": self.now().isoformat(), "previous": self.previous, **facts})
            with told(self.path, "write"), self.path.open("ab") as file:
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self.previous = _checksum(line)


@dataclass(frozen=True, slots=True)
class FileJournals:
    """The journals of one catalog in one environment: `journal/<run>.jsonl`."""

    folder: Path
    kinds: Kinds
    now: Callable[[], datetime]

    def start(self, run: str, plan: Plan, *, unwinds: str | None = None) -> FileJournal:
        """A new journal whose first line holds the whole plan."""
        path = self.folder / f"{run}.jsonl"
        with told(path, "write"):
            self.folder.mkdir(parents=True, exist_ok=True)
            path.touch(exist_ok=False)
            sync_folder(self.folder)
        journal = FileJournal(path, self.now)
        journal.append("open", run=run, unwinds=unwinds, plan=plan_to_json(plan))
        return journal

    def reopen(self, run: str) -> FileJournal:
        """Go on writing where a run stopped; a torn last line is cut off first."""
        path = self.folder / f"{run}.jsonl"
        lines = _whole_lines(path)
        with told(path, "write"):
            os.truncate(path, sum(len(line) + 1 for line in lines))
        return FileJournal(path, self.now, _checksum(lines[-1]) if lines else START)

    def unfinished(self) -> tuple[JournalRecord, ...]:
        """The records of runs that neither ended nor were put back, oldest first.

        A journal that never got its first line recorded nothing and sent nothing: it does not count.
        """
        if not self.folder.is_dir():
            return ()
        paths = sorted(self.folder.glob("*.jsonl"))
        read = (_read(path, self.kinds) for path in paths)
        return tuple(record for record in read if record)


def _read(path: Path, kinds: Kinds) -> JournalRecord | None:
    """The record of a journal; None where it is closed, or empty."""
    found = _Found()
    if _is_closed(path):
        return None
    for entry in _entries(path):
        found.take(entry)
    if found.head is None or found.closed:
        return None
    plan = plan_from_json(found.head["plan"], kinds)
    unwinds = found.head["unwinds"]
    return JournalRecord(path.stem, plan, found.begun, found.ended, str(unwinds) if unwinds else None)


@dataclass(slots=True)
class _Found:
    """What the lines of a journal add up to."""

    head: dict[str, Json] | None = None
    begun: dict[int, Begun] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)
    closed: bool = False

    def take(self, entry: dict[str, Json]) -> None:
        match entry:
            case {"event": "open"}:
                self.head = entry
            case {"event": "begin", "step": int(step), "key": str(key), "epoch": int(epoch)}:
                self.begun[step] = Begun(key, epoch)
            case {"event": "end", "step": int(step), "object_id": str(object_id), "request_id": request_id}:
                self.ended[step] = Outcome(object_id, str(request_id) if request_id else None)
            case {"event": "close"}:
                self.closed = True


def _entries(path: Path) -> Iterator[dict[str, Json]]:
    previous = START
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            raise _damaged(path, number, "it is not JSON") from None
        if not isinstance(entry, dict) or entry.get("previous") != previous:
            raise _damaged(path, number, "it does not follow from the line before it")
        previous = _checksum(line)
        yield entry


def _is_closed(path: Path) -> bool:
    """A glance at the last line: most journals are done and need no reading."""
    last = next(iter(_whole_lines(path)[-1:]), b"")
    return b'"event":"close"' in last[:24]


def _whole_lines(path: Path) -> list[bytes]:
    """Lines that were written to their end."""
    # A tear can go through the middle of a character.
    return read_bytes(path).split(b"\n")[:-1]


def _damaged(path: Path, line: int, why: str) -> InvalidInput:
    return InvalidInput(
        error(
            "record-damaged",
            "A record is not what was written",
            f"Line {line} of {path} cannot be trusted: {why}.",
            hint="restore the journal from a copy, or compare the account with `stripectl drift` and move the"
            " journal out of the folder",
            source=Location(str(path), line),
        )
    )


def _spell(entry: Mapping[str, Json]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()


def _checksum(line: bytes) -> str:
    return "sha256:" + hashlib.sha256(line).hexdigest()
