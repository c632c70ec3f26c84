"""Where every fault begins: a plan in which every action occurs, and what comes of it undisturbed."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import stripe

from stripectl.engine.ordering import steps
from stripectl.engine.plan import Plan
from stripectl.engine.steps import Step
from stripectl.providers.stripe.kinds import KINDS
from tests.fault.catalogs import AFTER, prepare
from tests.fault.invariants import counted, ours, used
from tests.faults import Telling
from tests.workbench import Clock, Workbench, opened

MINUTES = 300.0
"""Seconds from the plan to the apply."""


def _unchanged(inner: stripe.HTTPClient) -> stripe.HTTPClient:
    return inner


@dataclass(frozen=True)
class Start:
    """An account and a state, with the plan to `AFTER`."""

    folder: Path
    plan: Plan
    in_use: Counter[str]
    """Objects by kind before the plan is applied."""
    made: Counter[str]
    """Objects by kind after an apply that nothing disturbed, also those no longer in use."""

    @property
    def steps(self) -> tuple[Step, ...]:
        return steps(self.plan.changes, KINDS)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    folder, clock = tmp_path_factory.mktemp("start"), Clock()
    with opened(folder, clock) as bench:
        prepare(bench, clock.advance)
        made, in_use = bench.plan(AFTER), used(ours(bench))
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("undisturbed") / "copy")
    clock.advance(MINUTES)
    with opened(copy, clock) as bench:
        bench.carry_out(made)
        return Start(folder, made, in_use, counted(ours(bench)))


@dataclass(frozen=True)
class Place:
    """A copy of the start, to do harm to."""

    folder: Path
    clock: Clock

    @contextmanager
    def opened(
        self, wrap: Callable[[stripe.HTTPClient], stripe.HTTPClient] = _unchanged, *, workers: int = 1
    ) -> Iterator[Workbench]:
        """A process on it, as far as it goes without one."""
        self.clock.advance(60)
        with opened(self.folder, self.clock, wrap) as bench:
            bench.told = Telling(bench.requests)
            bench.workers = workers
            yield bench

    def copy(self) -> Place:
        """The same, for another way on."""
        numbers = (self.folder.with_name(f"{self.folder.name}-{number}") for number in count(2))
        free = next(each for each in numbers if not each.exists())
        return Place(shutil.copytree(self.folder, free), Clock(self.clock.now))


@pytest.fixture
def place(start: Start, tmp_path: Path) -> Iterator[Place]:
    clock = Clock()
    clock.advance(MINUTES)
    yield Place(shutil.copytree(start.folder, tmp_path / "copy"), clock)
    # Thousands of small accounts add up.
    for each in tmp_path.iterdir():
        shutil.rmtree(each, ignore_errors=True)
