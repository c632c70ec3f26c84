"""When a coupon and its promotion codes can be used: by their dates, their redemptions and each other.

Stripe documents that a code stops being active at its own end, at its last redemption, and when its coupon is
no longer valid; so none of that is kept, and all of it is worked out when it is asked for.
"""

from __future__ import annotations

from stripectl.providers.shadow.objects import Object, integer


def is_valid(coupon: Object, now: int) -> bool:
    """The coupon can be redeemed; `now` in Unix seconds."""
    return not _is_over(coupon, "redeem_by", now) and not is_used_up(coupon)


def is_active(code: Object, coupon: Object | None, now: int) -> bool:
    """The code can be redeemed; `coupon` is the one that it carries, None where it was deleted."""
    redeemable = not _is_over(code, "expires_at", now) and not is_used_up(code)
    return code["active"] is True and redeemable and coupon is not None and is_valid(coupon, now)


def is_used_up(body: Object) -> bool:
    """A coupon or code that was redeemed as often as it may be."""
    limit = integer(body, "max_redemptions")
    return limit is not None and (integer(body, "times_redeemed") or 0) >= limit


def _is_over(body: Object, end: str, now: int) -> bool:
    moment = integer(body, end)
    return moment is not None and moment <= now


def _sql(table: str, end: str) -> str:
    member = f"json_extract(\"{table}\".body, '$.%s')"
    limit, used = member % "max_redemptions", member % "times_redeemed"
    return f"coalesce({member % end} > ?, 1) AND coalesce({used} < {limit}, 1)"


# Tables and members are constants.
ACTIVE = (
    f"active AND {_sql('promotion_code', 'expires_at')} AND EXISTS (SELECT 1 FROM coupon"  # noqa: S608
    f' WHERE coupon.id = "promotion_code".coupon AND {_sql("coupon", "redeem_by")})'
)
"""`is_active` as a condition on promotion codes, for `now` twice."""
