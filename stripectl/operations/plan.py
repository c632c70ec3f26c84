"""Make plans: of manifests, of a rollback, of a saved plan again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stripectl.engine.branch import on_branch
from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.planner import Intent, make_plan
from stripectl.engine.resource import State
from stripectl.operations.session import Session


def plan(session: Session, intent: Intent, *, allow: frozenset[str] = frozenset()) -> Plan:
    """The plan that brings the account to the intent, with who is affected. Sends reads only."""
    made = make_plan(
        intent, session.target(intent.desired), session.provider.kinds, session.policy, allow=allow
    )
    here = session.made_from
    return replace(
        on_branch(
            _with_subscribers(session, made),
            session.revisions.last() if here else None,
            here,
            session.builds_on,
        ),
        plan_id=session.new_id(),
        created_at=session.now().isoformat(timespec="seconds"),
        made_from=here,
    )


def rollback_intent(session: Session, number: int) -> Intent:
    """To hold again what revision `number` recorded; raises InvalidInput where there is none."""
    revision = session.revisions.get(number)
    # Lines of today's files say nothing of what was declared then.
    desired = State.of(replace(each, source=None) for each in revision.desired)
    notes = tuple(replace(each, source=None) for each in revision.annotations)
    return Intent(session.catalog, desired, notes, rollback_of=revision)


def intent_of(session: Session, made: Plan) -> Intent:
    """What a saved plan was made for."""
    source = session.revisions.get(made.rollback_of) if made.rollback_of is not None else None
    return Intent(
        made.catalog,
        made.desired,
        made.annotations,
        moved=made.moved,
        released=made.released,
        rollback_of=source,
    )


def _with_subscribers(session: Session, made: Plan) -> Plan:
    """Count who stays on what goes away."""
    leaving = {row.before.object_id for row in made.effective if row.before and _leaves(session, row)}
    if not leaving:
        return made
    counts = session.provider.subscribers(sorted(filter(None, leaving)))
    return replace(made, changes=tuple(_counted(row, counts) for row in made.changes))


def _counted(row: Change, counts: Mapping[str, int]) -> Change:
    count = counts.get(row.before.object_id or "") if row.before else None
    return row if count is None else replace(row, subscribers=count)


def _leaves(session: Session, row: Change) -> bool:
    """A price, or its like, is succeeded or archived by the row."""
    gone = (Action.REPLACE, Action.ARCHIVE)
    return session.provider.kinds[row.kind].subscribable and (row.action in gone or row.revives is not None)
