"""The past of an address as it is read at a terminal and by programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stripectl.engine.past import Counts, Past, Standing, Term, pasts, standing
from stripectl.engine.plan import Audience, Revision
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Value
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.as_json import explain_json, pasts_json
from stripectl.views.pasts import held, term_rows, total
from stripectl.views.text import explain_text, pasts_text
from tests.views import samples
from tests.views.samples import EARLIER, REVISION, REVISIONS, price, product

Golden = Callable[[str, str], None]

MONTHLY = "price.pro.monthly"
MONTH = "price.pro.month"
OLD, NEW = "price_1OLD", "price_2NEW"

D = Decimal


def revision(number: int, *resources: Resource, **more: object) -> Revision:
    changed: dict[str, object] = {
        "number": number,
        "desired": State.of(resources),
        "ids": {each.address: each.object_id for each in resources if each.object_id},
        "created_at": f"2027-0{number}-01T12:00:00Z",
    }
    return replace(REVISION, **{**changed, **more})  # type: ignore[arg-type]


def tiered(middle: int, object_id: str) -> Resource:
    """Five tiers, of which the third costs so much."""
    tiers: Value = tuple(
        {"up_to": None if place == 4 else 10 * (place + 1), "unit_amount": D(amount)}
        for place, amount in enumerate((90, 80, middle, 60, 50))
    )
    fields: dict[str, Value] = {
        "product": "acme-pro",
        "currency": "eur",
        "recurring": {"interval": "month"},
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": tiers,
    }
    return Resource("price", "price.pro.api", fields, object_id)


RENAMED = revision(
    5,
    product(object_id="acme-pro"),
    price(2400, MONTH, OLD),
    created_at="2026-12-01T09:00:00Z",
    moved={MONTHLY: MONTH},
)
LONG = (*REVISIONS, RENAMED)
COUNTED = Counts(
    {
        OLD: Audience(12, monthly={"usd": D(28800)}),
        NEW: Audience(1000, more=True, monthly={"usd": D(2900000)}),
    }
)


@pytest.mark.parametrize("width", [60, 100])
def test_a_past_reads_as_reviewed(width: int, golden: Golden) -> None:
    tiers = (revision(1, tiered(75, OLD)), revision(2, tiered(70, NEW)), revision(3))
    alone = (revision(1, product()), revision(2, product("Pro+")))
    parts = (
        pasts_text(pasts(MONTHLY, LONG, KINDS), COUNTED, width=width, colour=False),
        pasts_text(
            pasts("price.pro.api", tiers, KINDS),
            Counts({OLD: Audience(3), NEW: Audience(0, monthly={})}),
            width=width,
            colour=False,
        ),
        pasts_text(pasts("product.pro", alone, KINDS), Counts(), width=width, colour=False),
        pasts_text(
            pasts(MONTHLY, (EARLIER,), KINDS),
            Counts(unknown="The environment has no key. Environment live takes it from a file."),
            width=width,
            colour=False,
        ),
        explain_text(
            samples.FIRST.desired,
            samples.FIRST.annotations,
            address=MONTHLY,
            record=standing((MONTHLY,), REVISIONS, KINDS),
            width=width,
            colour=False,
        ),
    )
    golden(f"past-{width}.txt", "\n".join(parts))


def only(*revisions: Revision, address: str = MONTHLY) -> Past:
    (past,) = pasts(address, revisions, KINDS)
    return past


THREE = only(
    *(
        revision(number, price(amount, object_id=f"p{number}"))
        for number, amount in ((1, 900), (2, 950), (3, 990))
    )
)


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ({"p1": 0, "p2": 0, "p3": 7}, "; no active subscription is on an earlier one"),
        ({"p1": 1, "p2": 0, "p3": 7}, "; 1 active subscription is on earlier ones, 1.00 USD a month in all"),
        ({"p1": 2, "p2": 12}, "; 14 active subscriptions are on earlier ones, 14.00 USD a month in all"),
        ({"p1": 2}, "; at least 2 active subscriptions are on earlier ones, 2.00 USD a month in all"),
        ({"p2": 0, "p3": 1}, ""),
        ({}, ""),
    ],
)
def test_the_last_line_says_who_was_left_behind(counted: dict[str, int], told: str) -> None:
    found = {each: Audience(number, monthly={"usd": D(100 * number)}) for each, number in counted.items()}
    assert total(THREE, Counts(found)) == f"3 amounts since 2027-01-01{told}"


def test_the_last_line_says_that_a_part_of_what_is_paid_is_missing() -> None:
    counts = Counts({"p1": Audience(2, monthly={"usd": D(1800)}), "p2": Audience(3)})
    assert total(THREE, counts) == (
        "3 amounts since 2027-01-01; 5 active subscriptions are on earlier ones, 18.00 USD a month in all,"
        " besides what depends on usage or tiers"
    )


def test_the_last_line_tells_of_the_time_between() -> None:
    past = only(revision(1, price(900, object_id="p1")), revision(2), revision(4, price(900, object_id="p1")))
    told = "1 amount since 2027-01-01; not declared from revision 2 until 4, 2027-04-01"
    assert total(past, Counts()) == told


def test_the_last_line_tells_the_end_of_what_is_not_declared_any_more() -> None:
    past = only(revision(1, price(900, object_id="p1")), revision(2))
    counts = Counts({"p1": Audience(2, monthly={"usd": D(1800)})})
    assert total(past, counts) == (
        "1 amount since 2027-01-01; not declared any more since revision 2, 2027-02-01;"
        " 2 active subscriptions are on it, 18.00 USD a month in all"
    )


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        (Audience(None), "subscriptions unknown"),
        (Audience(0, monthly={}), "no active subscription"),
        (Audience(1, monthly={"eur": D(900)}), "1 active subscription, 9.00 EUR a month in all"),
        (
            Audience(2, monthly={"eur": D(900), "usd": D(1000)}),
            "2 active subscriptions, 9.00 EUR and 10.00 USD a month in all",
        ),
        (
            Audience(1000, more=True, monthly={"eur": D(900000)}),
            "1,000+ active subscriptions, 9,000.00 EUR a month of those counted",
        ),
        (Audience(3), "3 active subscriptions, what they pay depends on usage or tiers"),
    ],
)
def test_who_is_on_a_price_is_told_in_words(audience: Audience, told: str) -> None:
    assert held(audience) == told


def test_only_what_is_over_and_left_by_everybody_is_dim() -> None:
    counts = Counts({"p1": Audience(0, monthly={}), "p2": Audience(4, monthly={}), "p3": Audience(0)})
    rows = term_rows(THREE, counts)
    assert [(row.is_over, row.lingers, row.state) for row in rows] == [
        (True, False, ""),
        (False, True, ""),
        (False, False, "in force"),
    ]
    text = pasts_text((THREE,), counts, width=80, colour=True)
    assert "\x1b[2m9.00 USD a month\x1b[0m" in text
    assert "\x1b[33m4 active subscriptions\x1b[0m" in text


def test_a_change_that_the_headline_sums_up_is_told_tier_by_tier() -> None:
    past = only(revision(1, tiered(75, OLD)), revision(2, tiered(70, NEW)), address="price.pro.api")
    first, second = term_rows(past, Counts())
    assert first.title == second.title
    assert (first.differences, second.differences) == (
        (),
        (("tier 3 amount", "0.75 EUR → 0.70 EUR  (-0.05, -6.7 %)"),),
    )


def test_a_past_is_told_to_programs_with_ids_moments_and_audiences() -> None:
    document: Any = pasts_json(pasts(MONTHLY, LONG, KINDS), COUNTED)
    (past,) = document["addresses"]
    assert (past["address"], document["unknown"]) == (MONTH, None)
    first, second, third = past["terms"]
    assert [(each["resource"]["object_id"], each["since"]["revision"]) for each in past["terms"]] == [
        (OLD, 1),
        (NEW, 3),
        (OLD, 4),
    ]
    assert second["audience"] == {"subscriptions": 1000, "more": True, "monthly": {"usd": "2900000"}}
    assert third["names"] == [MONTHLY, MONTH]
    assert (first["until"]["revision"], third["until"]) == (3, None)


def test_what_is_explained_says_where_it_is_not_applied_yet() -> None:
    def explained(record: Standing | None) -> str:
        declared, notes = samples.FIRST.desired, samples.FIRST.annotations
        return explain_text(declared, notes, address=MONTHLY, record=record, width=100, colour=False)

    assert "sandbox" not in explained(None)
    missing = explained(standing((MONTHLY,), (revision(1, product()),), KINDS))
    assert re.search(r"^    in sandbox +not yet: revision 1 does not have it$", missing, re.M)
    assert "stripectl history" not in missing
    document: Any = explain_json(samples.FIRST.desired, samples.FIRST.annotations, address=MONTHLY)
    assert document["in_force"] == []


def test_a_term_without_a_time_shows_what_stands_there() -> None:
    odd = replace(EARLIER, created_at="some day")
    term = Term(price(900, object_id="p1"), odd, names=(MONTHLY,))
    assert term_rows(Past(MONTHLY, (term,)), Counts())[0].when == "since some day"
