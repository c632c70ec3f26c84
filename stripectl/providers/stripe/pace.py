"""A pace: at most so many requests in a second, spread evenly."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Pace:
    """Waits before each request until its turn has come. Safe for threads."""

    def __init__(
        self,
        per_second: int | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`per_second` is 1 or more; None never waits."""
        self._gap = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._sleep = sleep
        self._turns = Lock()
        self._next = clock()

    def wait(self) -> None:
        """Return when the next request may be sent."""
        with self._turns:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)
