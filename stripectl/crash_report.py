"""What nobody foresaw becomes one calm message; its traceback is kept in a file of its own."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path

from stripectl.diagnostics import Diagnostic, error, scrubbed
from stripectl.files import set_aside

LONGEST = 200_000
"""Characters of a traceback that are kept, from its end."""


def unexpected(problem: BaseException, standing: str) -> Diagnostic:
    """An error that names the exception, its place, and the file that keeps its traceback if any.

    `standing` is a sentence on how things stand.
    """
    kept = _kept(problem)
    place = f"{type(problem).__name__} at {_place(problem)}."
    trace = f" The traceback is kept in {kept}." if kept else ""
    return error(
        "unexpected",
        "Something went wrong inside stripectl",
        f"{place} {standing}{trace}",
        hint="please report it with the command that you ran" + (", and with that file" if kept else ""),
    )


def _place(problem: BaseException) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _kept(problem: BaseException) -> Path | None:
    """A file that only its owner may read, without anything like a key; None where none can be made."""
    text = scrubbed("".join(traceback.format_exception(problem))[-LONGEST:])
    with suppress(OSError):
        return set_aside(text)
    return None
