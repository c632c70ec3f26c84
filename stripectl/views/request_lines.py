"""The requests of a run as a table, to lay beside the provider's own log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from stripectl.engine.course import Tally
from stripectl.engine.logged import Logged
from stripectl.views.amounts import count
from stripectl.views.page import BLANK, Line, columns, line
from stripectl.views.progress import tally_text

HEADS = ("time", "method", "path", "status", "ms", "request id", "try", "step")
RIGHT = frozenset({"status", "ms", "try", "step"})
"""Columns of numbers."""


def request_lines(title: str, run: str, lines: Sequence[Logged], damaged: int) -> Iterator[Line]:
    """Whose requests they are, a row each under its day, their number, and how many lines are `damaged`."""
    yield line((title, "title"))
    yield line(("run", "dim"), f"  {run}; times are UTC", indent=2)
    if not lines:
        yield line("The log does not tell of it: it was taken away, or nothing was sent.", indent=2)
    else:
        yield BLANK
        yield from _table(lines)
        yield BLANK
        yield line(f"{tally_text(Tally.of(each.sent for each in lines))}.")
    if damaged:
        yield line(("warning", "warning"), f": {count(damaged, 'line')} of the log cannot be read.")


def _table(lines: Sequence[Logged]) -> Iterator[Line]:
    rows = [_cells(each) for each in lines]
    widths = [max(map(columns, column)) for column in zip(HEADS, *rows, strict=True)]
    for day, group in groupby(zip(lines, rows, strict=True), key=lambda each: each[0].at[:10]):
        yield line((f"{day:<{widths[0] + 2}}", "strong"), (_joined(HEADS[1:], widths[1:]), "dim"), hang=4)
        for _, cells in group:
            yield line(_joined(cells, widths), hang=4)


def _cells(each: Logged) -> tuple[str, ...]:
    sent = each.sent
    return (
        each.at[11:23],
        sent.method,
        sent.path,
        "none" if sent.status is None else str(sent.status),
        str(round(sent.seconds * 1000)),
        sent.request_id or "",
        str(sent.attempt),
        "" if each.step is None else str(each.step),
    )


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    heads = HEADS[-len(cells) :]
    padded = (
        " " * (width - columns(cell)) + cell if head in RIGHT else cell + " " * (width - columns(cell))
        for head, cell, width in zip(heads, cells, widths, strict=True)
    )
    return "  ".join(padded)
