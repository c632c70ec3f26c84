"""From nothing to a rollback on the shadow account, and the commands around it."""

from __future__ import annotations

import http.client
import json
import re
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import MANIFEST, Desk, only_in_a_file
from tests.waiting import SECONDS

AMOUNT, HIGHER = "{usd: 24.00, eur: 22.00}", "{usd: 29.00, eur: 22.00}"
AUTHORIZATION = {"Authorization": "Bearer sk_test_anyone"}


def prices(address: str, active: str) -> dict[str, str | None]:
    """Id -> lookup key of the active or the archived prices, as any client of the server sees them."""
    url = f"{address}/v1/prices?active={active}"
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=AUTHORIZATION), timeout=SECONDS
    ) as answer:
        return {each["id"]: each["lookup_key"] for each in json.load(answer)["data"]}


def price_ids(place: Desk, address: str) -> list[str]:
    return re.findall(r"price_\w+", place.run("history", address).out)


@pytest.mark.slow
def test_the_main_job_from_init_to_rollback(desk: Desk) -> None:
    desk = desk.init()
    assert "Plan: 5 to create" in desk.run("plan").out
    desk.run("plan", "--detailed-exitcode", exit=2)
    assert "Applied: main, revision 1." in desk.run("apply", "--yes").err
    assert "\nNo changes. " in desk.run("plan", "--detailed-exitcode").out

    desk.edit(MANIFEST, AMOUNT, HIGHER)
    planned = desk.run("plan", "--detailed-exitcode", exit=2).out
    assert re.search(r"^± price\.pro\.monthly +24\.00 USD → 29\.00 USD a month", planned, re.M)
    assert "Plan: 1 to replace" in planned
    assert "revision 2." in desk.run("apply", "--yes").err
    original, successor = price_ids(desk, "price.pro.monthly")
    assert original != successor

    rolled_back = desk.run("rollback", "1", "--yes", "-v")
    assert f"reactivate price.pro.monthly  {original}" in rolled_back.err
    assert "The manifests are ahead of the account now" in rolled_back.err
    assert price_ids(desk, "price.pro.monthly") == [original, successor, original]
    history = desk.run("history").out.splitlines()
    assert (history[0][:15], [line.split()[0] for line in history[1:]]) == (
        "main in shadow ",
        ["3", "2", "1"],
    )
    with desk.serving() as address:
        active, archived = prices(address, "true"), prices(address, "false")
    assert (active[original], sorted(map(str, active.values()))) == (
        "pro_monthly",
        ["pro_monthly", "pro_yearly"],
    )
    assert archived == {successor: None}
    assert desk.run("drift").out.startswith("No drift. main in shadow is as revision 3 left it")
    ahead = desk.run("plan", "--detailed-exitcode", exit=2).out
    assert "would redo" in ahead


def test_drift_names_each_field_that_was_changed_behind_its_back(applied: Desk) -> None:
    with applied.serving() as address:
        change = urllib.request.Request(
            f"{address}/v1/products/main-pro", data=b"name=Pro+XL&unit_label=seat", headers=AUTHORIZATION
        )
        assert urllib.request.urlopen(change, timeout=SECONDS).status == 200
        found = applied.run("drift", exit=2)
    assert "Drift: 1 object is not as revision 1 left it" in found.out
    assert re.search(r'^ +name +"Pro" → "Pro XL"$', found.out, re.M)
    assert re.search(r'^ +unit label +not set → "seat"$', found.out, re.M)
    (row,) = json.loads(applied.run("drift", "--output", "json", exit=2).out)["drift"]
    assert (row["address"], row["change"]) == ("product.pro", "modified")
    assert [field["path"] for field in row["fields"]] == [["name"], ["unit_label"]]


def test_the_server_takes_a_chunked_body(applied: Desk) -> None:
    with applied.serving() as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=SECONDS)
        headers = AUTHORIZATION | {"Content-Type": "application/x-www-form-urlencoded"}
        chunks = iter([b"na", b"me=Chunked"])
        connection.request("POST", "/v1/products/main-pro", chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["name"]) == (200, "Chunked")
        connection.close()
    assert '"Pro" → "Chunked"' in applied.run("drift", exit=2).out


def test_drift_is_put_right_by_the_next_apply(applied: Desk) -> None:
    with applied.serving() as address:
        change = urllib.request.Request(
            f"{address}/v1/products/main-pro", data=b"name=X", headers=AUTHORIZATION
        )
        urllib.request.urlopen(change, timeout=SECONDS).close()
    planned = applied.run("plan").out
    assert (
        planned.index("Drift: 1 object") < planned.index("\nChanges\n") < planned.index("Plan: 1 to update")
    )
    applied.run("apply", "--yes")
    assert applied.run("drift").code == 0


def test_a_saved_plan_is_used_once(started: Desk) -> None:
    assert "Next: stripectl apply plan.json" in started.run("plan", "-o", "plan.json").out
    started.run("apply", "plan.json", "--yes")
    started.refused("apply", "plan.json", "--yes", exit=5, code="stale-revision")


def test_a_plan_is_stale_when_a_touched_object_changed_since(applied: Desk) -> None:
    applied.edit(MANIFEST, "Everything a team needs", "All of it")
    applied.run("plan", "-o", "plan.json")
    with applied.serving() as address:
        change = urllib.request.Request(
            f"{address}/v1/products/main-pro", data=b"description=Typed+by+hand", headers=AUTHORIZATION
        )
        urllib.request.urlopen(change, timeout=SECONDS).close()
    ended = applied.run("apply", "plan.json", "--yes", exit=5)
    assert "error[stale-object]" in ended.err
    told = " ".join(ended.err.split())
    assert "description was Everything a team needs in the plan and is Typed by hand now" in told


def test_only_the_reviewed_digest_is_applied(started: Desk) -> None:
    digest = json.loads(started.run("plan", "--output", "json").out)["digest"]
    wrong = "sha256:" + "0" * 64
    ended = started.refused("apply", "--yes", "--expect-digest", wrong, exit=5, code="other-digest")
    assert (wrong in ended.err, digest in ended.err) == (True, True)
    assert "revision 1." in started.run("apply", "--yes", "--expect-digest", digest).err


def test_what_cannot_be_taken_back_needs_a_word(applied: Desk) -> None:
    applied.edit(MANIFEST, "    features: [sso]\n", "")
    applied.edit(MANIFEST, "features:\n  sso: {name: Single sign-on}\n", "")
    ended = applied.refused("apply", "--yes", exit=3, code="plan-blocked")
    assert "irreversible" in ended.err
    assert "error[irreversible]" in ended.out
    assert "feature.sso" in ended.out
    assert "--allow irreversible" in ended.out
    assert "revision 2." in applied.run("apply", "--yes", "--allow", "irreversible").err


def test_a_target_takes_along_its_product_and_the_default_price_of_that(started: Desk) -> None:
    planned = started.run("plan", "--target", "price.pro.yearly").out
    assert re.findall(r"^\+ (\S+)", planned, re.M) == ["product.pro", "price.pro.monthly", "price.pro.yearly"]
    started.run("apply", "--yes", "--target", "price.pro.yearly")
    assert "Plan: 2 to create" in started.run("plan").out


def test_a_revision_can_be_named_the_old_way(applied: Desk) -> None:
    applied.edit(MANIFEST, AMOUNT, HIGHER)
    applied.run("apply", "--yes")
    assert applied.run("show", "stripe-rev-0001").out == applied.run("show", "1").out
    assert "revision 3." in applied.run("rollback", "stripe-rev-0001", "--yes").err


def test_a_rollback_can_be_saved_and_reviewed_first(applied: Desk) -> None:
    applied.edit(MANIFEST, AMOUNT, HIGHER)
    applied.run("apply", "--yes")
    saved = applied.run("rollback", "1", "-o", "back.json").out
    assert "restores revision 1" in saved
    assert applied.run("show", "back.json").out == saved
    assert "revision 3." in applied.run("apply", "back.json", "--yes").err


def test_show_renders_a_saved_plan_again_without_any_project(started: Desk) -> None:
    planned = started.run("plan", "-o", "plan.json").out
    content = (started.root / "plan.json").read_bytes()
    for path in sorted(started.root.iterdir()):
        if path.name != "plan.json":
            path.rename(started.home / path.name)
    assert started.run("show", "plan.json").out == planned
    assert (started.root / "plan.json").read_bytes() == content


def test_explain_says_what_one_artifact_becomes(started: Desk) -> None:
    told = started.run("explain", "price.pro.monthly").out
    assert re.match(r"price\.pro\.monthly +exact\n  becomes a price: 24\.00 USD a month", told)
    ended = started.run("explain", "price.pro.montly", exit=64)
    assert "hint: did you mean price.pro.monthly?" in ended.err


def test_validate_tells_of_the_named_file_only(started: Desk) -> None:
    (started.root / "catalogs/main/other.yaml").write_text("stripectl: 1\nmodel: other\ntytle: x\n")
    started.run("validate", MANIFEST)
    ended = started.run("validate", "catalogs/main/other.yaml", exit=1)
    assert "catalogs/main/other.yaml:3:1" in ended.err


def test_a_repeated_apply_does_nothing_and_records_nothing(applied: Desk) -> None:
    before = applied.files()
    assert "Nothing to do" in applied.run("apply", "--yes").err
    assert applied.files().keys() == before.keys()


@only_in_a_file
def test_a_reset_starts_over(applied: Desk) -> None:
    applied.refused("shadow", "reset", exit=64, code="no-one-to-ask")
    applied.run("shadow", "reset", "--yes")
    assert "Plan: 5 to create" in applied.run("plan").out
    assert applied.run("history").out == "main: no revision yet.\n"


def test_a_rollback_makes_an_archived_feature_anew_under_its_key(applied: Desk) -> None:
    applied.edit(MANIFEST, "    features: [sso]\n", "")
    applied.edit(MANIFEST, "features:\n  sso: {name: Single sign-on}\n", "")
    applied.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    applied.run("apply", "--yes", "--allow", "irreversible")
    applied.run("rollback", "1", "--yes")
    assert "24.00 USD a month" in applied.run("history", "price.pro.monthly").out
    assert "feature.sso" in applied.run("show", "3").out
    applied.run("drift")
