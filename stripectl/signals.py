"""Signals are heard while a request hangs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def attentive(every: float = 0.25, *, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Handle a signal within so many seconds while the main thread waits, wherever it arrived.

    Python calls handlers between two instructions of the main thread. A signal that comes just before a
    system call that waits, or to another thread, is kept until that call returns: a Ctrl-C, for as long as a
    request hangs. What an alarm interrupts is taken up again. `check` is called each time. For the main
    thread; without effect on Windows.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: check())
    signal.setitimer(signal.ITIMER_REAL, every, every)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
