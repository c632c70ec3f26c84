"""Where the shadow is known to answer otherwise than a fact says; a test holds the table exactly."""

from __future__ import annotations

from collections.abc import Mapping

SHADOW_DIFFERS: Mapping[str, str] = {
    "answer-headers": "has no `Stripe-Should-Retry` and no address of a log",
    "code-bounds": "takes an expiry in six years",
    "code-coupon-over": "keeps codes active whose coupon's date has gone by",
    "code-coupon-used-up": "knows no discounts of subscriptions",
    "code-spelling": "refuses underscores",
    "code-used-up": "knows no discounts of subscriptions",
    "coupon-parameters": "names codes and parameters that Stripe does not name",
    "coupon-percent": "takes three decimals",
    "currency-case": "takes currencies in upper case",
    "currency-tiers": "shows tiers of all currencies by `currency_options.tiers`",
    "currency-two-zeros": "takes fractions of UGX and ISK",
    "feature-key": "keeps the key of an archived feature taken",
    "link-archived-price": "keeps links active",
    "link-archived-product": "keeps links active",
    "list-cursor": "refuses a cursor that was deleted",
    "list-limit": "refuses limits outside 1 to 100",
    "price-inline": "makes no payment link of an inline price",
    "price-lookup-key-clear": "does not clear a lookup key",
    "price-metered": "names a code and a parameter that Stripe does not name",
    "price-nickname": "keeps blanks",
    "price-one-time-tiers": "takes tiers of a price that is paid once",
    "price-parameters": "names codes and parameters that Stripe does not name",
    "product-blanks": "keeps blanks",
    "product-default-price-clear": "does not clear a default price",
    "product-members": "lacks `attributes` and `tax_details`",
    "product-urls": "takes longer addresses",
}
"""Probe -> what the shadow does. A row goes when the shadow is mended."""
