"""`apply` and `rollback`: show, ask, carry out."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from stripectl.cli.commands.planning import Choice, only_one, plans_of, rollback_plan
from stripectl.cli.deadline import DEADLINE
from stripectl.cli.places import apart
from stripectl.cli.progress import watching
from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import show_next_plan, show_plans
from stripectl.cli.telling import told_of
from stripectl.cli.terminal import Terminal
from stripectl.cli.wiring import session
from stripectl.diagnostics import (
    Blocked,
    Diagnostic,
    ExitCode,
    Interrupted,
    InvalidInput,
    StalePlan,
    StripectlError,
    UsageError,
    error,
)
from stripectl.engine.branch import SHORT
from stripectl.engine.plan import Plan
from stripectl.engine.policy import OnError
from stripectl.engine.serial import plan_digest
from stripectl.operations import apply as operation
from stripectl.operations.messages import not_all_applied, unlike_before
from stripectl.operations.session import Session
from stripectl.operations.staleness import account_of, check_same
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan, save_plan
from stripectl.views.progress import applied_lines


@dataclass(frozen=True, slots=True)
class How:
    """How to carry it out."""

    yes: bool = False
    lock_timeout: float = 0.0
    expect_digest: str | None = None
    on_error: OnError = OnError.AUTO
    reviewed: bool = False
    """The plan is a saved one, or has the digest of a review."""


def apply(
    screen: Terminal, choice: Choice, how: How, file: Path | None, *, resume: bool, unwind: bool
) -> ExitCode:
    """Apply a file, go on with an unfinished run, or plan and apply each catalog in turn."""
    if sum((file is not None, resume, unwind)) > 1:
        raise UsageError(
            error(
                "one-way",
                "Only one of these can be done",
                "A plan FILE, --resume and --unwind exclude one another.",
                hint="an unfinished run comes first: --resume or --unwind",
            )
        )
    if resume or unwind:
        return _recover(screen, choice, how, operation.resume if resume else operation.unwind)
    if file:
        return _apply_file(screen, choice, how, file)
    names = choice.open()[2]
    shown: tuple[Plan, ...] = ()
    applied = 0
    try:
        for made, _ in plans_of(screen, choice):
            shown = (*shown, made)
            _expect(made, how)
            show_next_plan(screen, shown, more=len(shown) < len(names))
            _apply(screen, choice, how, made)
            applied += 1
    except StripectlError as stopped:
        if shown and len(names) > 1:
            stopped.diagnostics += (not_all_applied(names[:applied], names[applied], names[applied + 1 :]),)
        raise
    return ExitCode.OK


def rollback(screen: Terminal, choice: Choice, how: How, revision: str, save: Path | None) -> ExitCode:
    """Plan the state of a revision; save the plan, or ask and carry it out."""
    if save:
        apart(save, screen.sinks)
    made, _ = rollback_plan(screen, choice, revision_number(revision))
    if save:
        save_plan(save, made)
        show_plans(screen, (made,), saved=save)
        return ExitCode.BLOCKED if made.blocked else ExitCode.OK
    show_next_plan(screen, (made,), more=False)
    if _apply(screen, choice, how, made):
        screen.tell(
            "The manifests are ahead of the account now: the next plan would redo what was undone.\n"
            f"Revert the change that made revision {made.base.revision} there as well, as with git revert."
        )
    return ExitCode.OK


def is_revision(text: str) -> bool:
    """`3`, `000003` and `stripe-rev-0003` name revision 3."""
    digits = text.removeprefix("stripe-rev-")
    return digits.isascii() and digits.isdigit() and int(digits) > 0


def revision_number(text: str) -> int:
    """The number of a revision; raises UsageError for what names none."""
    if is_revision(text):
        return int(text.removeprefix("stripe-rev-"))
    raise UsageError(
        error(
            "no-revision-number",
            "The argument is no revision",
            f"{text} was given; a revision is a number from 1.",
            hint="see them with `stripectl history`",
        )
    )


def _apply_file(screen: Terminal, choice: Choice, how: How, file: Path) -> ExitCode:
    if not file.exists():
        raise InvalidInput(
            error(
                "no-such-file",
                "The file does not exist",
                f"{file} was named as a plan to apply.",
                hint="save one with `stripectl plan -o FILE`",
            )
        )
    claimed = load_plan(file, KINDS)
    account_of(claimed)
    _expect(claimed, how)
    if choice.env not in (None, claimed.environment) or choice.catalog not in (None, claimed.catalog):
        raise StalePlan(
            error(
                "other-target",
                "The plan is for another target",
                f"{file} is a plan of catalog {claimed.catalog} for environment {claimed.environment}.",
                hint="leave --env and --catalog out, or plan again for that target",
            )
        )
    made = _made_again(screen, choice, claimed)
    check_same(claimed, made)
    show_next_plan(screen, (made,), more=False)
    _apply(screen, choice, replace(how, reviewed=True), made)
    return ExitCode.OK


def _made_again(screen: Terminal, choice: Choice, claimed: Plan) -> Plan:
    """The plan that the file claims to be: a file is a claim, and nothing of it is carried out."""
    project = find_project(choice.folder)
    if claimed.catalog not in project.present:
        raise InvalidInput(_manifests_needed(project, claimed))
    chosen = replace(
        choice,
        env=claimed.environment,
        catalog=claimed.catalog,
        allow=claimed.allowed,
        targets=claimed.targets,
    )
    if claimed.rollback_of is not None:
        return rollback_plan(screen, chosen, claimed.rollback_of)[0]
    ((made, _),) = plans_of(screen, chosen)
    return made


def _manifests_needed(project: Project, claimed: Plan) -> Diagnostic:
    at = claimed.made_from
    commit = f", or check out commit {at.commit[:SHORT]}, which it was made from" if at else ""
    return error(
        "manifests-needed",
        "A plan is applied where its manifests are",
        f"It is made again and compared before anything is done, and {project.catalogs_folder} has no"
        f" catalog {claimed.catalog}.",
        hint=f"name the project of the plan with --dir{commit}",
    )


def _expect(made: Plan, how: How) -> None:
    if how.expect_digest and plan_digest(made) != how.expect_digest:
        raise StalePlan(
            error(
                "other-digest",
                "The plan is not the one that was reviewed",
                f"Expected {how.expect_digest}; the plan of {made.catalog} is {plan_digest(made)} now.",
                hint="have the new plan reviewed",
            )
        )


def _apply(screen: Terminal, choice: Choice, how: How, made: Plan) -> bool:
    """Ask and carry out what was shown; whether anything was done."""
    if made.blocked:
        raise _blocked(screen, made)
    if made.effective:
        _ask(made, how)
    chosen = replace(choice, env=made.environment, catalog=made.catalog)
    _carry_out(screen, chosen, how, made.catalog, "Applying", lambda at: operation.apply(at, made))
    return bool(made.effective)


def _blocked(screen: Terminal, made: Plan) -> Blocked:
    """Why nothing is done: in full where the plan was not shown to a reader, else in a word."""
    problems = tuple(each for each in made.diagnostics if each.is_error)
    if not screen.speaks:
        return Blocked(*problems)
    codes = ", ".join(dict.fromkeys(each.code for each in problems))
    return Blocked(
        error(
            "plan-blocked",
            "The plan is blocked, and nothing was done",
            f"What stands in its way is told in the plan of {made.catalog}: {codes}.",
            hint="the last lines of the plan say how to go on",
        )
    )


def _recover(
    screen: Terminal, choice: Choice, how: How, way: Callable[[Session], operation.Applied | None]
) -> ExitCode:
    _, _, names = choice.open()
    verb = "Going on with" if way is operation.resume else "Putting back"
    done = [_carry_out(screen, choice, how, name, verb, way) for name in names]
    if not any(done):
        screen.tell("No apply stopped half-way; there is nothing to do.")
    return ExitCode.OK


def _carry_out(
    screen: Terminal,
    choice: Choice,
    how: How,
    catalog: str,
    verb: str,
    way: Callable[[Session], operation.Applied | None],
) -> operation.Applied | None:
    """Run an operation that is watched and can be stopped, and tell what it came to."""
    screen.check()
    project = find_project(choice.folder)
    name = only_one(project.catalogs(catalog), "apply")
    environment = project.environment(choice.env)
    with _stoppable(screen) as stop, watching(screen, f"{verb} {name} in {environment.name}") as watch:
        told = told_of(screen.events, watch, name, environment.name)
        done = way(
            session(
                project,
                name,
                environment,
                lock_timeout=how.lock_timeout,
                on_error=how.on_error,
                progress=told,
                on_sent=told.sent,
                on_end=told.recorded,
                stop=stop,
            )
        )
    if done:
        told.finished(_outcome(done), done.revision)
        _tell(screen, name, done)
    return done


def _outcome(done: operation.Applied) -> str:
    if done.undid:
        return "put-back"
    return "applied" if done.revision else "unchanged"


def _ask(made: Plan, how: How) -> None:
    if how.yes:
        if made.approval and not (how.reviewed or how.expect_digest):
            raise Blocked(_needs_approval(made))
        return
    if not sys.stdin.isatty():
        raise UsageError(
            error(
                "no-one-to-ask",
                "A question needs a terminal",
                "The plan changes something, and nobody can be asked.",
                hint="add --yes; to review first, save the plan with `stripectl plan -o FILE`",
            )
        )
    sys.stderr.write(
        f"\nApply this to catalog {made.catalog} in environment {made.environment}? Only `yes` goes on: "
    )
    sys.stderr.flush()
    with DEADLINE.paused():
        answer = sys.stdin.readline()
    if answer.strip().lower() != "yes":
        raise Interrupted(error("declined", "Nothing was done", "The question was not answered with yes."))


def _needs_approval(made: Plan) -> Diagnostic:
    return error(
        "needs-approval",
        "The plan has to be reviewed before it is applied",
        f"The policy wants somebody to approve what it does: {', '.join(made.approval)}.",
        hint="save the plan with -o, have it reviewed, then apply that file, or with --expect-digest",
    )


def _tell(screen: Terminal, catalog: str, done: operation.Applied) -> None:
    steps = f"{done.steps} step{'' if done.steps == 1 else 's'}"
    if done.revision:
        screen.tell(applied_lines(done.revision, done.steps))
    elif done.undid:
        told = (f"Put back: {catalog}, {steps}.", *unlike_before(done.left, done.lost))
        screen.tell(" ".join((*told, "The manifests are ahead of the account.")))
    else:
        screen.tell(f"Nothing to do: {catalog} is as it should be.")


@contextmanager
def _stoppable(screen: Terminal) -> Iterator[Event]:
    """The first Ctrl-C asks to stop after the steps in hand; a second one ends the process at once."""
    stop = Event()

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        screen.tell("\nStopping after the steps in hand; once more stops at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
