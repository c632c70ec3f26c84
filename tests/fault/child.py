"""Processes that die: each works on the account and the state of a folder and may be killed at a moment.

A moment is when something has just become lasting: a line of the journal, a write of the account, a revision.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock, get_ident

import pytest
import stripe

from stripectl.engine.plan import Plan, Revision
from stripectl.engine.ports import NOTHING, Journal, JournalRecord, Journals, Revisions
from stripectl.engine.steps import Outcome, Request, Step
from stripectl.store.lock import FileLock
from tests.fault.catalogs import AFTER
from tests.waiting import SECONDS
from tests.workbench import Clock, Workbench, opened

LATER = 200.0
"""Seconds after the folder was prepared."""


@dataclass
class Moments:
    """Counts moments, and sends the process a signal at the one that it was given; 0 is none."""

    last: int
    signal: signal.Signals = signal.SIGKILL
    names: list[str] = field(default_factory=list)
    counting: Lock = field(default_factory=Lock)

    def pass_by(self, name: str) -> None:
        with self.counting:
            self.names.append(name)
            if len(self.names) == self.last:
                # To this thread: one that is sent to the process may arrive a little later.
                signal.pthread_kill(get_ident(), self.signal)


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


class Served(stripe.HTTPClient):
    """An account behind HTTP on this machine, whatever host was asked for."""

    name = "served"

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url, self._inner = url, stripe.new_default_http_client()

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        there = url.replace("https://api.stripe.com", self._url)
        answered: tuple[str, int, Mapping[str, str]] = self._inner.request(method, there, headers, post_data)
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

    def close(self, result: str, left: Mapping[str, str] = NOTHING) -> None:
        self.inner.close(result, left)
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

    def put_back(self) -> frozenset[str]:
        return self.inner.put_back()

    def left_behind(self) -> Mapping[str, str]:
        return self.inner.left_behind()


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
        with dying_links(self.moments):
            self.inner.write(revision)
        self.moments.pass_by("recorded")


@contextmanager
def dying_links(moments: Moments) -> Iterator[None]:
    """A file gets its name: the content is on disk before, and the name is not yet on disk afterwards."""
    link = os.link

    def dying(*arguments: object, **options: object) -> None:
        moments.pass_by("drafted")
        link(*arguments, **options)  # type: ignore[arg-type]
        moments.pass_by("named")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "link", dying)
        yield


@dataclass(frozen=True)
class DyingLock:
    inner: FileLock
    moments: Moments

    @contextmanager
    def hold(self, run: str, timeout: float) -> Iterator[None]:
        with self.inner.hold(run, timeout):
            self.moments.pass_by("locked")
            yield

    def confirm(self, run: str) -> None:
        self.inner.confirm(run)


@dataclass(frozen=True)
class Task:
    """What a process does in a folder."""

    way: str
    last: int = 0
    """Moment that it gets the signal at."""
    signal: signal.Signals = signal.SIGKILL
    workers: int = 1
    url: str | None = None
    """Where the account is served; None for the file in the folder."""


def work(folder: Path, task: Task) -> None:
    """Apply `AFTER`, or resume or unwind; the moments passed by are written down."""
    moments, clock = Moments(task.last, task.signal), Clock()
    clock.advance(LATER)

    def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
        return DyingTransport(Served(task.url) if task.url else inner, moments)

    with opened(folder, clock, wrap) as bench:
        bench.workers = task.workers
        bench.journals = DyingJournals(bench.journals, moments)
        bench.revisions = DyingRevisions(bench.revisions, moments)
        assert isinstance(bench.lock, FileLock)
        bench.lock = DyingLock(bench.lock, moments)
        WAYS[task.way](bench)
    (folder / f"moments-{task.way}.json").write_text(json.dumps(moments.names))


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


def started(folder: Path, task: Task) -> BaseProcess:
    """A process that does it, at work."""
    process = _CONTEXT.Process(target=work, args=(folder, task))
    process.start()
    return process


def run(folder: Path, way: str, last: int = 0, *, workers: int = 1) -> int:
    """Do it in a process of its own; its exit code, which is -9 where it was killed."""
    process = started(folder, Task(way, last, workers=workers))
    process.join(SECONDS)
    assert process.exitcode is not None, "the process ends by itself"
    return process.exitcode
