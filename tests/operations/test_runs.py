"""A run that any revision records is over; one whose journal was cut is neither gone on with nor put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stripectl.diagnostics import Incomplete, InvalidInput
from stripectl.operations.doctor import Records
from stripectl.operations.doctor import runs as examined
from stripectl.store.head import head_file
from tests.faults import Crash, Faulty, crash, numbered
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench, actions, opened

FIRST = catalog(monthly())
SECOND = catalog(monthly(nickname="Second"))
THIRD = catalog(monthly(nickname="Third"))


def journal(bench: Workbench, number: int) -> Path:
    """The journal of a run, by its place from 0."""
    return sorted((bench.folder / "journal").glob("*.jsonl"))[number]


def cut(path: Path, lines: int, *, with_head: bool) -> None:
    """Take whole lines off the end; without the head as from a version that wrote none."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-lines]))
    if not with_head:
        head_file(path).unlink()


@contextmanager
def dying(folder: Path, step: int) -> Iterator[Workbench]:
    """A process that is gone with the answer to a step."""
    with (
        opened(folder, Clock(), lambda inner: Faulty(inner, numbered({step: crash}))) as bench,
        pytest.raises(Crash),
    ):
        yield bench


@pytest.fixture
def recorded(bench: Workbench) -> Workbench:
    """Two revisions; of the journal of the first one all but the plan is gone."""
    bench.apply(FIRST)
    bench.apply(SECOND)
    cut(journal(bench, 0), 5, with_head=False)
    assert [each.begun for each in bench.journals.unfinished()] == [{}]
    bench.log.requests.clear()
    return bench


def test_a_run_that_an_older_revision_records_is_not_put_back(recorded: Workbench) -> None:
    with pytest.raises(Incomplete) as refused:
        recorded.unwind()
    (problem,) = refused.value.diagnostics
    assert problem.code == "recorded-already"
    assert "Revision 1 records" in problem.detail
    assert "--resume" in problem.hint
    # Going back to before the first of two would undo the second as well.
    assert "rollback" not in problem.hint
    assert recorded.log.requests == []


def test_a_resume_of_a_run_that_an_older_revision_records_closes_its_journal_and_asks_nothing(
    recorded: Workbench,
) -> None:
    done = recorded.resume()
    assert done is not None
    assert (done.revision is not None and done.revision.number, done.steps) == (1, 0)
    assert recorded.log.requests == []
    assert recorded.journals.unfinished() == ()
    assert recorded.resume() is None
    assert actions(recorded.plan(SECOND)) == {}


def test_a_run_that_is_recorded_is_in_the_way_of_nothing(recorded: Workbench) -> None:
    made = recorded.plan(THIRD)
    assert made.diagnostics == ()
    recorded.carry_out(made)
    assert recorded.recorded.number == 3
    assert recorded.journals.unfinished() == ()


def test_beside_an_open_run_one_that_is_recorded_is_closed_and_the_open_one_is_put_back(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, Clock()) as bench:
        bench.apply(FIRST)
        bench.apply(SECOND)
        made = bench.plan(THIRD)
    with dying(tmp_path, 1) as bench:
        bench.carry_out(made)
    with opened(tmp_path, Clock()) as bench:
        cut(journal(bench, 0), 5, with_head=False)
        assert len(bench.journals.unfinished()) == 2
        bench.unwind()
        assert bench.journals.unfinished() == ()
        assert (bench.recorded.number, actions(bench.plan(SECOND))) == (2, {})


def test_a_run_whose_journal_was_cut_is_neither_gone_on_with_nor_put_back_nor_applied_over(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, Clock()) as bench:
        made = bench.plan(FIRST)
    with dying(tmp_path, 2) as bench:
        bench.carry_out(made)
    with opened(tmp_path, Clock()) as bench:
        path = journal(bench, 0)
        cut(path, 1, with_head=True)
        for way in (bench.resume, bench.unwind, lambda: bench.carry_out(made)):
            with pytest.raises(InvalidInput) as refused:
                way()
            (problem,) = refused.value.diagnostics
            assert problem.code == "journal-cut"
            assert "lacks the last line" in problem.detail
            assert "restore the journal" in problem.hint
        assert bench.log.writes == []
        (check,) = examined([Records("acme", bench.revisions, bench.journals, lambda: None)])
        assert "lacks the last line" in check.found
        path.unlink()
        head_file(path).unlink()
        bench.apply(FIRST)
        assert bench.recorded.number == 1


def test_a_recorded_run_whose_journal_was_cut_is_closed_all_the_same(bench: Workbench) -> None:
    bench.apply(FIRST)
    cut(journal(bench, 0), 2, with_head=True)
    assert bench.resume() is not None
    assert bench.journals.unfinished() == ()
    assert actions(bench.plan(FIRST)) == {}


def test_what_put_a_run_back_is_over_once_that_run_is(tmp_path: Path) -> None:
    with dying(tmp_path, 2) as bench:
        bench.apply(FIRST)
    with opened(tmp_path, Clock()) as bench:
        bench.unwind()
        bench.log.requests.clear()
        cut(journal(bench, 1), 1, with_head=False)
        assert [each.unwinds is not None for each in bench.journals.unfinished()] == [True]
        done = bench.unwind()
        assert done is not None
        assert (done.undid, bench.journals.unfinished(), bench.log.requests) == (True, (), [])
