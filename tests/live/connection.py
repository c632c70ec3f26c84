"""The way to an account: raw answers through Stripe's own SDK, paced, counted, repeated where it is safe."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock
from urllib.parse import urlsplit
from uuid import uuid4

import stripe

from stripectl.providers.stripe.gateway import API_VERSION, operation
from stripectl.providers.stripe.limiter import Limiter, Rates
from stripectl.providers.stripe.network import network
from tests.live.answers import Answer, Json, Object, plain

SANDBOX = Rates(overall=20.0, per_endpoint=20.0)
"""Under the 25 a second that a sandbox takes, as somebody else may use it at the same time."""

TEST_KEYS = ("sk_test_", "rk_test_")
"""How the keys begin that this suite works with."""

TRIES = 6
PASSING = (409, 429)
"""Answers after which the same request may be sent again."""

Params = Mapping[str, object]


class Stopped(Exception):
    """The run was interrupted: nothing more is asked."""


class Unreachable(Exception):
    """No answer came, several times."""


class LiveMode(Exception):
    """An account answers in live mode, whatever its key looks like."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    own: str
    """How names begin that are of the probe that asked."""
    method: str
    path: str
    params: Mapping[str, object]
    answer: Answer


def is_test_key(key: str) -> bool:
    """Anything that is not clearly a test key is none."""
    return key.startswith(TEST_KEYS) and key.isascii() and key.isprintable() and " " not in key


def is_local(base_url: str) -> bool:
    return urlsplit(base_url).hostname in ("127.0.0.1", "localhost")


class Connection:
    """One account. Safe for threads."""

    def __init__(
        self,
        key: str,
        *,
        transport: stripe.HTTPClient | None = None,
        base_url: str | None = None,
        rates: Rates = SANDBOX,
        wait: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`wait` lets seconds pass for a probe, `sleep` between two tries; `rates` pace the requests.

        Raises ValueError for anything but a test key.
        """
        if not is_test_key(key):
            raise ValueError("not a test key")
        stripe.enable_telemetry = False
        self.restricted = key.startswith("rk_")
        self.requests = 0
        self.stopping = Event()
        self._transport = transport or network(local=base_url is not None and is_local(base_url))
        self._count = Lock()
        self._sleep = sleep
        self._limiter = Limiter(rates, clock=clock, sleep=sleep)
        self._wait = wait or self._let_pass
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            http_client=self._transport,
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            max_network_retries=0,
        )

    def close(self) -> None:
        self._transport.close()  # type: ignore[no-untyped-call]

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises `Stopped`."""
        self._wait(seconds)

    def ask(
        self, method: str, path: str, params: Params, key: str | None = None, *, anyway: bool = False
    ) -> Answer:
        """One answer, whatever it says. A POST without a `key` gets one, so that it can be repeated.

        `anyway` also asks after the run was stopped, to put things away. Raises `Stopped`, `Unreachable` and
        `LiveMode`.
        """
        key = key or (uuid4().hex if method == "POST" else None)
        endpoint = operation(method.lower(), path)
        for attempt in range(TRIES):
            if self.stopping.is_set() and not anyway:
                raise Stopped
            left = self._limiter.wait(endpoint)
            answer = self._try(method, path, params, key)
            if answer is not None and not self._passes(answer, endpoint, left):
                return _of_a_sandbox(answer)
            self._sleep(0.5 * 2**attempt * random.uniform(0.5, 1))
        raise Unreachable(f"{method} {path} got no answer that could be used, {TRIES} times")

    def _passes(self, answer: Answer, endpoint: str, left: float) -> bool:
        if answer.status == 429:
            why = answer.headers.get("stripe-rate-limited-reason", "")
            self._limiter.slow_down(endpoint, left, overall=why.startswith("global"), retry_after=None)
        return answer.status in PASSING

    def _try(self, method: str, path: str, params: Params, key: str | None) -> Answer | None:
        """None where no answer came."""
        with self._count:
            self.requests += 1
        options = {"idempotency_key": key} if key else {}
        try:
            response = self._client.raw_request(method.lower(), path, **params, **options)
        except stripe.StripeError as problem:
            return _refusal(problem)
        except ValueError:
            # The SDK decodes and parses an answer without a guard.
            return None
        return Answer(response.code, _parsed(response.body), _lower(response.headers))

    def _let_pass(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped


def _refusal(problem: stripe.StripeError) -> Answer | None:
    if problem.http_status is None:
        return None
    return Answer(problem.http_status, _parsed(problem.http_body or "{}"), _lower(problem.headers or {}))


def _parsed(body: object) -> Object:
    text = body.decode() if isinstance(body, bytes) else str(body)
    try:
        parsed: Json = plain(json.loads(text))
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _lower(headers: object) -> Mapping[str, str]:
    items = headers.items() if isinstance(headers, Mapping) else ()
    return {str(name).lower(): str(value) for name, value in items}


def _of_a_sandbox(answer: Answer) -> Answer:
    if any(body.get("livemode") is True for body in (answer.body, *answer.rows)):
        raise LiveMode("the account answers in live mode")
    return answer
