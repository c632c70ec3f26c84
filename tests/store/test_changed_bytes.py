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


def written(journals: FileJournals, plan: Plan, *, lines: int = 3) -> Path:
    journal = journals.start("run-1", plan)
    if lines > 1:
        journal.begin(STEP, REQUEST, "key", 0)
    if lines > 2:
        journal.end(STEP, Outcome("acme-pro", "req_1"))
    if lines > 3:
        journal.close("done")
    return journals.folder / "run-1.jsonl"


@pytest.mark.parametrize("whole", range(4))
def test_a_journal_whose_last_line_is_torn_anywhere_holds_what_was_written_before(
    journals: FileJournals, small: Plan, whole: int
) -> None:
    path = written(journals, small, lines=whole + 1)
    content = path.read_bytes()
    before = content.rfind(b"\n", 0, -1) + 1
    for length in range(before + 1, len(content)):
        path.write_bytes(content[:length])
        records = journals.unfinished()
        assert [(len(each.begun), len(each.ended)) for each in records] == WHOLE_LINES[whole], length
        assert [each.cut for each in records] == [None] * len(records)


@pytest.mark.parametrize("lines", range(1, 5))
def test_a_journal_that_lost_whole_lines_at_its_end_is_noticed_wherever_it_was_cut(
    journals: FileJournals, small: Plan, lines: int
) -> None:
    path = written(journals, small, lines=lines)
    content = path.read_bytes()
    before = content.rfind(b"\n", 0, -1) + 1
    ends = [at + 1 for at in range(before) if content[at : at + 1] == b"\n"]
    for length in {0, *range(1, before, STRIDE), *ends}:
        path.write_bytes(content[:length])
        assert cuts(journals) == ["journal-cut"], length


def cuts(journals: FileJournals) -> list[str]:
    """What is said of a journal that was cut, be there a plan left to go by or not."""
    try:
        return [each.cut.code for each in journals.unfinished() if each.cut]
    except StripectlError as refused:
        return [problem_of(refused).code]


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
