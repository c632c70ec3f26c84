"""Make a plan: match, compare, look for drift, hold it against the guard. Pure; reads come in as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from stripectl.diagnostics import Diagnostic, Severity, by_importance
from stripectl.engine.consequences import weighed
from stripectl.engine.customers import without_missing
from stripectl.engine.diff import changes
from stripectl.engine.drift import drift
from stripectl.engine.fidelity import Annotation
from stripectl.engine.guard import allowances_of, guard
from stripectl.engine.held import keep_held
from stripectl.engine.kinds import Kind, Kinds, Reach
from stripectl.engine.matching import Matched, match
from stripectl.engine.plan import Account, Action, Base, Change, Plan, Revision
from stripectl.engine.policy import Policy
from stripectl.engine.projection import foreign_keys, owned_keys
from stripectl.engine.quotes import Basket
from stripectl.engine.renames import perhaps_renamed
from stripectl.engine.resource import Resource, State
from stripectl.engine.spent import Settled, settle
from stripectl.engine.targeting import only, remarks
from stripectl.engine.unrecoverable import left_out, standing, without
from stripectl.engine.values import Value, canonical, digest, equal, to_json

LONGEST = 72
"""Characters of a value that a remark repeats."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants an account to hold."""

    catalog: str
    desired: State
    annotations: tuple[Annotation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was already found out on the way: warnings of the manifests, the currency stance."""
    moved: Mapping[str, str] = field(default_factory=dict)
    released: tuple[str, ...] = ()
    rollback_of: Revision | None = None
    targets: tuple[str, ...] = ()
    """Addresses to plan; empty plans all."""
    profiles: tuple[Basket, ...] = ()
    """What is quoted before and after."""
    begun: State = field(default_factory=State)
    """What a run was to bring about and no revision records: it may be there, and is ours then."""
    given_back: Mapping[str, Resource] = field(default_factory=dict)
    """Ids of objects that are to lose our mark, with what they are to hold again."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is to hold it, and what is found there."""

    environment: str
    account: Account
    objects: tuple[Resource, ...]
    """As the provider reports them."""
    last: Revision | None
    """The last revision of the catalog there."""
    undone: Revision | None = None
    """What was in force before the last revision, where that is a rollback."""
    assumed: State = field(default_factory=State)
    """What counts as recorded where there is no revision."""
    now: int = 0
    """Unix seconds; 0 comes before every date, where no account is asked."""
    left_behind: Mapping[str, str] = field(default_factory=dict)
    """Object id -> address, of what runs that were put back left."""
    known: frozenset[str] | None = None
    """Ids of everything that is ours and in use, as records and journals have them; None is no record."""
    missing_customers: frozenset[str] = frozenset()
    """Ids of customers who are known not to exist."""

    @property
    def recorded(self) -> State:
        return self.last.recorded if self.last else self.assumed


def make_plan(
    intent: Intent, target: Target, kinds: Kinds, policy: Policy, *, allow: frozenset[str] = frozenset()
) -> Plan:
    """The plan that brings the target to the intent; `plan_id` and `created_at` are left to the caller."""
    moved = _moved(intent, target)
    renamed = State.of(each.renamed(moved) for each in (*target.recorded, *intent.begun))
    matched = _match(intent, target, kinds, renamed, moved)
    owned = _with_owned_keys(matched, intent.desired, renamed, kinds)
    compared = changes(owned, intent.desired, kinds, released=intent.released, given_back=intent.given_back)
    settled = settle(compared, matched.objects, kinds, target.now, known=_known(intent, target))
    settled = without_missing(settled, target.missing_customers, kinds)
    if settled.impossible and intent.rollback_of:
        rest = _recoverable(intent, settled.impossible, matched, target.recorded)
        return make_plan(rest, target, kinds, policy, allow=allow)
    every, held = keep_held(settled.rows, owned, kinds)
    rows = only(every, intent.targets, kinds)
    noted = weighed(annotated(rows, intent.annotations), kinds)
    plan = Plan(
        catalog=intent.catalog,
        environment=target.environment,
        account=target.account,
        base=Base(
            target.last.number if target.last else 0,
            _observed_digest(matched, intent.desired, renamed, kinds),
        ),
        desired_digest=_desired(rows, intent).digest(),
        changes=noted,
        drift=drift(target.last, target.objects, kinds) if target.last else (),
        annotations=intent.annotations,
        rollback_of=intent.rollback_of.number if intent.rollback_of else None,
        moved=moved,
        released=intent.released,
        approval=_approval(noted, policy),
        targets=intent.targets,
    )
    found = (
        *intent.diagnostics,
        *matched.conflicts,
        *_in_the_way(settled, plan),
        *settled.remarks,
        *held,
        *_shared(matched, intent.desired, kinds),
        *_foreign(matched, intent.desired, renamed, kinds),
        *_unread(matched, intent.desired, kinds),
        *_redone(intent, target, plan),
        *perhaps_renamed(plan.effective, kinds),
        *remarks(every, intent.targets),
        *guard(plan, matched.objects, renamed, kinds, policy, allow),
    )
    told = replace(plan, diagnostics=by_importance(found))
    return replace(told, allowed=allowances_of(told))


def _match(
    intent: Intent, target: Target, kinds: Kinds, recorded: State, moved: Mapping[str, str]
) -> Matched:
    return match(
        target.objects,
        intent.desired,
        recorded,
        kinds,
        intent.catalog,
        moved=moved,
        preferred=_preferred(intent.rollback_of),
        used=_used(intent, target, moved),
        let_go=frozenset(intent.given_back),
        former=_former(intent, target, moved),
        known=target.known,
    )


def _in_the_way(settled: Settled, plan: Plan) -> Iterable[Diagnostic]:
    """What cannot be made, of what the plan would make: a partial one leaves other addresses alone."""
    effective = {row.address for row in plan.effective}
    return (each for each in settled.impossible if each.address in effective)


def _known(intent: Intent, target: Target) -> frozenset[str] | None:
    """Ids that the record, or the revision to go back to, has; None where there is no record."""
    if target.last is None:
        return None
    begun = (each.object_id for each in intent.begun if each.object_id)
    then = intent.rollback_of.ids.values() if intent.rollback_of else ()
    return frozenset((*target.last.ids.values(), *begun, *then))


def _recoverable(
    intent: Intent, impossible: tuple[Diagnostic, ...], matched: Matched, recorded: State
) -> Intent:
    """A rollback without what can no longer exist: where something else is at its address, that stays."""
    now = standing(intent.desired, impossible, recorded, matched.state)
    rest = without(intent.desired, impossible, now)
    artifacts = {each.artifact for each in intent.desired} - {each.artifact for each in rest}
    return replace(
        intent,
        desired=rest,
        annotations=tuple(each for each in intent.annotations if each.address not in artifacts),
        diagnostics=(*intent.diagnostics, *left_out(impossible, now)),
    )


def _approval(rows: Iterable[Change], policy: Policy) -> tuple[Reach, ...]:
    found = {row.reach for row in rows if row.action is not Action.NO_OP}
    return tuple(each for each in Reach if each in found and each in policy.approval)


def _desired(rows: Iterable[Change], intent: Intent) -> State:
    """What the plan leaves desired: all of the intent, or of a partial plan what its rows say."""
    return State.of(row.after for row in rows if row.after) if intent.targets else intent.desired


def _moved(intent: Intent, target: Target) -> Mapping[str, str]:
    """Old address -> new one, of what still has the old one; a rollback gives back the former addresses."""
    known = {each.address for each in target.objects if each.owner == intent.catalog}
    known |= target.recorded.resources.keys()
    told = {old: new for old, new in intent.moved.items() if old in known}
    if intent.rollback_of is None:
        return told
    bore = {object_id: address for address, object_id in intent.rollback_of.ids.items()}
    marked = {
        each.address: bore[each.object_id]
        for each in target.objects
        if each.owner == intent.catalog and each.object_id in bore and each.address not in intent.desired
    }
    found = {old: new for old, new in marked.items() if old != new}
    taken = {*found.values(), *target.recorded.resources.keys()}
    return {**{old: new for old, new in told.items() if new not in taken}, **found}


def _with_owned_keys(matched: Matched, desired: State, recorded: State, kinds: Kinds) -> Matched:
    def cut(address: str, each: Resource | None) -> Resource | None:
        ours = (desired.get(address), recorded.get(address))
        return owned_keys(each, ours, kinds[each.kind]) if each else None

    return replace(
        matched,
        by_address={
            address: replace(found, in_force=cut(address, found.in_force), spare=cut(address, found.spare))
            for address, found in matched.by_address.items()
        },
    )


def _observed_digest(matched: Matched, desired: State, recorded: State, kinds: Kinds) -> str:
    """Of every object of ours, without what others keep on it: what a plan was made from."""
    ordered = sorted(matched.objects, key=lambda each: (each.kind, each.object_id or ""))
    ours = (
        owned_keys(each, (desired.get(each.address), recorded.get(each.address)), kinds[each.kind])
        for each in ordered
    )
    return digest([_lasting(each, kinds[each.kind]).to_json() for each in ours])


def _lasting(each: Resource, kind: Kind) -> Resource:
    """Without what passes by itself: a plan does not become another one because a code expires meanwhile."""
    if not kind.limits:
        return each
    return replace(each, fields={name: value for name, value in each.fields.items() if name != "active"})


def annotated(rows: Iterable[Change], annotations: Iterable[Annotation]) -> tuple[Change, ...]:
    """Each row with the notes on the artifact behind it."""
    notes: dict[str, list[Annotation]] = defaultdict(list)
    for note in annotations:
        notes[note.address].append(note)
    return tuple(replace(row, annotations=tuple(notes[row.resource.artifact])) for row in rows)


def _preferred(then: Revision | None) -> Mapping[str, str]:
    """What a rollback would rather have back: ids by address, without what was only used."""
    ids = then.ids.items() if then else ()
    return {address: object_id for address, object_id in ids if then and address not in then.used}


def _used(intent: Intent, target: Target, moved: Mapping[str, str]) -> frozenset[str]:
    """Addresses at which the record only used an object of the account."""
    used = target.last.used if target.last else ()
    return frozenset(moved.get(address, address) for address in used) - intent.begun.resources.keys()


def _former(intent: Intent, target: Target, moved: Mapping[str, str]) -> Mapping[str, str]:
    """What was ours and may be out of use by now; what a run takes the place of is, while it lasts."""
    former = {**target.left_behind, **(target.last.former if target.last else {})}
    if target.last and intent.begun.resources:
        ids, used = target.last.ids, target.last.used
        former |= {object_id: address for address, object_id in ids.items() if address not in used}
    return {object_id: moved.get(address, address) for object_id, address in former.items()}


def _shared(matched: Matched, desired: State, kinds: Kinds) -> Iterable[Diagnostic]:
    blocked = {conflict.address for conflict in matched.conflicts}
    for address, found in matched.by_address.items():
        wanted = desired.get(address)
        if found.used and found.in_force and wanted and address not in blocked:
            kind = kinds[wanted.kind]
            yield Diagnostic(
                Severity.INFO,
                "used-as-it-is",
                "An object of the account is used and not managed",
                f"{address} is {kind.noun} {found.in_force.object_id}, which is just as declared; stripectl"
                " never changes it or takes it out of use.",
                hint=f"write `id: {found.in_force.object_id}` to have it managed",
                address=address,
                source=wanted.source,
            )


def _foreign(matched: Matched, desired: State, recorded: State, kinds: Kinds) -> Iterable[Diagnostic]:
    for address, found in matched.by_address.items():
        wanted = desired.get(address)
        if not (found.in_force and wanted) or found.used:
            continue
        kind = kinds[wanted.kind]
        if keys := foreign_keys(found.in_force, (wanted, recorded.get(address)), kind):
            yield Diagnostic(
                Severity.INFO,
                "foreign-metadata",
                "Metadata of others is left alone",
                f"{kind.noun} {found.in_force.object_id} has {', '.join(keys)}, which no manifest declares.",
                address=address,
                source=wanted.source,
            )


def _unread(matched: Matched, desired: State, kinds: Kinds) -> Iterable[Diagnostic]:
    """What the objects that stay, or are adopted, hold beyond what a manifest can say."""
    for address, found in matched.by_address.items():
        wanted, holder = desired.get(address), found.bearer or found.in_force
        if wanted and holder and holder.unread and not found.used:
            held = ", ".join(f"{path} {_short(value)}" for path, value in holder.unread.items())
            yield Diagnostic(
                Severity.INFO,
                "not-in-the-format",
                "The account holds something that a manifest cannot say",
                f"{kinds[wanted.kind].noun} {holder.object_id} has {held}. It stays as it is; a successor"
                " would not have it.",
                address=address,
                source=wanted.source,
            )


def _short(value: Value) -> str:
    text = canonical(to_json(value)).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _redone(intent: Intent, target: Target, plan: Plan) -> Iterable[Diagnostic]:
    """After a rollback the manifests still say what was undone."""
    last, undone = target.last, target.undone
    if last is None or undone is None or intent.rollback_of is not None:
        return
    again = [row.address for row in plan.effective if _brings_back(row, undone.desired, last.desired)]
    if again:
        yield Diagnostic(
            Severity.WARNING,
            "redoes-rollback",
            "The plan would redo what a rollback undid",
            f"Revision {last.number} rolled back to revision {last.rollback_of}. As in revision"
            f" {undone.number} again would be: {', '.join(again)}.",
            hint="revert the manifests to the state that was rolled back to, or apply on purpose",
        )


def _brings_back(row: Change, undone: State, now: State) -> bool:
    """Something of the row is as it was before the rollback, and is not so since."""
    then, since, wanted = undone.get(row.address), now.get(row.address), row.after
    if not (then and since and wanted):
        return (then is None) != (since is None) and (then is None) == (wanted is None)
    names = {*then.fields, *since.fields}
    sides = ((then.fields.get(name), since.fields.get(name), wanted.fields.get(name)) for name in names)
    return any(not equal(before, after) and equal(before, want) for before, after, want in sides)
