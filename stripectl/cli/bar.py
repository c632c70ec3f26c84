"""The bar of an apply on a terminal. Importing this imports rich: import it where there is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stripectl.engine.course import Course
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.progress import activity, brake, others, pace, place

BAR, MARGIN = 20, 4
"""Columns of the bar, and those left free at the right: a key that is echoed must not begin a new line."""

ROOM_FOR_ALL = 64
"""Columns below which there is no bar, but the step in hand and figures alone."""


@contextmanager
def bar(glance: Callable[[], tuple[Course, float]], *, colour: bool) -> Iterator[None]:
    """A line at the foot of the terminal while a block lasts; what goes to stderr meanwhile appears above it.

    `glance` gives the course of the run, and the seconds that it has taken.
    """
    console = Console(file=sys.stderr, force_terminal=True, no_color=not colour, highlight=False)
    live = Live(
        console=console,
        get_renderable=lambda: _row(*glance(), console.width),
        # Data that goes to stdout is none of its business, wherever that leads.
        redirect_stdout=False,
        transient=True,
    )
    live.start()
    try:
        yield
    finally:
        # A terminal that went away is no reason to stop.
        with suppress(OSError):
            live.stop()


def _row(course: Course, moment: float, width: int) -> Table:
    """`━━━━╸      12/23 create price.pro.monthly and 7 more  14/s slowed by 429s 0:03`, as far as it fits."""
    row = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    row.width = width - MARGIN
    minutes, seconds = divmod(int(moment), 60)
    deed, elapsed = Text(activity(course, KINDS), overflow="ellipsis"), f"{minutes}:{seconds:02}"
    cells: list[ProgressBar | Text | str] = [place(course), deed, pace(course, moment), elapsed]
    if width >= ROOM_FOR_ALL:
        cells[2:2] = [others(course)]
        cells[-1:-1] = [brake(course, moment)]
        cells.insert(0, _bar(course))
    for cell in cells:
        row.add_column(no_wrap=True, ratio=1 if cell is deed else None)
    row.add_row(*cells)
    return row


def _bar(course: Course) -> ProgressBar:
    last = course.rounds[-1] if course.rounds else None
    return ProgressBar(total=last.total if last else 1, completed=last.done if last else 0, width=BAR)
