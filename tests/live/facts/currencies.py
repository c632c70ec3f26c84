"""Currencies: options of a price, their tiers, and minor units."""

from __future__ import annotations

from stripectl.providers.stripe.amount_limits import UNSUPPORTED
from tests.live.answers import dig
from tests.live.asking import Asking, Tries, sold
from tests.live.facts.prices import MONTHLY, PRICES, TIERED, TIERS, tries_of
from tests.live.probe import REFUSED, Grade, Probe, Seen

OPTIONS = "currency_options"
EUROS = {"eur": {"unit_amount": 450}}


def _tiers_by_currency(ask: Asking) -> Seen:
    product = ask.product()
    options = {code: {"tiers": TIERS} for code in ("eur", "gbp")}
    price = ask.price(product, **TIERED, recurring=MONTHLY, currency_options=options)
    whole = ask.get(f"{PRICES}/{price}", expand=[OPTIONS, f"{OPTIONS}.tiers"])
    euros = ask.get(f"{PRICES}/{price}", expand=[f"{OPTIONS}.eur.tiers"])
    listed = ask.get(PRICES, product=product, expand=[f"data.{OPTIONS}.eur.tiers"])
    return {
        "asked for currency_options.tiers": whole.outcome,
        "currency_options.tiers gives tiers": dig(whole.body, OPTIONS, "eur", "tiers") != "absent",
        "currency_options.eur.tiers gives those of eur": dig(euros.body, OPTIONS, "eur", "tiers") != "absent",
        "currency_options.eur.tiers gives those of gbp": dig(euros.body, OPTIONS, "gbp", "tiers") != "absent",
        "in a list": dig(listed.body, "data", 0, OPTIONS, "eur", "tiers") != "absent",
    }


def _expansions(ask: Asking) -> Seen:
    product = ask.product()
    price = ask.price(product, currency_options=EUROS)
    codes = "aed aud brl cad chf czk dkk eur gbp hkd huf ils inr jpy krw mxn myr nok nzd php pln sek sgd thb"
    many = [f"{OPTIONS}.{code}.tiers" for code in codes.split()]
    deep = ["data.product.default_price.product.default_price"]
    return {
        "a currency that the price lacks": ask.get(
            f"{PRICES}/{price}", expand=[f"{OPTIONS}.gbp.tiers"]
        ).outcome,
        "a currency that does not exist": ask.get(
            f"{PRICES}/{price}", expand=[f"{OPTIONS}.zzz.tiers"]
        ).outcome,
        f"{len(many)} at once": ask.get(f"{PRICES}/{price}", expand=many).outcome,
        "five levels": ask.get(PRICES, product=product, expand=deep).outcome,
    }


def _base_option(ask: Asking) -> Seen:
    product = ask.product()
    made = ask.made(PRICES, sold(product, currency_options=EUROS, expand=[OPTIONS]))
    options = made.get(OPTIONS)
    sent = {"usd": {"unit_amount": 500}, **EUROS}
    return {
        "currencies": [*sorted(options)] if isinstance(options, dict) else None,
        "amount of the base": dig(options, "usd", "unit_amount"),
        "the base currency sent as an option": ask.post(PRICES, sold(product, currency_options=sent)).outcome,
    }


def _added(ask: Asking) -> Seen:
    price = ask.price(ask.product(), currency_options=EUROS)
    path = f"{PRICES}/{price}"
    added = ask.post(path, {OPTIONS: {"gbp": {"unit_amount": 400}}, "expand": [OPTIONS]})
    again = ask.post(path, {OPTIONS: {"eur": {"unit_amount": 999}}, "expand": [OPTIONS]})
    cleared = ask.post(path, {OPTIONS: "", "expand": [OPTIONS]})
    return {
        "the old one, after another was added": added.at(OPTIONS, "eur", "unit_amount"),
        "the added one": added.at(OPTIONS, "gbp", "unit_amount"),
        "another amount for an old one": again.outcome,
        "its amount after that": again.at(OPTIONS, "eur", "unit_amount") if again.ok else None,
        "an empty string for all": cleared.outcome,
        "euros after that": cleared.at(OPTIONS, "eur") if cleared.ok else None,
    }


def _upper_case(ask: Asking) -> Seen:
    sent = {"EUR": {"unit_amount": 450}}
    coupon = {"amount_off": 500, "currency": "usd", "duration": "once"}
    options = {"EUR": {"amount_off": 4}}
    return {
        "of a price": ask.post(PRICES, sold(ask.product(), currency_options=sent)).outcome,
        "of a coupon": ask.post("/v1/coupons", {**coupon, OPTIONS: options}).outcome,
        "as the currency of a price": ask.post(PRICES, sold(ask.product(), currency="USD")).outcome,
    }


def _other_shape(ask: Asking) -> Seen:
    product = ask.product()
    bounds = [{"up_to": 9, "unit_amount": 500}, {"up_to": "inf", "unit_amount": 400}]
    tiered = {**TIERED, "recurring": MONTHLY}
    tries = {
        "tiers with other bounds": {**tiered, OPTIONS: {"eur": {"tiers": bounds}}},
        "one amount for a price in tiers": {**tiered, OPTIONS: EUROS},
    }
    return tries_of(ask, product, tries)


def _tax_by_currency(ask: Asking) -> Seen:
    options = {"eur": {"unit_amount": 450, "tax_behavior": "inclusive"}}
    made = ask.made(
        PRICES, sold(ask.product(), tax_behavior="exclusive", currency_options=options, expand=[OPTIONS])
    )
    return {
        "of eur": dig(made, OPTIONS, "eur", "tax_behavior"),
        "of the price": made.get("tax_behavior"),
    }


def _two_zeros(ask: Asking) -> Seen:
    product = ask.product()
    amounts = (("ugx", 500), ("ugx", 550), ("isk", 500), ("isk", 550))
    of_prices: Tries = {
        f"{amount} {code}": {"currency": code, "unit_amount": amount} for code, amount in amounts
    }
    off = {"amount_off": 550, "currency": "ugx", "duration": "once"}
    return {
        **tries_of(ask, product, {**of_prices, **_fractions(ask)}),
        "550 ugx off": ask.post("/v1/coupons", off).outcome,
    }


def _fractions(ask: Asking) -> Tries:
    """Prices with half a shilling that is not what is charged at once."""
    by_usage = {"interval": "month", "usage_type": "metered", "meter": ask.meter()["id"]}
    tiers = [{"up_to": "inf", "unit_amount": 550}]
    chosen = {"enabled": True, "minimum": 550}
    tries: Tries = {
        "550 ugx for usage": {"unit_amount": 550, "recurring": by_usage},
        "550 ugx in a tier": {**TIERED, "tiers": tiers, "recurring": MONTHLY},
        "550 ugx at least": {"unit_amount": None, "custom_unit_amount": chosen},
    }
    return {name: {**sent, "currency": "ugx"} for name, sent in tries.items()}


def _unsupported(ask: Asking) -> Seen:
    return tries_of(ask, ask.product(), {code: {"currency": code} for code in sorted(UNSUPPORTED)})


def _three_decimals(ask: Asking) -> Seen:
    product = ask.product()
    amounts = (1000, 1005)
    return tries_of(
        ask, product, {f"{amount} kwd": {"currency": "kwd", "unit_amount": amount} for amount in amounts}
    )


def _no_decimals(ask: Asking) -> Seen:
    product = ask.product()
    tries: Tries = {
        "500 jpy": {"currency": "jpy"},
        "0.5 jpy": {"currency": "jpy", "unit_amount": None, "unit_amount_decimal": "0.5"},
    }
    return tries_of(ask, product, tries)


PROBES = (
    Probe(
        "currency-tiers",
        "Tiers in another currency are read by `currency_options.<code>.tiers`, currency by currency;"
        " `currency_options.tiers` is accepted and ignored.",
        Grade.CLAIMED,
        "three independent projects",
        "reads name the currencies",
        _tiers_by_currency,
        {
            "asked for currency_options.tiers": "accepted",
            "currency_options.tiers gives tiers": False,
            "currency_options.eur.tiers gives those of eur": True,
            "currency_options.eur.tiers gives those of gbp": False,
            "in a list": True,
        },
    ),
    Probe(
        "currency-expansions",
        "Expansions go four levels deep; how many there may be, and of which currencies, is open.",
        Grade.DOCUMENTED,
        "depth: API reference, expanding; the rest: no source",
        "only currencies that are declared, recorded or met are asked for",
        _expansions,
        {"five levels": REFUSED},
    ),
    Probe(
        "currency-base",
        "Expanded currency options hold the base currency, too.",
        Grade.CLAIMED,
        "several projects",
        "the base currency is left out when options are compared",
        _base_option,
        {"currencies": ["eur", "usd"], "amount of the base": 500},
    ),
    Probe(
        "currency-added",
        "Adding a currency leaves the others; what becomes of another amount for one that exists is open.",
        Grade.CLAIMED,
        "adding claimed, clearing documented; overwriting: no source",
        "currencies are added in place; another amount replaces the price",
        _added,
        {
            "the old one, after another was added": 450,
            "the added one": 400,
            "an empty string for all": "accepted",
            "euros after that": "absent",
        },
    ),
    Probe(
        "currency-case",
        "Currencies in upper case are refused as keys of currency options; anywhere else that is open.",
        Grade.RECORDED,
        "an exchange of 2026-09 of a coupon; the rest: no source",
        "codes are sent in lower case",
        _upper_case,
        {"of a price": REFUSED, "of a coupon": "refused 400, param currency_options"},
    ),
    Probe(
        "currency-shape",
        "An option has the shape of its price, with the same bounds of tiers.",
        Grade.UNKNOWN,
        "no source",
        "the format has one list of bounds for all currencies",
        _other_shape,
    ),
    Probe(
        "currency-tax",
        "A currency may have a tax behaviour of its own.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "it is read, compared, and kept apart from the price's own",
        _tax_by_currency,
        {"of eur": "inclusive", "of the price": "exclusive"},
    ),
    Probe(
        "currency-two-zeros",
        "UGX and ISK are sent with two decimals that are 00; a fraction is refused. Where it is not charged"
        " at once, as for usage, that is open.",
        Grade.DOCUMENTED,
        "Stripe's page on currencies, special cases; usage, tiers, coupons: no source",
        "amounts are multiplied by a hundred, a fraction is refused by `validate`",
        _two_zeros,
        {
            "500 ugx": "accepted",
            "550 ugx": REFUSED,
            "500 isk": "accepted",
            "550 isk": REFUSED,
        },
    ),
    Probe(
        "currency-unsupported",
        "Some currencies that exist are refused.",
        Grade.CLAIMED,
        "refusals that several projects quote; of XCG: no source",
        "a warning at `validate`; Stripe has the last word",
        _unsupported,
        dict.fromkeys(sorted(UNSUPPORTED - {"xcg"}), REFUSED),
    ),
    Probe(
        "currency-three-decimals",
        "Of three decimals (BHD, JOD, KWD, OMR, TND) the last is 0; whether prices are held to it is open.",
        Grade.DOCUMENTED,
        "Stripe's page on currencies, of charges",
        "amounts that are no multiple of ten are told",
        _three_decimals,
        {"1000 kwd": "accepted"},
    ),
    Probe(
        "currency-no-decimals",
        "JPY has no minor unit; whether a price may have a fraction of a yen is open.",
        Grade.DOCUMENTED,
        "Stripe's page on currencies, of charges",
        "one yen is one minor unit",
        _no_decimals,
        {"500 jpy": "accepted"},
    ),
)
