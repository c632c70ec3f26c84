"""Make plans: of manifests, of a rollback, of a saved plan again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Severity, by_importance
from stripectl.engine import customers
from stripectl.engine.branch import on_branch
from stripectl.engine.consequences import pointed_to
from stripectl.engine.customers import Customers
from stripectl.engine.plan import RUN_IN_BETWEEN, UNREAD, Plan, Revision
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.pointing import pointing
from stripectl.engine.quotes import Sale
from stripectl.engine.resource import Resource, State
from stripectl.operations.runs import runs
from stripectl.operations.session import Session
from stripectl.review.leaving import left_by
from stripectl.review.products import Products


def plan(session: Session, intent: Intent, *, allow: frozenset[str] = frozenset()) -> Plan:
    """The plan that brings the account to the intent, with who is affected and what they pay. Only reads."""
    target = session.target(intent.desired)
    made = checked(session, intent, target, allow=allow)
    told = (*made.diagnostics, *session.provider.caveats(), *_unfinished(session))
    counted = replace(_with_affected(session, made, target.objects), diagnostics=by_importance(told))
    return replace(
        _on_branch(session, counted),
        quotes=session.provider.quotes(
            intent.profiles, _before(made, target.last), Sale.of(made.desired, made.annotations)
        ),
        plan_id=session.new_id(),
        created_at=session.now().isoformat(timespec="seconds"),
        made_from=session.made_from,
    )


def checked(session: Session, intent: Intent, target: Target, *, allow: frozenset[str] = frozenset()) -> Plan:
    """The bare plan, with the customers looked up whom it would make something for; else nothing is read."""
    kinds = session.provider.kinds
    made = make_plan(intent, target, kinds, session.policy, allow=allow)
    named = customers.named(made.effective, kinds)
    found = session.provider.customers(named) if named else Customers()
    if found.missing:
        target = replace(target, missing_customers=found.missing)
        made = make_plan(intent, target, kinds, session.policy, allow=allow)
    told = (*made.diagnostics, *customers.unread(made.effective, found, kinds))
    return replace(made, diagnostics=by_importance(told))


def _on_branch(session: Session, made: Plan) -> Plan:
    """The plan with what there is to say of the branch; outside version control nothing is read for it."""
    here = session.made_from
    return on_branch(made, session.revisions.last(), here, session.builds_on) if here else made


def _unfinished(session: Session) -> tuple[Diagnostic, ...]:
    """A plan over a run that stopped half-way may undo what that run was about to do."""
    return tuple(
        Diagnostic(
            Severity.WARNING,
            RUN_IN_BETWEEN,
            "An apply stopped half-way, and comes first",
            f"Run {each.run} is not finished; part of this plan may be what it left.",
            hint="finish or undo it: stripectl apply --resume, or --unwind",
        )
        for each in runs(session.revisions, session.journals).open
    )


def rollback_intent(session: Session, number: int) -> Intent:
    """To hold again what revision `number` recorded; raises InvalidInput where there is none."""
    revision = session.recorded(number)
    # Lines of today's files say nothing of what was declared then, and what was adopted then is ours since.
    desired = State.of(replace(each, source=None, adopts=False) for each in revision.desired)
    notes = tuple(replace(each, source=None) for each in revision.annotations)
    moved = _names_of_then(session.revisions.all(), revision)
    return Intent(session.catalog, desired, notes, moved=moved, rollback_of=revision)


def _names_of_then(every: Iterable[Revision], then: Revision) -> Mapping[str, str]:
    """Today's address -> the one in an earlier revision, of what was renamed since and was there already."""
    names = {address: address for address in then.desired.resources}
    for each in every:
        if each.number > then.number:
            names = {old: each.moved.get(new, new) for old, new in names.items()}
    return {new: old for old, new in names.items() if new != old}


def intent_of(session: Session, made: Plan) -> Intent:
    """What a saved plan was made for."""
    source = session.recorded(made.rollback_of) if made.rollback_of is not None else None
    return Intent(
        made.catalog,
        made.desired,
        made.annotations,
        moved=made.moved,
        released=made.released,
        rollback_of=source,
    )


def _before(made: Plan, last: Revision | None) -> Sale:
    """What is in force now at the plan's addresses, also under those that it had before it was moved."""
    rows = sorted(made.changes, key=lambda row: row.after is not None)
    held = [replace(row.before, address=row.address) for row in rows if row.before and row.before.active]
    notes = last.annotations if last else made.annotations
    return Sale.of(
        State.of(held).also_under(made.moved),
        (replace(note, address=made.moved.get(note.address, note.address)) for note in notes),
    )


def _with_affected(session: Session, made: Plan, objects: Iterable[Resource]) -> Plan:
    """Who stays on what goes away, what still refers to it, and what stops with it."""
    gone = sorted({row.retires for row in made.effective if row.retires})
    products = Products.of(made)
    left = {id_ for row in made.changes if (id_ := left_by(row, products))}
    if not (gone or left):
        return made
    audiences = session.provider.audience(sorted(left))
    outside, within = session.provider.pointers(gone), pointing(made.changes, objects, session.provider.kinds)
    rows = tuple(
        replace(
            pointed_to(
                row,
                (*outside.to.get(row.retires or "", ()), *within.get(row.retires or "", ())),
                outside.may_stop,
            ),
            audience=audiences.get(on, UNREAD) if (on := left_by(row, products)) else None,
        )
        for row in made.changes
    )
    return replace(made, changes=rows, unread=outside.unread)
