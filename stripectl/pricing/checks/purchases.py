"""What an offer sells can be bought together: all of it is for sale, and one bill can hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, Severity, error
from stripectl.pricing.checks.finding import Findings, placed
from stripectl.pricing.model import Amounts, Catalog, Offer, Price

Priced: TypeAlias = tuple[Path, Price]
"""Where an offer names a price, and the price."""


def check(catalog: Catalog) -> Findings:
    for offer in catalog.offers.values():
        sold = _known(offer, "prices", catalog)
        setup = _known(offer, "setup", catalog)
        if not offer.prices:
            yield placed(_EMPTY, offer)
        yield from _for_sale(offer, [*sold, *setup], catalog)
        yield from _paid_once(offer, setup)
        yield from _one_base(offer, [*sold, *setup], catalog)
        yield from _trial(offer, sold)
        yield from _intervals(offer, sold)


_EMPTY = error(
    "offer-empty",
    "An offer sells nothing",
    "It names no price.",
    hint="add prices: [product.price]",
)


def _known(offer: Offer, field: str, catalog: Catalog) -> list[Priced]:
    """The prices that a field names and the catalog has; the others are reported as references."""
    names = enumerate(getattr(offer, field))
    return [((field, index), price) for index, name in names if (price := catalog.prices.get(name))]


def _for_sale(offer: Offer, prices: list[Priced], catalog: Catalog) -> Findings:
    for path, price in prices:
        if not price.active:
            yield placed(_inactive_price(price), offer, path)
        product = catalog.products.get(price.product)
        if product and not product.active:
            yield placed(_inactive_product(price), offer, path)


def _inactive_price(price: Price) -> Diagnostic:
    return error(
        "offer-inactive-price",
        "An offer contains a price that cannot be bought",
        f"{price.address} is inactive.",
        hint="activate the price, or take it out of the offer",
    )


def _inactive_product(price: Price) -> Diagnostic:
    return error(
        "offer-inactive-product",
        "An offer contains a product that cannot be bought",
        f"{price.address} belongs to product.{price.product}, which is inactive.",
        hint="activate the product, or take its prices out of the offer",
    )


def _paid_once(offer: Offer, setup: list[Priced]) -> Findings:
    for path, price in setup:
        if price.every is not None:
            yield placed(
                error(
                    "setup-recurs",
                    "A setup price is paid once",
                    f"{price.address} recurs every {price.every}.",
                    hint="move it to prices, or name a one-time price",
                ),
                offer,
                path,
            )


def _one_base(offer: Offer, prices: list[Priced], catalog: Catalog) -> Findings:
    """All that is bought at once begins with the same currency, in whichever of them it is then paid."""
    based = list(_bases(offer, prices, catalog))
    for path, what, base in based[1:]:
        _, first, expected = based[0]
        if base != expected:
            yield placed(
                error(
                    "offer-base-currency",
                    "What an offer sells together has different base currencies",
                    f"{what} begins with {base}, and {first} with {expected}; Stripe refuses a purchase whose"
                    " prices, discounts and codes do not share their base currency.",
                    hint=f"write {expected} first there, or make an offer for each base currency",
                ),
                offer,
                path,
            )


def _bases(offer: Offer, prices: list[Priced], catalog: Catalog) -> Iterator[tuple[Path, str, str]]:
    """Where an amount comes in, whose it is, and its base currency; what has no amount goes with any."""
    for path, price in prices:
        for base in price.currencies[:1]:
            yield path, price.address, base
    for index, name in enumerate(offer.discounts):
        if discount := catalog.discounts.get(name):
            path = ("discounts", index)
            yield from _first(path, discount.address, discount.amount_off)
            # A code whose discount has an amount is compared with that one, whether an offer names it or not.
            for code in () if discount.amount_off else discount.codes:
                yield from _first(path, f"the minimum of {code.address}", code.minimum_amount)


def _first(path: Path, what: str, amounts: Amounts) -> Iterator[tuple[Path, str, str]]:
    yield from ((path, what, currency) for currency in list(amounts)[:1])


def _trial(offer: Offer, sold: list[Priced]) -> Findings:
    all_known = sold and len(sold) == len(offer.prices)
    if offer.trial_days is not None and all_known and not any(price.every for _, price in sold):
        yield placed(
            error(
                "trial-one-time",
                "A trial needs something that recurs",
                f"Nothing in {offer.address} recurs, so there is nothing to try before it.",
                hint="add a recurring price, or remove trial_days",
            ),
            offer,
            ("trial_days",),
        )


def _intervals(offer: Offer, sold: list[Priced]) -> Findings:
    periods = dict.fromkeys(str(price.every) for _, price in sold if price.every)
    if len(periods) > 1:
        yield placed(
            Diagnostic(
                Severity.WARNING,
                "offer-intervals",
                "The prices of an offer recur at different intervals",
                f"{offer.address} mixes {', '.join(periods)}; not every checkout can put them on one"
                " subscription.",
                hint="make an offer for each interval, if that is what is meant",
            ),
            offer,
            ("prices",),
        )
