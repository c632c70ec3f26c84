"""What a person reads at a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.diagnostics import Diagnostic, Location, Path, Severity, error
from stripectl.engine.plan import Action, Change, FieldChange
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref
from stripectl.views.fields import label
from stripectl.views.page import columns, line, render
from stripectl.views.rows import rows
from stripectl.views.text import (
    default_command,
    diagnostics_text,
    drift_text,
    explain_text,
    history_text,
    plan_text,
    plans_text,
    revision_text,
)
from tests.views import samples

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("name", samples.PLANS)
def test_plans_read_as_reviewed(name: str, width: int, golden: Golden) -> None:
    golden(f"{name}-{width}.txt", plan_text(samples.PLANS[name], width=width, colour=False))


@pytest.mark.parametrize("width", [60, 100])
def test_a_diff_reads_as_reviewed(width: int, golden: Golden) -> None:
    golden(f"diff-{width}.txt", plan_text(samples.DIFF, width=width, colour=False))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("recurring", "trial_period_days"), "legacy trial days"),
        (("recurring", "aggregate_usage"), "legacy aggregation"),
        (("currency_options", "usd", "tax_behavior"), "tax in USD"),
        (("package_dimensions",), "parcel"),
        (("package_dimensions", "weight"), "parcel weight in ounces"),
    ],
)
def test_a_value_is_called_what_people_call_it(path: Path, words: str) -> None:
    assert label(path) == words


def test_diffs_of_several_catalogs_are_never_ready_to_apply() -> None:
    text = plans_text([samples.DIFF, replace(samples.DIFF, catalog="other")], width=100, colour=False)
    assert "Not blocked: acme and other\n" in text
    assert "Ready to apply" not in text


def test_a_plan_says_everything_when_asked(golden: Golden) -> None:
    golden("first-verbose.txt", plan_text(samples.FIRST, width=100, colour=False, verbose=True))


def test_records_read_as_reviewed(golden: Golden) -> None:
    parts = (
        revision_text(samples.REVISION, width=100, colour=False),
        history_text(samples.REVISIONS, width=100, colour=False),
        history_text((), width=100, colour=False),
        drift_text(samples.DRIFTED, samples.REVISION, width=100, colour=False),
        drift_text((), samples.REVISION, width=100, colour=False),
        explain_text(samples.FIRST.desired, samples.FIRST.annotations, width=100, colour=False),
        explain_text(
            samples.FIRST.desired,
            samples.FIRST.annotations,
            address="price.pro.api",
            width=100,
            colour=False,
        ),
    )
    golden("records.txt", "\n".join(parts))


SPENT = Diagnostic(
    Severity.INFO,
    "spent",
    "Something can no longer be used, and stays as it is",
    "promotion code promo_1 expired 2027-01-31.",
    hint="take it out of the manifest, or renew it there",
    address="code.launch.SOON",
)


def test_what_is_spent_is_remarked_on_below_the_drift_in_a_line_or_in_full() -> None:
    brief, full = (
        drift_text((), samples.REVISION, (SPENT,), width=110, colour=False, verbose=verbose)
        for verbose in (False, True)
    )
    assert brief.splitlines()[1:] == [
        "",
        "info[spent]: Something can no longer be used, and stays as it is (code.launch.SOON); -v shows more",
    ]
    assert full.splitlines()[1:] == [
        "",
        "info[spent]: Something can no longer be used, and stays as it is",
        "  --> code.launch.SOON",
        "",
        "  promotion code promo_1 expired 2027-01-31.",
        "",
        "hint: take it out of the manifest, or renew it there",
    ]


def test_a_raised_price_reads_as_the_manual_shows_it() -> None:
    text = plan_text(samples.RAISED, width=90, colour=False)
    assert (
        "± price.pro.monthly   24.00 USD → 29.00 USD a month  (+5.00, +20.8 %)                exact\n"
        "    why     amount cannot change in Stripe; a successor is created\n"
        "    then    lookup key pro_monthly and the product's default move to it, the old price is archived\n"
    ).replace("it, the old price is archived\n", "it, the old price is\n            archived\n") in text
    assert "    who     new checkouts pay 29.00; 12 active subscriptions stay on 24.00\n" in text
    assert "    source  catalogs/acme/pro.yaml:14\n" in text


def test_a_diagnostic_has_its_place_its_detail_and_a_way_out() -> None:
    found = error(
        "tier-order",
        "Tier bounds must increase",
        "Tier 3 ends at 1000, but tier 2 already ends at 5000, so tier 3 could never apply.",
        hint="raise up_to above 5000, or remove the tier",
        path="products.pro.prices.api.tiers[2].up_to",
        source=Location("catalogs/acme/pro.yaml", 18, 16),
    )
    assert diagnostics_text([found], width=100, colour=False) == (
        "error[tier-order]: Tier bounds must increase\n"
        "  --> catalogs/acme/pro.yaml:18:16  products.pro.prices.api.tiers[2].up_to\n"
        "\n"
        "  Tier 3 ends at 1000, but tier 2 already ends at 5000, so tier 3 could never apply.\n"
        "\n"
        "hint: raise up_to above 5000, or remove the tier\n"
    )


def test_the_sections_stand_in_the_order_of_reading() -> None:
    text = plan_text(samples.BUSY, width=100, colour=False)
    marks = (
        "Plan for acme",
        "Drift:",
        "Changes",
        "What is not exact",
        "error[",
        "BLOCKED",
        "Plan: ",
        "Fidelity: ",
        "To go on:",
    )
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_the_next_command_comes_last_and_is_never_broken() -> None:
    text = plan_text(samples.RAISED, width=30, colour=False)
    assert text.endswith("Next: stripectl apply --catalog acme --env sandbox\n")


def test_a_blocked_plan_names_no_command() -> None:
    assert "Next:" not in plan_text(samples.BUSY, width=100, colour=False)


def test_what_cannot_be_taken_back_comes_first() -> None:
    text = plan_text(samples.BUSY, width=100, colour=False)
    assert text.index("± meter.api-calls") < text.index("− price.pro.weekly") < text.index("+ offer.team")
    assert "irreversible  usage already reported stays with the old meter" in text


def test_live_mode_stands_out() -> None:
    assert "LIVE: real customers, real money" in plan_text(samples.ROLLBACK, width=100, colour=False)


@pytest.mark.parametrize("name", samples.PLANS)
def test_no_plan_speaks_of_destroying(name: str) -> None:
    assert "destroy" not in plan_text(samples.PLANS[name], width=100, colour=False, verbose=True).lower()


def test_what_a_user_wrote_cannot_drive_the_terminal() -> None:
    text = plan_text(samples.HOSTILE, width=100, colour=True)
    assert "\x1b[31mPro" not in text
    assert r"\x1b[31mPro\x1b[0m [bold]" in text
    assert "\u202e" not in text


@given(st.text(max_size=60), st.integers(20, 130), st.booleans())
def test_a_line_is_never_wider_than_the_page(text: str, width: int, ascii_only: bool) -> None:
    page = render(
        [line(text, indent=2, hang=6, right=(("exact", ""),))],
        width=width,
        colour=False,
        ascii_only=ascii_only,
    )
    assert all(columns(each) <= width for each in page.split("\n"))
    assert all(each.isprintable() for each in page.split("\n") if ascii_only)


@pytest.mark.parametrize("name", samples.PLANS)
def test_a_terminal_without_unicode_gets_ascii(name: str) -> None:
    assert plan_text(samples.PLANS[name], width=100, colour=False, ascii_only=True).isascii()


@pytest.mark.parametrize("name", samples.PLANS)
def test_colour_changes_nothing_but_colour(name: str) -> None:
    import re

    plain = plan_text(samples.PLANS[name], width=100, colour=False)
    coloured = plan_text(samples.PLANS[name], width=100, colour=True)
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_no_change_is_left_out_of_a_large_plan() -> None:
    text = plan_text(samples.large(50, 20), width=100, colour=False)
    assert sum(row.startswith("± price.") for row in text.splitlines()) == 1000
    assert "product.p7: 20 changes" in text


@pytest.mark.slow
def test_the_time_for_a_plan_grows_with_its_changes_and_not_with_their_square() -> None:
    def seconds(prices: int) -> float:
        plan = samples.large(100, prices)
        begin = time.process_time()
        plan_text(plan, width=100, colour=True)
        return time.process_time() - begin

    # Ten times the changes; their square would be a hundred times the work.
    assert seconds(100) < 40 * seconds(10)


def rename(before: str, after: str) -> str:
    old, new = samples.product(before), samples.product(after)
    change = samples.updated(old, new, FieldChange(("name",), before, after))
    return plan_text(samples.plan(change), width=116, colour=False)


def test_a_long_text_is_cut_to_where_it_differs() -> None:
    text = rename("a" * 400 + "Z" + "b" * 400, "a" * 400 + "Y" + "b" * 400)
    assert "Zbbb" in text
    assert "Ybbb" in text
    assert "a" * 100 not in text


def test_a_price_in_another_currency_is_shown_in_that_currency() -> None:
    old = samples.price(2400, object_id="price_1", currency_options={"eur": {"unit_amount": Decimal(2200)}})
    new = samples.price(2400, currency_options={"eur": {"unit_amount": Decimal(2300)}})
    changed = FieldChange(("currency_options", "eur", "unit_amount"), Decimal(2200), Decimal(2300))
    row = replace(
        samples.raised(), before=old, after=new, changed=(changed,), replace_because=("currency_options",)
    )
    text = plan_text(samples.plan(row), width=116, colour=False)
    assert "amount in EUR  22.00 EUR → 23.00 EUR  (+1.00, +4.5 %)" in text


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (samples.price(2900), "29.00 USD a month"),
        (samples.price(500, currency="jpy", recurring=None), "500 JPY, one-time"),
        (samples.price(700, recurring={"interval": "month", "interval_count": 3}), "7.00 USD every 3 months"),
        (
            samples.price(700, transform_quantity={"divide_by": 100, "round": "up"}),
            "7.00 USD per 100 units a month",
        ),
        (
            samples.price(899, currency_options={"eur": {"unit_amount": Decimal(799)}}),
            "8.99 USD a month, also 7.99 EUR",
        ),
        (samples.price(100, active=False), "1.00 USD a month, out of use"),
        (samples.usage(), "0.0004 EUR per unit a month, 10,000 included"),
        (
            samples.price(
                0, unit_amount=None, recurring=None, custom_unit_amount={"minimum": 100, "preset": 1000}
            ),
            "any amount from 1.00 USD, 10.00 USD suggested",
        ),
        (
            samples.price(
                0,
                unit_amount=None,
                tiers_mode="graduated",
                tiers=(
                    {"up_to": 100, "flat_amount": Decimal(500)},
                    {"up_to": None, "unit_amount": Decimal(2), "flat_amount": Decimal(100)},
                ),
            ),
            "in steps: 5.00 USD up to 100, then 1.00 USD + 0.02 USD per unit, a month",
        ),
        (samples.COUPON, "20 % off for 3 months, until 2027-01-31"),
        (
            Resource(
                "coupon",
                "discount.x",
                {"amount_off": 1000, "currency": "eur", "applies_to": (Ref("product.pro"),)},
            ),
            "10.00 EUR off once, on product.pro",
        ),
        (samples.CODE, "for discount.launch20, 50 times at most, first purchase only"),
        (
            Resource(
                "promotion_code",
                "code.x.VIP",
                {"code": "VIP", "coupon": Ref("discount.x"), "customer": "cus_1"},
            ),
            "for discount.x, only for cus_1",
        ),
        (samples.METER, "API calls: sum of api_calls events"),
        (samples.FEATURE, "Single sign-on"),
        (samples.GRANT, "grants feature.sso"),
        (samples.OFFER, "pro.monthly"),
    ],
)
def test_an_object_is_said_in_a_few_words(resource: Resource, words: str) -> None:
    text = plan_text(samples.plan(samples.created(resource)), width=116, colour=False)
    assert f"+ {resource.address}   {words}" in text


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (2400, 2900, "(+5.00, +20.8 %)"),
        (2900, 2400, "(-5.00, -17.2 %)"),
        (0, 900, "(+9.00, was free)"),
        (1_000_000, 1_000_001, "(+0.01, under 0.1 %)"),
        ("0.04", "0.05", "(+0.0001, +25.0 %)"),
    ],
)
def test_a_change_of_an_amount_is_said_both_ways(before: int | str, after: int | str, words: str) -> None:
    row = replace(samples.raised(), before=samples.price(before, object_id="p"), after=samples.price(after))
    assert words in plan_text(samples.plan(row), width=116, colour=False)


@pytest.mark.parametrize(
    ("subscribers", "words"),
    [
        (None, "subscriptions that exist stay on 24.00"),
        (0, "no active subscription is on 24.00"),
        (1, "1 active subscription stays on 24.00"),
        (1200, "1,200 active subscriptions stay on 24.00"),
    ],
)
def test_who_is_concerned_is_said(subscribers: int | None, words: str) -> None:
    assert words in plan_text(samples.plan(samples.raised(subscribers=subscribers)), width=116, colour=False)


def test_a_released_object_says_that_it_stays() -> None:
    row = replace(
        samples.gone(samples.price(2400, object_id="price_1"), Action.UPDATE),
        changed=(FieldChange(("managed",), True, False),),
        notes=("let go: the object stays as it is and is no longer managed",),
    )
    text = plan_text(samples.plan(row), width=116, colour=False)
    assert "~ price.pro.monthly   24.00 USD a month" in text
    assert "managed  yes → no" in text


@pytest.mark.parametrize(
    ("successor", "headline"),
    [
        ("discount.spring", "for discount.launch20 → for discount.spring"),
        ("discount.launch20", "for discount.launch20"),
    ],
)
def test_a_headline_has_addresses_on_both_sides_where_the_plan_knows_the_id(
    successor: str, headline: str
) -> None:
    old = replace(samples.CODE, object_id="promo_1", fields={"code": "A", "coupon": "acme-launch20"})
    new = replace(samples.CODE, fields={"code": "A", "coupon": Ref(successor)})
    coupon = samples.gone(replace(samples.COUPON, object_id="acme-launch20"), Action.DELETE)
    moved = Change(new.address, new.kind, Action.REPLACE, old, new, replace_because=("coupon",))
    found = {each.change.kind: each.headline for each in rows(samples.plan(coupon, moved))}
    assert found["promotion_code"] == headline


def test_the_next_command_makes_the_very_plan_that_was_shown() -> None:
    ready = replace(
        samples.BUSY, diagnostics=(), targets=("price.pro.a b", "offer.team"), allowed=("archives",)
    )
    assert default_command(ready) == (
        "stripectl apply --catalog acme --env sandbox --target 'price.pro.a b' --target offer.team"
        " --allow archives"
    )
