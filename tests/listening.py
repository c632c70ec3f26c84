"""Shadow accounts behind HTTP, in the process of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.limiter import Limiter
from stripectl.providers.shadow.server import ShadowServer


def _at_once(_: float) -> None:
    pass


@contextmanager
def listening(
    account: ShadowAccount,
    *,
    latency: float = 0.0,
    limiter: Limiter | None = None,
    retry_after: int | None = None,
    sleep: Callable[[float], None] = _at_once,
) -> Iterator[ShadowServer]:
    """The account's server in a thread of its own, until the block ends; `sleep` waits for the latency."""
    server = ShadowServer(account, 0, latency=latency, limiter=limiter, retry_after=retry_after, sleep=sleep)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
