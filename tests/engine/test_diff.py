"""What a difference asks for: an update, a successor, an object back, or nothing."""

from __future__ import annotations

import pytest

from stripectl.engine.diff import diff
from stripectl.engine.plan import Action, FieldChange
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Value
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.mapping import map_catalog
from tests.engine.builders import D, code, coupon, feature, ignoring, meter, price, product
from tests.stripe.builders import EVERYTHING


def one(before: Resource | None, after: Resource | None) -> tuple[Action, tuple[str, ...]]:
    """Action of the only row, and the fields that ask for a successor."""
    (row,) = diff(State.of([before] if before else []), State.of([after] if after else []), KINDS)
    return row.action, row.replace_because


def changed(before: Resource, after: Resource) -> tuple[FieldChange, ...]:
    (row,) = diff(State.of([before]), State.of([after]), KINDS)
    return row.changed


def test_a_state_compared_with_itself_has_nothing_to_do() -> None:
    state = map_catalog(EVERYTHING).desired
    rows = diff(state, state, KINDS)
    assert len(rows) == len(state)
    assert {(row.action, row.changed) for row in rows} == {(Action.NO_OP, ())}


def test_what_is_only_declared_is_created() -> None:
    assert one(None, price()) == (Action.CREATE, ())


@pytest.mark.parametrize(
    ("gone", "action"),
    [
        (product(), Action.ARCHIVE),
        (price(), Action.ARCHIVE),
        (meter(), Action.ARCHIVE),
        (feature(), Action.ARCHIVE),
        (code(), Action.ARCHIVE),
        (coupon(), Action.DELETE),
    ],
)
def test_what_is_no_longer_declared_is_archived_where_it_can_be_and_else_deleted(
    gone: Resource, action: Action
) -> None:
    assert one(gone, None) == (action, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "usd"),
        ("unit_amount", D(901)),
        ("recurring", {"interval": "year"}),
        ("transform_quantity", {"divide_by": 10, "round": "up"}),
    ],
)
def test_changing_an_immutable_field_replaces_the_price(field: str, value: Value) -> None:
    assert one(price(), price(**{field: value})) == (Action.REPLACE, (field,))


def test_changing_an_immutable_amount_replaces_the_price_and_says_both_amounts() -> None:
    assert changed(price(), price(unit_amount=D(1100))) == (FieldChange(("unit_amount",), D(900), D(1100)),)


def test_changing_a_tier_replaces_the_price_and_names_the_tier() -> None:
    def tiered(amount: int) -> Resource:
        return price(tiers=({"up_to": 10, "unit_amount": D(amount)}, {"up_to": None, "unit_amount": D(1)}))

    assert one(tiered(5), tiered(6)) == (Action.REPLACE, ("tiers",))
    assert changed(tiered(5), tiered(6)) == (FieldChange(("tiers", 0, "unit_amount"), D(5), D(6)),)


@pytest.mark.parametrize(
    ("field", "value"), [("nickname", "Monthly"), ("lookup_key", "other"), ("metadata", {"a": "b"})]
)
def test_changing_another_field_updates_the_price(field: str, value: Value) -> None:
    assert one(price(), price(**{field: value})) == (Action.UPDATE, ())


def test_amounts_are_compared_as_numbers() -> None:
    assert one(price(unit_amount=D("900")), price(unit_amount=D("900.000"))) == (Action.NO_OP, ())


def test_a_field_that_is_left_out_has_its_default() -> None:
    assert one(price(billing_scheme="per_unit", tax_behavior="unspecified"), price()) == (Action.NO_OP, ())


def test_a_currency_added_is_an_update_and_one_changed_a_replacement() -> None:
    euros, dollars = price(), price(currency_options={"usd": {"unit_amount": D(999)}})
    dearer = price(currency_options={"usd": {"unit_amount": D(1099)}})
    assert one(euros, dollars) == (Action.UPDATE, ())
    assert one(dollars, dearer) == (Action.REPLACE, ("currency_options",))
    assert one(dollars, euros) == (Action.REPLACE, ("currency_options",))


def test_a_tax_behaviour_is_set_once_for_good_and_changed_by_a_successor() -> None:
    unset, exclusive, inclusive = price(), price(tax_behavior="exclusive"), price(tax_behavior="inclusive")
    assert one(unset, exclusive) == (Action.UPDATE, ())
    assert one(exclusive, inclusive) == (Action.REPLACE, ("tax_behavior",))
    (row,) = diff(State.of([unset]), State.of([exclusive]), KINDS)
    assert row.irreversible == ("a tax behaviour can be set once and never be taken back",)


def test_a_tax_behaviour_of_a_further_currency_is_decided_by_a_successor() -> None:
    """That an update may decide it for a currency that is there already is not proven."""

    def sold(**tax: Value) -> Resource:
        return price(currency_options={"usd": {"unit_amount": D(999), **tax}})

    assert one(sold(), sold(tax_behavior="exclusive")) == (Action.REPLACE, ("currency_options",))
    assert changed(sold(), sold(tax_behavior="exclusive")) == (
        FieldChange(("currency_options", "usd", "tax_behavior"), None, "exclusive"),
    )


def test_a_successor_that_decides_about_tax_leaves_its_predecessor_as_it_was() -> None:
    before, after = price(), price(unit_amount=D(950), tax_behavior="exclusive")
    (row,) = diff(State.of([before]), State.of([after]), KINDS)
    assert (row.action, row.irreversible) == (Action.REPLACE, ())


def test_a_parcel_is_changed_and_cleared_in_place_and_the_customer_of_a_code_by_a_successor() -> None:
    parcel: Value = {"height": D(2), "length": D(8), "width": D(6), "weight": D(12)}
    assert one(product(), product(package_dimensions=parcel)) == (Action.UPDATE, ())
    assert one(product(package_dimensions=parcel), product()) == (Action.UPDATE, ())
    assert one(code(), code(customer="cus_1")) == (Action.REPLACE, ("customer",))


def test_a_cleared_description_is_an_update_and_a_nickname_that_cannot_be_cleared_is_a_note() -> None:
    assert one(product(description="For teams"), product()) == (Action.UPDATE, ())
    (row,) = diff(State.of([price(nickname="Old")]), State.of([price()]), KINDS)
    assert row.action is Action.NO_OP
    assert row.notes == ("nickname stays as it is: the provider has no way to empty it",)


def test_an_ignored_field_is_left_to_the_provider() -> None:
    wanted = ignoring(product(description="Ours"), "description")
    assert one(product(description="Theirs"), wanted) == (Action.NO_OP, ())


def test_archiving_and_bringing_back_are_rows_of_their_own_even_with_other_changes() -> None:
    assert one(product(), product(active=False, name="Old")) == (Action.ARCHIVE, ())
    assert one(product(active=False, name="Old"), product()) == (Action.REACTIVATE, ())


def test_metadata_is_shown_key_by_key() -> None:
    before, after = product(metadata={"a": "1", "b": "2"}), product(metadata={"a": "1", "c": "3"})
    assert changed(before, after) == (
        FieldChange(("metadata", "b"), "2", None),
        FieldChange(("metadata", "c"), None, "3"),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [(meter(), meter(aggregation="count")), (feature(), feature(lookup_key="single-sign-on"))],
)
def test_replacing_a_meter_or_a_feature_is_irreversible(before: Resource, after: Resource) -> None:
    (row,) = diff(State.of([before]), State.of([after]), KINDS)
    assert (row.action, len(row.irreversible)) == (Action.REPLACE, 1)


def test_rows_follow_the_kinds_table_and_then_addresses() -> None:
    rows = diff(State(), State.of([code(), coupon(), price("b"), price("a"), product()]), KINDS)
    assert [row.address for row in rows] == [
        "product.pro",
        "price.pro.a",
        "price.pro.b",
        "discount.launch",
        "code.launch.LAUNCH",
    ]


def test_rows_of_a_kind_stand_in_the_order_of_their_numbers() -> None:
    wanted = [product(), *(price(name) for name in ("t10", "t2", "t", "t2-b", "10"))]
    assert [row.address for row in diff(State(), State.of(wanted), KINDS)] == [
        "product.pro",
        "price.pro.10",
        "price.pro.t",
        "price.pro.t2",
        "price.pro.t2-b",
        "price.pro.t10",
    ]
