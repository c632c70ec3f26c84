"""The shadow account: takes a request, answers it the way Stripe would."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.database import Database
from stripectl.providers.shadow.errors import (
    Problem,
    Refusal,
    Unprocessed,
    forbidden,
    invalid,
    lacks_context,
    lacks_permission,
    request_log_url,
    unauthenticated,
    unrecognized_url,
)
from stripectl.providers.shadow.expansion import Wanted, render, wanted
from stripectl.providers.shadow.form import decode
from stripectl.providers.shadow.idempotency import Kept, Slot
from stripectl.providers.shadow.objects import API_VERSION, NewId, Object, random_id
from stripectl.providers.shadow.parameters import Parameters, read
from stripectl.providers.shadow.permissions import RESTRICTED, needed
from stripectl.providers.shadow.routes import ACCEPTED, REFUSED, Route, match, served
from stripectl.providers.shadow.schemas import schema
from stripectl.providers.shadow.session import Session

ORGANIZATION = "sk_org_"
"""How the keys of organizations begin; they say nothing of test or live."""

TEST_KEYS = ("sk_test_", "rk_test_", ORGANIZATION)


UNAUTHENTICATED = 401
"""HTTP asks for the way to authenticate beside this status."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int
    headers: Mapping[str, str]
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A request whose sender, endpoint and parameters are known to be good."""

    route: Route
    call: Call
    want: Wanted
    request_id: str
    key: str | None = None
    slot: Slot | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer; a replay adds to them."""


class ShadowAccount:
    """A Stripe test account in a SQLite file. Safe for threads; several processes may share the file."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float],
        account_id: str | None = None,
        new_id: NewId = random_id,
        behaviour: Behaviour = STRIPES,
        denied: frozenset[str] = frozenset(),
    ) -> None:
        """Open the account, or make it under `account_id` (by default a random one).

        `clock` gives Unix seconds; `new_id` makes the ids of objects and requests. `behaviour` is how it acts
        where Stripe could act otherwise, the same whenever one file is opened. `denied` are permissions that
        restricted keys lack: `rak_plan_read`. The folder has to exist.
        Raises `InvalidInput` for a file that is no shadow account, `ProviderError` where it cannot be used.
        """
        self._clock = clock
        self._new_id = new_id
        self._behaviour = behaviour
        self._denied = denied
        self._lock = Lock()
        self._database = Database(path, account_id=account_id or new_id("account"), now=int(clock()))
        with self._database.transaction(write=False) as connection:
            self._id = str(connection.execute("SELECT id FROM account").fetchone()[0])

    @property
    def id(self) -> str:
        """Of the account, `acct_…`."""
        return self._id

    def close(self) -> None:
        """Wait for the running request and close the file."""
        with self._lock:
            self._database.close()

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Carry out one request in one transaction, and answer it.

        `path` is still percent-encoded, `query` and `body` are form-encoded. A refusal is an answer too.
        Raises `ProviderError` where the file cannot be read or written.
        """
        request_id = self._new_id("request")
        known = {name.lower(): value for name, value in headers.items()}
        try:
            request = self._read(method.upper(), path, query, body, known, request_id)
            kept = self._carry_out(request)
        except Unprocessed as refusal:
            return self.refused(refusal.problem, method, request_id)
        return Answer(kept.status, _headers(method, request_id) | request.headers, kept.body)

    def refused(self, problem: Problem, method: str, request_id: str) -> Answer:
        """How the account words a problem, with the headers that go along."""
        return Answer(problem.status, _headers(method, request_id, problem), self._text(problem, request_id))

    def _text(self, problem: Problem, request_id: str) -> str:
        return _json(problem.to_object(request_log_url(self._id, request_id)))

    def _read(
        self, method: str, path: str, query: str, body: str, headers: Mapping[str, str], request_id: str
    ) -> _Request:
        opened_with = _authenticated(headers.get("authorization", ""))
        self._require_own(opened_with, headers)
        found = match(method, path)
        if found is None:
            raise unrecognized_url(method, path, served=served(path))
        route, ids = found
        form = "&".join(part for part in (query, body) if part)
        params = read(schema(route.params, self._behaviour.clearable), decode(form))
        _require_carried_out(route, params)
        expand = self._behaviour.expansions(params.texts("expand"))
        want = wanted(route.kind, expand, listed=route.listed)
        self._require_allowed(opened_with, route, want)
        key = headers.get("idempotency-key") if method == "POST" else None
        slot = Slot.of(key, method, path, form) if key else None
        return _Request(route, Call(ids, params), want, request_id, key, slot)

    def _require_own(self, key: str, headers: Mapping[str, str]) -> None:
        """Raises `Unprocessed` for a request about another account, or about none that can be told."""
        if key.startswith(ORGANIZATION) and not headers.get("stripe-context"):
            raise lacks_context()
        for name in ("stripe-context", "stripe-account"):
            if (other := headers.get(name)) and other != self._id:
                raise forbidden(key, other)

    def _require_allowed(self, key: str, route: Route, want: Wanted) -> None:
        lacked = [name for name in needed(route, want) if name in self._denied] if self._denied else []
        if lacked and key.startswith(RESTRICTED):
            raise lacks_permission(key, self._id, lacked[0])

    def _carry_out(self, request: _Request) -> Kept:
        now = int(self._clock())
        with self._lock, self._database.transaction(write=request.route.writes) as connection:
            if request.slot is None:
                return self._execute(request, connection, now)
            if kept := request.slot.kept(connection, now):
                request.headers.update({"Idempotent-Replayed": "true", "Original-Request": kept.request_id})
                return kept
            kept = self._execute(request, connection, now)
            request.slot.keep(connection, kept, now)
            request.headers.update({"Idempotency-Key": request.slot.key, "Original-Request": kept.request_id})
            return kept

    def _execute(self, request: _Request, connection: sqlite3.Connection, now: int) -> Kept:
        session = Session(
            connection, now, self._new_id, request.request_id, request.key, behaviour=self._behaviour
        )
        connection.execute("SAVEPOINT request")
        try:
            answer = request.route.handler(session, request.call)
        except Unprocessed:
            raise
        except Refusal as refusal:
            connection.execute("ROLLBACK TO request")
            text = self._text(refusal.problem, request.request_id)
            return Kept(refusal.problem.status, text, request.request_id)
        finally:
            if connection.in_transaction:
                connection.execute("RELEASE request")
        return Kept(200, _json(_rendered(request, session, answer)), request.request_id)


def _headers(method: str, request_id: str, problem: Problem | None = None) -> dict[str, str]:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Content-Type": "application/json"}
    if method.upper() == "POST" and not (problem and problem.retryable):
        # Seen on answers to POST; whether a 429 has it, and what it says there, is unverified.
        headers["Stripe-Should-Retry"] = "false"
    if problem and problem.status == UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
    if problem and problem.reason:
        headers["Stripe-Rate-Limited-Reason"] = problem.reason
    return headers


def _rendered(request: _Request, session: Session, answer: Object) -> Object:
    kind, want = request.route.kind, request.want
    if not request.route.listed:
        return render(kind, answer, want, session.find, session.now)
    rows = answer["data"]
    assert isinstance(rows, list)
    below = want.get("data", {})
    data = [render(kind, row, below, session.find, session.now) for row in rows if isinstance(row, dict)]
    return {**answer, "data": [*data]}


def _require_carried_out(route: Route, params: Parameters) -> None:
    accepted, refused = ACCEPTED.get(route.params), REFUSED.get(route.params, frozenset())
    for name in params:
        if name in refused or (accepted is not None and name not in accepted):
            raise invalid(f"The shadow account does not carry out this parameter ({name}).", name)


def _authenticated(authorization: str) -> str:
    """The key of the request; raises `Unprocessed` for one that opens no shadow account."""
    scheme, _, credentials = authorization.partition(" ")
    key = _basic_user(credentials) if scheme.lower() == "basic" else credentials.strip()
    if not key:
        raise unauthenticated(
            "You did not provide an API key. Provide it in the Authorization header, as a bearer token or as"
            " the user of basic authentication."
        )
    if not key.startswith(TEST_KEYS):
        raise unauthenticated(
            "Invalid API Key provided. A shadow account takes test keys only (sk_test_… or rk_test_…, or an"
            " organization's sk_org_…); a live key has nothing to do here."
        )
    return key


def _basic_user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _json(body: Object) -> str:
    return json.dumps(body, ensure_ascii=False)
