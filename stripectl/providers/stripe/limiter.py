"""The limiter: as many requests a second as the account takes, fewer after a 429, step by step more later.

Stripe counts each operation, such as `POST /v1/prices` or `GET /v1/prices/{id}`, by itself, and all of them
together. How it counts is not published; a bucket that fills evenly is what it has described.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

BURST_SECONDS = 0.8
"""Turns that were not used are kept for so long; Stripe's own bucket is said to hold more (unverified)."""

SLOWEST = 1.0
"""Requests a second below which halving ends."""

ROUNDING = 1e-9
"""Of a token or a second: binary fractions of either do not add up to one."""

STEPS_BACK = 5
"""Seconds, and steps, from a halved rate to what it was."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Most requests in a second; None where only a 429 tells that it is too many."""

    overall: float | None = None
    per_endpoint: float | None = None


class Limiter:
    """Lets requests leave one by one. Safe for threads."""

    def __init__(
        self,
        rates: Rates,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` gives seconds; `sleep` may raise to end the waiting."""
        self._clock = clock
        self._sleep = sleep
        self._turns = Lock()
        self._overall = _Bucket(rates.overall, clock())
        self._endpoints = defaultdict[str, _Bucket](lambda: _Bucket(rates.per_endpoint, clock()))

    def wait(self, endpoint: str) -> float:
        """Return, when the next request to the endpoint may leave, the moment that it leaves at."""
        while True:
            with self._turns:
                now = self._clock()
                buckets = (self._overall, self._endpoints[endpoint])
                delay = max(each.delay(now) for each in buckets)
                if delay <= 0:
                    for each in buckets:
                        each.take(now)
                    return now
            self._sleep(delay)

    def slow_down(self, endpoint: str, left: float, *, overall: bool, retry_after: float | None) -> None:
        """A request that left at `left` was too many for the endpoint, or for all of them together."""
        with self._turns:
            bucket = self._overall if overall else self._endpoints[endpoint]
            bucket.cut(self._clock(), left, retry_after or 0.0)

    def speed_up(self, endpoint: str) -> None:
        """A request was answered: a rate that was cut may grow by a step, once a second."""
        with self._turns:
            for each in (self._overall, self._endpoints[endpoint]):
                each.grow(self._clock())


@dataclass(slots=True)
class _Bucket:
    """Holds a token for each request that may leave, and fills at the rate."""

    most: float | None
    filled_at: float
    rate: float | None = field(init=False)
    """None is no limit, for as long as no 429 came."""
    tokens: float = field(init=False)
    step: float = 0.0
    cut_at: float = float("-inf")
    changed_at: float = float("-inf")
    closed_until: float = float("-inf")
    recent: deque[float] = field(default_factory=deque)
    """When requests of the last second left, where no rate is known."""

    def __post_init__(self) -> None:
        self.rate = self.most
        self.tokens = max(1.0, (self.most or 0.0) * BURST_SECONDS)

    def delay(self, now: float) -> float:
        """Seconds until a request may leave."""
        if self.rate is not None:
            room = max(1.0, self.rate * BURST_SECONDS)
            self.tokens = min(room, self.tokens + (now - self.filled_at) * self.rate)
            self.filled_at = now
        missing = 0.0 if self.rate is None or self.tokens >= 1 - ROUNDING else (1 - self.tokens) / self.rate
        return max(self.closed_until - now, missing)

    def take(self, now: float) -> None:
        if self.rate is not None:
            self.tokens -= 1
            return
        self.recent.append(now)
        while self.recent[0] < now - 1:
            self.recent.popleft()

    def cut(self, now: float, left: float, pause: float) -> None:
        """Halve the rate, once for all requests that were on their way together."""
        self.closed_until = max(self.closed_until, now + pause)
        if left <= self.cut_at:
            return
        before = self.rate or max(SLOWEST, len(self.recent))
        self.rate = max(SLOWEST, before / 2)
        self.step = (before - self.rate) / STEPS_BACK
        self.tokens = 0.0
        self.filled_at = self.cut_at = self.changed_at = now

    def grow(self, now: float) -> None:
        if self.rate is None or self.rate == self.most or now - self.changed_at < 1 - ROUNDING:
            return
        grown = self.rate + max(self.step, SLOWEST / STEPS_BACK)
        self.rate = grown if self.most is None else min(self.most, grown)
        self.changed_at = now
