"""How long a command may take: `--timeout`, an option of every command, and what happens then."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperOption

from stripectl.diagnostics import Diagnostic, error

F = TypeVar("F", bound=Callable[..., Any])

SECONDS = 1800.0
"""Unless `--timeout` says otherwise. An apply of 10,000 steps takes a quarter of it."""

GRACE = 150.0
"""Seconds that the steps in hand may take: what one request may take in all, and the last answer."""


class Deadline:
    """Of the command at work. Seconds by the clock that only goes forward."""

    def __init__(self) -> None:
        self.allowed = SECONDS
        self.passed = False
        self._ends = float("inf")

    def start(self, allowed: float = SECONDS) -> None:
        """Zero is without an end."""
        self.allowed, self.passed = allowed, False
        self._ends = time.monotonic() + allowed if allowed else float("inf")

    def lift(self) -> None:
        """For a command that is to run until somebody stops it."""
        self._ends = float("inf")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A person may think for as long as they like."""
        left, self._ends = self._ends - time.monotonic(), float("inf")
        try:
            yield
        finally:
            self._ends = time.monotonic() + left

    def check(self) -> None:
        """Stop as Ctrl-C does where the time is up; once more after a grace. For the main thread."""
        if time.monotonic() >= self._ends:
            self.passed = True
            self._ends = time.monotonic() + GRACE
            signal.raise_signal(signal.SIGINT)

    def told(self) -> Diagnostic:
        return error(
            "timed-out",
            "The command took longer than it may",
            f"It may take {self.allowed:g} seconds.",
            hint="run it again with a longer --timeout; what was begun is kept: see `stripectl doctor`",
        )


DEADLINE = Deadline()


def _set(_context: typer.Context, _option: object, seconds: float) -> None:
    if not 0 <= seconds < float("inf"):
        raise typer.BadParameter("a number of seconds, 0 or more, was expected")
    DEADLINE.start(seconds)


class Timed(TyperCommand):
    """A command with `--timeout`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        timeout = TyperOption(
            param_decls=["--timeout"],
            type=float,
            default=SECONDS,
            show_default=True,
            metavar="SECONDS",
            help="Stop after so long, as Ctrl-C does; 0 is never.",
            expose_value=False,
            callback=_set,
        )
        self.params.append(timeout)


class App(typer.Typer):
    """A group whose commands all have `--timeout`."""

    def command(
        self, name: str | None = None, *, cls: type[TyperCommand] | None = Timed, **options: Any
    ) -> Callable[[F], F]:
        return super().command(name, cls=cls, **options)
