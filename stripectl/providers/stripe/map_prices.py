"""Prices: every way of charging in every currency, allowances as tiers, trials as bindings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from stripectl.engine.values import Fields, Ref, Value
from stripectl.pricing.model import Charge, Price, TaxBehavior, Tier, place
from stripectl.pricing.money import to_minor
from stripectl.providers.stripe.bindings import binding
from stripectl.providers.stripe.names import lookup_key
from stripectl.providers.stripe.rules import (
    Loss,
    Part,
    Rule,
    Scope,
    approximate,
    copy,
    not_sent_either,
    unsupported,
)

ZERO = Decimal(0)


def whole(minor: Decimal) -> int | Decimal:
    """An int where the number is whole; the limits refuse what is not and has to be."""
    return int(minor) if minor == minor.to_integral_value() else minor


def _product(price: Price, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"product": Ref(f"product.{price.product}")})


def _amounts(price: Price, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if price.included and not price.amount:
        return Part(losses=(_NO_OVERAGE,))
    if not price.currencies:
        return Part()
    base, *others = price.currencies
    options = {currency: {**_charge(price, currency), **_tax(price, currency)} for currency in others}
    fields = {"currency": base, **_charge(price, base), **_scheme(price), "currency_options": options}
    return Part(fields, _beyond_the_allowance(price))


def _tax(price: Price, currency: str) -> Fields:
    """What an option says of tax; where only the base currency is decided, that this one is not."""
    decided = {price.tax_in(each) for each in (currency, price.currencies[0])} - {TaxBehavior.UNSPECIFIED}
    return {"tax_behavior": price.tax_in(currency).value} if decided else {}


def _base_tax(price: Price, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"tax_behavior": price.tax_in(price.currencies[0]).value} if price.currencies else {})


def _scheme(price: Price) -> Fields:
    """What the currencies have in common."""
    if price.included or price.charge in _TIERED:
        mode = Charge.VOLUME if price.charge is Charge.VOLUME else Charge.GRADUATED
        return {"billing_scheme": "tiered", "tiers_mode": mode.value}
    if price.package:
        packed = {"divide_by": price.package.size, "round": price.package.round.value}
        return {"transform_quantity": packed}
    return {}


def _charge(price: Price, currency: str) -> Fields:
    """What the price charges in one currency, in minor units."""
    return _allowance(price, currency) if price.included else _CHARGES[price.charge](price, currency)


def _allowance(price: Price, currency: str) -> Fields:
    """Included quantity as a first tier at nothing; the amount is charged from the next unit on."""
    included = price.included.quantity if price.included else 0
    overage: Fields = {"up_to": None, "unit_amount": _minor(price.amount, currency)}
    free: Fields = {"up_to": included, "unit_amount": ZERO}
    return {"tiers": (free, overage) if included else (overage,)}


def _unit(price: Price, currency: str) -> Fields:
    return {"unit_amount": _minor(price.amount, currency)}


def _tiers(price: Price, currency: str) -> Fields:
    return {"tiers": tuple(_tier(tier, currency) for tier in price.tiers)}


def _tier(tier: Tier, currency: str) -> Fields:
    flat = _minor(tier.flat, currency)
    fields: Fields = {"up_to": tier.up_to, "unit_amount": _minor(tier.amount, currency)}
    return {**fields, "flat_amount": flat} if flat else fields


def _custom(price: Price, currency: str) -> Fields:
    custom = price.custom
    bounds = {"minimum": custom.minimum, "maximum": custom.maximum, "preset": custom.preset} if custom else {}
    chosen: dict[str, Value] = {
        name: whole(to_minor(amounts[currency], currency))
        for name, amounts in bounds.items()
        if currency in amounts
    }
    return {"custom_unit_amount": chosen}


def _minor(amounts: Mapping[str, Decimal], currency: str) -> Decimal:
    return to_minor(amounts.get(currency, ZERO), currency)


_TIERED = frozenset({Charge.GRADUATED, Charge.VOLUME})

_CHARGES: Mapping[Charge, Callable[[Price, str], Fields]] = {
    # A flat price is one that is sold once: Stripe multiplies both by the quantity on the subscription.
    Charge.FLAT: _unit,
    Charge.PER_UNIT: _unit,
    Charge.PACKAGE: _unit,
    Charge.GRADUATED: _tiers,
    Charge.VOLUME: _tiers,
    Charge.CUSTOM: _custom,
}

_NO_OVERAGE = unsupported(
    "allowance-without-overage",
    "An allowance with no amount for what goes beyond it would have to stop usage, which Stripe cannot do.",
    ("included",),
)


def _beyond_the_allowance(price: Price) -> tuple[Loss, ...]:
    included = price.included
    asked = (
        (bool(included and included.rollover), "rollover", _ROLLOVER),
        (bool(included and included.pooled), "pooled", _POOLED),
    )
    return tuple(
        approximate(code, detail, ("included", name)) for wanted, name, (code, detail) in asked if wanted
    )


_ROLLOVER = (
    "allowance-rollover",
    "Unused quantity is not carried over: the allowance starts anew with every billing period.",
)
_POOLED = (
    "allowance-pooled",
    "The allowance counts for each subscription item by itself and is not shared between them.",
)


def _recurring(price: Price, scope: Scope) -> Part:
    fields: dict[str, Value] = {}
    losses: tuple[Loss, ...] = ()
    if price.every:
        fields = {"interval": price.every.unit.value}
        if price.every.count != 1:
            fields["interval_count"] = price.every.count
    if price.legacy_trial_days:
        fields["trial_period_days"] = price.legacy_trial_days
    if price.meter:
        meter = f"meter.{price.meter}"
        fields["meter"] = Ref(meter)
        causes = scope.follows(meter)
        losses = (not_sent_either(meter, causes),) if causes else ()
    return Part({"recurring": fields or None}, losses)


def _trial(price: Price, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    if not price.trial_days:
        return Part()
    address = f"trial.{price.reference}"
    source = place(price, ("trial_days",))
    trial = binding(address, price.address, {"days": price.trial_days}, source, origin=price.address)
    return Part(losses=(trial_at_checkout(price.trial_days),), beside=(trial,))


def trial_at_checkout(days: int) -> Loss:
    """A trial is a property of a subscription; all that a catalog can hold of it is the number of days."""
    return approximate(
        "trial-at-checkout",
        f"Stripe starts a trial with a subscription, not with a price: checkout has to ask for {days} days,"
        " which are kept in metadata for it.",
        ("trial_days",),
    )


def _lookup_key(price: Price, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
    return Part({"lookup_key": lookup_key(price)})


PRICE: tuple[Rule[Price], ...] = (
    Rule(("product",), _product, ("product",)),
    Rule(
        ("charge", "amount", "included", "tiers", "package", "custom"),
        _amounts,
        (
            "currency",
            "unit_amount",
            "billing_scheme",
            "tiers_mode",
            "tiers",
            "transform_quantity",
            "custom_unit_amount",
            "currency_options",
        ),
    ),
    Rule(("every", "meter", "legacy_trial_days"), _recurring, ("recurring",)),
    Rule(("tax_behavior",), _base_tax, ("tax_behavior",)),
    Rule(("trial_days",), _trial),
    Rule(("lookup_key",), _lookup_key, ("lookup_key",)),
    copy("nickname"),
    copy("active"),
    copy("metadata"),
)
