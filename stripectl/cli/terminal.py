"""Where output goes: data on stdout or into files, messages on stderr, colour only where it is wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stripectl.diagnostics import Diagnostic, InvalidInput, UsageError, error, scrubbed

NARROWEST, WIDEST_PIPE = 40, 100
"""Columns: never wrap tighter than the first; off a terminal take the second."""

FORMATS = ("text", "markdown", "json", "html")


@dataclass(frozen=True, slots=True)
class Sink:
    """One place for one format."""

    format: str
    file: Path | None
    """None is stdout."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the person in front of it, or the pipe behind it, can take."""

    no_color: bool = False
    quiet: bool = False
    verbose: int = 0
    """How often `-v` was given: once for every step and what does not change, twice for every request."""
    sinks: tuple[Sink, ...] = (Sink("text", None),)

    def width(self, stream: TextIO = sys.stdout) -> int:
        if not stream.isatty():
            return WIDEST_PIPE
        return max(NARROWEST, shutil.get_terminal_size().columns)

    def colour(self, stream: TextIO = sys.stdout) -> bool:
        plain = self.no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return stream.isatty() and not plain

    @property
    def animates(self) -> bool:
        """Whether remarks go to a terminal that can take a line back."""
        return not self.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def ascii_only(self, stream: TextIO = sys.stdout) -> bool:
        """Whether the stream cannot print the signs that a plan uses."""
        try:
            "±→↻⇥−…".encode(stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return True
        return False

    def wants(self, format_: str) -> bool:
        return any(sink.format == format_ for sink in self.sinks)

    @property
    def speaks(self) -> bool:
        """Whether text for a reader goes to stdout."""
        return Sink("text", None) in self.sinks

    def tell(self, message: str) -> None:
        """Progress and remarks."""
        if not self.quiet:
            _say(f"{message}\n")

    def report(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics for a reader, on stderr."""
        from stripectl.views.text import diagnostics_text  # only where there is something to say

        stream = sys.stderr
        text = diagnostics_text(
            diagnostics,
            width=self.width(stream),
            colour=self.colour(stream),
            ascii_only=self.ascii_only(stream),
        )
        _say(text)

    def write(self, text: str, sink: Sink) -> None:
        """All of a text at once; raises InvalidInput where a file cannot be written."""
        # A plan in JSON is applied later, and bound to its very bytes.
        text = text if sink.format == "json" else scrubbed(text)
        try:
            _put(text if text.endswith("\n") else f"{text}\n", sink.file)
        except OSError as problem:
            raise InvalidInput(
                error(
                    "output-not-written",
                    "The output cannot be written",
                    f"{sink.file or 'standard output'}: {problem.strerror}.",
                    hint="check that the place exists, is writable and has space left",
                )
            ) from None


def _put(text: str, file: Path | None) -> None:
    if file is not None:
        file.write_text(text, encoding="utf-8")
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as problem:
        # What could not be written stays in the buffer, and would be complained about again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A reader that went away, as `| head` does, has seen enough; an apply must not stop for it half-way.
        if not isinstance(problem, BrokenPipeError):
            raise


def _say(text: str) -> None:
    """Write to stderr; that nobody can read it is no reason to stop an apply half-way."""
    with suppress(OSError):
        sys.stderr.write(scrubbed(text))
        sys.stderr.flush()


def terminal(
    output: list[str] | None = None,
    *,
    no_color: bool = False,
    quiet: bool = False,
    verbose: int = 0,
    formats: tuple[str, ...] = FORMATS,
) -> Terminal:
    """A terminal from the options of a command; raises UsageError for a format that it does not have."""
    sinks = tuple(_sink(each, formats) for each in output or ["text"])
    return Terminal(no_color, quiet, verbose, sinks)


def _sink(text: str, formats: tuple[str, ...]) -> Sink:
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
    return Sink(name, Path(file) if file else None)
