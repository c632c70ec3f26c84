"""Processes that die: each works on the account and the state of a folder and may be killed at a moment.

A moment is when something has just become lasting: a line of the journal, a write of the account, a revision.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import stripe

from stripectl.engine.plan import Plan, Revision
from stripectl.engine.ports import Journal, JournalRecord, Journals, Revisions
from stripectl.engine.steps import Outcome, Request, Step
from tests.fault.catalogs import AFTER
from tests.workbench import Clock, Workbench, opened

LATER = 200.0
"""Seconds after the folder was prepared."""


@dataclass
class Moments:
    """Counts moments, and ends the process at the one that it was given; 0 is none."""

    last: int
    names: list[str] = field(default_factory=list)

    def pass_by(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingTransport(stripe.HTTPClient):
    """The account has done what it was asked, and the answer never arrives."""

    name = "dying"

    def __init__(self, inner: stripe.HTTPClient, moments: Moments) -> None:
        super().__init__()
        self._inner, self._moments = inner, moments

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        answered: tuple[str, int, Mapping[str, str]] = self._inner.request(method, url, headers, post_data)
        if method != "get":
            self._moments.pass_by(f"sent {method}")
        return answered

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class DyingJournal:
    inner: Journal
    moments: Moments

    @property
    def run(self) -> str:
        return self.inner.run

    def begin(self, step: Step, request: Request, key: str, epoch: int) -> None:
        self.inner.begin(step, request, key, epoch)
        self.moments.pass_by(f"begun {step.number}")

    def end(self, step: Step, outcome: Outcome) -> None:
        self.inner.end(step, outcome)
        self.moments.pass_by(f"ended {step.number}")

    def close(self, result: str) -> None:
        self.inner.close(result)
        self.moments.pass_by("closed")


@dataclass(frozen=True)
class DyingJournals:
    inner: Journals
    moments: Moments

    def start(self, run: str, plan: Plan, *, unwinds: str | None = None) -> Journal:
        journal = DyingJournal(self.inner.start(run, plan, unwinds=unwinds), self.moments)
        self.moments.pass_by("opened")
        return journal

    def reopen(self, run: str) -> Journal:
        return DyingJournal(self.inner.reopen(run), self.moments)

    def unfinished(self) -> tuple[JournalRecord, ...]:
        return self.inner.unfinished()


@dataclass(frozen=True)
class DyingRevisions:
    inner: Revisions
    moments: Moments

    def last(self) -> Revision | None:
        return self.inner.last()

    def get(self, number: int) -> Revision:
        return self.inner.get(number)

    def all(self) -> tuple[Revision, ...]:
        return self.inner.all()

    def write(self, revision: Revision) -> None:
        self.inner.write(revision)
        self.moments.pass_by("recorded")


def work(folder: Path, way: str, last: int) -> None:
    """Apply `AFTER`, or resume or unwind; die at moment `last`. The moments passed by are written down."""
    moments, clock = Moments(last), Clock()
    clock.advance(LATER)
    with opened(folder, clock, lambda inner: DyingTransport(inner, moments)) as bench:
        bench.journals = DyingJournals(bench.journals, moments)
        bench.revisions = DyingRevisions(bench.revisions, moments)
        WAYS[way](bench)
    (folder / f"moments-{way}.json").write_text(json.dumps(moments.names))


WAYS: Mapping[str, Callable[[Workbench], object]] = {
    "apply": lambda bench: bench.apply(AFTER),
    "resume": lambda bench: bench.resume(),
    "unwind": lambda bench: bench.unwind(),
}

_CONTEXT = get_context("forkserver")
# The server loads all of this once; a process of its own then costs a fork, not half a second.
_CONTEXT.set_forkserver_preload(
    [
        "deepdiff",
        "stripectl.operations.apply",
        "stripectl.providers.shadow.account",
        "stripectl.providers.stripe.mapping",
        "stripectl.providers.stripe.provider",
        "stripectl.store.journal",
    ]
)


def started(folder: Path, way: str, last: int = 0) -> BaseProcess:
    """A process that does it, at work."""
    process = _CONTEXT.Process(target=work, args=(folder, way, last))
    process.start()
    return process


def run(folder: Path, way: str, last: int = 0) -> int:
    """Do it in a process of its own; its exit code, which is -9 where it was killed."""
    process = started(folder, way, last)
    process.join(60)
    assert process.exitcode is not None, "the process ends by itself"
    return process.exitcode
