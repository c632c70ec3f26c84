"""What every operation works with: one catalog in one environment, and the outside world as arguments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stripectl.diagnostics import InvalidInput
from stripectl.engine.plan import MadeFrom, Revision
from stripectl.engine.planner import Target
from stripectl.engine.policy import OnError, Policy
from stripectl.engine.ports import Journals, Lock, Provider, RequestLog, Revisions
from stripectl.engine.resource import Resource, State
from stripectl.engine.spent import with_spent
from stripectl.engine.steps import Step
from stripectl.operations.gate import RecordGate


class Progress(Protocol):
    """Told how a run comes along; steps of one phase overlap, so calls come from several threads."""

    def began(self, total: int) -> None:
        """A run of so many steps begins; those that an earlier try did are told by `ended` at once."""

    def started(self, step: Step) -> None:
        """The step is in hand."""

    def ended(self, step: Step) -> None:
        """The step is done."""


class Silent:
    """Progress that nobody watches."""

    def began(self, total: int) -> None: ...

    def started(self, step: Step) -> None: ...

    def ended(self, step: Step) -> None: ...


def _never() -> bool:
    return False


def _unknown(_commit: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Session:
    """One catalog in one environment."""

    catalog: str
    environment: str
    provider: Provider
    policy: Policy
    revisions: Revisions
    journals: Journals
    lock: Lock
    log: RequestLog
    now: Callable[[], datetime]
    """UTC."""
    new_id: Callable[[], str]
    """Ids of plans and runs; later ones sort after earlier ones."""
    by: str
    """Who applies."""
    commit: str | None = None
    """Of the manifests, where they are in version control."""
    dirty: bool = False
    """Whether the manifests differ from that commit."""
    builds_on: Callable[[str], bool | None] = _unknown
    """Whether HEAD comes after a commit; None where that cannot be told."""
    account_id: str | None = None
    """The only account that may be worked on; None is whichever the key opens."""
    lock_timeout: float = 0.0
    """Seconds to wait for the lock."""
    on_error: OnError = OnError.AUTO
    workers: int = 1
    """Steps that may be in hand at the same time."""
    progress: Progress = Silent()
    stopping: Callable[[], bool] = _never
    """Whether a person asked to stop; looked at before a step is begun."""

    def __post_init__(self) -> None:
        """Whoever made the provider, from here on it stands behind the gate of these records."""
        object.__setattr__(self, "provider", self.provider.behind(self.gate))

    @property
    def made_from(self) -> MadeFrom | None:
        return MadeFrom(self.commit, self.dirty) if self.commit else None

    @property
    def gate(self) -> RecordGate:
        return RecordGate(self.catalog, self.environment, self.revisions, self.journals, self.account_id)

    def recorded(self, number: int) -> Revision:
        """A revision of the account at hand; raises InvalidInput where there is none, or it is of another."""
        revision = self.revisions.get(number)
        if told := (*self.gate.revision(revision, self.provider.enter()),):
            raise InvalidInput(*told)
        return revision

    def target(self, desired: State) -> Target:
        """What the account holds now, and what was last recorded. Reads only."""
        account, last = self.provider.enter(), self.revisions.last()
        wanted = (*(last.recorded if last else ()), *desired)
        now = int(self.now().timestamp())
        objects = with_spent(self.provider.observe(State.of(wanted)), self.provider.kinds, now)
        left = self.journals.left_behind()
        known = self._known(last, objects, left)
        return Target(
            self.environment,
            account,
            objects,
            last,
            self._undone(last),
            now=now,
            left_behind=left,
            known=known,
        )

    def _undone(self, last: Revision | None) -> Revision | None:
        """What the last revision took back, where it is a rollback."""
        if last is None or last.rollback_of is None:
            return None
        return next((each for each in self.revisions.all() if each.number == last.number - 1), None)

    def _known(
        self, last: Revision | None, objects: Iterable[Resource], left: Collection[str]
    ) -> frozenset[str] | None:
        """Ids of what is ours and in use; all records are read only where the last one does not have one."""
        if last is None:
            return None
        known = frozenset((*last.ids.values(), *left))
        ours = [each for each in objects if each.owner == self.catalog and each.active]
        if all(each.object_id in known for each in ours):
            return known
        put_back = self.journals.put_back()
        late = (each.object_id or "" for each in ours if each.run in put_back)
        earlier = (revision.ids.values() for revision in self.revisions.all())
        begun = (
            [outcome.object_id for outcome in record.ended.values()] for record in self.journals.unfinished()
        )
        return known.union(late, *earlier, *begun)
