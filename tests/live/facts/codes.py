"""Promotion codes: how they are spelled, when they are active, and what makes them end by themselves."""

from __future__ import annotations

from tests.live.asking import DAY, Asking
from tests.live.facts.coupons import CODES, COUPONS, YEAR
from tests.live.probe import REFUSED, Grade, Probe, Seen

SOON = 15
"""Seconds away: far enough to be accepted as a moment to come."""


def _sent(coupon: str, code: str, **params: object) -> dict[str, object]:
    return {"promotion": {"type": "coupon", "coupon": coupon}, "code": code, **params}


def _spelling(ask: Asking) -> Seen:
    coupon, name = ask.coupon(), ask.unique()
    spelled = {
        "an underscore": f"{name}_A",
        "a dash": f"{name}-B",
        "a full stop": f"{name}.C",
        "a blank": f"{name} D",
        "500 characters": name.ljust(500, "X"),
        "501 characters": name.ljust(501, "X"),
    }
    return ask.outcomes(CODES, {name: _sent(coupon, code) for name, code in spelled.items()})


def _unique(ask: Asking) -> Seen:
    coupon, name = ask.coupon(), ask.unique()
    first = ask.code(coupon, code=name)["id"]
    while_active = ask.post(CODES, _sent(coupon, name.upper())).outcome
    ask.post(f"{CODES}/{first}", {"active": False})
    return {
        "in upper case, while it is active": while_active,
        "after it was archived": ask.post(CODES, _sent(coupon, name.upper())).outcome,
        "the first one reactivated": ask.post(f"{CODES}/{first}", {"active": True}).outcome,
    }


def _reactivation(ask: Asking) -> Seen:
    code = ask.code(ask.coupon())["id"]
    ask.post(f"{CODES}/{code}", {"active": False})
    return {"archived, then reactivated": ask.post(f"{CODES}/{code}", {"active": True}).at("active")}


def _bounds(ask: Asking) -> Seen:
    coupon = ask.coupon(redeem_by=ask.in_seconds(30 * DAY), max_redemptions=5)
    free = ask.coupon()
    tries = {
        "expires in 1970": (free, {"expires_at": 1000}),
        "expires in six years": (free, {"expires_at": ask.in_seconds(6 * YEAR)}),
        "expires after its coupon": (coupon, {"expires_at": ask.in_seconds(60 * DAY)}),
        "expires before its coupon": (coupon, {"expires_at": ask.in_seconds(20 * DAY)}),
        "more redemptions than its coupon": (coupon, {"max_redemptions": 6}),
    }
    return ask.outcomes(CODES, {name: _sent(of, ask.unique(), **sent) for name, (of, sent) in tries.items()})


def _restrictions(ask: Asking) -> Seen:
    least = {
        "minimum_amount": 1000,
        "minimum_amount_currency": "usd",
        "currency_options": {"eur": {"minimum_amount": 900}},
    }
    code = ask.code(ask.coupon(), restrictions=least)
    path = f"{CODES}/{code['id']}"
    added = ask.post(path, {"restrictions": {"currency_options": {"gbp": {"minimum_amount": 800}}}})
    read = ask.get(path, expand=["restrictions.currency_options"])
    return {
        "unexpanded": ask.get(path).at("restrictions", "currency_options"),
        "euros": read.at("restrictions", "currency_options", "eur", "minimum_amount"),
        "pounds added": added.outcome,
        "pounds": read.at("restrictions", "currency_options", "gbp", "minimum_amount"),
    }


def _customer(ask: Asking) -> Seen:
    customer = ask.customer()
    code = ask.code(ask.coupon(), customer=customer)
    changed = ask.post(f"{CODES}/{code['id']}", {"expires_at": ask.in_seconds(DAY)})
    return {
        "kept": code.get("customer") == customer,
        "another expiry for a code that exists": changed.outcome,
        "redeemed by somebody else": _redeemed(ask, code["id"]),
    }


def _customer_gone(ask: Asking) -> Seen:
    customer, coupon = ask.customer(), ask.coupon()
    code = f"{CODES}/{ask.code(coupon, customer=customer)['id']}"
    ask.post(code, {"active": False})
    ask.delete(f"/v1/customers/{customer}")
    gone = ask.get(f"/v1/customers/{customer}")
    return {
        "the customer is told as deleted": gone.at("deleted"),
        "a new code for them": ask.post(CODES, _sent(coupon, ask.unique(), customer=customer)).outcome,
        "a code for somebody who never was": ask.post(
            CODES, _sent(coupon, ask.unique(), customer="cus_nobody")
        ).outcome,
        "their code reactivated": ask.post(code, {"active": True}).outcome,
    }


def _filters(ask: Asking) -> Seen:
    coupon = ask.coupon()
    code, archived = ask.code(coupon), ask.code(coupon)
    ask.post(f"{CODES}/{archived['id']}", {"active": False})
    return {
        "by code": ask.get(CODES, code=code["code"]).ids == [code["id"]],
        "by code in upper case": ask.get(CODES, code=str(code["code"]).upper()).ids == [code["id"]],
        "by coupon": len(ask.get(CODES, coupon=coupon).rows),
        "active ones of the coupon": ask.get(CODES, coupon=coupon, active=True).ids == [code["id"]],
    }


def _expired(ask: Asking) -> Seen:
    code = ask.code(ask.coupon(), expires_at=ask.in_seconds(SOON))["id"]
    before = ask.get(f"{CODES}/{code}").at("active")
    ask.wait(SOON + 3)
    return {
        "before": before,
        "after its expiry": ask.get(f"{CODES}/{code}").at("active"),
        "reactivated": ask.post(f"{CODES}/{code}", {"active": True}).outcome,
    }


def _coupon_over(ask: Asking) -> Seen:
    coupon = ask.coupon(redeem_by=ask.in_seconds(SOON))
    code = ask.code(coupon)["id"]
    ask.wait(SOON + 3)
    return {
        "the coupon is valid": ask.get(f"{COUPONS}/{coupon}").at("valid"),
        "its code is active": ask.get(f"{CODES}/{code}").at("active"),
        "a new code for it": ask.post(CODES, _sent(coupon, ask.unique())).outcome,
        "reactivated": ask.post(f"{CODES}/{code}", {"active": True}).outcome,
    }


def _redeemed(ask: Asking, code: object) -> str:
    """Have a new customer start a trial with the code: nothing is charged."""
    price = ask.price(ask.product(), recurring={"interval": "month"})
    sent = {
        "customer": ask.customer(),
        "items": [{"price": price}],
        "discounts": [{"promotion_code": code}],
        "trial_period_days": 1,
    }
    return ask.post("/v1/subscriptions", sent).outcome


def _used_up(ask: Asking) -> Seen:
    code = ask.code(ask.coupon(), max_redemptions=1)["id"]
    redeemed = _redeemed(ask, code)
    read = ask.get(f"{CODES}/{code}")
    return {
        "redeemed": redeemed,
        "times": read.at("times_redeemed"),
        "active after that": read.at("active"),
        "reactivated": ask.post(f"{CODES}/{code}", {"active": True}).outcome,
    }


def _coupon_used_up(ask: Asking) -> Seen:
    coupon = ask.coupon(max_redemptions=1)
    first, second = ask.code(coupon)["id"], ask.code(coupon)["id"]
    redeemed = _redeemed(ask, first)
    return {
        "redeemed": redeemed,
        "the coupon is valid": ask.get(f"{COUPONS}/{coupon}").at("valid"),
        "its other code is active": ask.get(f"{CODES}/{second}").at("active"),
    }


PROBES = (
    Probe(
        "code-spelling",
        "A promotion code has letters, digits, dashes and underscores, 500 at most.",
        Grade.RECORDED,
        "a recorded refusal names the underscore, the reference does not",
        "`validate` refuses others",
        _spelling,
        {
            "an underscore": "accepted",
            "a dash": "accepted",
            "a full stop": REFUSED,
            "a blank": REFUSED,
            "500 characters": "accepted",
            "501 characters": REFUSED,
        },
    ),
    Probe(
        "code-unique",
        "A code is unique among active ones, whatever its case.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "the old bearer is archived right before the new one is made",
        _unique,
        {
            "in upper case, while it is active": REFUSED,
            "after it was archived": "accepted",
            "the first one reactivated": REFUSED,
        },
    ),
    Probe(
        "code-reactivation",
        "An archived code can be active again while its coupon is valid.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "a rollback reactivates codes",
        _reactivation,
        {"archived, then reactivated": True},
    ),
    Probe(
        "code-bounds",
        "A code expires in the future, in five years at most, and not after its coupon; it is redeemed no"
        " more often than that.",
        Grade.DOCUMENTED,
        "API reference, promotion codes; the past recorded",
        "a date out of reach is an error in the plan",
        _bounds,
        {
            "expires in 1970": REFUSED,
            "expires in six years": REFUSED,
            "expires after its coupon": REFUSED,
            "expires before its coupon": "accepted",
            "more redemptions than its coupon": REFUSED,
        },
    ),
    Probe(
        "code-restrictions",
        "Minimum amounts in other currencies are left out unless expanded, and can be added.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "every read expands them",
        _restrictions,
        {"unexpanded": "absent", "euros": 900, "pounds added": "accepted", "pounds": 800},
    ),
    Probe(
        "code-customer",
        "A code may be for one customer, and nobody else redeems it; its expiry cannot be changed.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "a customer that an account's code holds is told; another expiry makes a successor",
        _customer,
        {
            "kept": True,
            "another expiry for a code that exists": REFUSED,
            "redeemed by somebody else": REFUSED,
        },
    ),
    Probe(
        "code-customer-gone",
        "No code can be made for a customer who was deleted, or never was; a deleted one is told as deleted.",
        Grade.DOCUMENTED,
        "API reference, customers and promotion codes; bringing a code back: no source",
        "a plan looks the customer up, and is blocked where there is none",
        _customer_gone,
        {
            "the customer is told as deleted": True,
            "a new code for them": REFUSED,
            "a code for somebody who never was": REFUSED,
        },
    ),
    Probe(
        "code-filters",
        "Codes are listed by code, by coupon, and active ones alone.",
        Grade.DOCUMENTED,
        "API reference, promotion codes; upper case in the filter: no source",
        "codes are looked up by what they are called",
        _filters,
        {"by code": True, "by coupon": 2, "active ones of the coupon": True},
    ),
    Probe(
        "code-expired",
        "At its expiry a code turns inactive by itself and cannot be reactivated.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "such a code is *spent*: no drift, no step, not in the way",
        _expired,
        {"before": True, "after its expiry": False, "reactivated": REFUSED},
        waits=True,
    ),
    Probe(
        "code-coupon-over",
        "When the date of a coupon has gone by, the coupon is invalid and its codes are inactive.",
        Grade.DOCUMENTED,
        "API reference, coupons and promotion codes",
        "such coupons and codes are *spent*",
        _coupon_over,
        {
            "the coupon is valid": False,
            "its code is active": False,
            "a new code for it": REFUSED,
            "reactivated": REFUSED,
        },
        waits=True,
    ),
    Probe(
        "code-used-up",
        "At its last redemption a code turns inactive by itself and cannot be reactivated.",
        Grade.DOCUMENTED,
        "API reference, promotion codes",
        "such a code is *spent*",
        _used_up,
        {"redeemed": "accepted", "times": 1, "active after that": False, "reactivated": REFUSED},
    ),
    Probe(
        "code-coupon-used-up",
        "When a coupon is used up it is invalid, and all of its codes are inactive.",
        Grade.DOCUMENTED,
        "API reference, coupons and promotion codes",
        "such coupons and codes are *spent*",
        _coupon_used_up,
        {"redeemed": "accepted", "the coupon is valid": False, "its other code is active": False},
    ),
)
