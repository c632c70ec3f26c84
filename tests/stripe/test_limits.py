"""Stripe's limits, each told at its field."""

from __future__ import annotations

from dataclasses import fields

import pytest

from stripectl.diagnostics import Location, Sources
from stripectl.pricing.model import (
    Charge,
    Code,
    Combination,
    CustomAmount,
    Dimensions,
    Discount,
    Feature,
    Lifecycle,
    Meter,
    Offer,
    Period,
    Product,
    Rung,
    Tier,
    Unit,
)
from stripectl.providers.stripe.limits import LIMITS, check_limits
from stripectl.providers.stripe.mapping import map_catalog
from tests.stripe.builders import CALLS, EVERYTHING, MONTH, D, Declared, catalog, monthly


def found(*declared: Declared) -> list[tuple[str, str]]:
    """Code and path of each diagnostic."""
    made = catalog(*declared)
    return [(each.code, each.path) for each in check_limits(made, map_catalog(made).desired)]


def pro(**more: object) -> Product:
    return Product("pro", "Pro", **more)  # type: ignore[arg-type]


TWO = Period(Unit.YEAR, 2)

BROKEN: list[tuple[Declared, str, str]] = [
    (Product("pro", "x" * 5001), "text-too-long", "products.pro.name"),
    (pro(description="x" * 40001), "text-too-long", "products.pro.description"),
    (pro(tax_code="10103001"), "tax-code", "products.pro.tax_code"),
    (pro(unit_label="x" * 13), "text-too-long", "products.pro.unit_label"),
    (pro(statement_descriptor="x" * 23), "statement-descriptor", "products.pro.statement_descriptor"),
    (pro(statement_descriptor="1234"), "statement-descriptor", "products.pro.statement_descriptor"),
    (pro(statement_descriptor="Pro's"), "statement-descriptor", "products.pro.statement_descriptor"),
    (pro(statement_descriptor="Größe"), "statement-descriptor", "products.pro.statement_descriptor"),
    (
        pro(package_dimensions=Dimensions(D(1), D("2.125"), D(3), D(4))),
        "package-dimensions",
        "products.pro.package_dimensions.length",
    ),
    (pro(url="acme.example"), "web-address", "products.pro.url"),
    (pro(images=("https://x.example",) * 9), "too-many-items", "products.pro.images"),
    (pro(images=("https://x.example", "x.png")), "web-address", "products.pro.images[1]"),
    (pro(marketing_features=("x",) * 16), "too-many-items", "products.pro.marketing_features"),
    (pro(metadata={"k" * 41: "v"}), "metadata-key", f"products.pro.metadata.{'k' * 41}"),
    (pro(metadata={"a[b]": "v"}), "metadata-key", "products.pro.metadata.a[b]"),
    (pro(metadata={"k": "v" * 501}), "metadata-value", "products.pro.metadata.k"),
    (pro(metadata={"k": ""}), "metadata-value", "products.pro.metadata.k"),
    (pro(metadata={"stripectl_x": "v"}), "metadata-reserved", "products.pro.metadata.stripectl_x"),
    (pro(metadata={f"k{n}": "v" for n in range(48)}), "metadata-full", ""),
    (monthly(nickname="x" * 5001), "text-too-long", "products.pro.prices.monthly.nickname"),
    (monthly(lookup_key="x" * 201), "text-too-long", "products.pro.prices.monthly.lookup_key"),
    (monthly("x" * 200), "text-too-long", f"products.pro.prices.{'x' * 200}.lookup_key"),
    (monthly(every=Period(Unit.MONTH, 37)), "interval-too-long", "products.pro.prices.monthly.every"),
    (monthly(every=Period(Unit.YEAR, 4)), "interval-too-long", "products.pro.prices.monthly.every"),
    (
        monthly(amount={"kwd": D("1.001")}),
        "three-decimal-amount",
        "products.pro.prices.monthly.amount.kwd",
    ),
    (
        monthly(charge=Charge.VOLUME, amount={}, tiers=(Tier(None, {}, {"kwd": D("1.001")}),)),
        "three-decimal-amount",
        "products.pro.prices.monthly.tiers[0].flat.kwd",
    ),
    (
        monthly(charge=Charge.CUSTOM, amount={}, custom=CustomAmount(minimum={"eur": D("0.005")})),
        "whole-minor-units",
        "products.pro.prices.monthly.custom.minimum.eur",
    ),
    (Meter("calls", "x" * 251, "e", CALLS.aggregation), "text-too-long", "meters.calls.name"),
    (Meter("calls", "x", "e" * 101, CALLS.aggregation), "text-too-long", "meters.calls.event"),
    (Meter("calls", "x", "e", CALLS.aggregation, "k" * 101), "text-too-long", "meters.calls.customer_key"),
    (Meter("calls", "x", "e", CALLS.aggregation, "k", "k" * 101), "text-too-long", "meters.calls.value_key"),
    (Feature("sso", "x" * 81), "text-too-long", "features.sso.name"),
    (Feature("sso", "x", lookup_key="x" * 81), "text-too-long", "features.sso.lookup_key"),
    (Discount("x", name="x" * 41, percent_off=D(5)), "text-too-long", "discounts.x.name"),
    (Discount("x", percent_off=D("33.333")), "percent-off", "discounts.x.percent_off"),
    (Discount("x", percent_off=D(101)), "percent-off", "discounts.x.percent_off"),
    (Discount("x", amount_off={"eur": D("0.001")}), "whole-minor-units", "discounts.x.amount_off.eur"),
    (
        Discount("x", ladder=(Rung(MONTH, D(60)), Rung(TWO, D(60))), combine=Combination.ADD),
        "percent-off",
        "discounts.x.ladder[1].percent_off",
    ),
    (
        Discount("x", ladder=(Rung(MONTH, D(5)),), lifecycle=Lifecycle(id="OLD")),
        "ladder-adopts",
        "discounts.x.id",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("NO_WAY", "x"),)),
        "code-characters",
        "discounts.x.codes.NO_WAY.code",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("C" * 501, "x"),)),
        "text-too-long",
        f"discounts.x.codes.{'C' * 501}.code",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("C", "x", minimum_amount={"jpy": D("0.5")}),)),
        "whole-minor-units",
        "discounts.x.codes.C.minimum_amount.jpy",
    ),
]


@pytest.mark.parametrize(("declared", "code", "path"), BROKEN)
def test_what_stripe_would_refuse_is_told_at_its_field(declared: Declared, code: str, path: str) -> None:
    assert (code, path) in found(declared)


def test_one_of_everything_keeps_to_the_limits() -> None:
    assert check_limits(EVERYTHING, map_catalog(EVERYTHING).desired) == ()


@pytest.mark.parametrize(
    "declared",
    [
        pro(statement_descriptor="ACME PRO 2027"),
        pro(metadata={f"k{n}": "v" for n in range(47)}),
        monthly(every=Period(Unit.MONTH, 36)),
        monthly(amount={"kwd": D("1.010")}),
        monthly(charge=Charge.PER_UNIT, meter="calls", amount={"kwd": D("0.0001")}),
        Discount("x", percent_off=D("99.99")),
    ],
)
def test_what_just_fits_is_not_complained_of(declared: Declared) -> None:
    assert found(declared, CALLS) == []


def test_every_row_of_the_table_names_a_field() -> None:
    for artifact, rows in LIMITS.items():
        assert {name for name, _ in rows} <= {field.name for field in fields(artifact)}


def test_the_place_of_a_limit_is_that_of_the_value() -> None:
    sources = Sources({(): Location("a.yaml", 3, 3), ("unit_label",): Location("a.yaml", 5, 17)})
    made = catalog(pro(unit_label="x" * 13, sources=sources))
    (told,) = check_limits(made, map_catalog(made).desired)
    assert (told.source, told.address) == (Location("a.yaml", 5, 17), "product.pro")


def test_ids_that_are_too_long_for_a_metadata_key_are_told_with_the_way_out() -> None:
    name = "an-offer-with-a-long-name"
    made = catalog(monthly(), Offer(name, ("pro.monthly",)))
    (told,) = check_limits(made, map_catalog(made).desired)
    assert (told.code, told.address, told.hint) == ("binding-key", f"offer.{name}", "shorten the id by 1")


def test_a_declaration_that_is_too_long_for_a_metadata_value_is_told() -> None:
    prices = [monthly(f"a-rather-long-price-id-{n}") for n in range(20)]
    offer = Offer("team", tuple(each.reference for each in prices))
    assert found(*prices, offer) == [("binding-value", "")]


def test_bindings_and_marks_count_as_metadata_of_their_host() -> None:
    offers = [Offer(f"offer-{n}", ("pro.monthly",)) for n in range(48)]
    assert found(monthly(), *offers) == [("metadata-full", "")]
    assert found(monthly(), *offers[:47]) == []


def test_two_prices_with_the_same_lookup_key_are_told() -> None:
    made = catalog(monthly("a-b"), monthly("a", lookup_key="pro_a_b"))
    (told,) = check_limits(made, map_catalog(made).desired)
    assert (told.code, told.address) == ("lookup-key-clash", "price.pro.a")
