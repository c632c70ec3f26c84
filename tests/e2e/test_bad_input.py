"""What a person or a disk gets wrong: a calm message at its place, the right exit code, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import MANIFEST, STRIPECTL, Desk, only_in_a_file

OTHER = "catalogs/main/other.yaml"


def nested(levels: int) -> str:
    return f"stripectl: 1\nmodel: deep\nproducts: {'[' * levels}{']' * levels}\n"


def bomb() -> str:
    """Eleven layers of ten aliases each: a hundred thousand million values, written out."""
    layers = [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)]
    return "stripectl: 1\nmodel: bomb\nb0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(layers)


@dataclass(frozen=True)
class Bad:
    """A manifest with a mistake, and what has to be said of it."""

    old: str
    new: str
    code: str
    place: str
    said: str


MISTAKES = {
    "unknown field": Bad("description:", "descripton:", "unknown-field", "9:5", "did you mean description?"),
    "wrong type": Bad("name: Pro", "name: [Pro]", "wrong-type", "8:5", "here stands a list"),
    "duplicate key": Bad("title: Team", "title: Team\ntitle: T", "duplicate-key", "6:1", "line 5, column 1"),
    "missing reference": Bad(
        "default_price: monthly", "default_price: weekly", "unknown-reference", "10:20", "monthly, yearly"
    ),
    "tier disorder": Bad(
        "        amount: {usd: 24.00, eur: 22.00}\n",
        "        charge: graduated\n        tiers:\n          - {up_to: 9, amount: {usd: 2}}\n"
        "          - {up_to: 5, amount: {usd: 1}}\n"
        "          - {up_to: inf, amount: {usd: 0.5}}\n",
        "tier-order",
        "18:21",
        "raise up_to above 9",
    ),
    "too many decimals": Bad(
        "24.00", "24.0000000000000001", "money-precision", "15:23", "Nothing is rounded"
    ),
}


@pytest.mark.parametrize("bad", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_manifest_is_told_at_its_place(started: Desk, bad: Bad) -> None:
    started.edit(MANIFEST, bad.old, bad.new)
    ended = started.refused("apply", "--yes", exit=1, code=bad.code)
    assert f"--> {MANIFEST}:{bad.place} " in ended.err.replace("\n", " ")
    assert bad.said in " ".join(ended.err.split())
    assert ended.out == ""


FILES = {
    "200 levels": (nested(200).encode(), "yaml-depth", "3:74"),
    "alias bomb": (bomb().encode(), "yaml-alias-size", "7:25"),
    "binary": (b"stripectl: 1\n\x00\xff\xfe\x00", "file-not-text", "2:2"),
    "larger than 5 MB": (b"# " + b"x" * 5_100_000, "file-too-large", "1:1"),
}


@pytest.mark.parametrize(("content", "code", "place"), FILES.values(), ids=FILES)
def test_a_file_that_no_manifest_can_be_is_named(
    started: Desk, content: bytes, code: str, place: str
) -> None:
    (started.root / OTHER).write_bytes(content)
    ended = started.refused("validate", exit=1, code=code)
    assert f"--> {OTHER}:{place}" in ended.err


def test_a_file_that_cannot_be_read_is_named(started: Desk) -> None:
    (started.root / OTHER).symlink_to("nowhere.yaml")
    ended = started.refused("plan", exit=1, code="file-unreadable")
    assert f"--> {OTHER}:1:1" in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(started: Desk) -> None:
    (started.root / MANIFEST).chmod(0)
    ended = started.run("plan", exit=1)
    assert "error[file-unreadable]" in ended.err


def test_mistakes_of_several_files_are_told_in_one_run(started: Desk) -> None:
    started.edit(MANIFEST, "name: Pro", "name: []")
    (started.root / OTHER).write_text("stripectl: 1\nmodel: other\ntytle: x\n")
    ended = started.refused("plan", exit=1, code="wrong-type")
    assert ended.err.count("\nhint: ") == 2
    assert f"--> {OTHER}:3:1" in ended.err


def test_mistakes_are_told_as_json_where_json_was_asked_for(started: Desk) -> None:
    started.edit(MANIFEST, "name: Pro", "name: [Pro]")
    ended = started.refused("plan", "--output", "json", exit=1, code="wrong-type")
    (told,) = json.loads(ended.out)["diagnostics"]
    assert (told["code"], told["source"]) == ("wrong-type", {"file": MANIFEST, "line": 8, "column": 5})


def test_an_empty_folder_is_no_project(desk: Desk) -> None:
    desk.refused("plan", exit=1, code="no-catalog")
    desk.refused("apply", "--yes", exit=1, code="no-catalog")


def test_a_catalog_without_manifests_is_named(started: Desk) -> None:
    (started.root / "catalogs/empty").mkdir()
    ended = started.refused("plan", "--catalog", "empty", exit=1, code="catalog-empty")
    assert "--> catalogs/empty" in ended.err


def test_an_environment_that_does_not_exist_is_named(started: Desk) -> None:
    ended = started.refused("plan", "--env", "sandbux", exit=64, code="unknown-environment")
    assert "did you mean sandbox?" in ended.err
    started.refused("plan", exit=64, code="unknown-environment", STRIPECTL_ENV="nowhere")


def test_a_catalog_that_does_not_exist_is_named(started: Desk) -> None:
    started.refused("plan", "--catalog", "mian", exit=64, code="unknown-catalog")


def test_a_missing_key_is_told_by_the_name_of_its_variable(started: Desk) -> None:
    ended = started.refused("plan", "--env", "sandbox", exit=1, code="key-missing")
    assert "STRIPE_SANDBOX_KEY" in ended.err


def test_options_that_do_not_exist_are_a_usage_error(started: Desk) -> None:
    assert "No such option: --nope" in started.run("plan", "--nope", exit=64).err
    assert "Did you mean 'plan'" in started.run("plna", exit=64).err
    started.refused("plan", "--output", "yaml", exit=64, code="unknown-format")
    started.refused("apply", "--yes", "--allow", "everything", exit=64, code="unknown-allowance")
    started.refused("rollback", "first", exit=64, code="no-revision-number")


PLANS = {
    "cut off": '{"format_version": "1.0", "chang',
    "a list": "[]",
    "a number that is not exact": '{"format_version": 1.5}',
    "too deep": "[" * 100_000,
    "another version": '{"format_version": "9.0"}',
    "empty": "",
}


@pytest.mark.parametrize("content", PLANS.values(), ids=PLANS)
def test_a_corrupt_plan_file_is_refused(started: Desk, content: str) -> None:
    (started.root / "plan.json").write_text(content)
    before = started.files()
    ended = started.run("apply", "plan.json", "--yes", exit=1)
    assert ended.err.startswith("error[")
    assert "--> plan.json:1:1" in ended.err
    assert "\nhint: " in ended.err
    assert started.files() == before


def test_a_plan_file_that_is_not_there_or_no_text_is_refused(started: Desk) -> None:
    started.refused("apply", "plan.json", "--yes", exit=1, code="no-such-file")
    (started.root / "plan.json").write_bytes(b"\x00\xff\xfe")
    started.refused("apply", "plan.json", "--yes", exit=1, code="not-text")


def test_an_edited_plan_file_is_refused(started: Desk) -> None:
    started.run("plan", "-o", "plan.json")
    text = (started.root / "plan.json").read_text(encoding="utf-8")
    assert "Everything a team needs" in text
    (started.root / "plan.json").write_text(text.replace("Everything a team needs", "Nothing"))
    started.refused("apply", "plan.json", "--yes", exit=5, code="plan-edited")


@only_in_a_file
def test_a_plan_of_another_account_is_refused_with_both_accounts(started: Desk) -> None:
    started.run("plan", "-o", "plan.json")
    planned = json.loads((started.root / "plan.json").read_text(encoding="utf-8"))["account"]["id"]
    started.run("shadow", "reset", "--yes")
    started.run("plan")
    ended = started.refused("apply", "plan.json", "--yes", exit=5, code="stale-account")
    assert f"with id {planned}; this one has acct_" in " ".join(ended.err.split())


def test_a_plan_for_another_target_is_refused(started: Desk) -> None:
    started.run("plan", "-o", "plan.json")
    started.refused("apply", "plan.json", "--yes", "--env", "live", exit=5, code="other-target")


def test_revisions_that_do_not_exist_are_named(applied: Desk) -> None:
    applied.refused("rollback", "7", "--yes", exit=1, code="unknown-revision")
    applied.refused("show", "stripe-rev-0007", exit=1, code="unknown-revision")
    applied.refused("history", "price.pro.weekly", exit=64, code="never-recorded")


def test_a_revision_that_was_edited_is_refused(applied: Desk) -> None:
    applied.edit(".stripectl/shadow/main/revisions/000001.json", '"Pro"', '"Con"')
    ended = applied.refused("rollback", "1", "--yes", exit=1, code="record-damaged")
    assert "000001.json" in ended.err


def test_a_lock_that_was_left_behind_is_shown_with_the_way_to_free_it(applied: Desk) -> None:
    lock = applied.root / ".stripectl/shadow/main/lock.json"
    holder = {"id": "run-1", "owner": "ann", "host": "builder", "pid": 7, "started": "2027-01-31T12:00:00Z"}
    lock.write_text(json.dumps({**holder, "command": "stripectl apply", "url": None}))
    applied.edit(MANIFEST, "name: Pro", "name: Professional")
    ended = applied.refused("apply", "--yes", exit=4, code="locked")
    assert "ann on builder" in ended.err
    assert "stripectl unlock run-1" in ended.err
    assert "run-1" in applied.run("lock", "show").out
    applied.refused("unlock", "run-2", exit=1, code="no-such-lock")
    applied.run("unlock", "run-1")
    assert "revision 2." in applied.run("apply", "--yes").err


# Disks that will not take it


def test_a_file_in_the_place_of_the_state_folder_is_named(started: Desk) -> None:
    (started.root / ".stripectl").touch()
    ended = started.refused("apply", "--yes", exit=1, code="state-not-usable")
    assert ".stripectl/shadow" in ended.err


@only_in_a_file
def test_a_state_folder_that_cannot_be_written_is_named(started: Desk) -> None:
    # Nobody makes folders in /proc, root neither.
    started.edit("stripectl.yaml", "{provider: shadow}", "{provider: shadow, state: /proc/stripectl}")
    started.refused("apply", "--yes", exit=1, code="state-not-usable")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every folder")
def test_a_read_only_state_folder_is_named(applied: Desk) -> None:
    applied.edit(MANIFEST, "name: Pro", "name: Professional")
    folder = applied.root / ".stripectl/shadow/main"
    folder.chmod(0o500)
    applied.refused("apply", "--yes", exit=1, code="state-not-usable")
    folder.chmod(0o700)


@only_in_a_file
def test_a_full_disk_is_told_and_the_account_keeps_nothing_of_it(started: Desk) -> None:
    ended = started.run("apply", "--yes", exit=1, kilobytes=4)
    assert "error[shadow-disk-full]" in ended.err
    assert "\nhint: free some space" in ended.err
    assert "revision 1." in started.run("apply", "--yes").err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_told(started: Desk) -> None:
    started.run("plan")
    ended = started.refused("plan", "--output", "json=/dev/full", exit=1, code="output-not-written")
    assert "/dev/full: No space left on device" in ended.err
    command = f"exec {STRIPECTL} plan > /dev/full"
    done = subprocess.run(
        ["sh", "-c", command], cwd=started.root, env=started.environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("error[output-not-written]")) == (1, 1)
    assert "Exception ignored" not in done.stderr


def test_catalogs_that_claim_the_same_are_told_before_anything_is_planned(started: Desk) -> None:
    other = started.root / "catalogs/other"
    other.mkdir()
    (other / "other.yaml").write_text(
        "stripectl: 1\nmodel: other\nproducts:\n  it:\n    name: It\n"
        "    prices: {it: {amount: {usd: 5}, every: month, lookup_key: pro_monthly}}\n"
    )
    for command in (("validate",), ("plan",), ("apply", "--yes")):
        ended = started.refused(*command, exit=1, code="claimed-twice")
        assert "catalogs/other/other.yaml:6" in ended.err
        assert "price.pro.monthly of catalog main" in " ".join(ended.err.split())
    # Alone it is sound: another repository may be what keeps the other one.
    started.run("validate", "--catalog", "other")
