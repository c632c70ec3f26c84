"""Reading: pages, cursors, filters, and what a list leaves out."""

from __future__ import annotations

from tests.live.asking import Asking
from tests.live.facts.prices import MONTHLY, PRICES
from tests.live.facts.products import PRODUCTS
from tests.live.probe import REFUSED, Grade, Probe, Seen

CUSTOMERS = "/v1/customers"


def _limits(ask: Asking) -> Seen:
    ask.product()
    answers = {limit: ask.get(PRODUCTS, limit=limit) for limit in (0, 101, 1000)}
    return {
        **{f"limit {limit}": answer.outcome for limit, answer in answers.items()},
        "more than 100 come": len(answers[1000].rows) > 100,
        "one for limit 0": len(answers[0].rows),
    }


def _cursor(ask: Asking) -> Seen:
    product, customer = ask.product(), ask.customer()
    ask.delete(f"{PRODUCTS}/{product}")
    ask.delete(f"{CUSTOMERS}/{customer}")
    return {
        "a deleted customer": ask.get(
            CUSTOMERS, limit=1, email=f"{ask.unique()}@example.com", starting_after=customer
        ).outcome,
        "a deleted product": ask.get(PRODUCTS, limit=1, starting_after=product).outcome,
        "what never was": ask.get(PRODUCTS, limit=1, starting_after="prod_nope").outcome,
    }


def _pages(ask: Asking) -> Seen:
    product = ask.product()
    prices = [ask.price(product) for _ in range(3)]
    first = ask.get(PRICES, product=product, active=True, limit=2)
    second = ask.get(PRICES, product=product, active=True, limit=2, starting_after=first.ids[-1])
    return {
        "first page": [prices.index(price) for price in first.ids],
        "more to come": first.at("has_more"),
        "second page": [prices.index(price) for price in second.ids],
        "more after that": second.at("has_more"),
    }


def _ids(ask: Asking) -> Seen:
    products = [ask.product() for _ in range(2)]
    found = ask.get(PRODUCTS, ids=[*products, "prod_nope"])
    many = [*products, *(f"prod_nope{number}" for number in range(99))]
    return {
        "those that exist": sorted(found.ids) == sorted(products),
        "100 ids": ask.get(PRODUCTS, ids=many[:100], limit=100).outcome,
        "101 ids": ask.get(PRODUCTS, ids=many, limit=100).outcome,
    }


def _archived_prices(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    price = ask.price(product, lookup_key=key, active=False)
    ask.price(product)
    return {
        "without a filter": price in ask.get(PRICES, product=product).ids,
        "with active=false": ask.get(PRICES, product=product, active=False).ids == [price],
        "by its lookup key alone": price in ask.get(PRICES, lookup_keys=[key]).ids,
    }


def _price_filters(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    once = ask.price(product, lookup_key=key)
    monthly = ask.price(product, recurring=MONTHLY)
    keys = [key, *(f"{key}-{number}" for number in range(10))]
    return {
        "by lookup key": ask.get(PRICES, lookup_keys=[key]).ids == [once],
        "by type": ask.get(PRICES, product=product, type="recurring").ids == [monthly],
        "by interval": ask.get(PRICES, product=product, recurring=MONTHLY).ids == [monthly],
        "10 lookup keys": ask.get(PRICES, lookup_keys=keys[:10]).outcome,
        "11 lookup keys": ask.get(PRICES, lookup_keys=keys).outcome,
    }


def _product_filters(ask: Asking) -> Seen:
    start = ask.in_seconds(-60)
    product = ask.product(active=False)
    archived = ask.get(PRODUCTS, active=False, created={"gte": start}, limit=100)
    active = ask.get(PRODUCTS, active=True, created={"gte": start}, limit=100)
    return {
        "among archived ones since a minute ago": product in archived.ids,
        "among active ones": product in active.ids,
    }


PROBES = (
    Probe(
        "list-limit",
        "A limit outside 1 to 100 is clamped, not refused.",
        Grade.RECORDED,
        "recorded on customers",
        "pages of 100 are asked for",
        _limits,
        {
            "limit 0": "accepted",
            "limit 101": "accepted",
            "limit 1000": "accepted",
            "more than 100 come": False,
            "one for limit 0": 1,
        },
    ),
    Probe(
        "list-cursor",
        "A cursor that names a deleted object is accepted; one that never was is an open question.",
        Grade.RECORDED,
        "recorded on customers",
        "a page that repeats its cursor is an error; one that is deleted in between is not",
        _cursor,
        {"a deleted customer": "accepted", "a deleted product": "accepted"},
    ),
    Probe(
        "list-pages",
        "Lists are newest first, consistent at once, and go on after a cursor.",
        Grade.DOCUMENTED,
        "API reference, pagination",
        "a read after a write sees it",
        _pages,
        {"first page": [2, 1], "more to come": True, "second page": [0], "more after that": False},
    ),
    Probe(
        "list-ids",
        "Products are listed by their ids; unknown ones are left out.",
        Grade.RECORDED,
        "an exchange of 2026-09; how many: no source",
        "products are looked up 100 at a time",
        _ids,
        {"those that exist": True},
    ),
    Probe(
        "list-archived-prices",
        "A list of prices holds active ones unless it is asked for archived ones.",
        Grade.DOCUMENTED,
        "API reference, prices; by lookup key: no source",
        "prices are read twice, active ones and archived ones",
        _archived_prices,
        {"without a filter": False, "with active=false": True},
    ),
    Probe(
        "list-price-filters",
        "Prices are listed by lookup keys, ten at most, by type and by interval.",
        Grade.RECORDED,
        "an exchange of 2026-09; the limit documented",
        "lookup keys are asked for ten at a time",
        _price_filters,
        {
            "by lookup key": True,
            "by type": True,
            "by interval": True,
            "10 lookup keys": "accepted",
            "11 lookup keys": REFUSED,
        },
    ),
    Probe(
        "list-product-filters",
        "Products are listed by whether they are active, and by when they were made.",
        Grade.DOCUMENTED,
        "API reference, products",
        "whole lists are narrowed where only one side is wanted",
        _product_filters,
        {"among archived ones since a minute ago": True, "among active ones": False},
    ),
)
