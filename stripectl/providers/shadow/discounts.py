"""Coupons and the promotion codes that carry them."""

from __future__ import annotations

import re
import secrets
import string
from decimal import Decimal

from stripectl.pricing.money import decimals
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import both, exclusive, exists, missing, refuse
from stripectl.providers.shadow.fields import (
    changed,
    currency,
    key_currency,
    minimum,
    whole_units,
    wire,
    with_metadata,
)
from stripectl.providers.shadow.objects import Object, Value, integer, members, text
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.session import Session
from stripectl.providers.shadow.validity import ACTIVE, is_active, is_used_up, is_valid

LEAST_PERCENT = Decimal("0.01")

FARTHEST = 5 * 366 * 24 * 3600
"""Seconds that `redeem_by` and `expires_at` may lie ahead: five years (documented), leap days granted."""

_CODE = re.compile(r"[A-Za-z0-9_-]+")
_CODE_ALPHABET = string.ascii_uppercase + string.digits
_LIVE = f"code = ? AND id <> ? AND {ACTIVE}"


def create_coupon(session: Session, call: Call) -> Object:
    """`POST /v1/coupons`"""
    params = call.params
    chosen = params.text("id")
    if chosen and _is_taken(session, chosen):
        raise exists("Coupon already exists.", "id")
    _check_off(params)
    _check_redeeming(session, params)
    body: Object = {
        "id": chosen or session.new_id("coupon"),
        "object": "coupon",
        "amount_off": params.integer("amount_off"),
        "created": session.now,
        "currency": _coupon_currency(params),
        "duration": params.text("duration") or "once",
        "duration_in_months": _months(params),
        "livemode": False,
        "max_redemptions": params.integer("max_redemptions"),
        "metadata": {},
        "name": params.text("name"),
        "percent_off": wire(params.number("percent_off")),
        "redeem_by": params.integer("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    if applies_to := params.record("applies_to"):
        products = applies_to.texts("products")
        for product in products:
            session.get("product", product, "applies_to[products]")
        body["applies_to"] = {"products": [*products]}
    if "currency_options" in params:
        body["currency_options"] = _coupon_options(params, body)
    return session.create("coupon", with_metadata(body, params))


def update_coupon(session: Session, call: Call) -> Object:
    """`POST /v1/coupons/{coupon}`"""
    before = session.get("coupon", call.id, "coupon", status=404)
    after = with_metadata(changed(before, call.params, ("name",)), call.params)
    if "currency_options" in call.params:
        options = _coupon_options(call.params, after)
        after["currency_options"] = {**members(after, "currency_options"), **options}
    return session.update("coupon", before, after)


def delete_coupon(session: Session, call: Call) -> Object:
    """`DELETE /v1/coupons/{coupon}`; its codes become inactive (unverified)."""
    coupon = session.get("coupon", call.id, "coupon", status=404)
    for code in session.all("promotion_code", "coupon = ? AND active", text(coupon, "id")):
        session.update("promotion_code", code, {**code, "active": False})
    return session.delete("coupon", coupon)


def _is_taken(session: Session, coupon_id: str) -> bool:
    if session.find("coupon", coupon_id):
        return True
    return not session.behaviour.frees_coupon_ids and session.past_place("coupon", coupon_id) is not None


def _check_off(params: Parameters) -> None:
    percent = params.number("percent_off")
    if percent is not None and "amount_off" in params:
        raise both("percent_off", "amount_off")
    if percent is None and "amount_off" not in params:
        raise refuse("Must provide percent_off or amount_off.", code="parameter_missing")
    if percent is not None:
        _check_percent(percent)
        if "currency_options" in params:
            raise exclusive("currency_options", "percent_off")
    minimum(params.integer("amount_off"), 1, "amount_off")


def _check_percent(percent: Decimal) -> None:
    """The lower bound is recorded, two decimals are claimed; the texts of the others are unverified."""
    minimum(percent, LEAST_PERCENT, "percent_off")
    if percent > 100:
        raise refuse(
            f"This value must be less than or equal to 100 (it currently is '{float(percent)}').",
            "percent_off",
        )
    if decimals(percent) > 2:
        raise refuse(
            f"Invalid decimal: {percent:f}; must contain at maximum 2 decimal places.", "percent_off"
        )


def _coupon_currency(params: Parameters) -> str | None:
    code = params.text("currency")
    if code is None and "amount_off" in params:
        raise refuse("You must pass currency when passing amount_off", "currency")
    if code is None or "amount_off" not in params:
        return None
    whole_units(params.integer("amount_off"), code, "amount_off")
    return currency(code, "currency")


def _months(params: Parameters) -> int | None:
    months, repeating = params.integer("duration_in_months"), params.text("duration") == "repeating"
    if repeating and months is None:
        raise refuse(
            "The duration_in_months param must be set when creating a coupon with a repeating duration",
            "duration",
        )
    if months is not None and not repeating:
        raise refuse("`duration_in_months` needs `duration` set to `repeating`.", "duration_in_months")
    minimum(months, 1, "duration_in_months")
    return months


def _check_redeeming(session: Session, params: Parameters) -> None:
    minimum(params.integer("max_redemptions"), 1, "max_redemptions")
    redeem_by = params.integer("redeem_by")
    if redeem_by is not None and redeem_by <= session.now:
        raise refuse(
            "The parameter `redeem_by` expects a unix timestamp representing a date and time in the future."
            f" You specified the value `{redeem_by}` which is in the past.",
            "redeem_by",
        )
    _check_distance(session, redeem_by, "redeem_by")


def _check_distance(session: Session, moment: int | None, param: str) -> None:
    if moment is not None and moment > session.now + FARTHEST:
        # The rule is documented, its text unverified.
        raise refuse(f"`{param}` must lie at most five years away.", param)


def _coupon_options(params: Parameters, coupon: Object) -> Object:
    if coupon["amount_off"] is None:
        raise exclusive("currency_options", "percent_off")
    return _amounts(params, "amount_off")


def _amounts(params: Parameters, name: str) -> Object:
    """The `currency_options` of a coupon or a code, whose entries have one amount."""
    options: Object = {}
    for option in params.entries("currency_options").values():
        code, value, param = key_currency(option), option.integer(name), option.name(name)
        minimum(value, 1, param)
        whole_units(value, code, param)
        options[code] = {name: value}
    return options


def create_code(session: Session, call: Call) -> Object:
    """`POST /v1/promotion_codes`"""
    params = call.params
    coupon = _coupon_of(session, params)
    code = params.text("code") or "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))
    if not _CODE.fullmatch(code):
        raise refuse("A promotion code can contain only letters, digits and dashes.", "code")
    if customer := params.text("customer"):
        session.get("customer", customer, "customer")
    _check_bounds(session, params, coupon)
    active = params.flag("active") is not False
    if active:
        _require_free(session, code, "")
    body: Object = {
        "id": session.new_id("promotion_code"),
        "object": "promotion_code",
        "active": active,
        "code": code,
        "created": session.now,
        "customer": customer,
        "customer_account": None,
        "expires_at": params.integer("expires_at"),
        "livemode": False,
        "max_redemptions": params.integer("max_redemptions"),
        "metadata": {},
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": _restrictions(params),
        "times_redeemed": 0,
    }
    return session.create("promotion_code", with_metadata(body, params))


def update_code(session: Session, call: Call) -> Object:
    """`POST /v1/promotion_codes/{promotion_code}`"""
    before = session.get("promotion_code", call.id, "promotion_code", status=404)
    after = with_metadata(changed(before, call.params, ("active",)), call.params)
    if call.params.flag("active"):
        _check_reactivation(session, before)
    if restrictions := call.params.record("restrictions"):
        kept = members(before, "restrictions")
        options = {**members(kept, "currency_options"), **_amounts(restrictions, "minimum_amount")}
        after["restrictions"] = {**kept, "currency_options": options}
    return session.update("promotion_code", before, after)


def _coupon_of(session: Session, params: Parameters) -> Object:
    promotion = params.record("promotion") or Parameters()
    coupon_id = promotion.text("coupon")
    if coupon_id is None:
        raise missing("promotion[coupon]")
    coupon = session.get("coupon", coupon_id, "promotion[coupon]")
    if not is_valid(coupon, session.now):
        raise refuse(f"The coupon `{coupon_id}` is no longer valid.", "promotion[coupon]", "coupon_expired")
    return coupon


def _check_bounds(session: Session, params: Parameters, coupon: Object) -> None:
    limit, most = params.integer("max_redemptions"), integer(coupon, "max_redemptions")
    minimum(limit, 1, "max_redemptions")
    if limit is not None and most is not None and limit > most:
        raise refuse(f"`max_redemptions` cannot exceed the {most} of the coupon.", "max_redemptions")
    expires_at, redeem_by = params.integer("expires_at"), integer(coupon, "redeem_by")
    if expires_at is None:
        return
    if expires_at <= session.now:
        raise refuse("`expires_at` must lie in the future.", "expires_at")
    _check_distance(session, expires_at, "expires_at")
    if redeem_by is not None and expires_at > redeem_by:
        raise refuse("`expires_at` cannot lie after the `redeem_by` of the coupon.", "expires_at")


def _restrictions(params: Parameters) -> Object:
    sent = params.record("restrictions") or Parameters({}, ("restrictions",))
    least, code = sent.integer("minimum_amount"), sent.text("minimum_amount_currency")
    if (least is None) != (code is None):
        absent = "minimum_amount" if least is None else "minimum_amount_currency"
        raise missing(sent.name(absent))
    minimum(least, 1, sent.name("minimum_amount"))
    body: Object = {
        "first_time_transaction": sent.flag("first_time_transaction") or False,
        "minimum_amount": least,
        "minimum_amount_currency": code and currency(code, sent.name("minimum_amount_currency")),
    }
    if "currency_options" in sent:
        body["currency_options"] = _amounts(sent, "minimum_amount")
    return body


def _check_reactivation(session: Session, code: Object) -> None:
    coupon = session.find("coupon", text(members(code, "promotion"), "coupon"))
    if not is_active({**code, "active": True}, coupon, session.now):
        reason = _inactivity(code, coupon, session.now)
        raise refuse(f"This promotion code cannot be reactivated because {reason}.", "active")
    _require_free(session, text(code, "code"), text(code, "id"))


def _inactivity(code: Object, coupon: Object | None, now: int) -> str:
    """Why a code is not active, as a clause."""
    if coupon is None:
        return "its coupon was deleted"
    if not is_valid(coupon, now):
        return "its coupon is no longer valid"
    if is_used_up(code):
        return "it was redeemed as often as it may be"
    return "it has expired" if code["active"] else "it was taken out of use"


def redeem(session: Session, holder: Parameters, customer: str) -> list[Value]:
    """Ids of the discounts that `holder` asks for, a subscription or one of its items; each is counted.

    Raises `Refusal` for a coupon or a code that cannot be redeemed.
    """
    return [_redeemed(session, each, customer) for each in holder.records("discounts")]


def _redeemed(session: Session, asked: Parameters, customer: str) -> str:
    if len(asked.values) != 1 or "discount" in asked:
        # An existing discount could only come from the customer, who has none here.
        raise refuse("A discount is made from either a `coupon` or a `promotion_code`.", asked.name())
    code_id, coupon_id = asked.text("promotion_code"), asked.text("coupon") or ""
    if code_id:
        code = session.get("promotion_code", code_id, asked.name("promotion_code"))
        coupon_id = text(members(code, "promotion"), "coupon")
        _check_redeemable(session, code, customer, asked.name("promotion_code"))
        session.update("promotion_code", code, _counted(code))
    coupon = session.get("coupon", coupon_id, asked.name("coupon"))
    if not is_valid(coupon, session.now):
        raise refuse(f"Coupon expired: {coupon_id}", asked.name("coupon"), "coupon_expired")
    session.update("coupon", coupon, _counted(coupon))
    return session.new_id("discount")


def _check_redeemable(session: Session, code: Object, customer: str, param: str) -> None:
    """Raises `Refusal` where this customer cannot redeem the code (messages unverified)."""
    coupon = session.find("coupon", text(members(code, "promotion"), "coupon"))
    if not is_active(code, coupon, session.now):
        reason = _inactivity(code, coupon, session.now)
        raise refuse(f"This promotion code cannot be redeemed because {reason}.", param)
    if code["customer"] not in (None, customer):
        raise refuse("This promotion code cannot be redeemed by this customer.", param)
    first = members(code, "restrictions")["first_time_transaction"]
    if first and session.first("subscription", "customer = ?", customer):
        raise refuse("This promotion code is for customers without prior transactions.", param)


def _counted(body: Object) -> Object:
    return {**body, "times_redeemed": (integer(body, "times_redeemed") or 0) + 1}


def _require_free(session: Session, code: str, own_id: str) -> None:
    if session.first("promotion_code", _LIVE, code, own_id, session.now, session.now):
        raise exists(f"An active promotion code with `code: {code}` already exists.", "code")
