"""Nothing is ours that nobody gave to us; what is ours stays ours when its mark is wiped or copied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.diagnostics import Severity
from stripectl.engine.plan import Action, DriftChange, FieldChange
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref, Value
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


def unmarked(declared: Resource, object_id: str | None = None, **fields: object) -> Resource:
    return held(declared, object_id, owner=None, **fields)  # type: ignore[arg-type]


# In the way


@pytest.mark.parametrize(
    "there",
    [
        unmarked(PRO),
        unmarked(PRO, active=False),
        unmarked(coupon()),
        unmarked(feature(), name="Other"),
        unmarked(meter(), display_name="Other"),
        unmarked(meter(), active=False),
    ],
    ids=lambda there: f"{there.kind} {there.fields.get('active', True)}",
)
def test_an_unmarked_object_that_equals_ours_is_in_the_way(there: Resource) -> None:
    wanted = {"product": PRO, "coupon": coupon(), "feature": feature(), "meter": meter()}[there.kind]
    made = plan([wanted], [there])
    assert (actions(made), codes(made), made.blocked) == ({}, ["identity-taken"], True)
    (conflict,) = made.diagnostics
    assert f"{there.object_id}" in conflict.detail
    assert f"`id: {there.object_id}`" in conflict.hint


def test_an_unmarked_price_with_our_lookup_key_is_in_the_way_in_use_or_not() -> None:
    used = plan([PRO, price()], [held(PRO), unmarked(price(), "price_x")])
    archived = plan([PRO, price()], [held(PRO), unmarked(price(), "price_x", active=False)])
    for made in (used, archived):
        assert (actions(made), codes(made)) == ({}, ["identity-taken"])
    assert archived.diagnostics[0].detail == (
        "price price_x (out of use) has lookup key pro_monthly, and nobody gave it to stripectl."
    )


def test_what_is_in_the_way_and_cannot_become_ours_is_told_with_both_values_and_what_to_write() -> None:
    there = unmarked(price(unit_amount=D(500)), "price_x")
    (conflict,) = plan([PRO, price()], [held(PRO), there]).diagnostics
    assert "The account holds `amount: {eur: 5}`, the manifest says `amount: {eur: 9}`." in conflict.detail
    assert conflict.hint == ("write `id: price_x` and `amount: {eur: 5}`, or choose another lookup key")


def test_a_price_that_took_our_lookup_key_in_the_dashboard_is_told_with_both_ways_out() -> None:
    edited = unmarked(price(unit_amount=D(1200)), "price_new")
    ours = held(price(lookup_key=None), "price_1", active=False)
    made = plan([PRO, price()], [held(PRO), ours, edited], last=revision(PRO, price()))
    conflict = next(found for found in made.diagnostics if found.is_error)
    assert conflict.hint == (
        "write `id: price_new` and `amount: {eur: 12}`, or take the lookup key off price_new in Stripe:"
        " the next apply puts price_1 back"
    )


def test_a_price_that_was_edited_in_the_dashboard_and_kept_our_mark_gives_way_to_the_recorded_one() -> None:
    edited = held(price(unit_amount=D(1200)), "price_new", created=9)
    ours = held(price(lookup_key=None), "price_1", active=False)
    made = plan([PRO, price()], [held(PRO), ours, edited], last=revision(PRO, price()))
    back = row(made, "price.pro.monthly")
    assert (back.action, back.object_id, back.retires) == (Action.REACTIVATE, "price_1", "price_new")
    assert back.transfers == ("lookup_key",)


def test_an_archived_feature_or_code_of_somebody_else_stands_in_nobodys_way() -> None:
    assert actions(plan([feature()], [unmarked(feature(), active=False)])) == {"feature.sso": "create"}
    made = plan([coupon(), code()], [held(coupon()), unmarked(code(), "promo_x", active=False)])
    assert actions(made) == {"code.launch.LAUNCH": "create"}


def test_an_archived_feature_of_ours_leaves_its_key_free_for_a_new_one() -> None:
    assert actions(plan([feature()], [held(feature(), active=False)])) == {"feature.sso": "create"}


def test_an_object_of_another_catalog_is_a_conflict_that_names_its_address_there() -> None:
    made = plan([PRO], [held(PRO, owner="globex")])
    assert (codes(made), made.blocked) == (["owned-by-another-catalog"], True)
    assert "catalog globex manages at product.pro" in made.diagnostics[0].detail


# Used as it is


@pytest.mark.parametrize("wanted", [meter(), feature()], ids=lambda wanted: wanted.kind)
def test_a_shared_object_that_fits_is_used_and_never_changed(wanted: Resource) -> None:
    there = unmarked(wanted)
    made = plan([wanted], [there])
    assert (actions(made), codes(made), made.blocked) == ({}, ["used-as-it-is"], False)
    used = row(made, wanted.address)
    assert (used.used, used.object_id) == (True, there.object_id)
    last = replace(revision(wanted), used=frozenset({wanted.address}))
    assert actions(plan([], [there], last=last)) == {}
    assert plan([], [there], last=last).drift == ()


def test_a_feature_that_another_catalog_manages_is_used_where_it_fits() -> None:
    made = plan([feature()], [held(feature(), owner="globex")])
    assert (actions(made), codes(made)) == ({}, ["used-as-it-is"])


def test_a_product_grants_a_feature_that_is_used() -> None:
    made = plan([PRO, feature(), product_feature()], [held(PRO), unmarked(feature())])
    assert actions(made) == {"product_feature.pro.sso": "create"}


def test_a_meter_that_was_recorded_as_ours_is_changed_and_switched_off() -> None:
    last = revision(meter())
    assert actions(plan([meter(display_name="Other")], [held(meter())], last=last)) == {
        "meter.calls": "update"
    }
    assert actions(plan([], [held(meter())], last=last)) == {"meter.calls": "archive"}


def test_a_meter_is_recorded_by_its_id_and_another_one_with_its_event_is_in_the_way() -> None:
    ours = held(meter(), active=False)
    theirs = unmarked(meter(display_name="Other program"), "mtr_other")
    made = plan([meter()], [ours, theirs], last=revision(meter()))
    assert (actions(made), codes(made)) == ({}, ["identity-taken"])
    assert "mtr_other" in made.diagnostics[0].detail
    assert actions(plan([], [ours, theirs], last=revision(meter()))) == {}


@pytest.mark.parametrize("in_use", [True, False])
def test_a_meter_of_others_that_is_out_of_use_leaves_its_event_to_ours(in_use: bool) -> None:
    theirs = unmarked(meter(display_name="Other program"), "mtr_other", active=False)
    made = plan([meter()], [held(meter(), active=in_use), theirs], last=revision(meter()))
    assert (actions(made), codes(made)) == ({} if in_use else {"meter.calls": "reactivate"}, [])


def test_a_meter_that_a_price_of_ours_uses_is_not_ours_without_a_record() -> None:
    metered = price(recurring={"interval": "month", "meter": Ref("meter.calls")})
    there = [held(PRO), held(meter(), "mtr_1"), held(metered, "price_1")]
    assert actions(plan([PRO, meter(), metered], there)) == {}
    made = plan([PRO, meter(display_name="Other"), metered], there)
    assert (actions(made), codes(made)) == ({}, ["identity-taken"])


# Named by id


OTHERS = {
    "product": (PRO, unmarked(product(name="By hand"), "prod_hand")),
    "price": (price(), unmarked(price(lookup_key=None), "price_hand")),
    "coupon": (coupon(), unmarked(coupon(), "HAND")),
    "promotion_code": (code(), unmarked(code(), "promo_hand", active=False)),
    "feature": (feature(), unmarked(feature(lookup_key="sso"), "feat_hand")),
    "meter": (meter(), unmarked(meter(), "mtr_hand")),
}
SUPPORT = {"price": (PRO,), "promotion_code": (coupon(),)}


@pytest.mark.parametrize("kind", OTHERS)
def test_an_object_that_the_manifest_names_is_adopted(kind: str) -> None:
    wanted, there = OTHERS[kind]
    below = SUPPORT.get(kind, ())
    named = adopting(wanted, there.object_id or "")
    made = plan([*below, named], [*map(held, below), there])
    assert (actions(made), made.blocked) == ({wanted.address: "adopt"}, False)
    assert row(made, wanted.address).object_id == there.object_id


@pytest.mark.parametrize("kind", ["product", "price", "coupon", "promotion_code"])
def test_what_is_named_takes_the_address_over_and_its_predecessor_is_retired(kind: str) -> None:
    wanted, there = OTHERS[kind]
    below = SUPPORT.get(kind, ())
    ours = held(wanted, "promo_1" if kind == "promotion_code" else None)
    objects = [*map(held, below), ours, there]
    last = revision(*below, wanted, ids={wanted.address: ours.object_id or ""})
    made = plan([*below, adopting(wanted, there.object_id or "")], objects, last=last)
    adopted, retired = (change for change in made.effective if change.address == wanted.address)
    assert (adopted.action, adopted.object_id) == (Action.ADOPT, there.object_id)
    assert (retired.after, retired.retires) == (None, ours.object_id)
    assert not made.blocked


def test_a_meter_that_is_named_retires_the_meter_of_the_record() -> None:
    named = adopting(meter(event_name="calls2"), "mtr_hand")
    made = plan(
        [named], [held(meter()), unmarked(meter(event_name="calls2"), "mtr_hand")], last=revision(meter())
    )
    adopted, retired = made.effective
    assert [(change.action, change.object_id) for change in (adopted, retired)] == [
        (Action.ADOPT, "mtr_hand"),
        (Action.ARCHIVE, "mtr_1"),
    ]


def test_an_adoption_shows_every_field_that_will_differ() -> None:
    made = plan([adopting(PRO, "prod_hand")], [unmarked(product(name="By hand"), "prod_hand")])
    assert row(made, "product.pro").changed == (FieldChange(("name",), "By hand", "Pro"),)


def test_what_is_named_and_ours_already_changes_nothing() -> None:
    for wanted in (PRO, coupon(), feature()):
        ours = held(wanted, "X_1")
        assert actions(plan([adopting(wanted, "X_1")], [ours], last=revision(wanted))) == {}


@pytest.mark.parametrize("kind", OTHERS)
def test_an_id_that_the_account_does_not_hold_is_an_error_for_every_kind(kind: str) -> None:
    wanted, _ = OTHERS[kind]
    below = SUPPORT.get(kind, ())
    made = plan([*below, adopting(wanted, "mistyped")], [*map(held, below)])
    assert ([found.code for found in made.diagnostics if found.is_error]) == ["nothing-to-adopt"]
    assert "mistyped" in made.diagnostics[0].detail


def test_only_what_can_have_a_chosen_id_is_told_how_to_choose_it() -> None:
    (of_product,) = plan([adopting(PRO, "mistyped")], []).diagnostics
    (of_feature,) = plan([adopting(feature(), "mistyped")], []).diagnostics
    assert "`new_id: mistyped`" in of_product.hint
    assert "new_id" not in of_feature.hint


def test_an_adoption_that_cannot_fit_is_one_diagnostic_with_each_field_both_values_and_the_line() -> None:
    yearly = price(recurring={"interval": "year"}, tax_behavior="inclusive")
    there = unmarked(
        price(recurring={"interval": "month", "interval_count": 12}, tax_behavior="exclusive"), "price_x"
    )
    made = plan([PRO, adopting(yearly, "price_x")], [held(PRO), there])
    (conflict,) = made.diagnostics
    assert (conflict.code, conflict.address) == ("adoption-does-not-fit", "price.pro.monthly")
    assert conflict.detail == (
        "price.pro.monthly names price price_x."
        " The account holds `every: {months: 12}`, the manifest says `every: year`."
        " The account holds `tax_behavior: exclusive`, the manifest says `tax_behavior: inclusive`."
    )
    assert conflict.hint == (
        "write `every: {months: 12}` and `tax_behavior: exclusive`,"
        " or leave `id:` out and choose another lookup key: another object is made then"
    )


def test_another_base_currency_is_told_as_amounts_in_their_order() -> None:
    declared = price(currency="usd", unit_amount=D(2200), currency_options={"eur": {"unit_amount": D(2000)}})
    there = unmarked(
        price(currency="eur", unit_amount=D(2000), currency_options={"usd": {"unit_amount": D(2200)}}),
        "price_x",
    )
    (conflict,) = plan([PRO, adopting(declared, "price_x")], [held(PRO), there]).diagnostics
    assert (
        "The account holds the base currency eur, the manifest says the base currency usd." in conflict.detail
    )
    assert conflict.hint.startswith("write `amount: {eur: 20, usd: 22}`, or")


def test_an_object_of_ours_at_another_address_is_moved_and_not_adopted() -> None:
    other = product("lite")
    made = plan([adopting(PRO, "acme-lite"), other], [held(other)])
    assert "managed-elsewhere" in codes(made)
    assert actions(plan([PRO], [held(other, "acme-lite")], moved={"product.lite": "product.pro"})) == {
        "product.pro": "update"
    }


def test_two_addresses_cannot_name_one_object() -> None:
    made = plan([adopting(PRO, "prod_x"), adopting(product("lite"), "prod_x")], [unmarked(PRO, "prod_x")])
    assert "named-twice" in codes(made)


def test_an_id_that_another_address_names_is_not_chosen_for_a_new_object() -> None:
    lite = replace(product(), address="product.lite")
    named = replace(adopting(lite, PRO.object_id or ""), address="product.lite")
    made = plan([PRO, named], [unmarked(PRO)])
    assert actions(made) == {"product.lite": "adopt", "product.pro": "create"}
    assert row(made, "product.pro").new_id == f"{PRO.object_id}-2"


# A mark that was wiped


def test_an_object_whose_mark_was_wiped_is_found_by_its_record_and_marked_again() -> None:
    made = plan([PRO, price()], [held(PRO), unmarked(price(), "price_1")], last=revision(PRO, price()))
    again = row(made, "price.pro.monthly")
    assert (again.action, again.object_id) == (Action.UPDATE, "price_1")
    assert again.changed == (FieldChange(("managed",), False, True),)
    (drifted,) = made.drift
    assert (drifted.change, drifted.object_id) == (DriftChange.UNMARKED, "price_1")


@pytest.mark.parametrize("declared", [PRO, price(), coupon(), feature(), code()], ids=lambda each: each.kind)
def test_a_wiped_mark_is_written_again_while_the_manifest_names_the_object(declared: Resource) -> None:
    around = [each for each in (PRO, coupon()) if each.kind != declared.kind]
    named = adopting(declared, "by_hand")
    last = revision(*around, declared, ids={declared.address: "by_hand"})
    there = [*(held(each) for each in around), unmarked(declared, "by_hand")]
    again = row(plan([*around, named], there, last=last), declared.address)
    assert (again.action, again.object_id) == (Action.UPDATE, "by_hand")
    assert again.changed == (FieldChange(("managed",), False, True),)


def test_an_object_whose_mark_was_wiped_is_still_taken_out_of_use() -> None:
    made = plan([PRO], [held(PRO), unmarked(price(), "price_1")], last=revision(PRO, price()))
    assert actions(made) == {"price.pro.monthly": "archive"}


def test_an_object_that_another_catalog_marked_since_is_not_ours_any_more() -> None:
    theirs = replace(held(price(), "price_1"), owner="globex")
    last = revision(PRO, price())
    assert actions(plan([PRO], [held(PRO), theirs], last=last)) == {}
    made = plan([PRO, price()], [held(PRO), theirs], last=last)
    assert (actions(made), codes(made)) == ({}, ["owned-by-another-catalog"])


def test_what_was_let_go_stays_let_go() -> None:
    assert actions(plan([], [unmarked(PRO)], last=revision(coupon()))) == {}


# Copies of a mark


def test_a_copy_of_a_product_never_wins_over_the_original_without_a_record() -> None:
    original, copy = held(PRO, created=1), held(product(name="Pro (copy)"), "prod_copy", created=9)
    made = plan([PRO], [original, copy])
    assert (actions(made), codes(made), made.blocked) == ({}, ["copy-left-alone"], False)
    assert made.diagnostics[0].severity is Severity.WARNING
    assert "prod_copy" in made.diagnostics[0].detail


def test_a_recorded_id_tells_an_adopted_product_from_its_copy() -> None:
    wanted = adopting(PRO, "prod_hand")
    objects = [held(PRO, "prod_hand", created=1), held(PRO, "prod_copy", created=9)]
    last = revision(PRO, ids={"product.pro": "prod_hand"})
    assert row(plan([PRO], objects, last=last), "product.pro").object_id == "prod_hand"
    assert row(plan([wanted], objects), "product.pro").object_id == "prod_hand"


def test_where_nothing_tells_copies_apart_the_plan_is_blocked_and_names_them() -> None:
    objects = [held(PRO, "prod_a"), held(PRO, "prod_b")]
    made = plan([PRO], objects)
    assert (codes(made), made.blocked) == (["several-bear-one-mark"], True)
    assert "prod_a, prod_b" in made.diagnostics[0].detail


def test_an_archived_original_beside_a_copy_in_use_blocks_without_a_record() -> None:
    made = plan([PRO], [held(PRO, active=False), held(PRO, "prod_copy")])
    assert (codes(made), made.blocked) == (["several-bear-one-mark"], True)


def test_prices_of_a_copied_product_are_copies_too() -> None:
    copied = replace(
        held(price(lookup_key=None), "price_copy"), fields={**held(price()).fields, "product": "prod_copy"}
    )
    copied = replace(copied, fields={**copied.fields, "lookup_key": None})
    made = plan([PRO, price()], [held(PRO), held(price(), "price_1"), held(PRO, "prod_copy"), copied])
    assert (actions(made), codes(made)) == ({}, ["copy-left-alone", "copy-left-alone"])


def test_of_two_prices_with_one_mark_the_lookup_key_says_which_is_meant() -> None:
    keyed, other = held(price(), "price_1", created=1), held(price(lookup_key=None), "price_2", created=9)
    made = plan([PRO, price()], [held(PRO), keyed, other])
    (extra,) = made.effective
    assert (extra.action, extra.object_id) == (Action.ARCHIVE, "price_2")


def test_two_prices_with_one_mark_and_no_key_block() -> None:
    one, other = (held(price(lookup_key=None), name) for name in ("price_1", "price_2"))
    assert "several-bear-one-mark" in codes(plan([PRO, price()], [held(PRO), one, other]))


def test_a_protected_object_is_not_retired_by_an_id_either() -> None:
    named = replace(adopting(coupon(), "HAND"), protect=True)
    made = plan([named], [held(coupon()), unmarked(coupon(), "HAND")], last=revision(coupon()))
    assert "protected" in codes(made)


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "state lost"])
def test_a_copied_price_gives_the_lookup_key_back_and_stays_as_it_is(recorded: bool) -> None:
    bare, keyed = held(price(), "price_1"), held(price(), "price_copy", created=9)
    original = replace(bare, fields={**bare.fields, "lookup_key": None})
    copy = replace(keyed, fields={**keyed.fields, "product": "prod_copy"})
    state = {"last": revision(PRO, price()), "known": frozenset({"acme-pro", "price_1"})} if recorded else {}
    made = plan([PRO, price()], [held(PRO), original, held(PRO, "prod_copy"), copy], **state)  # type: ignore[arg-type]
    (back,) = made.effective
    assert (back.action, back.object_id, back.transfers) == (Action.UPDATE, "price_1", ("lookup_key",))
    assert codes(made) == ["copy-left-alone", "copy-left-alone"]


def test_a_copy_that_no_record_knows_stays_when_its_original_is_removed() -> None:
    for copy in (held(PRO, "prod_copy"), held(coupon(), "COPY"), held(price(lookup_key=None), "price_copy")):
        made = plan(
            [feature()], [held(feature()), copy], last=revision(feature()), known=frozenset({"feat_1"})
        )
        assert (actions(made), codes(made)) == ({}, ["copy-left-alone"])


def test_a_copy_of_a_price_on_the_same_product_stays_beside_its_original() -> None:
    objects = [held(PRO), held(price(), "price_1"), held(price(lookup_key=None), "price_copy", created=9)]
    made = plan(
        [PRO, price()], objects, last=revision(PRO, price()), known=frozenset({"acme-pro", "price_1"})
    )
    assert (actions(made), codes(made)) == ({}, ["copy-left-alone"])


def test_an_earlier_price_that_somebody_brought_back_is_archived_again() -> None:
    objects = [held(PRO), held(price(), "price_1"), held(price(lookup_key=None), "price_0")]
    known = frozenset({"acme-pro", "price_1", "price_0"})
    made = plan([PRO, price()], objects, last=revision(PRO, price()), known=known)
    assert [(change.action, change.object_id) for change in made.effective] == [(Action.ARCHIVE, "price_0")]


def test_a_coupon_made_again_by_hand_under_our_id_is_not_ours() -> None:
    remade = unmarked(coupon(percent_off=D(50)))
    assert actions(plan([], [remade], last=revision(coupon()))) == {}
    made = plan([coupon()], [remade], last=revision(coupon()))
    assert (actions(made), codes(made)) == ({}, ["identity-taken"])


def test_half_a_mark_is_drift_and_is_written_again() -> None:
    half = replace(held(price(), "price_1"), address="")
    made = plan([PRO, price()], [held(PRO), half], last=revision(PRO, price()))
    assert (actions(made), [drifted.change for drifted in made.drift]) == (
        {"price.pro.monthly": "update"},
        [DriftChange.UNMARKED],
    )
    assert actions(plan([PRO, price()], [held(PRO), half])) == {"price.pro.monthly": "update"}


def test_a_rollback_takes_back_what_was_let_go() -> None:
    to = revision(PRO, price())
    made = plan([PRO, price()], [held(PRO), unmarked(price(), "price_1")], last=revision(PRO), rollback_of=to)
    assert (actions(made), made.blocked) == ({"price.pro.monthly": "adopt"}, False)


def test_a_feature_key_that_somebody_took_since_is_used_or_in_the_way() -> None:
    ours = held(feature(), active=False)
    fits, differs = unmarked(feature(), "feat_2"), unmarked(feature(name="Other"), "feat_2")
    assert codes(plan([feature()], [ours, fits])) == ["used-as-it-is"]
    assert codes(plan([feature()], [ours, differs])) == ["identity-taken"]


def test_an_archived_feature_cannot_be_adopted() -> None:
    made = plan([adopting(feature(), "feat_2")], [unmarked(feature(), "feat_2", active=False)])
    assert "adoption-does-not-fit" in codes(made)


def test_what_has_an_end_at_a_time_of_day_is_adopted_by_leaving_that_to_stripe() -> None:
    there = unmarked(coupon(redeem_by=1_830_297_599), "HAND")
    (conflict,) = plan([adopting(coupon(redeem_by=1_830_211_200), "HAND")], [there]).diagnostics
    assert "an end at 2027-12-31 23:59:59 UTC" in conflict.detail
    assert "write `ignore: [redeem_by]`" in conflict.hint


def test_tiers_are_spelled_in_every_currency() -> None:
    tiers: tuple[Value, ...] = ({"up_to": 10, "unit_amount": D(500)}, {"up_to": None, "unit_amount": D(400)})
    usd: tuple[Value, ...] = ({"up_to": 10, "unit_amount": D(600)}, {"up_to": None, "unit_amount": D(450)})
    shape = {"unit_amount": None, "billing_scheme": "tiered", "tiers_mode": "graduated"}
    there = unmarked(price(**shape, tiers=tiers, currency_options={"usd": {"tiers": usd}}), "price_x")
    (conflict,) = plan(
        [PRO, adopting(price(**shape, tiers=tiers), "price_x")], [held(PRO), there]
    ).diagnostics
    assert conflict.hint.startswith(
        "write `charge: graduated, tiers: [{up_to: 10, amount: {eur: 5, usd: 6}},"
        " {up_to: inf, amount: {eur: 4, usd: 4.5}}]`"
    )


def test_a_rollback_uses_again_what_its_revision_only_used() -> None:
    to = replace(revision(feature()), used=frozenset({"feature.sso"}))
    made = plan([feature()], [unmarked(feature())], last=revision(PRO), rollback_of=to)
    assert (actions(made), codes(made)) == ({}, ["used-as-it-is"])
