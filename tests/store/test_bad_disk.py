"""A disk that refuses at any one moment: records stay whole, the message is calm, and the next try works."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import ParamSpec

import pytest

from stripectl.diagnostics import InvalidInput, StripectlError
from stripectl.engine.kinds import Phase
from stripectl.engine.plan import Plan, Revision
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.journal import FileJournals
from stripectl.store.lock import FileLock
from stripectl.store.revisions import FileRevisions
from tests.disks import Disk
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench, actions, opened

STEP = Step(1, Phase.EXPAND, Verb.CREATE, "product", "product.pro", "acme-pro", {"name": "Pro"})
REQUEST = Request("post", "/v1/products", {"id": "acme-pro", "name": "Pro"})

CATALOG = catalog(monthly())

P = ParamSpec("P")


@pytest.fixture(params=[False, True], ids=["once", "from-then-on"])
def stays(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[errno.ENOSPC, errno.EROFS, errno.EACCES], ids=["full", "read-only", "forbidden"])
def disks(request: pytest.FixtureRequest, tmp_path: Path, stays: bool) -> Iterator[tuple[Disk, Path]]:
    """A disk that refuses at the first moment, with a folder; then at the second, until it never does."""

    def every() -> Iterator[tuple[Disk, Path]]:
        for at in count(1):
            disk, folder = Disk(at, int(request.param), stays=stays), tmp_path / str(at)
            folder.mkdir()
            yield disk, folder
            if not disk.refused:
                assert at > 5, "there were moments to refuse at"
                return

    return every()


def refused(work: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> bool:
    """Whether the disk refused; then it was told calmly."""
    codes: list[str] = []
    try:
        work(*arguments, **options)
    except InvalidInput as problem:
        codes = [each.code for each in problem.diagnostics]
    assert codes in ([], ["state-not-usable"])
    return codes != []


def files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.rglob("*") if each.is_file())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    with opened(tmp_path_factory.mktemp("made"), Clock()) as bench:
        return bench.plan(CATALOG)


@pytest.fixture(scope="module")
def revision(tmp_path_factory: pytest.TempPathFactory) -> Revision:
    with opened(tmp_path_factory.mktemp("applied"), Clock()) as bench:
        bench.apply(CATALOG)
        return bench.recorded


def now() -> datetime:
    return datetime(2026, 9, 21, tzinfo=UTC)


Disks = Iterator[tuple[Disk, Path]]


def test_a_journal_survives_every_refusal(disks: Disks, made: Plan) -> None:
    for disk, folder in disks:
        journals = FileJournals(folder / "journal", KINDS, now)
        done: list[str] = []
        with disk.in_use():
            stopped = refused(write, journals, made, done)
        assert stopped is bool(disk.refused) or done == ["opened", "begun", "ended", "closed"]
        if stopped and not disk.stays and "opened" not in done:
            assert files(folder) == []
        go_on(journals, made, done)
        assert journals.unfinished() == ()
        journals.start("run-2", made)
        assert files(folder) == ["run-1.head.json", "run-1.jsonl", "run-2.head.json", "run-2.jsonl"]


def go_on(journals: FileJournals, made: Plan, done: list[str]) -> None:
    """Finish a run that the disk stopped after `done`, and check what is known of it."""
    records = journals.unfinished()
    if not records:
        assert done == [] or "ended" in done
        if not done:
            write(journals, made, [])
        return
    (record,) = records
    # A line that failed on its way to the disk may be there all the same, and claims no more than is true.
    assert len(record.begun) in ({1} if "begun" in done else {0, 1} if "opened" in done else {0})
    assert len(record.ended) in ({1} if "ended" in done else {0, 1} if "begun" in done else {0})
    journal = journals.reopen("run-1")
    journal.end(STEP, Outcome("acme-pro", None))
    journal.close("done")


def write(journals: FileJournals, made: Plan, done: list[str]) -> None:
    """A run, with a note of each line that is on disk."""
    journal = journals.start("run-1", made)
    done.append("opened")
    journal.begin(STEP, REQUEST, "key", 0)
    done.append("begun")
    journal.end(STEP, Outcome("acme-pro", None))
    done.append("ended")
    journal.close("done")
    done.append("closed")


def test_taking_a_run_over_survives_every_refusal(disks: Disks, made: Plan) -> None:
    for disk, folder in disks:
        journals = FileJournals(folder / "journal", KINDS, now)
        journals.start("run-1", made).begin(STEP, REQUEST, "key", 0)
        path = journals.folder / "run-1.jsonl"
        with path.open("ab") as file:
            file.write(b'{"event":"end","torn')
        with disk.in_use():
            refused(journals.reopen, "run-1")
        (record,) = journals.unfinished()
        assert (set(record.begun), set(record.ended)) == ({1}, set())
        journals.reopen("run-1").close("done")
        assert journals.unfinished() == ()


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_after_a_line_that_failed_a_journal_takes_no_other(tmp_path: Path, made: Plan, call: str) -> None:
    journals = FileJournals(tmp_path / "journal", KINDS, now)
    journal = journals.start("run-1", made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, call, full)
        assert refused(journal.begin, STEP, REQUEST, "key", 0)
    assert refused(journal.begin, STEP, REQUEST, "key", 0)
    (path,) = journals.folder.glob("*.jsonl")
    assert path.read_bytes().count(b"\n") == (1 if call == "write" else 2)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_revision_survives_every_refusal(disks: Disks, revision: Revision) -> None:
    for disk, folder in disks:
        revisions = FileRevisions(folder / "revisions", KINDS)
        with disk.in_use():
            stopped = refused(revisions.write, revision)
        if stopped and not disk.stays:
            assert files(folder) == []
        if stopped and not revisions.all():
            revisions.write(revision)
        assert revisions.all() == (revision,)
        revisions.write(replace(revision, number=2))
        assert files(folder) == ["000001.json", "000002.json"]


def test_what_a_process_left_that_died_while_it_wrote_is_no_revision_and_is_swept_by_the_next(
    tmp_path: Path, revision: Revision
) -> None:
    revisions = FileRevisions(tmp_path, KINDS)
    revisions.write(revision)
    left = tmp_path / ".000002.json.0123abcd"
    left.write_bytes((tmp_path / "000001.json").read_bytes()[:100])
    assert revisions.all() == (revision,)
    revisions.write(replace(revision, number=2))
    assert files(tmp_path) == ["000001.json", "000002.json"]


def test_a_lock_survives_every_refusal(disks: Disks) -> None:
    for disk, folder in disks:
        lock = FileLock(folder / "state" / "lock.json", now, "ann")
        with disk.in_use():
            refused(hold, lock, "first")
        if holder := lock.holder():
            # It could be taken, and not freed again: that is for `unlock`.
            assert holder.id == "first"
            assert lock.release("first") is True
        hold(lock, "second")
        assert lock.holder() is None
        if not disk.stays and disk.refused != "unlink":
            assert files(folder) == []


def hold(lock: FileLock, run: str) -> None:
    with lock.hold(run, 0):
        lock.confirm(run)


@pytest.mark.slow
@pytest.mark.parametrize("disks", [errno.ENOSPC], indirect=True, ids=["full"])
def test_an_apply_survives_every_refusal(disks: Disks) -> None:
    for disk, folder in disks:
        with opened(folder, Clock()) as bench:
            made = bench.plan(CATALOG)
            with disk.in_use():
                stop(bench, made)
            free(bench)
            if bench.journals.unfinished():
                bench.resume()
            elif actions(again := bench.plan(CATALOG)):
                bench.carry_out(again)
            assert actions(bench.plan(CATALOG)) == {}
            assert bench.recorded.number == 1
            assert (len(bench.held("product")), len(bench.held("price"))) == (1, 1)


def stop(bench: Workbench, made: Plan) -> None:
    with suppress(StripectlError):
        bench.carry_out(made)


def free(bench: Workbench) -> None:
    """What an operator does about a lock that the disk kept from being removed."""
    lock = bench.lock
    assert isinstance(lock, FileLock)
    if holder := lock.holder():
        lock.release(holder.id)
