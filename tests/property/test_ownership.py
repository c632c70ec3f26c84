"""Whatever an account holds, an apply changes nothing that nobody gave to stripectl."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import stripe
from hypothesis import given
from hypothesis import strategies as st

from stripectl.pricing.model import Catalog, Lifecycle
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.kinds import ADDRESS_KEY, ENDPOINTS, OWNER_KEY
from stripectl.providers.stripe.wire import Answer
from tests.property.strategies import catalogs
from tests.workbench import Clock, Workbench, opened

Strangers: TypeAlias = Mapping[tuple[str, str], str]
"""Kind and id of every object that carries no mark of ours -> all that the account holds of it."""

Maker: TypeAlias = Callable[[stripe.StripeClient], str]


def _product(id: str | None, *, active: bool = True) -> Maker:
    def make(client: stripe.StripeClient) -> str:
        chosen: dict[str, str] = {"id": id} if id else {}
        return client.v1.products.create({"name": "By hand", "active": active, **chosen}).id  # type: ignore[typeddict-item]

    return make


def _price(key: str | None, *, active: bool = True) -> Maker:
    def make(client: stripe.StripeClient) -> str:
        named: dict[str, str] = {"lookup_key": key} if key else {}
        price = client.v1.prices.create(
            {
                "product_data": {"name": "By hand"},
                "currency": "eur",
                "unit_amount": 899,
                "recurring": {"interval": "month"},
                **named,  # type: ignore[typeddict-item]
            }
        )
        if not active:
            client.v1.prices.update(price.id, {"active": False})
        return price.id

    return make


def _meter(event: str, *, active: bool = True) -> Maker:
    def make(client: stripe.StripeClient) -> str:
        meter = client.v1.billing.meters.create(
            {"display_name": "One", "event_name": event, "default_aggregation": {"formula": "sum"}}
        )
        if not active:
            client.v1.billing.meters.deactivate(meter.id)
        return meter.id

    return make


def _feature(key: str, name: str) -> Maker:
    return lambda client: client.v1.entitlements.features.create({"lookup_key": key, "name": name}).id


def _coupon(id: str) -> Maker:
    return lambda client: client.v1.coupons.create({"id": id, "percent_off": 20, "duration": "once"}).id


def _code(word: str) -> Maker:
    def make(client: stripe.StripeClient) -> str:
        coupon = client.v1.coupons.create({"percent_off": 5, "duration": "once"})
        return client.v1.promotion_codes.create(
            {"code": word, "promotion": {"type": "coupon", "coupon": coupon.id}}
        ).id

    return make


MAKERS: tuple[tuple[str, Maker], ...] = (
    ("product", _product("acme-pro")),
    ("product", _product("acme-lite", active=False)),
    ("product", _product(None)),
    ("price", _price("pro_a")),
    ("price", _price("pro_b", active=False)),
    ("price", _price(None)),
    ("meter", _meter("api_calls")),
    ("meter", _meter("api_calls", active=False)),
    ("meter", _meter("others")),
    ("feature", _feature("sso", "One")),
    ("feature", _feature("audit", "Another one")),
    ("coupon", _coupon("acme-launch")),
    ("coupon", _coupon("BYHAND")),
    ("promotion_code", _code("LAUNCH-A")),
)
"""What others may have made: some has the very names that our catalogs declare."""


@contextmanager
def workbench() -> Iterator[Workbench]:
    with TemporaryDirectory() as folder, opened(Path(folder), Clock()) as bench:
        yield bench


def made_by_hand(bench: Workbench, makers: list[int]) -> dict[str, list[str]]:
    """Kind -> ids of what was made; what the account refuses, because we were first, was not."""
    ids: dict[str, list[str]] = {}
    for number in makers:
        kind, make = MAKERS[number]
        try:
            ids.setdefault(kind, []).append(make(bench.client))
        except stripe.InvalidRequestError:
            continue
    return ids


def held(bench: Workbench) -> Iterator[tuple[str, Answer]]:
    """Every object of the account, whole."""
    gateway: Gateway = bench.gateway()
    for kind, endpoint in ENDPOINTS.items():
        if kind != "product_feature":
            for listing in endpoint.listings:
                yield from (
                    (kind, answer) for answer in gateway.list_all(endpoint.path, listing, endpoint.expand)
                )


def strangers(bench: Workbench, ids: Mapping[str, list[str]]) -> Strangers:
    """What carries no mark of ours; meters carry none, so of those what was made by hand."""
    return {
        (kind, str(answer["id"])): json.dumps(answer, sort_keys=True, default=str)
        for kind, answer in held(bench)
        if (answer["id"] in ids.get(kind, ()) if kind == "meter" else not _ours(answer))
    }


def _ours(answer: Answer) -> bool:
    metadata = answer.get("metadata")
    return isinstance(metadata, Mapping) and metadata.get(OWNER_KEY) == "acme"


makers = st.lists(st.integers(0, len(MAKERS) - 1), unique=True, max_size=8)


@given(catalogs(), catalogs(), makers)
def test_an_apply_leaves_every_object_alone_that_carries_no_mark_of_ours(
    before: Catalog, after: Catalog, numbers: list[int]
) -> None:
    with workbench() as bench:
        bench.apply(before)
        ids = made_by_hand(bench, numbers)
        known = strangers(bench, ids)
        planned = bench.plan(after)
        if not planned.blocked:
            bench.carry_out(planned)
            assert bench.plan(after).effective == ()
        assert strangers(bench, ids) == known


@given(catalogs(), makers)
def test_the_first_apply_takes_nothing_over(catalog: Catalog, numbers: list[int]) -> None:
    with workbench() as bench:
        ids = made_by_hand(bench, numbers)
        known = strangers(bench, ids)
        planned = bench.plan(catalog)
        if not planned.blocked:
            bench.carry_out(planned)
        assert strangers(bench, ids) == known


@given(catalogs(), catalogs(), makers, st.data())
def test_an_object_that_is_named_by_id_is_adopted_and_no_other_is_touched(
    before: Catalog, after: Catalog, numbers: list[int], data: st.DataObject
) -> None:
    with workbench() as bench:
        bench.apply(before)
        ids = made_by_hand(bench, numbers)
        known = strangers(bench, ids)
        naming, named = data.draw(st.sampled_from(_namings(after, ids) or [(after, ("", ""))]))
        planned = bench.plan(naming)
        if planned.blocked:
            assert strangers(bench, ids) == known
            return
        bench.carry_out(planned)
        assert bench.plan(naming).effective == ()
        kept = {key: body for key, body in known.items() if key != named}
        assert {key: strangers(bench, ids).get(key) for key in kept} == kept
        if named[0] in ("product", "price", "coupon", "feature"):
            (bearer,) = (answer for kind, answer in held(bench) if (kind, answer["id"]) == named)
            metadata = bearer["metadata"]
            assert isinstance(metadata, Mapping)
            assert (metadata[OWNER_KEY], metadata[ADDRESS_KEY]) == ("acme", _address(naming))


def _namings(catalog: Catalog, ids: Mapping[str, list[str]]) -> list[tuple[Catalog, tuple[str, str]]]:
    """The catalog with each of its products and prices naming each object that was made by hand."""
    found: list[tuple[Catalog, tuple[str, str]]] = []
    for name, product in catalog.products.items():
        for object_id in ids.get("product", ()):
            naming = replace(product, lifecycle=Lifecycle(id=object_id))
            found.append(
                (replace(catalog, products={**catalog.products, name: naming}), ("product", object_id))
            )
    for name, discount in catalog.discounts.items():
        for object_id in ids.get("coupon", ()):
            named = replace(discount, lifecycle=Lifecycle(id=object_id))
            found.append(
                (replace(catalog, discounts={**catalog.discounts, name: named}), ("coupon", object_id))
            )
    for name, feature in catalog.features.items():
        for object_id in ids.get("feature", ()):
            marked = replace(feature, lifecycle=Lifecycle(id=object_id))
            found.append(
                (replace(catalog, features={**catalog.features, name: marked}), ("feature", object_id))
            )
    for name, meter in catalog.meters.items():
        for object_id in ids.get("meter", ()):
            counted = replace(meter, lifecycle=Lifecycle(id=object_id))
            found.append((replace(catalog, meters={**catalog.meters, name: counted}), ("meter", object_id)))
    return found


def _address(catalog: Catalog) -> str:
    products = [product.address for product in catalog.products.values() if product.lifecycle.id]
    features = [feature.address for feature in catalog.features.values() if feature.lifecycle.id]
    discounts = [discount.address for discount in catalog.discounts.values() if discount.lifecycle.id]
    (address,) = (*products, *features, *discounts)
    return address
