"""Two processes that start at the same time: nothing exists twice, whoever comes first."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from tests.fault.catalogs import AFTER
from tests.fault.child import Task, started
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, counted
from tests.listening import listening
from tests.waiting import SECONDS

ROUNDS = range(3)


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("round", ROUNDS)
def test_two_applies_at_once_create_nothing_twice(
    round: int, workers: int, place: Place, start: Start
) -> None:
    task = Task("apply", workers=workers)
    both(place.folder, place.folder, task)
    with place.opened() as bench:
        assert counted(check(bench, AFTER, revision=3)) == start.made


@pytest.mark.parametrize("round", ROUNDS)
def test_two_applies_at_once_over_http_create_nothing_twice(
    round: int, place: Place, start: Start, tmp_path: Path
) -> None:
    remote = Path(shutil.copy(place.folder / "account.db", tmp_path / "remote.db"))
    with closing(ShadowAccount(remote, clock=place.clock)) as account, listening(account) as server:
        both(place.folder, place.folder, Task("apply", workers=8, url=server.url))
    shutil.copy(remote, place.folder / "account.db")
    with place.opened() as bench:
        assert counted(check(bench, AFTER, revision=3)) == start.made


def both(one: Path, other: Path, task: Task) -> None:
    """Two processes at once, of which one at least comes through."""
    processes = [started(folder, task) for folder in (one, other)]
    for each in processes:
        each.join(SECONDS)
    # The other was locked out, found its plan stale, or found nothing left to do.
    assert 0 in [each.exitcode for each in processes]
