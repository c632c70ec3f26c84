"""Objects as the account keeps and answers them, and the shapes of their ids."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from typing import TypeAlias

Value: TypeAlias = "None | bool | int | float | str | list[Value] | dict[str, Value]"
"""JSON. The only floats are percentages and parcel sizes; amounts are integers or decimal strings."""

Object: TypeAlias = dict[str, Value]

NewId: TypeAlias = Callable[[str], str]
"""Makes an id for a kind of `ID_SHAPES`."""

API_VERSION = "2026-10-28.endive"
"""The API version that the account answers in: the one that the SDK pins."""

ID_SHAPES: Mapping[str, tuple[str, int]] = {
    "account": ("acct_1", 15),
    "product": ("prod_", 14),
    "price": ("price_1", 23),
    "billing.meter": ("mtr_test_61", 27),
    "entitlements.feature": ("feat_test_61", 27),
    "product_feature": ("prodft_1", 23),
    "coupon": ("", 8),
    "promotion_code": ("promo_1", 23),
    "discount": ("di_1", 23),
    "customer": ("cus_", 14),
    "subscription": ("sub_1", 23),
    "subscription_item": ("si_", 14),
    "payment_link": ("plink_1", 23),
    "item": ("li_1", 23),
    "billing_portal.configuration": ("bpc_1", 23),
    "event": ("evt_1", 23),
    "request": ("req_", 14),
}
"""Kind -> how its ids begin, and how many letters and digits follow."""

_ALPHABET = string.ascii_letters + string.digits


def random_id(kind: str) -> str:
    """A new id of Stripe's shape."""
    prefix, length = ID_SHAPES[kind]
    return prefix + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length))


def text(body: Object, key: str) -> str:
    """A member that is always a string."""
    value = body[key]
    assert isinstance(value, str)
    return value


def integer(body: Object, key: str) -> int | None:
    """A member that is a whole number or null."""
    value = body.get(key)
    return value if isinstance(value, int) else None


def members(body: Object, key: str) -> Object:
    """A member that is a hash; empty where it is absent or null."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}
