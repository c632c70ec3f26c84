"""All facts of Stripe that stripectl builds on: those that are asked, and those that no run can find out."""

from __future__ import annotations

from collections.abc import Mapping

from tests.live.facts import (
    amounts,
    codes,
    coupons,
    currencies,
    default_prices,
    invoices,
    lists,
    metering,
    prices,
    products,
    requests,
    selling,
)
from tests.live.probe import Grade, Probe, Unasked

SECTIONS: Mapping[str, tuple[Probe, ...]] = {
    "Products": products.PROBES,
    "Default prices": default_prices.PROBES,
    "Prices": prices.PROBES,
    "Amounts": amounts.PROBES,
    "Currencies": currencies.PROBES,
    "Coupons": coupons.PROBES,
    "Promotion codes": codes.PROBES,
    "Meters and features": metering.PROBES,
    "Lists": lists.PROBES,
    "Payment links and subscriptions": selling.PROBES,
    "Requests and accounts": requests.PROBES,
    "Bills": invoices.PROBES,
}

PROBES: tuple[Probe, ...] = tuple(probe for section in SECTIONS.values() for probe in section)

UNASKED: tuple[Unasked, ...] = (
    Unasked(
        "search-delay",
        "Search finds what was written after a minute, at bad times after an hour.",
        Grade.DOCUMENTED,
        "one run sees one delay; nothing may rely on it",
    ),
    Unasked(
        "events",
        "Events reach back 30 days; features, grants of features and shipping rates have none.",
        Grade.DOCUMENTED,
        "an absent event may only be late",
    ),
    Unasked(
        "idempotency-age",
        "The answer to a key is kept for 24 hours at least.",
        Grade.DOCUMENTED,
        "takes a day",
    ),
    Unasked(
        "idempotency-500",
        "A 500 is replayed like any other answer.",
        Grade.DOCUMENTED,
        "Stripe cannot be made to fail",
    ),
    Unasked(
        "rates",
        "A sandbox takes 25 requests a second, a live account 100, an endpoint 25.",
        Grade.DOCUMENTED,
        "the suite stays below them, as others may use the account",
    ),
    Unasked(
        "rates-bucket",
        "Requests that were not used up may be made up for in a burst.",
        Grade.CLAIMED,
        "the suite stays below the limits",
    ),
    Unasked(
        "rates-reasons",
        "A 429 names its kind in `Stripe-Rate-Limited-Reason` and has no `Retry-After`; what it says in"
        " `Stripe-Should-Retry` is open.",
        Grade.CLAIMED,
        "the suite stays below the limits",
    ),
    Unasked(
        "lock-timeout",
        "Two requests for one object at once may end in 429 `lock_timeout`.",
        Grade.DOCUMENTED,
        "depends on the moment",
    ),
    Unasked(
        "no-compare-and-swap",
        "No request changes an object only if it is as it was read.",
        Grade.DOCUMENTED,
        "an absence",
    ),
    Unasked(
        "coupon-discounts-given",
        "Discounts that were given stay when their coupon is deleted.",
        Grade.DOCUMENTED,
        "is about bills to come",
    ),
    Unasked(
        "coupon-months-weekly",
        "A discount in months counts months also where a price is billed by the day or the week.",
        Grade.UNKNOWN,
        "takes months",
    ),
    Unasked(
        "zero-decimal",
        "Which currencies have no minor unit, and that HUF and TWD are paid out whole.",
        Grade.DOCUMENTED,
        "shows when money moves",
    ),
    Unasked(
        "permission-names",
        "Permissions of restricted keys are called `rak_product_…`, `rak_plan_…`, `rak_coupon_…` and so on;"
        " the dashboard takes them in a link.",
        Grade.CLAIMED,
        "takes a key without each of them",
    ),
    Unasked(
        "permission-expansion",
        "An expanded field needs the permission of its own object.",
        Grade.DOCUMENTED,
        "takes a key without it",
    ),
    Unasked(
        "organization-keys",
        "Keys of an organization begin with `sk_org_` and need `Stripe-Context`. What the refusal without it"
        " says, and whether a mode follows in the key, is open.",
        Grade.DOCUMENTED,
        "such keys are refused by this suite, as they may open live accounts",
    ),
    Unasked(
        "sandbox-keys",
        "Keys of a sandbox look like test keys.",
        Grade.DOCUMENTED,
        "a key does not tell which of both it is",
    ),
    Unasked(
        "sandbox-unclaimed-keys",
        "Restricted keys of a sandbox that nobody has claimed begin with `rkcs_test_`.",
        Grade.CLAIMED,
        "takes such a sandbox",
    ),
    Unasked(
        "legacy-plans",
        "Plans of old show up as prices with ids of any form, `aggregate_usage` and `trial_period_days`.",
        Grade.RECORDED,
        "takes an account of old",
    ),
    Unasked(
        "pricing-plans",
        "`/v2/billing/pricing_plans` exists as a preview only.",
        Grade.DOCUMENTED,
        "a preview has to be applied for",
    ),
)

UNVERIFIED: Mapping[str, tuple[str, ...]] = {
    "docs/environments.md": ("permission-names", "permission-expansion", "organization-keys"),
    "docs/manifest.md": (
        "currency-two-zeros",
        "currency-unsupported",
        "meter-members",
        "feature-members",
        "coupon-name",
    ),
    "docs/quotes.md": (
        "coupon-months-weekly",
        "invoice-half",
        "invoice-tiers",
        "invoice-percentage",
        "invoice-amount-off",
        "invoice-order",
        "invoice-three-decimals",
        "invoice-whole-units",
    ),
    "stripectl/engine/customers.py": ("code-customer-gone",),
    "stripectl/pricing/checks/amounts.py": ("currency-two-zeros",),
    "stripectl/pricing/quote.py": ("invoice-half", "invoice-percentage", "invoice-whole-units"),
    "stripectl/providers/shadow/account.py": ("rates-reasons",),
    "stripectl/providers/shadow/behaviour.py": (
        "coupon-deletion",
        "feature-members",
        "feature-reactivation",
        "link-archived-price",
        "link-archived-product",
        "meter-event-name",
        "meter-members",
        "price-nickname",
        "product-texts-keep",
    ),
    "stripectl/providers/shadow/discounts.py": (
        "code-customer",
        "code-bounds",
        "coupon-deletion-codes",
        "coupon-percent",
        "coupon-redeem-by",
    ),
    "stripectl/providers/shadow/errors.py": (
        "account-restricted",
        "code-coupon-over",
        "organization-keys",
        "product-urls",
        "refusal-codes",
    ),
    "stripectl/providers/shadow/features.py": ("feature-reactivation",),
    "stripectl/providers/shadow/fields.py": ("currency-case", "currency-two-zeros"),
    "stripectl/providers/shadow/meters.py": ("meter-switching",),
    "stripectl/providers/shadow/permissions.py": ("permission-names",),
    "stripectl/providers/shadow/prices.py": ("price-interval-days", "product-default-price-archive"),
    "stripectl/providers/shadow/products.py": ("product-blanks",),
    "stripectl/providers/shadow/tiers.py": ("currency-shape",),
    "stripectl/providers/stripe/amount_limits.py": ("currency-unsupported",),
    "stripectl/providers/stripe/expansion.py": ("currency-expansions",),
    "stripectl/providers/stripe/keys.py": ("organization-keys", "sandbox-unclaimed-keys"),
    "stripectl/providers/stripe/kinds.py": (
        "price-nickname",
        "meter-members",
        "feature-members",
        "coupon-name",
    ),
    "stripectl/providers/stripe/limit_checks.py": ("price-interval-days",),
    "stripectl/providers/stripe/limiter.py": ("rates-bucket",),
    "stripectl/providers/stripe/permissions.py": ("permission-names",),
    "stripectl/providers/stripe/pointing.py": ("permission-names",),
    "stripectl/providers/stripe/provider.py": ("coupon-deletion", "product-id-after-deletion"),
}
"""File that marks something of Stripe as unverified -> the facts that it is about."""
