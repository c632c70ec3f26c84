"""Compare two versions of the manifests: a plan for an account that is taken to hold exactly the first one.

The planner does it, on objects that stand for what the first version declares. What only an account could
tell (ids, subscriptions, drift, an archived object that would come back) is not in such a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stripectl.diagnostics import Diagnostic, Path, Severity
from stripectl.engine.fidelity import Annotation
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.plan import Account, Base, Change, Compared, FieldChange, Plan, Reassessed
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.policy import Policy
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value, resolve

GONE = "catalog-gone"

NOBODY = Account("", livemode=False, api_version="")
"""Stands for the account while a diff is planned, and is in no diff."""


@dataclass(frozen=True, slots=True)
class Version:
    """What the manifests of one commit declare."""

    base: str
    """As readers name it: `main@1a2b3c4`."""
    commit: str
    declared: State = field(default_factory=State)
    annotations: tuple[Annotation, ...] = ()


def compare_versions(
    before: Version,
    intent: Intent,
    environment: str,
    kinds: Kinds,
    policy: Policy,
    *,
    allow: frozenset[str] = frozenset(),
) -> Plan:
    """What leads from one version to the intent; `environment` is the one whose policy is given."""
    ids = {each.address: each.address for each in before.declared}
    target = Target(
        environment,
        NOBODY,
        objects=(*_standing_for(before.declared, ids, intent.catalog, kinds), *_to_adopt(before, intent)),
        last=None,
        assumed=State.of(replace(each, object_id=ids[each.address]) for each in before.declared),
    )
    made = make_plan(intent, target, kinds, policy, allow=allow)
    known = {each.address: each.renamed(made.moved) for each in before.declared}
    return replace(
        made,
        account=None,
        changes=tuple(_without_ids(row, known, kinds[row.kind]) for row in made.changes),
        compared=Compared(before.base, before.commit, tuple(_reassessed(before, intent, made.moved))),
    )


def differs(made: Plan) -> bool:
    """Whether the two versions of a diff say different things of the catalog."""
    return bool(made.effective or is_gone(made) or (made.compared and made.compared.reassessed))


def is_gone(made: Plan) -> bool:
    """Whether the later version no longer has the catalog."""
    return any(each.code == GONE for each in made.diagnostics)


def gone(before: Version, catalog: str, environment: str) -> Plan:
    """The diff of a catalog that is no longer there; no plan would take anything of it out of use."""
    number = len(before.declared)
    return Plan(
        catalog,
        environment,
        account=None,
        base=Base(0, before.declared.digest()),
        desired_digest=State().digest(),
        changes=(),
        diagnostics=(
            Diagnostic(
                Severity.WARNING,
                GONE,
                "A catalog of the base is no longer there",
                f"{before.base} declares {number} objects in {catalog}. Without its folder nothing plans it,"
                " so what was applied of it stays in the account as it is.",
                hint="to retire it, apply it emptied once and then remove the folder; where the folder was"
                " renamed, give it its former name back",
            ),
        ),
        compared=Compared(before.base, before.commit),
    )


def _standing_for(declared: State, ids: Mapping[str, str], catalog: str, kinds: Kinds) -> Iterator[Resource]:
    """The objects of an account that holds the state; the address of each is its id."""
    for each in declared:
        yield replace(
            each,
            fields={name: resolve(value, ids) for name, value in each.fields.items()},
            object_id=ids[each.address],
            owner=catalog if kinds[each.kind].marked else None,
        )


def _to_adopt(before: Version, intent: Intent) -> Iterator[Resource]:
    """Objects that the manifests newly name by their id: taken to be there, and as they are declared."""
    for each in intent.desired:
        if each.adopts and each.address not in before.declared:
            yield replace(each, address="")


def _without_ids(row: Change, known: Mapping[str, Resource], kind: Kind) -> Change:
    """The row with what was declared in place of what stood for it."""
    if row.before is None:
        return replace(row, new_id=None)
    declared = known.get(row.before.object_id or "", row.before)
    return replace(
        row,
        before=replace(declared, object_id=None),
        changed=tuple(_referring(each, known, kind) for each in row.changed),
        new_id=None,
    )


def _referring(each: FieldChange, known: Mapping[str, Resource], kind: Kind) -> FieldChange:
    """The planner leaves the id of an object that goes where a reference to it was."""
    if not _is_reference(each.path, kind):
        return each
    return replace(each, before=_reference(each.before, known))


def _is_reference(path: Path, kind: Kind) -> bool:
    return not kind.references.isdisjoint(path)


def _reference(value: Value, known: Mapping[str, Resource]) -> Value:
    match value:
        case str() if value in known:
            return Ref(known[value].address)
        case tuple():
            return tuple(_reference(item, known) for item in value)
        case _:
            return value


def _reassessed(before: Version, intent: Intent, moved: Mapping[str, str]) -> Iterator[Reassessed]:
    """Artifacts of both versions on which the verdict, or its acceptance, differs."""
    old = _by_address(
        replace(note, address=moved.get(note.address, note.address)) for note in before.annotations
    )
    for address, notes in _by_address(intent.annotations).items():
        if address in old and _verdict(old[address]) != _verdict(notes):
            yield Reassessed(address, old[address], notes)


def _by_address(annotations: Iterable[Annotation]) -> Mapping[str, tuple[Annotation, ...]]:
    found: dict[str, tuple[Annotation, ...]] = {}
    for note in annotations:
        found[note.address] = (*found.get(note.address, ()), note)
    return found


def _verdict(notes: Iterable[Annotation]) -> frozenset[tuple[str, str, str | None]]:
    return frozenset((note.fidelity.value, note.code, note.accepted) for note in notes)
