"""docs/stripe-facts.md says what the suite asks, how it was answered, and covers all that is unverified."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import page
from tests.live.facts.table import PROBES, UNASKED, UNVERIFIED
from tests.live.page import NEVER, PAGE, ROOT, known, written
from tests.live.probe import Finding, Seen

ELSEWHERE = frozenset(
    {
        "docs/diagnostics.md",
        "docs/outputs.md",
        "docs/stripe-facts.md",
        "stripectl/engine/serial.py",
        "stripectl/providers/stripe/identity.py",
    }
)
"""Files that use the word of something else than Stripe, as of an account that was not verified."""


def test_the_page_shows_every_fact_and_how_it_was_last_answered(kept: Callable[[Path, str], None]) -> None:
    kept(PAGE, written(PAGE.read_text(encoding="utf-8"), known()))


def test_every_fact_that_was_never_asked_is_marked_so() -> None:
    rows = {
        line.split("`")[1]: line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")
    }
    asked = {probe.id for probe in PROBES}
    assert rows.keys() == asked | {row.id for row in UNASKED}
    assert {probe for probe, row in rows.items() if NEVER in row} == asked - known().keys()


def test_everything_marked_as_unverified_is_a_fact_of_the_page() -> None:
    files = [*(ROOT / "stripectl").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    marked = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if "unverified" in path.read_text(encoding="utf-8").lower()
    }
    assert marked - ELSEWHERE == UNVERIFIED.keys()
    ids = {*(probe.id for probe in PROBES), *(row.id for row in UNASKED)}
    assert {fact for facts in UNVERIFIED.values() for fact in facts} - ids == set()


def test_an_answer_of_stripes_stands_on_the_page_and_what_is_not_as_believed_stands_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page, "ANSWERS", tmp_path / "answers.json")
    shutil.copy(PAGE, page.PAGE)
    page.ANSWERS.write_text("{}")
    probe = next(probe for probe in PROBES if probe.id == "product-id")
    other = next(probe for probe in PROBES if probe.id == "metadata")
    seen: Seen = {"the id is the chosen one": False, "the same id once more": "refused 400, param id"}
    findings = [Finding(probe, seen), Finding(other, {}, "interrupted")]
    page.keep(findings, on="2027-01-31", api_version="2026-10-28.endive")
    text = page.PAGE.read_text(encoding="utf-8")
    assert (
        "2027-01-31, API 2026-10-28.endive: contradicts. **the id is the chosen one: false**;"
        " the same id once more: refused 400, param id |"
    ) in text
    assert text.count(NEVER) == PAGE.read_text(encoding="utf-8").count(NEVER) - 1
    assert list(page.known()) == ["product-id"]
