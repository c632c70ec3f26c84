"""What an apply says that could not end as planned: how things stand, and the commands that go on."""

from __future__ import annotations

from collections.abc import Sequence

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.plan import Plan, Revision
from stripectl.operations.session import Session
from stripectl.operations.unwind import Remnant


def unfinished_run(session: Session, run: str) -> Diagnostic:
    return error(
        "unfinished-run",
        "An earlier apply stopped half-way",
        f"Run {run} of catalog {session.catalog} was begun and not finished.",
        hint=_ways_on(session),
    )


def half_way(session: Session, run: str, bug: Exception | None = None) -> Diagnostic:
    """`bug` is what nobody foresaw."""
    cause = f"Something went wrong inside stripectl ({type(bug).__name__}). " if bug else ""
    return error(
        "half-way",
        "The apply stopped half-way",
        f"{cause}Some of it may be in force; the journal of run {run} knows how far it came.",
        hint=_ways_on(session),
    )


def half_way_back(session: Session, run: str) -> Diagnostic:
    return error(
        "half-way-back",
        "Putting the apply back stopped half-way",
        f"Run {run} is not undone yet.",
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
    before = f", then go back with `stripectl rollback {revision.number - 1}`" if revision.number > 1 else ""
    return error(
        "recorded-already",
        "The run is done and recorded",
        f"Revision {revision.number} records run {revision.run}; its journal lacks only the last line.",
        hint=f"close it with `{_command(session, '--resume')}`{before}",
    )


def put_back(run: str, left: Sequence[Remnant]) -> Diagnostic:
    return error(
        "put-back",
        "The apply failed and was put back",
        " ".join((f"What run {run} had made is archived or gone again.", *still_there(left))),
        hint="mend the cause above and apply again",
    )


def still_there(left: Sequence[Remnant]) -> tuple[str, ...]:
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
        f"The steps in hand were finished; the journal of run {run} knows what is left.",
        hint=_ways_on(session),
    )


def not_converged(session: Session, left: Plan) -> Diagnostic:
    shown = ", ".join(f"{row.address} ({row.action})" for row in left.effective[:5])
    return error(
        "not-converged",
        "The account is not as it should be after the last step",
        f"Something else changes it, or the provider holds a value differently: {shown}.",
        hint=f"put back by hand what is named above, then {_ways_on(session)}",
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
