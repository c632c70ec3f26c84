"""The only user of the Stripe SDK: requests out, parsed JSON in, errors as ours.

Importing this module imports the SDK, which takes a quarter of a second: import it where Stripe is talked to.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any, Literal, TypeAlias, cast

import requests
import stripe
from requests.adapters import HTTPAdapter

from stripectl.diagnostics import Diagnostic, InvalidInput, ProviderError, error
from stripectl.engine.ports import Failure, RequestFailed, Sent
from stripectl.providers.stripe.failures import Excess, Reason, failed, garbled, reason, request_id
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.limiter import Limiter, Rates
from stripectl.providers.stripe.retries import HEEDED, LONGEST_PAUSE, TRIES, UNMET
from stripectl.providers.stripe.wire import Answer

API_VERSION = "2026-10-28.endive"
"""The version that the kinds table is written for; sent along, whatever the account's default is."""

PAGE = 100
"""Objects on one page of a list: as many as Stripe gives."""

SECONDS = (10.0, 60.0)
"""How long to wait for a connection, and then for an answer."""

CONNECTIONS = 32
"""Kept open for the next request: more than there are threads that send."""

Shape: TypeAlias = Literal["id", "data", "object"]
"""What an answer must have: an object has an id, a list has data, and what there is once says what it is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; its request id is what Stripe's logs know the request by."""

    answer: Answer
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def request_id(self) -> str | None:
        return self.headers.get("request-id")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    query: Mapping[str, object]
    """What it was asked with, expansions aside: asking so again gives the same page."""
    objects: list[Answer]


class ReadOnlyTransport(stripe.HTTPClient):
    """Lets nothing but GET through, so that whoever holds it cannot change the account."""

    name = "read only"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[object, int, Mapping[str, str]]:
        """Pass a GET on; raises ProviderError for anything else, before it leaves the machine."""
        if method.lower() != "get":
            detail = f"{method.upper()} was asked for, but this command only reads."
            raise ProviderError(error("read-only", "A reading command tried to write", detail))
        return cast(
            "tuple[object, int, Mapping[str, str]]", self._inner.request(method, url, headers, post_data)
        )

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


class _Session(requests.Session):
    """Follows no redirect: a key and a body go to no address but the one that was configured."""

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        return super().request(*arguments, **{**options, "allow_redirects": False})


def network(*, local: bool = False) -> stripe.HTTPClient:
    """The way to Stripe's servers; connections are shared by all threads.

    `local` is a server on this machine, to which no proxy leads, whatever variables say.
    """
    session = _Session()
    session.trust_env = not local
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    # Else requests puts what a `default` line of ~/.netrc says in the place of the key.
    session.auth = _as_it_is
    return stripe.RequestsClient(timeout=SECONDS, session=session)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class Gateway:
    """A connection to one account. Methods raise `RequestFailed`; they may be called from several threads."""

    def __init__(
        self,
        key: str,
        *,
        transport: stripe.HTTPClient | None = None,
        base_url: str | None = None,
        read_only: bool = False,
        rates: Rates = Rates(),  # noqa: B008  frozen
        on_sent: Callable[[Sent], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`transport` answers instead of the network; `base_url` replaces https://api.stripe.com.

        `on_sent` is told of each try; `sleep` may raise to end the waiting between two.
        """
        if not key.isascii() or not key.isprintable() or not key.strip():
            raise InvalidInput(_unusable_key())
        # Telemetry would write a file into the home folder.
        stripe.enable_telemetry = False
        inner = transport or network()
        self.key = key.strip()
        self.account: str | None = None
        """The connected account that requests are about; None is the key's own."""
        self.context: str | None = None
        """The account that requests are about, for a key of an organization, which opens many."""
        self._on_sent, self._clock, self._sleep, self._chance = on_sent, clock, sleep, chance
        self._answered = False
        self._limiter = Limiter(rates, clock=clock, sleep=sleep)
        self._client = stripe.StripeClient(
            self.key,
            stripe_version=API_VERSION,
            http_client=ReadOnlyTransport(inner) if read_only else inner,
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            # Retries are ours: the SDK neither waits as asked nor retries a 429.
            max_network_retries=0,
        )

    def get(
        self, path: str, query: Mapping[str, object] | None = None, shape: Literal["id", "object"] = "id"
    ) -> Reply:
        """One object."""
        return self._ask("get", path, query or {}, shape)

    def find(self, path: str, query: Mapping[str, object] | None = None) -> Answer | None:
        """The object at `path`; None where there is none, or no longer."""
        found = self._unless_missing("get", path, query or {})
        return None if found is None or found.answer.get("deleted") else found.answer

    def post(self, path: str, params: Mapping[str, object], key: str) -> Reply:
        """`key` is the idempotency key: Stripe answers a repetition as it answered the first time."""
        return self._ask("post", path, {**params, "idempotency_key": key})

    def delete(self, path: str) -> Reply | None:
        """None where the object was gone before: Stripe knows no idempotency keys for a DELETE."""
        return self._unless_missing("delete", path, {})

    def page(self, path: str, query: Mapping[str, object]) -> Answer:
        """One page of a list."""
        return self._ask("get", path, query, "data").answer

    def list_all(
        self, path: str, query: Mapping[str, object] | None = None, expand: tuple[str, ...] = ()
    ) -> Iterator[Answer]:
        """Every object of a list, page after page, newest first; `expand` names fields of the objects."""
        for page in self.pages(path, query or {}, lambda: expand):
            yield from page.objects

    def pages(
        self, path: str, query: Mapping[str, object], expand: Callable[[], tuple[str, ...]]
    ) -> Iterator[Page]:
        """Every page of a list; `expand`, asked before each, names fields of the objects."""
        asked: dict[str, object] = {**query, "limit": PAGE}
        while True:
            page = self.page(path, {**asked, **expanding(expand(), listed=True)})
            objects = cast("list[Answer]", page["data"])
            yield Page(dict(asked), objects)
            if not page.get("has_more") or not objects:
                return
            asked["starting_after"] = objects[-1]["id"]

    def _unless_missing(self, method: str, path: str, params: Mapping[str, object]) -> Reply | None:
        try:
            return self._ask(method, path, params)
        except RequestFailed as problem:
            if problem.status == 404:
                return None
            raise

    def _ask(self, method: str, path: str, params: Mapping[str, object], shape: Shape = "id") -> Reply:
        """Ask until there is an answer, or it is no use to ask again."""
        endpoint = operation(method, path)
        for attempt in count(1):
            left = self._limiter.wait(endpoint)
            try:
                reply = self._try(method, path, params, shape, attempt)
            except stripe.StripeError as problem:
                # The SDK's own error holds headers and the body; ours holds what a person may see.
                failure, why = failed(problem, method, path), reason(problem)
                self._end_where_told(failure, why)
                slower = self._slow_down(failure, why, endpoint, left)
                self._wait_or_raise(failure, attempt, why.retry_after or 0.0, limited=slower)
            except RequestFailed as failure:
                self._wait_or_raise(failure, attempt)
            else:
                self._limiter.speed_up(endpoint)
                return reply
        raise AssertionError("counting never ends")

    def _end_where_told(self, failure: RequestFailed, why: Reason) -> None:
        """Raise the failure where the answer says that the same request would be answered the same."""
        if not why.refuses_again or failure.failure not in HEEDED:
            return
        if failure.failure is Failure.SERVER:
            # What is sent next, under another key, shall meet a server that had time to mend.
            self._sleep(TRIES[Failure.SERVER].patience(self._chance()))
        raise failure from None

    def _slow_down(self, failure: RequestFailed, why: Reason, endpoint: str, left: float) -> bool:
        """Have the limiter hold requests back after a 429 that came for their number; whether it does."""
        if failure.failure is not Failure.LIMITED or why.excess is Excess.AT_ONCE:
            return False
        overall = why.excess is Excess.OVERALL
        self._limiter.slow_down(endpoint, left, overall=overall, retry_after=why.retry_after)
        return True

    def _wait_or_raise(
        self, failure: RequestFailed, attempt: int, asked: float = 0.0, *, limited: bool = False
    ) -> None:
        # Where nothing was ever answered, the address is more likely wrong than the network down.
        tries = TRIES.get(failure.failure) if self._answered or failure.status else UNMET
        if tries is None or attempt >= tries.most or asked > LONGEST_PAUSE:
            raise failure from None
        # Where the answer says how long to wait, and all requests have to, the limiter does so.
        if not (asked and limited):
            self._sleep(asked or tries.pause(attempt, self._chance()))

    def _try(self, method: str, path: str, params: Mapping[str, object], shape: Shape, attempt: int) -> Reply:
        sent = Sent(method.upper(), path, None, None, 0.0, attempt)
        start = self._clock()
        about = {"stripe_account": self.account, "stripe_context": self.context}
        options = {name: account for name, account in about.items() if account}
        try:
            response = self._client.raw_request(method, path, **params, **options)
        except stripe.StripeError as problem:
            self._answered |= problem.http_status is not None
            told = replace(sent, status=problem.http_status, request_id=request_id(problem))
            self._on_sent(replace(told, seconds=self._clock() - start))
            raise
        except ValueError:
            # The SDK decodes and parses an answer without a guard.
            self._answered = True
            self._on_sent(replace(sent, seconds=self._clock() - start))
            raise garbled(method, path, None) from None
        self._answered = True
        headers = {name.lower(): value for name, value in response.headers.items()}
        told = replace(sent, status=response.code, request_id=headers.get("request-id"))
        self._on_sent(replace(told, seconds=self._clock() - start))
        # The SDK parses numbers as binary floats; percentages have to stay exact.
        answer = json.loads(response.body, parse_float=Decimal)
        if not _has(answer, shape):
            raise garbled(method, path, told.request_id)
        return Reply(cast("Answer", answer), headers)


def expanding(fields: tuple[str, ...], *, listed: bool) -> Mapping[str, object]:
    """The parameter that asks for fields of an object, or of every object of a list; none for no fields."""
    names = [f"data.{name}" if listed else name for name in fields]
    return {"expand": names} if names else {}


def operation(method: str, path: str) -> str:
    """The endpoint as Stripe counts it: `get /v1/products/{id}` for whichever product."""
    parts = [part if part in _WORDS else "{id}" for part in path.split("/")[1:]]
    return f"{method} /{'/'.join(parts)}"


_WORDS = frozenset(
    {
        "v1",
        "account",
        "balance",
        "customers",
        "subscriptions",
        "payment_links",
        "line_items",
        "billing_portal",
        "configurations",
    }
    | {
        word
        for each in ENDPOINTS.values()
        for place in (each.path, each.deactivate or "", each.reactivate or "")
        for word in place.split("/")
    }
)
"""Parts of a path that are no ids."""


def _has(answer: object, shape: Shape) -> bool:
    if not isinstance(answer, dict):
        return False
    if shape != "data":
        return isinstance(answer.get(shape), str)
    listed = answer.get("data")
    return isinstance(listed, list) and all(_has(each, "id") for each in listed)


def _unusable_key() -> Diagnostic:
    return error(
        "stripe-key-unusable",
        "The Stripe key cannot be used",
        "It is empty, or has characters that no key has.",
        hint="set the variable or file that the environment names to a key of the account, without quotes",
    )
