"""The guard: what a plan may not do without a further word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.diagnostics import Severity
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.guard import allowances_of, fidelity_rules
from stripectl.engine.policy import OnApproximate, OnUnsupported, Policy
from tests.engine.builders import (
    D,
    adopting,
    codes,
    coupon,
    feature,
    held,
    plan,
    price,
    product,
    protected,
    revision,
)

NOTHING: frozenset[str] = frozenset()
TEN = [product(f"p{number}") for number in range(10)]


@pytest.mark.parametrize(("left", "found"), [(7, []), (6, ["too-many-removals"])])
def test_a_plan_may_take_thirty_percent_of_a_catalog_out_of_use_and_no_more(
    left: int, found: list[str]
) -> None:
    made = plan(TEN[:left], map(held, TEN), policy=Policy(), allow=NOTHING)
    assert codes(made) == found


def test_the_share_of_removals_says_nothing_of_fewer_than_ten_objects() -> None:
    assert codes(plan([], map(held, TEN[:9]), policy=Policy(), allow=NOTHING)) == []


def test_archived_objects_do_not_count_as_part_of_the_catalog() -> None:
    objects = [*map(held, TEN[:9]), *(held(each, active=False) for each in TEN[9:])]
    assert codes(plan([], objects, policy=Policy(), allow=NOTHING)) == []


def test_removals_can_be_allowed_but_not_unseen() -> None:
    made = plan([], map(held, TEN), policy=Policy(), allow=frozenset({"archives"}))
    assert not made.blocked
    (told,) = made.diagnostics
    assert (told.severity, told.code, told.hint) == (Severity.WARNING, "too-many-removals", "")
    assert told.detail.endswith("(max_archive_percent). Let through by --allow archives.")
    assert allowances_of(made) == ("archives",)


@pytest.mark.parametrize(
    ("amount", "found"), [(1350, []), (1351, ["price-change"]), (450, []), (449, ["price-change"])]
)
def test_an_amount_may_change_by_half_either_way_and_no_more(amount: int, found: list[str]) -> None:
    made = plan(
        [product(), price(unit_amount=D(amount))],
        [held(product()), held(price())],
        policy=Policy(),
        allow=NOTHING,
    )
    assert codes(made) == found


def test_the_guard_names_the_amount_that_changes_too_much_and_by_how_much() -> None:
    made = plan(
        [product(), price(unit_amount=D(9000))],
        [held(product()), held(price())],
        policy=Policy(),
        allow=NOTHING,
    )
    assert made.diagnostics[0].detail == (
        "price.pro.monthly: the amount in EUR changes by +900.0 %;"
        " the policy allows 50 % (max_price_change_percent)."
    )


def test_an_amount_inside_a_tier_is_watched_as_well() -> None:
    def tiered(amount: int) -> tuple[dict[str, object], ...]:
        return ({"up_to": None, "unit_amount": D(amount)},)

    before, after = price(tiers=tiered(10)), price(tiers=tiered(100))  # type: ignore[arg-type]
    made = plan([product(), after], [held(product()), held(before)], policy=Policy(), allow=NOTHING)
    assert codes(made) == ["price-change"]


def test_no_percentage_holds_an_amount_that_was_nothing() -> None:
    before = price(unit_amount=D(0))
    made = plan([product(), price()], [held(product()), held(before)], policy=Policy(), allow=NOTHING)
    assert codes(made) == ["price-change"]
    assert "the amount in EUR was nothing before; the policy allows 50 %" in made.diagnostics[0].detail


def test_a_price_is_reported_once_by_what_moves_most() -> None:
    both = {"currency_options": {"usd": {"unit_amount": D(1000)}}}
    more = {"currency_options": {"usd": {"unit_amount": D(3000)}}}
    objects = [held(product()), held(price(**both))]
    made = plan(
        [product(), price(unit_amount=D(1800), **more)],
        objects,
        policy=Policy(),
        allow=NOTHING,
    )
    assert [each.detail for each in made.diagnostics] == [
        "price.pro.monthly: the amount in USD changes by +200.0 %;"
        " the policy allows 50 % (max_price_change_percent)."
    ]


def test_a_price_that_takes_over_a_lookup_key_is_held_against_the_one_that_had_it() -> None:
    before, after = price(lookup_key="pro"), price("other", lookup_key="pro", unit_amount=D(9000))
    made = plan([product(), after], [held(product()), held(before)], policy=Policy(), allow=NOTHING)
    assert {row.address: row.action for row in made.effective} == {
        "price.pro.monthly": "archive",
        "price.pro.other": "create",
    }
    assert [each.detail for each in made.diagnostics] == [
        "price.pro.other: the amount in EUR changes by +900.0 %;"
        " the policy allows 50 % (max_price_change_percent)."
    ]


def test_a_price_that_is_adopted_in_place_of_another_is_held_against_that_one() -> None:
    foreign = held(price("", unit_amount=D(9000), lookup_key="theirs"), "price_9", owner=None)
    wanted = adopting(price(unit_amount=D(9000)), "price_9")
    made = plan(
        [product(), wanted], [held(product()), held(price()), foreign], policy=Policy(), allow=NOTHING
    )
    assert [(row.address, row.action.value) for row in made.effective] == [
        ("price.pro.monthly", "adopt"),
        ("price.pro.monthly", "archive"),
    ]
    assert "the amount in EUR changes by +900.0 %" in made.diagnostics[0].detail


def test_a_price_that_is_adopted_in_place_of_a_recorded_one_is_held_against_that_one() -> None:
    foreign = held(price("", unit_amount=D(9000), lookup_key="pro_monthly"), "price_9", owner=None)
    wanted = adopting(price(unit_amount=D(9000)), "price_9")
    made = plan(
        [product(), wanted],
        [held(product()), held(price(), active=False), foreign],
        last=revision(product(), price()),
        policy=Policy(),
        allow=NOTHING,
    )
    assert [(row.address, row.action.value) for row in made.effective] == [("price.pro.monthly", "adopt")]
    assert "the amount in EUR changes by +900.0 %" in made.diagnostics[0].detail


def test_what_nobody_can_buy_may_cost_anything() -> None:
    idle = price(unit_amount=D(9000), active=False)
    assert (
        codes(plan([product(), idle], [held(product()), held(price())], policy=Policy(), allow=NOTHING)) == []
    )


def test_two_prices_that_swap_their_lookup_keys_are_held_against_each_other() -> None:
    before = [price("monthly", lookup_key="a"), price("yearly", lookup_key="b", unit_amount=D(9000))]
    after = [price("monthly", lookup_key="b"), price("yearly", lookup_key="a", unit_amount=D(9000))]
    objects = [held(product()), *(held(each, f"price_{place}") for place, each in enumerate(before))]
    made = plan([product(), *after], objects, policy=Policy(), allow=NOTHING)
    assert [
        (each.address, each.detail.partition(": ")[2].partition(";")[0]) for each in made.diagnostics
    ] == [
        ("price.pro.monthly", "the amount in EUR changes by -90.0 %"),
        ("price.pro.yearly", "the amount in EUR changes by +900.0 %"),
    ]


@pytest.mark.parametrize("kept", [True, False])
def test_a_protected_object_is_not_taken_out_of_use(kept: bool) -> None:
    objects = [held(product()), protected(held(price()))]
    wanted = protected(price(unit_amount=D(950))) if kept else product()
    assert codes(plan([product(), wanted], objects, allow=NOTHING)) == ["protected"]


def test_protection_may_be_overruled_by_nothing() -> None:
    objects = [held(product()), protected(held(price()))]
    assert codes(plan([product()], objects)) == ["protected"]


def test_a_protected_object_can_be_changed() -> None:
    made = plan([protected(product(name="New"))], [held(product())], allow=NOTHING)
    assert codes(made) == []


def test_what_cannot_be_taken_back_has_to_be_allowed() -> None:
    made = plan([], [held(feature())], last=None, allow=NOTHING)
    assert codes(made) == ["irreversible"]
    assert made.diagnostics[0].hint == "allow it with --allow irreversible"
    allowed = plan([], [held(feature())], allow=frozenset({"irreversible"}))
    assert (codes(allowed), allowed.blocked) == (["irreversible"], False)


def test_a_coupon_may_be_deleted_without_a_further_word() -> None:
    assert codes(plan([], [held(coupon())], allow=NOTHING)) == []


LOSS = Annotation("offer.team", Fidelity.APPROXIMATE, "offer-as-metadata", "Kept as metadata.")
BLOCK = Annotation("commitment.floor", Fidelity.UNSUPPORTED, "minimum-spend", "Cannot be held.")


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        (Policy(), [("error", "unsupported")]),
        (Policy(unsupported=OnUnsupported.WARN), [("warning", "unsupported")]),
        (
            Policy(approximate=OnApproximate.REQUIRE_ACCEPT),
            [("error", "approximate"), ("error", "unsupported")],
        ),
        (Policy(approximate=OnApproximate.ALLOW), [("error", "unsupported")]),
    ],
)
def test_the_policy_decides_on_losses(policy: Policy, found: list[tuple[str, str]]) -> None:
    told = [(each.severity.value, each.code) for each in fidelity_rules([LOSS, BLOCK], policy)]
    assert told == found


def test_an_accepted_loss_is_let_through_under_the_strictest_policy() -> None:
    strict = Policy(approximate=OnApproximate.REQUIRE_ACCEPT)
    accepted = [replace(each, accepted="agreed") for each in (LOSS, BLOCK)]
    assert list(fidelity_rules(accepted, strict)) == []
