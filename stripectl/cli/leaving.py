"""The way out: whatever happens inside a command becomes a message and an exit code."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

import typer

from stripectl.cli.current import in_use
from stripectl.cli.deadline import DEADLINE
from stripectl.cli.places import inert
from stripectl.crash_report import unexpected
from stripectl.diagnostics import Diagnostic, ExitCode, Incomplete, StripectlError, scrubbed
from stripectl.files import into_the_void
from stripectl.signals import attentive

COMPLETING = "_STRIPECTL_COMPLETE"
"""Variable that is set while a shell asks for words; the exit code is a part of the answer then."""


WRITING = (["apply"], ["rollback"])
"""Commands that may leave something half done."""


def guarded(app: typer.Typer, arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    try:
        with attentive(check=DEADLINE.check):
            return _run(app, arguments)
    except BrokenPipeError:
        # The reader went away, as `| head` does; what is left to flush must not complain again.
        into_the_void(sys.stdout.fileno())
        return ExitCode.OK
    except KeyboardInterrupt:
        begun = "; what it had begun is kept: see `stripectl doctor`" if arguments[:1] in WRITING else ""
        if DEADLINE.passed:
            report((DEADLINE.told(),), ExitCode.INTERRUPTED, arguments)
        else:
            sys.stderr.write(f"\ninterrupted{begun}\n")
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        # Requests that hang in other threads would be waited for; the journal is made for a sudden end.
        os._exit(ExitCode.INTERRUPTED)


def _run(app: typer.Typer, arguments: list[str]) -> int:
    try:
        code = _code(app(arguments, standalone_mode=False))
        return _well_ended(code)
    except StripectlError as problem:
        late = (DEADLINE.told(),) if DEADLINE.passed else ()
        return report((*problem.diagnostics, *_behind(problem), *late), problem.exit_code, arguments)
    except SystemExit as left:
        if os.environ.get(COMPLETING):
            return left.code if isinstance(left.code, int) else ExitCode.OK
        # Typer leaves by itself for one other reason: the reader of stdout went away.
        raise BrokenPipeError from None
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as problem:
        # Typer may bring its own copy of Click, so its errors are known by what they can do.
        if show := getattr(problem, "show", None):
            usage = io.StringIO()
            show(file=usage)
            sys.stderr.write(inert(scrubbed(usage.getvalue())))
            return ExitCode.USAGE
        told = unexpected(problem, "Nothing more was done; the records are as they were.")
        return report((told,), ExitCode.ERROR, arguments)


def _behind(problem: StripectlError) -> tuple[Diagnostic, ...]:
    """The defect that stopped an apply half-way, where it was one."""
    cause = problem.__cause__
    if not isinstance(problem, Incomplete) or cause is None or isinstance(cause, StripectlError | OSError):
        return ()
    return (unexpected(cause, "The journal has what was done before."),)


def _code(result: object) -> ExitCode:
    if result == ExitCode.INTERRUPTED:
        # No command ends so by itself: Typer made it of a second Ctrl-C.
        raise KeyboardInterrupt
    return ExitCode(result) if isinstance(result, int) else ExitCode.OK


def _well_ended(code: ExitCode) -> ExitCode:
    """The exit code, once it is sure that all was written; raises InvalidInput where it was not."""
    if screen := in_use():
        screen.check()
        if screen.events:
            screen.events.end(code, ())
            screen.check()
    return code


def report(diagnostics: tuple[Diagnostic, ...], code: ExitCode, arguments: list[str]) -> ExitCode:
    """Say what went wrong on stderr, and in every place that was asked for and holds nothing yet."""
    screen = in_use()
    if screen is None:
        from stripectl.cli.terminal import Terminal

        Terminal(no_color="--no-color" in arguments).report(diagnostics)
        return code
    from stripectl.cli.rendering import show_failure

    show_failure(screen, tuple(dict.fromkeys((*diagnostics, *screen.unwritten))))
    every = tuple(dict.fromkeys((*diagnostics, *screen.unwritten)))
    screen.report(every)
    if screen.events:
        screen.events.end(code, every)
    return code
