"""Refusals in Stripe's shape: a status, a type, and where Stripe gives them a code and the parameter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stripectl.providers.shadow.objects import Object

INVALID_REQUEST = "invalid_request_error"
DOCS = "https://stripe.com/docs/error-codes/"


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answer says."""

    message: str
    code: str | None = None
    param: str | None = None
    """As written in the request: `tiers[1][up_to]`."""
    status: int = 400
    type: str = INVALID_REQUEST

    def to_object(self) -> Object:
        """The body: `{"error": {…}}` without members that Stripe would leave out."""
        members: Object = {"type": self.type, "message": self.message}
        if self.code:
            members |= {"code": self.code, "doc_url": DOCS + self.code.replace("_", "-")}
        if self.param:
            members["param"] = self.param
        return {"error": members}


class Refusal(Exception):
    """The account refuses a request while carrying it out; the answer is kept for its idempotency key."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Unprocessed(Refusal):
    """The request was refused before anything was carried out; nothing is kept for its idempotency key."""


def refuse(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """A rule of the account says no (400)."""
    return Refusal(Problem(message, code, param))


def no_such(noun: str, object_id: str, param: str, *, status: int = 400) -> Refusal:
    """An id names nothing: 404 for the object in the path, 400 for one in a parameter."""
    return Refusal(Problem(f"No such {noun}: '{object_id}'", "resource_missing", param, status))


def exists(message: str, param: str | None = None) -> Refusal:
    """Something that has to be unique is taken."""
    return refuse(message, param, "resource_already_exists")


def missing(param: str, message: str = "") -> Refusal:
    """A parameter that this request needs is absent."""
    return refuse(message or f"Missing required param: {param}.", param, "parameter_missing")


def exclusive(*params: str) -> Refusal:
    """Parameters that cannot stand together."""
    names = ", ".join(params)
    return refuse(
        f"You may only specify one of these parameters: {names}.", params[0], "parameters_exclusive"
    )


def invalid(message: str, param: str | None = None, code: str | None = None) -> Unprocessed:
    """A parameter is not what the endpoint takes."""
    return Unprocessed(Problem(message, code, param))


def unknown_parameters(names: Iterable[str]) -> Unprocessed:
    """Parameters that the endpoint does not have."""
    known = tuple(names)
    word = "parameters" if len(known) > 1 else "parameter"
    return invalid(f"Received unknown {word}: {', '.join(known)}", known[0], "parameter_unknown")


def unrecognized_url(method: str, path: str) -> Unprocessed:
    """No endpoint answers this method and path."""
    return Unprocessed(
        Problem(
            f"Unrecognized request URL ({method}: {path}). A shadow account answers the catalog endpoints"
            " only; to list objects, leave out the trailing slash; to retrieve one, pass an id.",
            status=404,
        )
    )


def unauthenticated(message: str) -> Unprocessed:
    """No key, or one that opens no shadow account (401)."""
    return Unprocessed(Problem(message, status=401))


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


def rate_limited() -> Problem:
    """The request came too soon after others (429)."""
    return Problem("Too many requests in too short a time; slow down.", "rate_limit", status=429)


def busy() -> Unprocessed:
    """Another process holds the account for too long (429)."""
    return Unprocessed(
        Problem(
            "This object cannot be accessed right now because another request is accessing it; try again.",
            "lock_timeout",
            status=429,
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
