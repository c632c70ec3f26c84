"""The journal: each line bound to the one before, on disk before the call returns, and never guessed at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Semaphore

import pytest

from stripectl.diagnostics import InvalidInput, Locked
from stripectl.engine.kinds import Phase
from stripectl.engine.plan import Plan
from stripectl.engine.ports import Begun
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.chain import START
from stripectl.store.journal import FileJournals
from tests.stripe.builders import EVERYTHING
from tests.waiting import SECONDS
from tests.workbench import Workbench

STEP = Step(1, Phase.EXPAND, Verb.CREATE, "product", "product.pro", "acme-pro", {"name": "Pro"})
REQUEST = Request("post", "/v1/products", {"id": "acme-pro", "name": "Pro"})


@pytest.fixture
def journals(tmp_path: Path) -> FileJournals:
    return FileJournals(tmp_path / "journal", KINDS, lambda: datetime(2026, 9, 21, tzinfo=UTC))


@pytest.fixture
def made(bench: Workbench) -> Plan:
    return bench.plan(EVERYTHING)


def test_an_unfinished_run_is_read_back_as_it_was_written(journals: FileJournals, made: Plan) -> None:
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    journal.end(STEP, Outcome("acme-pro", "req_1"))
    journal.begin(STEP, REQUEST, "another", 2)
    (record,) = journals.unfinished()
    assert (record.run, record.unwinds) == ("run-1", None)
    assert record.plan == made
    assert record.begun == {1: Begun("another", 2)}
    assert record.ended == {1: Outcome("acme-pro", "req_1")}


def test_a_begin_holds_the_request_and_what_is_expected_before_it(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    step = Step(7, Phase.SWITCH, Verb.UPDATE, "product", "product.pro", "acme-pro", {}, {"name": "Old"})
    journals.start("run-1", made).begin(step, REQUEST, "key", 1)
    entry = json.loads(lines(tmp_path)[1])
    assert {
        name: entry[name] for name in ("event", "step", "phase", "request", "expected", "key", "epoch")
    } == {
        "event": "begin",
        "step": 7,
        "phase": "switch",
        "request": {
            "method": "post",
            "path": "/v1/products",
            "params": {"id": "acme-pro", "name": "Pro"},
        },
        "expected": {"name": "Old"},
        "key": "key",
        "epoch": 1,
    }


def test_each_line_is_bound_to_the_one_before(journals: FileJournals, made: Plan, tmp_path: Path) -> None:
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    journals.reopen("run-1").end(STEP, Outcome("acme-pro", None))
    previous = [json.loads(line)["previous"] for line in lines(tmp_path)]
    assert previous[0] == START
    assert len({*previous}) == 3
    assert {len(each) for each in previous} == {71}


def test_a_closed_journal_is_no_longer_unfinished(journals: FileJournals, made: Plan) -> None:
    journals.start("run-1", made).close("done")
    journals.start("run-2", made, unwinds="run-1")
    (record,) = journals.unfinished()
    assert (record.run, record.unwinds) == ("run-2", "run-1")


def test_a_torn_last_line_is_as_if_it_had_not_been_written(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    journal.end(STEP, Outcome("acme-pro", None))
    path = file(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    (record,) = journals.unfinished()
    assert (set(record.begun), record.ended) == ({1}, {})


def test_a_torn_last_line_is_cut_off_before_the_run_goes_on(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    journals.start("run-1", made).begin(STEP, REQUEST, "key", 0)
    path = file(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"event":"end","st')
    journals.reopen("run-1").end(STEP, Outcome("acme-pro", None))
    (record,) = journals.unfinished()
    assert set(record.ended) == {1}


def test_a_line_torn_in_the_middle_of_a_character_is_as_if_it_had_not_been_written(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    journals.start("run-1", made).begin(STEP, REQUEST, "key", 0)
    path = file(tmp_path)
    path.write_bytes(path.read_bytes() + '{"event":"end","name":"Café'.encode()[:-1])
    (record,) = journals.unfinished()
    assert (set(record.begun), record.ended) == ({1}, {})


def test_a_journal_without_its_first_line_recorded_nothing(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    journals.start("run-1", made)
    path = file(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    assert journals.unfinished() == ()


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda every: [every[0], every[1].replace(b'"step":1', b'"step":2'), every[2]], 2),
        (lambda every: [every[0], every[2]], 2),
        (lambda every: [every[0], every[2], every[1]], 2),
        (lambda every: [every[0], b"{]", every[2]], 2),
        (lambda every: [every[0], b"[]", every[2]], 2),
        (lambda every: [every[0].replace(b'"acme"', b'"evil"'), *every[1:]], 1),
        (lambda every: [*every[:2], every[2].replace(b"acme-pro", b"acme-prx")], 3),
    ],
    ids=["edited", "taken out", "swapped", "no JSON", "no object", "plan edited", "last"],
)
def test_a_damaged_line_is_refused_with_its_place(
    journals: FileJournals,
    made: Plan,
    tmp_path: Path,
    damage: Callable[[list[bytes]], list[bytes]],
    line: int,
) -> None:
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    journal.end(STEP, Outcome("acme-pro", None))
    path = file(tmp_path)
    path.write_bytes(b"".join(each + b"\n" for each in damage(lines(tmp_path))))
    with pytest.raises(InvalidInput) as refused:
        journals.unfinished()
    (problem,) = refused.value.diagnostics
    assert problem.code == "record-damaged"
    assert problem.source is not None
    assert problem.source.line == line


def test_a_run_id_is_used_once(journals: FileJournals, made: Plan) -> None:
    journals.start("run-1", made)
    with pytest.raises(InvalidInput):
        journals.start("run-1", made)


def test_no_folder_is_no_unfinished_run(journals: FileJournals) -> None:
    assert journals.unfinished() == ()


def test_a_copy_of_a_journal_under_another_name_is_refused(
    journals: FileJournals, made: Plan, tmp_path: Path
) -> None:
    journals.start("run-1", made)
    path = file(tmp_path)
    path.with_name("run-2.jsonl").write_bytes(path.read_bytes())
    with pytest.raises(InvalidInput) as refused:
        journals.unfinished()
    (problem,) = refused.value.diagnostics
    assert (problem.code, problem.detail.endswith("run-2.jsonl holds the journal of run run-1.")) == (
        "record-damaged",
        True,
    )


# Several threads

THREADS, ROUNDS = 16, 10


def test_lines_of_several_threads_form_one_chain(journals: FileJournals, made: Plan) -> None:
    journal = journals.start("run-1", made)

    def work(thread: int) -> None:
        for number in range(thread * ROUNDS, (thread + 1) * ROUNDS):
            step = replace(STEP, number=number)
            journal.begin(step, REQUEST, f"key-{number}", 0)
            journal.end(step, Outcome(f"object-{number}", None))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    (record,) = journals.unfinished()
    assert record.begun == {number: Begun(f"key-{number}", 0) for number in range(THREADS * ROUNDS)}
    assert record.ended == {number: Outcome(f"object-{number}", None) for number in range(THREADS * ROUNDS)}


def test_lines_that_are_written_while_another_waits_for_the_disk_share_the_next_wait(
    journals: FileJournals, made: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journals.start("run-1", made)
    disk = SlowDisk(monkeypatch)
    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(journal.begin, STEP, REQUEST, "key", 0)
        disk.asked.acquire()
        others = [
            pool.submit(journal.begin, replace(STEP, number=number), REQUEST, "key", 0)
            for number in range(2, THREADS + 1)
        ]
        for _ in range(THREADS):
            disk.written.acquire()
        # Every line is in the file, and none of them counts yet.
        assert [each.done() for each in (first, *others)] == [False] * THREADS
        disk.free.set()
    assert disk.waits == 2
    (record,) = journals.unfinished()
    assert len(record.begun) == THREADS


class SlowDisk:
    """Nothing becomes lasting before it is set free."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.written, self.free = Semaphore(0), Semaphore(0), Event()
        self.waits = 0
        self._write, self._fsync = os.write, os.fsync
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "fsync", self.fsync)

    def write(self, handle: int, content: bytes) -> int:
        count = self._write(handle, content)
        self.written.release()
        return count

    def fsync(self, handle: int) -> None:
        self.waits += 1
        self.asked.release()
        assert self.free.wait(SECONDS)
        self._fsync(handle)


def test_journal_and_head_stay_open_during_a_run_and_are_closed_with_it(
    journals: FileJournals, made: Plan
) -> None:
    before = open_files()
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    assert open_files() == before + 2
    journal.close("done")
    assert open_files() == before
    abandoned = journals.start("run-2", made)
    del abandoned
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


# Somebody else goes on


def taken_over(journals: FileJournals, path: Path) -> None:
    journals.reopen("run-1")


def resumed(journals: FileJournals, path: Path) -> None:
    journals.reopen("run-1").end(STEP, Outcome("acme-pro", None))


def longer(journals: FileJournals, path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}\n")


def shorter(journals: FileJournals, path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5)


def gone(journals: FileJournals, path: Path) -> None:
    path.rename(path.with_suffix(".bak"))


@pytest.mark.parametrize("happening", [taken_over, resumed, longer, shorter, gone])
def test_a_process_that_slept_while_somebody_else_went_on_writes_nothing(
    journals: FileJournals,
    made: Plan,
    tmp_path: Path,
    happening: Callable[[FileJournals, Path], None],
) -> None:
    journal = journals.start("run-1", made)
    journal.begin(STEP, REQUEST, "key", 0)
    path = file(tmp_path)
    happening(journals, path)
    before = path.read_bytes() if path.exists() else None
    for _ in range(2):
        with pytest.raises(Locked) as refused:
            journal.end(STEP, Outcome("acme-pro", None))
        assert [each.code for each in refused.value.diagnostics] == ["run-taken-over"]
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_process_that_falls_asleep_over_a_line_writes_it_into_the_void_and_is_told(
    journals: FileJournals, made: Plan, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    journal = journals.start("run-1", made)
    genuine = getattr(os, call)

    def sleeping(*arguments: object) -> object:
        monkeypatch.setattr(os, call, genuine)
        journals.reopen("run-1").begin(replace(STEP, number=2), REQUEST, "key", 0)
        return genuine(*arguments)

    monkeypatch.setattr(os, call, sleeping)
    with pytest.raises(Locked) as refused:
        journal.begin(STEP, REQUEST, "key", 0)
    assert [each.code for each in refused.value.diagnostics] == ["run-taken-over"]
    (record,) = journals.unfinished()
    # What stood there when it was taken over is known to whoever goes on; what came later is not.
    assert set(record.begun) == ({2} if call == "write" else {1, 2})


def file(folder: Path) -> Path:
    (path,) = (folder / "journal").glob("*.jsonl")
    return path


def lines(folder: Path) -> list[bytes]:
    return file(folder).read_bytes().splitlines()
