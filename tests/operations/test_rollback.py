"""Back to a revision, addresses and all; and what is kept apart from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.diagnostics import InvalidInput
from stripectl.engine.plan import Audience, Pointer, Restores, Undo
from stripectl.engine.serial import plan_digest
from stripectl.operations.drift import drift
from stripectl.pricing.model import Catalog, Discount, Lifecycle, Moved, Product, Removed
from stripectl.review.reading import review
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, actions

FIRST = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
SECOND = catalog(Product("pro", "Pro", default_price="monthly"), monthly(amount={"eur": D(10)}))


DISCOUNTED = catalog(
    Product("pro", "Pro", default_price="monthly"), monthly(), Discount("launch", percent_off=D(20))
)


def apply(bench: Workbench, clock: Clock, *every: Catalog) -> None:
    for each in every:
        bench.apply(each)
        clock.advance(60)


def test_a_rollback_brings_the_original_price_back_with_its_lookup_key(
    bench: Workbench, clock: Clock
) -> None:
    apply(bench, clock, FIRST, SECOND)
    original, successor = (bench.revisions.get(n).ids["price.pro.monthly"] for n in (1, 2))
    done = bench.roll_back(1)
    assert done.revision is not None
    assert (done.revision.number, done.revision.rollback_of) == (3, 1)
    prices = bench.client.v1.prices
    assert (prices.retrieve(original).active, prices.retrieve(original).lookup_key) == (True, "pro_monthly")
    assert (prices.retrieve(successor).active, prices.retrieve(successor).lookup_key) == (False, None)


def test_the_next_plan_says_that_it_would_redo_what_was_undone(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, FIRST, SECOND)
    bench.roll_back(1)
    made = bench.plan(SECOND)
    (warning,) = made.diagnostics
    assert (warning.code, warning.severity.value) == ("redoes-rollback", "warning")
    assert warning.detail == (
        "Revision 3 rolled back to revision 1. As in revision 2 again would be: price.pro.monthly."
    )
    assert bench.plan(FIRST).diagnostics == ()


def test_what_no_rollback_undid_is_not_said_to_be_redone(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, FIRST, SECOND)
    bench.roll_back(1)
    other = catalog(Product("pro", "Pro, renamed", default_price="monthly"), monthly())
    assert bench.plan(other).diagnostics == ()
    both = catalog(Product("pro", "Pro, renamed", default_price="monthly"), monthly(amount={"eur": D(10)}))
    assert [each.code for each in bench.plan(both).diagnostics] == ["redoes-rollback"]


def test_a_rollback_to_the_state_in_force_has_nothing_to_do(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, FIRST)
    assert actions(bench.plan_rollback(1)) == {}


def test_a_rollback_can_be_rolled_back(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, FIRST, SECOND)
    bench.roll_back(1)
    clock.advance(60)
    bench.roll_back(2)
    assert bench.recorded.ids == bench.revisions.get(2).ids


def test_a_rollback_to_an_unknown_revision_names_the_known_ones(bench: Workbench) -> None:
    bench.apply(FIRST)
    with pytest.raises(InvalidInput) as refused:
        bench.plan_rollback(2)
    assert refused.value.diagnostics[0].detail == "Revision 2 was asked for; recorded are: 1."


def test_a_rollback_undoes_what_was_done_by_hand_as_well(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, FIRST)
    bench.client.v1.products.update("acme-pro", {"name": "By hand"})
    bench.roll_back(1)
    assert bench.client.v1.products.retrieve("acme-pro").name == "Pro"


def test_a_rollback_gives_renamed_addresses_their_old_names(bench: Workbench, clock: Clock) -> None:
    moved = catalog(Product("pro", "Pro"), monthly("main", lookup_key="pro_monthly"))
    moved = replace(moved, moved=(Moved("price.pro.monthly", "price.pro.main"),))
    apply(bench, clock, catalog(monthly()), moved)
    original = bench.revisions.get(1).ids["price.pro.monthly"]
    assert bench.recorded.ids["price.pro.main"] == original
    bench.roll_back(1)
    assert bench.recorded.ids["price.pro.monthly"] == original
    assert bench.held("price") == {original: "price.pro.monthly"}


def test_what_was_let_go_stays_as_it_is_and_is_not_touched_again(bench: Workbench, clock: Clock) -> None:
    alone = replace(catalog(), removed=(Removed("price.pro.monthly", keep=True),))
    apply(bench, clock, catalog(monthly()))
    price = bench.recorded.ids["price.pro.monthly"]
    apply(bench, clock, alone)
    assert bench.client.v1.prices.retrieve(price).active is True
    assert bench.client.v1.prices.retrieve(price).metadata.to_dict() == {}
    made = bench.plan(catalog())
    assert (actions(made), made.drift) == ({}, ())


def test_an_adopted_object_keeps_its_id_and_gets_the_mark(bench: Workbench, clock: Clock) -> None:
    bench.client.v1.products.create({"id": "prod_hand", "name": "By hand"})
    wanted = catalog(Product("found", "Found", lifecycle=Lifecycle(id="prod_hand")))
    made = bench.plan(wanted)
    assert actions(made)["product.found"] == "adopt"
    bench.carry_out(made)
    assert bench.held("product")["prod_hand"] == "product.found"
    assert actions(bench.plan(wanted)) == {}


def test_drift_only_reads_and_needs_a_record(bench: Workbench, clock: Clock) -> None:
    assert (drift(bench.session()).rows, bench.log.requests) == ((), [])
    apply(bench, clock, FIRST)
    bench.client.v1.products.update("acme-pro", {"name": "By hand"})
    bench.log.requests.clear()
    found = drift(bench.session())
    assert [(row.address, row.change.value) for row in found.rows] == [("product.pro", "modified")]
    assert (found.number, bench.log.writes) == (1, [])


def test_a_plan_says_how_many_subscriptions_stay_on_the_price_that_goes(bench: Workbench) -> None:
    bench.apply(FIRST)
    price = bench.recorded.ids["price.pro.monthly"]
    for _ in range(3):
        customer = bench.client.v1.customers.create()
        bench.client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
    rows = {row.address: row.audience for row in bench.plan(SECOND).changes}
    assert rows == {"product.pro": None, "price.pro.monthly": Audience(3, monthly={"eur": D(2700)})}


def test_a_plan_says_who_stays_on_the_default_price_of_a_product_that_goes(bench: Workbench) -> None:
    bench.apply(FIRST)
    price = bench.recorded.ids["price.pro.monthly"]
    customer = bench.client.v1.customers.create()
    bench.client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
    made = bench.plan(catalog(Product("pro", "Pro", default_price="monthly", active=False), monthly()))
    held = {row.address: row.audience for row in made.changes if row.audience}
    assert held == {"price.pro.monthly": Audience(1, monthly={"eur": D(900)})}
    assert review(made).staying.keys() == {"product.pro"}


def test_the_count_of_subscriptions_is_no_part_of_the_digest(bench: Workbench) -> None:
    bench.apply(FIRST)
    before = plan_digest(bench.plan(SECOND))
    customer = bench.client.v1.customers.create()
    bench.client.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": bench.recorded.ids["price.pro.monthly"]}]}
    )
    assert plan_digest(bench.plan(SECOND)) == before


def test_a_plan_says_what_still_leads_to_the_price_that_goes(bench: Workbench) -> None:
    bench.apply(FIRST)
    sold = bench.client.v1.payment_links.create(
        {"line_items": [{"price": bench.recorded.ids["price.pro.monthly"], "quantity": 1}]}
    )
    digest = plan_digest(bench.plan(SECOND))
    rows = {row.address: row for row in bench.plan(SECOND).changes}
    assert {address: row.pointers for address, row in rows.items()} == {
        "product.pro": (),
        "price.pro.monthly": (Pointer("payment_link", sold.id, sold.url, stops=True),),
    }
    assert rows["price.pro.monthly"].undo == Undo(
        Restores.APPROXIMATELY, ("payment links that stop may not come back by themselves",)
    )
    bench.client.v1.payment_links.update(sold.id, {"active": False})
    again = bench.plan(SECOND)
    assert all(row.pointers == () and row.undo == Undo() for row in again.changes)
    assert plan_digest(again) == digest


def test_nothing_is_asked_about_links_where_nothing_goes(bench: Workbench) -> None:
    bench.plan(FIRST)
    assert not any("payment_links" in path for _, path in bench.log.requests)


def test_codes_that_others_made_for_a_coupon_that_goes_are_told(bench: Workbench) -> None:
    bench.apply(DISCOUNTED)
    coupon = bench.recorded.ids["discount.launch"]
    made = bench.client.v1.promotion_codes.create(
        {"code": "BYHAND", "promotion": {"type": "coupon", "coupon": coupon}}
    )
    rows = {row.address: row.pointers for row in bench.plan(FIRST).changes}
    assert rows["discount.launch"] == (Pointer("promotion_code", made.id, "BYHAND", stops=True),)


def test_a_record_without_its_account_is_found_by_the_marks_alone(bench: Workbench) -> None:
    bench.apply(FIRST)
    stateless = Workbench(bench.folder.parent / "elsewhere", bench.account, bench.clock)
    made = stateless.plan(FIRST)
    assert (actions(made), made.base.revision) == ({}, 0)


def test_two_catalogs_on_one_account_leave_each_other_alone(bench: Workbench, clock: Clock) -> None:
    other = Workbench(bench.folder.parent / "globex", bench.account, clock, catalog="globex")
    bench.apply(FIRST)
    elsewhere = catalog(Product("pro", "Globex Pro"), name="globex")
    other.apply(elsewhere)
    assert actions(bench.plan(FIRST)) == {}
    assert actions(other.plan(elsewhere)) == {}
    assert bench.held("product") == {"acme-pro": "product.pro"}


def test_a_price_that_was_renamed_and_raised_goes_back_to_its_name_and_amount(
    bench: Workbench, clock: Clock
) -> None:
    product = Product("pro", "Pro", default_price="each-month")
    other = catalog(product, monthly(id="each-month", amount={"eur": D(12)}))
    other = replace(other, moved=(Moved("price.pro.monthly", "price.pro.each-month"),))
    apply(bench, clock, FIRST, SECOND, other)
    original = bench.revisions.get(1).ids["price.pro.monthly"]
    made = bench.plan_rollback(1)
    assert actions(made) == {"product.pro": "update", "price.pro.monthly": "reactivate"}
    assert made.moved == {"price.pro.each-month": "price.pro.monthly"}
    bench.carry_out(made)
    assert bench.recorded.ids["price.pro.monthly"] == original
    assert bench.recorded.moved == {"price.pro.each-month": "price.pro.monthly"}
    assert actions(bench.plan_rollback(1)) == {}
