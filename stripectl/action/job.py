"""What a run of the action does, from inputs to exit code: all is written before that is passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from stripectl.action.found import COUNTS, Found, Planned, found_in
from stripectl.action.github import Refused, github
from stripectl.action.inputs import Inputs, refused_input
from stripectl.action.notes import body, keep_comment, keep_issue, marker
from stripectl.action.records import no_records
from stripectl.action.reviewed import AFTER_ALL, reviewed_digests
from stripectl.action.runner import Runner, unwritten
from stripectl.action.running import Ran, allowances, run, target
from stripectl.diagnostics import (
    Diagnostic,
    ExitCode,
    Severity,
    StalePlan,
    StripectlError,
    UsageError,
    error,
)
from stripectl.operations.messages import not_all_applied
from stripectl.views.markdown import diagnostics_markdown
from stripectl.views.markup import code


@dataclass(frozen=True, slots=True)
class Done:
    """What a command, or all that an apply took, came to."""

    code: int
    found: Found = Found()
    sections: tuple[str, ...] = ()
    """Markdown, one after the other."""
    annotations: str = ""
    problems: tuple[Diagnostic, ...] = ()
    """What the command itself did not annotate."""

    @property
    def quiet(self) -> bool:
        """Whether there is nothing that a reviewer has to look at."""
        return self.code == ExitCode.OK and not self.found.changed and not self.found.problems

    @property
    def signable(self) -> bool:
        """Whether a reviewer may agree to the plans: an apply that comes first would make them others."""
        told = (each.code for plan in self.found.plans for each in plan.diagnostics)
        return self.code == ExitCode.OK and "run-in-between" not in told


def carry_out(inputs: Inputs, runner: Runner) -> Done:
    """Run the command, or of an apply the commands that it takes."""
    try:
        if inputs.command != "apply" or not (inputs.plan or inputs.bound):
            return _done(run(inputs, runner, inputs.command, *_options(inputs)))
        if inputs.plan:
            return _apply_saved(inputs, runner, inputs.plan)
        with TemporaryDirectory(prefix="stripectl-", dir=runner.room) as folder:
            return _apply_expected(inputs, runner, Path(folder))
    except StripectlError as problem:
        return _refusing(Done(ExitCode.OK), problem)


def report(done: Done, inputs: Inputs, runner: Runner) -> int:
    """Write annotations, summary, comment, issue and outputs; the exit code."""
    if runner.annotates:
        runner.say(done.annotations)
    runner.tell(done.problems)
    if done.found.unrecorded:
        runner.tell((no_records(", ".join(done.found.unrecorded)),))
    code = _put(lambda: runner.put_summary("\n".join(done.sections)), runner, done.code)
    # Before GitHub is asked for anything, as that may take its time.
    code = _put(lambda: runner.put_outputs(_outputs(done, inputs)), runner, code)
    comment = _kept(_comment, done, inputs, runner) if inputs.comment else None
    issue = _kept(_issue, done, inputs, runner) if inputs.issue else None
    places = {"comment-url": comment or "", "issue-url": issue or ""}
    return _put(lambda: runner.put_outputs(places), runner, code)


def _put(put: Callable[[], None], runner: Runner, code: int) -> int:
    """The exit code after something was written for the runner; what the command came to goes first."""
    try:
        put()
    except OSError as problem:
        runner.tell((unwritten(problem),))
        return code or ExitCode.ERROR
    return code


# Commands


def _options(inputs: Inputs) -> Iterator[str]:
    """The options of a command that needs no other before it."""
    yield from target(inputs)
    yield from allowances(inputs)
    if inputs.base:
        yield from ("--base", inputs.base)
    if inputs.command == "plan" and inputs.plan:
        yield from ("--out", str(inputs.plan))
    if inputs.command == "apply":
        yield "--yes"


def _done(ran: Ran) -> Done:
    """A command's results; of an apply also how it ended, which its plan does not tell."""
    sections = [ran.markdown] if ran.markdown else []
    if ran.failure:
        sections.append(diagnostics_markdown(ran.failure))
    if ran.command == "apply":
        sections.append(
            "**Applied.**\n" if ran.ok else f"**Not applied, or not to its end**: exit code {ran.code}.\n"
        )
    # What stood in the way of a plan is annotated by the command.
    failure = () if ran.found.problems else ran.failure
    return Done(ran.code, ran.found, tuple(sections), ran.annotations, failure)


def _apply_expected(inputs: Inputs, runner: Runner, folder: Path) -> Done:
    """Plan, hold every plan against the digest that it must have, and only then apply the first of them."""
    planned = run(inputs, runner, "plan", *target(inputs), *allowances(inputs), "--out", str(folder))
    done = _done(planned)
    plans = {folder / f"{each.catalog}.json": each for each in planned.found.plans}
    changing = [file for file, each in plans.items() if each.differs]
    if not planned.ok or not changing:
        return done
    try:
        digests = _held(plans, _expected(inputs, runner))
    except StripectlError as refused:
        return _refusing(done, refused)
    return _applied(inputs, runner, done, {file: digests[file] for file in changing}, shown=True)


def _apply_saved(inputs: Inputs, runner: Runner, place: Path) -> Done:
    """Apply a saved plan, or every one of a folder, each held against the digest that is expected of it."""
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    found = {file: each for file in files for each in found_in(file).plans}
    if inputs.allow:
        wanted = "what the guard let through stands in the saved plan"
        raise UsageError(refused_input("allow", " ".join(inputs.allow), wanted, "leave `allow` out"))
    if not found:
        raise UsageError(refused_input("plan", str(place), "no plan is saved there"))
    if inputs.report and len(found) > 1:
        raise UsageError(refused_input("report", str(inputs.report), "several saved plans make no one page"))
    if others := {file: each for file, each in found.items() if not _is_meant(each, inputs)}:
        raise StalePlan(*(_other_target(*each) for each in others.items()))
    digests: Mapping[Path, str] = {file: each.digest for file, each in found.items()}
    if inputs.bound:
        digests = _held(found, _expected(inputs, runner))
    done = Done(ExitCode.OK, Found(tuple(found.values())))
    return _applied(inputs, runner, done, digests, shown=False)


def _is_meant(plan: Planned, inputs: Inputs) -> bool:
    return inputs.environment in (None, plan.environment) and inputs.catalog in (None, plan.catalog)


def _other_target(file: Path, plan: Planned) -> Diagnostic:
    return error(
        "other-target",
        "The plan is for another target",
        f"{file.name} is a plan of catalog {plan.catalog} for environment {plan.environment}.",
        hint="leave `catalog` and `environment` out, or name in `plan` the file that is meant",
    )


def _applied(inputs: Inputs, runner: Runner, done: Done, plans: Mapping[Path, str], *, shown: bool) -> Done:
    """Apply plan after plan until one fails; `shown` is whether this run has shown them already."""
    names = [file.stem for file in plans]
    for place, (file, digest) in enumerate(plans.items()):
        words = (str(file), "--yes", "--expect-digest", digest, *target(inputs))
        ran = run(inputs, runner, "apply", *words, report=not shown)
        after = _done(replace(ran, markdown="") if shown else ran)
        done = replace(
            done,
            code=after.code,
            sections=(*done.sections, f"### {code(file.stem)}\n", *after.sections),
            annotations=done.annotations + ("" if shown else after.annotations),
            problems=(*done.problems, *after.problems),
        )
        if not ran.ok:
            if len(names) > 1:
                told = not_all_applied(names[:place], names[place], names[place + 1 :])
                done = replace(done, problems=(*done.problems, told))
            break
    return done


def _expected(inputs: Inputs, runner: Runner) -> Mapping[str, str]:
    if inputs.expected is not None:
        return inputs.expected
    return reviewed_digests(github(runner, inputs.token), inputs, runner.commit)


def _held(plans: Mapping[Path, Planned], expected: Mapping[str, str]) -> Mapping[Path, str]:
    """The digests of the plans; raises StalePlan where one that changes something is not what is expected."""
    changing = [each for each in plans.values() if each.differs]
    alone = expected.get("") if len(changing) == 1 else None
    others = [each for each in changing if each.digest != (expected.get(each.catalog) or alone)]
    known = {each.catalog for each in plans.values()}
    strangers = sorted(set(expected) - known - {""})
    if others:
        told = (_other(each, expected.get(each.catalog) or alone, strangers) for each in others)
        raise StalePlan(*told)
    return {file: each.digest for file, each in plans.items()}


def _other(plan: Planned, expected: str | None, strangers: Sequence[str]) -> Diagnostic:
    wanted = f"Expected {expected}" if expected else "Expected is no change of this catalog"
    unknown = (
        f" A digest is given for {', '.join(strangers)}, of which there is no plan." if strangers else ""
    )
    return error(
        "other-digest",
        "The plan is not the one that was reviewed",
        f"{wanted}; the plan of {plan.catalog} is {plan.digest} now.{unknown}",
        hint=AFTER_ALL,
    )


def _refusing(done: Done, problem: StripectlError) -> Done:
    """Nothing is done any more, for a reason that stands before everything else."""
    told = diagnostics_markdown(problem.diagnostics)
    return replace(
        done,
        code=problem.exit_code,
        sections=(told, *done.sections),
        problems=(*done.problems, *problem.diagnostics),
    )


# Results


def _outputs(done: Done, inputs: Inputs) -> dict[str, str]:
    digests = done.found.digests
    one = next(iter(digests.values()), "")
    places = {"plan": inputs.plan, "report": inputs.report}
    return {
        "changed": _word(done.found.changed),
        "blocked": _word(done.code == ExitCode.BLOCKED),
        "digest": one if len(digests) < 2 else " ".join(f"{name}={each}" for name, each in digests.items()),
        **{name: str(done.found.count(name)) for name in COUNTS},
        **{name: str(place) if place and place.exists() else "" for name, place in places.items()},
        "exit-code": str(int(done.code)),
    }


def _word(truth: bool) -> str:
    return "true" if truth else "false"


def _kept(
    keep: Callable[[Done, Inputs, Runner], str | None], done: Done, inputs: Inputs, runner: Runner
) -> str | None:
    """What was written on GitHub, by its address; that it could not be is told, and costs nobody the job."""
    try:
        return keep(done, inputs, runner)
    except Refused as refused:
        told = refused.diagnostics[0]
        hint = _FORK if refused.forbidden and runner.from_fork else told.hint
        runner.tell((replace(told, severity=Severity.WARNING, hint=hint),))
        return None


_FORK = "the token of a pull request from a fork may only read: its results stand in the summary of the run"


def _comment(done: Done, inputs: Inputs, runner: Runner) -> str | None:
    number = runner.pull_request
    if number is None:
        runner.tell((_no_pull_request(),))
        return None
    signed = done.found.digests if done.signable and inputs.command == "plan" else {}
    first = marker(inputs)
    text = body(first, signed, _shown(done), runner.page)
    return keep_comment(github(runner, inputs.token), number, first, text, wanted=not done.quiet)


def _issue(done: Done, inputs: Inputs, runner: Runner) -> str | None:
    """One issue while there is drift; it stays as it is where nothing was compared, which tells nothing."""
    if done.code not in (ExitCode.OK, ExitCode.CHANGES):
        return None
    if done.found.unrecorded and not done.found.changed:
        return None
    first = marker(inputs)
    where = f" in {inputs.environment}" if inputs.environment else ""
    text = body(first, {}, _shown(done), runner.page)
    title = f"The Stripe account{where} is not as it was left"
    return keep_issue(github(runner, inputs.token), first, title, text, open_=done.found.changed)


def _shown(done: Done) -> tuple[str, ...]:
    return done.sections or (f"The command ended with exit code {done.code} and left nothing to show.\n",)


def _no_pull_request() -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "no-pull-request",
        "There is no pull request to comment on",
        "The event that the job runs for belongs to none, or the runner does not tell of it.",
        "leave `comment` out of jobs that run for something else",
    )
