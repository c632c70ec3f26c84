"""The kinds table says what the SDK's parameter types and Stripe's OpenAPI description say."""

from __future__ import annotations

import json
from functools import cache
from typing import TypeAlias, cast

import pytest
import stripe
from stripe.params import (
    CouponCreateParams,
    CouponUpdateParams,
    PriceCreateParams,
    PriceUpdateParams,
    ProductCreateFeatureParams,
    ProductCreateParams,
    ProductUpdateParams,
    PromotionCodeCreateParams,
    PromotionCodeUpdateParams,
)
from stripe.params.billing import MeterCreateParams, MeterUpdateParams
from stripe.params.entitlements import FeatureCreateParams, FeatureUpdateParams

from stripectl.engine.kinds import Mutability, Removal, Write
from stripectl.providers.stripe.gateway import API_VERSION
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from tests.references import STRIPE

OPENAPI = STRIPE / "catalog-openapi.json"

CREATE: dict[str, type] = {
    "product": ProductCreateParams,
    "price": PriceCreateParams,
    "meter": MeterCreateParams,
    "feature": FeatureCreateParams,
    "product_feature": ProductCreateFeatureParams,
    "coupon": CouponCreateParams,
    "promotion_code": PromotionCodeCreateParams,
}
UPDATE: dict[str, type] = {
    "product": ProductUpdateParams,
    "price": PriceUpdateParams,
    "meter": MeterUpdateParams,
    "feature": FeatureUpdateParams,
    "coupon": CouponUpdateParams,
    "promotion_code": PromotionCodeUpdateParams,
}
NO_PARAMETER = {
    # In and out of use goes by requests of its own.
    ("meter", "active"),
    # Only an update has it: a feature begins in use.
    ("feature", "active"),
    # Part of the path.
    ("product_feature", "product"),
}
"""Fields of the table that are no parameter at creation, with the reason."""

UNPROMISED = {
    # Only some keys can be written, so unsetting goes key by key; Stripe's types name the whole mapping.
    "metadata",
    # Emptying is a replacement there: an option that went would end running subscriptions' currency.
    "currency_options",
    # Going back to the default is sending it.
    "active",
    # Recorded exchanges show that it can be cleared; the SDK's types do not promise it.
    "lookup_key",
}
"""Clearable fields that are cleared in another way than by an empty string."""

OPTIONS = {"api_key", "headers", "idempotency_key", "max_network_retries", "stripe_account", "stripe_context"}
OPTIONS |= {"stripe_version", "content_type"}
"""Settings of a request that the SDK mixes into the parameters of creation."""


def parameters(shape: type) -> set[str]:
    """Names of all parameters, without the SDK's own options."""
    return set(shape.__annotations__) - OPTIONS


def sent(kind: str) -> set[str]:
    """Top-level parameters that the table knows."""
    fields = {field.wire_path[0] for field in KINDS[kind].fields.values()}
    return fields | {dotted.partition(".")[0] for dotted in ENDPOINTS[kind].constants}


@pytest.mark.parametrize("kind", CREATE)
def test_every_parameter_is_a_field_or_left_alone_on_purpose(kind: str) -> None:
    known = parameters(CREATE[kind]) | (parameters(UPDATE[kind]) if kind in UPDATE else set())
    assert known - sent(kind) == ENDPOINTS[kind].unmanaged & known


@pytest.mark.parametrize("kind", CREATE)
def test_nothing_is_left_alone_that_does_not_exist(kind: str) -> None:
    known = parameters(CREATE[kind]) | (parameters(UPDATE[kind]) if kind in UPDATE else set())
    assert ENDPOINTS[kind].unmanaged <= known


@pytest.mark.parametrize("kind", CREATE)
def test_every_field_can_be_sent_at_creation_unless_it_waits_for_an_update(kind: str) -> None:
    allowed = parameters(CREATE[kind])
    for field in KINDS[kind].fields.values():
        waits = field.write is Write.UPDATE_ONLY or (kind, field.name) in NO_PARAMETER
        assert (field.wire_path[0] in allowed) is not waits, field.name


@pytest.mark.parametrize("kind", UPDATE)
def test_what_only_creation_takes_asks_for_a_replacement(kind: str) -> None:
    updatable = parameters(UPDATE[kind])
    for field in KINDS[kind].fields.values():
        # Of a promotion code's restrictions only the currency options can be updated.
        nested = kind == "promotion_code" and field.wire_path[0] == "restrictions"
        can = field.wire_path[0] in updatable and (not nested or field.wire_path[1] == "currency_options")
        if (kind, field.name) not in NO_PARAMETER:
            assert can is (field.mutability is not Mutability.REPLACE), field.name


@pytest.mark.parametrize("kind", UPDATE)
def test_a_field_can_be_cleared_where_an_update_takes_an_empty_string(kind: str) -> None:
    types = UPDATE[kind].__annotations__
    for field in KINDS[kind].fields.values():
        spelled = str(types.get(field.wire_path[0], ""))
        if spelled and field.mutability is not Mutability.REPLACE and field.name not in UNPROMISED:
            assert field.clearable is ("Literal['']" in spelled), field.name


def test_the_gateway_speaks_the_version_that_the_table_was_held_against() -> None:
    assert stripe.api_version == API_VERSION


def test_a_kind_refers_only_to_kinds_above_it_when_it_is_created() -> None:
    order = list(KINDS.rows)
    assert order.index("product") < order.index("price") < order.index("metadata_binding")
    assert order.index("meter") < order.index("price")
    assert order.index("feature") < order.index("product_feature")
    assert order.index("coupon") < order.index("promotion_code")


Description: TypeAlias = dict[str, "Description"]


@cache
def openapi() -> Description:
    if not OPENAPI.exists():
        pytest.skip("the OpenAPI subset is not here; it is beside the project, in CI")
    return cast("Description", json.loads(OPENAPI.read_text()))


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_the_description_knows_every_endpoint_of_the_table(kind: str) -> None:
    endpoint, paths = ENDPOINTS[kind], openapi()["paths"]
    assert set(paths[endpoint.path]) >= {"get", "post"}
    items = [path for path in paths if path.startswith(f"{endpoint.path}/{{") and path.count("{") <= 2]
    assert items
    if KINDS[kind].removal in (Removal.DELETE, Removal.DETACH):
        assert any("delete" in paths[path] for path in items)
    for action in filter(None, (endpoint.deactivate, endpoint.reactivate)):
        assert any(path.endswith(f"/{action}") for path in paths if path.startswith(endpoint.path))


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_the_description_knows_every_parameter_that_the_table_sends(kind: str) -> None:
    operation = openapi()["paths"][ENDPOINTS[kind].path]["post"]
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    for field in KINDS[kind].fields.values():
        if field.write is Write.ALWAYS and (kind, field.name) not in NO_PARAMETER:
            assert at(form, field.wire_path), field.name


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_the_description_knows_every_field_that_is_read_and_how_it_is_expanded(kind: str) -> None:
    answer = openapi()["components"]["schemas"][ENDPOINTS[kind].object_type]
    read = [field for field in KINDS[kind].fields.values() if (kind, field.name) not in NO_PARAMETER]
    for field in read:
        assert at(answer, field.wire_path), field.name
    for name in ENDPOINTS[kind].expand:
        assert at(answer, tuple(name.split(".")[:1])), name
    assert at(answer, (ENDPOINTS[kind].active_from[0],)) or kind in ("product_feature", "coupon")


def at(shape: Description, path: tuple[str, ...]) -> Description | None:
    """The schema at a path, through references."""
    here: Description | None = shape
    for key in path:
        here = resolved(here)["properties"].get(key) if here else None
    return here


def resolved(shape: Description) -> Description:
    for several in ("anyOf", "oneOf"):
        for choice in shape.get(several, ()):
            if "properties" in resolved(cast("Description", choice)):
                return resolved(cast("Description", choice))
    if "$ref" in shape:
        name = str(shape["$ref"]).rpartition("/")[2]
        return resolved(openapi()["components"]["schemas"][name])
    return shape
