"""`stripectl shadow serve` as a user starts it, shared by the tests of a worker."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.asking import new_run
from tests.live.connection import Connection
from tests.live.ledger import Ledger
from tests.live.lifecycle import STRIPECTL
from tests.live.suite import AT_ONCE, SHADOW_KEY
from tests.waiting import SECONDS


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a shadow account answers over HTTP."""
    folder = tmp_path_factory.mktemp("served")
    subprocess.run([STRIPECTL, "init"], cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    with subprocess.Popen(
        [STRIPECTL, "shadow", "serve", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
        assert server.wait(SECONDS) == 0


@pytest.fixture
def served(url: str) -> Iterator[Connection]:
    """A connection to that account."""
    connection = Connection(SHADOW_KEY, base_url=url, rates=AT_ONCE)
    yield connection
    connection.close()


@pytest.fixture
def run_id() -> str:
    return new_run(time.time())


@pytest.fixture
def ledger(tmp_path: Path, run_id: str) -> Ledger:
    return Ledger.begin(tmp_path / "ledgers", run_id, "acct_1Shadow")
