"""Rules that a catalog has to keep whichever provider holds it.

Limits of a single provider (lengths, counts, intervals) are the provider's own checks.
"""

from __future__ import annotations

from stripectl.diagnostics import Diagnostic, by_importance
from stripectl.pricing.checks import (
    amounts,
    discounts,
    names,
    offers,
    prices,
    products,
    profiles,
    purchases,
    texts,
    transitions,
)
from stripectl.pricing.checks.finding import EVERYTHING_READ, Declared, Unread
from stripectl.pricing.model import Catalog

__all__ = ["EVERYTHING_READ", "Unread", "check"]


def check(catalog: Catalog, unread: Unread = EVERYTHING_READ) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with the catalog, errors first, then by place.

    `unread` names what is declared but is not part of `catalog`, so that its absence is no finding.
    """
    declared = Declared.by(catalog, unread)
    return by_importance(
        [
            *names.check(catalog),
            *texts.check(catalog),
            *amounts.check(catalog),
            *products.check(catalog, declared),
            *prices.check(catalog, declared),
            *discounts.check(catalog, declared),
            *offers.check(catalog, declared),
            *purchases.check(catalog),
            *profiles.check(catalog, declared),
            *transitions.check(catalog, declared),
        ]
    )
