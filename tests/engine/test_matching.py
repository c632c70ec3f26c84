"""Which object bears which address: by mark, by identity, by record; and what is not ours to touch."""

from __future__ import annotations

from dataclasses import replace

from stripectl.diagnostics import Severity
from stripectl.engine.plan import Action, FieldChange
from stripectl.engine.values import Ref
from tests.engine.builders import (
    D,
    actions,
    adopting,
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


def test_an_unmarked_object_that_fits_is_adopted() -> None:
    made = plan([PRO, price()], [held(PRO), held(price(), "price_x", owner=None)])
    assert actions(made) == {"price.pro.monthly": "adopt"}
    assert row(made, "price.pro.monthly").object_id == "price_x"


def test_an_unmarked_object_that_differs_in_what_cannot_change_is_in_the_way() -> None:
    objects = [held(PRO), held(price(unit_amount=D(5)), "price_x", owner=None)]
    made = plan([PRO, price()], objects)
    assert (codes(made), made.blocked) == (["identity-taken"], True)
    assert "price_x already has lookup_key pro_monthly" in made.diagnostics[0].detail


def test_an_archived_unmarked_product_under_our_id_is_adopted_and_brought_back() -> None:
    made = plan([PRO], [held(PRO, owner=None, active=False)])
    assert actions(made) == {"product.pro": "adopt"}


def test_an_unmarked_object_of_another_name_is_a_stranger() -> None:
    made = plan([PRO], [held(PRO), held(price("other"), "price_x", owner=None)])
    assert (actions(made), codes(made)) == ({}, [])


def test_an_object_named_by_id_is_adopted_whatever_its_name_is() -> None:
    made = plan([adopting(PRO, "prod_hand")], [held(product(name="By hand"), "prod_hand", owner=None)])
    assert actions(made) == {"product.pro": "adopt"}
    assert row(made, "product.pro").changed == (FieldChange(("name",), "By hand", "Pro"),)


def test_an_object_of_another_catalog_is_a_conflict() -> None:
    made = plan([PRO], [held(PRO, owner="globex")])
    assert (codes(made), made.blocked) == (["owned-by-another-catalog"], True)
    assert "product.pro of catalog globex" in made.diagnostics[0].detail


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


def test_a_feature_archived_for_good_cannot_be_declared_again() -> None:
    made = plan([feature()], [held(feature(), active=False)])
    assert (codes(made), made.blocked) == (["archived-for-good"], True)


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


def test_a_meter_in_use_that_nobody_recorded_is_shared_as_it_is_but_not_changed() -> None:
    same = plan([meter()], [held(meter(), "mtr_1")])
    assert (actions(same), same.blocked) == ({}, False)
    other = plan([meter(display_name="Other")], [held(meter(), "mtr_1")])
    assert [each.code for each in other.diagnostics] == ["perhaps-of-another"]


def test_a_meter_to_which_a_marked_price_refers_is_ours_without_a_record() -> None:
    metered = price(recurring={"interval": "month", "meter": Ref("meter.calls")})
    real = held(price(recurring={"interval": "month", "meter": "mtr_1"}), "price_1")
    made = plan([PRO, meter(display_name="Other"), metered], [held(PRO), held(meter(), "mtr_1"), real])
    assert (actions(made), made.blocked) == ({"meter.calls": "update"}, False)


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


IRREVERSIBLE = frozenset({"irreversible"})


def test_a_rollback_goes_on_without_what_is_archived_for_good_where_that_is_allowed() -> None:
    grant = product_feature()
    ids = {"product.pro": "acme-pro", "feature.sso": "feat_1", grant.address: "pf_1"}
    to = revision(PRO, feature(), grant, ids=ids)
    objects = [held(PRO), held(feature(), "feat_1", active=False)]
    blocked = plan([PRO, feature(), grant], objects, last=revision(PRO), rollback_of=to, allow=frozenset())
    assert (codes(blocked), blocked.blocked) == (["archived-for-good"], True)
    made = plan([PRO, feature(), grant], objects, last=revision(PRO), rollback_of=to, allow=IRREVERSIBLE)
    assert (actions(made), made.blocked, list(made.desired.resources)) == ({}, False, ["product.pro"])
    (told,) = made.diagnostics
    assert (told.severity, told.code) == (Severity.WARNING, "archived-for-good")
    assert "A rollback leaves it out, with what needs it. Let through by --allow irreversible." in told.detail


def test_a_rollback_leaves_what_took_the_address_of_something_archived_for_good() -> None:
    old, new = feature(lookup_key="old"), feature(lookup_key="new")
    objects = [held(old, "feat_1", active=False), held(new, "feat_2")]
    made = plan([old], objects, last=revision(new), rollback_of=revision(old), allow=IRREVERSIBLE)
    assert (actions(made), made.blocked) == ({}, False)
    assert made.desired.resources["feature.sso"].fields["lookup_key"] == "new"
    assert "A rollback leaves what has its address now." in made.diagnostics[0].detail


def test_a_feature_archived_for_good_blocks_the_way_back_to_its_lookup_key() -> None:
    old, new = feature(lookup_key="old"), feature(lookup_key="new")
    made = plan([old], [held(old, "feat_1", active=False), held(new, "feat_2")])
    assert "archived-for-good" in [each.code for each in made.diagnostics]
