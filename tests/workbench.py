"""All of stripectl but its command line: real stores in a folder, the real provider, a shadow account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import stripe

from stripectl.engine.places import IN_A_FILE
from stripectl.engine.plan import Plan, Revision
from stripectl.engine.planner import Intent
from stripectl.engine.policy import OnError, Policy
from stripectl.engine.ports import Journals, Lock, Provider, RequestLog, Revisions
from stripectl.operations import apply as applying
from stripectl.operations.apply import Applied
from stripectl.operations.plan import plan, rollback_intent
from stripectl.operations.session import Session
from stripectl.pricing.model import Catalog
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.mapping import map_catalog
from stripectl.providers.stripe.provider import StripeProvider
from stripectl.store.journal import FileJournals
from stripectl.store.lock import FileLock
from stripectl.store.log import FileLog
from stripectl.store.revisions import FileRevisions

KEY = "sk_test_shadow"

NOON = 1_790_000_000
"""Where a test's clock starts: 2026-09-21 14:13:20 UTC."""


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


FREE = Policy(max_archive_percent=None, max_price_change_percent=None)
"""Forbids nothing by its share or size."""

ANYTHING = frozenset({"irreversible", "archives", "price-changes"})


class Log(stripe.HTTPClient):
    """Passes requests on and remembers them."""

    name = "log"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self.inner = inner
        self.requests: list[tuple[str, str]] = []
        """Method and path with its query, in order."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        self.requests.append((method, url.removeprefix("https://api.stripe.com")))
        answered: tuple[str, int, Mapping[str, str]] = self.inner.request(method, url, headers, post_data)
        return answered

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [each for each in self.requests if each[0] != "get"]

    def close(self) -> None:
        self.inner.close()  # type: ignore[no-untyped-call]


@dataclass
class Workbench:
    """One catalog in one environment, with everything that an operation needs."""

    folder: Path
    account: ShadowAccount
    clock: Callable[[], float]
    catalog: str = "acme"
    wrap: Callable[[stripe.HTTPClient], stripe.HTTPClient] = field(default=lambda inner: inner)
    """Put around the transport: a log, a fault, a check."""
    policy: Policy = FREE
    workers: int = 1
    on_error: OnError = OnError.AUTO
    slept: list[float] = field(default_factory=list)
    """Seconds that an operation asked to wait."""

    def __post_init__(self) -> None:
        # Later ids sort after earlier ones, also those of another workbench on the same folder.
        self.ids: Iterator[int] = count(1000 * len(list(self.folder.glob("journal/*.jsonl"))) + 1)
        self.log = Log(self.wrap(ShadowTransport(self.account)))
        self.requests = FileLog(self.folder / "log.jsonl", self.now)
        self.told: RequestLog = self.requests
        self.provider: Provider = StripeProvider(self.gateway())
        self.revisions: Revisions = FileRevisions(self.folder / "revisions", KINDS)
        self.journals: Journals = FileJournals(self.folder / "journal", KINDS, self.now)
        self.lock: Lock = FileLock(self.folder / "lock.json", self.now, "somebody")

    def gateway(self) -> Gateway:
        """Whose waiting takes no time."""
        ticks = Clock(0)

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            ticks.advance(seconds)

        return Gateway(
            KEY,
            transport=self.log,
            api_base=IN_A_FILE,
            on_sent=self.requests.record,
            clock=ticks,
            sleep=sleep,
            chance=lambda: 1.0,
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def session(self) -> Session:
        return Session(
            catalog=self.catalog,
            environment="shadow",
            provider=self.provider,
            policy=self.policy,
            revisions=self.revisions,
            journals=self.journals,
            lock=self.lock,
            log=self.told,
            now=self.now,
            new_id=lambda: f"{self.catalog}-{next(self.ids):06d}",
            by="tester",
            workers=self.workers,
            on_error=self.on_error,
        )

    def plan(
        self, catalog: Catalog, *, allow: frozenset[str] = ANYTHING, targets: tuple[str, ...] = ()
    ) -> Plan:
        return plan(self.session(), replace(intent(catalog), targets=targets), allow=allow)

    def apply(self, catalog: Catalog, *, allow: frozenset[str] = ANYTHING) -> Applied:
        """Plan and apply at once."""
        return self.carry_out(self.plan(catalog, allow=allow))

    def carry_out(self, made: Plan) -> Applied:
        return applying.apply(self.session(), made)

    def plan_rollback(self, number: int) -> Plan:
        session = self.session()
        return plan(session, rollback_intent(session, number), allow=ANYTHING)

    def roll_back(self, number: int) -> Applied:
        return self.carry_out(self.plan_rollback(number))

    def resume(self) -> Applied | None:
        return applying.resume(self.session())

    def unwind(self) -> Applied | None:
        return applying.unwind(self.session())

    @property
    def client(self) -> stripe.StripeClient:
        """The SDK on the same account, past everything that is wrapped around the operations' transport."""
        return stripe.StripeClient(KEY, http_client=ShadowTransport(self.account))

    def held(self, kind: str, *, active: bool | None = None) -> dict[str, str]:
        """Object id -> address of what bears our mark, or a name where a kind carries no marks."""
        observed = self.provider.observe(self.recorded.desired if self.revisions.last() else _NOTHING)
        return {
            each.object_id or "": each.address
            for each in observed
            if each.kind == kind and active in (None, each.active) and each.owner in (None, self.catalog)
        }

    @property
    def recorded(self) -> Revision:
        """The last revision."""
        last = self.revisions.last()
        assert last is not None, "something was applied"
        return last


_NOTHING = map_catalog(Catalog("none")).desired


def intent(catalog: Catalog) -> Intent:
    """What the manifests of a catalog would ask for."""
    mapped = map_catalog(catalog)
    return Intent(
        catalog.name,
        mapped.desired,
        mapped.annotations,
        mapped.diagnostics,
        moved={each.old: each.new for each in catalog.moved},
        released=tuple(each.address for each in catalog.removed if each.keep),
    )


def actions(made: Plan) -> dict[str, str]:
    """Address -> action of every row that changes something."""
    return {row.address: row.action.value for row in made.effective}


@contextmanager
def opened(
    folder: Path,
    clock: Callable[[], float],
    wrap: Callable[[stripe.HTTPClient], stripe.HTTPClient] | None = None,
) -> Iterator[Workbench]:
    """A workbench on the account and the state of a folder; both are made where they are missing."""
    account = ShadowAccount(folder / "account.db", clock=clock, account_id="acct_1Shadow")
    try:
        yield Workbench(folder / "acme", account, clock, wrap=wrap or (lambda inner: inner))
    finally:
        account.close()


def answer(status: int, code: str, message: str, **headers: str) -> tuple[str, int, Mapping[str, str]]:
    """An error as Stripe shapes it."""
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return json.dumps({"error": {"type": kind, "code": code, "message": message}}), status, headers
