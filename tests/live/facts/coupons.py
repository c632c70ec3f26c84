"""Coupons: what they take off, until when, and what is left after they are deleted."""

from __future__ import annotations

from tests.live.asking import DAY, Asking, Tries
from tests.live.probe import REFUSED, Grade, Probe, Seen

COUPONS = "/v1/coupons"
CODES = "/v1/promotion_codes"
YEAR = 365 * DAY
FIVE_OFF = {"amount_off": 500, "currency": "usd", "duration": "once"}


def _tries(ask: Asking, tries: Tries) -> Seen:
    return ask.outcomes(COUPONS, {name: {"duration": "once", **sent} for name, sent in tries.items()})


def _parameters(ask: Asking) -> Seen:
    tries: Tries = {
        "nothing off": {},
        "both off": {"percent_off": 10, "amount_off": 500, "currency": "usd"},
        "an amount without a currency": {"amount_off": 500},
        "repeating without months": {"percent_off": 10, "duration": "repeating"},
        "currencies with a percentage": {"percent_off": 5, "currency_options": {"eur": {"amount_off": 4}}},
        "currencies that are no hash": {**FIVE_OFF, "currency_options": 5},
    }
    return _tries(ask, tries)


def _percentages(ask: Asking) -> Seen:
    shares = ("0", "0.01", "33.33", "33.333", "100", "100.01")
    return _tries(ask, {f"{share} %": {"percent_off": share} for share in shares})


def _redeem_by(ask: Asking) -> Seen:
    tries = {
        "in 1970": {"percent_off": 10, "redeem_by": 1000},
        "in nearly five years": {"percent_off": 10, "redeem_by": ask.in_seconds(5 * YEAR - DAY)},
        "in six years": {"percent_off": 10, "redeem_by": ask.in_seconds(6 * YEAR)},
    }
    return _tries(ask, tries)


def _months_once(ask: Asking) -> Seen:
    return _tries(ask, {"months of a coupon for once": {"percent_off": 10, "duration_in_months": 3}})


def _chosen_id(ask: Asking) -> Seen:
    chosen = ask.unique()
    made = ask.coupon(id=chosen)
    again = ask.post(COUPONS, {"id": chosen, "percent_off": 10, "duration": "once"})
    return {"the id is the chosen one": made == chosen, "the same id once more": again.outcome}


def _deletion(ask: Asking) -> Seen:
    coupon = ask.coupon()
    return {
        "deleted": ask.delete(f"{COUPONS}/{coupon}").at("deleted"),
        "read after that": ask.get(f"{COUPONS}/{coupon}").outcome,
        "made again": ask.post(COUPONS, {"id": coupon, "percent_off": 20, "duration": "once"}).outcome,
    }


def _codes_of_deleted(ask: Asking) -> Seen:
    coupon = ask.coupon()
    code = ask.code(coupon)["id"]
    ask.delete(f"{COUPONS}/{coupon}")
    read = ask.get(f"{CODES}/{code}")
    return {
        "its code": read.at("active") if read.ok else read.outcome,
        "reactivated": ask.post(f"{CODES}/{code}", {"active": True}).outcome,
    }


def _frozen(ask: Asking) -> Seen:
    coupon = ask.coupon()
    changes = {"percent_off": 20, "duration": "forever", "max_redemptions": 5}
    return ask.outcomes(f"{COUPONS}/{coupon}", {name: {name: value} for name, value in changes.items()})


def _name(ask: Asking) -> Seen:
    coupon = ask.coupon(name=" Five off ")
    path = f"{COUPONS}/{coupon}"
    return {
        "blanks around it, stored": ask.get(path).at("name"),
        "of 40": ask.post(path, {"name": "n" * 40}).outcome,
        "of 41": ask.post(path, {"name": "n" * 41}).outcome,
        "an empty string": ask.post(path, {"name": ""}).outcome,
    }


def _options(ask: Asking) -> Seen:
    product = ask.product()
    made = ask.made(
        COUPONS,
        {
            **FIVE_OFF,
            "applies_to": {"products": [product]},
            "currency_options": {"eur": {"amount_off": 400}},
        },
    )
    path, expand = f"{COUPONS}/{made['id']}", ["applies_to", "currency_options"]
    ask.post(path, {"currency_options": {"gbp": {"amount_off": 300}}})
    read = ask.get(path, expand=expand)
    return {
        "unexpanded": "applies_to" in made or "currency_options" in made,
        "products, expanded": read.at("applies_to", "products") == [product],
        "euros, after pounds were added": read.at("currency_options", "eur", "amount_off"),
        "pounds": read.at("currency_options", "gbp", "amount_off"),
        "the coupon's own currency": read.at("currency_options", "usd", "amount_off"),
    }


PROBES = (
    Probe(
        "coupon-parameters",
        "Refusals of missing and excluding parameters of a coupon name what was recorded.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "the format cannot say such a coupon",
        _parameters,
        {
            "nothing off": "refused 400, code parameter_missing",
            "both off": "refused 400",
            "an amount without a currency": "refused 400, param currency",
            "repeating without months": "refused 400, param duration",
            "currencies with a percentage": "refused 400, param currency_options",
            "currencies that are no hash": "refused 400, param currency_options",
        },
    ),
    Probe(
        "coupon-percent",
        "A percentage is 0.01 at least, 100 at most, and has two decimals at most.",
        Grade.CLAIMED,
        "the least recorded in 2026-09, the most documented, decimals claimed",
        "`validate` refuses others",
        _percentages,
        {
            "0 %": "refused 400, param percent_off",
            "0.01 %": "accepted",
            "33.33 %": "accepted",
            "33.333 %": REFUSED,
            "100 %": "accepted",
            "100.01 %": REFUSED,
        },
    ),
    Probe(
        "coupon-redeem-by",
        "The last day of a coupon lies in the future, five years away at most.",
        Grade.RECORDED,
        "the past recorded in 2026-09, five years documented",
        "a date out of reach is an error in the plan; a rollback leaves out a coupon whose date has gone by",
        _redeem_by,
        {
            "in 1970": "refused 400, param redeem_by",
            "in nearly five years": "accepted",
            "in six years": REFUSED,
        },
    ),
    Probe(
        "coupon-months-once",
        "Months go with a repeating coupon only.",
        Grade.UNKNOWN,
        "the reference says that they are required if repeating",
        "months are sent with repeating coupons only",
        _months_once,
    ),
    Probe(
        "coupon-id",
        "A coupon takes an id of our choice, and an id is taken once.",
        Grade.DOCUMENTED,
        "API reference, coupons",
        "ids are `<catalog>-<id>`; a successor gets a number",
        _chosen_id,
        {"the id is the chosen one": True, "the same id once more": REFUSED},
    ),
    Probe(
        "coupon-deletion",
        "A coupon can be deleted and is missing then; whether its id can be used again is open.",
        Grade.RECORDED,
        "deletion recorded in 2026-09; the id: no source",
        "a coupon comes back under its old id, or under a numbered one where that is refused",
        _deletion,
        {"deleted": True, "read after that": "refused 404, code resource_missing, param coupon"},
    ),
    Probe(
        "coupon-deletion-codes",
        "A code whose coupon was deleted cannot be reactivated; that it turns inactive by itself is open.",
        Grade.DOCUMENTED,
        "API reference, promotion codes; turning inactive: no source",
        "codes are archived before their coupon is deleted",
        _codes_of_deleted,
        {"reactivated": REFUSED},
    ),
    Probe(
        "coupon-frozen",
        "Percentage, duration and redemptions of a coupon cannot be changed.",
        Grade.DOCUMENTED,
        "API reference, coupons: no such parameters of an update",
        "such a change makes a successor",
        _frozen,
        {"percent_off": REFUSED, "duration": REFUSED, "max_redemptions": REFUSED},
    ),
    Probe(
        "coupon-name",
        "A coupon's name has 40 characters at most; blanks and clearing are open.",
        Grade.DOCUMENTED,
        "API reference, coupons; the rest: no source",
        "`validate` refuses more",
        _name,
        {"of 40": "accepted", "of 41": REFUSED},
    ),
    Probe(
        "coupon-options",
        "Products and currencies of a coupon are left out unless expanded; currencies can be added.",
        Grade.DOCUMENTED,
        "API reference, coupons",
        "every read expands them",
        _options,
        {
            "unexpanded": False,
            "products, expanded": True,
            "euros, after pounds were added": 400,
            "pounds": 300,
        },
    ),
)
