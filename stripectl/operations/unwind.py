"""Put an unfinished run back: a plan like any other, whose desired state is what there was before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stripectl.engine.guard import ALLOWANCES
from stripectl.engine.kinds import Kinds
from stripectl.engine.matching import linked
from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.policy import OnUnsupported, Policy
from stripectl.engine.resource import Resource, State

# What was allowed to be there before needs no leave to be there again.
FREE = Policy(OnUnsupported.WARN, max_archive_percent=None, max_price_change_percent=None)


def unwind_intent(plan: Plan, kinds: Kinds) -> Intent:
    """To hold again what the plan found, under the addresses that it had."""
    back = {new: old for old, new in plan.moved.items()}
    before = State.of(each.renamed(back) for each in _before(plan, kinds))
    adopted = tuple(row.address for row in plan.changes if row.action is Action.ADOPT)
    return Intent(plan.catalog, before, moved=back, released=adopted)


def unwind_plan(plan: Plan, target: Target, kinds: Kinds) -> Plan:
    """The changes that put a plan back, whatever part of it was done.

    What cannot be undone without harm is left: an object whose removal is permanent stays for the next apply.
    """
    made = make_plan(unwind_intent(plan, kinds), target, kinds, FREE, allow=frozenset(ALLOWANCES))
    return replace(made, changes=tuple(row for row in made.changes if not row.irreversible), diagnostics=())


def _before(plan: Plan, kinds: Kinds) -> Iterator[Resource]:
    bearers = {
        row.before.object_id: row.address for row in plan.changes if row.before and row.before.object_id
    }
    told: set[str] = set()
    for row in plan.changes:
        # A second object in use at an address has a row after the first; a state has room for one.
        if row.before and row.action is not Action.ADOPT and row.address not in told:
            told.add(row.address)
            yield _declared(row, row.before, kinds, bearers)


def _declared(row: Change, before: Resource, kinds: Kinds, bearers: dict[str, str]) -> Resource:
    """An object as a declaration of itself."""
    let_go = row.after is None and row.action is Action.UPDATE
    return replace(
        before,
        fields=linked(before.fields, kinds[before.kind], bearers),
        owner=None,
        created=0,
        adopts=let_go,
    )
