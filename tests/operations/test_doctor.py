"""Doctor on what is recorded: everything is looked at, whatever is broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput, error
from stripectl.engine.checkup import Check, Health
from stripectl.operations.doctor import Holding, Records, examine, locks, revisions, runs
from tests.faults import Crash, Faulty, crash, numbered
from tests.stripe.builders import catalog, monthly
from tests.workbench import Workbench


def records(bench: Workbench) -> Records:
    return Records("acme", bench.revisions, bench.journals, lambda: None)


def told(checks: Iterable[Check]) -> list[tuple[str, str]]:
    return [(each.health.value, each.found) for each in checks]


def fails() -> Iterable[Check]:
    raise InvalidInput(error("record-damaged", "A record is not what was written", "Line 1.", hint="restore"))


def test_what_breaks_off_is_a_failed_check_and_the_rest_still_runs() -> None:
    fine = Check("fine", Health.OK, "Fine.")
    assert examine({"bad": fails, "fine": lambda: [fine]}) == (
        Check("bad", Health.FAILED, "A record is not what was written. Line 1.", "restore"),
        fine,
    )


def test_records_in_order_are_one_line_each(bench: Workbench) -> None:
    bench.apply(catalog(monthly()))
    kept = [records(bench)]
    assert told((*locks(kept), *runs(kept), *revisions(kept))) == [
        ("ok", "Nobody holds one."),
        ("ok", "None stopped half-way."),
        ("ok", "1, all as they were written."),
    ]


def test_a_revision_that_was_changed_fails(bench: Workbench, tmp_path: Path) -> None:
    bench.apply(catalog(monthly()))
    (file,) = tmp_path.glob("acme/revisions/*.json")
    file.write_text(file.read_text("utf-8").replace("Pro", "Pri"), encoding="utf-8")
    ((health, found),) = told(revisions([records(bench)]))
    assert health == "failed"
    assert found.startswith("A record is not what was written.")


def test_a_run_that_did_not_end_is_a_warning_with_both_ways_on(bench: Workbench) -> None:
    dying = replace(bench, wrap=lambda inner: Faulty(inner, numbered({1: crash})))
    with pytest.raises(Crash):
        dying.apply(catalog(monthly()))
    (check,) = runs([records(bench)])
    assert check.health is Health.WARNING
    assert check.found.endswith("has not ended.")
    assert "--resume" in check.hint
    assert "--unwind" in check.hint


def test_a_lock_that_is_held_is_a_warning_that_tells_how_to_free_it(bench: Workbench) -> None:
    held = replace(records(bench), holding=lambda: Holding("locked by ann", "stripectl unlock 7"))
    (check,) = locks([held])
    assert (check.health, check.found) == (Health.WARNING, "acme: locked by ann.")
    assert check.hint.endswith("stripectl unlock 7")
