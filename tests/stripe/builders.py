"""Small catalogs for the tests of the Stripe room."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias, TypeVar

from stripectl.engine.fidelity import Annotation
from stripectl.engine.resource import Resource
from stripectl.pricing.model import (
    Accept,
    Aggregation,
    Artifact,
    Catalog,
    Charge,
    Code,
    Commitment,
    Configuration,
    Dimensions,
    Discount,
    Feature,
    Meter,
    Offer,
    Period,
    Price,
    Product,
    TaxBehavior,
    Tier,
    Unit,
)
from stripectl.providers.stripe.mapping import Mapped, map_catalog

MONTH = Period(Unit.MONTH)
D = Decimal

Declared: TypeAlias = Artifact | Accept

T = TypeVar("T")


def catalog(*declared: Declared, name: str = "acme") -> Catalog:
    """A catalog of the given artifacts; a product `pro` is always there."""

    def of(kind: type[T]) -> list[T]:
        return [each for each in declared if isinstance(each, kind)]

    products = {"pro": Product("pro", "Pro")} | {each.id: each for each in of(Product)}
    return Catalog(
        name,
        products=products,
        prices={each.reference: each for each in of(Price)},
        meters={each.id: each for each in of(Meter)},
        features={each.id: each for each in of(Feature)},
        discounts={each.id: each for each in of(Discount)},
        commitments={each.id: each for each in of(Commitment)},
        offers={each.id: each for each in of(Offer)},
        configurations={each.id: each for each in of(Configuration)},
        accepts=tuple(each for each in declared if isinstance(each, Accept)),
    )


def mapped(*declared: Declared) -> Mapped:
    return map_catalog(catalog(*declared))


def resource(address: str, *declared: Declared) -> Resource:
    """The desired resource at an address."""
    found = mapped(*declared).desired.get(address)
    assert found is not None, f"nothing is desired at {address}"
    return found


def notes(address: str, result: Mapped) -> list[Annotation]:
    return [each for each in result.annotations if each.address == address]


def codes(address: str, *declared: Declared) -> list[tuple[str, str]]:
    """Fidelity and code of each annotation of an address."""
    return [(each.fidelity.value, each.code) for each in notes(address, mapped(*declared))]


def monthly(id: str = "monthly", **more: object) -> Price:
    """9 EUR a month, unless `more` says otherwise."""
    fields: dict[str, object] = {"amount": {"eur": D(9)}, "every": MONTH}
    return Price(id, "pro", **{**fields, **more})  # type: ignore[arg-type]


TAX = {"eur": TaxBehavior.INCLUSIVE, "usd": TaxBehavior.EXCLUSIVE}
CALLS = Meter("calls", "API calls", "api_calls", Aggregation.SUM)

EVERYTHING = catalog(
    Product(
        "pro",
        "Pro",
        description="For teams",
        tax_code="txcd_10103001",
        unit_label="seat",
        statement_descriptor="ACME PRO",
        url="https://acme.example/pro",
        images=("https://acme.example/pro.png",),
        marketing_features=("Fast", "Safe"),
        shippable=True,
        package_dimensions=Dimensions(D("2.5"), D(8), D("6.25"), D(12)),
        features=("sso", "audit"),
        default_price="monthly",
        metadata={"team": "core"},
    ),
    Product("retired", "Retired", active=False),
    monthly(amount={"eur": D("8.99"), "usd": D("9.99"), "jpy": D(1500)}, trial_days=14, nickname="Monthly"),
    monthly("once", every=None, metadata={"once": "yes"}),
    monthly("taxed", amount={"eur": D(9), "usd": D(9), "gbp": D(8)}, tax_behavior=TAX, legacy_trial_days=7),
    monthly("old", active=False),
    monthly("calls", charge=Charge.PER_UNIT, meter="calls", amount={"eur": D("0.0000004")}),
    monthly(
        "tiered",
        charge=Charge.GRADUATED,
        amount={},
        every=Period(Unit.WEEK, 2),
        tiers=(
            Tier(100, {"eur": D(0), "usd": D(0)}, {"eur": D(5), "usd": D(6)}),
            Tier(None, {"eur": D("0.02"), "usd": D("0.03")}),
        ),
    ),
    CALLS,
    Meter("last", "Last", "last_seen", Aggregation.LAST, customer_key="customer", value_key="level"),
    Feature("sso", "Single sign-on"),
    Feature("audit", "Audit log", metadata={"area": "security"}),
    Discount(
        "launch",
        name="Launch",
        percent_off=D("12.5"),
        duration=Period(Unit.MONTH, 3),
        products=("pro",),
        max_redemptions=50,
        codes=(
            Code("LAUNCH", "launch", max_redemptions=10, first_time_only=True),
            Code("BIG", "launch", minimum_amount={"eur": D(50), "usd": D(60)}, metadata={"by": "ads"}),
        ),
    ),
    Discount("ten", amount_off={"eur": D(10), "usd": D(11)}),
    Offer("team", ("pro.monthly", "pro.calls"), trial_days=7),
)
"""One of everything that Stripe can hold."""
