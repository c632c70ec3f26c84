"""A process that sleeps while somebody frees its lock and goes on: what it does when it wakes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil
import pytest
import stripe

from stripectl.diagnostics import Locked
from stripectl.engine.plan import Plan
from stripectl.engine.ports import NOTHING, Journal, JournalRecord, Journals
from stripectl.engine.steps import Outcome, Request, Step
from tests.fault.catalogs import AFTER, BEFORE
from tests.fault.child import Task, started
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, counted, unlock
from tests.fault.matrix import RUN, STEPS
from tests.faults import Answered, CarryOut, Faulty, struck
from tests.waiting import SECONDS
from tests.workbench import Workbench, actions

Act = Callable[[], None]

WAYS = ("resume", "unwind")
NOT_BEGUN = range(1, STEPS + 1, 2)
IN_HAND = range(1, STEPS + 1)


@dataclass(frozen=True)
class SleepyJournal:
    """Somebody else acts before the line that begins a certain step."""

    inner: Journal
    step: int
    act: Act

    @property
    def run(self) -> str:
        return self.inner.run

    def begin(self, step: Step, request: Request, key: str, epoch: int) -> None:
        if step.number == self.step:
            self.act()
        self.inner.begin(step, request, key, epoch)

    def end(self, step: Step, outcome: Outcome) -> None:
        self.inner.end(step, outcome)

    def close(self, result: str, left: Mapping[str, str] = NOTHING) -> None:
        self.inner.close(result, left)


@dataclass(frozen=True)
class SleepyJournals:
    inner: Journals
    step: int
    act: Act

    def start(self, run: str, plan: Plan, *, unwinds: str | None = None) -> Journal:
        return SleepyJournal(self.inner.start(run, plan, unwinds=unwinds), self.step, self.act)

    def reopen(self, run: str) -> Journal:
        return self.inner.reopen(run)

    def unfinished(self) -> tuple[JournalRecord, ...]:
        return self.inner.unfinished()

    def put_back(self) -> frozenset[str]:
        return self.inner.put_back()

    def left_behind(self) -> Mapping[str, str]:
        return self.inner.left_behind()


def other(place: Place, way: str) -> Act:
    """Somebody frees the lock and finishes the run, or puts it back."""

    def act() -> None:
        unlock(place.folder)
        with place.opened() as bench:
            assert WAY[way](bench) is not None

    return act


WAY: dict[str, Callable[[Workbench], object]] = {
    "resume": lambda bench: bench.resume(),
    "unwind": lambda bench: bench.unwind(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", NOT_BEGUN)
def test_who_wakes_before_a_step_is_begun_sends_nothing_more(
    step: int, way: str, place: Place, start: Start
) -> None:
    with place.opened() as bench:
        bench.journals = SleepyJournals(bench.journals, step, other(place, way))
        with pytest.raises(Locked) as refused:
            bench.carry_out(start.plan)
        assert [each.code for each in refused.value.diagnostics] == ["run-taken-over"]
        assert len(bench.log.writes) == step - 1
    ends_well(way, place, start)


def ends_well(way: str, place: Place, start: Start) -> None:
    with place.opened() as bench:
        if way == "resume":
            assert counted(check(bench, AFTER, revision=3)) == start.made
        else:
            check(bench, BEFORE, revision=2, unwound=True)


def asleep_before_sending(place: Place, start: Start, step: int, way: str) -> None:
    """The last look at the lock and the journal is behind it; then it sleeps, and then it sends."""

    def fault(carry_out: CarryOut) -> Answered:
        other(place, way)()
        return carry_out()

    script = struck(
        lambda attempt: (attempt.run, attempt.step) == (RUN, step) and not attempt.is_read, fault, times=1
    )

    def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
        return Faulty(inner, script)

    with place.opened(wrap) as bench:
        with pytest.raises(Locked) as refused:
            bench.carry_out(start.plan)
        (problem,) = refused.value.diagnostics
        # Where Stripe refuses what came too late, the lock is what it looks at next.
        assert problem.code in ("run-taken-over", "lock-lost")
        assert len(bench.log.writes) == step


@pytest.mark.parametrize("step", IN_HAND)
def test_who_wakes_with_a_request_in_hand_that_another_has_sent_does_nothing_twice(
    step: int, place: Place, start: Start
) -> None:
    asleep_before_sending(place, start, step, "resume")
    ends_well("resume", place, start)


@pytest.mark.parametrize("step", IN_HAND)
def test_who_wakes_with_a_request_in_hand_after_all_was_put_back_leaves_one_change_that_the_next_plan_undoes(
    step: int, place: Place, start: Start
) -> None:
    asleep_before_sending(place, start, step, "unwind")
    with place.opened() as bench:
        bench.apply(BEFORE)
        if step == ADOPTS:
            # The late mark is on an object that nobody gave to this catalog: it is told, and not touched.
            made = bench.plan(BEFORE)
            assert (actions(made), [each.code for each in made.diagnostics]) == ({}, ["copy-left-alone"])
            assert bench.client.v1.products.retrieve("prod_by_hand").active
            return
        check(bench, BEFORE, revision=bench.recorded.number)
        if step == 4:
            (late,) = bench.client.v1.prices.list({"active": False, "product": "acme-pro"}).data[:1]
            assert late.to_dict()["metadata"]["stripectl_address"] == "price.pro.new"


ADOPTS = 1
"""The step that marks what `AFTER` adopts."""

BEFORE_BEGIN, BEFORE_SENDING = 11, 12
"""Moments around the beginning of the step that makes price.pro.new."""


@pytest.mark.parametrize("moment", [BEFORE_BEGIN, BEFORE_SENDING])
@pytest.mark.parametrize("way", WAYS)
def test_a_stopped_process_that_goes_on_after_its_run_was_taken_over_ends_at_once(
    moment: int, way: str, place: Place, start: Start
) -> None:
    process = started(place.folder, Task("apply", moment, signal.SIGSTOP))
    try:
        sleeps(process.pid)
        other(place, way)()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGCONT)
        process.join(SECONDS)
    finally:
        process.kill()
    assert process.exitcode == 1
    if (moment, way) == (BEFORE_SENDING, "unwind"):
        with place.opened() as bench:
            assert actions(bench.plan(BEFORE))["price.pro.new"] == "archive"
            bench.apply(BEFORE)
            check(bench, BEFORE, revision=3)
    else:
        ends_well(way, place, start)


def sleeps(pid: int | None) -> None:
    """Wait until the process has stopped itself."""
    process = psutil.Process(pid)
    for _ in range(6000):
        if process.status() == psutil.STATUS_STOPPED:
            return
        time.sleep(0.01)
    raise AssertionError("the process stops itself")
