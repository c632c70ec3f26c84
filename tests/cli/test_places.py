"""Where results go: `FORMAT[=FILE]`, each place once, whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stripectl.cli.places import PIPELINES, Sink, inert, inert_json, sinks_of
from stripectl.cli.terminal import Terminal
from stripectl.diagnostics import InvalidInput, UsageError

FORMATS = ("text", "json", "sarif", "jsonl")


@pytest.mark.parametrize("output", ["json", "json=", "json=-"])
def test_a_format_without_a_file_goes_to_stdout(output: str) -> None:
    assert sinks_of([output], FORMATS) == (Sink("json", None),)


def test_several_formats_go_to_several_places() -> None:
    assert sinks_of(["json=a=b.json", "sarif=c.sarif", "text"], FORMATS) == (
        Sink("json", Path("a=b.json")),
        Sink("sarif", Path("c.sarif")),
        Sink("text", None),
    )


@pytest.mark.parametrize("output", [["json", "sarif=-"], ["json=a", "text=a"], ["json", "json"]])
def test_two_formats_at_one_place_are_refused(output: list[str]) -> None:
    with pytest.raises(UsageError, match="same place"):
        sinks_of(output, FORMATS)


@pytest.mark.parametrize(
    "name",
    ["plans.yaml", "stripectl.yml", "account.db", "log.jsonl", "revisions/000001.json", "journal/r.jsonl"],
)
def test_no_output_goes_over_a_manifest_or_a_record(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    assert sinks_of([f"json={place}"], FORMATS) == (Sink("json", place),)
    place.parent.mkdir(exist_ok=True)
    place.write_text("kept")
    with pytest.raises(UsageError, match="would be overwritten"):
        sinks_of([f"json={place}"], FORMATS)


def test_a_stream_into_a_file_leaves_the_text_on_stdout() -> None:
    assert sinks_of(["jsonl=e.jsonl"], FORMATS)[-1] == Sink("text", None)
    assert sinks_of(["jsonl"], FORMATS) == (Sink("jsonl", None),)
    assert sinks_of(["jsonl=e.jsonl", "json=p.json"], FORMATS)[-1] == Sink("json", Path("p.json"))


def test_an_output_replaces_a_file_as_a_whole_and_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "reports/plan.json"
    screen = Terminal(sinks=(Sink("json", path),))
    screen.write("long", screen.sinks[0])
    before = path.stat().st_ino
    screen.write("new", screen.sinks[0])
    assert path.read_text(encoding="utf-8") == "new\n"
    assert path.stat().st_ino != before
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "there", tmp_path / "here"
    target.write_text("", encoding="utf-8")
    link.symlink_to(target)
    screen = Terminal(sinks=(Sink("json", link),))
    screen.write("new", screen.sinks[0])
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new\n"


def test_what_cannot_be_written_is_told_at_the_end_and_the_rest_is_written(tmp_path: Path) -> None:
    bad, good = Sink("json", tmp_path), Sink("text", tmp_path / "plan.txt")
    screen = Terminal(sinks=(bad, good))
    for sink in screen.sinks:
        screen.write("told", sink)
    assert (tmp_path / "plan.txt").read_text(encoding="utf-8") == "told\n"
    with pytest.raises(InvalidInput, match="Is a directory"):
        screen.check()


def test_a_lone_half_of_a_pair_is_written_as_an_escape(tmp_path: Path) -> None:
    sink = Sink("json", tmp_path / "x.json")
    Terminal(sinks=(sink,)).write('"\ud83d"', sink)
    assert (tmp_path / "x.json").read_bytes() == b'"\\ud83d"\n'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  ::add-mask::x", "  :\u200b:add-mask::x"),
        ("a\n::error::b", "a\n:\u200b:error::b"),
        ("a ::error::b", "a ::error::b"),
        ("a ##[error]b", "a ##\u200b[error]b"),
        ("##vso[task.setvariable variable=x]y", "##\u200bvso[task.setvariable variable=x]y"),
        ("a ##teamcity[message]", "a ##\u200bteamcity[message]"),
        ("## a heading [1]", "## a heading [1]"),
    ],
)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_text_in_the_log_of_a_pipeline_holds_no_command(
    text: str, shown: str, pipeline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in PIPELINES:
        monkeypatch.delenv(each, raising=False)
    assert inert(text) == text
    monkeypatch.setenv(pipeline, "true")
    assert inert(text) == shown


@pytest.mark.parametrize("name", ["##[error]x.yaml", "##vso[task.complete]x", "a ## [b]", "###[x]"])
def test_json_in_the_log_of_a_pipeline_says_the_same_and_holds_no_command(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    shown = inert_json(json.dumps({"file": name}))
    assert json.loads(shown) == {"file": name}
    assert not re.search(r"##\w*\[", shown)
