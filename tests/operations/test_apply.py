"""Applying a plan: it brings the account to what is declared, once, and records it."""

from __future__ import annotations

import pytest

from stripectl.diagnostics import Blocked, StalePlan
from stripectl.engine.plan import Action
from stripectl.pricing.model import Aggregation, Charge, Code, Discount, Feature, Meter, Price, Product
from tests.stripe.builders import CALLS, EVERYTHING, D, catalog, monthly
from tests.workbench import Clock, Workbench, actions

BEFORE = catalog(
    Product("pro", "Pro", default_price="monthly"),
    monthly(),
    monthly("calls", charge=Charge.PER_UNIT, meter="calls"),
    CALLS,
    Discount("launch", percent_off=D(20), codes=(Code("LAUNCH", "launch"),)),
)


def test_a_plan_after_an_apply_is_empty(bench: Workbench) -> None:
    bench.apply(EVERYTHING)
    made = bench.plan(EVERYTHING)
    assert (actions(made), made.drift, made.diagnostics) == ({}, (), ())


def test_applying_twice_has_nothing_to_do_and_records_nothing(bench: Workbench) -> None:
    bench.apply(EVERYTHING)
    again = bench.apply(EVERYTHING)
    assert (again.revision, again.steps, len(bench.revisions.all())) == (None, 0, 1)


def test_a_plan_without_changes_sends_list_pages_only_however_many_objects_there_are(
    bench: Workbench,
) -> None:
    many = catalog(*(monthly(f"p{number}") for number in range(120)))
    bench.apply(many)
    bench.log.requests.clear()
    bench.plan(many)
    # The account was asked for by the apply.
    assert sorted((method, path.partition("?")[0]) for method, path in bench.log.requests) == [
        ("get", "/v1/billing/meters"),
        ("get", "/v1/coupons"),
        ("get", "/v1/entitlements/features"),
        ("get", "/v1/entitlements/features"),
        ("get", "/v1/prices"),
        ("get", "/v1/prices"),
        ("get", "/v1/prices"),
        ("get", "/v1/products"),
        ("get", "/v1/promotion_codes"),
    ]


def test_a_replaced_price_hands_its_lookup_key_over_before_it_is_archived(bench: Workbench) -> None:
    bench.apply(BEFORE)
    (old,) = bench.client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
    bench.log.requests.clear()
    bench.apply(catalog(*_but(monthly(amount={"eur": D("9.5")}))))
    (new,) = bench.client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
    assert (new.unit_amount, new.active, new.id == old.id) == (950, True, False)
    assert bench.log.writes == [
        ("post", "/v1/prices"),
        ("post", "/v1/products/acme-pro"),
        ("post", f"/v1/prices/{new.id}"),
        ("post", f"/v1/prices/{old.id}"),
    ]
    assert bench.client.v1.prices.retrieve(old.id).active is False
    assert bench.client.v1.products.retrieve("acme-pro").default_price == new.id


def test_a_price_that_comes_back_is_the_original_object(bench: Workbench, clock: Clock) -> None:
    bench.apply(BEFORE)
    original = bench.recorded.ids["price.pro.monthly"]
    clock.advance(60)
    bench.apply(catalog(*_but(monthly(amount={"eur": D("9.5")}))))
    clock.advance(60)
    made = bench.plan(BEFORE)
    assert actions(made) == {"price.pro.monthly": "reactivate", "product.pro": "update"}
    bench.carry_out(made)
    price = bench.client.v1.prices.retrieve(original)
    assert (price.active, price.lookup_key) == (True, "pro_monthly")


def test_a_promotion_code_is_taken_from_its_old_bearer_right_before_the_new_one_is_made(
    bench: Workbench,
) -> None:
    bench.apply(BEFORE)
    old = bench.recorded.ids["code.launch.LAUNCH"]
    bench.log.requests.clear()
    bench.apply(catalog(*_but(Discount("launch", percent_off=D(25), codes=(Code("LAUNCH", "launch"),)))))
    assert bench.log.writes == [
        ("post", "/v1/coupons"),
        ("post", f"/v1/promotion_codes/{old}"),
        ("post", "/v1/promotion_codes"),
        ("delete", "/v1/coupons/acme-launch"),
    ]
    assert bench.held("coupon") == {"acme-launch-2": "discount.launch"}


def test_a_replaced_meter_takes_its_price_along(bench: Workbench) -> None:
    bench.apply(BEFORE)
    made = bench.plan(catalog(*_but(Meter("calls", "API calls", "api_calls", Aggregation.COUNT))))
    assert actions(made) == {"meter.calls": "replace", "price.pro.calls": "replace"}
    bench.carry_out(made)
    meter, price = (bench.recorded.ids[each] for each in ("meter.calls", "price.pro.calls"))
    assert bench.client.v1.prices.retrieve(price).recurring.meter == meter  # type: ignore[union-attr]
    assert bench.client.v1.billing.meters.retrieve(meter).default_aggregation.formula == "count"


def test_what_leaves_the_catalog_is_archived_deleted_or_detached(bench: Workbench) -> None:
    sso = Feature("sso", "Single sign-on")
    bench.apply(
        catalog(
            Product("pro", "Pro", features=("sso",)),
            sso,
            monthly(),
            Discount("launch", percent_off=D(20), codes=(Code("LAUNCH", "launch"),)),
        )
    )
    made = bench.plan(catalog(Product("pro", "Pro"), sso))
    assert actions(made) == {
        "price.pro.monthly": "archive",
        "product_feature.pro.sso": "delete",
        "discount.launch": "delete",
        "code.launch.LAUNCH": "archive",
    }
    bench.carry_out(made)
    assert bench.client.v1.products.features.list("acme-pro").data == []
    assert bench.client.v1.coupons.list().data == []
    assert bench.held("price", active=True) == {}


def test_a_blocked_plan_is_not_carried_out(bench: Workbench) -> None:
    bench.apply(BEFORE)
    made = bench.plan(
        catalog(*_but(Meter("calls", "API calls", "calls", Aggregation.COUNT))), allow=frozenset()
    )
    bench.log.requests.clear()
    with pytest.raises(Blocked) as refused:
        bench.carry_out(made)
    assert [each.code for each in refused.value.diagnostics] == ["irreversible"]
    assert bench.log.requests == []


def test_a_plan_is_used_once(bench: Workbench) -> None:
    made = bench.plan(BEFORE)
    bench.carry_out(made)
    with pytest.raises(StalePlan) as refused:
        bench.carry_out(made)
    (problem,) = refused.value.diagnostics
    assert problem.code == "stale-revision"
    assert problem.detail == (
        "The plan was made after revision 0; the last revision is 1 now. A plan is used once."
    )


def test_a_revision_says_what_was_done_when_and_by_whom(bench: Workbench) -> None:
    bench.apply(catalog(monthly()))
    revision = bench.recorded
    assert revision.number == 1
    assert revision.by == "tester"
    assert revision.created_at == "2026-09-21T14:13:20+00:00"
    assert revision.changes == {"create": 2, "exact": 2}
    assert revision.ids["product.pro"] == "acme-pro"
    assert set(revision.ids) == {"product.pro", "price.pro.monthly"}


def test_every_action_occurs_in_the_plan_that_faults_are_tried_on(bench: Workbench, clock: Clock) -> None:
    from tests.fault.catalogs import prepare

    made = bench.plan(prepare(bench, clock.advance))
    assert {row.action for row in made.changes} == set(Action)


def _but(*changed: Discount | Meter | Price | Product) -> list[Discount | Meter | Price | Product]:
    """What `BEFORE` declares, with these in place of their likes."""
    declared: dict[str, Discount | Meter | Price | Product] = {
        each.address: each
        for each in BEFORE.artifacts()
        if isinstance(each, Discount | Meter | Price | Product)
    }
    return list((declared | {each.address: each for each in changed}).values())
