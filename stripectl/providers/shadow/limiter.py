"""Which requests come too soon: rate limits for each endpoint and for all of them together.

Stripe describes token buckets and gives figures for a second, but its real algorithm is not published. Here a
bucket has room for one second's worth and is full at the start, so that a burst of that size passes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from stripectl.providers.shadow.routes import match

ENDPOINT, GLOBAL = "endpoint-rate", "global-rate"
"""Which limit a request went over, in Stripe's words."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most requests in a second, 1 or more; None sets no limit."""

    per_endpoint: int | None = None
    """For each method and path template: `POST /v1/prices` and `GET /v1/prices/{price}` are two endpoints."""
    overall: int | None = None


UNLIMITED = Limits()


@dataclass(slots=True)
class _Bucket:
    size: int
    """Tokens that it holds at most, and gets back in a second."""
    filled_at: float
    tokens: float

    def fill(self, now: float) -> None:
        self.tokens = min(self.size, self.tokens + (now - self.filled_at) * self.size)
        self.filled_at = now


class Limiter:
    """Lets requests through or not. Safe for threads."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """`clock` gives seconds and never goes back."""
        self._limits = limits
        self._clock = clock
        self._guard = Lock()
        self._buckets: dict[str, _Bucket] = {}

    def refusal(self, method: str, path: str) -> str | None:
        """Why a request has to be refused, `ENDPOINT` or `GLOBAL`; None lets it through, and counts it.

        `path` is still percent-encoded. A path that no endpoint has counts for the overall limit alone.
        """
        with self._guard:
            buckets = self._asked(method, path)
            for reason, bucket in buckets.items():
                if bucket.tokens < 1:
                    return reason
            for bucket in buckets.values():
                bucket.tokens -= 1
            return None

    def _asked(self, method: str, path: str) -> dict[str, _Bucket]:
        """The buckets that a request takes from, filled up to now."""
        asked: dict[str, _Bucket] = {}
        if (size := self._limits.per_endpoint) and (found := match(method, path)):
            route, _ = found
            asked[ENDPOINT] = self._bucket(f"{route.method} {route.path}", size)
        if size := self._limits.overall:
            asked[GLOBAL] = self._bucket("", size)
        return asked

    def _bucket(self, name: str, size: int) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(size, now, size))
        bucket.fill(now)
        return bucket
