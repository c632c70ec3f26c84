"""The guard: what a plan may not do without a further word, held against the policy. Its errors block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from fractions import Fraction
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.kinds import Kind, Kinds, Move
from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.policy import OnApproximate, OnUnsupported, Policy
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Value

ALLOWANCES: Mapping[str, str] = {
    "irreversible": "changes that cannot be taken back",
    "archives": "more removals than the policy allows",
    "price-changes": "larger changes of an amount than the policy allows",
}
"""What `--allow` takes -> what it lets through."""

ALLOWED_BY: Mapping[str, str] = {
    "irreversible": "irreversible",
    "too-many-removals": "archives",
    "price-change": "price-changes",
}
"""Code of what is forbidden -> what lets it through; anything else nothing does."""

SMALL_CATALOG = 10
"""Below so many objects in use a share of them says nothing."""


@dataclass(frozen=True, slots=True)
class _Case:
    plan: Plan
    objects: tuple[Resource, ...]
    recorded: State
    kinds: Kinds
    policy: Policy


def guard(
    plan: Plan,
    objects: Iterable[Resource],
    recorded: State,
    kinds: Kinds,
    policy: Policy,
    allow: frozenset[str],
) -> tuple[Diagnostic, ...]:
    """All that forbids the plan, or has to be said of it; `recorded` has its addresses of today."""
    case = _Case(plan, tuple(objects), recorded, kinds, policy)
    return tuple(let_through(found, allow) for rule in _RULES for found in rule(case))


def let_through(found: Diagnostic, allow: frozenset[str]) -> Diagnostic:
    """Allowed is not unsaid: whoever reviews the plan, or looks it up later, sees what was let through."""
    allowance = ALLOWED_BY.get(found.code)
    if allowance not in allow:
        return found
    detail = f"{found.detail} Let through by --allow {allowance}."
    return replace(found, severity=Severity.WARNING, detail=detail, hint="")


def allowances_of(plan: Plan) -> tuple[str, ...]:
    """What the plan was allowed, as far as it needed it: `--allow` without these blocks it."""
    used = {ALLOWED_BY.get(each.code) for each in plan.diagnostics if not each.is_error}
    return tuple(name for name in ALLOWANCES if name in used)


def fidelity_rules(annotations: Iterable[Annotation], policy: Policy) -> Iterator[Diagnostic]:
    """What the policy says of losses; needs no account."""
    unsupported = Severity.ERROR if policy.unsupported is OnUnsupported.BLOCK else Severity.WARNING
    for note in annotations:
        if note.blocks:
            yield _loss(note, "unsupported", "Something in the catalog cannot be sent", unsupported)
        elif _must_be_accepted(note, policy):
            yield _loss(note, "approximate", "An approximation has to be accepted", Severity.ERROR)


def _must_be_accepted(note: Annotation, policy: Policy) -> bool:
    strict = policy.approximate is OnApproximate.REQUIRE_ACCEPT
    return strict and note.fidelity is Fidelity.APPROXIMATE and note.accepted is None


def _fidelity(case: _Case) -> Iterator[Diagnostic]:
    return fidelity_rules(case.plan.annotations, case.policy)


def _loss(note: Annotation, code: str, summary: str, severity: Severity) -> Diagnostic:
    return Diagnostic(
        severity,
        code,
        summary,
        f"{note.address}: {note.code}. {note.detail}",
        hint=f"accept it with a reason: accept: [{{address: {note.address}, code: {note.code}, reason: …}}]",
        address=note.address,
        source=note.source,
    )


_TAKES_AWAY = (Action.ARCHIVE, Action.DELETE, Action.REPLACE)


def _protected(case: _Case) -> Iterator[Diagnostic]:
    sides = ((row.address, each) for row in case.plan.changes for each in (row.before, row.after))
    protected = {address: each for address, each in sides if each and each.protect}
    for row in case.plan.effective:
        guarded = protected.get(row.address)
        if guarded and row.action in _TAKES_AWAY:
            yield error(
                "protected",
                "A protected object would be taken out of use",
                f"{row.address} is marked `protect: true`, and the plan would {row.action} it.",
                hint="remove `protect` in a change of its own, reviewed on its own",
                address=row.address,
                source=guarded.source,
            )


def _irreversible(case: _Case) -> Iterator[Diagnostic]:
    for row in case.plan.effective:
        if row.irreversible:
            yield error(
                "irreversible",
                "A change cannot be taken back",
                f"{row.address}, {row.action}: {'; '.join(row.irreversible)}.",
                hint="allow it with --allow irreversible",
                address=row.address,
                source=row.resource.source,
            )


def _archives(case: _Case) -> Iterator[Diagnostic]:
    limit = case.policy.max_archive_percent
    owned = sum(1 for each in case.objects if each.active)
    gone = sum(1 for row in case.plan.effective if row.action in (Action.ARCHIVE, Action.DELETE))
    if limit is not None and owned >= SMALL_CATALOG and gone * 100 > owned * limit:
        yield error(
            "too-many-removals",
            "The plan takes an unusual share of the catalog out of use",
            f"{gone} of {owned} objects would be archived or deleted;"
            f" the policy allows {limit} % (max_archive_percent).",
            hint="check that no manifest is missing; if it is meant, --allow archives",
        )


def _price_changes(case: _Case) -> Iterator[Diagnostic]:
    limit = case.policy.max_price_change_percent
    if limit is None:
        return
    holders = _holders(case.plan)
    # Another object is taken over at the address of one that goes.
    gone = {row.address: row.before for row in case.plan.effective if row.before and not row.after}
    # What is adopted takes the place of what was sold at the address, even if somebody archived that by hand.
    adopted = {row.address for row in case.plan.effective if row.action is Action.ADOPT}
    sold = {address: case.recorded.get(address) for address in adopted}
    for row in case.plan.effective:
        succeeded = (*map(holders.get, _taken(row)), gone.get(row.address), sold.get(row.address))
        every = _moves(row, case.kinds[row.kind], succeeded)
        if found := [each for each in every if each.share is None or abs(each.share) > limit]:
            yield error(
                "price-change",
                "An amount changes by more than the policy allows",
                f"{row.address}: {_told(max(found, key=_size))};"
                f" the policy allows {limit} % (max_price_change_percent).",
                hint="check the amount and its decimal point; if it is meant, --allow price-changes",
                address=row.address,
                source=row.resource.source,
            )


def _moves(row: Change, kind: Kind, succeeded: Iterable[Resource | None]) -> Iterator[Move]:
    """Against what is at the address now, and against what has the names that it takes over."""
    for before in (row.before, *succeeded):
        if before and row.after and row.after.active:
            yield from kind.moves(before.fields, row.after.fields)


_Name: TypeAlias = tuple[str, str, Value]
"""Kind, exclusive field, and the value that one object at a time has in it."""


def _holders(plan: Plan) -> Mapping[_Name, Resource]:
    """Names that pass to other rows -> what has them now: it is succeeded, though under another address."""
    passing = {(row.kind, field) for row in plan.effective for field in row.transfers}
    return {
        (kind, field, row.before.fields.get(field)): row.before
        for row in plan.effective
        for kind, field in passing
        if row.before and row.kind == kind
    }


def _taken(row: Change) -> tuple[_Name, ...]:
    return tuple((row.kind, field, row.resource.fields.get(field)) for field in row.transfers)


def _size(move: Move) -> tuple[bool, Fraction]:
    return move.share is None, abs(move.share or Fraction(0))


def _told(move: Move) -> str:
    if move.share is None:
        return move.what
    # Away from zero, so that nothing beyond a limit reads as if it were the limit.
    share = (Decimal(move.share.numerator) / move.share.denominator).quantize(
        Decimal("0.1"), rounding=ROUND_UP
    )
    return f"{move.what} changes by {share:+,f} %"


_RULES: tuple[Callable[[_Case], Iterator[Diagnostic]], ...] = (
    _fidelity,
    _protected,
    _irreversible,
    _archives,
    _price_changes,
)
