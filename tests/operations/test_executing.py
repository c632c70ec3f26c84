"""Steps side by side: nothing before what it needs, nothing after a failure, no more than workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, BrokenBarrierError, Lock

import pytest

from stripectl.diagnostics import Locked, error
from stripectl.engine.kinds import Phase
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.engine.steps import Outcome, Step, Verb
from stripectl.operations.executing import execute
from tests.waiting import SECONDS


def step(
    number: int, *after: int, phase: Phase = Phase.EXPAND, kind: str = "price", verb: Verb = Verb.CREATE
) -> Step:
    return Step(number, phase, verb, kind, f"{kind}.{number}", after=frozenset(after))


def never() -> bool:
    return False


class Work:
    """Carries steps out and remembers when each began and ended."""

    def __init__(self, act: Callable[[Step], None] = lambda _: None) -> None:
        self.events: list[tuple[str, int]] = []
        self.told: list[int] = []
        self.most = 0
        self._act, self._turns, self._now = act, Lock(), 0

    def __call__(self, step: Step) -> Outcome:
        with self._turns:
            self._now += 1
            self.most = max(self.most, self._now)
            self.events.append(("began", step.number))
        try:
            self._act(step)
        finally:
            with self._turns:
                self._now -= 1
                self.events.append(("ended", step.number))
        return Outcome(f"id-{step.number}", None)

    def run(self, steps: Sequence[Step], *, workers: int = 4, stopping: Callable[[], bool] = never) -> bool:
        def ended(step: Step, outcome: Outcome) -> None:
            assert outcome.object_id == f"id-{step.number}"
            self.told.append(step.number)

        return execute(steps, self, ended, workers=workers, stopping=stopping)

    @property
    def begun(self) -> list[int]:
        return [number for event, number in self.events if event == "began"]

    def at(self, event: str, number: int) -> int:
        return self.events.index((event, number))


def failed(failure: Failure) -> RequestFailed:
    return RequestFailed(failure, error("stripe-refused", "No", "No."))


def test_with_one_worker_steps_go_in_the_order_of_their_numbers() -> None:
    steps = [step(1), step(2, kind="meter"), step(3, 1), step(4, kind="product"), step(5, phase=Phase.SWITCH)]
    work = Work()
    assert work.run(steps, workers=1)
    assert (work.begun, work.told) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_steps_that_do_not_need_each_other_are_in_hand_together() -> None:
    together = Barrier(3)

    def meet(_: Step) -> None:
        together.wait(SECONDS)

    work = Work(meet)
    assert work.run([step(1), step(2), step(3)], workers=3)
    assert work.most == 3


def test_a_step_begins_only_after_those_that_it_needs() -> None:
    work = Work()
    assert work.run([step(1), step(2, 1), step(3, 1), step(4, 2, 3)])
    for later, earlier in ((2, 1), (3, 1), (4, 2), (4, 3)):
        assert work.at("began", later) > work.at("ended", earlier)


def test_a_phase_begins_only_after_the_one_before_it() -> None:
    steps = [
        *(step(number) for number in range(1, 9)),
        step(9, phase=Phase.SWITCH),
        step(10, phase=Phase.CONTRACT),
    ]
    work = Work()
    assert work.run(steps)
    assert work.begun[-2:] == [9, 10]
    assert work.at("began", 9) > max(work.at("ended", number) for number in range(1, 9))
    assert work.at("began", 10) > work.at("ended", 9)


def test_never_more_steps_are_in_hand_than_there_are_workers() -> None:
    work = Work()
    assert work.run([step(number) for number in range(1, 51)], workers=4)
    assert work.most <= 4
    assert sorted(work.told) == list(range(1, 51))


def test_sorts_of_steps_share_the_workers_so_that_the_limit_of_one_does_not_hold_up_another() -> None:
    meeting = Barrier(2)

    def meet(each: Step) -> None:
        if each.number in (1, 9):
            meeting.wait(SECONDS)

    work = Work(meet)
    assert work.run([*(step(number) for number in range(1, 9)), step(9, kind="meter")], workers=2)


def test_after_a_failure_no_step_is_begun() -> None:
    def act(each: Step) -> None:
        if each.number == 2:
            raise failed(Failure.REFUSED)

    work = Work(act)
    with pytest.raises(RequestFailed):
        work.run([step(1), step(2), step(3), step(4, phase=Phase.SWITCH)], workers=1)
    assert (work.begun, work.told) == ([1, 2], [1])


def test_after_a_failure_the_steps_in_hand_come_to_their_end_and_no_phase_follows() -> None:
    both = Barrier(2)

    def act(each: Step) -> None:
        both.wait(SECONDS)
        if each.number == 1:
            raise failed(Failure.REFUSED)

    work = Work(act)
    with pytest.raises(RequestFailed):
        work.run([step(1), step(2), step(3, phase=Phase.SWITCH)], workers=2)
    assert (sorted(work.begun), work.told) == ([1, 2], [2])


@pytest.mark.parametrize("gravest", [Locked(error("lock-lost", "Lost", "Lost.")), failed(Failure.CONNECTION)])
def test_of_several_failures_the_gravest_is_told(gravest: Exception) -> None:
    both = Barrier(2)

    def act(each: Step) -> None:
        both.wait(SECONDS)
        raise failed(Failure.REFUSED) if each.number == 1 else gravest

    with pytest.raises(type(gravest)) as raised:
        Work(act).run([step(1), step(2)], workers=2)
    assert raised.value is gravest


def test_a_wish_to_stop_lets_the_steps_in_hand_end_and_begins_no_other() -> None:
    wishes = iter([False])
    work = Work()
    assert not work.run([step(1), step(2), step(3), step(4)], workers=2, stopping=lambda: next(wishes, True))
    assert (sorted(work.begun), sorted(work.told)) == ([1, 2], [1, 2])


def test_an_interruption_is_not_kept_waiting_by_a_step_that_hangs() -> None:
    hanging = Barrier(2)

    def act(each: Step) -> None:
        if each.number == 1:
            raise KeyboardInterrupt
        try:
            hanging.wait(SECONDS)
        except BrokenBarrierError:
            return

    with pytest.raises(KeyboardInterrupt):
        Work(act).run([step(1), step(2)], workers=2)
    hanging.abort()
