"""What operations need from the outside, as protocols: a provider, a store for records, a lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from stripectl.diagnostics import Diagnostic, ProviderError
from stripectl.engine.checkup import Check
from stripectl.engine.customers import Customers
from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Account, Audience, Plan, Pointers, Revision
from stripectl.engine.quotes import Basket, Quote, Sale
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Outcome, Request, Step


class Failure(StrEnum):
    """Why a request failed, as far as it decides what may be done next."""

    REFUSED = "refused"
    """The provider understood and said no; nothing was done."""
    CONFLICT = "conflict"
    """Another request held the object or the key; the same key may be tried again."""
    LIMITED = "limited"
    """Too many requests; nothing was done."""
    SERVER = "server"
    """The provider broke; what was done is unknown, and the same key may replay the failure."""
    CONNECTION = "connection"
    """No answer came; what was done is unknown, and the same key is safe."""


class RequestFailed(ProviderError):
    """A request that the provider did not carry out, or may not have."""

    def __init__(self, failure: Failure, diagnostic: Diagnostic, *, status: int | None = None) -> None:
        super().__init__(diagnostic)
        self.failure = failure
        self.status = status
        """Of the answer; None where there was none."""

    @property
    def for_ever(self) -> bool:
        """The no is to this very request, whoever asks and whenever: not to the key, not for the moment."""
        answered = self.status is not None and 400 <= self.status < 500
        return self.failure is Failure.REFUSED and answered and self.status not in (401, 403)


@dataclass(frozen=True, slots=True)
class Sent:
    """One try of a request, answered or not, as a log tells of it: no body, no query, no key."""

    method: str
    """Upper case."""
    path: str
    """Without query."""
    status: int | None
    """None where no answer came."""
    request_id: str | None
    """Under which the provider's own log has it."""
    seconds: float
    """From sending to the answer."""
    attempt: int
    """From 1; the same request under the same key."""


Gate: TypeAlias = Callable[[Account], None]
"""Raises InvalidInput for an account that is not to be worked on."""


class Provider(Protocol):
    """The account behind an environment. Every method that asks it raises `RequestFailed`.

    Nothing but which account it is may be asked before its gate let that account pass: every other method
    that asks raises what the gate raises.
    """

    @property
    def kinds(self) -> Kinds: ...

    def behind(self, gate: Gate) -> Provider:
        """The same account behind another gate; what was read of it is shared."""

    def enter(self) -> Account:
        """Pass the gate; raises what it raises."""

    def account(self) -> Account:
        """Id, mode and API version of the account, and where requests go; no gate stands before it."""

    def caveats(self) -> tuple[Diagnostic, ...]:
        """What of that could not be confirmed, as warnings."""

    def observe(self, wanted: State) -> tuple[Resource, ...]:
        """Every object of the account's catalog, archived ones too, whoever owns it.

        `wanted` (desired and recorded resources) limits reads that cost a request an object.
        """

    def read(self, step: Step, ids: Mapping[str, str]) -> Resource | None:
        """The object that a step is to update, as it is at this moment; None where it is gone."""

    def request(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> Request:
        """Spell a step out; pure. `ids` maps addresses to the ids that they bear at this moment."""

    def send(self, request: Request, key: str) -> Outcome:
        """Execute a request under an idempotency key; what that key makes safe is tried again."""

    def find(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> tuple[str, ...]:
        """Ids of objects that a create step already brought forth, looked up by what we chose."""

    def audience(self, object_ids: Sequence[str]) -> Mapping[str, Audience]:
        """Who has an active subscription to each price; a price is left out where they may not be read."""

    def customers(self, ids: Collection[str]) -> Customers:
        """Which of the customers do not exist; those that may not be read are told, and do not raise."""

    def pointers(self, object_ids: Collection[str]) -> Pointers:
        """What refers to the objects from outside of the catalog, and is in use."""

    def quotes(self, baskets: Sequence[Basket], before: Sale, after: Sale) -> tuple[Quote, ...]:
        """What the baskets, and tiered prices that change, come to in two states; pure."""

    def probe(self, now: Callable[[], datetime]) -> tuple[Check, ...]:
        """What of all that plan and apply ask for is granted; reads only, and refusals do not raise."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A step that was written down before it was sent."""

    key: str
    epoch: int


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """What the journal of an unfinished run says."""

    run: str
    plan: Plan
    begun: Mapping[int, Begun]
    """Step number -> its last beginning."""
    ended: Mapping[int, Outcome]
    """Step number -> what the provider answered."""
    unwinds: str | None
    """The run that this one was to put back."""
    cut: Diagnostic | None = None
    """Why the journal does not say all that the run did; None where it does."""


NOTHING: Mapping[str, str] = {}


class Journal(Protocol):
    """Append-only record of one run; each call returns once its line is on disk."""

    @property
    def run(self) -> str: ...

    def begin(self, step: Step, request: Request, key: str, epoch: int) -> None: ...

    def end(self, step: Step, outcome: Outcome) -> None: ...

    def close(self, result: str, left: Mapping[str, str] = NOTHING) -> None:
        """Nothing more will come: the run is done, or was put back.

        `left` are ids of what it made before it was put back, with addresses: what is still there is ours.
        """


class Journals(Protocol):
    """The journals of one catalog and environment."""

    def start(self, run: str, plan: Plan, *, unwinds: str | None = None) -> Journal: ...

    def reopen(self, run: str) -> Journal: ...

    def unfinished(self) -> tuple[JournalRecord, ...]:
        """Oldest first."""

    def put_back(self) -> frozenset[str]:
        """The runs that were put back: what still bears the mark of one came when it seemed to be over."""

    def left_behind(self) -> Mapping[str, str]:
        """Ids of what runs made that were put back, with addresses; see `Journal.close`."""


class Revisions(Protocol):
    """The numbered records of finished applies."""

    def last(self) -> Revision | None: ...

    def get(self, number: int) -> Revision: ...

    def all(self) -> tuple[Revision, ...]: ...

    def write(self, revision: Revision) -> None: ...


class Lock(Protocol):
    """At most one apply a catalog and environment."""

    def hold(self, run: str, timeout: float) -> AbstractContextManager[None]: ...

    def confirm(self, run: str) -> None:
        """Raise Locked where `run` does not hold the lock any more: somebody took it over meanwhile."""


class RequestLog(Protocol):
    """What was asked of the provider during runs, a line a try."""

    def about(self, run: str, step: int | None = None) -> AbstractContextManager[None]:
        """Tries from here on, in this thread and in those that are started from it, belong to this."""

    def record(self, sent: Sent) -> None:
        """Write a line down; tries outside of every run are none of its business."""
