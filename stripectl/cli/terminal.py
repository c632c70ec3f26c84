"""Where output goes: data on stdout or into files, messages on stderr, colour only where it is wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from stripectl.cli.current import use
from stripectl.cli.events import Events
from stripectl.cli.places import STREAM, Sink, inert, inert_json, not_written, sinks_of, to_stdout
from stripectl.diagnostics import Diagnostic, InvalidInput, scrubbed, without_kept
from stripectl.files import put

__all__ = ["Sink", "Terminal", "terminal"]

NARROWEST, WIDEST_PIPE = 40, 100
"""Columns: never wrap tighter than the first; off a terminal take the second."""

LOGGED: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("text", "markdown", "junit"), inert),
    **dict.fromkeys(("json", "sarif", "gitlab"), inert_json),
}
"""Format -> how it is written where it may end in a log, which must take nothing in it for a command."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the person in front of it, or the pipe behind it, can take."""

    no_color: bool = False
    quiet: bool = False
    verbose: int = 0
    """How often `-v` was given: once for every step and what does not change, twice for every request."""
    sinks: tuple[Sink, ...] = (Sink("text", None),)
    """Where results go, each written once and whole."""
    events: Events | None = None
    """Where it is told what happens meanwhile."""
    folder: Path | None = None
    """The project, where an option names it."""
    touched: list[Sink] = field(default_factory=list)
    """Sinks that were written to, or tried."""
    failures: list[Diagnostic] = field(default_factory=list)
    """Why sinks could not be written."""

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
        """All of a text at once. One that cannot be written is kept for `check`: others may still be."""
        self.touched.append(sink)
        # A plan in JSON is applied later, and bound to its very bytes: only the key itself goes before them.
        text = without_kept(text) if sink.format == "json" else scrubbed(text)
        # A file's name may be no text; as an escape it can be written, and JSON spells it so, too.
        text = text.encode("utf-8", "backslashreplace").decode()
        whole = text if text.endswith("\n") or not text else f"{text}\n"
        try:
            if sink.file is not None:
                put(sink.file, whole)
            else:
                to_stdout(LOGGED.get(sink.format, str)(whole))
        except OSError as problem:
            self.failures.append(not_written(sink, problem))

    @property
    def unwritten(self) -> tuple[Diagnostic, ...]:
        """Why something could not be written; empty where everything could."""
        return (*self.failures, *(self.events.failures if self.events else ()))

    def check(self) -> None:
        """Raise InvalidInput where something could not be written."""
        if self.unwritten:
            raise InvalidInput(*self.unwritten)


def _say(text: str) -> None:
    """Write to stderr; that nobody can read it is no reason to stop an apply half-way."""
    with suppress(OSError):
        sys.stderr.write(inert(scrubbed(text)))
        sys.stderr.flush()


def terminal(
    output: list[str] | None = None,
    *,
    formats: Collection[str],
    folder: Path | None = None,
    no_color: bool = False,
    quiet: bool = False,
    verbose: int = 0,
) -> Terminal:
    """A terminal from the options of a command, in use from now on.

    Raises UsageError for a format that is not one of `formats`, and for two that go to one place.
    """
    found = sinks_of(output or (), formats) or (Sink("text", None),)
    stream = next((Events(sink) for sink in found if sink.format == STREAM), None)
    documents = tuple(sink for sink in found if sink.format != STREAM)
    screen = Terminal(no_color, quiet, verbose, documents, stream, folder)
    use(screen)
    return screen
