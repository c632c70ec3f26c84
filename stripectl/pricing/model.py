"""The pricing model: what a catalog declares, before any provider is thought of.

All types are frozen. Ids are those of the manifest; an address is the artifact's kind and ids joined by
dots. Amounts are `Decimal` in major units, keyed by lower-case currency; the first currency is the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from stripectl.diagnostics import Location, Path, Sources

Amounts: TypeAlias = Mapping[str, Decimal]
"""Currency -> amount in major units, in the order written; the first one is the base currency."""


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar length: `count` times `unit`; count is 1 or more."""

    unit: Unit
    count: int = 1

    def __str__(self) -> str:
        return f"{self.unit}" if self.count == 1 else f"{self.count} {self.unit}s"


class Charge(StrEnum):
    """How a price turns a quantity into an amount."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    PACKAGE = "package"
    GRADUATED = "graduated"
    VOLUME = "volume"
    CUSTOM = "custom"


class Rounding(StrEnum):
    UP = "up"
    DOWN = "down"


class Aggregation(StrEnum):
    """How a meter turns events into a quantity. Not every provider can do each."""

    SUM = "sum"
    COUNT = "count"
    LAST = "last"
    MAX = "max"
    MIN = "min"
    AVERAGE = "average"
    UNIQUE = "unique"


class Window(StrEnum):
    """Width of a meter's buckets."""

    HOUR = "hour"
    DAY = "day"


class TaxBehavior(StrEnum):
    UNSPECIFIED = "unspecified"
    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class Recurrence(StrEnum):
    """How long a discount lasts when it is not a number of weeks or months."""

    ONCE = "once"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What every artifact that becomes a provider object may say about its handling."""

    protect: bool = False
    """Never archive, replace or delete it."""
    ignore: tuple[str, ...] = ()
    """Fields that are left to the provider."""
    id: str | None = None
    """An existing provider id to adopt."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a graduated or volume price."""

    up_to: int | None
    """Last unit that the tier covers, inclusive; None is unbounded and allowed in the last tier only."""
    amount: Amounts = field(default_factory=dict)
    """Per unit."""
    flat: Amounts = field(default_factory=dict)
    """Once, when the tier is reached."""


@dataclass(frozen=True, slots=True)
class Package:
    """Units sold together: `amount` buys `size` of them."""

    size: int
    round: Rounding = Rounding.UP


@dataclass(frozen=True, slots=True)
class CustomAmount:
    """The customer chooses the amount, within bounds."""

    minimum: Amounts = field(default_factory=dict)
    maximum: Amounts = field(default_factory=dict)
    preset: Amounts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Included:
    """An allowance per period before the price's amount applies."""

    quantity: int
    rollover: bool = False
    """Unused quantity is carried into the next period."""
    pooled: bool = False
    """Shared by all subscriptions of a customer."""


@dataclass(frozen=True, slots=True)
class Price:
    id: str
    product: str
    charge: Charge = Charge.FLAT
    amount: Amounts = field(default_factory=dict)
    every: Period | None = None
    """None is a one-time price."""
    meter: str | None = None
    """Id of the meter whose quantity is charged; None is licensed by quantity."""
    included: Included | None = None
    tiers: tuple[Tier, ...] = ()
    package: Package | None = None
    custom: CustomAmount | None = None
    tax_behavior: TaxBehavior | Mapping[str, TaxBehavior] = TaxBehavior.UNSPECIFIED
    """Of all currencies, or of each that is named; see `tax_in`."""
    trial_days: int | None = None
    legacy_trial_days: int | None = None
    """Trial that the price itself gives, to subscriptions whose creator asks for the price's own."""
    lookup_key: str | None = None
    """None lets the mapping choose `<product>_<price>`."""
    nickname: str | None = None
    active: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"price.{self.product}.{self.id}"

    @property
    def reference(self) -> str:
        """How an offer names it: `product.price`."""
        return f"{self.product}.{self.id}"

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that it is sold in, the base currency first."""
        amounts = [self.amount]
        for tier in self.tiers:
            amounts += [tier.amount, tier.flat]
        if self.custom:
            amounts += [self.custom.minimum, self.custom.maximum, self.custom.preset]
        return tuple(dict.fromkeys(currency for each in amounts for currency in each))

    def tax_in(self, currency: str) -> TaxBehavior:
        """Whether an amount in the currency includes tax."""
        if isinstance(self.tax_behavior, TaxBehavior):
            return self.tax_behavior
        return self.tax_behavior.get(currency, TaxBehavior.UNSPECIFIED)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """A parcel: inches, and ounces of weight, each 0 or more."""

    height: Decimal
    length: Decimal
    width: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    description: str | None = None
    tax_code: str | None = None
    unit_label: str | None = None
    statement_descriptor: str | None = None
    url: str | None = None
    images: tuple[str, ...] = ()
    marketing_features: tuple[str, ...] = ()
    shippable: bool | None = None
    package_dimensions: Dimensions | None = None
    active: bool = True
    features: tuple[str, ...] = ()
    """Ids of the entitlements that buying it grants."""
    default_price: str | None = None
    """Id of one of its own prices."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    new_id: str | None = None
    """The provider's id to create it under; None lets the mapping choose."""
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"product.{self.id}"


@dataclass(frozen=True, slots=True)
class Meter:
    id: str
    name: str
    event: str
    aggregation: Aggregation
    customer_key: str = "stripe_customer_id"
    """Key of the event's payload that names the customer."""
    value_key: str = "value"
    """Key of the event's payload that holds the quantity."""
    window: Window | None = None
    """Width of the buckets that events are counted in; None leaves it to the provider."""
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"meter.{self.id}"


@dataclass(frozen=True, slots=True)
class Feature:
    id: str
    name: str
    lookup_key: str | None = None
    """None takes the id."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"feature.{self.id}"


@dataclass(frozen=True, slots=True)
class Code:
    """A word that a customer types to get a discount."""

    code: str
    discount: str
    max_redemptions: int | None = None
    first_time_only: bool = False
    expires: date | None = None
    """Last moment is the start of this day, UTC."""
    minimum_amount: Amounts = field(default_factory=dict)
    """Smallest order that it applies to."""
    customer: str | None = None
    """The provider's id of the one customer who may use it; None is everybody."""
    active: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"code.{self.discount}.{self.code}"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a discount ladder: from `after` on, `percent_off` applies."""

    after: Period
    percent_off: Decimal
    """Over 0, up to 100; how it meets the rungs before it is the ladder's `combine`."""


class Combination(StrEnum):
    """How a rung of a ladder meets the rungs before it."""

    REPLACE = "replace"
    """50 then 50 is 50 % off."""
    MULTIPLY = "multiply"
    """50 then 50 more of what is left is 75 % off."""
    ADD = "add"
    """50 then 50 is 100 % off."""


class Application(StrEnum):
    """How a discount reaches a customer."""

    CODE = "code"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Discount:
    id: str
    name: str | None = None
    percent_off: Decimal | None = None
    """Over 0, up to 100."""
    amount_off: Amounts = field(default_factory=dict)
    duration: Recurrence | Period = Recurrence.ONCE
    products: tuple[str, ...] = ()
    """Ids of the products that it is limited to; empty is all."""
    redeem_by: date | None = None
    """Last moment is the start of this day, UTC."""
    max_redemptions: int | None = None
    apply: Application = Application.CODE
    codes: tuple[Code, ...] = ()
    ladder: tuple[Rung, ...] = ()
    """Steps of growing discount; excludes percent_off and amount_off."""
    combine: Combination | None = None
    """None: the manifest does not say, which is warned of where a ladder has several rungs."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    new_id: str | None = None
    """The provider's id to create it under; None lets the mapping choose."""
    lifecycle: Lifecycle = Lifecycle()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"discount.{self.id}"


class CommitmentType(StrEnum):
    TERM = "term"
    MINIMUM_SPEND = "minimum_spend"
    PREPAYMENT = "prepayment"


@dataclass(frozen=True, slots=True)
class Commitment:
    id: str
    type: CommitmentType
    duration: Period | None = None
    """How long the customer binds themselves; term only."""
    amount: Amounts = field(default_factory=dict)
    every: Period | None = None
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"commitment.{self.id}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a customer buys: prices sold together."""

    id: str
    prices: tuple[str, ...]
    """References `product.price`, at least one."""
    setup: tuple[str, ...] = ()
    """One-time prices on the first invoice."""
    trial_days: int | None = None
    discounts: tuple[str, ...] = ()
    commitment: str | None = None
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"offer.{self.id}"


@dataclass(frozen=True, slots=True)
class Override:
    """What one customer pays instead, for one price."""

    price: str
    """Reference `product.price`."""
    amount: Amounts


@dataclass(frozen=True, slots=True)
class Configuration:
    """An offer for one customer."""

    id: str
    customer: str
    """Who, in the words of the owner's own systems: `crm:4711`."""
    offer: str
    prices: tuple[Override, ...] = ()
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"configuration.{self.id}"


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer made up for comparison: every plan quotes what they pay. Becomes nothing at the provider."""

    id: str
    title: str | None = None
    """None takes the id."""
    offer: str | None = None
    """Id of the offer that they buy."""
    prices: tuple[str, ...] = ()
    """References `product.price` of what they buy besides."""
    quantities: Mapping[str, int] = field(default_factory=dict)
    """Reference `product.price` -> quantity; one that is not named is bought once."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Id of a meter -> units in a period; one that is not named measured none."""
    currencies: tuple[str, ...] = ()
    """Lower-case codes; empty is the base currency of the first price."""
    discounts: tuple[str, ...] = ()
    """Ids of the discounts that they get, in order; automatic ones come off anyway."""
    sources: Sources = Sources()

    @property
    def address(self) -> str:
        return f"profile.{self.id}"


Artifact: TypeAlias = Product | Price | Meter | Feature | Discount | Code | Commitment | Offer | Configuration


@dataclass(frozen=True, slots=True)
class Accept:
    """An acknowledged loss."""

    address: str
    code: str
    reason: str
    source: Location | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """An address that was renamed; the objects stay."""

    old: str
    new: str
    source: Location | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """An address that left the catalog on purpose."""

    address: str
    keep: bool = False
    """Leave the object as it is and let it go, instead of archiving it."""
    source: Location | None = None


@dataclass(frozen=True, slots=True)
class PricingModel:
    """The head of one manifest."""

    id: str
    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that one catalog declares; every mapping is in the order of files and lines."""

    name: str
    models: tuple[PricingModel, ...] = ()
    products: Mapping[str, Product] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Keyed by reference `product.price`."""
    meters: Mapping[str, Meter] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)
    discounts: Mapping[str, Discount] = field(default_factory=dict)
    commitments: Mapping[str, Commitment] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    configurations: Mapping[str, Configuration] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    accepts: tuple[Accept, ...] = ()
    moved: tuple[Moved, ...] = ()
    removed: tuple[Removed, ...] = ()

    def artifacts(self) -> Iterator[Artifact]:
        """Every artifact, products first, codes after their discount."""
        yield from self.products.values()
        yield from self.prices.values()
        yield from self.meters.values()
        yield from self.features.values()
        for discount in self.discounts.values():
            yield discount
            yield from discount.codes
        yield from self.commitments.values()
        yield from self.offers.values()
        yield from self.configurations.values()


def place(artifact: Artifact | Profile, path: Path = ()) -> Location | None:
    """Where `path` of the artifact is written; the artifact itself when the path was left out."""
    return artifact.sources.at(path)
