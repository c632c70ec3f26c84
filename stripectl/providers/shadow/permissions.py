"""What a restricted key has to be allowed for a request, in Stripe's names.

The names are claimed by several projects. Unverified are those for the features of a product, which may go by
the product's, and for portal configurations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stripectl.providers.shadow.expansion import Wanted, expanded
from stripectl.providers.shadow.routes import ROUTES, Route

RESTRICTED = "rk_"
"""How restricted keys begin; any other key may do everything."""

_NAMES: Mapping[str, str] = {
    "account": "accounts_kyc_basic",
    "product": "product",
    "price": "plan",
    "billing.meter": "billing_meter",
    "entitlements.feature": "entitlement",
    "product_feature": "entitlement",
    "coupon": "coupon",
    "promotion_code": "promotion_code",
    "customer": "customer",
    "subscription": "subscription",
    "payment_link": "payment_links",
    "item": "payment_links",
    "billing_portal.configuration": "customer_portal",
    "event": "event",
}
"""Kind -> what stands for it in a permission's name."""

_KINDS: Mapping[str, str] = {route.path: route.kind for route in ROUTES if route.kind != "deleted"}
"""Path template -> the kind that it is about, also of a deletion."""

PERMISSIONS = frozenset(f"rak_{name}_{way}" for name in _NAMES.values() for way in ("read", "write"))
"""Every permission that a request to the account may need."""


def needed(route: Route, want: Wanted) -> Iterator[str]:
    """The permissions that a request needs: its own, and one to read each object that it expands."""
    yield f"rak_{_NAMES[_KINDS[route.path]]}_{'write' if route.writes else 'read'}"
    for kind in expanded(route.kind, want, listed=route.listed):
        yield f"rak_{_NAMES[kind]}_read"
