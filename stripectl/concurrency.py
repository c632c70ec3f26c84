"""Work side by side, in threads: tasks wait for a network, not for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Protocol, TypeVar

T = TypeVar("T")


class Submit(Protocol):
    """Hand a task to the pool; it sees the context variables of whoever hands it in."""

    def __call__(self, task: Callable[[], T]) -> Future[T]: ...


@contextmanager
def pool(workers: int) -> Iterator[Submit]:
    """Up to so many threads. Leaving waits for the tasks at work, but an interruption leaves at once."""
    threads = ThreadPoolExecutor(workers)

    def submit(task: Callable[[], T]) -> Future[T]:
        return threads.submit(copy_context().run, task)

    try:
        yield submit
    except Exception:
        threads.shutdown(cancel_futures=True)
        raise
    except BaseException:
        # A person pressed Ctrl-C: an answer that hangs must not keep them.
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()


def at_once(tasks: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """What the tasks return, in their order; raises what the first of them raised."""
    with pool(min(workers, len(tasks)) or 1) as submit:
        started = [submit(task) for task in tasks]
        return [each.result() for each in started]
