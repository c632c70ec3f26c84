"""What an apply is doing, what it has sent, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.engine.course import Course, Tally
from stripectl.engine.kinds import Kind, Kinds, Removal
from stripectl.engine.plan import Revision
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step, Verb
from stripectl.views import wording
from stripectl.views.amounts import count, listed, quantity
from stripectl.views.page import harmless

_MADE: Mapping[Removal, str] = {Removal.DETACH: "attach", Removal.UNSET: "set"}
"""How an object comes into being, where that is not `create`: by how it goes."""


def step_line(step: Step, total: int, kinds: Kinds) -> str:
    """`3/4  archive price.pro.monthly  price_1OLD`: the id where an address alone could mean two objects."""
    which = f"  {step.object_id}" if step.object_id and step.verb in (Verb.REVIVE, Verb.REMOVE) else ""
    place = f"{step.number:>{len(str(total))}}/{total}"
    return f"{place}  {_deed(step, kinds)}{harmless(which)}"


def request_line(sent: Sent) -> str:
    """`POST    /v1/prices  200  52 ms  req_1`, and which try it was where it was not the first."""
    status = "no answer" if sent.status is None else str(sent.status)
    told = (f"{sent.method:<6}", sent.path, status, f"{round(sent.seconds * 1000)} ms", sent.request_id or "")
    again = (f"try {sent.attempt}",) if sent.attempt > 1 else ()
    return harmless("  ".join((*filter(None, told), *again)))


def activity(course: Course, kinds: Kinds) -> str:
    """What is in hand at a moment, of several the one that was started last: `create price.pro.monthly`."""
    if course.in_hand:
        return _deed(course.in_hand[-1], kinds)
    if not course.rounds:
        return "getting ready"
    return "checking the account" if course.rounds[-1].done == course.rounds[-1].total else "working"


def others(course: Course) -> str:
    """`and 7 more` that are in hand besides; empty where there are none."""
    return f"and {len(course.in_hand) - 1} more" if len(course.in_hand) > 1 else ""


def place(course: Course) -> str:
    """`12/23`: steps done, and steps there are; empty before they are known."""
    if not course.rounds:
        return ""
    last = course.rounds[-1]
    return f"{last.done:>{len(str(last.total))}}/{last.total}"


def pace(course: Course, moment: float) -> str:
    """`14/s`: requests a second; one decimal below ten."""
    rate = course.rate(moment)
    return f"{rate:.{0 if rate >= 9.95 else 1}f}/s"


def brake(course: Course, moment: float) -> str:
    """Whether the provider asks to be asked more slowly; empty where it does not."""
    return "slowed by 429s" if course.limited(moment) else ""


def beginning_line(course: Course, deed: str) -> str:
    """Said when the steps are known; `deed` is `Applying main in shadow`."""
    what = deed if len(course.rounds) == 1 else "Putting back what was done"
    return f"{what}: {count(course.rounds[-1].total, 'step')}."


def glance_line(course: Course, moment: float, kinds: Kinds) -> str:
    """A sign of life for a log: how far it is after so many seconds, how fast, and what is in hand."""
    steps = f"{place(course).strip()} steps" if course.rounds else ""
    speed = f"{pace(course, moment)} {brake(course, moment)}".rstrip()
    told = ", ".join(filter(None, (steps, f"{moment:.0f} s", speed)))
    return f"  {told}: {activity(course, kinds)} {others(course)}".rstrip()


def spent_line(course: Course, seconds: float) -> str:
    """`23 steps, 41 requests (2 retried, 1 refused with 429) in 3.1 s.`"""
    steps = ", then ".join(
        f"{_steps(each.done, each.total)}{' back' if number else ''}"
        for number, each in enumerate(course.rounds)
    )
    earlier = sum(each.earlier for each in course.rounds)
    before = f" ({quantity(earlier)} of them earlier)" if earlier else ""
    return f"{steps}{before}, {tally_text(course.tally)} in {seconds:.1f} s."


def tally_text(tally: Tally) -> str:
    """`41 requests (2 retried, 1 refused with 429)`."""
    notes = ((tally.retried, "retried"), (tally.limited, "refused with 429"))
    shown = ", ".join(f"{quantity(number)} {what}" for number, what in notes if number)
    return f"{count(tally.requests, 'request')}{f' ({shown})' if shown else ''}"


def _steps(done: int, total: int) -> str:
    return count(total, "step") if done == total else f"{quantity(done)} of {count(total, 'step')}"


def _deed(step: Step, kinds: Kinds) -> str:
    kind = kinds[step.kind]
    return harmless(f"{_verb(step, kind)} {_named(step.address, kind)}")


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
            return f"move {listed(each.replace('_', ' ') for each in step.transfer)} to"
    return "update"


def _named(address: str, kind: Kind) -> str:
    """The address, with the kind's noun before it where its first word is another one."""
    sort = address.partition(".")[0]
    return address if sort == kind.name or kind.noun.endswith(sort) else f"{kind.noun} {address}"


def applied_lines(revision: Revision, steps: int) -> str:
    """What is in force now, and how to go back; two lines at most."""
    done = f"Applied: {revision.catalog}, revision {revision.number}."
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
