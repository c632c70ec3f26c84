"""What operations need from the outside, as protocols: a provider, a store for records, a lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Account, Revision
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Outcome, Request, Step


class Provider(Protocol):
    """The account behind an environment. Every method raises `ProviderError` when it is refused."""

    @property
    def kinds(self) -> Kinds: ...

    def account(self) -> Account:
        """Id, mode and API version of the account."""

    def observe(self, wanted: State) -> tuple[Resource, ...]:
        """Every object of the account's catalog, archived ones too, whoever owns it.

        `wanted` (desired and recorded resources) limits reads that cost a request an object.
        """

    def request(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> Request:
        """Spell a step out; pure. `ids` maps addresses to the ids that they bear at this moment."""

    def send(self, request: Request, key: str) -> Outcome:
        """Execute a request under an idempotency key."""

    def find(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> tuple[str, ...]:
        """Ids of objects that a create step already brought forth, looked up by what we chose."""

    def subscribers(self, object_ids: Sequence[str]) -> Mapping[str, int]:
        """Active subscriptions on each price; a price is left out where they may not be read."""


class Journal(Protocol):
    """Append-only record of one run; each call returns once the line is on disk."""

    def begin(self, step: Step, request: Request, key: str, epoch: int) -> None: ...

    def end(self, step: Step, outcome: Outcome) -> None: ...

    def close(self, result: str) -> None: ...


class Revisions(Protocol):
    """The numbered records of finished applies."""

    def last(self) -> Revision | None: ...

    def get(self, number: int) -> Revision: ...

    def all(self) -> tuple[Revision, ...]: ...

    def write(self, revision: Revision) -> None: ...


class Lock(Protocol):
    """At most one apply a catalog and environment."""

    def hold(self, timeout: float) -> AbstractContextManager[None]: ...
