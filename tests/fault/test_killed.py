"""A process that is killed at any moment of an apply: whoever goes on, or puts it back, ends well."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stripectl.diagnostics import Incomplete, Locked
from tests.fault.catalogs import AFTER, BEFORE, prepare
from tests.fault.child import LATER, run
from tests.fault.invariants import check, counted, ours, unlock, used
from tests.workbench import Clock, Workbench, opened

KILLED = -9

MOMENTS = 78
"""Of the apply that the faults are tried on; a test holds it against a real one."""

RECORDED = 76
"""The moment when the revision has its name."""


EVERY = range(1, MOMENTS + 1)
SIDE_BY_SIDE = range(3, MOMENTS, 3)
"""With eight steps in hand it differs from run to run what the moments are."""

SIDE_BY_SIDE_BACK = range(4, RECORDED, 6)
BACK = range(1, RECORDED, 3)
RESUMES = range(2, MOMENTS, 7)
"""Of an apply, whose resume is killed, too."""

UNWINDINGS = range(1, 40, 4)
"""Of putting back."""

TORN = (2, 3, 5, 8, 41, 74, 78)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account and a state in which the plan to `AFTER` has every action."""
    folder = tmp_path_factory.mktemp("prepared")
    clock = Clock()
    with opened(folder, clock) as bench:
        prepare(bench, clock.advance)
    return folder


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after an apply that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "copy"
    shutil.copytree(prepared, folder)
    assert run(folder, "apply") == 0
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared, tmp_path / "copy")


@pytest.fixture
def bench(folder: Path) -> Iterator[Workbench]:
    """Whoever comes after the process that died."""
    clock = Clock()
    clock.advance(2 * LATER)
    with opened(folder, clock) as bench:
        yield bench


def moments(folder: Path) -> list[str]:
    names: list[str] = json.loads((folder / "moments-apply.json").read_text())
    return names


def test_every_moment_of_the_apply_is_tried(undisturbed: Path) -> None:
    names = moments(undisturbed)
    assert len(names) == MOMENTS
    assert names[0] == "locked"
    assert names[RECORDED - 2 :] == ["drafted", "named", "recorded", "closed"]


@pytest.mark.parametrize("moment", EVERY)
def test_a_run_killed_at_any_moment_is_finished_by_a_resume(
    moment: int, folder: Path, undisturbed: Path
) -> None:
    assert run(folder, "apply", moment) == KILLED
    unlock(folder)
    assert run(folder, "resume") == 0
    finished(folder, undisturbed)


@pytest.mark.parametrize("moment", SIDE_BY_SIDE)
def test_a_run_with_many_steps_in_hand_is_finished_by_a_resume(
    moment: int, folder: Path, undisturbed: Path
) -> None:
    assert run(folder, "apply", moment, workers=8) == KILLED
    unlock(folder)
    assert run(folder, "resume", workers=8) == 0
    finished(folder, undisturbed)


@pytest.mark.parametrize("moment", SIDE_BY_SIDE_BACK)
def test_a_run_with_many_steps_in_hand_can_be_put_back(moment: int, folder: Path) -> None:
    assert run(folder, "apply", moment, workers=8) == KILLED
    unlock(folder)
    assert run(folder, "unwind", workers=8) == 0
    with opened(folder, Clock()) as bench:
        check(bench, BEFORE, revision=2, unwound=True)


@pytest.mark.parametrize("moment", [RECORDED, RECORDED + 1])
def test_a_run_that_is_recorded_is_not_put_back_but_closed(
    moment: int, folder: Path, undisturbed: Path, bench: Workbench
) -> None:
    assert run(folder, "apply", moment) == KILLED
    unlock(folder)
    with pytest.raises(Incomplete) as refused:
        bench.unwind()
    (problem,) = refused.value.diagnostics
    assert problem.code == "recorded-already"
    assert "`stripectl rollback 2`" in problem.hint
    assert bench.log.writes == []
    bench.resume()
    finished(folder, undisturbed)


@pytest.mark.parametrize("moment", BACK)
def test_a_run_killed_at_any_moment_can_be_put_back(moment: int, folder: Path, prepared: Path) -> None:
    assert run(folder, "apply", moment) == KILLED
    unlock(folder)
    assert run(folder, "unwind") == 0
    with opened(folder, Clock()) as bench:
        check(bench, BEFORE, revision=2, unwound=True)
        with opened(prepared, Clock()) as reference:
            assert used(ours(bench)) == used(ours(reference))
        assert "size" not in bench.client.v1.products.retrieve("acme-pro").to_dict()["metadata"]
        made = bench.apply(AFTER).revision
        assert made is not None
        assert made.number == 3
        check(bench, AFTER, revision=3)


@pytest.mark.parametrize("moment", RESUMES)
def test_a_resume_killed_as_well_is_finished_by_another(moment: int, folder: Path, undisturbed: Path) -> None:
    assert run(folder, "apply", moment) == KILLED
    unlock(folder)
    assert run(folder, "resume", 3) in (KILLED, 0)
    unlock(folder)
    assert run(folder, "resume") == 0
    finished(folder, undisturbed)


@pytest.mark.parametrize("moment", UNWINDINGS)
def test_an_unwinding_killed_as_well_is_finished_by_another(moment: int, folder: Path) -> None:
    assert run(folder, "apply", 60) == KILLED
    unlock(folder)
    assert run(folder, "unwind", moment) == KILLED
    unlock(folder)
    assert run(folder, "unwind") == 0
    with opened(folder, Clock()) as bench:
        check(bench, BEFORE, revision=2, unwound=True)


@pytest.mark.parametrize("moment", TORN)
def test_a_last_line_torn_by_the_crash_is_as_if_it_had_not_been_written(
    moment: int, folder: Path, undisturbed: Path
) -> None:
    assert run(folder, "apply", moment) == KILLED
    unlock(folder)
    tear(max((folder / "acme" / "journal").glob("*.jsonl")))
    assert run(folder, "resume") == 0
    finished(folder, undisturbed)


def test_the_lock_of_a_dead_process_is_shown_with_the_command_that_frees_it(
    folder: Path, bench: Workbench
) -> None:
    assert run(folder, "apply", 10) == KILLED
    with pytest.raises(Locked) as refused:
        bench.resume()
    (problem,) = refused.value.diagnostics
    assert "Its process is gone." in problem.detail
    assert "stripectl unlock acme-002002" in problem.hint


def test_after_a_crash_a_new_apply_is_refused_until_the_old_one_is_finished(
    folder: Path, bench: Workbench
) -> None:
    assert run(folder, "apply", 10) == KILLED
    unlock(folder)
    with pytest.raises(Incomplete) as refused:
        bench.apply(AFTER)
    (problem,) = refused.value.diagnostics
    assert problem.code == "unfinished-run"
    assert "stripectl apply --resume" in problem.hint
    assert "stripectl apply --unwind" in problem.hint


def test_a_run_that_is_being_put_back_is_not_resumed(folder: Path, bench: Workbench) -> None:
    assert run(folder, "apply", 40) == KILLED
    unlock(folder)
    assert run(folder, "unwind", 3) == KILLED
    unlock(folder)
    with pytest.raises(Incomplete) as refused:
        bench.resume()
    assert [each.code for each in refused.value.diagnostics] == ["being-unwound"]


def finished(folder: Path, undisturbed: Path) -> None:
    """What was undone is done, as often as where nobody died."""
    with opened(folder, Clock()) as bench, opened(undisturbed, Clock()) as reference:
        if bench.recorded.number == 2:
            # Not even the plan was written down, and nothing was sent: there is nothing to go on with.
            assert bench.journals.unfinished() == ()
            bench.apply(AFTER)
        assert counted(check(bench, AFTER, revision=3)) == counted(ours(reference))


def tear(journal: Path) -> None:
    """Take the end off the last line, as a crash in the middle of a write does."""
    content = journal.read_bytes()
    journal.write_bytes(content[: content.rindex(b"\n", 0, -1) + 9 if content.count(b"\n") > 1 else 9])
