"""What an apply says that could not end as planned: how things stand, and the commands that go on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, error
from stripectl.engine.plan import Change, Plan, Revision
from stripectl.operations.refusals import Refusal, Refusals
from stripectl.operations.session import Session
from stripectl.operations.unwind import Remnant, bearers


def unfinished_run(session: Session, run: str) -> Diagnostic:
    return error(
        "unfinished-run",
        "An earlier apply stopped half-way",
        " ".join(
            (f"Run {run} of catalog {session.catalog} was begun and not finished.", *two_in_use(session, run))
        ),
        hint=_ways_on(session),
    )


def half_way(
    session: Session, run: str, bug: Exception | None = None, *, refused: bool = False
) -> Diagnostic:
    """`bug` is what nobody foresaw; `refused` is a step that is refused again unless its cause is mended."""
    cause = f"Something went wrong inside stripectl ({type(bug).__name__}). " if bug else ""
    known = f"{cause}Some of it may be in force; the journal of run {run} knows how far it came."
    return error(
        "half-way",
        "The apply stopped half-way",
        " ".join((known, *two_in_use(session, run))),
        hint=_back_first(session) if refused else _ways_on(session),
    )


def half_way_back(session: Session, run: str) -> Diagnostic:
    return error(
        "half-way-back",
        "Putting the apply back stopped half-way",
        " ".join((f"Run {run} is not undone yet.", *two_in_use(session, run))),
        hint=f"go on with `{_command(session, '--unwind')}`",
    )


def being_unwound(session: Session, run: str) -> Diagnostic:
    return error(
        "being-unwound",
        "The run is being put back",
        f"Run {run} cannot go on: undoing it has begun.",
        hint=f"finish that with `{_command(session, '--unwind')}`",
    )


def recorded_already(session: Session, revision: Revision) -> Diagnostic:
    last = session.revisions.last()
    is_last = last is not None and last.number == revision.number > 1
    before = f", then go back with `stripectl rollback {revision.number - 1}`" if is_last else ""
    return error(
        "recorded-already",
        "The run is done and recorded",
        f"Revision {revision.number} records run {revision.run}; its journal lacks its end.",
        hint=f"close it with `{_command(session, '--resume')}`{before}",
    )


def two_in_use(session: Session, run: str, refused: Collection[int] = ()) -> tuple[str, ...]:
    """A sentence for each address at which two objects are in use, as far as the journal of a run says.

    `refused` are the numbers of steps of putting it back of which it is known that they were not done.
    """
    try:
        records = [each for each in session.journals.unfinished() if run in (each.run, each.unwinds)]
    except InvalidInput:
        # What the journal says is told where it is read to go on.
        return ()
    kinds = session.provider.kinds
    # Where undoing has begun, its own journal knows what that found and how far it came.
    found = bearers(records[-1], kinds, refused) if records else {}
    return tuple(
        f"Two are in use at {each}: {', '.join(ids)}." for each, ids in found.items() if len(ids) > 1
    )


def not_put_back(
    session: Session, run: str, refusals: Refusals, different: Sequence[Change], told: Sequence[str]
) -> tuple[Diagnostic, ...]:
    """One error for each step that was refused, and a last one with all else that a reader has to know.

    `different` are rows that are still to be done after every step was; `told` is what is not as before.
    """
    every = tuple(refusals.every.values())
    waiting = dict.fromkeys(each.step.address for each in every if not each.reason)
    sentences = (
        f"Run {run} is over.",
        *((f"Not tried, because they need what was refused: {', '.join(waiting)}.",) if waiting else ()),
        *((f"Not as it was written: {_shown(different)}.",) if different else ()),
        *two_in_use(session, run, refusals.every.keys()),
        *told,
        "Everything else is as it was.",
    )
    return (
        *(_refused_back(each) for each in every if each.reason),
        error(
            "not-put-back",
            "Not everything could be put back",
            " ".join(sentences),
            hint="see what is left with `stripectl plan`, and apply, or mend it by hand",
        ),
    )


def _shown(rows: Sequence[Change]) -> str:
    return ", ".join(f"{row.address} ({row.action})" for row in rows[:5])


def _refused_back(refusal: Refusal) -> Diagnostic:
    step = refusal.step
    what = f"{step.address} ({step.object_id})" if step.object_id else step.address
    return error(
        "refused-for-ever",
        "A step back is refused, and would be every time",
        f"{step.verb.value} {what}: {refusal.reason}",
        address=step.address,
    )


def put_back(run: str, left: Sequence[Remnant], lost: Sequence[Diagnostic]) -> Diagnostic:
    return error(
        "put-back",
        "The apply failed and was put back",
        " ".join((f"What run {run} had made is archived or gone again.", *unlike_before(left, lost))),
        hint="mend the cause above and apply again",
    )


def unlike_before(left: Sequence[Remnant], lost: Sequence[Diagnostic]) -> tuple[str, ...]:
    """What is not as it was before a run that was put back, a sentence for each sort."""
    return (*_still_there(left), *(f"Not there again: {each.detail}" for each in lost))


def _still_there(left: Sequence[Remnant]) -> tuple[str, ...]:
    """What putting back could not make as it was, a sentence for each sort."""
    gone = [_named(each) for each in left if not each.active]
    active = [_named(each) for each in left if each.active and not each.instead_of]
    renewed = [f"{_named(each)} instead of {each.instead_of}" for each in left if each.instead_of]
    told = (
        (gone, "Archived, because the provider cannot delete it"),
        (active, "Still in use, because archiving it would be for ever or others use it"),
        (renewed, "Made anew, because what there was cannot be as it was"),
    )
    return tuple(f"{sentence}: {', '.join(names)}." for names, sentence in told if names)


def _named(left: Remnant) -> str:
    return f"{left.address} ({left.object_id})".lstrip()


def stopped(session: Session, run: str) -> Diagnostic:
    return error(
        "stopped",
        "The apply was stopped",
        " ".join(
            (
                f"The steps in hand were finished; the journal of run {run} knows what is left.",
                *two_in_use(session, run),
            )
        ),
        hint=_ways_on(session),
    )


def not_converged(session: Session, left: Plan) -> Diagnostic:
    return error(
        "not-converged",
        "The account is not as it should be after the last step",
        f"Something else changes it, or the provider holds a value differently: {_shown(left.effective)}.",
        hint=f"put back by hand what is named above, then {_ways_on(session)}",
    )


def _back_first(session: Session) -> str:
    return (
        f"put it back with `{_command(session, '--unwind')}`; or mend in Stripe what is refused, and go on"
        f" with `{_command(session, '--resume')}`"
    )


def _ways_on(session: Session) -> str:
    return (
        f"go on with `{_command(session, '--resume')}`, or put it back with `{_command(session, '--unwind')}`"
    )


def _command(session: Session, way: str) -> str:
    return f"stripectl apply {way} --catalog {session.catalog} --env {session.environment}"


def not_all_applied(applied: Sequence[str], stopped: str, left: Sequence[str]) -> Diagnostic:
    """What became of several catalogs when the apply of one of them came to an error."""
    parts = {"applied before": applied, "stopped at": (stopped,), "not reached": left}
    told = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
    return Diagnostic(
        Severity.INFO,
        "not-all-applied",
        "Not every catalog was applied",
        f"{told[0].upper()}{told[1:]}.",
        hint="run the same again when it is solved; a catalog that is as it should be is left alone",
    )
