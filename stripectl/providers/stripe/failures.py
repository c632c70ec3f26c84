"""What the SDK raises, told as one of ours: Stripe's code, parameter, message and request id, never a key.

Importing this module imports the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import stripe

from stripectl.diagnostics import Diagnostic, error, scrubbed
from stripectl.engine.ports import Failure, RequestFailed

_SYSTEM_REASON = re.compile(
    r"(?:\[Errno -?\d+\] |RemoteDisconnected\(['\"]|ConnectionResetError\(\d+, ['\"])([^'\"()\[\]]+)"
)
"""What the operating system says, inside of what every library around it adds."""

_WORDS: Mapping[Failure, tuple[str, str, str]] = {
    Failure.REFUSED: ("stripe-refused", "Stripe refused a request", ""),
    Failure.CONFLICT: (
        "stripe-conflict",
        "Another request holds the object",
        "try again when the other request has ended",
    ),
    Failure.LIMITED: (
        "stripe-limited",
        "Stripe asks for fewer requests",
        "try again in a minute, or lower `rate_limit` of the environment",
    ),
    Failure.SERVER: (
        "stripe-server",
        "Stripe failed to answer properly",
        "try again; status.stripe.com tells of disturbances",
    ),
    Failure.CONNECTION: (
        "stripe-connection",
        "Stripe could not be reached",
        "check the network and the environment's `base_url`, then try again",
    ),
}
"""Failure -> code, summary and hint of its diagnostic."""


_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+")
_PERMISSION = re.compile(r"\brak_[a-z0-9_]+")


class Denied(RequestFailed):
    """The key lacks a permission. The refusal tells more than that, in its text alone (claimed by many)."""

    def __init__(self, problem: stripe.StripeError, diagnostic: Diagnostic) -> None:
        super().__init__(Failure.REFUSED, diagnostic, status=problem.http_status)
        body = problem.json_body.get("error") if isinstance(problem.json_body, Mapping) else None
        told: Mapping[str, object] = body if isinstance(body, Mapping) else {}
        message = str(told.get("message") or "")
        self.permission = next(iter(_PERMISSION.findall(message)), None)
        """The first one that would do: `rak_plan_read`; None where none is named."""
        self.account = _only((*_ACCOUNT.findall(message), *_ACCOUNT.findall(_log_address(told))))
        """Whose objects were asked for; None where the refusal names none, or several."""
        self.headers = _headers(problem)


def _log_address(told: Mapping[str, object]) -> str:
    """Where Stripe's dashboard shows the request; empty for an address of anybody else."""
    address = str(told.get("request_log_url") or "")
    parts = urlsplit(address)
    return parts.path if (parts.scheme, parts.hostname) == ("https", "dashboard.stripe.com") else ""


def _only(named: Iterable[str]) -> str | None:
    different = set(named)
    return different.pop() if len(different) == 1 else None


class Excess(StrEnum):
    """Of what there was too much when a request was refused for now."""

    OVERALL = "overall"
    """Requests in a second, all together."""
    ENDPOINT = "endpoint"
    """Requests in a second to one endpoint."""
    AT_ONCE = "at once"
    """Work on the same object, or requests in hand: their number in a second has nothing to do with it."""


EXCESSES: Mapping[str, Excess] = {
    "global-rate": Excess.OVERALL,
    "endpoint-rate": Excess.ENDPOINT,
    "global-concurrency": Excess.AT_ONCE,
    "endpoint-concurrency": Excess.AT_ONCE,
    "resource-specific": Excess.AT_ONCE,
    "lock_timeout": Excess.AT_ONCE,
}
"""Stripe-Rate-Limited-Reason of a 429 (claimed), or its code (documented), -> what it means; an answer with
neither is about its endpoint."""


TAKEN = "resource_already_exists"


class Taken(RequestFailed):
    """Stripe has, or had, something under the id or the name that a request chose."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What the headers of an answer say of the next try."""

    retry_after: float | None
    """Seconds to wait; None where it does not say, as Stripe itself does not."""
    excess: Excess
    """Why a 429 came."""
    refuses_again: bool
    """Stripe-Should-Retry is `false`: the same request would be answered the same."""


def failed(problem: stripe.StripeError, method: str, path: str) -> RequestFailed:
    """The error to raise for what the SDK raised while it asked for `method path`."""
    failure = _failure(problem)
    told = _diagnostic(problem, failure, method, path)
    if problem.http_status == 403:
        return Denied(problem, told)
    sort = Taken if problem.error and problem.error.code == TAKEN else RequestFailed
    return sort(failure, told, status=problem.http_status)


def reason(problem: stripe.StripeError) -> Reason:
    """What the answer says of another try, in headers that the SDK itself never reads."""
    headers = _headers(problem)
    named = (headers.get("stripe-rate-limited-reason"), problem.error.code if problem.error else None)
    known = (EXCESSES[each] for each in named if each and each in EXCESSES)
    return Reason(
        _seconds(headers),
        next(known, Excess.ENDPOINT),
        refuses_again=headers.get("stripe-should-retry", "").lower() == "false",
    )


def garbled(method: str, path: str, request_id: str | None) -> RequestFailed:
    """The error to raise for an answer that has not the shape that was asked for."""
    code, summary, hint = _WORDS[Failure.SERVER]
    detail = f"{method.upper()} {path} was answered with something else than was asked for"
    told = error(code, summary, f"{detail} (request {request_id}).", hint=hint)
    return RequestFailed(Failure.SERVER, told, status=200)


def request_id(problem: stripe.StripeError) -> str | None:
    """Under which Stripe's logs have the request."""
    return _headers(problem).get("request-id")


def _failure(problem: stripe.StripeError) -> Failure:
    if isinstance(problem, stripe.APIConnectionError):
        return Failure.CONNECTION
    if isinstance(problem, stripe.RateLimitError):
        return Failure.LIMITED
    status = problem.http_status or 0
    if status == 409:
        return Failure.CONFLICT
    # A redirect is not followed, so nothing was done.
    return Failure.REFUSED if 300 <= status < 500 else Failure.SERVER


def _diagnostic(problem: stripe.StripeError, failure: Failure, method: str, path: str) -> Diagnostic:
    detail = scrubbed(_detail(problem, failure, f"{method.upper()} {path}"))
    if isinstance(problem, stripe.AuthenticationError):
        hint = "set the variable or file that the environment names to a key of this account"
        return error("stripe-key", "Stripe does not accept the key", detail, hint=hint)
    if isinstance(problem, stripe.PermissionError):
        hint = "tick the permission that the answer names; `stripectl doctor` tells of all that are needed"
        if problem.code == "account_invalid":
            hint = "check `account:` of the environment: the key does not open that account"
        return error("stripe-permission", "The key may not do this", detail, hint=hint)
    if 300 <= (problem.http_status or 0) < 400:
        hint = "check the environment's `base_url`; a key is never sent on to another address"
        return error("stripe-redirected", "The address answers with a redirect", detail, hint=hint)
    code, summary, hint = _WORDS[failure]
    return error(code, summary, detail, hint=hint)


def _detail(problem: stripe.StripeError, failure: Failure, asked: str) -> str:
    if failure is Failure.CONNECTION:
        # The SDK's message goes on for paragraphs of advice; what happened stands in its last line.
        last = (problem.user_message or "").strip().rpartition("\n")[2]
        system = _SYSTEM_REASON.search(last)
        return f"{asked} got no answer: {system[1] if system else last or 'the connection was lost'}"
    told = problem.error
    known = {
        "status": problem.http_status,
        "code": told.code if told else problem.code,
        "parameter": told.param if told else None,
        "request": request_id(problem),
    }
    facts = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    message = told.message if told else "the answer was not one of Stripe's"
    return f"{asked} was answered: {message or 'no message'} ({facts})"


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _headers(problem: stripe.StripeError) -> Mapping[str, str]:
    """Under lower-case names, whatever transport they came through."""
    # Of an answer that is no JSON the SDK hands the headers over in the place of the body.
    held = problem.headers or problem.json_body
    return (
        {str(name).lower(): str(value) for name, value in held.items()} if isinstance(held, Mapping) else {}
    )
