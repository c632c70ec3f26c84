"""Which price is the default of a product, and what that keeps from being archived."""

from __future__ import annotations

from tests.live.asking import Asking
from tests.live.facts.products import PRODUCTS
from tests.live.probe import REFUSED, Grade, Probe, Seen


def _default_price_data(ask: Asking) -> Seen:
    inline = {"currency": "usd", "unit_amount": 1500, "recurring": {"interval": "month"}}
    body = ask.made(PRODUCTS, {"name": ask.unique(), "default_price_data": inline})
    listed = ask.get("/v1/prices", product=body["id"], active=True)
    return {
        "the default price is of the product": [body["default_price"]] == listed.ids,
        "kept for": str(listed.at("data", 0, "unit_amount")),
    }


def _unknown_default_price(ask: Asking) -> Seen:
    product = ask.product()
    return {"unknown price": ask.post(f"{PRODUCTS}/{product}", {"default_price": "price_nope"}).outcome}


def _foreign_default_price(ask: Asking) -> Seen:
    own, other = ask.product(), ask.product()
    foreign, archived = ask.price(other), ask.price(own, active=False)
    return {
        "a price of another product": ask.post(f"{PRODUCTS}/{own}", {"default_price": foreign}).outcome,
        "an archived price": ask.post(f"{PRODUCTS}/{own}", {"default_price": archived}).outcome,
    }


def _cleared_default_price(ask: Asking) -> Seen:
    product = ask.product()
    price = ask.price(product)
    ask.post(f"{PRODUCTS}/{product}", {"default_price": price})
    cleared = ask.post(f"{PRODUCTS}/{product}", {"default_price": ""})
    read = ask.get(f"{PRODUCTS}/{product}").at("default_price")
    return {"an empty string": cleared.outcome, "it is null afterwards": read is None}


def _archived_default_price(ask: Asking) -> Seen:
    product = ask.product()
    first, second = ask.price(product), ask.price(product)
    ask.post(f"{PRODUCTS}/{product}", {"default_price": first})
    refused = ask.post(f"/v1/prices/{first}", {"active": False}).outcome
    ask.post(f"{PRODUCTS}/{product}", {"default_price": second})
    return {
        "the default price": refused,
        "after the default moved": ask.post(f"/v1/prices/{first}", {"active": False}).outcome,
    }


PROBES = (
    Probe(
        "product-default-price-data",
        "A product made with `default_price_data` has a price of its own, which is its default.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "nothing: the price is made first, the default set afterwards",
        _default_price_data,
        {"the default price is of the product": True, "kept for": "1500"},
    ),
    Probe(
        "product-default-price-unknown",
        "A default price has to exist.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "prices are made before they become defaults",
        _unknown_default_price,
        {"unknown price": "refused 400, code resource_missing, param default_price"},
    ),
    Probe(
        "product-default-price-foreign",
        "A default price belongs to the product and is active.",
        Grade.UNKNOWN,
        "no source",
        "the format lets only active prices of the product be its default",
        _foreign_default_price,
    ),
    Probe(
        "product-default-price-clear",
        "An empty string clears the default price of a product.",
        Grade.CLAIMED,
        "Stripe's support, in public threads; the SDK's type has no such value",
        "nothing: it is never sent, and a default price that a manifest leaves out stays",
        _cleared_default_price,
        {"an empty string": "accepted", "it is null afterwards": True},
    ),
    Probe(
        "product-default-price-archive",
        "The default price of a product cannot be archived before the default moves.",
        Grade.CLAIMED,
        "ten projects",
        "the default moves in *switch*, predecessors are archived in *contract*",
        _archived_default_price,
        {"the default price": REFUSED, "after the default moved": "accepted"},
    ),
)
