"""Tiers and currency options of prices."""

from __future__ import annotations

from collections.abc import Sequence

from stripectl.providers.shadow.errors import invalid, missing, refuse
from stripectl.providers.shadow.fields import amount, key_currency, minimum, spelled, whole_units
from stripectl.providers.shadow.objects import Object, Value
from stripectl.providers.shadow.parameters import Parameters

WITHOUT_AMOUNT = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."


def read_tiers(params: Parameters, code: str) -> list[Value]:
    """The `tiers` of a price or of a currency option, in the currency `code`, as they are answered.

    Raises for tiers that are not in order, for a last one that is bounded and for one without an amount.
    """
    sent = params.records("tiers")
    if not sent:
        raise missing(params.name("tiers"))
    _check_bounds(sent)
    return [_tier(tier, code) for tier in sent]


def _check_bounds(tiers: Sequence[Parameters]) -> None:
    *others, last = tiers
    if last.text("up_to") != "inf":
        raise refuse("The last tier must have `up_to` set to `inf`.", last.name("up_to"))
    before = 0
    for tier in others:
        bound = tier.integer("up_to")
        if bound is None:
            raise refuse("Only the last tier can have `up_to` set to `inf`.", tier.name("up_to"))
        if bound <= before:
            raise refuse("Tiers must have increasing `up_to` values, starting above 0.", tier.name("up_to"))
        before = bound


def _tier(params: Parameters, code: str) -> Value:
    flat = amount(params, "flat_amount", code, whole=True)
    unit = amount(params, "unit_amount", code)
    if flat is None and unit is None:
        raise refuse("Each tier needs a `unit_amount`, a `flat_amount` or both.", params.name())
    return {
        **spelled("flat_amount", flat),
        **spelled("unit_amount", unit),
        "up_to": params.integer("up_to"),
    }


def read_custom(params: Parameters, code: str) -> Value:
    """The `custom_unit_amount` of a price or of a currency option, in the currency `code`, or null."""
    sent = params.record("custom_unit_amount")
    if sent is None:
        return None
    if not sent.flag("enabled"):
        raise invalid(
            "`enabled` must be true; leave out `custom_unit_amount` otherwise.", sent.name("enabled")
        )
    low, preset, high = (sent.integer(name) for name in ("minimum", "preset", "maximum"))
    for name, value in (("minimum", low), ("preset", preset), ("maximum", high)):
        minimum(value, 0, sent.name(name))
        whole_units(value, code, sent.name(name))
    known = [value for value in (low, preset, high) if value is not None]
    if known != sorted(known):
        raise refuse("`minimum`, `preset` and `maximum` must stand in increasing order.", sent.name("preset"))
    return {"maximum": high, "minimum": low, "preset": preset}


def read_options(params: Parameters, base: Object) -> Object:
    """The `currency_options` that were sent for a price, as they are answered.

    An option has the shape of its price: tiers with the same bounds (that they must be the same is
    unverified), one amount, or a custom amount.
    """
    options: Object = {}
    for option in params.entries("currency_options").values():
        key = key_currency(option)
        if key == base["currency"]:
            raise refuse(
                f"The price's own currency ({key}) cannot be one of its `currency_options`.", option.name()
            )
        options[key] = _option(option, base, key)
    return options


def _option(params: Parameters, base: Object, code: str) -> Object:
    expected = shape(base)
    tiered, custom = "tiers" in params, "custom_unit_amount" in params
    sent = "tiers" if tiered else "custom_unit_amount" if custom else "unit_amount"
    unit = amount(params, "unit_amount", code)
    if sent != expected or ((tiered or custom) and unit is not None) or (tiered and custom):
        raise refuse(
            f"Each currency option of this price needs `{expected}` and nothing else.", params.name()
        )
    if expected == "unit_amount" and unit is None:
        raise refuse(WITHOUT_AMOUNT)
    option: Object = {
        "custom_unit_amount": read_custom(params, code),
        "tax_behavior": params.text("tax_behavior") or base["tax_behavior"],
        **spelled("unit_amount", unit),
    }
    if tiered:
        option["tiers"] = read_tiers(params, code)
        if bounds(option["tiers"]) != bounds(base.get("tiers")):
            raise refuse("Tiers must end at the same `up_to` in every currency.", params.name("tiers"))
    return option


def shape(price: Object) -> str:
    """The parameter that says what a price costs."""
    if price["billing_scheme"] == "tiered":
        return "tiers"
    return "unit_amount" if price["custom_unit_amount"] is None else "custom_unit_amount"


def bounds(tiers: Value) -> list[Value]:
    """Where each tier ends; null is the unbounded one."""
    return [tier["up_to"] for tier in tiers if isinstance(tier, dict)] if isinstance(tiers, list) else []
