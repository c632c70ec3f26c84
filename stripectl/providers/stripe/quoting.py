"""What a basket comes to by the objects of a state: declared, recorded or observed ones alike. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from stripectl.engine.quotes import Basket
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Fields, Ref, Value
from stripectl.pricing.model import Package, Period, Rounding, Unit
from stripectl.pricing.quote import Bill, Line, Mode, Rate, RateTier, Reduction, billed, priced
from stripectl.providers.stripe.kinds import COUPON

ZERO = Decimal(0)


def currencies(price: Resource) -> tuple[str, ...]:
    """Every currency that a price is sold in, the base currency first."""
    base = price.fields.get("currency")
    return tuple(dict.fromkeys((*_texts((base,)), *_mapping(price.fields.get("currency_options")))))


def rate(price: Resource, currency: str) -> Rate | None:
    """What a price asks for in one currency; None where it is not sold in it."""
    fields = price.fields
    if currency not in currencies(price):
        return None
    options = _mapping(fields.get("currency_options"))
    own = fields if fields.get("currency") == currency else _mapping(options.get(currency))
    return Rate(
        currency,
        _tiers(own),
        mode=Mode(str(fields.get("tiers_mode") or Mode.GRADUATED)),
        package=_package(_mapping(fields.get("transform_quantity"))),
        every=_period(_mapping(fields.get("recurring"))),
        chosen=bool(own.get("custom_unit_amount")),
    )


def _tiers(fields: Fields) -> tuple[RateTier, ...]:
    """The tiers of a price or of one of its currency options; one alone where it has none."""
    tiers = fields.get("tiers")
    if isinstance(tiers, tuple) and tiers:
        return tuple(_tier(_mapping(each)) for each in tiers)
    chosen = _mapping(fields.get("custom_unit_amount"))
    suggested = chosen.get("preset", chosen.get("minimum"))
    return (RateTier(None, _number(suggested if chosen else fields.get("unit_amount"))),)


def _tier(fields: Fields) -> RateTier:
    up_to = fields.get("up_to")
    return RateTier(
        up_to if isinstance(up_to, int) else None,
        _number(fields.get("unit_amount")),
        _number(fields.get("flat_amount")),
    )


def _package(fields: Fields) -> Package | None:
    size = fields.get("divide_by")
    return Package(size, Rounding(str(fields.get("round")))) if isinstance(size, int) else None


def _period(recurring: Fields) -> Period | None:
    count = recurring.get("interval_count")
    unit = recurring.get("interval")
    return Period(Unit(str(unit)), count if isinstance(count, int) else 1) if unit else None


def meter(price: Resource) -> str | None:
    """Address of the meter that measures what the price charges for; None for one bought by quantity."""
    found = _mapping(price.fields.get("recurring")).get("meter")
    return str(found) if isinstance(found, Ref | str) else None


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


def bill(basket: Basket, state: State, currency: str) -> Bill | None:
    """What the basket comes to; None where something of it cannot be bought, or not in the currency."""
    lines = [_line(basket, state.get(address), currency) for address in prices(basket, state) or ()]
    sound = [each for each in lines if each]
    if not lines or len(sound) < len(lines):
        return None
    return billed(currency, sound, _reductions(basket, state, currency))


def _line(basket: Basket, price: Resource | None, currency: str) -> Line | None:
    found = rate(price, currency) if price and price.active else None
    return priced(price.address, found, quantity(basket, price)) if price and found else None


def quantity(basket: Basket, price: Resource) -> int:
    """How much of a price the basket holds: what was measured for a metered one, else how many are bought."""
    measured_by = meter(price)
    if measured_by is not None:
        return basket.usage.get(measured_by, 0)
    return basket.quantities.get(price.address, 1)


def _reductions(basket: Basket, state: State, currency: str) -> Iterable[Reduction]:
    for address in basket.discounts:
        coupon = state.get(address)
        if coupon and (found := reduction(coupon, state, currency)):
            yield found


def reduction(coupon: Resource, state: State, currency: str) -> Reduction | None:
    """The discount that a coupon gives in one currency; None where it has no amount in it."""
    fields = coupon.fields
    option = _mapping(_mapping(fields.get("currency_options")).get(currency))
    amount = (fields if fields.get("currency") == currency else option).get("amount_off")
    percent = fields.get("percent_off")
    if amount is None and percent is None:
        return None
    months = fields.get("duration_in_months")
    duration = COUPON.fields["duration"]
    return Reduction(
        coupon.address,
        percent=None if percent is None else _number(percent),
        amount=None if amount is None else _number(amount),
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


def _number(value: Value) -> Decimal:
    return Decimal(value) if isinstance(value, int | Decimal) else ZERO


def _mapping(value: Value) -> Fields:
    return value if isinstance(value, Mapping) else {}


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(each for each in values if isinstance(each, str))


def _names(value: object) -> tuple[str, ...]:
    return _texts(value) if isinstance(value, list) else ()
