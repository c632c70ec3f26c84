"""The only user of the Stripe SDK: requests out, parsed JSON in, errors as ours.

Importing this module imports the SDK, which takes a quarter of a second: import it where Stripe is talked to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import stripe

from stripectl.diagnostics import Diagnostic, InvalidInput, ProviderError, error
from stripectl.providers.stripe.failures import failed
from stripectl.providers.stripe.pace import Pace
from stripectl.providers.stripe.wire import Answer

API_VERSION = "2026-10-28.endive"
"""The version that the kinds table is written for; sent along, whatever the account's default is."""

PAGE = 100
"""Objects on one page of a list: as many as Stripe gives."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and the id under which Stripe's logs know the request."""

    answer: Answer
    request_id: str | None


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


class Gateway:
    """A connection to one account. Methods raise `RequestFailed`; they may be called from several threads."""

    def __init__(
        self,
        key: str,
        *,
        transport: stripe.HTTPClient | None = None,
        base_url: str | None = None,
        read_only: bool = False,
        rate_limit: int | None = None,
    ) -> None:
        """`transport` answers instead of the network; `base_url` replaces https://api.stripe.com.

        `rate_limit` is the most requests in a second; None sends each at once.
        """
        if not key.isascii() or not key.isprintable() or not key.strip():
            raise InvalidInput(_unusable_key())
        # Telemetry would write a file into the home folder.
        stripe.enable_telemetry = False
        inner = transport or stripe.new_default_http_client()
        self.key = key.strip()
        self._pace = Pace(rate_limit)
        self._client = stripe.StripeClient(
            self.key,
            stripe_version=API_VERSION,
            http_client=ReadOnlyTransport(inner) if read_only else inner,
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            # Retries are ours: the SDK neither waits as asked nor retries a 429.
            max_network_retries=0,
        )

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Answer:
        return self._ask("get", path, query or {}).answer

    def find(self, path: str, query: Mapping[str, object] | None = None) -> Answer | None:
        """The object at `path`; None where there is none, or no longer."""
        try:
            answer = self._call("get", path, query or {}).answer
        except stripe.InvalidRequestError as problem:
            if problem.http_status == 404:
                return None
            raise failed(problem, "get", path) from None
        except stripe.StripeError as problem:
            raise failed(problem, "get", path) from None
        return None if answer.get("deleted") else answer

    def post(self, path: str, params: Mapping[str, object], key: str) -> Reply:
        """`key` is the idempotency key: Stripe answers a repetition as it answered the first time."""
        return self._ask("post", path, {**params, "idempotency_key": key})

    def delete(self, path: str) -> Reply | None:
        """None where the object was gone before: Stripe knows no idempotency keys for a DELETE."""
        try:
            return self._call("delete", path, {})
        except stripe.InvalidRequestError as problem:
            if problem.http_status == 404:
                return None
            raise failed(problem, "delete", path) from None
        except stripe.StripeError as problem:
            raise failed(problem, "delete", path) from None

    def list_all(
        self, path: str, query: Mapping[str, object] | None = None, expand: tuple[str, ...] = ()
    ) -> Iterator[Answer]:
        """Every object of a list, page after page, newest first; `expand` names fields of the objects."""
        asked: dict[str, object] = {**(query or {}), "limit": PAGE}
        if expand:
            asked["expand"] = [f"data.{name}" for name in expand]
        while True:
            page = self.get(path, asked)
            objects = cast("list[Answer]", page["data"])
            yield from objects
            if not page.get("has_more") or not objects:
                return
            asked["starting_after"] = objects[-1]["id"]

    def _ask(self, method: str, path: str, params: Mapping[str, object]) -> Reply:
        try:
            return self._call(method, path, params)
        except stripe.StripeError as problem:
            # The SDK's own error holds headers and the body; ours holds what a person may see.
            raise failed(problem, method, path) from None

    def _call(self, method: str, path: str, params: Mapping[str, object]) -> Reply:
        self._pace.wait()
        response = self._client.raw_request(method, path, **params)
        headers = {name.lower(): value for name, value in response.headers.items()}
        # The SDK parses numbers as binary floats; percentages have to stay exact.
        answer = json.loads(response.body, parse_float=Decimal)
        return Reply(cast("Answer", answer), headers.get("request-id"))


def _unusable_key() -> Diagnostic:
    return error(
        "stripe-key-unusable",
        "The Stripe key cannot be used",
        "It is empty, or has characters that no key has.",
        hint="set the variable or file that the environment names to a key of the account, without quotes",
    )
