"""A stream of events: what happens while an apply is at work, line by line, for whoever reads along."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock
from typing import IO

from stripectl.cli.places import Sink, inert_json, not_written, to_stdout
from stripectl.diagnostics import Diagnostic, ExitCode, scrubbed
from stripectl.engine.values import Json
from stripectl.files import stream
from stripectl.views import events as shapes


class Events:
    """Events into a file or to stdout, from several threads.

    A line that cannot be written stops nothing that is at work: it is kept in `failures`, and the last one.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._file: IO[str] | None = None
        self._turns = Lock()
        self.failures: list[Diagnostic] = []
        try:
            if sink.file is not None:
                self._file = stream(sink.file)
        except OSError as problem:
            self.failures.append(not_written(sink, problem))

    def emit(self, name: str, **facts: Json) -> None:
        """One line, out before this returns."""
        from stripectl.cli.wiring import now

        with self._turns:
            at = now().isoformat(timespec="milliseconds")
            line = json.dumps(shapes.event(name, at, **facts), ensure_ascii=False, separators=(",", ":"))
            if not self.failures:
                self._put(f"{scrubbed(line)}\n")

    def _put(self, line: str) -> None:
        try:
            if self._file is None:
                to_stdout(inert_json(line.encode("utf-8", "backslashreplace").decode()))
                return
            self._file.write(line)
            self._file.flush()
        except OSError as problem:
            self.failures.append(not_written(self._sink, problem))

    def end(self, code: ExitCode, diagnostics: Iterable[Diagnostic]) -> None:
        """The last line: how the command ended."""
        self.emit("ended", **shapes.end_facts(code, diagnostics))
        if self._file is not None:
            # What its buffer still holds was complained about when it was written.
            with suppress(OSError):
                self._file.close()
