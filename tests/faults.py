"""Faults of a transport: what can happen to a request on its way to Stripe and back.

A `Fault` is what happens to one try; a `Script` says which try it happens to; `Faulty` is the transport that
reads the script. It wraps any other transport, and several threads may use it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

import stripe

from stripectl.engine.ports import RequestLog, Sent

Answered: TypeAlias = tuple[str, int, Mapping[str, str]]
CarryOut: TypeAlias = Callable[[], Answered]
Fault: TypeAlias = Callable[[CarryOut], Answered]
"""Gets a function that carries the request out; answers in its place."""


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


# What happens


def refused(status: int = 402, code: str = "card_declined", **headers: str) -> Fault:
    """An error as Stripe shapes it, for a request that was not carried out."""
    sort = "api_error" if status >= 500 else "invalid_request_error"
    body = json.dumps({"error": {"type": sort, "code": code, "message": f"Refused with {status}."}})
    return lambda _: (body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def page(status: int) -> Fault:
    """What stands between us and Stripe answers by itself, with a page for people."""
    return lambda _: ("<html><body>Bad gateway</body></html>", status, {"Content-Type": "text/html"})


def broken(carry_out: CarryOut) -> Answered:
    """Stripe did it and broke before it could say so."""
    carry_out()
    return refused(500, "internal")(carry_out)


def unsent(carry_out: CarryOut) -> Answered:
    """The request never arrived."""
    raise stripe.APIConnectionError("Connection refused")  # type: ignore[no-untyped-call]


def reset(carry_out: CarryOut) -> Answered:
    """The connection was made and lost before the request was on it."""
    raise stripe.APIConnectionError("Connection reset by peer")  # type: ignore[no-untyped-call]


def unanswered(carry_out: CarryOut) -> Answered:
    """The request was carried out, and the answer was lost."""
    carry_out()
    raise stripe.APIConnectionError("Connection reset by peer")  # type: ignore[no-untyped-call]


def timed_out(carry_out: CarryOut) -> Answered:
    """The request was carried out, and the answer took longer than anybody waits."""
    carry_out()
    raise stripe.APIConnectionError("Request timed out")  # type: ignore[no-untyped-call]


def crash(carry_out: CarryOut) -> Answered:
    """The request was carried out, and the process died before the answer came."""
    carry_out()
    raise Crash


def slow(advance: Callable[[float], None], seconds: float) -> Fault:
    """The answer comes, late by the clock that is moved."""

    def late(carry_out: CarryOut) -> Answered:
        advance(seconds)
        return carry_out()

    return late


def garbled(change: Callable[[str], str]) -> Fault:
    """The request was carried out, and its answer arrives changed."""

    def spoil(carry_out: CarryOut) -> Answered:
        body, status, headers = carry_out()
        return change(body), status, headers

    return spoil


no_json = garbled(lambda _: "OK")
truncated = garbled(lambda body: body[: len(body) // 2])


@garbled
def nameless(body: str) -> str:
    """JSON without what every answer has: an object's id, a list's data."""
    return json.dumps({name: value for name, value in json.loads(body).items() if name not in ("id", "data")})


# Which try it happens to


@dataclass(frozen=True)
class Attempt:
    """One request that is tried."""

    method: str
    path: str
    """With its query."""
    key: str
    """Idempotency key; empty for a request that has none."""
    number: int
    """Of the writes, from 1; a read has the number of the write before it."""
    run: str | None
    step: int | None
    """None for what a run asks besides its steps."""
    tries: int
    """How often this step of this run was sent, with this one."""
    body: str
    """As it is encoded; empty for a read."""

    @property
    def is_read(self) -> bool:
        return self.method == "get"


Script: TypeAlias = Callable[[Attempt], Fault | None]


def numbered(faults: Mapping[int, Fault]) -> Script:
    """Strikes writes by their number."""
    return lambda attempt: None if attempt.is_read else faults.get(attempt.number)


def struck(
    where: Callable[[Attempt], bool], fault: Fault, *, times: int | None = None, spreads: bool = False
) -> Script:
    """Strikes the tries of which `where` is true: the first `times` of them, or all.

    One that `spreads` strikes every try after the first as well, whatever it asks.
    """
    met = 0

    def script(attempt: Attempt) -> Fault | None:
        nonlocal met
        if not (where(attempt) or (spreads and met)) or met == times:
            return None
        met += 1
        return fault

    return script


def replayed(where: Callable[[Attempt], bool], first: Fault) -> Script:
    """Strikes once, and then answers every try under that idempotency key as it answered the first."""
    stored: dict[str, Answered] = {}
    met = False

    def script(attempt: Attempt) -> Fault | None:
        nonlocal met
        if attempt.key and attempt.key in stored:
            return lambda _: stored[attempt.key]
        if met or not where(attempt):
            return None
        met = True

        def store(carry_out: CarryOut) -> Answered:
            answered = stored[attempt.key] = first(carry_out)
            return answered

        return store

    return script


def either(*scripts: Script) -> Script:
    """What the first script says that has something to say."""
    return lambda attempt: next((fault for script in scripts if (fault := script(attempt))), None)


def at_random(chance: random.Random, every: int, faults: Sequence[Fault]) -> Script:
    """Strikes two of each `2 * every` tries, whichever, each with one of the faults.

    The first of them go through: a storm over a connection that never worked is soon over.
    """

    def strikes() -> Iterator[bool]:
        yield from [False] * (2 * every)
        while True:
            tries = [True] * 2 + [False] * (2 * every - 2)
            chance.shuffle(tries)
            yield from tries

    coming = strikes()
    return lambda _: chance.choice(faults) if next(coming) else None


# The transport

_STEP = ContextVar[tuple[str, int | None] | None]("step", default=None)


@dataclass(frozen=True)
class Telling:
    """A request log that lets a script know which step a request is for."""

    inner: RequestLog

    @contextmanager
    def about(self, run: str, step: int | None = None) -> Iterator[None]:
        before = _STEP.set((run, step))
        try:
            with self.inner.about(run, step):
                yield
        finally:
            _STEP.reset(before)

    def record(self, sent: Sent) -> None:
        self.inner.record(sent)


class Faulty(stripe.HTTPClient):
    """Lets each request meet the fault that the script has for it; every other one goes through."""

    name = "faulty"

    def __init__(self, inner: stripe.HTTPClient, script: Script) -> None:
        super().__init__()
        self._inner, self._script = inner, script
        self._turns = Lock()
        self._tries: dict[tuple[str, int | None], int] = {}
        self.attempts: list[Attempt] = []
        """Writes, in order."""
        self.struck = 0
        """Tries that met a fault."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> Answered:
        def carry_out() -> Answered:
            answered: Answered = self._inner.request(method, url, headers, post_data)
            return answered

        with self._turns:
            attempt = self._noted(method, url, headers or {}, str(post_data or ""))
            fault = self._script(attempt)
            self.struck += fault is not None
        return fault(carry_out) if fault else carry_out()

    def _noted(self, method: str, url: str, headers: Mapping[str, str], body: str) -> Attempt:
        run, step = _STEP.get() or (None, None)
        writes = method != "get"
        tries = self._tries.get((run or "", step), 0) + writes
        self._tries[run or "", step] = tries
        path, key = url.removeprefix("https://api.stripe.com"), headers.get("Idempotency-Key", "")
        attempt = Attempt(method, path, key, len(self.attempts) + writes, run, step, tries, body)
        if writes:
            self.attempts.append(attempt)
        return attempt

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]
