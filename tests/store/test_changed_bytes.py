"""A byte that changed anywhere in a record is found, or changed nothing of what the record says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stripectl.diagnostics import Diagnostic, StripectlError
from stripectl.engine.kinds import Phase
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_digest
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.journal import FileJournals
from stripectl.store.plans import load_plan, save_plan
from stripectl.store.revisions import load_revision
from tests.stripe.builders import EVERYTHING, catalog, monthly
from tests.workbench import Workbench

MASKS = (0x01, 0x04, 0x20, 0x80)
"""Bits that change: a digit, a letter's case, blanks into signs, text into what is no UTF-8."""

STRIDE = 97
"""Of a record with everything in it, every so manieth byte is tried."""

STEP = Step(1, Phase.EXPAND, Verb.CREATE, "product", "product.pro", "acme-pro", {"name": "Pro"})
REQUEST = Request("post", "/v1/products", {"id": "acme-pro", "name": "Pro"})


def changed(content: bytes, stride: int = 1) -> Iterator[tuple[int, bytes]]:
    """Where a bit changed, and the content with it."""
    for at in range(0, len(content), stride):
        mask = MASKS[at % len(MASKS)]
        yield at, content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


def problem_of(error: StripectlError) -> Diagnostic:
    (problem,) = error.diagnostics
    return problem


@pytest.fixture
def small(bench: Workbench) -> Plan:
    return bench.plan(catalog(monthly()))


@pytest.fixture
def journals(bench: Workbench) -> FileJournals:
    assert isinstance(bench.journals, FileJournals)
    return bench.journals


def written(journals: FileJournals, plan: Plan, *, close: bool = False) -> Path:
    journal = journals.start("run-1", plan)
    journal.begin(STEP, REQUEST, "key", 0)
    journal.end(STEP, Outcome("acme-pro", "req_1"))
    if close:
        journal.close("done")
    return journals.folder / "run-1.jsonl"


@pytest.mark.parametrize("close", [False, True], ids=["unfinished", "closed"])
def test_a_changed_byte_of_a_journal_is_found_and_its_line_is_named(
    journals: FileJournals, small: Plan, *, close: bool
) -> None:
    path = written(journals, small, close=close)
    content = path.read_bytes()
    for at, damaged in changed(content):
        path.write_bytes(damaged)
        with pytest.raises(StripectlError) as refused:
            journals.unfinished()
        problem = problem_of(refused.value)
        assert problem.code == "record-damaged", at
        assert problem.source is not None
        assert (problem.source.file, problem.source.line) == (str(path), content[:at].count(b"\n") + 1), at


def test_a_changed_byte_of_a_large_journal_is_found(journals: FileJournals, bench: Workbench) -> None:
    path = written(journals, bench.plan(EVERYTHING))
    for at, damaged in changed(path.read_bytes(), STRIDE):
        path.write_bytes(damaged)
        with pytest.raises(StripectlError) as refused:
            journals.unfinished()
        assert problem_of(refused.value).code == "record-damaged", at


def test_a_journal_with_a_changed_byte_is_neither_applied_over_nor_resumed_nor_put_back(
    journals: FileJournals, bench: Workbench, small: Plan
) -> None:
    path = written(journals, small)
    _, damaged = list(changed(path.read_bytes()))[-40]
    path.write_bytes(damaged)
    for way in (bench.resume, bench.unwind, lambda: bench.carry_out(small)):
        with pytest.raises(StripectlError):
            way()
    assert bench.log.writes == []


@pytest.mark.parametrize("close", [False, True], ids=["unfinished", "closed"])
def test_a_journal_that_is_torn_anywhere_holds_what_was_written_before(
    journals: FileJournals, small: Plan, *, close: bool
) -> None:
    path = written(journals, small, close=close)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        records = journals.unfinished()
        whole = content[:length].count(b"\n")
        assert [(len(each.begun), len(each.ended)) for each in records] == WHOLE_LINES[whole], length


WHOLE_LINES = [[], [(0, 0)], [(1, 0)], [(1, 1)]]
"""What is known after so many lines: steps begun and ended, of each run."""


@pytest.mark.parametrize("stride", [1, STRIDE], ids=["small", "large"])
def test_a_changed_byte_of_a_revision_is_found(bench: Workbench, stride: int) -> None:
    bench.apply(catalog(monthly()) if stride == 1 else EVERYTHING)
    path = bench.folder / "revisions" / "000001.json"
    content, meant = path.read_bytes(), bench.recorded
    for at, damaged in changed(content, stride):
        path.write_bytes(damaged)
        try:
            assert load_revision(path, KINDS) == meant, at
        except StripectlError as refused:
            problem = problem_of(refused)
            assert problem.source is not None
            assert problem.source.file == str(path)
        else:
            # A blank that became another blank says the same.
            assert damaged[at : at + 1].isspace(), at


@pytest.mark.parametrize("stride", [1, STRIDE], ids=["small", "large"])
def test_a_changed_byte_of_a_plan_file_is_found(bench: Workbench, tmp_path: Path, stride: int) -> None:
    made = bench.plan(catalog(monthly()) if stride == 1 else EVERYTHING)
    path = tmp_path / "plan.json"
    save_plan(path, made)
    content = path.read_bytes()
    for at, damaged in changed(content, stride):
        path.write_bytes(damaged)
        try:
            found = load_plan(path, KINDS)
        except StripectlError as refused:
            problem = problem_of(refused)
            assert problem.source is not None
            assert problem.source.file == str(path)
        else:
            assert (found.changes, plan_digest(found)) == (made.changes, plan_digest(made)), at
            assert damaged[at : at + 1].isspace() or line(content, at).startswith(FREE), at


FREE = (b' "format_version"', b' "stripectl_version"', b' "plan_id"', b' "created_at"')
"""Lines that no reviewer signs, because nothing hangs on them: an apply neither reads nor records them.

Equal inputs give equal plans but for these, so a digest that covered them could not be expected beforehand.
"""


def line(content: bytes, at: int) -> bytes:
    return content[content.rfind(b"\n", 0, at) + 1 :].partition(b"\n")[0]
