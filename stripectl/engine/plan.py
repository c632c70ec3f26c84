"""The plan: a reviewed list of changes from observed to desired, with drift and annotations beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from stripectl.diagnostics import Diagnostic, Path
from stripectl.engine.fidelity import Annotation, Fidelity, verdicts
from stripectl.engine.kinds import Reach
from stripectl.engine.quotes import Quote
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Value

RUN_IN_BETWEEN = "run-in-between"
"""Code of the warning that an apply stopped half-way, and comes first."""


class Action(StrEnum):
    """What a change does to the object that bears an address."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    REACTIVATE = "reactivate"
    ADOPT = "adopt"
    ARCHIVE = "archive"
    DELETE = "delete"
    NO_OP = "no-op"


class Restores(StrEnum):
    """How far a rollback brings back what was before."""

    EXACTLY = "exactly"
    APPROXIMATELY = "approximately"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Undo:
    """What a rollback would come to."""

    restores: Restores = Restores.EXACTLY
    because: tuple[str, ...] = ()
    """A clause each; empty where it is exact."""

    def less(self, reasons: tuple[str, ...]) -> Undo:
        """What remains of it for more reasons why it is not exact."""
        if not reasons:
            return self
        restores = Restores.NOT if self.restores is Restores.NOT else Restores.APPROXIMATELY
        return Undo(restores, (*self.because, *reasons))


@dataclass(frozen=True, slots=True)
class Audience:
    """Who stays on a price that goes away."""

    subscriptions: int | None
    """Active ones; None where the key may not read them."""
    more: bool = False
    """There are more than were counted."""
    monthly: Mapping[str, Decimal] | None = None
    """Currency -> minor units that those counted pay for it in an average month; None where that depends on
    usage."""


UNREAD = Audience(None)
"""Nobody may know."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something that no row is about, and that refers to an object that goes away."""

    kind: str
    """Of the catalog, or a sort of object besides it, such as `payment_link`."""
    object_id: str
    name: str = ""
    """What people know it by: the address of a link, a code; empty where it has none."""
    stops: bool = False
    """The provider switches it off when the object goes, and does not promise to switch it on again."""


UNKNOWN = "stop with it is unknown"
"""How the reason ends that the key may not read what could stop."""


def not_promised(kind: str) -> str:
    """Why undoing a row that pointers of the kind stop with is not exact, a clause."""
    return f"{kind.replace('_', ' ')}s that stop may not come back by themselves"


@dataclass(frozen=True, slots=True)
class Pointers:
    """What refers to the objects that a provider was asked about."""

    to: Mapping[str, tuple[Pointer, ...]] = field(default_factory=dict)
    """Object id -> what refers to it."""
    unread: tuple[str, ...] = ()
    """Kinds that the key may not read."""
    may_stop: tuple[str, ...] = ()
    """Of those the kinds whose objects stop with what they refer to."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs; None stands for a value that is not set."""

    path: Path
    """From the field's name down to the value."""
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a plan."""

    address: str
    kind: str
    action: Action
    before: Resource | None = None
    """What is in force at the address now; None where nothing is."""
    after: Resource | None = None
    """What will be in force; None where nothing will be."""
    revives: Resource | None = None
    """Reactivate: the archived object that comes back, where `before` is the one whose place it takes."""
    changed: tuple[FieldChange, ...] = ()
    """From `before` to `after`, only what differs."""
    replace_because: tuple[str, ...] = ()
    """Fields that only a successor can change."""
    irreversible: tuple[str, ...] = ()
    """Why it cannot be taken back, a sentence each; empty where it can."""
    notes: tuple[str, ...] = ()
    """More that a reviewer has to know, a sentence each."""
    annotations: tuple[Annotation, ...] = ()
    transfers: tuple[str, ...] = ()
    """Exclusive fields whose value another object holds now and gives up for this one."""
    new_id: str | None = None
    """Create, replace: the id to choose; None leaves it to the provider."""
    used: bool = False
    """The object belongs to the account: the catalog uses it as it is."""
    given_back: Resource | None = None
    """Update of an object that is let go: what it holds again afterwards; None leaves it as it is."""
    stays: bool = False
    """Replace: the predecessor stays in use, because the provider does not let go of it."""
    reach: Reach = Reach.COSMETIC
    undo: Undo = Undo()
    """In the digest without what pointers take from it: they come and go while a plan is in review."""
    audience: Audience | None = None
    """Who stays on the price that goes away; None where nothing goes away. Not in the digest."""
    pointers: tuple[Pointer, ...] = ()
    """What refers to the object that goes away. Not in the digest."""

    @property
    def object_id(self) -> str | None:
        """Id of the object that the change acts on; None for one that is to be created."""
        acted_on = self.revives or self.before
        return acted_on.object_id if acted_on else None

    @property
    def retires(self) -> str | None:
        """Id of the object that the row takes out of use."""
        gone = self.action in (Action.ARCHIVE, Action.DELETE, Action.REPLACE)
        succeeded = self.action is Action.REACTIVATE and self.revives is not None
        goes = (gone or succeeded) and not self.stays
        return self.before.object_id if self.before and goes else None

    @property
    def resource(self) -> Resource:
        """The resource that the row is about: the new one, else the old one."""
        resource = self.after or self.before
        assert resource is not None, "a change has a before or an after"
        return resource

    @property
    def fidelity(self) -> Fidelity:
        return max((a.fidelity for a in self.annotations), key=lambda f: f.rank, default=Fidelity.EXACT)


class DriftChange(StrEnum):
    """What happened behind the manifests' back."""

    MODIFIED = "modified"
    ARCHIVED = "archived"
    DELETED = "deleted"
    APPEARED = "appeared"
    UNMARKED = "unmarked"
    """It lost its mark; `fields` are what changed besides."""


@dataclass(frozen=True, slots=True)
class FieldDrift:
    path: Path
    recorded: Value
    observed: Value


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is no longer as the last revision recorded it."""

    address: str
    kind: str
    object_id: str | None
    change: DriftChange
    fields: tuple[FieldDrift, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose catalog it is."""

    id: str
    livemode: bool
    api_version: str
    api_base: str = ""
    """Where requests go: the address of an API, or `shadow` for an account in a file on this machine; empty
    where nobody knows."""

    def __str__(self) -> str:
        return f"{self.id} in {'live' if self.livemode else 'test'} mode"

    def is_same(self, other: Account) -> bool:
        """Whether both are one account in one mode, however it is reached."""
        return (self.id, self.livemode) == (other.id, other.livemode)


@dataclass(frozen=True, slots=True)
class Base:
    """What the plan was made from; another base makes it stale."""

    revision: int
    """Number of the last revision; 0 where there is none."""
    observed_digest: str


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """The version of the manifests that a plan was made from."""

    commit: str
    """40 or 64 hex digits."""
    dirty: bool
    """Files of the project are not as the commit has them."""


@dataclass(frozen=True, slots=True)
class Reassessed:
    """An artifact of both versions of the manifests that is held otherwise now."""

    address: str
    before: tuple[Annotation, ...]
    after: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The version of the manifests that a diff leads from, in place of what an account holds."""

    base: str
    """As readers name it: `main@1a2b3c4`."""
    commit: str
    """40 or 64 hex digits."""
    reassessed: tuple[Reassessed, ...] = ()
    """In the order of the catalog."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a reviewer sees and an apply executes.

    A *diff* is a plan whose account is None: it leads from one version of the manifests to another as if an
    account held exactly the first, and cannot be applied.
    """

    catalog: str
    environment: str
    account: Account | None
    """None for a diff, which asks no account."""
    base: Base
    desired_digest: str
    changes: tuple[Change, ...]
    """Every desired resource has its row, even if nothing changes, so that a plan file suffices to apply."""
    drift: tuple[Drift, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    """Of all artifacts, also of those that are not sent."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Verdict of the guard and what else the plan has to say; errors block it."""
    quotes: tuple[Quote, ...] = ()
    """What customers pay before and after: of profiles, and of changed tiers and packages at their edges."""
    rollback_of: int | None = None
    """The revision whose state it restores, for the plan of a rollback."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Old address -> new address, of objects that only change their name."""
    released: tuple[str, ...] = ()
    """Addresses that are let go: their objects stay as they are, without our mark."""
    approval: tuple[Reach, ...] = ()
    """What the policy wants somebody to approve, of what the plan does."""
    allowed: tuple[str, ...] = ()
    """The allowances that it was given and needs: without them it would be blocked."""
    targets: tuple[str, ...] = ()
    """Addresses that a partial plan was asked for; empty for a plan of the whole catalog."""
    unread: tuple[str, ...] = ()
    """Kinds that may refer to what goes away, and that the key may not read. Not in the digest."""
    plan_id: str = ""
    created_at: str = ""
    """ISO 8601, UTC. Like `plan_id` no part of the digest."""
    made_from: MadeFrom | None = None
    """None outside version control. Not in the digest."""
    compared: Compared | None = None
    """What a diff leads from; None for every other plan. Not in the digest."""

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(change for change in self.changes if change.action is not Action.NO_OP)

    @property
    def desired(self) -> State:
        return State.of(change.after for change in self.changes if change.after)

    @property
    def blocked(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.diagnostics)

    @property
    def summary(self) -> Mapping[str, int]:
        """Counts by action and by fidelity (one verdict an artifact), and of drifted objects."""
        actions = Counter(change.action for change in self.changes)
        fidelities = Counter(verdicts(self.annotations).values())
        return {
            **{action.value.replace("-", "_"): actions[action] for action in Action},
            **{fidelity.value: fidelities[fidelity] for fidelity in Fidelity},
            "drift": len(self.drift),
        }


@dataclass(frozen=True, slots=True)
class Revision:
    """Numbered record of one finished apply."""

    number: int
    catalog: str
    environment: str
    account: Account
    desired: State
    """As the plan declared it; ids only where they are chosen by us."""
    ids: Mapping[str, str]
    """Address -> id of the object that bore it when the apply ended."""
    used: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Addresses at which an object of the account is used, which is not ours to change."""
    former: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Object id -> address that it bore, of objects of ours that carry no mark and went out of use."""
    annotations: tuple[Annotation, ...]
    plan_digest: str
    desired_digest: str
    run: str
    created_at: str
    by: str
    commit: str | None = None
    """What the manifests were planned from; None where nobody knows."""
    dirty: bool = False
    """They were not as that commit has them."""
    rollback_of: int | None = None
    moved: Mapping[str, str] = field(default_factory=dict)
    """Old address -> new address, of what was only renamed."""
    changes: Mapping[str, int] = field(default_factory=dict)
    """Counts by action, for the history."""
    previous: str | None = field(default=None, compare=False)
    """Checksum of the revision before it, set when it is written; None in records of format 1.0."""

    @property
    def recorded(self) -> State:
        """What the account held when the apply ended: the desired state with the ids of its objects."""
        return State.of(
            replace(resource, object_id=self.ids.get(resource.address, resource.object_id))
            for resource in self.desired
        )
