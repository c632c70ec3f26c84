"""From changes to requests: expand, switch, contract; no moment lacks an active price."""

from __future__ import annotations

from stripectl.engine.kinds import Phase
from stripectl.engine.ordering import steps
from stripectl.engine.plan import Plan
from stripectl.engine.resource import Resource
from stripectl.engine.steps import Step, Verb
from stripectl.engine.values import Ref
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import (
    D,
    adopting,
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
)

PRO = product(default_price=Ref("price.pro.monthly"))
EXPAND, SWITCH, CONTRACT = Phase.EXPAND, Phase.SWITCH, Phase.CONTRACT


def ordered(made: Plan) -> list[tuple[Phase, Verb, str]]:
    return [(each.phase, each.verb, each.address) for each in steps(made.changes, KINDS)]


def only(made: Plan) -> Step:
    (step,) = steps(made.changes, KINDS)
    return step


def test_a_first_plan_makes_things_before_what_refers_to_them() -> None:
    wanted = [code(), coupon(), product_feature(), feature(), price(), meter(), PRO]
    assert ordered(plan(wanted)) == [
        (EXPAND, Verb.CREATE, "product.pro"),
        (EXPAND, Verb.CREATE, "meter.calls"),
        (EXPAND, Verb.CREATE, "price.pro.monthly"),
        (EXPAND, Verb.CREATE, "feature.sso"),
        (EXPAND, Verb.CREATE, "product_feature.pro.sso"),
        (EXPAND, Verb.CREATE, "discount.launch"),
        (SWITCH, Verb.UPDATE, "product.pro"),
        (SWITCH, Verb.CREATE, "code.launch.LAUNCH"),
    ]


def test_steps_are_numbered_from_one_in_the_order_of_execution() -> None:
    made = steps(plan([PRO, price()]).changes, KINDS)
    assert [each.number for each in made] == [1, 2, 3]


def test_a_replaced_price_is_made_then_given_key_and_default_then_its_predecessor_archived() -> None:
    made = plan([PRO, price(unit_amount=D(950))], [held(PRO), held(price())])
    create, default, key, archive = steps(made.changes, KINDS)
    assert "lookup_key" not in create.fields
    # The default names an address, which is another object by then.
    assert (default.phase, default.address, default.fields) == (
        SWITCH,
        "product.pro",
        {"default_price": Ref("price.pro.monthly")},
    )
    assert (key.fields, key.transfer, key.object_id) == ({"lookup_key": "pro_monthly"}, ("lookup_key",), None)
    assert (archive.phase, archive.verb, archive.object_id) == (CONTRACT, Verb.REMOVE, "price_1")


def test_what_goes_is_removed_in_the_other_direction() -> None:
    wanted = [product(), price(), coupon(), code()]
    made = plan([], [held(wanted[0]), held(wanted[1]), held(wanted[2]), held(wanted[3], "promo_1")])
    assert ordered(made) == [
        (CONTRACT, Verb.REMOVE, "code.launch.LAUNCH"),
        (CONTRACT, Verb.REMOVE, "discount.launch"),
        (CONTRACT, Verb.REMOVE, "price.pro.monthly"),
        (CONTRACT, Verb.REMOVE, "product.pro"),
    ]


def test_a_promotion_code_predecessor_goes_right_before_its_successor() -> None:
    made = plan([coupon(), code(max_redemptions=5)], [held(coupon()), held(code(), "promo_1")])
    assert ordered(made) == [
        (SWITCH, Verb.REMOVE, "code.launch.LAUNCH"),
        (SWITCH, Verb.CREATE, "code.launch.LAUNCH"),
    ]


def test_a_meter_predecessor_goes_right_before_its_successor() -> None:
    made = plan([meter(aggregation="count")], [held(meter())], last=revision(meter()))
    assert ordered(made) == [(EXPAND, Verb.REMOVE, "meter.calls"), (EXPAND, Verb.CREATE, "meter.calls")]


def test_a_code_that_moves_to_another_discount_goes_before_it_comes() -> None:
    to = Resource("promotion_code", "code.other.launch", {"code": "launch", "coupon": Ref("discount.other")})
    made = plan(
        [coupon(), coupon("other"), to], [held(coupon()), held(coupon("other")), held(code(), "promo_1")]
    )
    assert ordered(made) == [
        (SWITCH, Verb.REMOVE, "code.launch.LAUNCH"),
        (SWITCH, Verb.CREATE, "code.other.launch"),
    ]


def test_a_price_that_comes_back_in_place_of_another_is_revived_before_that_is_archived() -> None:
    objects = [
        held(PRO, default_price="price_new"),
        held(price(), "price_old", active=False, lookup_key=None),
        held(price(unit_amount=D(1100)), "price_new"),
    ]
    assert ordered(plan([PRO, price()], objects)) == [
        (EXPAND, Verb.REVIVE, "price.pro.monthly"),
        (SWITCH, Verb.UPDATE, "product.pro"),
        (SWITCH, Verb.UPDATE, "price.pro.monthly"),
        (CONTRACT, Verb.REMOVE, "price.pro.monthly"),
    ]


def test_an_adopted_object_is_marked_before_anything_is_switched() -> None:
    made = plan([adopting(product(), "prod_x")], [held(product(name="By hand"), "prod_x", owner=None)])
    mark, rename = steps(made.changes, KINDS)
    assert (mark.phase, mark.mark, mark.fields) == (EXPAND, True, {})
    assert (rename.phase, rename.mark, rename.fields) == (SWITCH, False, {"name": "Pro"})


def test_a_released_object_is_only_unmarked() -> None:
    step = only(plan([], [held(product())], released=("product.pro",)))
    assert (step.phase, step.verb, step.unmark, step.fields) == (SWITCH, Verb.UPDATE, True, {})


def test_a_moved_object_is_marked_anew() -> None:
    moved = plan(
        [product("team", name="Pro")], [held(product(), "acme-team")], moved={"product.pro": "product.team"}
    )
    assert (only(moved).mark, only(moved).fields) == (True, {})


def test_an_update_writes_what_differs_and_none_to_clear() -> None:
    step = only(plan([product(unit_label="seat")], [held(product(description="Old"))]))
    assert step.fields == {"description": None, "unit_label": "seat"}
    assert step.before["description"] == "Old"


def test_of_metadata_only_the_keys_that_differ_are_written_and_dropped_ones_are_unset() -> None:
    before, after = product(metadata={"a": "1", "b": "2"}), product(metadata={"a": "1", "c": "3"})
    step = only(plan([after], [held(before)], last=revision(before)))
    assert step.fields == {"metadata": {"b": None, "c": "3"}}


def test_an_object_that_is_to_be_inactive_is_written_first_and_archived_last() -> None:
    made = plan([product(active=False, name="Old")], [held(product())])
    assert ordered(made) == [
        (SWITCH, Verb.UPDATE, "product.pro"),
        (CONTRACT, Verb.REMOVE, "product.pro"),
    ]


def test_two_prices_that_swap_their_lookup_keys_take_them_from_each_other() -> None:
    one, two = price("a"), price("b", unit_amount=D(1900))
    swapped = [price("a", lookup_key="pro_b"), price("b", lookup_key="pro_a", unit_amount=D(1900))]
    made = plan([product(), *swapped], [held(product()), held(one, "price_a"), held(two, "price_b")])
    assert [(each.fields, each.transfer) for each in steps(made.changes, KINDS)] == [
        ({"lookup_key": "pro_b"}, ("lookup_key",)),
        ({"lookup_key": "pro_a"}, ("lookup_key",)),
    ]
