"""The terminal of the command at work, known to whoever ends it without loading what a terminal needs."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stripectl.cli.terminal import Terminal

_terminal: ContextVar[Terminal | None] = ContextVar("terminal", default=None)


def in_use() -> Terminal | None:
    """The terminal of the command at work, for whoever tells how it ended; None before there is one."""
    return _terminal.get()


def use(screen: Terminal) -> None:
    """Make it the one of the command at work."""
    _terminal.set(screen)
