"""The request log: whole lines of known fields, and calm where some are damaged."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput
from stripectl.engine.logged import Logged, logged
from stripectl.engine.ports import Sent
from stripectl.engine.values import Json
from stripectl.store.log import FileLog
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench

PAGE = Path(__file__).parents[2] / "docs/log.md"
SENT = Sent("POST", "/v1/prices", 200, "req_1", 0.0504, 2)
LINE: dict[str, Json] = {
    "at": "2026-09-21T14:13:20.000+00:00",
    "method": "POST",
    "path": "/v1/prices",
    "status": 200,
    "request_id": "req_1",
    "ms": 50,
    "attempt": 2,
    "run": "run-1",
    "step": 3,
}


@pytest.fixture
def log(bench: Workbench) -> FileLog:
    return bench.requests


def written(log: FileLog, run: str = "run-1", step: int | None = 3) -> None:
    with log.about(run, step):
        log.record(SENT)


def test_a_line_has_the_fields_that_the_page_promises(log: FileLog) -> None:
    written(log)
    assert json.loads(log.path.read_text()) == LINE
    promised = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert promised == list(LINE)


def test_a_line_is_read_back_as_it_was_written(log: FileLog) -> None:
    written(log)
    written(log, "run-2", None)
    (line,) = log.of("run-1").lines
    assert line == Logged(str(LINE["at"]), replace(SENT, seconds=0.05), "run-1", 3)
    assert log.runs() == ("run-1", "run-2")


def test_what_no_run_asked_for_is_not_logged(log: FileLog) -> None:
    log.record(SENT)
    assert (log.path.exists(), log.of("run-1").lines, log.runs()) == (False, (), ())


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"[" * 100_000,
        json.dumps({**LINE, "status": "200"}).encode(),
        json.dumps({name: value for name, value in LINE.items() if name != "run"}).encode(),
    ],
)
def test_a_damaged_line_is_passed_over_and_counted(log: FileLog, damage: bytes) -> None:
    written(log)
    with log.path.open("ab") as file:
        file.write(damage + b"\n")
    written(log)
    found = log.of("run-1")
    assert (len(found.lines), found.damaged) == (2, 1 if damage else 0)


def test_a_torn_line_does_not_swallow_the_next_one(log: FileLog) -> None:
    written(log)
    log.path.write_bytes(log.path.read_bytes() * 2)
    with log.path.open("r+b") as file:
        file.truncate(log.path.stat().st_size - 20)
    written(log)
    found = log.of("run-1")
    assert (len(found.lines), found.damaged) == (2, 1)


def test_a_field_that_a_later_version_adds_is_no_damage() -> None:
    assert logged({**LINE, "region": "eu"}) == logged(LINE) is not None


def test_a_log_that_cannot_be_read_is_told_of(log: FileLog) -> None:
    log.path.mkdir(parents=True)
    with pytest.raises(InvalidInput) as refused:
        log.of("run-1")
    assert [each.code for each in refused.value.diagnostics] == ["state-not-usable"]


def test_the_lines_of_an_apply_are_what_was_sent_in_its_order(bench: Workbench, clock: Clock) -> None:
    made = bench.plan(catalog(monthly()))
    bench.log.requests.clear()
    bench.carry_out(made)
    asked = [(method.upper(), path.partition("?")[0]) for method, path in bench.log.requests]
    lines = bench.requests.of(bench.recorded.run).lines
    assert sorted((each.sent.method, each.sent.path) for each in lines) == sorted(asked)
    steps = [each for each in lines if each.step is not None]
    assert [(each.step, each.sent.method, each.sent.path) for each in steps] == [
        (1, "POST", "/v1/products"),
        (2, "POST", "/v1/prices"),
    ]
