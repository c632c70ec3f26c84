"""Which object bears which address: by mark, by identity, by record; and what is not ours to touch."""

from __future__ import annotations

from dataclasses import replace

from stripectl.engine.plan import Action, FieldChange
from tests.engine.builders import (
    D,
    actions,
    code,
    codes,
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

PRO = product()


def test_a_marked_object_is_ours_without_any_record() -> None:
    made = plan([PRO, price()], [held(PRO), held(price())])
    assert (actions(made), codes(made)) == ({}, [])


def test_an_archived_price_with_the_same_fields_is_reactivated() -> None:
    made = plan([PRO, price()], [held(PRO), held(price(), "price_old", active=False)])
    assert actions(made) == {"price.pro.monthly": "reactivate"}
    assert row(made, "price.pro.monthly").object_id == "price_old"


def test_an_archived_price_comes_back_in_the_place_of_the_one_in_force() -> None:
    objects = [
        held(PRO),
        held(price(), "price_old", active=False),
        held(price(unit_amount=D(1100)), "price_new"),
    ]
    found = row(plan([PRO, price()], objects), "price.pro.monthly")
    assert found.action is Action.REACTIVATE
    assert found.revives is not None
    assert found.before is not None
    assert (found.revives.object_id, found.before.object_id) == ("price_old", "price_new")


def test_an_archived_price_with_other_immutable_fields_stays_archived() -> None:
    objects = [held(PRO), held(price(), "price_old", active=False)]
    made = plan([PRO, price(unit_amount=D(950))], objects)
    assert actions(made) == {"price.pro.monthly": "create"}


def test_of_several_archived_prices_the_recorded_one_comes_back() -> None:
    objects = [
        held(PRO),
        held(price(), "price_a", active=False, created=1),
        held(price(), "price_b", active=False, created=9),
    ]
    last = revision(PRO, price(), ids={"product.pro": "acme-pro", "price.pro.monthly": "price_a"})
    assert row(plan([PRO, price()], objects, last=last), "price.pro.monthly").object_id == "price_a"
    assert row(plan([PRO, price()], objects), "price.pro.monthly").object_id == "price_b"


def test_of_several_archived_prices_a_rollback_has_the_one_of_its_revision_back() -> None:
    objects = [
        held(PRO),
        held(price(), "price_a", active=False, created=1),
        held(price(), "price_b", active=False, created=9),
    ]
    to = revision(PRO, price(), ids={"product.pro": "acme-pro", "price.pro.monthly": "price_a"})
    last = revision(PRO, price(), number=2, ids={"price.pro.monthly": "price_b"})
    made = plan([PRO, price()], objects, last=last, rollback_of=to)
    assert row(made, "price.pro.monthly").object_id == "price_a"


def test_a_price_in_use_that_fits_stays_in_force_beside_archived_ones() -> None:
    objects = [held(PRO), held(price(), "price_a", active=False, created=9), held(price(), "price_b")]
    last = revision(PRO, price(), ids={"price.pro.monthly": "price_a"})
    assert actions(plan([PRO, price()], objects, last=last)) == {}


def test_a_second_object_in_use_at_an_address_is_archived() -> None:
    objects = [held(PRO), held(price(), "price_1", created=2), held(price(), "price_2", created=1)]
    made = plan([PRO, price()], objects)
    (extra,) = made.effective
    assert (extra.action, extra.object_id) == (Action.ARCHIVE, "price_2")
    assert extra.notes == ("a second object in use at this address",)


def test_an_unmarked_object_of_another_name_is_a_stranger() -> None:
    made = plan([PRO], [held(PRO), held(price("other"), "price_x", owner=None)])
    assert (actions(made), codes(made)) == ({}, [])


def test_other_objects_of_another_catalog_are_left_alone() -> None:
    made = plan([PRO], [held(PRO), held(product("lite"), owner="globex")])
    assert (actions(made), codes(made)) == ({}, [])


def test_a_meter_without_a_mark_is_known_by_its_event_name() -> None:
    assert actions(plan([meter()], [held(meter())])) == {}


def test_a_meter_that_nobody_declares_or_recorded_is_not_ours() -> None:
    assert actions(plan([], [held(meter())])) == {}
    assert actions(plan([], [held(meter())], last=revision(meter()))) == {"meter.calls": "archive"}


def test_a_feature_of_a_product_is_known_by_the_pair() -> None:
    wanted = [PRO, feature(), product_feature()]
    objects = [held(PRO), held(feature()), held(product_feature(), "prodft_1")]
    assert actions(plan(wanted, objects)) == {}


def test_moved_addresses_keep_their_objects() -> None:
    before, after = price(), price("annual", lookup_key="pro_monthly")
    made = plan([PRO, after], [held(PRO), held(before)], moved={"price.pro.monthly": "price.pro.annual"})
    assert actions(made) == {"price.pro.annual": "update"}
    assert row(made, "price.pro.annual").changed == (
        FieldChange(("address",), "price.pro.monthly", "price.pro.annual"),
    )


def test_released_objects_lose_their_mark_and_nothing_else() -> None:
    made = plan([PRO], [held(PRO), held(price())], released=("price.pro.monthly",))
    found = row(made, "price.pro.monthly")
    assert (found.action, found.after) == (Action.UPDATE, None)
    assert found.changed == (FieldChange(("managed",), True, False),)


def test_a_replaced_coupon_gets_the_next_version_of_its_id() -> None:
    made = plan([coupon(percent_off=D(25))], [held(coupon())])
    assert (actions(made), row(made, "discount.launch").new_id) == (
        {"discount.launch": "replace"},
        "acme-launch-2",
    )
    again = plan([coupon(percent_off=D(30))], [held(coupon(percent_off=D(25)), "acme-launch-2")])
    assert row(again, "discount.launch").new_id == "acme-launch-3"


def test_a_versioned_coupon_is_still_the_one_of_its_address() -> None:
    assert actions(plan([coupon()], [held(coupon(), "acme-launch-2")])) == {}


def test_a_promotion_code_follows_its_coupon_to_a_successor() -> None:
    made = plan([coupon(percent_off=D(25)), code()], [held(coupon()), held(code(), "promo_1")])
    assert actions(made) == {"discount.launch": "replace", "code.launch.LAUNCH": "replace"}


def test_lookup_keys_that_two_prices_swap_are_transferred_both_ways() -> None:
    one, two = price("a"), price("b", unit_amount=D(1900))
    swapped = [price("a", lookup_key="pro_b"), price("b", lookup_key="pro_a", unit_amount=D(1900))]
    made = plan([PRO, *swapped], [held(PRO), held(one, "price_a"), held(two, "price_b")])
    assert actions(made) == {"price.pro.a": "update", "price.pro.b": "update"}
    assert [each.transfers for each in made.effective] == [("lookup_key",), ("lookup_key",)]


def test_a_successor_takes_the_lookup_key_of_its_predecessor() -> None:
    made = plan([PRO, price(unit_amount=D(950))], [held(PRO), held(price())])
    assert row(made, "price.pro.monthly").transfers == ("lookup_key",)


def test_a_meter_to_which_the_price_of_another_catalog_refers_stays_in_use() -> None:
    theirs = replace(held(price(recurring={"interval": "month", "meter": "mtr_1"}), "price_1"), owner="other")
    objects = [held(meter(), "mtr_1"), theirs]
    last = revision(meter(), ids={"meter.calls": "mtr_1"})
    assert actions(plan([], objects, last=last)) == {}
    assert actions(plan([], objects[:1], last=last)) == {"meter.calls": "archive"}


def test_a_rollback_takes_its_own_object_back_rather_than_change_the_one_in_use() -> None:
    wanted = price(nickname="Old")
    objects = [held(PRO), held(wanted, "price_a", active=False), held(price(), "price_b")]
    to = revision(PRO, wanted, ids={"product.pro": "acme-pro", "price.pro.monthly": "price_a"})
    made = plan([PRO, wanted], objects, rollback_of=to)
    assert row(made, "price.pro.monthly").object_id == "price_a"
    assert actions(made) == {"price.pro.monthly": "reactivate"}
