"""The main job through the installed command goes well on a shadow account, and leaves nothing in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.connection import Connection
from tests.live.ledger import Ledger
from tests.live.lifecycle import Lifecycle
from tests.live.removal import scan
from tests.live.suite import SHADOW_KEY


@pytest.fixture
def cycle(url: str, served: Connection, ledger: Ledger, run_id: str, tmp_path: Path) -> Lifecycle:
    folder = tmp_path / "project"
    folder.mkdir()
    return Lifecycle(folder, served, ledger, run_id, SHADOW_KEY, url)


@pytest.mark.slow
def test_the_main_job_goes_well_and_leaves_nothing_in_use(cycle: Lifecycle) -> None:
    steps = list(cycle.steps())
    assert [step for step in steps if step.problem] == []
    assert [step.title for step in steps][-2:] == [
        "an emptied manifest removes everything",
        "everything removed",
    ]
    assert cycle.ledger.close()
    assert scan(cycle.connection, lambda run: run == cycle.run) == []


@pytest.mark.slow
def test_a_step_that_fails_ends_the_job_and_everything_is_put_away(cycle: Lifecycle) -> None:
    steps = []
    for step in cycle.steps():
        steps.append(step)
        if step.title == "they are applied":
            # Somebody else takes the product off sale, so that nothing is at rest.
            cycle.connection.ask("POST", f"/v1/products/{cycle.name}-pro", {"active": False})
    assert [step.title for step in steps if step.problem] == ["the plan is empty, nothing drifted"]
    assert "`stripectl plan --detailed-exitcode` ended with 2, not 0" in steps[-2].problem
    assert scan(cycle.connection, lambda run: run == cycle.run) == []
