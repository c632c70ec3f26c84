"""Forms as they stand on the wire, and schemas as the SDK's types give them."""

from __future__ import annotations

import pytest

from stripectl.providers.shadow.customers import period_end
from stripectl.providers.shadow.errors import Unprocessed
from stripectl.providers.shadow.form import decode
from stripectl.providers.shadow.parameters import (
    Boolean,
    Choice,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Slot,
    Text,
)
from stripectl.providers.shadow.schemas import schema


@pytest.mark.parametrize(
    ("form", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("name=F%C3%BCr+alle", {"name": "Für alle"}),
        ("a=1&a=2", {"a": "2"}),
    ],
)
def test_brackets_nest(form: str, tree: object) -> None:
    assert decode(form) == tree


@pytest.mark.parametrize(
    "form", ["[a]=1", "a[b=1", "a[b]]=1", "a]b[=1", "a[b]=1&a=2", "=1", "a=%FF", "a" + "[b]" * 9]
)
def test_a_form_that_cannot_be_nested_is_refused(form: str) -> None:
    with pytest.raises(Unprocessed):
        decode(form)


def test_the_types_of_the_sdk_say_what_is_required_and_what_can_be_unset() -> None:
    create, update = schema("ProductCreateParams").slots, schema("ProductUpdateParams").slots
    assert create["name"] == Slot(Text(5000), required=True)
    assert create["description"] == Slot(Text(40_000))
    assert update["description"] == Slot(Text(40_000), clearable=True)
    assert update["images"] == Slot(ListOf(Text(2048), 8), clearable=True)
    assert update["metadata"] == Slot(Metadata(), clearable=True)
    assert create["active"] == Slot(Boolean())
    assert "stripe_account" not in create


def test_the_types_of_the_sdk_say_which_words_and_shapes_a_parameter_takes() -> None:
    slots = schema("PriceCreateParams").slots
    assert slots["billing_scheme"] == Slot(Choice(("per_unit", "tiered")))
    tiers = slots["tiers"].schema
    assert isinstance(tiers, ListOf)
    assert "up_to" in tiers.item.slots  # type: ignore[union-attr]
    assert tiers.item.slots["up_to"].schema == OneOf((Choice(("inf",)), Integer()))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        (1_769_817_600, "month", 1, 1_772_236_800),  # 31 January to 28 February 2026
        (1_709_164_800, "year", 1, 1_740_700_800),  # 29 February 2024 to 28 February 2025
        (1_790_000_000, "week", 2, 1_791_209_600),
        (1_790_000_000, "day", 1, 1_790_086_400),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last_of_the_month(
    start: int, interval: str, count: int, end: int
) -> None:
    assert period_end(start, interval, count) == end
