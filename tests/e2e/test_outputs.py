"""Several outputs in one run: each whole before the command ends, however it ends."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import stripe
from jsonschema import Draft7Validator
from junitparser import JUnitXml

from tests.e2e.conftest import KEY, MANIFEST, Desk, only_in_a_file

REPORTS = (
    *(
        "--output",
        "json=out/plan.json",
        "--output",
        "markdown=out/plan.md",
        "--output",
        "sarif=out/plan.sarif",
    ),
    *("--output", "gitlab=out/plan.gitlab.json", "--output", "text=out/plan.txt", "--output", "github"),
)
FILES = ("plan.gitlab.json", "plan.json", "plan.md", "plan.sarif", "plan.txt")
MINIMUM = """
commitments:
  floor: {type: minimum_spend, amount: {usd: 500}, every: month}
offers:
  team: {prices: [pro.monthly], commitment: floor}
"""


def written(place: Desk, name: str) -> str:
    return (place.root / "out" / name).read_text(encoding="utf-8")


def codes(place: Desk, name: str = "plan.json") -> list[str]:
    return [each["code"] for each in json.loads(written(place, name))["diagnostics"]]


def add(place: Desk, text: str) -> None:
    path = place.root / MANIFEST
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def rename_by_hand(place: Desk) -> None:
    with place.serving() as url:
        headers = {"Authorization": f"Bearer {KEY}"}
        asked = urllib.request.Request(f"{url}/v1/products/main-pro", b"name=Other", headers)
        with urllib.request.urlopen(asked):
            pass


def test_every_output_of_a_plan_is_written(started: Desk) -> None:
    ended = started.run("plan", "--detailed-exitcode", *REPORTS, exit=2)
    assert ended.out == ""
    assert sorted(each.name for each in (started.root / "out").iterdir()) == sorted(FILES)
    assert json.loads(written(started, "plan.json"))["summary"]["create"] == 5
    assert written(started, "plan.txt").startswith("Plan for main in shadow\n")
    assert json.loads(written(started, "plan.gitlab.json")) == []


def test_every_output_of_a_blocked_plan_says_why(started: Desk) -> None:
    add(started, MINIMUM)
    ended = started.run("plan", *REPORTS, exit=3)
    assert ended.out.startswith(f"::error file={MANIFEST},line=")
    assert codes(started) == ["unsupported"]
    assert json.loads(written(started, "plan.sarif"))["runs"][0]["results"][0]["ruleId"] == "unsupported"
    assert json.loads(written(started, "plan.gitlab.json"))[0]["check_name"] == "unsupported"
    assert "`unsupported`" in written(started, "plan.md")
    assert "error[unsupported]" in written(started, "plan.txt")


@pytest.mark.parametrize("command", ["plan", "validate", "apply", "rollback"])
def test_every_output_of_an_invalid_manifest_says_what_is_wrong(applied: Desk, command: str) -> None:
    applied.edit(MANIFEST, "name: Pro", "name: []")
    arguments = (command, "9", "--yes") if command == "rollback" else (command,)
    code = "unknown-revision" if command == "rollback" else "wrong-type"
    ended = applied.run(*arguments, *REPORTS, exit=1)
    assert f"error[{code}]" in ended.err
    assert ended.out.startswith("::error ")
    assert codes(applied) == [code]
    assert json.loads(written(applied, "plan.sarif"))["runs"][0]["results"][0]["ruleId"] == code
    assert json.loads(written(applied, "plan.gitlab.json"))[0]["check_name"] == code
    assert f"`{code}`" in written(applied, "plan.md")
    assert f"error[{code}]" in written(applied, "plan.txt")


def test_drift_is_whole_in_every_output(applied: Desk) -> None:
    rename_by_hand(applied)
    applied.run("drift", "--output", "json=drift.json", "--output", "text=drift.txt", exit=2)
    (row,) = json.loads((applied.root / "drift.json").read_text(encoding="utf-8"))["drift"]
    assert row["address"] == "product.pro"
    assert "product.pro" in (applied.root / "drift.txt").read_text(encoding="utf-8")


def test_an_output_that_cannot_be_written_costs_no_other(started: Desk) -> None:
    (started.root / "taken").mkdir()
    ended = started.run("plan", "--detailed-exitcode", "--output", "json=taken", *REPORTS[2:], exit=1)
    assert ended.err.count("error[output-not-written]") == 1
    assert "taken: Is a directory" in ended.err
    assert written(started, "plan.txt").startswith("Plan for main in shadow\n")
    assert json.loads(written(started, "plan.gitlab.json")) == []


def test_an_apply_whose_plan_cannot_be_written_does_nothing(started: Desk) -> None:
    (started.root / "taken").mkdir()
    for output in ("json=taken", "jsonl=taken"):
        started.run("apply", "--yes", "--output", output, exit=1)
    assert "nothing was applied here yet" in started.run("plan").out


def test_two_outputs_at_one_place_are_refused(started: Desk) -> None:
    for outputs in (("json", "sarif=-"), ("json=x", "sarif=x")):
        asked = [word for each in outputs for word in ("--output", each)]
        started.refused("plan", *asked, exit=64, code="output-clash")


def test_paths_start_at_the_top_of_the_repository(started: Desk) -> None:
    started.edit(MANIFEST, "name: Pro", "name: []")
    inner = started.root / "shop"
    inner.mkdir()
    for name in ("catalogs", "stripectl.yaml"):
        (started.root / name).rename(inner / name)
    subprocess.run(["git", "init", "--quiet", str(started.root)], check=True)
    ended = started.run("validate", "--dir", "shop", "--output", "github", exit=1)
    assert ended.out.startswith(f"::error file=shop/{MANIFEST},line=8,")


def test_validate_writes_results_that_a_pipeline_reads(started: Desk) -> None:
    arguments = ("validate", "--output", "junit=results.xml")
    started.run(*arguments)
    path = str(started.root / "results.xml")
    assert (JUnitXml.fromfile(path).tests, JUnitXml.fromfile(path).failures) == (5, 0)
    started.edit(MANIFEST, "name: Pro", "name: []")
    started.run(*arguments, exit=1)
    assert JUnitXml.fromfile(path).failures == 1


HOSTILE = 'a\\n::add-mask::x\\r##[error]%0A \\"q\\" <b>|`@x` \\x1b[31m \U0001f600'


@only_in_a_file
@pytest.mark.parametrize("length", [1, 10_000])
def test_a_name_that_means_harm_stays_a_name(started: Desk, length: int) -> None:
    started.edit(MANIFEST, "default_price: monthly", f'default_price: "{HOSTILE}{"x" * length}"')
    place = started.with_variables(GITHUB_ACTIONS="true")
    ended = place.run("validate", *REPORTS, "--output", "junit=out/junit.xml", exit=1)
    assert {line[:8] for line in ended.out.splitlines()} == {"::error "}
    assert not [line for line in ended.err.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    for name in ("plan.json", "plan.sarif", "plan.gitlab.json"):
        json.loads(written(place, name))
    assert JUnitXml.fromfile(str(place.root / "out/junit.xml")).failures == 1
    for line in (written(place, "plan.md") + written(place, "plan.txt")).splitlines():
        assert not line.lstrip().startswith("::")
    assert "\x1b" not in "".join(written(place, name) for name in FILES)


# Events


def events(text: str, schema: Any) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    for each in found:
        assert list(Draft7Validator(schema).iter_errors(each)) == [], each
    return found


def schema_of(place: Desk, name: str) -> Any:
    printed = json.loads(place.run("schema", name).out)
    Draft7Validator.check_schema(printed)
    return printed


def test_an_apply_tells_what_it_does_as_it_does_it(started: Desk) -> None:
    told = events(started.run("apply", "--yes", "--output", "jsonl").out, schema_of(started, "progress"))
    began = [each["address"] for each in told if each["event"] == "step-started"]
    done = {each["address"]: each for each in told if each["event"] == "step-ended"}
    assert sorted(set(began)) == sorted(done)
    assert done["price.pro.monthly"]["object_id"].startswith("price_")
    assert not done["price.pro.monthly"]["earlier"]
    (start,) = [each for each in told if each["event"] == "started"]
    assert (start["catalog"], start["environment"], start["steps"]) == ("main", "shadow", 6)
    assert {each["step"] for each in told if each["event"] == "request" and each["method"] == "POST"} == {
        *range(1, 7)
    }
    assert [each["event"] for each in told[-2:]] == ["finished", "ended"]
    assert (told[-2]["outcome"], told[-2]["revision"], told[-2]["steps"]) == ("applied", 1, 6)
    assert (told[-1]["exit_code"], told[-1]["outcome"]) == (0, "ok")


def test_the_plan_stays_on_stdout_where_the_events_go_into_a_file(started: Desk) -> None:
    ended = started.run("apply", "--yes", "--output", "jsonl=events/apply.jsonl")
    assert ended.out.startswith("Plan for main in shadow\n")
    text = (started.root / "events/apply.jsonl").read_text(encoding="utf-8")
    assert json.loads(text.splitlines()[-1])["event"] == "ended"


def test_the_last_event_says_why_nothing_was_done(started: Desk) -> None:
    schema = schema_of(started, "progress")
    add(started, MINIMUM)
    (last,) = events(started.run("apply", "--yes", "--output", "jsonl", exit=3).out, schema)
    assert (last["outcome"], last["diagnostics"][0]["code"]) == ("blocked", "unsupported")
    started.edit(MANIFEST, "name: Pro", "name: []")
    (last,) = events(started.run("apply", "--yes", "--output", "jsonl", exit=1).out, schema)
    assert (last["exit_code"], last["diagnostics"][0]["code"]) == (1, "wrong-type")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_events_that_cannot_be_written_stop_no_apply(started: Desk) -> None:
    ended = started.run("apply", "--yes", "--output", "jsonl=/dev/full", exit=1)
    assert ended.err.count("error[output-not-written]") == 1
    assert "Applied: main, revision 1." in ended.err
    assert "No changes." in started.run("plan").out


def test_an_apply_of_several_catalogs_writes_one_document(started: Desk) -> None:
    second = started.root / "catalogs/other/free.yaml"
    second.parent.mkdir()
    second.write_text("stripectl: 1\nmodel: free\nproducts: {free: {name: Free}}\n", encoding="utf-8")
    arguments = (
        "apply",
        "--yes",
        "--output",
        "json",
        "--output",
        "text=plans.txt",
        "--output",
        "jsonl=events.jsonl",
    )
    shown = json.loads(started.run(*arguments).out)
    assert [each["catalog"] for each in shown["plans"]] == ["main", "other"]
    text = (started.root / "plans.txt").read_text(encoding="utf-8")
    assert "Plan for main" in text
    assert "Plan for other" in text
    told = [
        json.loads(line) for line in (started.root / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [each["catalog"] for each in told if each["event"] == "finished"] == ["main", "other"]
    assert list(Draft7Validator(schema_of(started, "plans")).iter_errors(shown)) == []


# Contracts


@pytest.mark.parametrize(
    ("schema", "arguments", "exit"),
    [
        ("plan", ("plan",), 0),
        ("plans", ("plan",), 0),
        ("plans", ("show", "1"), None),
        ("revision", ("show", "1"), 0),
        ("diagnostics", ("validate",), 0),
        ("diagnostics", ("plan", "--catalog", "nobody"), 64),
        ("drift", ("drift",), 2),
        ("history", ("history",), 0),
        ("past", ("history", "price.pro.monthly"), 0),
        ("past", ("history", "price.pro.monthly", "--offline"), 0),
        ("requests", ("history", "--requests", "1"), 0),
        ("explain", ("explain",), 0),
        ("explain", ("explain", "price.pro.monthly"), 0),
        ("quote", ("quote", "pro.monthly"), 0),
        ("quote", ("quote", "pro.monthly", "--every", "year", "--against", "1"), 0),
        ("doctor", ("doctor",), 0),
        ("locks", ("lock", "show"), 0),
    ],
)
def test_what_a_command_prints_as_json_fits_its_schema(
    applied: Desk, schema: str, arguments: tuple[str, ...], exit: int | None
) -> None:
    rename_by_hand(applied)
    printed = json.loads(applied.run(*arguments, "--output", "json", exit=exit or 0).out)
    problems = list(Draft7Validator(schema_of(applied, schema)).iter_errors(printed))
    assert bool(problems) is (exit is None)


def test_an_apply_that_stops_between_catalogs_says_which_it_did_not_reach(started: Desk) -> None:
    with started.serving() as address:
        client = stripe.StripeClient(KEY, base_addresses={"api": address})
        theirs = client.v1.products.create({"name": "Made by hand"}).id
        client.v1.prices.create(
            {"product": theirs, "currency": "usd", "unit_amount": 900, "lookup_key": "theirs"}
        )
    prices = ", prices: {once: {amount: {usd: 5}, lookup_key: theirs}}"
    for name, more in (("other", ""), ("taken", prices), ("trailing", "")):
        file = started.root / f"catalogs/{name}/free.yaml"
        file.parent.mkdir()
        text = f"stripectl: 1\nmodel: free\nproducts: {{free: {{name: Free{more}}}}}\n"
        file.write_text(text, encoding="utf-8")
    ended = started.run("apply", "--yes", "--output", "jsonl=events.jsonl", exit=3)
    told = "Applied before: main, other; stopped at: taken; not reached: trailing."
    assert told in ended.err
    last = json.loads((started.root / "events.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert [each["detail"] for each in last["diagnostics"] if each["code"] == "not-all-applied"] == [told]


def test_reports_of_several_catalogs_fit_their_schemas(started: Desk) -> None:
    second = started.root / "catalogs/other/free.yaml"
    second.parent.mkdir()
    second.write_text("stripectl: 1\nmodel: free\nproducts: {free: {name: Free}}\n", encoding="utf-8")
    for command, schema in (("plan", "plans"), ("drift", "drift"), ("lock show", "locks")):
        printed = json.loads(started.run(*command.split(), "--output", "json").out)
        assert list(Draft7Validator(schema_of(started, schema)).iter_errors(printed)) == []


def test_a_lock_that_is_held_fits_its_schema(started: Desk) -> None:
    path = started.root / ".stripectl/shadow/main/lock.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = {
        "id": "run-1",
        "owner": "ann",
        "host": "h",
        "pid": os.getpid(),
        "started": "2027-01-31T12:00:00Z",
    }
    path.write_text(json.dumps({**holder, "command": "stripectl apply", "url": None}), encoding="utf-8")
    printed = json.loads(started.run("lock", "show", "--output", "json").out)
    assert printed["locks"][0]["holder"]["id"] == "run-1"
    assert list(Draft7Validator(schema_of(started, "locks")).iter_errors(printed)) == []
