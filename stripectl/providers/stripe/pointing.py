"""Objects outside of the catalog through which customers reach a price, a product or a coupon.

Each sort is read in lists of a hundred, however many objects are asked about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial

from stripectl.concurrency import at_once
from stripectl.engine.plan import Pointer, Pointers
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.providers.stripe.answers import reading
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.requests import segment
from stripectl.providers.stripe.wire import Answer, identifier, listed, mapping


@dataclass(frozen=True, slots=True)
class Source:
    """A sort of object that may refer to the catalog's."""

    kind: str
    permission: str
    """As the dashboard lists it."""
    path: str
    expand: str
    """What Stripe leaves out of its list unless it is asked for."""
    targets: Callable[[Gateway, Answer], Iterator[object]]
    """Ids that an object refers to, or the objects themselves."""
    name: str
    """The field that people know it by."""
    stops: bool
    """Stripe switches it off when a price or a product that it sells is archived. Whether it is switched on
    again when that comes back is unknown."""


def _of_link(gateway: Gateway, link: Answer) -> Iterator[object]:
    lines = mapping(link.get("line_items"))
    # An expanded list ends after ten of at most twenty lines.
    path = f"/v1/payment_links/{segment(str(link['id']))}/line_items"
    every = gateway.list_all(path) if lines.get("has_more") else iter(_objects(lines.get("data")))
    prices = [line.get("price") for line in every]
    yield from prices
    yield from (mapping(price).get("product") for price in prices)
    yield from (each.get("price") for each in _objects(link.get("optional_items")))


def _of_portal(_: Gateway, configuration: Answer) -> Iterator[object]:
    update = mapping(mapping(configuration.get("features")).get("subscription_update"))
    if update.get("enabled"):
        for offered in _objects(update.get("products")):
            yield offered.get("product")
            prices = offered.get("prices")
            yield from listed(prices)


SOURCES = (
    Source("payment_link", "Payment Links", "/v1/payment_links", "line_items", _of_link, "url", stops=True),
    Source(
        "portal_configuration",
        "Customer portal",
        "/v1/billing_portal/configurations",
        "features.subscription_update.products",
        _of_portal,
        "name",
        stops=False,
    ),
)
"""The names of the permissions are unverified."""


def pointers(gateway: Gateway, object_ids: Collection[str]) -> Pointers:
    """What refers to the objects and is in use. Raises `RequestFailed`, but not where it is refused."""
    read = at_once([partial(_pointers, gateway, each, frozenset(object_ids)) for each in SOURCES], 2)
    found: dict[str, list[Pointer]] = defaultdict(list)
    for target, pointer in (pair for pairs in read for pair in pairs or ()):
        found[target].append(pointer)
    unread = [each for each, pairs in zip(SOURCES, read, strict=True) if pairs is None]
    return Pointers(
        {target: tuple(each) for target, each in found.items()},
        tuple(each.kind for each in unread),
        tuple(each.kind for each in unread if each.stops),
    )


def _pointers(gateway: Gateway, source: Source, ids: frozenset[str]) -> list[tuple[str, Pointer]] | None:
    """Object id and what refers to it; None where the key may not read that."""
    found = gateway.list_all(source.path, {"active": "true"}, (source.expand,))
    try:
        return [
            (target, Pointer(source.kind, str(each["id"]), str(each.get(source.name) or ""), source.stops))
            for each in found
            for target in sorted(ids.intersection(_targets(gateway, source, each)))
        ]
    except RequestFailed as problem:
        if problem.failure is Failure.REFUSED:
            return None
        raise


def _targets(gateway: Gateway, source: Source, each: Answer) -> set[str]:
    with reading(each):
        return {target for target in map(identifier, source.targets(gateway, each)) if target}


def _objects(value: object) -> list[Answer]:
    return [mapping(each) for each in listed(value)]
