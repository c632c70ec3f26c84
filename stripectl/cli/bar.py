"""The bar that an apply shows on a terminal. Importing this imports rich: import it where there is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stripectl.engine.course import Course
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.progress import activity, pace, place

BAR, ROOM_FOR_BAR = 20, 64
"""Columns of the bar, and those that a terminal must have to show one."""


def bar(glance: Callable[[], tuple[Course, float]], *, colour: bool) -> AbstractContextManager[object]:
    """A line at the foot of the terminal while a block lasts; what goes to stderr meanwhile appears above it.

    `glance` gives the course of the run, and the seconds that it has taken.
    """
    console = Console(file=sys.stderr, force_terminal=True, no_color=not colour, highlight=False)
    return Live(
        console=console,
        get_renderable=lambda: _row(*glance(), console.width),
        # Data that goes to stdout is none of its business, wherever that leads.
        redirect_stdout=False,
        transient=True,
    )


def _row(course: Course, moment: float, width: int) -> Table:
    """The bar where there is room, then `12/23  create price.pro.monthly  14.2/s  0:03`."""
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    cells: list[ProgressBar | Text] = []
    if width >= ROOM_FOR_BAR:
        row.add_column(width=BAR)
        cells.append(_bar(course))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(no_wrap=True, justify="right")
    row.add_column(no_wrap=True, justify="right")
    minutes, seconds = divmod(int(moment), 60)
    told = (place(course), activity(course, KINDS), pace(course, moment), f"{minutes}:{seconds:02}")
    row.add_row(*cells, *map(Text, told))
    return row


def _bar(course: Course) -> ProgressBar:
    last = course.rounds[-1] if course.rounds else None
    return ProgressBar(total=last.total if last else 1, completed=last.done if last else 0, width=BAR)
