"""Each revision names the one before it: none is taken for the newest that was not made from the last."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput
from stripectl.engine.values import digest
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.chain import START
from stripectl.store.revisions import FileRevisions, Link, require_unbroken
from tests.views import samples

LATER = "sha256:" + "1" * 64


@pytest.fixture
def revisions(tmp_path: Path) -> FileRevisions:
    """Three of them."""
    made = FileRevisions(tmp_path / "revisions", KINDS)
    for number in (1, 2, 3):
        made.write(replace(samples.REVISION, number=number))
    return made


def change(revisions: FileRevisions, number: int, **changes: str | None) -> None:
    """Change a revision and make its checksum right again."""
    path = revisions.folder / f"{number:06d}.json"
    document = json.loads(path.read_text(encoding="utf-8")) | changes
    content = {name: each for name, each in document.items() if name != "checksum" and each is not None}
    path.write_text(json.dumps({**content, "checksum": digest(content)}), encoding="utf-8")


def test_a_revision_names_the_one_before_and_the_first_names_none(revisions: FileRevisions) -> None:
    stated = [
        json.loads(path.read_text(encoding="utf-8"))["checksum"]
        for path in sorted(revisions.folder.iterdir())
    ]
    assert [each.previous for each in revisions.all()] == [START, *stated[:2]]


def test_a_revision_that_was_exchanged_while_another_follows_it_is_found(revisions: FileRevisions) -> None:
    change(revisions, 2, by="mallory")
    with pytest.raises(InvalidInput, match="does not count"):
        revisions.last()
    assert revisions.get(2).by == "mallory", "what follows it does not tell"


@pytest.mark.parametrize("previous", [START, LATER, None])
def test_a_newest_revision_that_was_not_made_from_the_last_does_not_count(
    revisions: FileRevisions, previous: str | None
) -> None:
    change(revisions, 3, previous=previous)
    with pytest.raises(InvalidInput, match="does not count"):
        revisions.last()


def test_records_of_the_older_format_are_read_and_gone_on_from(revisions: FileRevisions) -> None:
    (revisions.folder / "000003.json").unlink()
    for number in (1, 2):
        change(revisions, number, previous=None)
    assert [each.previous for each in revisions.all()] == [None, None]
    revisions.write(replace(samples.REVISION, number=3))
    last = revisions.last()
    assert last
    assert last.previous is not None


@pytest.mark.parametrize(
    "links",
    [
        {1: Link("a", None), 3: Link("c", "b")},
        {1: Link("a", None), 2: Link("b", "x")},
        {1: Link("a", START), 2: Link("b", None)},
        {4: Link("a", "z"), 5: Link("b", "a"), 6: Link("c", "a")},
    ],
)
def test_a_row_that_is_broken_anywhere_is_refused(links: dict[int, Link]) -> None:
    with pytest.raises(InvalidInput):
        require_unbroken(links, lambda number: Path(f"{number}.json"))


def test_a_row_may_begin_later_than_with_the_first() -> None:
    require_unbroken({4: Link("a", "z"), 5: Link("b", "a")}, lambda number: Path(f"{number}.json"))
    require_unbroken({}, lambda number: Path(f"{number}.json"))
