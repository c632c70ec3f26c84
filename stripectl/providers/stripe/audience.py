"""Who stays on a price: subscriptions counted, and what they pay in an average month. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_CEILING, Decimal, localcontext

from stripectl.engine.plan import Audience
from stripectl.providers.stripe.answers import reading
from stripectl.providers.stripe.wire import Answer, listed, mapping, read, scalar, whole

MONTHS: Mapping[str, Decimal] = {
    "day": Decimal(12) / Decimal(365),
    "week": Decimal(84) / Decimal(365),
    "month": Decimal(1),
    "year": Decimal(12),
}
"""Interval -> average months in it."""


def audience(price: str, subscriptions: Iterable[Answer], *, more: bool) -> Audience:
    """Of the subscriptions that a list gave for a price; `more` says that there are others."""
    count, sums = 0, dict[str, Decimal]()
    depends = False
    for subscription in subscriptions:
        count += 1
        with reading(subscription):
            for item in _items(subscription, price):
                paid = _monthly(item)
                if paid is None:
                    depends = True
                    continue
                currency = str(subscription.get("currency") or _price(item).get("currency"))
                sums[currency] = sums.get(currency, Decimal(0)) + paid
    return Audience(count, more, None if depends else {key: sums[key] for key in sorted(sums)})


def _items(subscription: Answer, price: str) -> Iterator[Answer]:
    items = map(mapping, listed(mapping(subscription.get("items")).get("data")))
    yield from (each for each in items if _price(each).get("id") == price)


def _price(item: Answer) -> Answer:
    return mapping(item.get("price"))


def _monthly(item: Answer) -> Decimal | None:
    """Minor units a month, exact but for the length of months; None for tiers and usage."""
    price = _price(item)
    amount = read("unit_amount_decimal", price.get("unit_amount_decimal"))
    match price.get("recurring"), item.get("quantity"):
        case {"interval": str(interval), "interval_count": int(count), "usage_type": "licensed"}, int(
            quantity
        ):
            if not isinstance(amount, Decimal) or price.get("billing_scheme") != "per_unit":
                return None
            with localcontext(prec=50):
                scalar("interval", interval)
                whole("quantity", quantity)
                return (
                    amount * _units(price, quantity) / (MONTHS[interval] * whole("interval_count", count, 1))
                )
    return None


def _units(price: Answer, quantity: int) -> Decimal:
    """What is charged of a quantity: packages, where the price has them."""
    match price.get("transform_quantity"):
        case {"divide_by": int(size), "round": "up"}:
            whole("divide_by", size, 1)
            return (Decimal(quantity) / size).to_integral_value(ROUND_CEILING)
        case {"divide_by": int(size)}:
            whole("divide_by", size, 1)
            return Decimal(quantity // size)
    return Decimal(quantity)
