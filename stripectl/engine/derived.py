"""What a plan file says twice: worked out again from what it is about, so that no reader is shown another.

A row is its `before` and its `after`; what differs, whom that reaches and whether it can be undone follow
from them. The account, which says more, is not asked.
"""

from __future__ import annotations

from dataclasses import replace

from stripectl.diagnostics import InvalidInput, Path, dotted, error
from stripectl.engine.consequences import weighed
from stripectl.engine.diff import irreversible
from stripectl.engine.difference import SAME, Comparison, compare, field_changes
from stripectl.engine.guard import allowances_of
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.nodes import Node
from stripectl.engine.plan import Action, Change, Plan, Undo
from stripectl.engine.planner import annotated
from stripectl.engine.reading import MARKS
from stripectl.engine.serial import first_difference, plan_to_json, shortened, signed
from stripectl.engine.values import Json

OWN = frozenset({"format_version", "stripectl_version", "digest"})
"""Members that are written anew whenever a plan is."""

ALWAYS: dict[str, Json] = {"allowed": []}
"""Derived members that a file leaves out where they say nothing."""


def derived(plan: Plan, kinds: Kinds) -> Plan:
    """The plan with all that follows from the rest of it in place of what was said.

    The rows of a diff stay: an object that is succeeded is another one there, though no id says so.
    """
    allowed = allowances_of(plan)
    if plan.account is None:
        return replace(plan, allowed=allowed)
    rows = annotated((_derived(row, kinds[row.kind]) for row in plan.changes), plan.annotations)
    weighty = (replace(row, undo=Undo()) for row in rows)
    return replace(plan, changes=weighed(weighty, kinds), allowed=allowed)


def check_derived(document: Json, plan: Plan, kinds: Kinds) -> None:
    """Raise InvalidInput where a plan file, and the plan read from it, says what does not follow from it."""
    again, stated = derived(plan, kinds), Node(document, "plan").object()
    if differing := _differing(signed(stated), signed(plan_to_json(again))) or _differing(
        {key: value for key, value in stated.items() if key not in OWN}, plan_to_json(_undone_as(again, plan))
    ):
        path, says, then = differing
        raise InvalidInput(
            error(
                "plan-contradicts-itself",
                "The plan file says two different things",
                f"{dotted(path)} is {shortened(says)}, but the rest of the file comes to {shortened(then)}.",
                hint="make the plan again; a plan file is never edited",
                path=dotted(path),
            )
        )


def _differing(stated: dict[str, Json], follows: dict[str, Json]) -> tuple[Path, Json, Json] | None:
    whole = ALWAYS | {key: value for key, value in follows.items() if key not in OWN}
    return first_difference(_known(ALWAYS | stated, whole), whole)


def _undone_as(again: Plan, plan: Plan) -> Plan:
    """With what undoing comes to as it was stated: in what is signed of it no pointer has a part."""
    rows = zip(again.changes, plan.changes, strict=True)
    return replace(again, changes=tuple(replace(row, undo=stated.undo) for row, stated in rows))


def _known(stated: Json, follows: Json) -> Json:
    """What is stated without the fields that a later version added."""
    if isinstance(stated, dict) and isinstance(follows, dict):
        return {key: _known(value, follows[key]) for key, value in stated.items() if key in follows}
    if isinstance(stated, list) and isinstance(follows, list):
        common = [_known(*pair) for pair in zip(stated, follows, strict=False)]
        return [*common, *stated[len(common) :]]
    return stated


def _derived(row: Change, kind: Kind) -> Change:
    if row.action is Action.NO_OP:
        return replace(row, changed=(), replace_because=(), irreversible=())
    found, written = _compared(row, kind), _written(row, kind)
    marks = tuple(each for each in row.changed if each.path in MARKS)
    return replace(
        row,
        changed=(*marks, *field_changes(found.differing)),
        replace_because=tuple(each.field.name for each in found.differing if each.replaces and row.after),
        irreversible=tuple(irreversible(kind, row.action, written.differing)),
    )


def _compared(row: Change, kind: Kind) -> Comparison:
    """What the row is about: an object that is let go is given back what it held."""
    after = row.after or row.given_back
    return compare(row.before, after, kind) if row.before and after else SAME


def _written(row: Change, kind: Kind) -> Comparison:
    return compare(row.revives, row.after, kind) if row.revives and row.after else _compared(row, kind)
