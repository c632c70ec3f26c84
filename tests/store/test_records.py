"""Revisions and plan files: what was written, or a refusal; never half a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput, StalePlan
from stripectl.engine.plan import Revision
from stripectl.files import write_atomically
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan, save_plan
from stripectl.store.revisions import FileRevisions
from tests.stripe.builders import EVERYTHING, catalog, monthly
from tests.workbench import Workbench


@pytest.fixture
def revisions(tmp_path: Path) -> FileRevisions:
    return FileRevisions(tmp_path / "acme" / "revisions", KINDS)


@pytest.fixture
def written(bench: Workbench) -> Revision:
    bench.apply(EVERYTHING)
    return bench.recorded


def test_a_revision_is_read_back_as_it_was_written(revisions: FileRevisions, written: Revision) -> None:
    assert revisions.get(1) == written
    assert revisions.all() == (written,)
    assert [path.name for path in revisions.folder.iterdir()] == ["000001.json"]


def test_revisions_are_ordered_by_number(revisions: FileRevisions, written: Revision) -> None:
    for number in (2, 10):
        revisions.write(replace(written, number=number))
    assert [each.number for each in revisions.all()] == [1, 2, 10]
    last = revisions.last()
    assert last is not None
    assert last.number == 10


def test_a_revision_that_was_edited_is_refused(revisions: FileRevisions, written: Revision) -> None:
    path = revisions.folder / "000001.json"
    path.write_text(path.read_text().replace('"899"', '"999"'))
    with pytest.raises(InvalidInput) as refused:
        revisions.last()
    (problem,) = refused.value.diagnostics
    assert problem.code == "record-damaged"
    assert "sha256:" in problem.detail


@pytest.mark.parametrize("content", ["", "{}", "null", "[1.5]", '{"format_version": "9.0"}'])
def test_a_file_that_is_no_revision_is_refused(
    revisions: FileRevisions, written: Revision, content: str
) -> None:
    (revisions.folder / "000001.json").write_text(content)
    with pytest.raises(InvalidInput):
        revisions.last()


def test_an_unknown_revision_names_the_known_ones(revisions: FileRevisions, written: Revision) -> None:
    with pytest.raises(InvalidInput) as refused:
        revisions.get(7)
    (problem,) = refused.value.diagnostics
    assert problem.detail == "Revision 7 was asked for; recorded are: 1."


def test_a_number_is_written_once(revisions: FileRevisions, written: Revision) -> None:
    with pytest.raises(InvalidInput) as refused:
        revisions.write(written)
    assert [each.code for each in refused.value.diagnostics] == ["revision-taken"]


def test_a_plan_file_is_read_back_as_the_same_plan(bench: Workbench, tmp_path: Path) -> None:
    made = bench.plan(EVERYTHING)
    save_plan(tmp_path / "plan.json", made)
    assert load_plan(tmp_path / "plan.json", KINDS) == made


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('"900"', '"1"'), ('"action": "create"', '"action": "no-op"'), ('"acct_1Shadow"', '"acct_1Other"')],
)
def test_an_edited_plan_is_refused(bench: Workbench, tmp_path: Path, was: str, becomes: str) -> None:
    path = tmp_path / "plan.json"
    save_plan(path, bench.plan(catalog(monthly())))
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes, 1))
    with pytest.raises(StalePlan):
        load_plan(path, KINDS)


def test_plan_id_and_time_are_not_part_of_what_is_reviewed(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(path, bench.plan(catalog(monthly())))
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "plan_id": "x", "created_at": "y"}))
    assert load_plan(path, KINDS).plan_id == "x"


def test_a_write_that_fails_leaves_what_was_there_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "record"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["record"]


def test_a_folder_in_place_of_a_file_is_told_calmly(tmp_path: Path) -> None:
    (tmp_path / "record" / "inside").mkdir(parents=True)
    with pytest.raises(InvalidInput) as refused:
        write_atomically(tmp_path / "record", "text")
    assert [each.code for each in refused.value.diagnostics] == ["state-not-usable"]
