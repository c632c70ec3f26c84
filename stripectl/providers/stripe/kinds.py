"""The kinds table: all that stripectl knows of each Stripe object, in one declaration a kind.

Planner, gateway and shadow read it; tests hold it against the SDK's own parameter types. Field names are
ours and flat; `wire` says where a value sits in Stripe's requests and answers. Amounts are decimals of minor
units: `unit_amount` and `flat_amount` travel as Stripe's `…_decimal` twins at every depth.

Inside a value, too, what goes without saying is left out:

    recurring           {interval, interval_count unless 1, meter, trial_period_days}; metered where there is
                        a meter; usage_type and aggregate_usage where a price from before meters has them
    tiers               ({up_to, unit_amount, flat_amount unless 0}, …); up_to None is unbounded
    transform_quantity  {divide_by, round}
    custom_unit_amount  {minimum, maximum, preset}, each only where set; {} lets customers choose freely
    currency_options    {currency: {unit_amount | tiers | custom_unit_amount | amount_off | minimum_amount,
                        tax_behavior unless neither it nor the base currency's is specified}}, without the
                        base currency
    package_dimensions  {height, length, width, weight}

Names are stripped of the blanks around them on both sides. Tests against the real API claim that Stripe
strips those of products and marketing features, statement descriptors and nicknames, and leaves descriptions,
unit labels and metadata as they are; what it does with the names of meters, features and coupons is
unverified, and makes no difference to names that have none.

A changed amount always asks for a successor, also in a currency option that Stripe would let us overwrite:
an overwritten option would reprice running subscriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stripectl.engine.kinds import Field, Kind, Kinds, Limit, Mutability, Phase, Reach, Removal, Write, table
from stripectl.providers.stripe import manifest_lines
from stripectl.providers.stripe.moves import coupon_moves, price_moves
from stripectl.providers.stripe.shapes import SHAPES

REPLACE, EXTEND, ONCE = Mutability.REPLACE, Mutability.EXTEND, Mutability.ONCE
COSMETIC, NEW, EXISTING = Reach.COSMETIC, Reach.NEW_CUSTOMERS, Reach.EXISTING_CUSTOMERS

OWNER_KEY = "stripectl_catalog"
ADDRESS_KEY = "stripectl_address"
RUN_KEY = "stripectl_run"
MARK_PREFIX = "stripectl_"
"""Every metadata key that begins like this is stripectl's own."""

DECIMAL_TWINS: Mapping[str, str] = {
    "unit_amount": "unit_amount_decimal",
    "flat_amount": "flat_amount_decimal",
}
"""Our key -> the wire key that carries it as a decimal string, at any depth of a price."""

DIMENSIONS = ("height", "length", "width", "weight")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a kind lives in Stripe's API."""

    path: str
    """Of the collection. `{product}` stands for the id of the product that it belongs to."""
    object_type: str
    """The `object` of its answers."""
    listings: tuple[Mapping[str, str], ...] = ({},)
    """Queries whose answers together are all objects of the kind."""
    expand: tuple[str, ...] = ()
    """Fields that Stripe leaves out unless they are asked for."""
    within_options: str = ""
    """A field of each currency option that Stripe leaves out unless the currency is named; empty for none."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Dotted parameter -> the only value that we ever send at creation."""
    active_from: tuple[str, str | bool] = ("active", True)
    """The field of an answer, and its value, that say that the object is in use."""
    uses: str | None = None
    """The field of an answer that counts how often the object was used."""
    valid: str | None = None
    """The field of an answer that is false once the object can no longer be used."""
    deactivate: str | None = None
    """Sub-path of the request that takes the object out of use; None: by the removal itself."""
    reactivate: str | None = None
    """Sub-path of the request that brings it back; None: `active=true`."""
    unmanaged: frozenset[str] = frozenset()
    """Parameters that stripectl leaves alone on purpose."""


PRODUCT = Kind(
    name="product",
    noun="product",
    fields=table(
        Field("name", reach=EXISTING, clearable=False, stripped=True),
        Field("active", reach=NEW, default=True),
        Field("description", reach=EXISTING),
        Field("images", default=()),
        Field("marketing_features", reach=NEW, default=(), stripped=True),
        Field("shippable", reach=NEW, clearable=False),
        Field("package_dimensions", reach=NEW),
        Field("statement_descriptor", reach=EXISTING, clearable=False, stripped=True),
        Field("tax_code", reach=EXISTING),
        Field("unit_label", reach=EXISTING),
        Field("url"),
        Field("default_price", reach=NEW, write=Write.UPDATE_ONLY, clearable=False, holds=True),
        Field("metadata", default={}, keyed=True),
    ),
    references=frozenset({"default_price"}),
    removal=Removal.ARCHIVE,
    chosen_id=True,
    decimals=frozenset(DIMENSIONS),
)

PRICE = Kind(
    name="price",
    noun="price",
    fields=table(
        Field("product", REPLACE),
        Field("currency", REPLACE),
        Field("unit_amount", REPLACE, wire="unit_amount_decimal"),
        Field("recurring", REPLACE),
        Field("billing_scheme", REPLACE, default="per_unit"),
        Field("tiers_mode", REPLACE),
        Field("tiers", REPLACE, default=()),
        Field("transform_quantity", REPLACE),
        Field("custom_unit_amount", REPLACE),
        Field("currency_options", EXTEND, reach=NEW, default={}),
        Field("tax_behavior", ONCE, default="unspecified", clearable=False),
        Field("active", reach=NEW, default=True),
        Field("lookup_key", reach=NEW, exclusive=True),
        # Stripe's description does not promise that an empty string clears it (unverified).
        Field("nickname", clearable=False, stripped=True),
        Field("metadata", default={}, keyed=True),
    ),
    references=frozenset({"product", "meter"}),
    removal=Removal.ARCHIVE,
    identity=("lookup_key",),
    subscribable=True,
    recurs="recurring",
    irreversible={"tax_behavior": "a tax behaviour can be set once and never be taken back"},
    decimals=frozenset(DECIMAL_TWINS),
    moves=price_moves,
    spelled=manifest_lines.PRICE,
)

METER = Kind(
    name="meter",
    noun="billing meter",
    fields=table(
        Field("display_name", clearable=False, stripped=True),
        Field("event_name", REPLACE),
        Field("aggregation", REPLACE, wire="default_aggregation.formula"),
        Field(
            "customer_key", REPLACE, default="stripe_customer_id", wire="customer_mapping.event_payload_key"
        ),
        Field("value_key", REPLACE, default="value", wire="value_settings.event_payload_key"),
        Field("window", REPLACE, wire="event_time_window"),
        Field("active", default=True),
    ),
    removal=Removal.DEACTIVATE,
    identity=("event_name",),
    marked=False,
    going=EXISTING,
    shared=True,
    break_first=True,
    spelled=manifest_lines.METER,
    irreversible={
        "replace": "usage already reported stays with the old meter, and whether its event name is free"
        " again after deactivation is not documented"
    },
)

FEATURE = Kind(
    name="feature",
    noun="entitlement feature",
    fields=table(
        Field("name", clearable=False, stripped=True),
        Field("lookup_key", REPLACE),
        Field("active", default=True),
        Field("metadata", default={}, keyed=True),
    ),
    removal=Removal.ARCHIVE,
    identity=("lookup_key",),
    shared=True,
    spelled=manifest_lines.FEATURE,
    coming=COSMETIC,
    revivable=False,
    irreversible={
        "archive": "Stripe documents the archiving of a feature as permanent",
        "replace": "Stripe documents the archiving of a feature as permanent",
    },
)

PRODUCT_FEATURE = Kind(
    name="product_feature",
    noun="feature of a product",
    fields=table(Field("product", REPLACE), Field("entitlement_feature", REPLACE)),
    references=frozenset({"product", "entitlement_feature"}),
    removal=Removal.DETACH,
    identity=("product", "entitlement_feature"),
    marked=False,
    # Whoever is subscribed to the product gains or loses it.
    coming=EXISTING,
    going=EXISTING,
    reaches_through="product",
    revivable=False,
)

COUPON = Kind(
    name="coupon",
    noun="coupon",
    fields=table(
        Field("name", reach=EXISTING, clearable=False, stripped=True),
        Field("percent_off", REPLACE),
        Field("amount_off", REPLACE),
        Field("currency", REPLACE),
        Field("currency_options", EXTEND, reach=NEW, default={}),
        Field("duration", REPLACE, default="once"),
        Field("duration_in_months", REPLACE),
        Field("applies_to", REPLACE, default=(), wire="applies_to.products"),
        Field("max_redemptions", REPLACE, limit=Limit.USES),
        Field("redeem_by", REPLACE, limit=Limit.MOMENT),
        Field("metadata", default={}, keyed=True),
    ),
    references=frozenset({"applies_to"}),
    removal=Removal.DELETE,
    chosen_id=True,
    revivable=False,
    decimals=frozenset({"percent_off"}),
    moves=coupon_moves,
    spelled=manifest_lines.COUPON,
)

PROMOTION_CODE = Kind(
    name="promotion_code",
    noun="promotion code",
    fields=table(
        Field("code", REPLACE, caseless=True),
        Field("coupon", REPLACE, limit=Limit.CARRIER, wire="promotion.coupon"),
        Field("expires_at", REPLACE, limit=Limit.MOMENT),
        Field("max_redemptions", REPLACE, limit=Limit.USES),
        Field("first_time_only", REPLACE, default=False, wire="restrictions.first_time_transaction"),
        Field("minimum_amount", REPLACE, wire="restrictions.minimum_amount"),
        Field("minimum_amount_currency", REPLACE, wire="restrictions.minimum_amount_currency"),
        Field("currency_options", EXTEND, default={}, wire="restrictions.currency_options"),
        Field("customer", REPLACE, is_customer=True),
        Field("active", default=True),
        Field("metadata", default={}, keyed=True),
    ),
    references=frozenset({"coupon"}),
    # A code is active only while its coupon is valid, and cannot be brought back without it.
    stops_with=frozenset({"coupon"}),
    removal=Removal.ARCHIVE,
    identity=("code",),
    counts="redemptions",
    spelled=manifest_lines.CODE,
    break_first=True,
    phase=Phase.SWITCH,
)

METADATA_BINDING = Kind(
    name="metadata_binding",
    noun="metadata binding",
    fields=table(
        Field("host", REPLACE), Field("key", REPLACE), Field("value", reach=EXISTING, clearable=False)
    ),
    references=frozenset({"host"}),
    removal=Removal.UNSET,
    identity=("host", "key"),
    marked=False,
    # The application reads it: what it grants, commits to or includes.
    going=EXISTING,
    revivable=False,
)

KINDS = Kinds(
    {
        kind.name: kind
        for kind in (
            PRODUCT,
            METER,
            PRICE,
            FEATURE,
            PRODUCT_FEATURE,
            COUPON,
            PROMOTION_CODE,
            METADATA_BINDING,
        )
    },
    shapes=SHAPES,
)

ENDPOINTS: Mapping[str, Endpoint] = {
    "product": Endpoint(
        "/v1/products",
        "product",
        unmanaged=frozenset({"default_price_data", "tax_details", "type", "id", "expand"}),
    ),
    "price": Endpoint(
        "/v1/prices",
        "price",
        listings=({"active": "true"}, {"active": "false"}),
        expand=("tiers", "currency_options"),
        within_options="tiers",
        unmanaged=frozenset({"product_data", "unit_amount", "transfer_lookup_key", "expand"}),
    ),
    "meter": Endpoint(
        "/v1/billing/meters",
        "billing.meter",
        constants={"customer_mapping.type": "by_id"},
        active_from=("status", "active"),
        deactivate="deactivate",
        reactivate="reactivate",
        unmanaged=frozenset({"expand"}),
    ),
    "feature": Endpoint(
        "/v1/entitlements/features",
        "entitlements.feature",
        listings=({"archived": "false"}, {"archived": "true"}),
        unmanaged=frozenset({"expand"}),
    ),
    "product_feature": Endpoint(
        "/v1/products/{product}/features", "product_feature", unmanaged=frozenset({"expand"})
    ),
    "coupon": Endpoint(
        "/v1/coupons",
        "coupon",
        expand=("applies_to", "currency_options"),
        uses="times_redeemed",
        valid="valid",
        unmanaged=frozenset({"id", "expand"}),
    ),
    "promotion_code": Endpoint(
        "/v1/promotion_codes",
        "promotion_code",
        expand=("restrictions.currency_options",),
        uses="times_redeemed",
        constants={"promotion.type": "coupon"},
        unmanaged=frozenset({"customer_account", "expand"}),
    ),
}
"""Kind -> its endpoint. A metadata binding has none: it is a metadata key of its host."""
