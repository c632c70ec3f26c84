"""Single limits of Stripe's: each check looks at one value of one artifact and says what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, dotted, error
from stripectl.pricing.model import (
    Artifact,
    Code,
    Commitment,
    Configuration,
    CustomAmount,
    Dimensions,
    Discount,
    Feature,
    Meter,
    Offer,
    Period,
    Price,
    Product,
    Tier,
    Unit,
    place,
)
from stripectl.pricing.money import THREE_DECIMAL, Money, decimals
from stripectl.providers.stripe.kinds import MARK_PREFIX
from stripectl.providers.stripe.names import feature_key, lookup_key

METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500
URL_LENGTH = 2048
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


@dataclass(frozen=True, slots=True)
class Spot:
    """A value's place in the manifest."""

    artifact: Artifact
    path: Path

    def below(self, *path: str | int) -> Spot:
        return Spot(self.artifact, (*self.path, *path))

    def error(self, code: str, summary: str, detail: str, hint: str = "") -> Diagnostic:
        """An error at this place."""
        return error(
            code,
            summary,
            detail,
            hint=hint,
            address=self.artifact.address,
            path=dotted((*document_path(self.artifact), *self.path)),
            source=place(self.artifact, self.path),
        )


Check: TypeAlias = Callable[[Spot, object], Iterator[Diagnostic]]


def document_path(artifact: Artifact) -> Path:
    """Where a manifest declares an artifact: `products.pro.prices.monthly`."""
    match artifact:
        case Price():
            return ("products", artifact.product, "prices", artifact.id)
        case Code():
            return ("discounts", artifact.discount, "codes", artifact.code)
        case _:
            return (_SECTIONS[type(artifact)], artifact.id)


_SECTIONS: Mapping[type[Artifact], str] = {
    Product: "products",
    Meter: "meters",
    Feature: "features",
    Discount: "discounts",
    Commitment: "commitments",
    Offer: "offers",
    Configuration: "configurations",
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


def each_longest(limit: int) -> Check:
    """A list whose items have at most `limit` characters."""
    single = longest(limit)

    def check(spot: Spot, value: object) -> Iterator[Diagnostic]:
        for index, item in enumerate(_items(value)):
            yield from single(spot.below(index), item)

    return check


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


def web_address(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """An http or https address."""
    if isinstance(value, str) and not (
        value.startswith(("https://", "http://")) and len(value) <= URL_LENGTH
    ):
        yield spot.error(
            "web-address",
            "A web address is not one that Stripe takes",
            f"{value[:80]!r} does not begin with https:// or http://, or has over {URL_LENGTH} characters.",
            "write the full address of a public page",
        )


def each_web_address(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """A list of http or https addresses."""
    for index, item in enumerate(_items(value)):
        yield from web_address(spot.below(index), item)


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
    if not isinstance(value, str):
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
    """Letters, digits and dashes."""
    if isinstance(value, str) and not re.fullmatch("[A-Za-z0-9-]+", value):
        yield spot.error(
            "code-characters",
            "A promotion code has characters that Stripe does not allow",
            f"{value[:80]!r} may only have the letters A to Z, digits and dashes.",
        )


def percentage(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Over 0, up to 100, with at most two decimals."""
    if not isinstance(value, Decimal):
        return
    if not 0 < value <= 100 or decimals(value) > PERCENT_DECIMALS:
        yield spot.error(
            "percent-off",
            "A percentage is not one that a coupon can have",
            f"{value:f} is not over 0, up to 100, with {PERCENT_DECIMALS} decimals at most.",
            "round it, or let the rungs of a ladder replace each other",
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


def amounts_fit(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """What is charged at once ends in a zero in the currencies that have three decimals."""
    price = spot.artifact
    if isinstance(value, Mapping) and isinstance(price, Price) and not price.meter:
        for currency, amount in value.items():
            yield from _three_decimals(spot.below(currency), Money(amount, currency))


def whole_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """Amounts that Stripe takes in whole minor units only."""
    match value:
        case CustomAmount(minimum, maximum, preset):
            yield from whole_amounts(spot.below("minimum"), minimum)
            yield from whole_amounts(spot.below("maximum"), maximum)
            yield from whole_amounts(spot.below("preset"), preset)
        case Mapping():
            for currency, amount in value.items():
                yield from _whole(spot.below(currency), Money(amount, currency))


def flat_amounts(spot: Spot, value: object) -> Iterator[Diagnostic]:
    """The flat amounts of tiers, which are charged at once."""
    for index, tier in enumerate(_items(value)):
        for currency, amount in tier.flat.items() if isinstance(tier, Tier) else ():
            yield from _three_decimals(spot.below(index, "flat", currency), Money(amount, currency))


def _whole(spot: Spot, money: Money) -> Iterator[Diagnostic]:
    if money.minor != money.minor.to_integral_value():
        yield spot.error(
            "whole-minor-units",
            "An amount has a fraction that Stripe does not take here",
            f"{money} is {money.minor:f} in its smallest unit, which has to be a whole number here.",
            "round it",
        )
    else:
        yield from _three_decimals(spot, money)


def _three_decimals(spot: Spot, money: Money) -> Iterator[Diagnostic]:
    if money.currency in THREE_DECIMAL and money.minor % 10:
        yield spot.error(
            "three-decimal-amount",
            "An amount in a currency with three decimals has to end in a zero",
            f"{money} cannot be charged: card networks keep two of the currency's three decimals.",
            "round it to two decimals",
        )


def _items(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
