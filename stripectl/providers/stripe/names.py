"""The names that stripectl chooses in Stripe: ids, lookup keys, and the metadata keys of bindings.

An id is `<catalog>-<id>`. A ladder's coupons add `_<rung>`: neither a manifest id nor the `-2` that a
successor's id ends with can contain an underscore, so the three never meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stripectl.pricing.model import Discount, Feature, Price, Product


def product_id(catalog: str, product: Product) -> str:
    """`acme-pro`, unless the manifest names an id."""
    return product.lifecycle.id or product.new_id or f"{catalog}-{product.id}"


def coupon_id(catalog: str, discount: Discount) -> str:
    """`acme-launch20`, unless the manifest names an id."""
    return discount.lifecycle.id or discount.new_id or f"{catalog}-{discount.id}"


def rung_id(catalog: str, discount: Discount, number: int) -> str:
    """Id of the coupon of one rung, counted from 1: `acme-loyalty_2`."""
    return f"{coupon_id(catalog, discount)}_{number}"


def rung_address(discount: Discount, number: int) -> str:
    """Address of the coupon of one rung, counted from 1: `discount.loyalty.2`."""
    return f"{discount.address}.{number}"


def lookup_key(price: Price) -> str:
    """`pro_monthly` for `price.pro.monthly`, unless the manifest names one."""
    return price.lookup_key or f"{price.product}_{price.id}".replace("-", "_")


def feature_key(feature: Feature) -> str:
    """The feature's id, unless the manifest names a lookup key."""
    return feature.lookup_key or feature.id


def product_feature_address(product: str, feature: str) -> str:
    return f"product_feature.{product}.{feature}"


@dataclass(frozen=True, slots=True)
class Binding:
    """How one sort of metadata binding is spelled."""

    sort: str
    """First word of its address."""
    key: str
    """Metadata key. One that ends in a dot is followed by the id; any other occurs once on its host."""
    host: str
    """Kind of the object that carries it."""

    @property
    def numbered(self) -> bool:
        return self.key.endswith(".")


BINDINGS = (
    Binding("offer", "stripectl_offer.", "product"),
    # Shortened: a key has 40 characters, and the id is what a reader needs of them.
    Binding("commitment", "stripectl_commit.", "product"),
    Binding("configuration", "stripectl_config.", "product"),
    Binding("trial", "stripectl_trial", "price"),
    Binding("discount", "stripectl_ladder", "coupon"),
)

_BY_SORT = {binding.sort: binding for binding in BINDINGS}


def binding_key(address: str) -> str:
    """Metadata key of a binding: `offer.team` -> `stripectl_offer.team`. KeyError for another sort."""
    sort, _, rest = address.partition(".")
    binding = _BY_SORT[sort]
    return binding.key + rest if binding.numbered else binding.key


def binding_of(key: str) -> Binding | None:
    """The sort of binding that a metadata key belongs to; None for any other key."""
    for binding in BINDINGS:
        if key == binding.key or (binding.numbered and key.startswith(binding.key)):
            return binding
    return None


def binding_address(key: str, host_address: str) -> str:
    """The inverse of `binding_key`; empty where the host's address does not tell it."""
    binding = binding_of(key)
    if binding is None:
        return ""
    if binding.numbered:
        return f"{binding.sort}.{key.removeprefix(binding.key)}"
    sort, _, rest = host_address.partition(".")
    if sort == "price":
        return f"{binding.sort}.{rest}"
    ladder, dot, _ = rest.rpartition(".")
    return f"{binding.sort}.{ladder}" if dot else ""


def host_address(address: str) -> str | None:
    """Address of the host where the binding's own address tells it; None for those that sit on a product."""
    sort, _, rest = address.partition(".")
    return {"trial": f"price.{rest}", "discount": f"discount.{rest}.1"}.get(sort)


def binding_id(host: str, key: str) -> str:
    """Stripe gives a metadata key no id; this one tells it from its host: `prod_1#stripectl_offer.x`."""
    return f"{host}#{key}"


def split_binding_id(object_id: str) -> tuple[str, str]:
    """Host id and metadata key: the inverse of `binding_id`."""
    host, _, key = object_id.rpartition("#")
    return host, key


PARENTS: Mapping[str, str] = {"price": "product", "code": "discount", "discount": "discount"}
"""First part of an address of three parts -> first part of the address that it is a part of."""


def followed(moved: Mapping[str, str], addresses: Iterable[str]) -> Mapping[str, str]:
    """The renamed addresses with those of their parts: what is renamed takes its prices or codes along.

    `addresses` are those desired now. A part that is named in `moved` itself, or whose old address is still
    desired, is left as it is.
    """
    now = frozenset(addresses)
    old = {new: before for before, new in moved.items()}
    found = dict(moved)
    for address in sorted(now - old.keys()):
        first, _, rest = address.partition(".")
        parent, _, part = rest.partition(".")
        came_from = old.get(f"{PARENTS.get(first)}.{parent}") if part else None
        before = f"{first}.{came_from.partition('.')[2]}.{part}" if came_from else address
        if before != address and before not in now:
            found.setdefault(before, address)
    return found
