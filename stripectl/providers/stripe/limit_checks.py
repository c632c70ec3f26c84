"""Single limits of Stripe's: each check looks at one value of one artifact and says what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal

from stripectl.diagnostics import Diagnostic
from stripectl.pricing.model import Dimensions, Feature, Period, Price, Unit
from stripectl.pricing.money import decimals
from stripectl.providers.stripe.kinds import MARK_PREFIX
from stripectl.providers.stripe.names import feature_key, lookup_key
from stripectl.providers.stripe.spot import Check, Spot

METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500
URL_LENGTH = 799
"""Of a product's page; claimed by tests against the real API."""
IMAGE_LENGTH = 2048
DESCRIPTOR_LENGTH = 22
PERCENT_DECIMALS = 2
"""Places that Stripe keeps of a coupon's percentage."""
MEASURE_DECIMALS = 2

LONGEST_INTERVAL: Mapping[Unit, int] = {
    # The three years are documented in months and years; the number of days follows from them (unverified).
    Unit.DAY: 1095,
    Unit.WEEK: 156,
    Unit.MONTH: 36,
    Unit.YEAR: 3,
}


def longest(limit: int) -> Check:
    """At most `limit` characters."""

    def check(spot: Spot, value: object) -> Iterator[Diagnostic]:
        if isinstance(value, str) and len(value) > limit:
            yield spot.error(
                "text-too-long",
                "A text is longer than Stripe allows",
                f"It has {len(value)} characters; Stripe takes {limit} at most.",
                "shorten it",
            )

    return check


def longest_price_key(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """The lookup key of a price, written or chosen: 200 characters."""
    chosen = lookup_key(spot.artifact) if isinstance(spot.artifact, Price) else value
    yield from longest(200)(spot, chosen)


def longest_feature_key(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """The lookup key of a feature, written or chosen: 80 characters."""
    chosen = feature_key(spot.artifact) if isinstance(spot.artifact, Feature) else value
    yield from longest(80)(spot, chosen)


def at_most(limit: int) -> Check:
    """A list with at most `limit` items."""

    def check(spot: Spot, value: object) -> Iterator[Diagnostic]:
        if len(_items(value)) > limit:
            yield spot.error(
                "too-many-items",
                "A list is longer than Stripe allows",
                f"It has {len(_items(value))} items; Stripe takes {limit} at most.",
                "leave the least important ones out",
            )

    return check


def web_address(limit: int) -> Check:
    """An http or https address of at most `limit` characters."""

    def check(spot: Spot, value: object) -> Iterator[Diagnostic]:
        if isinstance(value, str) and not value.startswith(("https://", "http://")):
            yield spot.error(
                "web-address",
                "A web address is not one that Stripe takes",
                f"{value[:80]!r} does not begin with https:// or http://.",
                "write the full address of a public page",
            )
        yield from longest(limit)(spot, value)

    return check


def each_item(single: Check) -> Check:
    """A list whose items all pass a check."""

    def check(spot: Spot, value: object) -> Iterator[Diagnostic]:
        for index, item in enumerate(_items(value)):
            yield from single(spot.below(index), item)

    return check


def tax_code(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """`txcd_` and eight digits."""
    if isinstance(value, str) and not re.fullmatch(r"txcd_\d{8}", value):
        yield spot.error(
            "tax-code",
            "A tax code has another form",
            f"{value[:80]!r} is not `txcd_` followed by eight digits.",
            "choose one from Stripe's list of tax categories",
        )


def descriptor(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """What a card statement can show: Stripe strips the rest silently, so it would never match again."""
    if not isinstance(value, str) or value.isspace():
        return
    clean = value.isascii() and value.isprintable() and not set(value) & set("<>\\\"'")
    if not (clean and len(value) <= DESCRIPTOR_LENGTH and re.search("[A-Za-z]", value)):
        yield spot.error(
            "statement-descriptor",
            "A statement descriptor cannot be printed on a card statement",
            f"{value[:80]!r} has over {DESCRIPTOR_LENGTH} characters, no letter, or some that are not ASCII"
            " or among < > \\ \" '.",
            "use plain letters and digits",
        )


def dimensions(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Measures of a parcel with at most two decimals."""
    measures: Mapping[str, Decimal] = asdict(value) if isinstance(value, Dimensions) else {}
    for name, measure in measures.items():
        if decimals(measure) > MEASURE_DECIMALS:
            yield spot.below(name).error(
                "package-dimensions",
                "A measure of a parcel has more decimals than Stripe keeps",
                f"{name} is {measure:f}; Stripe keeps {MEASURE_DECIMALS} decimals of inches and ounces.",
                "round it",
            )


def billed_within_years(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """A billing interval of at most three years."""
    if isinstance(value, Period) and value.count > LONGEST_INTERVAL[value.unit]:
        yield spot.error(
            "interval-too-long",
            "A billing interval is longer than Stripe allows",
            f"It is {value}; Stripe bills at least every three years ({LONGEST_INTERVAL[value.unit]}"
            f" {value.unit}s).",
            "bill more often",
        )


def code_characters(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Letters, digits, dashes and underscores; Stripe's refusals name the underscore, its pages do not."""
    if isinstance(value, str) and not re.fullmatch("[A-Za-z0-9_-]+", value):
        yield spot.error(
            "code-characters",
            "A promotion code has characters that Stripe does not allow",
            f"{value[:80]!r} may only have the letters A to Z, digits, dashes and underscores.",
        )


def percentage(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """At most two decimals, so that 0.01 is the least."""
    if isinstance(value, Decimal) and decimals(value) > PERCENT_DECIMALS:
        yield spot.error(
            "percent-off",
            "A percentage has more decimals than a coupon can have",
            f"{value:f} has {decimals(value)} decimals; Stripe keeps {PERCENT_DECIMALS}.",
            "round it, or let the rungs of a ladder replace each other",
        )


def recurs(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Tiers, and an allowance, which becomes tiers: Stripe has them on what recurs alone."""
    price = spot.artifact
    # A metered price that does not recur is wrong whatever its tiers.
    if value and isinstance(price, Price) and price.every is None and not price.meter:
        yield spot.error(
            "tiers-one-time",
            "A one-time price has tiers",
            f"{price.address} is paid once; Stripe has tiers, and allowances, on prices that recur alone.",
            "add every: month, or charge per_unit or package",
        )


def blanks(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """A name that Stripe strips of the blanks around it; the mapping does so before it is sent."""
    if not isinstance(value, str) or value == value.strip():
        return
    if value.strip():
        yield spot.warning(
            "blanks-around",
            "A name has blanks around it",
            f"{value[:80]!r} is kept as {value.strip()[:80]!r}: Stripe strips names of blanks at either end.",
            "remove them",
        )
    else:
        yield spot.error(
            "blank-name",
            "A name has nothing but blanks",
            "Stripe strips names of blanks at either end, and nothing is left of it.",
            "write a name, or leave the field out where it may be absent",
        )


def metadata_entries(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Keys and values as Stripe keeps them, and none of our own."""
    for key, text in value.items() if isinstance(value, Mapping) else ():
        if key.startswith(MARK_PREFIX):
            yield spot.below(key).error(
                "metadata-reserved",
                "A metadata key is reserved",
                f"{key} begins with {MARK_PREFIX}, which marks what stripectl owns.",
                "choose another key",
            )
        if not key or len(key) > METADATA_KEY_LENGTH or set(key) & set("[]"):
            yield spot.below(key).error(
                "metadata-key",
                "A metadata key is not one that Stripe takes",
                f"{key[:80]!r} is empty, has over {METADATA_KEY_LENGTH} characters, or a square bracket.",
            )
        if not text or len(text) > METADATA_VALUE_LENGTH:
            yield spot.below(key).error(
                "metadata-value",
                "A metadata value is not one that Stripe keeps",
                f"It has {len(text)} characters; Stripe keeps 1 to {METADATA_VALUE_LENGTH}.",
                "leave an empty one out",
            )


def _items(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
