"""Carry out steps: phase after phase, and side by side those of a phase that do not need each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from heapq import heappop, heappush
from itertools import groupby
from typing import TypeAlias

from stripectl.concurrency import Submit, pool
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.engine.steps import Outcome, Step, Verb

Task: TypeAlias = Callable[[Step], Outcome]
Ended: TypeAlias = Callable[[Step, Outcome], None]


def execute(
    steps: Sequence[Step], task: Task, ended: Ended, *, workers: int, stopping: Callable[[], bool]
) -> bool:
    """Carry out the steps, given in an order in which they could run one by one; whether all were done.

    `ended` is called in this thread, in the order in which steps end. After a failure, or when somebody asks
    to stop, no step is begun any more and those in hand come to their end; then the gravest failure is
    raised.
    """
    with pool(workers) as submit:
        for _, phase in groupby(steps, key=lambda step: step.phase):
            if not _Phase(tuple(phase), task, ended, submit, workers).run(stopping):
                return False
    return True


class _Phase:
    """The steps of one phase: waiting, in hand, done."""

    def __init__(self, steps: Sequence[Step], task: Task, ended: Ended, submit: Submit, workers: int) -> None:
        self._task, self._tell, self._submit, self._workers = task, ended, submit, workers
        self._waiting = {step.number: step for step in steps}
        self._missing = {step.number: set(step.after & self._waiting.keys()) for step in steps}
        self._followers: dict[int, list[int]] = {}
        for number, missing in self._missing.items():
            for earlier in missing:
                self._followers.setdefault(earlier, []).append(number)
        self._ready: dict[_Sort, list[int]] = {}
        self._in_hand: dict[Future[Outcome], Step] = {}
        self._failures: dict[int, Exception] = {}
        for step in steps:
            if not self._missing[step.number]:
                self._make_ready(step)

    def run(self, stopping: Callable[[], bool]) -> bool:
        while any(self._ready.values()) or self._in_hand:
            stopped = bool(self._failures) or stopping()
            if not stopped:
                self._begin()
            elif not self._in_hand:
                break
            for future in wait(self._in_hand, return_when=FIRST_COMPLETED).done:
                self._end(future)
        if self._failures:
            raise self._failures[min(self._failures, key=self._gravity)]
        return not self._waiting

    def _gravity(self, number: int) -> tuple[bool, bool, int]:
        """What forbids to put anything back comes first, then what may have been done, then a plain no."""
        failure = self._failures[number]
        failed = failure if isinstance(failure, RequestFailed) else None
        return failed is not None, failed is not None and failed.failure is Failure.REFUSED, number

    def _begin(self) -> None:
        """Hand out no more steps than there are workers: one that is handed out cannot be called back."""
        while any(self._ready.values()) and len(self._in_hand) < self._workers:
            step = self._next()
            self._in_hand[self._submit(partial(self._task, step))] = step

    def _next(self) -> Step:
        """Of the sort that has fewest in hand: each has a limit of its own, and none waits for another's."""
        in_hand = Counter(map(_sort, self._in_hand.values()))
        sorts = (sort for sort, numbers in self._ready.items() if numbers)
        fewest = min(sorts, key=lambda sort: (in_hand[sort], self._ready[sort][0]))
        return self._waiting[heappop(self._ready[fewest])]

    def _make_ready(self, step: Step) -> None:
        heappush(self._ready.setdefault(_sort(step), []), step.number)

    def _end(self, future: Future[Outcome]) -> None:
        step = self._in_hand.pop(future)
        failure = future.exception()
        if isinstance(failure, Exception):
            self._failures[step.number] = failure
            return
        if failure:
            raise failure
        del self._waiting[step.number]
        self._tell(step, future.result())
        for number in self._followers.get(step.number, ()):
            self._missing[number].discard(step.number)
            if not self._missing[number]:
                self._make_ready(self._waiting[number])


_Sort: TypeAlias = tuple[str, Verb]


def _sort(step: Step) -> _Sort:
    return step.kind, step.verb
