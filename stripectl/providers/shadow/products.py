"""Products and the features that they grant."""

from __future__ import annotations

import re

from stripectl.providers.shadow.archival import take_along
from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import exists, invalid, refuse
from stripectl.providers.shadow.fields import changed, stripped, with_metadata
from stripectl.providers.shadow.objects import Object, text
from stripectl.providers.shadow.parameters import Parameters, emptied
from stripectl.providers.shadow.session import Session

FIELDS = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "type",
    "unit_label",
    "url",
)
LISTS = ("images", "marketing_features")
STRIPPED = ("marketing_features", "name", "statement_descriptor")
"""Texts that Stripe takes the blanks around off (claimed); it leaves description and unit label alone."""

_TAX_CODE = re.compile(r"txcd_\d{8}")
_URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def insert(session: Session, params: Parameters) -> Object:
    """Keep a new product. Raises `Refusal` when its id is taken."""
    _check_texts(params)
    chosen = params.text("id")
    if chosen and session.find("product", chosen):
        raise exists("Product already exists.", params.name("id"))
    body: Object = {
        "id": chosen or session.new_id("product"),
        "object": "product",
        "active": True,
        "created": session.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": None,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": session.now,
        "url": None,
    }
    return session.create("product", _written(session, body, params))


def update(session: Session, call: Call) -> Object:
    """`POST /v1/products/{id}`"""
    _check_texts(call.params)
    before = session.get("product", call.id, "id", status=404)
    after = _written(session, before, call.params)
    for name in LISTS:
        after[name] = after[name] or []
    if "default_price" in call.params:
        default = call.params.text("default_price")
        after["default_price"] = default and _default_price(session, default, call.id)
    take_along(session, before, after)
    return session.update("product", before, after)


def _written(session: Session, before: Object, params: Parameters) -> Object:
    """The product with the fields that were sent. Raises for a name of blanks alone (unverified)."""
    sent = changed(before, params, FIELDS)
    kept = stripped(sent, STRIPPED) if session.behaviour.strips_names else sent
    if not kept["name"]:
        raise emptied(params.name("name"))
    return with_metadata(kept, params)


def delete(session: Session, call: Call) -> Object:
    """`DELETE /v1/products/{id}`: only a product that never had a price."""
    product = session.get("product", call.id, "id", status=404)
    if session.first("price", "product = ?", call.id):
        raise refuse("This product cannot be deleted because it has one or more user-created prices.")
    for grant in session.all("product_feature", "product = ?", call.id):
        session.delete("product_feature", grant)
    return session.delete("product", product)


def _default_price(session: Session, price_id: str, product_id: str) -> str:
    price = session.get("price", price_id, "default_price")
    if price["product"] != product_id:
        raise refuse(
            f"The price `{price_id}` cannot be the default price of `{product_id}`, because it belongs to"
            f" `{text(price, 'product')}`.",
            "default_price",
        )
    if not price["active"]:
        raise refuse(
            f"The price `{price_id}` is inactive; only an active price can be a product's default.",
            "default_price",
        )
    return price_id


def _check_texts(params: Parameters) -> None:
    if "tax_details" in params:
        raise invalid("The shadow account does not carry out tax_details.", params.name("tax_details"))
    for param, url in (("url", params.text("url")), *(("images", image) for image in params.texts("images"))):
        if url and not _URL.fullmatch(url):
            raise invalid("Not a valid URL", params.name(param), "url_invalid")
    if (code := params.text("tax_code")) and not _TAX_CODE.fullmatch(code):
        raise invalid(f"No such tax code: '{code}'", params.name("tax_code"), "resource_missing")
    descriptor = params.text("statement_descriptor")
    if descriptor and (set(descriptor) & set("<>\\'\"*") or not any(map(str.isalpha, descriptor))):
        raise invalid(
            "The statement descriptor must contain at least one letter and none of < > \\ ' \" *.",
            params.name("statement_descriptor"),
        )


def attach(session: Session, call: Call) -> Object:
    """`POST /v1/products/{product}/features`"""
    product = call.path["product"]
    session.get("product", product, "product", status=404)
    feature_id = call.params.text("entitlement_feature") or ""
    feature = session.get("entitlements.feature", feature_id, "entitlement_feature")
    if not feature["active"]:
        raise refuse("An archived feature cannot be attached to a product.", "entitlement_feature")
    if session.first("product_feature", "product = ? AND entitlement_feature = ?", product, feature_id):
        raise exists("The feature is already attached to this product.", "entitlement_feature")
    body: Object = {
        "id": session.new_id("product_feature"),
        "object": "product_feature",
        "product": product,
        "entitlement_feature": feature_id,
        "livemode": False,
    }
    return session.create("product_feature", body)


def attached(session: Session, call: Call) -> Object:
    """`GET /v1/products/{product}/features/{id}`"""
    grant = session.get("product_feature", call.id, "id", status=404)
    if grant["product"] != call.path["product"]:
        return session.get("product_feature", f"{call.id} of {call.path['product']}", "id", status=404)
    return grant


def detach(session: Session, call: Call) -> Object:
    """`DELETE /v1/products/{product}/features/{id}`"""
    return session.delete("product_feature", attached(session, call))
