"""What a basket comes to by the objects of a state: declared, recorded or observed ones alike. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from stripectl.engine.quotes import Basket, Sale
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value
from stripectl.pricing.quote import Bill, Line, Reduction, billed, priced
from stripectl.providers.stripe.kinds import COUPON
from stripectl.providers.stripe.rates import mapping, meter, number, rate, texts


def prices(basket: Basket, state: State) -> tuple[str, ...] | None:
    """Addresses of all that a basket buys, each once; None where its offer is not in the state."""
    sold: tuple[str, ...] = ()
    if basket.offer is not None:
        facts = offer_facts(state, basket.offer)
        if facts is None:
            return None
        sold = tuple(f"price.{name}" for key in ("prices", "setup") for name in _names(facts.get(key)))
    return tuple(dict.fromkeys((*sold, *basket.prices)))


def offer_facts(state: State, address: str) -> Mapping[str, object] | None:
    """What is noted of an offer: the references of its prices under `prices` and `setup`, and more."""
    held = state.get(address)
    try:
        value = json.loads(str(held.fields.get("value"))) if held else None
    except ValueError:
        # Somebody wrote something else under the key: there is no offer to be read from it.
        return None
    return value if isinstance(value, dict) else None


def bill(basket: Basket, sale: Sale, currency: str) -> Bill | None:
    """What the basket comes to; None where something of it cannot be bought, or not in the currency."""
    addresses = prices(basket, sale.state) or ()
    lines = [_line(basket, sale.state, address, currency) for address in addresses]
    sound = [line for line in lines if line]
    if not lines or len(sound) < len(lines):
        return None
    return billed(currency, sound, _reductions(basket, sale, currency))


def _line(basket: Basket, state: State, address: str, currency: str) -> Line | None:
    price = state.get(address)
    if price is None or not is_sold(price, state):
        return None
    found = rate(price.fields, currency)
    return priced(price.address, found, quantity(basket, price)) if found else None


def is_sold(price: Resource, state: State) -> bool:
    """It can be newly bought: the price and its product are in use."""
    match price.fields.get("product"):
        case Ref(address):
            product = state.get(address)
            return price.active and product is not None and product.active
        case _:
            return price.active


def quantity(basket: Basket, price: Resource) -> int:
    """How much of a price the basket holds: what was measured for a metered one, else how many are bought."""
    measured_by = meter(price.fields)
    if measured_by is not None:
        return basket.usage.get(measured_by, 0)
    return basket.quantities.get(price.address, 1)


def _reductions(basket: Basket, sale: Sale, currency: str) -> Iterable[Reduction]:
    for address in dict.fromkeys((*basket.discounts, *automatic(basket, sale))):
        coupon = sale.state.get(address)
        if coupon and coupon.active and (found := reduction(coupon, sale.state, currency)):
            yield found


def automatic(basket: Basket, sale: Sale) -> tuple[str, ...]:
    """Addresses of what comes off the basket by itself: what its offer names, and what no offer does."""
    named = {
        item.address: {
            f"discount.{name}"
            for name in _names((offer_facts(sale.state, item.address) or {}).get("discounts"))
        }
        for item in sale.state
        if item.address.startswith("offer.")
    }
    elsewhere = set().union(*(names for offer, names in named.items() if offer != basket.offer))
    own = named.get(basket.offer or "", set())
    return tuple(address for address in sale.automatic if address in own or address not in elsewhere)


def reduction(coupon: Resource, state: State, currency: str) -> Reduction | None:
    """The discount that a coupon gives in one currency; None where it has no amount in it."""
    fields = coupon.fields
    option = mapping(mapping(fields.get("currency_options")).get(currency))
    amount = (fields if fields.get("currency") == currency else option).get("amount_off")
    percent = fields.get("percent_off")
    if amount is None and percent is None:
        return None
    months = fields.get("duration_in_months")
    duration = COUPON.fields["duration"]
    return Reduction(
        coupon.address,
        percent=None if percent is None else number(percent),
        amount=None if amount is None else number(amount),
        only=_of_products(fields.get("applies_to"), state),
        months=months if isinstance(months, int) else None,
        once=fields.get(duration.name, duration.default) == "once",
    )


def _of_products(products: Value, state: State) -> frozenset[str] | None:
    """Addresses of the prices of some products; None where nothing is said."""
    if not isinstance(products, tuple) or not products:
        return None
    named = {str(each) for each in products}
    return frozenset(
        each.address for each in state if each.kind == "price" and str(each.fields.get("product")) in named
    )


def _names(value: object) -> tuple[str, ...]:
    return texts(value) if isinstance(value, list) else ()
