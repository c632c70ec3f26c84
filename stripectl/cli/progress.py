"""Watching a run: a bar on a terminal that is gone when it is done, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Lock, Thread

from stripectl.cli.terminal import Terminal
from stripectl.engine.course import Course
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.progress import beginning_line, glance_line, request_line, spent_line, step_line

EVERY = 10.0
"""Seconds between two signs of life in a log."""


class Watch:
    """Told of the steps and requests of a run, from several threads; whoever shows it asks for its course."""

    def __init__(self, screen: Terminal, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._screen, self._clock = screen, clock
        self._begun_at = clock()
        self._turns = Lock()
        # Read without the lock, as a whole: a signal handler that prints may interrupt whoever holds it.
        self.course = Course()

    @property
    def moment(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._begun_at

    def began(self, total: int) -> None:
        with self._turns:
            self.course = self.course.began(total)

    def started(self, step: Step) -> None:
        with self._turns:
            self.course = self.course.started(step)
        if self._screen.verbose:
            self._screen.tell(f"  {step_line(step, self.course.rounds[-1].total, KINDS)}")

    def ended(self, step: Step) -> None:
        with self._turns:
            self.course = self.course.ended(step)

    def sent(self, sent: Sent) -> None:
        with self._turns:
            self.course = self.course.sent(sent, self.moment)
        tell_request(self._screen, sent)


class Lines(Watch):
    """A run that is watched in a log."""

    def __init__(self, screen: Terminal, deed: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`deed` says what is done: `Applying main in shadow`."""
        super().__init__(screen, clock=clock)
        self._deed = deed

    def began(self, total: int) -> None:
        super().began(total)
        self._screen.tell(beginning_line(self.course, self._deed))

    def look(self) -> None:
        """Say how far it is."""
        self._screen.tell(glance_line(self.course, self.moment, KINDS))


def tell_request(screen: Terminal, sent: Sent) -> None:
    """A line a request, for who asked for it with `-v -v`."""
    if screen.verbose > 1:
        screen.tell(f"  {request_line(sent)}")


@contextmanager
def watching(screen: Terminal, deed: str) -> Iterator[Watch]:
    """Show a run while the block lasts, and say at its end, however it ends, what it took."""
    watch, shown = _shown(screen, deed)
    try:
        with shown:
            yield watch
    finally:
        if watch.course.rounds:
            screen.tell(spent_line(watch.course, watch.moment))


def _shown(screen: Terminal, deed: str) -> tuple[Watch, AbstractContextManager[object]]:
    if screen.animates:
        from stripectl.cli.bar import bar

        watch = Watch(screen)
        return watch, bar(lambda: (watch.course, watch.moment), colour=screen.colour(sys.stderr))
    lines = Lines(screen, deed)
    return lines, nullcontext() if screen.quiet else signs_of_life(lines.look)


@contextmanager
def patient(screen: Terminal, deed: str) -> Iterator[None]:
    """Say every ten seconds that something is still going on: `Reading the account`."""
    begun_at = time.monotonic()

    def look() -> None:
        seconds = time.monotonic() - begun_at
        screen.tell(f"{deed}: {seconds:.0f} s so far; -v -v shows each request")

    with nullcontext() if screen.quiet else signs_of_life(look):
        yield


@contextmanager
def signs_of_life(look: Callable[[], None], every: float = EVERY) -> Iterator[None]:
    """Call `look` every so many seconds, also while a request hangs."""
    over = Event()

    def run() -> None:
        while not over.wait(every):
            look()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
