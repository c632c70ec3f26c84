"""The endpoints: method and path -> the SDK's parameter type, what carries it out, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from stripectl.providers.shadow import customers, discounts, features, meters, prices, products, selling
from stripectl.providers.shadow.archival import LINK
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.listing import Condition, page
from stripectl.providers.shadow.objects import Object
from stripectl.providers.shadow.session import Session

Handler: TypeAlias = Callable[[Session, Call], Object]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint."""

    method: str
    path: str
    params: str
    """Name of its parameter type in `stripe.params`."""
    handler: Handler
    kind: str
    """Kind of the answer, or of the objects in the list that is answered."""
    listed: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def _retrieve(kind: str, param: str = "id") -> Handler:
    def handler(session: Session, call: Call) -> Object:
        return session.get(kind, call.id, param, status=404)

    return handler


def _list(kind: str, url: str) -> Handler:
    def handler(session: Session, call: Call) -> Object:
        return page(session, kind, url, call.params, Condition("1"))

    return handler


def _list_attached(session: Session, call: Call) -> Object:
    product = call.path["product"]
    session.get("product", product, "product", status=404)
    within = Condition("product = ?", (product,))
    return page(session, "product_feature", f"/v1/products/{product}/features", call.params, within)


def _collection(
    path: str, kind: str, params: str, create: Handler, param: str = "id", retrieve: Handler | None = None
) -> Iterable[Route]:
    """The three routes that nearly every kind has: list, create, retrieve."""
    return (
        Route("GET", path, f"{params}ListParams", _list(kind, path), kind, listed=True),
        Route("POST", path, f"{params}CreateParams", create, kind),
        Route(
            "GET", f"{path}/{{{param}}}", f"{params}RetrieveParams", retrieve or _retrieve(kind, param), kind
        ),
    )


def _account(session: Session, _: Call) -> Object:
    account_id, created = session.connection.execute("SELECT id, created FROM account").fetchone()
    return {
        "id": account_id,
        "object": "account",
        "business_profile": {"mcc": None, "name": "Shadow account", "url": None},
        "business_type": None,
        "charges_enabled": False,
        "country": "US",
        "created": created,
        "default_currency": "usd",
        "details_submitted": False,
        "email": None,
        "metadata": {},
        "payouts_enabled": False,
        "type": "standard",
    }


_METER, _FEATURE, _ATTACHED = (
    "/v1/billing/meters",
    "/v1/entitlements/features",
    "/v1/products/{product}/features",
)
_SUBSCRIPTION, _LINKS, _PORTALS = (
    "/v1/subscriptions",
    "/v1/payment_links",
    "/v1/billing_portal/configurations",
)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/account", "AccountRetrieveCurrentParams", _account, "account"),
    *_collection("/v1/products", "product", "Product", prices.create_product),
    Route("POST", "/v1/products/{id}", "ProductUpdateParams", products.update, "product"),
    Route("DELETE", "/v1/products/{id}", "ProductDeleteParams", products.delete, "deleted"),
    Route("GET", _ATTACHED, "ProductFeatureListParams", _list_attached, "product_feature", listed=True),
    Route("POST", _ATTACHED, "ProductFeatureCreateParams", products.attach, "product_feature"),
    Route("GET", f"{_ATTACHED}/{{id}}", "ProductFeatureRetrieveParams", products.attached, "product_feature"),
    Route("DELETE", f"{_ATTACHED}/{{id}}", "ProductFeatureDeleteParams", products.detach, "deleted"),
    *_collection("/v1/prices", "price", "Price", prices.create, "price"),
    Route("POST", "/v1/prices/{price}", "PriceUpdateParams", prices.update, "price"),
    *_collection(_METER, "billing.meter", "billing.Meter", meters.create),
    Route("POST", f"{_METER}/{{id}}", "billing.MeterUpdateParams", meters.update, "billing.meter"),
    Route(
        "POST", f"{_METER}/{{id}}/deactivate", "billing.MeterDeactivateParams", meters.deactivate, meters.KIND
    ),
    Route(
        "POST", f"{_METER}/{{id}}/reactivate", "billing.MeterReactivateParams", meters.reactivate, meters.KIND
    ),
    *_collection(_FEATURE, features.KIND, "entitlements.Feature", features.create),
    Route("POST", f"{_FEATURE}/{{id}}", "entitlements.FeatureUpdateParams", features.update, features.KIND),
    *_collection("/v1/coupons", "coupon", "Coupon", discounts.create_coupon, "coupon"),
    Route("POST", "/v1/coupons/{coupon}", "CouponUpdateParams", discounts.update_coupon, "coupon"),
    Route("DELETE", "/v1/coupons/{coupon}", "CouponDeleteParams", discounts.delete_coupon, "deleted"),
    *_collection(
        "/v1/promotion_codes", "promotion_code", "PromotionCode", discounts.create_code, "promotion_code"
    ),
    Route(
        "POST",
        "/v1/promotion_codes/{promotion_code}",
        "PromotionCodeUpdateParams",
        discounts.update_code,
        "promotion_code",
    ),
    *_collection(
        "/v1/customers",
        "customer",
        "Customer",
        customers.create_customer,
        "customer",
        customers.retrieve_customer,
    ),
    Route("DELETE", "/v1/customers/{customer}", "CustomerDeleteParams", customers.delete_customer, "deleted"),
    *_collection(_SUBSCRIPTION, "subscription", "Subscription", customers.create_subscription),
    Route(
        "DELETE",
        f"{_SUBSCRIPTION}/{{id}}",
        "SubscriptionCancelParams",
        customers.cancel_subscription,
        "subscription",
    ),
    *_collection(_LINKS, LINK, "PaymentLink", selling.create_link, "payment_link"),
    Route("POST", f"{_LINKS}/{{payment_link}}", "PaymentLinkUpdateParams", selling.update_link, LINK),
    Route(
        "GET",
        f"{_LINKS}/{{payment_link}}/line_items",
        "PaymentLinkListLineItemsParams",
        selling.list_lines,
        "item",
        listed=True,
    ),
    *_collection(
        _PORTALS, selling.PORTAL, "billing_portal.Configuration", selling.create_portal, "configuration"
    ),
    Route(
        "POST",
        f"{_PORTALS}/{{configuration}}",
        "billing_portal.ConfigurationUpdateParams",
        selling.update_portal,
        selling.PORTAL,
    ),
    Route("GET", "/v1/events", "EventListParams", _list("event", "/v1/events"), "event", listed=True),
    Route("GET", "/v1/events/{id}", "EventRetrieveParams", _retrieve("event"), "event"),
)

_PORTAL_PARAMS = frozenset({*selling.PORTAL_FIELDS, "features", "metadata", "expand"})

ACCEPTED: Mapping[str, frozenset[str]] = {
    "CustomerCreateParams": frozenset({*customers.CUSTOMER_FIELDS, "metadata", "expand"}),
    "SubscriptionCreateParams": customers.SUBSCRIPTION_FIELDS,
    "SubscriptionCancelParams": frozenset({"expand"}),
    "PaymentLinkCreateParams": frozenset({*selling.LINK_FIELDS, "line_items", "metadata", "expand"}),
    "PaymentLinkUpdateParams": frozenset({*selling.LINK_FIELDS, "metadata", "expand"}),
    "billing_portal.ConfigurationCreateParams": _PORTAL_PARAMS,
    "billing_portal.ConfigurationUpdateParams": _PORTAL_PARAMS,
}
"""Parameter type -> the parameters that the account carries out, where it is not all of them."""

REFUSED: Mapping[str, frozenset[str]] = {
    "PromotionCodeCreateParams": frozenset({"customer_account"}),
}
"""Parameter type -> parameters that Stripe has and the account does not carry out."""


def match(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The endpoint for a request, with the ids that stand in its path."""
    for route, pattern in _PATTERNS:
        if route.method == method and (found := pattern.fullmatch(path)):
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def served(path: str) -> bool:
    """Whether some method answers at this path."""
    return any(pattern.fullmatch(path) for _, pattern in _PATTERNS)


_PATTERNS = [(route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path))) for route in ROUTES]
