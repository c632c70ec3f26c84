"""What a command found into every place that was asked for: a table for each sort of it, a row a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypedDict, TypeVar

from stripectl import __version__
from stripectl.cli.places import STREAM, Sink
from stripectl.cli.terminal import Terminal
from stripectl.diagnostics import Diagnostic, by_importance, scrubbed
from stripectl.engine.fidelity import Fidelity
from stripectl.engine.plan import RUN_IN_BETWEEN, Plan
from stripectl.views.findings import Examined

PAGE = 100
"""Columns of a text that goes into a file."""


class Ink(TypedDict):
    """How a text is set, as the text views take it."""

    width: int
    colour: bool
    ascii_only: bool


def ink(screen: Terminal, sink: Sink) -> Ink:
    """Fit for the terminal, or for a file."""
    if sink.file is not None:
        return Ink(width=PAGE, colour=False, ascii_only=False)
    return Ink(width=screen.width(), colour=screen.colour(), ascii_only=screen.ascii_only())


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans to be shown."""

    every: tuple[Plan, ...]
    saved: Path | None = None
    """The file or folder that they are in."""
    next_command: str | None = None
    """What to do then; None is what fits the plan."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return by_importance(each for plan in self.every for each in plan.diagnostics)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, and with what."""

    diagnostics: tuple[Diagnostic, ...]
    examined: tuple[Examined, ...] = ()
    """The catalogs that were looked at; none where a command came to nothing."""
    verdicts: Mapping[str, tuple[int, Mapping[Fidelity, int], bool]] | None = None
    """Of each catalog the number of problems, of artifacts by verdict, and whether fidelity blocks it."""


T = TypeVar("T")
Writer: TypeAlias = Callable[[Terminal, Sink, T], str]


def show(screen: Terminal, writers: Mapping[str, Writer[T]], found: T) -> None:
    """Write what was found to every place; raises InvalidInput at the end where one could not be."""
    for sink in screen.sinks:
        screen.write(writers[sink.format](screen, sink, found), sink)
    screen.check()


def show_plans(
    screen: Terminal, plans: tuple[Plan, ...], *, saved: Path | None = None, next_command: str | None = None
) -> None:
    """Write the plans to every place; one JSON document also for several plans."""
    show(screen, PLANS, Plans(plans, saved, next_command))


def show_next_plan(screen: Terminal, plans: tuple[Plan, ...], *, more: bool) -> None:
    """Write the last of the plans of an apply that makes them one by one; raises as `show` does.

    A text goes on; a file is written anew with all of them; any other format on stdout waits for the last.
    """
    for sink in screen.sinks:
        speaks = sink == Sink("text", None)
        if more and sink.file is None and not speaks:
            continue
        shown = Plans(plans[-1:] if speaks else plans, next_command="")
        screen.write(PLANS[sink.format](screen, sink, shown), sink)
    screen.check()


def show_failure(screen: Terminal, diagnostics: tuple[Diagnostic, ...]) -> None:
    """Write why a command came to nothing to every place that got nothing yet and can hold it.

    A reader has the diagnostics on stderr already, so a text on stdout has nothing to add.
    """
    for sink in screen.sinks:
        if sink not in screen.touched and sink.format in FAILURES and sink != Sink("text", None):
            screen.write(FAILURES[sink.format](screen, sink, Findings(diagnostics)), sink)


# Plans


def _plans_text(screen: Terminal, sink: Sink, plans: Plans) -> str:
    from stripectl.views.text import plans_text

    commands = [_next(made, plans) for made in plans.every]
    return plans_text(plans.every, verbose=screen.verbose > 0, next_commands=commands, **ink(screen, sink))


def _next(made: Plan, plans: Plans) -> str | None:
    """What to do next: finish a run that stopped half-way, else apply the file that the plan was saved in."""
    saved = plans.saved
    if any(each.code == RUN_IN_BETWEEN for each in made.diagnostics) and plans.next_command is None:
        return f"stripectl apply --resume --catalog {made.catalog} --env {made.environment}"
    if saved is None or made.blocked or not made.effective:
        return plans.next_command
    path = saved if len(plans.every) == 1 and not saved.is_dir() else saved / f"{made.catalog}.json"
    return f"stripectl apply {path}"


def _plans_markdown(_screen: Terminal, _sink: Sink, plans: Plans) -> str:
    from stripectl.views.markdown import plans_markdown

    return plans_markdown(plans.every)


def _plans_html(_screen: Terminal, _sink: Sink, plans: Plans) -> str:
    from stripectl.views.report.document import plans_html

    return plans_html(plans.every)


def _plans_json(_screen: Terminal, _sink: Sink, plans: Plans) -> str:
    from stripectl.views.as_json import json_text, plans_json

    return json_text(plans_json(plans.every))


def _of_plans(write: Writer[Findings]) -> Writer[Plans]:
    """The same for what plans have to say."""
    return lambda screen, sink, plans: write(screen, sink, Findings(plans.diagnostics))


# Findings


def _text(screen: Terminal, sink: Sink, found: Findings) -> str:
    """Diagnostics and verdicts; on stdout the verdicts alone, as stderr has the diagnostics."""
    from stripectl.views.text import diagnostics_text, validation_text

    look = ink(screen, sink)
    told = diagnostics_text(found.diagnostics, **look) if sink.file is not None else ""
    verdicts = validation_text(found.verdicts, **look) if found.verdicts is not None else ""
    return "\n".join(filter(None, (told, verdicts)))


def _markdown(_screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.markdown import diagnostics_markdown

    return diagnostics_markdown(found.diagnostics)


def _json(_screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.as_json import diagnostics_json, json_text

    return scrubbed(json_text(diagnostics_json(found.diagnostics)))


def _sarif(screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.as_json import json_text
    from stripectl.views.sarif import sarif

    return json_text(sarif(_in_repository(screen, found.diagnostics), __version__))


def _gitlab(screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.as_json import json_text
    from stripectl.views.gitlab import code_quality

    return json_text(code_quality(_in_repository(screen, found.diagnostics)))


def _github(screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.github import workflow_commands

    return workflow_commands(_in_repository(screen, found.diagnostics))


def _junit(_screen: Terminal, _sink: Sink, found: Findings) -> str:
    from stripectl.views.junit import junit

    return junit(found.examined, found.diagnostics)


def _in_repository(screen: Terminal, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics with paths from the top of the repository, where scanners look for files."""
    from stripectl.cli.git import git
    from stripectl.cli.project import root_from

    root = screen.folder.resolve() if screen.folder else root_from(Path.cwd())
    prefix = git(root, "rev-parse", "--show-prefix") if root.is_dir() else None
    return tuple(_below(prefix, each) for each in diagnostics) if prefix else tuple(diagnostics)


def _below(prefix: str, each: Diagnostic) -> Diagnostic:
    if each.source is None or each.source.file.startswith("/"):
        return each
    return replace(each, source=replace(each.source, file=f"{prefix}{each.source.file}"))


FINDINGS: Mapping[str, Writer[Findings]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
}
"""What `validate` can write."""

FAILURES = FINDINGS
"""What any command writes that came to nothing, into those of its places that can hold it."""

PLANS: Mapping[str, Writer[Plans]] = {
    "text": _plans_text,
    "markdown": _plans_markdown,
    "json": _plans_json,
    "html": _plans_html,
    "sarif": _of_plans(_sarif),
    "github": _of_plans(_github),
    "gitlab": _of_plans(_gitlab),
}
"""What every command that shows plans can write."""

APPLYING = (*PLANS, STREAM)
"""Formats of a command that carries plans out as well."""

QUOTES = ("text", "markdown", "json")
"""Formats of what a customer would pay."""

RECORDS = ("text", "json")
"""Formats of what is read from the records."""
