"""The journal: a write-ahead record of one run, a line a fact, in a chain that shows every damage.

A line is on disk before the call returns. A last line that was torn by a crash is as if it had not been
written, which is safe: a `begin` precedes its request, and an `end` that is missing makes the step be looked
up. Any other damage is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from stripectl.diagnostics import Diagnostic, InvalidInput, Location, error
from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Plan
from stripectl.engine.ports import NOTHING, Begun, JournalRecord
from stripectl.engine.serial import plan_from_json, plan_to_json
from stripectl.engine.steps import Outcome, Request, Step
from stripectl.engine.values import Json, to_json
from stripectl.files import end_of, sweep, told
from stripectl.store.chain import Chain, whole
from stripectl.store.head import head_file


def _nobody(_step: Step, _outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class FileJournal:
    """One run's journal, open for writing; steps of several threads may come in any order."""

    chain: Chain
    now: Callable[[], datetime]
    on_end: Callable[[Step, Outcome], None] = _nobody

    @property
    def run(self) -> str:
        return self.chain.path.stem

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
        self.on_end(step, outcome)

    def close(self, result: str, left: Mapping[str, str] = NOTHING) -> None:
        remnants: dict[str, Json] = {"left": {**left}} if left else {}
        self.append("close", result=result, **remnants)
        self.chain.close()

    def append(self, event: str, **facts: Json) -> None:
        """Write one line and wait until it is on disk; see `Chain.append` for what it raises."""
        self.chain.append(_entry(event, self.now, **facts))


@dataclass(frozen=True, slots=True)
class FileJournals:
    """The journals of one catalog in one environment: `journal/<run>.jsonl`."""

    folder: Path
    kinds: Kinds
    now: Callable[[], datetime]
    on_end: Callable[[Step, Outcome], None] = _nobody
    """Told of each step once its end is on disk."""

    def start(self, run: str, plan: Plan, *, unwinds: str | None = None) -> FileJournal:
        """A new journal whose first line holds the whole plan. Whoever calls holds the lock."""
        sweep(self.folder)
        opened = _entry("open", self.now, run=run, unwinds=unwinds, plan=plan_to_json(plan))
        return FileJournal(Chain.begun(self._path(run), opened), self.now, self.on_end)

    def reopen(self, run: str) -> FileJournal:
        """Go on writing where a run stopped; who began it can write no more."""
        return FileJournal(Chain.taken_over(self._path(run)), self.now, self.on_end)

    def _path(self, run: str) -> Path:
        return self.folder / f"{run}.jsonl"

    def unfinished(self) -> tuple[JournalRecord, ...]:
        """The records of runs that neither ended nor were put back, oldest first.

        A journal that never got its first line recorded nothing and sent nothing: it does not count.
        """
        if not self.folder.is_dir():
            return ()
        paths = sorted(self.folder.glob("*.jsonl"))
        read = (_read(path, self.kinds) for path in paths)
        return tuple(record for record in read if record)

    def put_back(self) -> frozenset[str]:
        return frozenset(run for run, line in self._closed() if line.get("result") == "unwound")

    def left_behind(self) -> Mapping[str, str]:
        return {
            object_id: str(address)
            for _, line in self._closed()
            if isinstance(left := line.get("left"), dict)
            for object_id, address in left.items()
        }

    def _closed(self) -> Iterator[tuple[str, dict[str, Json]]]:
        """Closed runs with the last lines of their journals; none of them is checked again."""
        for path in sorted(self.folder.glob("*.jsonl")):
            if (line := _last_line(path)).startswith(_CLOSED):
                yield path.stem, json.loads(line)


_CLOSED = b'{"event":"close"'

_LONGEST = 64 * 1024
"""Bytes of a last line that is looked for: more than any that closes a journal."""


def _last_line(path: Path) -> bytes:
    with told(path, "read"):
        # One that is torn is as if it had not been written.
        return end_of(path, _LONGEST).rpartition(b"\n")[0].rpartition(b"\n")[2]


def _entry(event: str, now: Callable[[], datetime], **facts: Json) -> dict[str, Json]:
    return {"event": event, "at": now().isoformat(), **facts}


def _read(path: Path, kinds: Kinds) -> JournalRecord | None:
    """The record of a journal; None where it is closed, or empty."""
    found_in = whole(path)
    if not found_in.lines and found_in.lost:
        raise InvalidInput(cut(path, found_in.lost))
    # Most journals are done: that nothing in them changed is all there is to know.
    if not found_in.lines or found_in.lines[-1].startswith(_CLOSED):
        return None
    found = _Found()
    for line in found_in.lines:
        found.take(json.loads(line))
    if found.head.get("run") != path.stem:
        raise _misplaced(path, found.head)
    plan = plan_from_json(found.head.get("plan"), kinds)
    unwinds = found.head.get("unwinds")
    lost = cut(path, found_in.lost) if found_in.lost else None
    return JournalRecord(path.stem, plan, found.begun, found.ended, str(unwinds) if unwinds else None, lost)


@dataclass(slots=True)
class _Found:
    """What the lines of a journal add up to."""

    head: dict[str, Json] = field(default_factory=dict)
    begun: dict[int, Begun] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)

    def take(self, entry: dict[str, Json]) -> None:
        match entry:
            case {"event": "open"}:
                self.head = entry
            case {"event": "begin", "step": int(step), "key": str(key), "epoch": int(epoch)}:
                self.begun[step] = Begun(key, epoch)
            case {"event": "end", "step": int(step), "object_id": str(object_id), "request_id": request_id}:
                self.ended[step] = Outcome(object_id, str(request_id) if request_id else None)


def cut(path: Path, lost: int) -> Diagnostic:
    """What there is to say of a journal whose last lines are gone."""
    lines = "the last line" if lost == 1 else f"the last {lost} lines"
    return error(
        "journal-cut",
        "The end of a journal is gone",
        f"{path} lacks {lines}: what the run did then is not known. It is neither gone on with nor put back.",
        hint="restore the journal from a copy; without one, compare the account with `stripectl drift`, mend"
        f" that by hand, and move the journal and {head_file(path).name} out of the folder",
        source=Location(str(path)),
    )


def _misplaced(path: Path, head: dict[str, Json]) -> InvalidInput:
    return InvalidInput(
        error(
            "record-damaged",
            "A record is not what was written",
            f"{path} holds the journal of run {head.get('run')}.",
            hint="a copy of a journal belongs outside of the folder; one that was renamed gets its name back",
            source=Location(str(path), 1),
        )
    )
