"""`history ADDRESS` and what `explain` says of the record: amounts, dates, commits and who still pays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import stripe

from tests.e2e.conftest import FILE, HTTP, KEY, MANIFEST, Desk
from tests.repositories import committed, git, needs_git

MONTHLY = "price.pro.monthly"
NOWHERE = "http://127.0.0.1:9"

over_http = pytest.mark.parametrize("way", [HTTP], indirect=True)
in_a_file = pytest.mark.parametrize("way", [FILE], indirect=True)


def subscribe(place: Desk, number: int) -> None:
    """So many subscriptions to the monthly price in force."""
    with place.serving() as address:
        client = stripe.StripeClient(KEY, base_addresses={"api": address})
        (price,) = client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
        for _ in range(number):
            customer = client.v1.customers.create()
            client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})


def reprice(place: Desk, old: str, new: str) -> None:
    place.edit(MANIFEST, f"usd: {old}", f"usd: {new}")
    place.run("apply", "--yes", "--allow", "price-changes")


def terms(text: str) -> list[str]:
    """The blocks of a past, of which the first stands under the title and the last one sums up."""
    return text.strip().split("\n\n")


@pytest.mark.slow
def test_every_amount_is_told_with_who_is_still_on_it(applied: Desk) -> None:
    subscribe(applied, 3)
    reprice(applied, "24.00", "29.00")
    subscribe(applied, 2)
    reprice(applied, "29.00", "34.00")
    applied.run("rollback", "1", "--yes")
    title, first, second, third, fourth, total = terms(applied.run("history", MONTHLY).out)
    assert title == f"History of {MONTHLY}  main in shadow; times are UTC"
    assert [block.splitlines()[0] for block in (first, second, third, fourth)] == [
        "24.00 USD a month, also 22.00 EUR",
        "29.00 USD a month, also 22.00 EUR  (+5.00, +20.8 %)",
        "34.00 USD a month, also 22.00 EUR  (+5.00, +17.2 %)",
        "24.00 USD a month, also 22.00 EUR  (-10.00, -29.4 %)",
    ]
    assert "the same price as in revision 4, counted there" in first
    assert "2 active subscriptions, 58.00 USD a month in all" in second
    assert "no active subscription" in third
    assert "3 active subscriptions, 72.00 USD a month in all\n    in force since" in fourth
    assert "revision 4, rolled back to 1  by " in fourth
    ids = [re.search(r"price_\w+", block) for block in (first, second, third, fourth)]
    assert len({each[0] for each in ids if each}) == 3
    assert re.fullmatch(
        r"3 amounts since \d{4}-\d\d-\d\d; 2 active subscriptions are on earlier ones,"
        r" 58\.00 USD a\s+month\s+in\s+all",
        total,
    )


def test_a_price_is_followed_through_a_new_name_and_a_new_amount_at_once(applied: Desk) -> None:
    manifest = applied.root / MANIFEST
    renamed = manifest.read_text(encoding="utf-8").replace("usd: 24.00", "usd: 29.00")
    renamed = renamed.replace("monthly:", "month:").replace("_price: monthly", "_price: month")
    renamed = renamed.replace("pro.monthly", "pro.month")
    moved = f"moved: [{{from: {MONTHLY}, to: price.pro.month}}]\n"
    manifest.write_text(renamed + moved, encoding="utf-8")
    applied.run("apply", "--yes")
    told = applied.run("history", "price.pro.month", "--offline").out
    assert terms(told)[0] == "History of price.pro.month  main in shadow; times are UTC"
    assert f"as {MONTHLY}  price_" in terms(told)[1]
    assert "(+5.00, +20.8 %)" in terms(told)[2]
    assert applied.run("history", MONTHLY, "--offline").out == told


@over_http
def test_without_a_key_the_past_is_told_and_why_nobody_was_counted(applied: Desk) -> None:
    ended = applied.with_variables(TEST_KEY="").run("history", MONTHLY)
    told = " ".join(ended.out.split())
    assert "24.00 USD a month" in told
    assert "note: subscriptions were not counted. The environment has no key." in told
    assert "the variable TEST_KEY, which is empty or not set." in told
    assert ended.err == ""


@over_http
def test_a_key_of_another_account_counts_nothing(applied: Desk, tmp_path: Path) -> None:
    record = next(applied.root.glob(".stripectl/shadow/main/revisions/*.json"))
    recorded = json.loads(record.read_text(encoding="utf-8"))["account"]["id"]
    other = Desk(tmp_path / "other", applied.home)
    other.root.mkdir()
    other.run("init")
    with other.serving() as address:
        applied.edit("stripectl.yaml", str(applied.url), address)
        told = " ".join(applied.run("history", MONTHLY).out.split())
    assert f"Revision 1 was applied to {recorded} in test mode, and the key opens acct_" in told


@in_a_file
def test_an_account_that_cannot_be_reached_is_no_error_and_need_not_be_asked(applied: Desk) -> None:
    away = applied.at(NOWHERE)
    told = " ".join(away.run("history", MONTHLY).out.split())
    assert "note: subscriptions were not counted. Stripe could not be reached." in told
    offline = away.run("history", MONTHLY, "--offline").out
    assert "note: subscriptions were not counted. No account was asked, as --offline says." in offline
    printed = json.loads(away.run("history", MONTHLY, "--offline", "--output", "json").out)
    assert printed["addresses"][0]["terms"][0]["audience"] == {
        "subscriptions": None,
        "more": False,
        "monthly": None,
    }


@in_a_file
def test_what_nobody_subscribes_to_is_told_without_any_account(applied: Desk) -> None:
    told = applied.at(NOWHERE).run("history", "product.pro").out
    assert re.search(r"\A.*\n\nPro\n    in force since .*\n.* main-pro\n\n1 version since", told)
    assert "History of product_feature.pro.sso " in told
    assert "note" not in told


@in_a_file
def test_an_artifact_of_several_objects_has_the_past_of_each(started: Desk) -> None:
    ladder = "[{after: {weeks: 1}, percent_off: 50}, {after: {months: 1}, percent_off: 50}]"
    manifest = started.root / MANIFEST
    discounts = f"discounts:\n  loyalty: {{apply: automatic, ladder: {ladder}}}\n"
    manifest.write_text(manifest.read_text(encoding="utf-8") + discounts, encoding="utf-8")
    started.run("apply", "--yes")
    told = started.run("history", "discount.loyalty.2").out
    assert told.startswith("History of discount.loyalty.2")
    whole = re.findall(r"^History of (\S+)", started.run("history", "discount.loyalty").out, re.M)
    assert whole == ["discount.loyalty", "discount.loyalty.1", "discount.loyalty.2"]
    explained = started.run("explain", "discount.loyalty.2").out
    assert explained == started.run("explain", "discount.loyalty").out
    assert explained.count(" in force since ") == 3


def test_an_address_that_is_nearly_right_is_suggested(applied: Desk) -> None:
    ended = applied.refused("history", "price.pro.montly", exit=64, code="never-recorded")
    assert f"hint: did you mean {MONTHLY}?" in ended.err


def test_where_nothing_was_applied_nothing_has_a_past(started: Desk) -> None:
    ended = started.refused("history", MONTHLY, exit=64, code="never-recorded")
    assert "hint: nothing was applied here yet" in ended.err


# What explain says of the record


@in_a_file
def test_explain_says_since_when_something_is_in_force(started: Desk) -> None:
    assert "shadow" not in started.run("explain", MONTHLY).out
    started.run("apply", "--yes")
    told = " ".join(started.run("explain", MONTHLY).out.split())
    assert re.search(r"in shadow in force since \d{4}-\d\d-\d\d \d\d:\d\d, revision 1, price_\w+", told)
    assert f"More: stripectl history {MONTHLY} --catalog main --env shadow" in told
    started.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    ahead = " ".join(started.run("explain", MONTHLY).out.split())
    assert "in shadow in force is 24.00 USD a month, also 22.00 EUR, since" in ahead
    printed = json.loads(started.run("explain", MONTHLY, "--output", "json").out)
    (record,) = printed["in_force"]
    assert (record["environment"], record["objects"][0]["since"]["revision"]) == ("shadow", 1)
    assert json.loads(started.run("explain", "--output", "json").out)["in_force"] == []


@in_a_file
def test_a_record_that_cannot_be_read_does_not_keep_explain_from_explaining(applied: Desk) -> None:
    (record,) = applied.root.glob(".stripectl/shadow/main/revisions/*.json")
    record.write_text(record.read_text(encoding="utf-8").replace("2400", "2500"), encoding="utf-8")
    ended = applied.run("explain", MONTHLY)
    assert "becomes a price: 24.00 USD a month" in ended.out
    assert "What is in force is not told: A record is not what was written." in ended.err


@in_a_file
def test_what_is_no_longer_declared_leads_to_its_history(applied: Desk) -> None:
    text = (applied.root / MANIFEST).read_text(encoding="utf-8")
    without = re.sub(r"      yearly:\n.*\n.*\n", "", text)
    assert without != text
    (applied.root / MANIFEST).write_text(without, encoding="utf-8")
    ended = applied.refused("explain", "price.pro.yearly", exit=64, code="unknown-address")
    assert "hint: it was there once: see `stripectl history price.pro.yearly`" in ended.err


def test_a_rollback_over_a_new_name_is_one_past_and_one_quote(started: Desk) -> None:
    started.run("apply", "--yes")
    started.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    started.run("apply", "--yes")
    text = (started.root / MANIFEST).read_text("utf-8")
    for old, new in (
        ("default_price: monthly", "default_price: each-month"),
        ("pro.monthly", "pro.each-month"),
        ("      monthly:\n", "      each-month:\n"),
    ):
        text = text.replace(old, new)
    moved = "moved:\n  - {from: price.pro.monthly, to: price.pro.each-month}\n"
    (started.root / MANIFEST).write_text(text + moved, encoding="utf-8")
    started.run("apply", "--yes")
    assert "small team: 29.00 → 24.00 USD a month" in started.run("rollback", "1", "-o", "back.json").out
    started.run("apply", "back.json", "--yes")
    told = started.run("history", "price.pro.monthly").out
    assert "2 amounts since" in told
    assert started.run("history", "price.pro.each-month").out == told


@needs_git
@in_a_file
def test_a_revision_tells_what_its_plan_was_made_from(applied: Desk) -> None:
    git(applied.root, "init", "--quiet", "--initial-branch=main")
    first = committed(applied.root, "the catalog")
    applied.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    applied.run("plan", "-o", ".stripectl/plan.json")
    second = committed(applied.root, "Team costs 29")
    applied.run("apply", ".stripectl/plan.json", "--yes")
    # Planned before it was committed, and made again from the commit when it was applied.
    assert first != second
    told = f"commit {second[:10]}"
    assert told in " ".join(applied.run("history").out.split())
    assert "not committed" not in applied.run("history").out
    assert told in " ".join(applied.run("history", MONTHLY).out.split())
    applied.edit(MANIFEST, "usd: 29.00", "usd: 31.00")
    third = committed(applied.root, "Team costs 31")
    applied.run("apply", "--yes")
    assert f"commit {third[:10]}\n" in applied.run("history").out
    assert second not in applied.run("show", "3").out
