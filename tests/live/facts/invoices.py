"""How a bill is rounded: previews of invoices, of which none is ever made."""

from __future__ import annotations

from collections.abc import Sequence

from tests.live.answers import Answer, Json, dig
from tests.live.asking import Asking
from tests.live.facts.prices import MONTHLY, TIERED
from tests.live.probe import Grade, Probe, Seen

PREVIEW = "/v1/invoices/create_preview"
DECIMAL = {"unit_amount": None, "recurring": MONTHLY}


def _bill(ask: Asking, *items: tuple[str, int], coupons: Sequence[str] = ()) -> Answer:
    """What a new customer would pay for prices in quantities, with coupons in their order."""
    bought = [{"price": price, "quantity": quantity} for price, quantity in items]
    sent = {
        "customer": ask.customer(),
        "subscription_details": {"items": bought},
        "discounts": [{"coupon": coupon} for coupon in coupons],
    }
    return ask.post(PREVIEW, {name: value for name, value in sent.items() if value})


def _total(answer: Answer) -> Json:
    return answer.at("total") if answer.ok else answer.outcome


def _half(ask: Asking) -> Seen:
    price = ask.price(ask.product(), **DECIMAL, unit_amount_decimal="0.5")
    return {f"{count} times 0.5": _total(_bill(ask, (price, count))) for count in (1, 3, 5)}


def _tiers(ask: Asking) -> Seen:
    parts = [{"up_to": 1, "unit_amount_decimal": "0.4"}, {"up_to": "inf", "unit_amount_decimal": "0.4"}]
    price = ask.price(ask.product(), **{**TIERED, "tiers": parts}, recurring=MONTHLY)
    return {"0.4 in each of two tiers": _total(_bill(ask, (price, 2)))}


def _percentage(ask: Asking) -> Seen:
    product, coupon = ask.product(), ask.coupon(percent_off=50)
    prices = {amount: ask.price(product, unit_amount=amount, recurring=MONTHLY) for amount in (101, 103)}
    both = _bill(ask, *((price, 1) for price in prices.values()), coupons=[coupon])
    single = {
        f"half of {amount}": _total(_bill(ask, (price, 1), coupons=[coupon]))
        for amount, price in prices.items()
    }
    return {**single, "half of 101 and 103 together": _total(both)}


def _amount_off(ask: Asking) -> Seen:
    product = ask.product()
    prices = [ask.price(product, unit_amount=amount, recurring=MONTHLY) for amount in (300, 500)]
    off = {amount: ask.coupon(amount_off=amount, currency="usd") for amount in (400, 1000)}
    both = [(price, 1) for price in prices]
    partly = _bill(ask, *both, coupons=[off[400]])
    lines = partly.at("lines", "data")
    return {
        "800 less 400": _total(partly),
        "shares of the lines": _shares(lines),
        "800 less 1000": _total(_bill(ask, *both, coupons=[off[1000]])),
    }


def _shares(lines: Json) -> Json:
    """What was taken off each line, in the order of the lines' amounts."""
    rows = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    rows.sort(key=lambda line: str(line.get("amount")))
    return [dig(row, "discount_amounts", 0, "amount") for row in rows]


def _order(ask: Asking) -> Seen:
    price = ask.price(ask.product(), unit_amount=1000, recurring=MONTHLY)
    half, dollar = ask.coupon(percent_off=50), ask.coupon(amount_off=100, currency="usd")
    return {
        "half, then a dollar off 10": _total(_bill(ask, (price, 1), coupons=[half, dollar])),
        "a dollar, then half off 10": _total(_bill(ask, (price, 1), coupons=[dollar, half])),
    }


def _dinars(ask: Asking) -> Seen:
    price = ask.price(ask.product(), **DECIMAL, currency="kwd", unit_amount_decimal="1004")
    return {"1004 thousandths of a dinar": _total(_bill(ask, (price, 1)))}


def _whole_units(ask: Asking) -> Seen:
    product, half = ask.product(), ask.coupon(percent_off=50)
    bills: dict[str, Json] = {}
    for code in ("isk", "ugx"):
        prices = [ask.price(product, currency=code, unit_amount=100, recurring=MONTHLY) for _ in range(2)]
        lines = [(price, 1) for price in prices]
        bills[f"half of 1 {code}"] = _total(_bill(ask, lines[0], coupons=[half]))
        bills[f"half of 1 and 1 {code}"] = _total(_bill(ask, *lines, coupons=[half]))
    return bills


PROBES = (
    Probe(
        "invoice-half",
        "A line is rounded to a whole minor unit, a half up.",
        Grade.UNKNOWN,
        "one published example, in which 1.5 cents become 2",
        "quotes round so",
        _half,
        shadowed=False,
    ),
    Probe(
        "invoice-tiers",
        "The tiers of one price are rounded together, as one line.",
        Grade.UNKNOWN,
        "no source",
        "quotes round so",
        _tiers,
        shadowed=False,
    ),
    Probe(
        "invoice-percentage",
        "A percentage is taken of the total and rounded to a minor unit, a half up.",
        Grade.UNKNOWN,
        "no source",
        "quotes round so",
        _percentage,
        shadowed=False,
    ),
    Probe(
        "invoice-amount-off",
        "An amount off never makes a total negative; which line it is taken off is open.",
        Grade.DOCUMENTED,
        "Stripe's guide to coupons; the lines: no source",
        "quotes take it off the first total",
        _amount_off,
        {"800 less 400": 400, "800 less 1000": 0},
        shadowed=False,
    ),
    Probe(
        "invoice-order",
        "Several discounts apply in the order given, each to what the one before left.",
        Grade.UNKNOWN,
        "no source",
        "quotes apply them so",
        _order,
        shadowed=False,
    ),
    Probe(
        "invoice-three-decimals",
        "Amounts in currencies with three decimals are billed in multiples of ten.",
        Grade.UNKNOWN,
        "documented of charges",
        "quotes round to the last decimal",
        _dinars,
        shadowed=False,
    ),
    Probe(
        "invoice-whole-units",
        "Bills in ISK and UGX are rounded to whole units, each line and each discount.",
        Grade.UNKNOWN,
        "Stripe's page on currencies rounds the invoice of UGX and credits the difference",
        "quotes round so",
        _whole_units,
        shadowed=False,
    ),
)
