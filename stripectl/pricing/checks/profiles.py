"""Profiles buy something that exists, at quantities that mean something, in currencies that it is sold in."""

from __future__ import annotations

from stripectl.diagnostics import did_you_mean, error
from stripectl.pricing.checks.finding import Declared, Findings, placed, unknown
from stripectl.pricing.model import Catalog, Price, Profile


def check(catalog: Catalog, declared: Declared) -> Findings:
    for profile in catalog.profiles.values():
        yield from _references(profile, declared)
        yield from _buys_something(profile)
        names = _bought(profile, catalog)
        prices = {name: catalog.prices[name] for name in names if name in catalog.prices}
        # What could not be read may be just the price or meter that is meant.
        if len(prices) == len(names) and names:
            yield from _quantities(profile, prices)
            yield from _usage(profile, prices, declared)
            yield from _currencies(profile, prices)


def _references(profile: Profile, declared: Declared) -> Findings:
    if profile.offer is not None:
        yield from unknown(profile, ("offer",), f"offer.{profile.offer}", declared)
    for index, name in enumerate(profile.prices):
        yield from unknown(profile, ("prices", index), f"price.{name}", declared)
    for meter in profile.usage:
        yield from unknown(profile, ("usage", meter), f"meter.{meter}", declared)
    for index, name in enumerate(profile.discounts):
        yield from unknown(profile, ("discounts", index), f"discount.{name}", declared)


def _buys_something(profile: Profile) -> Findings:
    if profile.offer is None and not profile.prices:
        yield placed(
            error(
                "profile-empty",
                "A profile buys nothing",
                f"{profile.address} names neither an offer nor a price.",
                hint="add offer: or prices: [product.price]",
            ),
            profile,
        )


def _bought(profile: Profile, catalog: Catalog) -> tuple[str, ...]:
    """References of all prices; none where the offer is not known."""
    if profile.offer is None:
        return tuple(dict.fromkeys(profile.prices))
    offer = catalog.offers.get(profile.offer)
    return tuple(dict.fromkeys((*offer.prices, *offer.setup, *profile.prices))) if offer else ()


def _quantities(profile: Profile, prices: dict[str, Price]) -> Findings:
    for name in profile.quantities:
        price = prices.get(name)
        if price is not None and price.meter is None:
            continue
        found = (
            f"{price.address} is charged by what meter.{price.meter} measures."
            if price
            else f"{name} is not among what {profile.address} buys."
        )
        yield placed(
            error(
                "profile-quantity",
                "A profile has a quantity of something that it does not count",
                found,
                hint=f"write usage: {{{price.meter}: N}}"
                if price
                else did_you_mean(name, prices) or "remove the quantity, or add the price",
            ),
            profile,
            ("quantities", name),
        )


def _usage(profile: Profile, prices: dict[str, Price], declared: Declared) -> Findings:
    meters = {price.meter for price in prices.values() if price.meter}
    for meter in profile.usage:
        if meter in meters or declared.lacks(f"meter.{meter}"):
            continue
        yield placed(
            error(
                "profile-usage",
                "A profile measures what none of its prices charges for",
                f"No price that {profile.address} buys is charged by meter.{meter}.",
                hint=did_you_mean(meter, meters) or "remove the usage, or add the price",
            ),
            profile,
            ("usage", meter),
        )


def _currencies(profile: Profile, prices: dict[str, Price]) -> Findings:
    for index, currency in enumerate(profile.currencies):
        for price in prices.values():
            if price.currencies and currency not in price.currencies:
                yield placed(
                    error(
                        "profile-currency",
                        "A profile pays in a currency that a price does not have",
                        f"{price.address} is sold in {', '.join(price.currencies)}, not in {currency}.",
                        hint="use a currency that all its prices share, or add the currency to the price",
                    ),
                    profile,
                    ("currencies", index),
                )
