"""What sells prices: payment links and subscriptions, without anything being charged."""

from __future__ import annotations

from tests.live.answers import dig
from tests.live.asking import Asking
from tests.live.facts.prices import MONTHLY, PRICES
from tests.live.facts.products import PRODUCTS
from tests.live.probe import REFUSED, Grade, Probe, Seen

LINKS = "/v1/payment_links"
SUBSCRIPTIONS = "/v1/subscriptions"


def _switched(ask: Asking, path: str, link: object) -> Seen:
    """The link before its price or product is archived, after that, and after it came back."""
    before = ask.get(f"{LINKS}/{link}").at("active")
    ask.post(path, {"active": False})
    archived = ask.get(f"{LINKS}/{link}").at("active")
    ask.post(path, {"active": True})
    return {
        "before": before,
        "after": archived,
        "after it was brought back": ask.get(f"{LINKS}/{link}").at("active"),
    }


def _archived_price(ask: Asking) -> Seen:
    price = ask.price(ask.product())
    return _switched(ask, f"{PRICES}/{price}", ask.link(price)["id"])


def _archived_product(ask: Asking) -> Seen:
    product = ask.product()
    return _switched(ask, f"{PRODUCTS}/{product}", ask.link(ask.price(product))["id"])


def _link_of_archived(ask: Asking) -> Seen:
    price = ask.price(ask.product())
    link = ask.link(price)["id"]
    ask.post(f"{PRICES}/{price}", {"active": False})
    back = ask.post(f"{LINKS}/{link}", {"active": True})
    return {"made active while its price is archived": back.outcome}


def _lines(ask: Asking) -> Seen:
    link = ask.link(ask.price(ask.product()))
    read = ask.get(f"{LINKS}/{link['id']}", expand=["line_items"])
    return {
        "unexpanded": "line_items" in link,
        "expanded": isinstance(read.at("line_items", "data"), list),
        "by their own list": len(ask.get(f"{LINKS}/{link['id']}/line_items").rows),
    }


def _currencies(ask: Asking) -> Seen:
    product, customer = ask.product(), ask.customer()
    prices = [ask.price(product, currency=code, recurring=MONTHLY) for code in ("usd", "eur")]
    lines = [{"price": price, "quantity": 1} for price in prices]
    items = [{"price": price} for price in prices]
    trial = {"customer": customer, "items": items, "trial_period_days": 1}
    return {
        "a payment link": ask.post(LINKS, {"line_items": lines}).outcome,
        "a subscription": ask.post(SUBSCRIPTIONS, trial).outcome,
    }


def _inline(ask: Asking) -> Seen:
    product = ask.product()
    inline = {"currency": "usd", "unit_amount": 500, "product": product}
    link = ask.made(LINKS, {"line_items": [{"price_data": inline, "quantity": 1}]})
    price = dig(
        ask.get(f"{LINKS}/{link['id']}", expand=["line_items"]).body, "line_items", "data", 0, "price"
    )
    price_id = dig(price, "id")
    listed = [ask.get(PRICES, product=product, active=active).ids for active in (True, False)]
    return {
        "active": dig(price, "active"),
        "among active prices": price_id in listed[0],
        "among archived prices": price_id in listed[1],
    }


def _archived_item(ask: Asking) -> Seen:
    price = ask.price(ask.product(), recurring=MONTHLY, active=False)
    sent = {"customer": ask.customer(), "items": [{"price": price}], "trial_period_days": 1}
    return {"an archived price": ask.post(SUBSCRIPTIONS, sent).outcome}


def _items(ask: Asking) -> Seen:
    product, customer = ask.product(), ask.customer()
    items = [{"price": ask.price(product, recurring=MONTHLY)} for _ in range(21)]
    trial = {"customer": customer, "trial_period_days": 1}
    return {
        "21 items": ask.post(SUBSCRIPTIONS, {**trial, "items": items}).outcome,
        "20 items": ask.post(SUBSCRIPTIONS, {**trial, "items": items[:20]}).outcome,
    }


def _intervals(ask: Asking) -> Seen:
    product, customer = ask.product(), ask.customer()
    items = [{"price": ask.price(product, recurring={"interval": unit})} for unit in ("month", "year")]
    trial = {"customer": customer, "items": items, "trial_period_days": 1}
    modes = {mode: {**trial, "billing_mode": {"type": mode}} for mode in ("classic", "flexible")}
    tries = {"without a billing mode": trial, **modes}
    return ask.outcomes(SUBSCRIPTIONS, tries)


PROBES = (
    Probe(
        "link-archived-price",
        "Archiving a price deactivates the payment links that use it; that coming back revives them is open.",
        Grade.DOCUMENTED,
        "Stripe's guide to payment links; coming back: no source",
        "the plan says which links stop working; undoing promises nothing",
        _archived_price,
        {"before": True, "after": False},
    ),
    Probe(
        "link-archived-product",
        "Archiving a product deactivates the links to its prices; that coming back revives them is open.",
        Grade.DOCUMENTED,
        "Stripe's guide to payment links; coming back: no source",
        "the plan says which links stop working; undoing promises nothing",
        _archived_product,
        {"before": True, "after": False},
    ),
    Probe(
        "link-reactivation",
        "A payment link whose price is archived can be made active.",
        Grade.UNKNOWN,
        "no source",
        "links are never changed",
        _link_of_archived,
    ),
    Probe(
        "link-lines",
        "The lines of a payment link are left out unless expanded, and have a list of their own.",
        Grade.DOCUMENTED,
        "API reference, payment links",
        "links that lead to a price are found by their lines",
        _lines,
        {"unexpanded": False, "expanded": True, "by their own list": 1},
    ),
    Probe(
        "purchase-currency",
        "All prices of one purchase share a currency.",
        Grade.DOCUMENTED,
        "Stripe's guide to multi-currency prices",
        "`validate` refuses an offer with two base currencies",
        _currencies,
        {"a payment link": REFUSED, "a subscription": REFUSED},
    ),
    Probe(
        "price-inline",
        "Prices that are made inline are inactive and left out of lists.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "they are no part of a catalog and no stranger in one",
        _inline,
        {"active": False, "among active prices": False, "among archived prices": False},
    ),
    Probe(
        "subscription-archived-price",
        "An archived price takes no new subscription.",
        Grade.DOCUMENTED,
        "API reference, subscriptions",
        "no moment of an apply lacks an active price",
        _archived_item,
        {"an archived price": REFUSED},
    ),
    Probe(
        "subscription-items",
        "A subscription has 20 items at most.",
        Grade.UNKNOWN,
        "from memory",
        "`validate` refuses an offer with more recurring prices",
        _items,
    ),
    Probe(
        "subscription-intervals",
        "Items of a subscription share an interval unless its billing mode is flexible.",
        Grade.UNKNOWN,
        "from memory",
        "an offer with several intervals is told",
        _intervals,
    ),
)
