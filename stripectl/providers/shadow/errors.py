"""Refusals in Stripe's shape: a status, a type, and where Stripe gives them a code and the parameter.

Most refusals of the real Stripe have no code, and many no parameter. So a code is given only where `CODES`
says how it is known. Where no recording shows a refusal, its parameter is unverified and its text is the
account's own: it names the rule in plain words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stripectl.providers.shadow.objects import Object

INVALID_REQUEST = "invalid_request_error"
DOCS = "https://stripe.com/docs/error-codes/"
DASHBOARD = "https://dashboard.stripe.com"

CODES: Mapping[str, str] = {
    "account_invalid": "documented",
    "coupon_expired": "documented; unverified for a promotion code that is made",
    "lock_timeout": "documented",
    "parameter_invalid_empty": "claimed",
    "parameter_invalid_integer": "recorded for text; claimed for an integer below its least value",
    "parameter_missing": "recorded for a name, and for a coupon without an amount",
    "parameter_unknown": "recorded",
    "property_expansion_max_depth": "claimed",
    "rate_limit": "documented",
    "resource_already_exists": "documented; claimed for ids of products and coupons",
    "resource_missing": "recorded",
    "url_invalid": "documented; unverified for a product",
}
"""Code -> how it is known that Stripe gives it; `behaviour` says what the grades mean."""

UNDOCUMENTED = frozenset({"property_expansion_max_depth"})
"""Codes that Stripe's list lacks: an error with one has no `doc_url` (claimed)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answer says."""

    message: str
    code: str | None = None
    param: str | None = None
    """As written in the request: `tiers[1][up_to]`."""
    status: int = 400
    type: str = INVALID_REQUEST
    logged: bool = True
    """The answer says where the request log has the request."""
    retryable: bool = False
    """A further try may succeed, so that the answer does not forbid it."""
    reason: str | None = None
    """Which limit was met, for the header of a 429."""

    def to_object(self, log_url: str | None = None) -> Object:
        """The body: `{"error": {…}}` without members that Stripe would leave out.

        `log_url` is where the request log has it, None where no account is known.
        """
        documented = self.code and self.code not in UNDOCUMENTED
        said: Object = {
            "code": self.code,
            "doc_url": DOCS + str(self.code).replace("_", "-") if documented else None,
            "message": self.message,
            "param": self.param,
            "request_log_url": log_url if self.logged else None,
            "type": self.type,
        }
        return {"error": {name: value for name, value in said.items() if value}}


class Refusal(Exception):
    """The account refuses a request while carrying it out; the answer is kept for its idempotency key."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Unprocessed(Refusal):
    """The request was refused before anything was carried out; nothing is kept for its idempotency key."""


def request_log_url(account: str, request_id: str) -> str:
    """Where the dashboard of a test account would show a request (claimed; a shadow account has none)."""
    return f"{DASHBOARD}/{account}/test/logs?object={request_id}"


def refuse(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """A rule of the account says no (400)."""
    return Refusal(Problem(message, code, param))


def no_such(noun: str, object_id: str, param: str, *, status: int = 400) -> Refusal:
    """An id names nothing: 404 for the object in the path, 400 for one in a parameter."""
    return Refusal(Problem(f"No such {noun}: '{object_id}'", "resource_missing", param, status))


def exists(message: str, param: str | None = None) -> Refusal:
    """Something that has to be unique is taken."""
    return refuse(message, param, "resource_already_exists")


def missing(param: str) -> Refusal:
    """A parameter that every such request needs is absent.

    One that is needed because of another has no code, and a text of its own.
    """
    return refuse(f"Missing required param: {param}.", param, "parameter_missing")


def exclusive(*params: str) -> Refusal:
    """Parameters that cannot stand together."""
    names = sorted(params)
    return refuse(f"You may only specify one of these parameters: {', '.join(names)}.", names[0])


def both(first: str, second: str) -> Refusal:
    """Two parameters that cannot stand together, in the words of the older endpoints."""
    return refuse(f"Received both {first} and {second} parameters. Please pass in only one.")


def invalid(message: str, param: str | None = None, code: str | None = None) -> Unprocessed:
    """A parameter is not what the endpoint takes."""
    return Unprocessed(Problem(message, code, param))


def unknown_parameters(names: Iterable[str]) -> Unprocessed:
    """Parameters that the endpoint does not have."""
    known = tuple(names)
    word = "parameters" if len(known) > 1 else "parameter"
    return invalid(f"Received unknown {word}: {', '.join(known)}", known[0], "parameter_unknown")


def unrecognized_url(method: str, path: str, *, served: bool) -> Unprocessed:
    """No endpoint answers this method and path; `served` says that another method is answered there."""
    stripes = "Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
    # Stripe may well have an endpoint there, so the text is the account's own.
    ours = (
        "A shadow account answers the catalog endpoints only; to list objects, leave out the trailing slash;"
        " to retrieve one, pass an id."
    )
    words = f"Unrecognized request URL ({method}: {path}). {stripes if served else ours}"
    return Unprocessed(Problem(words, status=404, logged=False))


def unauthenticated(message: str) -> Unprocessed:
    """No key, or one that opens no shadow account (401)."""
    return Unprocessed(Problem(message, status=401, logged=False))


def forbidden(key: str, account: str) -> Unprocessed:
    """The request asks for another account than this one (403); of the key only its sort is told."""
    return Unprocessed(
        Problem(
            f"The provided key '{key[:8]}****' does not have access to account '{account}'"
            " (or that account does not exist). A shadow account knows itself and no connected account.",
            "account_invalid",
            status=403,
        )
    )


def lacks_permission(key: str, account: str, permission: str) -> Unprocessed:
    """A restricted key may not do this (403). The text is claimed; that it has no code is unverified."""
    return Unprocessed(
        Problem(
            f"The provided key '{key[:8]}****' does not have the required permissions for this endpoint on"
            f" account '{account}'. Having the '{permission}' permission would allow this request to"
            " continue.",
            status=403,
        )
    )


def lacks_context() -> Unprocessed:
    """The key of an organization came without an account (400). Status and text are unverified."""
    return Unprocessed(
        Problem(
            "A request with the key of an organization needs the header Stripe-Context: the id of the account"
            " (acct_…) that it is about.",
            logged=False,
        )
    )


def rate_limited(reason: str) -> Problem:
    """The request came too soon after others (429)."""
    return Problem(
        "Too many requests in too short a time; slow down.",
        "rate_limit",
        status=429,
        retryable=True,
        reason=reason,
    )


def busy() -> Unprocessed:
    """Another process holds the account for too long (429)."""
    return Unprocessed(
        Problem(
            "This object cannot be accessed right now because another request is accessing it; try again.",
            "lock_timeout",
            status=429,
            retryable=True,
            reason="resource-specific",
        )
    )


def reused_key(key: str) -> Unprocessed:
    """One idempotency key, two different requests."""
    return Unprocessed(
        Problem(
            "Keys for idempotent requests can only be used with the same parameters they were first used"
            f" with. Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    )
