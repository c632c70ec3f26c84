"""Two processes that start at the same time: nothing exists twice, whoever comes first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stripectl.providers.stripe.kinds import KINDS
from tests.fault.catalogs import AFTER, prepare
from tests.fault.child import started
from tests.workbench import Clock, actions, opened


@pytest.mark.parametrize("round", range(3))
def test_two_applies_at_once_create_nothing_twice(round: int, tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as bench:
        prepare(bench, clock.advance)
    alone = shutil.copytree(tmp_path, tmp_path.parent / f"alone-{round}")
    both = [started(tmp_path, "apply"), started(tmp_path, "apply")]
    one = started(alone, "apply")
    for each in (*both, one):
        each.join(60)
    # The other was locked out, found its plan stale, or found nothing left to do.
    assert sorted(each.exitcode == 0 for each in both)[-1] is True
    assert one.exitcode == 0
    with opened(tmp_path, clock) as bench, opened(alone, clock) as reference:
        assert actions(bench.plan(AFTER)) == {}
        assert bench.recorded.number == 3
        for kind in KINDS.rows:
            assert len(bench.held(kind)) == len(reference.held(kind)), kind
    shutil.rmtree(alone)
