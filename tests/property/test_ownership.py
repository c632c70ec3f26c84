"""Whatever an account holds, an apply changes nothing that nobody gave to stripectl."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import stripe
from hypothesis import given
from hypothesis import strategies as st

from stripectl.pricing.model import Catalog, Lifecycle
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.kinds import ADDRESS_KEY, ENDPOINTS, OWNER_KEY
from stripectl.providers.stripe.rules import lifecycle
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


def _price(key: str | None, *, active: bool = True, on: str | None = None) -> Maker:
    def make(client: stripe.StripeClient) -> str:
        named: dict[str, object] = {"lookup_key": key} if key else {}
        named |= {"product": on} if on else {"product_data": {"name": "By hand"}}
        price = client.v1.prices.create(
            {
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


def _usurper(event: str) -> Maker:
    """A meter that others made once whatever had its event was switched off."""

    def make(client: stripe.StripeClient) -> str:
        for meter in client.v1.billing.meters.list({"status": "active"}).data:
            if meter.event_name == event:
                client.v1.billing.meters.deactivate(meter.id)
        return client.v1.billing.meters.create(
            {
                "display_name": "Other program",
                "event_name": event,
                "default_aggregation": {"formula": "count"},
            }
        ).id

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
    ("price", _price(None, on="acme-pro")),
    ("meter", _meter("api_calls")),
    ("meter", _meter("api_calls", active=False)),
    ("meter", _meter("others")),
    ("meter", _usurper("api_calls")),
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
            before_it = len(bench.log.writes)
            bench.carry_out(planned)
            assert bench.plan(after).effective == ()
            asked_about = {part for _, path in bench.log.writes[before_it:] for part in path.split("/")}
            assert asked_about.isdisjoint(object_id for _, object_id in known)
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
        if named[0] and named[0] != "meter":
            (bearer,) = (answer for kind, answer in held(bench) if (kind, answer["id"]) == named)
            metadata = bearer["metadata"]
            assert isinstance(metadata, Mapping)
            assert (metadata[OWNER_KEY], metadata[ADDRESS_KEY]) == ("acme", _address(naming))


def _namings(catalog: Catalog, ids: Mapping[str, list[str]]) -> list[tuple[Catalog, tuple[str, str]]]:
    """The catalog with each of its artifacts naming each object of its kind that was made by hand."""
    found: list[tuple[Catalog, tuple[str, str]]] = []
    for section, kind in SECTIONS.items():
        declared: Mapping[str, Any] = getattr(catalog, section)
        for name, artifact in declared.items():
            for object_id in ids.get(kind, ()):
                naming = {**declared, name: replace(artifact, lifecycle=Lifecycle(id=object_id))}
                found.append((replace(catalog, **{section: naming}), (kind, object_id)))  # type: ignore[arg-type]
    for name, discount in catalog.discounts.items():
        for code, object_id in product(discount.codes, ids.get("promotion_code", ())):
            named = replace(code, lifecycle=Lifecycle(id=object_id))
            codes = tuple(named if each is code else each for each in discount.codes)
            discounts = {**catalog.discounts, name: replace(discount, codes=codes)}
            found.append((replace(catalog, discounts=discounts), ("promotion_code", object_id)))
    return found


SECTIONS = {
    "products": "product",
    "prices": "price",
    "meters": "meter",
    "features": "feature",
    "discounts": "coupon",
}
"""Part of a catalog -> the kind of what it declares."""


def _address(catalog: Catalog) -> str:
    (address,) = (each.address for each in catalog.artifacts() if lifecycle(each).id)
    return address
