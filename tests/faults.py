"""Faults of a transport: what can happen to a request on its way to Stripe and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import stripe

Answered: TypeAlias = tuple[str, int, Mapping[str, str]]
Fault: TypeAlias = Callable[[Callable[[], Answered]], Answered]
"""Gets a function that carries the request out; answers in its place."""


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


def refused(status: int = 402, code: str = "card_declined", **headers: str) -> Fault:
    """An error as Stripe shapes it, for a request that was not carried out."""
    sort = "api_error" if status >= 500 else "invalid_request_error"
    body = json.dumps({"error": {"type": sort, "code": code, "message": f"Refused with {status}."}})
    return lambda _: (body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def broken(carry_out: Callable[[], Answered]) -> Answered:
    """Stripe did it and broke before it could say so."""
    carry_out()
    return refused(500, "internal")(carry_out)


def unsent(carry_out: Callable[[], Answered]) -> Answered:
    """The request never arrived."""
    raise stripe.APIConnectionError("Connection refused")  # type: ignore[no-untyped-call]


def unanswered(carry_out: Callable[[], Answered]) -> Answered:
    """The request was carried out, and the answer was lost."""
    carry_out()
    raise stripe.APIConnectionError("Connection reset by peer")  # type: ignore[no-untyped-call]


def crash(carry_out: Callable[[], Answered]) -> Answered:
    """The request was carried out, and the process died before the answer came."""
    carry_out()
    raise Crash


@dataclass(frozen=True)
class Attempt:
    """One write that was tried."""

    path: str
    key: str


class Faulty(stripe.HTTPClient):
    """Lets each write meet its fault, by the number of the attempt from 1; every other one goes through."""

    name = "faulty"

    def __init__(self, inner: stripe.HTTPClient, faults: Mapping[int, Fault]) -> None:
        super().__init__()
        self._inner, self._faults = inner, faults
        self.attempts: list[Attempt] = []

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> Answered:
        def carry_out() -> Answered:
            answered: Answered = self._inner.request(method, url, headers, post_data)
            return answered

        if method == "get":
            return carry_out()
        path = url.removeprefix("https://api.stripe.com")
        self.attempts.append(Attempt(path, (headers or {}).get("Idempotency-Key", "")))
        fault = self._faults.get(len(self.attempts))
        return fault(carry_out) if fault else carry_out()

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]
