"""Where results go: stdout or files, one format each, named on the command line as `FORMAT[=FILE]`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from stripectl.diagnostics import Diagnostic, UsageError, error
from stripectl.files import into_the_void, way_out

STREAM = "jsonl"
"""The format that is written while a command is at work, line by line; any other is written once, whole."""

_COMMAND = re.compile(r"^([^\S\n]*:)(?=:)|(##)(?=\w*\[)", re.MULTILINE)

_BRACKET = re.compile(r"##(?=\w*\[)")

PIPELINES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables by which a pipeline says that it reads what is printed."""


@dataclass(frozen=True, slots=True)
class Sink:
    """One place for one format."""

    format: str
    file: Path | None
    """None is stdout."""

    def __str__(self) -> str:
        return str(self.file or "standard output")


def sinks_of(output: Iterable[str], formats: Collection[str]) -> tuple[Sink, ...]:
    """The places that were asked for; text on stdout where nothing but a stream was, and not there.

    Raises UsageError for a format that the command does not have, and for two that go to one place.
    """
    found = tuple(_sink(each, formats) for each in output)
    taken: dict[Path | None, Sink] = {}
    for sink in found:
        if other := taken.get(sink.file):
            raise UsageError(_clash(other, sink))
        taken[sink.file] = sink
    if None not in taken and all(each.format == STREAM for each in found):
        return (*found, Sink("text", None))
    return found


def _sink(text: str, formats: Collection[str]) -> Sink:
    name, _, file = text.partition("=")
    if name not in formats:
        raise UsageError(
            error(
                "unknown-format",
                "There is no such output format",
                f"--output {text} was given; this command has: {', '.join(formats)}.",
                hint="write --output FORMAT or --output FORMAT=FILE",
            )
        )
    place = Path(file) if file not in ("", "-") else None
    if place:
        spare(place)
    return Sink(name, place)


STATE = ("account.db", "lock.json", "log.jsonl")
"""Names in the state of an environment; whatever lies in a folder of records is one, too."""

RECORDS = ("revisions", "journal")


def spare(place: Path) -> None:
    """Raises UsageError where a file to be written is a manifest, a config or a record."""
    from stripectl.manifest.load import SUFFIXES  # only where there is a file to be written

    is_read = place.suffix in SUFFIXES
    if place.exists() and (is_read or place.name in STATE or place.parent.name in RECORDS):
        raise UsageError(
            error(
                "file-spared",
                "A file of the project would be overwritten",
                f"{place} exists, and is {'a manifest or a config' if is_read else 'a part of the state'}.",
                hint=f"give it another name, such as {place.stem}.out",
            )
        )


def apart(plan: Path, sinks: Iterable[Sink]) -> None:
    """Raises UsageError where a plan would be saved over a file of the project, or where an output goes."""
    spare(plan)
    if other := next((each for each in sinks if each.file == plan), None):
        raise UsageError(_clash(Sink("the plan", plan), other))


def _clash(one: Sink, other: Sink) -> Diagnostic:
    return error(
        "output-clash",
        "Two outputs go to the same place",
        f"Both {one.format} and {other.format} are to go to {one}.",
        hint="give all but one of them a file of its own: --output FORMAT=FILE",
    )


def to_stdout(text: str) -> None:
    """Write and flush; raises OSError, but not where the reader merely went away."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as problem:
        # What could not be written stays in the buffer, and would be complained about again at exit.
        into_the_void(sys.stdout.fileno())
        # A reader that went away, as `| head` does, has seen enough; an apply must not stop for it half-way.
        if not isinstance(problem, BrokenPipeError):
            raise


def in_pipeline() -> bool:
    """Whether what is printed goes into the log of a pipeline, which takes some of it for commands."""
    return any(os.environ.get(name) for name in PIPELINES)


def inert(text: str) -> str:
    """The text as a pipeline may have it in its log: nothing in it is a command to the runner.

    An invisible blank parts what begins one: `::` at the start of a line, and anywhere `##[` and what others
    than GitHub have in its place, such as `##vso[`.
    """
    return _COMMAND.sub("\\g<0>\u200b", text) if in_pipeline() else text


def inert_json(text: str) -> str:
    """The same for JSON, in which an escape means the same and keeps every value as it is."""
    return _BRACKET.sub(r"#\\u0023", text) if in_pipeline() else text


def not_written(sink: Sink, problem: OSError) -> Diagnostic:
    return error(
        "output-not-written",
        "The output cannot be written",
        f"{sink}: {problem.strerror or problem}.",
        hint=way_out(problem, "check that the place exists, is writable and has space left"),
    )
