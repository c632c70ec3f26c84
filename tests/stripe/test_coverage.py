"""What an answer holds beyond what is read is told: no more, and no less."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeAlias, cast

import pytest

from stripectl.engine.resource import Resource
from stripectl.providers.stripe.coverage import DERIVED, DERIVED_EVERYWHERE, USUAL, known, unread
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from stripectl.providers.stripe.normalise import normalise
from tests.stripe.test_normalise import PRICE, PRODUCT

STRIPE = Path(__file__).parents[3] / "shared" / "stripe"

NOT_IN_THE_FORMAT: Mapping[str, Mapping[str, str]] = {
    "promotion_code": {"customer_account": "customers of the newer kind have ids of another sort"},
}
"""Kind -> described properties that a plan tells of where they are set, each with the reason."""

Tree: TypeAlias = "Mapping[str, Tree | None]"
Shape: TypeAlias = "Mapping[str, Shape]"


@cache
def openapi() -> Shape:
    path = STRIPE / "catalog-openapi.json"
    if not path.exists():
        pytest.skip("the OpenAPI subset is not here; it is beside the project, in CI")
    return cast("Shape", json.loads(path.read_text()))


def resolved(shape: Shape) -> Shape:
    """The object that a property holds, through references; where it may be an id, the id."""
    choices = [cast("Shape", each) for each in shape.get("anyOf", ())]
    if len(choices) == 1:
        return resolved(choices[0])
    if "$ref" in shape:
        return resolved(openapi()["components"]["schemas"][str(shape["$ref"]).rpartition("/")[2]])
    return shape


def undescribed(shape: Shape, tree: Tree, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted properties of a description to which a tree does not lead."""
    shape = resolved(shape)
    inside = shape.get("items") or shape.get("additionalProperties")
    if "*" in tree and isinstance(inside, Mapping):
        yield from undescribed(inside, tree["*"] or {}, path)
    for name, below in shape.get("properties", {}).items():
        here = (*path, name)
        if name not in tree:
            yield ".".join(here)
        elif branch := tree[name]:
            yield from undescribed(below, branch, here)


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_every_described_property_is_read_derived_usual_or_told(kind: str) -> None:
    schema = openapi()["components"]["schemas"][ENDPOINTS[kind].object_type]
    left = set(undescribed(schema, known(kind)))
    assert left == {*USUAL.get(kind, {}), *NOT_IN_THE_FORMAT.get(kind, {})} - UNDESCRIBED


UNDESCRIBED = {"type"}
"""Answers have it, the description does not: of a product."""


def test_what_is_derived_has_a_reason() -> None:
    assert all(why for table in (DERIVED_EVERYWHERE, *DERIVED.values()) for why in table.values())


@pytest.mark.parametrize("kind", DERIVED)
def test_nothing_is_derived_that_the_table_of_kinds_reads(kind: str) -> None:
    assert not DERIVED[kind].keys() & {".".join(each.wire_path) for each in KINDS[kind].fields.values()}


def read(kind: str, answer: Mapping[str, object]) -> Resource:
    return normalise(kind, answer)[0]


def test_an_answer_that_a_manifest_can_say_leaves_nothing_over() -> None:
    assert read("price", PRICE).unread == {}
    assert read("product", PRODUCT).unread == {}


@pytest.mark.parametrize(
    ("kind", "answer", "more", "left"),
    [
        ("product", PRODUCT, {"attributes": [], "tax_details": None, "type": "service"}, {}),
        ("product", PRODUCT, {"type": "good"}, {"type": "good"}),
        ("product", PRODUCT, {"attributes": ["size"]}, {"attributes": ("size",)}),
        ("product", PRODUCT, {"skus": {"data": [], "has_more": False}}, {}),
        (
            "product",
            PRODUCT,
            {"tax_details": {"tax_code": "txcd_10000000", "performance_location": None}},
            {},
        ),
        (
            "product",
            PRODUCT,
            {"tax_details": {"tax_code": "txcd_10000000", "performance_location": "loc_1"}},
            {"tax_details.performance_location": "loc_1"},
        ),
        ("product", PRODUCT, {"rating": Decimal("4.5")}, {"rating": Decimal("4.5")}),
        (
            "product",
            PRODUCT,
            {"maker": {"name": "Acme", "since": None}},
            {"maker": {"name": "Acme", "since": None}},
        ),
        (
            "price",
            PRICE,
            {"recurring": {"interval": "month", "anchor": "first", "usage_type": "licensed"}},
            {"recurring.anchor": "first"},
        ),
        (
            "price",
            PRICE,
            {"currency_options": {"usd": {"unit_amount_decimal": "9", "floor": 3}}},
            {"currency_options.usd.floor": 3},
        ),
        ("price", PRICE, {"tiers": [{"up_to": None, "cap": 5}]}, {"tiers.0.cap": 5}),
        ("price", PRICE, {"product": {"id": "acme-pro", "object": "product", "rating": 5}}, {}),
    ],
)
def test_what_is_set_and_not_read_is_left_over(
    kind: str, answer: Mapping[str, object], more: Mapping[str, object], left: Mapping[str, object]
) -> None:
    assert read(kind, {**answer, **more}).unread == left


def test_a_customer_of_the_newer_kind_is_left_over() -> None:
    code = {"id": "promo_1", "promotion": {"type": "coupon", "coupon": "c"}, "customer_account": "acct_1"}
    assert read("promotion_code", code).unread == {"customer_account": "acct_1"}


def test_what_is_left_over_is_in_no_digest_and_no_comparison() -> None:
    plain, more = read("product", PRODUCT), read("product", {**PRODUCT, "rating": 5})
    assert more.unread == {"rating": 5}
    assert (more, more.to_json()) == (plain, plain.to_json())


def test_no_recorded_object_is_told_of() -> None:
    path = STRIPE / "recorded.jsonl"
    if not path.exists():
        pytest.skip("the recorded exchanges are not here; they are beside the project, in CI")
    kinds = {endpoint.object_type: kind for kind, endpoint in ENDPOINTS.items()}
    bodies = [json.loads(line, parse_float=Decimal)["body"] for line in path.read_text().splitlines()]
    every = [each for body in bodies for each in body.get("data", [body]) if not each.get("deleted")]
    found = [(kinds[each["object"]], each) for each in every if each.get("object") in kinds]
    assert {kind for kind, _ in found} >= {"product", "price", "coupon"}
    assert [unread(kind, each) for kind, each in found if unread(kind, each)] == []
