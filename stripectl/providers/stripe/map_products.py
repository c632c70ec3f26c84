"""Products, meters and features: what Stripe holds as it is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref
from stripectl.pricing.model import Aggregation, Feature, Meter, Product, place
from stripectl.providers.stripe.names import feature_key, product_feature_address
from stripectl.providers.stripe.rules import Loss, Part, Rule, Scope, copy, left_out, unsupported

AGGREGATIONS = frozenset({Aggregation.SUM, Aggregation.COUNT, Aggregation.LAST})
"""How Stripe's meters can turn events into a quantity."""


def _default_price(product: Product, scope: Scope) -> Part:
    price = scope.catalog.prices.get(f"{product.id}.{product.default_price}")
    if price is None:
        return Part()
    causes = scope.follows(price.address)
    if causes:
        return Part(losses=(left_out((price.address,), causes, ("default_price",)),))
    return Part({"default_price": Ref(price.address)})


def _dimensions(product: Product, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    parcel = product.package_dimensions
    return Part({"package_dimensions": asdict(parcel)} if parcel else {})


def _features(product: Product, scope: Scope) -> Part:
    return Part(beside=tuple(_product_features(product, scope)))


def _product_features(product: Product, scope: Scope) -> Iterator[Resource]:
    for index, name in enumerate(product.features):
        if feature := scope.catalog.features.get(name):
            yield Resource(
                kind="product_feature",
                address=product_feature_address(product.id, name),
                fields={"product": Ref(product.address), "entitlement_feature": Ref(feature.address)},
                origin=product.address,
                source=place(product, ("features", index)),
            )


PRODUCT: tuple[Rule[Product], ...] = (
    copy("name"),
    copy("description"),
    copy("tax_code"),
    copy("unit_label"),
    copy("statement_descriptor"),
    copy("url"),
    copy("images"),
    copy("marketing_features"),
    copy("shippable"),
    Rule(("package_dimensions",), _dimensions, ("package_dimensions",)),
    copy("active"),
    Rule(("features",), _features),
    Rule(("default_price",), _default_price, ("default_price",)),
    copy("metadata"),
)


def _aggregation(meter: Meter, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if meter.aggregation in AGGREGATIONS:
        return Part({"aggregation": meter.aggregation.value})
    return Part(losses=(_cannot_aggregate(meter),))


def _cannot_aggregate(meter: Meter) -> Loss:
    return unsupported(
        "aggregation",
        f"Stripe's meters can sum, count or take the last value; {meter.aggregation} they cannot.",
        ("aggregation",),
    )


METER: tuple[Rule[Meter], ...] = (
    copy("name", "display_name"),
    copy("event", "event_name"),
    Rule(("aggregation",), _aggregation, ("aggregation",)),
    copy("customer_key"),
    copy("value_key"),
    copy("window"),
)


def _lookup_key(feature: Feature, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"lookup_key": feature_key(feature)})


FEATURE: tuple[Rule[Feature], ...] = (
    copy("name"),
    Rule(("lookup_key",), _lookup_key, ("lookup_key",)),
    copy("metadata"),
)
