"""A product grants features that exist and shows a price that it has."""

from __future__ import annotations

from stripectl.diagnostics import did_you_mean, error
from stripectl.pricing.checks.finding import Declared, Findings, placed
from stripectl.pricing.model import Catalog, Product


def check(catalog: Catalog, declared: Declared) -> Findings:
    for product in catalog.products.values():
        yield from _features(product, declared)
        yield from _default_price(product, catalog, declared)


def _features(product: Product, declared: Declared) -> Findings:
    for index, feature in enumerate(product.features):
        address = f"feature.{feature}"
        if declared.lacks(address):
            yield placed(
                error(
                    "unknown-reference",
                    "A name refers to nothing",
                    f"{product.address} grants {address}, which the catalog does not declare.",
                    hint=declared.near(address),
                ),
                product,
                ("features", index),
            )


def _default_price(product: Product, catalog: Catalog, declared: Declared) -> Findings:
    if product.default_price is None:
        return
    price = catalog.prices.get(f"{product.id}.{product.default_price}")
    address = f"price.{product.id}.{product.default_price}"
    if price is None and declared.lacks(address):
        own = [each.id for each in catalog.prices.values() if each.product == product.id]
        yield placed(
            error(
                "unknown-reference",
                "A name refers to nothing",
                f"{product.address} has no price `{product.default_price}` of its own.",
                hint=did_you_mean(product.default_price, own)
                or (f"name one of {', '.join(own)}" if own else "declare a price first"),
            ),
            product,
            ("default_price",),
        )
    if price is not None and not price.active:
        yield placed(
            error(
                "inactive-default",
                "The default price of a product is inactive",
                f"{price.address} can no longer be bought, so it cannot be shown first.",
                hint="name an active price, or activate this one",
            ),
            product,
            ("default_price",),
        )
