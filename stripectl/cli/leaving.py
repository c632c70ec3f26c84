"""The way out: whatever happens inside a command becomes a message and an exit code."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress
from itertools import pairwise

import typer

from stripectl.diagnostics import Diagnostic, ExitCode, StripectlError, error, scrubbed


def guarded(app: typer.Typer, arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    try:
        return _run(app, arguments)
    except BrokenPipeError:
        # The reader went away, as `| head` does; what is left to flush must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; what an apply had begun is kept: see `stripectl doctor`\n")
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        # Requests that hang in other threads would be waited for; the journal is made for a sudden end.
        os._exit(ExitCode.INTERRUPTED)


def _run(app: typer.Typer, arguments: list[str]) -> int:
    try:
        result = app(arguments, standalone_mode=False)
    except StripectlError as problem:
        report(problem.diagnostics, arguments)
        return problem.exit_code
    except SystemExit:
        # Typer leaves by itself for one reason only: the reader of stdout went away.
        raise BrokenPipeError from None
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as problem:
        # Typer may bring its own copy of Click, so its errors are known by what they can do.
        if show := getattr(problem, "show", None):
            usage = io.StringIO()
            show(file=usage)
            sys.stderr.write(scrubbed(usage.getvalue()))
            return ExitCode.USAGE
        report((_unexpected(problem),), arguments)
        return ExitCode.ERROR
    if result == ExitCode.INTERRUPTED:
        # No command ends so by itself: Typer made it of a second Ctrl-C.
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.OK


def report(diagnostics: tuple[Diagnostic, ...], arguments: list[str]) -> None:
    """Say what went wrong on stderr, and as JSON on stdout where JSON was asked for."""
    from stripectl.cli.terminal import Terminal

    Terminal(no_color="--no-color" in arguments).report(diagnostics)
    if _asked_for_json(arguments):
        from stripectl.engine.serial import diagnostic_to_json

        shapes = [diagnostic_to_json(each) for each in diagnostics]
        told = json.dumps({"diagnostics": shapes}, indent=1, ensure_ascii=False)
        sys.stdout.write(f"{scrubbed(told)}\n")


def _asked_for_json(arguments: list[str]) -> bool:
    following = pairwise(arguments)
    return "--output=json" in arguments or ("--output", "json") in following


def _unexpected(problem: Exception) -> Diagnostic:
    place = ""
    trace = problem.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        trace = trace.tb_next
    return error(
        "unexpected",
        "Something went wrong inside stripectl",
        f"{type(problem).__name__} at {place}. Nothing more was done; the records are as they were.",
        hint="please report it with the command that you ran",
    )
