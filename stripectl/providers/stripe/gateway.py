"""The only user of the Stripe SDK: requests out, parsed JSON in, errors as ours.

Importing this module imports the SDK, which takes a quarter of a second: import it where Stripe is talked to.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal, TypeAlias, cast
from urllib.parse import urlsplit

import stripe
from stripe import StripeClient

from stripectl.diagnostics import Diagnostic, InvalidInput, ProviderError, error
from stripectl.engine.ports import Failure, RequestFailed, Sent
from stripectl.providers.stripe.answers import (
    LONGEST_MESSAGE,
    NotUnderstood,
    Origin,
    Told,
    Unreadable,
    error_body,
    origin_of,
    parse,
    printable,
)
from stripectl.providers.stripe.failures import Excess, Reason, failed, garbled, reason, request_id
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.limiter import Limiter, Rates
from stripectl.providers.stripe.network import network
from stripectl.providers.stripe.retries import HEEDED, LONGEST_PAUSE, TRIES, UNMET
from stripectl.providers.stripe.wire import Answer

API_VERSION = "2026-10-28.endive"
"""The version that the kinds table is written for; sent along, whatever the account's default is."""

STRIPE = "https://api.stripe.com"
"""Where Stripe takes requests."""

PAGE = 100
"""Objects on one page of a list: as many as Stripe gives."""

MOST_PAGES = 10_000
"""Of one list: a million objects."""

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


class _Parsed(str):
    """What the SDK gets for a body, with the value that the body holds."""

    value: object


class _Boundary(stripe.HTTPClient):
    """Parses each answer before the SDK does, which has no guard against what it might hold."""

    name = "boundary"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        """Raises Unreadable and NotUnderstood where an answer is no answer."""
        answered = self._inner.request(method, url, headers, post_data)
        body, status, told = cast("tuple[str | bytes, int, Mapping[str, str]]", answered)
        told = {name: printable(str(value))[:LONGEST_MESSAGE] for name, value in told.items()}
        if not 200 <= status < 300:
            return error_body(body), status, told
        named = {name.lower(): value for name, value in told.items()}
        origin = Origin(method, urlsplit(url).path, named.get("request-id"))
        held = _Parsed("{}")
        try:
            held.value = parse(body, origin)
        except Unreadable:
            held.value = None
        return held, status, told

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


class Gateway:
    """A connection to one account. Methods raise `RequestFailed`; they may be called from several threads."""

    def __init__(
        self,
        key: str,
        *,
        transport: stripe.HTTPClient | None = None,
        base_url: str | None = None,
        api_base: str | None = None,
        read_only: bool = False,
        rates: Rates = Rates(),  # noqa: B008  frozen
        on_sent: Callable[[Sent], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`transport` answers instead of the network; `base_url` replaces https://api.stripe.com.

        `api_base` is what a plan calls the place that requests go to, where that has no address.

        `on_sent` is told of each try; `sleep` may raise to end the waiting between two.
        """
        if not key.isascii() or not key.isprintable() or not key.strip():
            raise InvalidInput(_unusable_key())
        # Telemetry would write a file into the home folder.
        stripe.enable_telemetry = False
        inner = transport or network()
        self.key = key.strip()
        self.api_base = api_base or (base_url or STRIPE).rstrip("/")
        """Where requests go."""
        self.account: str | None = None
        """The connected account that requests are about; None is the key's own. See `about`."""
        self.context: str | None = None
        """The account that requests are about, for a key of an organization, which opens many."""
        self._on_sent, self._clock, self._sleep, self._chance = on_sent, clock, sleep, chance
        self._answered = False
        self._limiter = Limiter(rates, clock=clock, sleep=sleep)
        self._client = StripeClient(
            self.key,
            stripe_version=API_VERSION,
            http_client=_Boundary(ReadOnlyTransport(inner) if read_only else inner),
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            # Retries are ours: the SDK neither waits as asked nor retries a 429.
            max_network_retries=0,
        )

    def about(self, *, account: str | None = None, context: str | None = None) -> Gateway:
        """The same connection, all requests of which are about an account that the key leads to."""
        other = copy(self)
        other.account, other.context = account, context
        return other

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
        cursors = set[object]()
        while True:
            page = self.page(path, {**asked, **expanding(expand(), listed=True)})
            objects = cast("list[Answer]", page["data"])
            yield Page(dict(asked), objects)
            if not page.get("has_more"):
                return
            cursor = objects[-1]["id"] if objects else None
            if cursor is None or cursor in cursors or len(cursors) >= MOST_PAGES:
                origin_of(page).refuse(
                    f"the list goes on after {cursor or 'a page of nothing'} without an end"
                )
            cursors.add(cursor)
            asked["starting_after"] = cursor

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
        patience = LONGEST_PAUSE
        for attempt in count(1):
            left = self._limiter.wait(endpoint)
            start = self._clock()
            try:
                reply = self._try(method, path, params, shape, attempt)
            except stripe.StripeError as problem:
                # The SDK's own error holds headers and the body; ours holds what a person may see.
                failure, why = failed(problem, method, path), reason(problem)
                self._end_where_told(failure, why)
                asked = why.retry_after or 0.0
                patience -= asked + self._clock() - start
                slower = patience >= 0 and self._slow_down(failure, why, endpoint, left)
                self._wait_or_raise(failure, attempt, asked, patience, limited=slower)
            except NotUnderstood:
                raise
            except RequestFailed as failure:
                patience -= self._clock() - start
                self._wait_or_raise(failure, attempt, 0.0, patience)
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
        self, failure: RequestFailed, attempt: int, asked: float, patience: float, *, limited: bool = False
    ) -> None:
        """`patience` is how many seconds are left of those that one request may take in all."""
        # Where nothing was ever answered, the address is more likely wrong than the network down.
        tries = TRIES.get(failure.failure) if self._answered or failure.status else UNMET
        if tries is None or attempt >= tries.most or patience < 0:
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
        except NotUnderstood:
            self._answered = True
            self._on_sent(replace(sent, seconds=self._clock() - start))
            raise
        self._answered = True
        headers = {name.lower(): value for name, value in response.headers.items()}
        told = replace(sent, status=response.code, request_id=headers.get("request-id"))
        self._on_sent(replace(told, seconds=self._clock() - start))
        answer = response.body.value if isinstance(response.body, _Parsed) else None
        if not _has(answer, shape):
            raise garbled(method, path, told.request_id)
        return Reply(_told(cast("Answer", answer), Origin(method, path, told.request_id)), headers)


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


def _told(answer: Answer, origin: Origin) -> Answer:
    """The answer, and each object of a list, with the request that brought it."""
    match answer.get("data"):
        case list(listed):
            listed = [Told(each, origin) if isinstance(each, dict) else each for each in listed]
            return Told({**answer, "data": listed}, origin)
        case _:
            return Told(answer, origin)


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
