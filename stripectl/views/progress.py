"""What an apply is doing, a line a step, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.engine.kinds import Kind, Kinds, Removal
from stripectl.engine.plan import Revision
from stripectl.engine.steps import Step, Verb
from stripectl.views import wording
from stripectl.views.amounts import count
from stripectl.views.page import harmless

_MADE: Mapping[Removal, str] = {Removal.DETACH: "attach", Removal.UNSET: "set"}
"""How an object comes into being, where that is not `create`: by how it goes."""


def step_line(step: Step, total: int, kinds: Kinds) -> str:
    """`3/4  archive price.pro.monthly  price_1OLD`: the id where an address alone could mean two objects."""
    kind = kinds[step.kind]
    which = f"  {step.object_id}" if step.object_id and step.verb in (Verb.REVIVE, Verb.REMOVE) else ""
    place = f"{step.number:>{len(str(total))}}/{total}"
    return harmless(f"{place}  {_verb(step, kind)} {_named(step.address, kind)}{which}")


def _verb(step: Step, kind: Kind) -> str:
    match step.verb:
        case Verb.CREATE:
            return _MADE.get(kind.removal, "create")
        case Verb.REVIVE:
            return "reactivate"
        case Verb.REMOVE:
            return kind.removal.value
        case Verb.UPDATE if step.unmark:
            return "let go of"
        case Verb.UPDATE if step.mark:
            return "adopt"
        case Verb.UPDATE if step.transfer:
            return f"move {wording.listed(each.replace('_', ' ') for each in step.transfer)} to"
    return "update"


def _named(address: str, kind: Kind) -> str:
    """The address, with the kind's noun before it where its first word is another one."""
    sort = address.partition(".")[0]
    return address if sort == kind.name or kind.noun.endswith(sort) else f"{kind.noun} {address}"


def applied_lines(revision: Revision, steps: int) -> str:
    """What is in force now, and how to go back; two lines at most."""
    done = f"Applied: {revision.catalog}, {count(steps, 'step')}, revision {revision.number}."
    changed = f" {wording.past_counts(revision.changes)}." if steps else ""
    objects = (
        f"{count(len(revision.desired), 'object')} of {revision.catalog} in force in {revision.environment}"
    )
    if revision.number == 1:
        return f"{done}{changed}\n{objects}."
    back = (
        f"stripectl rollback {revision.number - 1} --catalog {revision.catalog} --env {revision.environment}"
    )
    return f"{done}{changed}\n{objects}. To go back: {back}"
