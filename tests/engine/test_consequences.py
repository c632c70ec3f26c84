"""Whom a change reaches, and what a rollback would bring back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.engine.consequences import pointed_to, weighed
from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Action, Change, Plan, Pointer, Restores, Undo
from stripectl.engine.policy import Policy
from stripectl.engine.resource import Resource
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import (
    D,
    code,
    coupon,
    feature,
    held,
    meter,
    plan,
    price,
    product,
    product_feature,
    revision,
    row,
)

COSMETIC, NEW, EXISTING, FINAL = Reach
EXACTLY, APPROXIMATELY, NOT = Restores


def change(wanted: Resource | None, before: Resource | None) -> tuple[Reach, Restores]:
    """Of a plan with this one change; what it refers to is there and stays."""
    subject = wanted or before
    assert subject is not None
    around = [each for each in (product(), feature(), coupon()) if each.address != subject.address]
    found = [held(each) for each in around] + ([held(before, "id_1")] if before else [])
    last = revision(*around, *([before] if before else []), ids={before.address: "id_1"} if before else {})
    made = plan([*around, *([wanted] if wanted else [])], found, last=last)
    changed = row(made, subject.address)
    return changed.reach, changed.undo.restores


@pytest.mark.parametrize(
    ("wanted", "before", "reach", "restores"),
    [
        (price(unit_amount=D(950)), price(), NEW, EXACTLY),
        (price(), None, NEW, APPROXIMATELY),
        (None, price(), NEW, EXACTLY),
        (price(nickname="Seat"), price(nickname="Chair"), COSMETIC, EXACTLY),
        (price(nickname="Seat"), price(), COSMETIC, APPROXIMATELY),
        (price(currency_options={"usd": {"unit_amount": D(990)}}), price(), NEW, APPROXIMATELY),
        (price(tax_behavior="inclusive"), price(), FINAL, NOT),
        (product(name="Professional"), product(), EXISTING, EXACTLY),
        (product(metadata={"a": "b"}), product(), COSMETIC, EXACTLY),
        (product(), None, NEW, APPROXIMATELY),
        (None, product_feature(), EXISTING, EXACTLY),
        (product_feature(), None, EXISTING, EXACTLY),
        (feature(), None, COSMETIC, APPROXIMATELY),
        (None, feature(), FINAL, NOT),
        (None, meter(), EXISTING, EXACTLY),
        (None, coupon(), NEW, APPROXIMATELY),
        (coupon(percent_off=D(30)), coupon(), NEW, APPROXIMATELY),
        (None, code(), NEW, EXACTLY),
    ],
)
def test_a_change_reaches_so_far_and_is_undone_so_well(
    wanted: Resource | None, before: Resource | None, reach: Reach, restores: Restores
) -> None:
    assert change(wanted, before) == (reach, restores)


LINK = Pointer("payment_link", "plink_1", "https://buy.example/1", stops=True)
PORTAL = Pointer("portal_configuration", "bpc_1", "Self service")
STOPPED = "payment links that stop may not come back by themselves"


@pytest.mark.parametrize(
    ("wanted", "pointers", "restores", "because"),
    [
        (price(unit_amount=D(950)), (LINK, LINK, PORTAL), APPROXIMATELY, (STOPPED,)),
        (price(unit_amount=D(950)), (PORTAL,), EXACTLY, ()),
        (price(unit_amount=D(950)), (), EXACTLY, ()),
    ],
)
def test_what_stops_with_an_object_is_not_promised_back(
    wanted: Resource, pointers: tuple[Pointer, ...], restores: Restores, because: tuple[str, ...]
) -> None:
    (changed,) = plan([product(), wanted], [held(product()), held(price())]).effective
    pointed = pointed_to(changed, pointers)
    assert (pointed.undo, pointed.pointers) == (Undo(restores, because), pointers)


def test_what_cannot_be_undone_at_all_stays_so_whatever_stops_with_it() -> None:
    last = revision(feature(), ids={"feature.sso": "feat_1"})
    (gone,) = plan([], [held(feature(), "feat_1")], last=last).effective
    assert gone.undo.restores is NOT
    assert pointed_to(gone, (LINK,)).undo == Undo(NOT, (*gone.undo.because, STOPPED))


@pytest.mark.parametrize(
    ("there", "reach"),
    [([], NEW), ([feature()], NEW), ([product()], EXISTING), ([product(), feature()], EXISTING)],
)
def test_a_feature_of_a_product_that_comes_with_it_reaches_nobody_who_is_there(
    there: list[Resource], reach: Reach
) -> None:
    made = plan([product(), feature(), product_feature()], [held(each) for each in there])
    assert row(made, "product_feature.pro.sso").reach is reach


def test_a_first_plan_needs_no_approval_for_those_who_are_there() -> None:
    made = plan([product(), feature(), product_feature(), price()], policy=Policy(approval=(EXISTING,)))
    assert made.approval == ()


def test_what_is_not_undone_exactly_says_why() -> None:
    made = plan([], [held(coupon())])
    assert row(made, "discount.launch").undo.because == ("it comes back as a new object under another id",)


ANEW = "its coupon comes back under another id, so it is made anew and counts its redemptions from 0"


@pytest.mark.parametrize(
    ("wanted", "because"),
    [
        ([], (ANEW,)),
        ([coupon()], ()),
        ([coupon(percent_off=D(30)), code()], (ANEW,)),
        ([coupon(), code(max_redemptions=5)], ()),
    ],
)
def test_a_code_comes_back_as_it_was_only_with_its_coupon(
    wanted: list[Resource], because: tuple[str, ...]
) -> None:
    gone = row(plan(wanted, [held(coupon()), held(code(), "promo_1")]), "code.launch.LAUNCH")
    assert gone.undo == Undo(APPROXIMATELY if because else EXACTLY, because)


@pytest.mark.parametrize(
    ("asked", "found"), [((), ()), ((EXISTING,), ()), ((NEW, FINAL), (NEW,)), ((COSMETIC, NEW), (NEW,))]
)
def test_a_plan_needs_approval_for_what_the_policy_asks_and_it_does(
    asked: tuple[Reach, ...], found: tuple[Reach, ...]
) -> None:
    made: Plan = plan([price(unit_amount=D(950))], [held(price())], policy=Policy(approval=asked))
    assert made.approval == found


def test_an_object_that_holds_nothing_is_weighed_all_the_same() -> None:
    gone = Change("price.pro.monthly", "price", Action.ARCHIVE, before=replace(held(price()), fields={}))
    (row,) = weighed((gone,), KINDS)
    assert row.undo.restores is Restores.EXACTLY
