"""The permissions that a restricted key needs, in the dashboard's words and in Stripe's own.

A refusal names a permission in Stripe's own words, `rak_plan_read`; the form in the dashboard has rows with
other names. Neither list is published, and both are claimed by those who use them (unverified).

Importing this module imports the SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.pointing import SOURCES


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that a restricted key is given by itself."""

    name: str
    """As the dashboard lists it."""
    rak: str
    """As refusals and the form's address name it, without `_read` or `_write` at its end."""
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    """As a plan asks, but for one object."""
    written: bool = False
    """An apply writes there."""
    lost: str = ""
    """What a plan lacks without it; empty where there is no plan at all."""

    @property
    def ticked(self) -> str:
        """What to tick for a plan."""
        return f"{self.name}, read ({self.rak}_read)"

    def access(self, *, write: bool) -> str:
        """What to tick in its row: for an apply, or for a plan."""
        return "write" if write and self.written else "read"


_CATALOG: Mapping[str, tuple[str, str]] = {
    "product": ("Products", "rak_product"),
    "price": ("Prices", "rak_plan"),
    "coupon": ("Coupons", "rak_coupon"),
    "promotion_code": ("Promotion codes", "rak_promotion_code"),
    "meter": ("Billing meters", "rak_billing_meter"),
    "feature": ("Entitlements", "rak_entitlement"),
}
"""Kind -> the permission that its requests need; product features go with their feature's."""

_POINTERS: Mapping[str, str] = {
    "payment_link": "rak_payment_links",
    "portal_configuration": "rak_customer_portal",
}


def _of_kind(kind: str, name: str, rak: str) -> Permission:
    endpoint = ENDPOINTS[kind]
    expand = {"expand": [f"data.{each}" for each in endpoint.expand]} if endpoint.expand else {}
    return Permission(name, rak, endpoint.path, {**endpoint.listings[0], **expand, "limit": 1}, written=True)


ACCOUNT = Permission(
    "Accounts",
    "rak_accounts_kyc_basic",
    "/v1/account",
    lost="Without it the id of the account is taken from Stripe's refusal, or from the environment.",
)

PERMISSIONS = (
    *(_of_kind(kind, *names) for kind, names in _CATALOG.items()),
    Permission(
        "Subscriptions",
        "rak_subscription",
        "/v1/subscriptions",
        {"status": "active", "limit": 1},
        lost="Without it a plan does not say how many subscribers stay on a price that goes.",
    ),
    *(
        Permission(
            each.permission,
            _POINTERS[each.kind],
            each.path,
            {"active": "true", "expand": [f"data.{each.expand}"], "limit": 1},
            lost="Without it a plan does not say which of them still lead to a price that goes.",
        )
        for each in SOURCES
    ),
)
"""What a plan lists, in the order of the dashboard's table in docs/environments.md."""

CUSTOMERS = Permission("Customers", "rak_customer", "/v1/customers", {"limit": 1})
"""Asked for one customer at a time, and only where a code is to be made for one: no key needs it else."""

FEATURES = next(each for each in PERMISSIONS if each.path == ENDPOINTS["feature"].path)
"""Features of a product go with the features."""

EVERY = (ACCOUNT, *PERMISSIONS)


def form(name: str, *, livemode: bool, write: bool) -> str:
    """The address of the dashboard's form for a new key, filled in for a plan, or for an apply.

    That the form still takes what its address says is claimed by some and denied by others (unverified).
    """
    raks = (f"{each.rak}_{each.access(write=write)}" for each in EVERY)
    asked = urlencode([("name", name), *(("permissions[]", each) for each in raks)])
    return f"https://dashboard.stripe.com/{'' if livemode else 'test/'}apikeys/create?{asked}"


def ticks(permissions: Iterable[Permission], *, write: bool = False) -> str:
    """What to tick for a plan, or for an apply: `write: Products (rak_product_write), …; read: …`."""
    rows: dict[str, list[str]] = {"write": [], "read": []}
    for each in permissions:
        access = each.access(write=write)
        rows[access].append(f"{each.name} ({each.rak}_{access})")
    return "; ".join(f"{access}: {', '.join(names)}" for access, names in rows.items() if names)
