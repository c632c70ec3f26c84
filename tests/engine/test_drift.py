"""Drift: the account against the record, whatever the manifests say."""

from __future__ import annotations

from stripectl.engine.drift import drift
from stripectl.engine.plan import Drift, DriftChange, FieldDrift, Revision
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import D, coupon, held, ignoring, meter, plan, price, product, revision

PRO = product(metadata={"team": "core"})


def found(last: Revision, *objects: Resource) -> tuple[Drift, ...]:
    return drift(last, objects, KINDS)


def test_what_is_as_recorded_is_no_drift() -> None:
    default = product(default_price=Ref("price.pro.monthly"))
    assert found(revision(default, price(), meter()), held(default), held(price()), held(meter())) == ()


def test_a_modified_object_is_told_field_by_field_with_both_values() -> None:
    assert found(revision(PRO), held(PRO, name="By hand", description="Typed in")) == (
        Drift(
            "product.pro",
            "product",
            "acme-pro",
            DriftChange.MODIFIED,
            (
                FieldDrift(("name",), "Pro", "By hand"),
                FieldDrift(("description",), None, "Typed in"),
            ),
        ),
    )


def test_an_archived_object_is_told_as_such() -> None:
    (row,) = found(revision(PRO, price()), held(PRO), held(price(), active=False))
    assert (row.change, row.fields) == (DriftChange.ARCHIVED, (FieldDrift(("active",), True, False),))


def test_a_deleted_object_is_told_as_such() -> None:
    assert found(revision(coupon())) == (
        Drift("discount.launch", "coupon", "acme-launch", DriftChange.DELETED),
    )


def test_an_object_with_our_mark_that_nobody_recorded_appeared() -> None:
    (row,) = found(revision(PRO), held(PRO), held(price(), "price_x"))
    assert (row.address, row.object_id, row.change) == ("price.pro.monthly", "price_x", DriftChange.APPEARED)


def test_archived_objects_and_those_of_others_never_appear() -> None:
    others = [held(price(), "a", active=False), held(price(), "b", owner=None), held(price(), "c", owner="x")]
    assert found(revision(PRO), held(PRO), *others) == ()


def test_metadata_of_others_is_no_drift_and_a_changed_key_of_ours_is() -> None:
    assert found(revision(PRO), held(PRO, metadata={"team": "core", "note": "theirs"})) == ()
    (row,) = found(revision(PRO), held(PRO, metadata={"team": "edge"}))
    assert row.fields == (FieldDrift(("metadata", "team"), "core", "edge"),)


def test_an_ignored_field_is_no_drift() -> None:
    assert found(revision(ignoring(PRO, "name")), held(PRO, name="By hand")) == ()


def test_amounts_are_compared_as_numbers() -> None:
    assert found(revision(PRO, price()), held(PRO), held(price(), unit_amount=D("900.00"))) == ()


def test_drift_and_changes_stand_side_by_side_in_a_plan() -> None:
    made = plan([product(name="Wanted")], [held(product(), name="By hand")], last=revision(product()))
    (row,) = made.drift
    (change,) = made.effective
    assert row.fields == (FieldDrift(("name",), "Pro", "By hand"),)
    assert [(each.before, each.after) for each in change.changed] == [("By hand", "Wanted")]
