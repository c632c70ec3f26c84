"""What a price costs: decimals, tiers, and amounts that customers choose."""

from __future__ import annotations

from tests.live.answers import dig
from tests.live.asking import Asking, sold
from tests.live.facts.prices import MONTHLY, PRICES, TIERED, TIERS, tries_of
from tests.live.probe import REFUSED, Grade, Probe, Seen


def _decimals(ask: Asking) -> Seen:
    product = ask.product()
    fraction, whole = (
        ask.made(PRICES, sold(product, unit_amount=None, unit_amount_decimal=amount))
        for amount in ("123.45", "150.000")
    )
    tries = {
        "12 decimals": {"unit_amount": None, "unit_amount_decimal": "0.000000000001"},
        "13 decimals": {"unit_amount": None, "unit_amount_decimal": "0.0000000000001"},
    }
    return {
        "123.45 as an integer": fraction.get("unit_amount"),
        "123.45 as a decimal": fraction.get("unit_amount_decimal"),
        "150.000 as an integer": whole.get("unit_amount"),
        **tries_of(ask, product, tries),
    }


def _exponent(ask: Asking) -> Seen:
    tries = {
        "1E-7": {"unit_amount": None, "unit_amount_decimal": "1E-7"},
    }
    return tries_of(ask, ask.product(), tries)


def _infinity(ask: Asking) -> Seen:
    price = ask.price(ask.product(), **TIERED, recurring=MONTHLY)
    tiers = ask.get(f"{PRICES}/{price}", expand=["tiers"]).at("tiers")
    return {"first bound": dig(tiers, 0, "up_to"), "last bound": dig(tiers, 1, "up_to")}


def _flat_amount(ask: Asking) -> Seen:
    tries = {
        name: {**TIERED, "recurring": MONTHLY, "tiers": [{"up_to": "inf", "flat_amount_decimal": amount}]}
        for name, amount in (("whole", "250"), ("with a fraction", "250.5"))
    }
    return tries_of(ask, ask.product(), tries)


def _shape_of_tiers(ask: Asking) -> Seen:
    base = {**TIERED, "recurring": MONTHLY}
    tries = {
        "tiers and a package": {**base, "transform_quantity": {"divide_by": 10, "round": "up"}},
        "bounds that do not rise": {**base, "tiers": [TIERS[0], TIERS[0], TIERS[1]]},
        "a last tier with a bound": {**base, "tiers": [TIERS[0]]},
    }
    return tries_of(ask, ask.product(), tries)


def _custom(ask: Asking) -> Seen:
    product = ask.product()
    limits = {"enabled": True, "maximum": 10_000, "minimum": 100, "preset": 500}
    made = ask.made(PRICES, sold(product, unit_amount=None, custom_unit_amount=limits))
    return {
        "limits": made.get("custom_unit_amount") == {"maximum": 10_000, "minimum": 100, "preset": 500},
        "amount": made.get("unit_amount"),
    }


def _custom_minimum(ask: Asking) -> Seen:
    tries = {
        f"a minimum of 0.{least:02} USD": {
            "unit_amount": None,
            "custom_unit_amount": {"enabled": True, "minimum": least},
        }
        for least in (1, 49, 50)
    }
    return tries_of(ask, ask.product(), tries)


def _large(ask: Asking) -> Seen:
    tries = {
        "99999999": {"unit_amount": 99_999_999},
        "100000000": {"unit_amount": 100_000_000},
        "999999999999": {"unit_amount": 999_999_999_999},
    }
    return tries_of(ask, ask.product(), tries)


PROBES = (
    Probe(
        "price-decimals",
        "An amount has 12 decimals at most; one with a fraction reads as null and a decimal string.",
        Grade.RECORDED,
        "123.45 recorded in 2026-09; the rest documented",
        "amounts travel as decimal strings and are compared as numbers",
        _decimals,
        {
            "123.45 as an integer": None,
            "123.45 as a decimal": "123.45",
            "150.000 as an integer": 150,
            "12 decimals": "accepted",
            "13 decimals": REFUSED,
        },
    ),
    Probe(
        "price-exponent",
        "An amount may be written with an exponent.",
        Grade.UNKNOWN,
        "no source; the SDK writes small decimals so",
        "amounts are never sent with an exponent",
        _exponent,
    ),
    Probe(
        "price-last-tier",
        "`inf` of the last tier reads back as null.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "both are the unbounded tier",
        _infinity,
        {"first bound": 5, "last bound": None},
    ),
    Probe(
        "price-flat-amount",
        "The flat part of a tier is a whole number of minor units.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "`validate` refuses a fraction",
        _flat_amount,
        {"whole": "accepted", "with a fraction": REFUSED},
    ),
    Probe(
        "price-tiers-shape",
        "Tiers do not go with packages, rise, and end unbounded.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "`validate` refuses others",
        _shape_of_tiers,
        {
            "tiers and a package": REFUSED,
            "bounds that do not rise": REFUSED,
            "a last tier with a bound": REFUSED,
        },
    ),
    Probe(
        "price-custom",
        "Where customers choose, the limits read back and the amount is null.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "`charge: custom` reads back as it was written",
        _custom,
        {"limits": True, "amount": None},
    ),
    Probe(
        "price-custom-minimum",
        "A custom amount may have a minimum below the least charge.",
        Grade.UNKNOWN,
        "no source",
        "a warning at `validate`; Stripe has the last word",
        _custom_minimum,
    ),
    Probe(
        "price-large",
        "An amount has eight digits at most.",
        Grade.UNKNOWN,
        "documented of charges, not of prices",
        "a warning at `validate`; Stripe has the last word",
        _large,
    ),
)
