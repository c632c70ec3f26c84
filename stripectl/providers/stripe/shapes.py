"""What values of Stripe's fields may be in our files. A key means the same in every kind, at any depth."""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.engine.shapes import (
    Shape,
    bound,
    by_name,
    decimal,
    flag,
    moment,
    number_of,
    one_of,
    record,
    reference,
    several,
    text,
    whole,
)
from stripectl.pricing.model import Rounding, Unit
from stripectl.pricing.quote import Mode

TIERS = several(record({"up_to": bound, "unit_amount": decimal, "flat_amount": decimal}))

CUSTOM = record(dict.fromkeys(("minimum", "maximum", "preset"), whole))

OPTION = record(
    {
        "unit_amount": decimal,
        "tiers": TIERS,
        "custom_unit_amount": CUSTOM,
        "tax_behavior": text,
        "amount_off": whole,
        "minimum_amount": whole,
    }
)

RECURRING = record(
    {
        "interval": one_of(Unit),
        "interval_count": number_of,
        "meter": reference,
        "trial_period_days": whole,
        "usage_type": text,
        "aggregate_usage": text,
    }
)

SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("active", "shippable", "first_time_only"), flag),
    **dict.fromkeys(("unit_amount", "percent_off"), decimal),
    **dict.fromkeys(("amount_off", "minimum_amount", "max_redemptions"), whole),
    **dict.fromkeys(("redeem_by", "expires_at"), moment),
    **dict.fromkeys(("product", "default_price", "entitlement_feature", "coupon", "host"), reference),
    **dict.fromkeys(("images", "marketing_features"), several(text)),
    "applies_to": several(reference),
    "duration_in_months": number_of,
    "package_dimensions": record(dict.fromkeys(("height", "length", "width", "weight"), decimal)),
    "recurring": RECURRING,
    "tiers": TIERS,
    "tiers_mode": one_of(Mode),
    "transform_quantity": record({"divide_by": number_of, "round": one_of(Rounding)}),
    "custom_unit_amount": CUSTOM,
    "currency_options": by_name(OPTION),
}
"""Field -> the shape of its value; any other is a text."""
