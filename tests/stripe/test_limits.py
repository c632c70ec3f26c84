"""Stripe's limits, each told at its field."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

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
    Included,
    Lifecycle,
    Meter,
    Offer,
    Period,
    Price,
    Product,
    Rung,
    Tier,
    Unit,
)
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.limits import LIMITS, check_limits
from stripectl.providers.stripe.mapping import KIND_OF, map_catalog
from stripectl.providers.stripe.spot import Spot
from tests.stripe.builders import CALLS, EVERYTHING, MONTH, D, Declared, catalog, monthly

TODAY = date(2026, 11, 28)


def found(*declared: Declared) -> list[tuple[str, str]]:
    """Code and path of each diagnostic."""
    made = catalog(*declared)
    return [(each.code, each.path) for each in check_limits(made, map_catalog(made).desired, TODAY)]


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
        monthly(charge=Charge.VOLUME, amount={}, tiers=(Tier(None, {"kwd": D("1.001")}),)),
        "three-decimal-amount",
        "products.pro.prices.monthly.tiers[0].amount.kwd",
    ),
    (
        monthly(charge=Charge.CUSTOM, amount={}, custom=CustomAmount(minimum={"kwd": D("1.001")})),
        "three-decimal-amount",
        "products.pro.prices.monthly.custom.minimum.kwd",
    ),
    (
        monthly(charge=Charge.GRADUATED, amount={}, every=None, tiers=(Tier(None, {"eur": D(1)}),)),
        "tiers-one-time",
        "products.pro.prices.monthly.tiers",
    ),
    (
        monthly(charge=Charge.VOLUME, amount={}, every=None, tiers=(Tier(None, {"eur": D(1)}),)),
        "tiers-one-time",
        "products.pro.prices.monthly.tiers",
    ),
    (
        monthly(charge=Charge.PER_UNIT, included=Included(5), every=None),
        "tiers-one-time",
        "products.pro.prices.monthly.included",
    ),
    (pro(url=f"https://{'x' * 792}"), "text-too-long", "products.pro.url"),
    (pro(images=(f"https://{'x' * 2041}",)), "text-too-long", "products.pro.images[0]"),
    (Product("pro", "  "), "blank-name", "products.pro.name"),
    (pro(marketing_features=("Fast", " ")), "blank-name", "products.pro.marketing_features[1]"),
    (monthly(nickname="\t"), "blank-name", "products.pro.prices.monthly.nickname"),
    (pro(statement_descriptor=" "), "blank-name", "products.pro.statement_descriptor"),
    (Meter("calls", "x" * 251, "e", CALLS.aggregation), "text-too-long", "meters.calls.name"),
    (Meter("calls", "x", "e" * 101, CALLS.aggregation), "text-too-long", "meters.calls.event"),
    (Meter("calls", "x", "e", CALLS.aggregation, "k" * 101), "text-too-long", "meters.calls.customer_key"),
    (Meter("calls", "x", "e", CALLS.aggregation, "k", "k" * 101), "text-too-long", "meters.calls.value_key"),
    (Feature("sso", "x" * 81), "text-too-long", "features.sso.name"),
    (Feature("sso", "x", lookup_key="x" * 81), "text-too-long", "features.sso.lookup_key"),
    (Discount("x", name="x" * 41, percent_off=D(5)), "text-too-long", "discounts.x.name"),
    (Discount("x", percent_off=D("33.333")), "percent-off", "discounts.x.percent_off"),
    (Discount("x", percent_off=D("0.001")), "percent-off", "discounts.x.percent_off"),
    (Discount("x", amount_off={"kwd": D("0.001")}), "three-decimal-amount", "discounts.x.amount_off.kwd"),
    (
        Discount("x", ladder=(Rung(MONTH, D("33.33")), Rung(TWO, D("33.33"))), combine=Combination.MULTIPLY),
        "percent-off",
        "discounts.x.ladder[1].percent_off",
    ),
    (
        Discount("x", ladder=(Rung(MONTH, D(5)),), lifecycle=Lifecycle(id="OLD")),
        "ladder-adopts",
        "discounts.x.id",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("NO.WAY", "x"),)),
        "code-characters",
        "discounts.x.codes.NO.WAY.code",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("C" * 501, "x"),)),
        "text-too-long",
        f"discounts.x.codes.{'C' * 501}.code",
    ),
    (
        Discount("x", percent_off=D(5), codes=(Code("C", "x", minimum_amount={"omr": D("0.501")}),)),
        "three-decimal-amount",
        "discounts.x.codes.C.minimum_amount.omr",
    ),
]


@pytest.mark.parametrize(("declared", "code", "path"), BROKEN)
def test_what_stripe_would_refuse_is_told_at_its_field(declared: Declared, code: str, path: str) -> None:
    assert (code, path) in found(declared)


def test_one_of_everything_keeps_to_the_limits() -> None:
    assert check_limits(EVERYTHING, map_catalog(EVERYTHING).desired, TODAY) == ()


@pytest.mark.parametrize(
    "declared",
    [
        pro(statement_descriptor="ACME PRO 2027"),
        pro(metadata={f"k{n}": "v" for n in range(47)}),
        monthly(every=Period(Unit.MONTH, 36)),
        monthly(amount={"kwd": D("1.010")}),
        monthly(charge=Charge.PER_UNIT, meter="calls", amount={"kwd": D("0.0001")}),
        Discount("x", percent_off=D("99.99")),
        Discount("x", percent_off=D("0.01"), codes=(Code("UNDER_SCORE-1", "x"),)),
        pro(url=f"https://{'x' * 791}", images=(f"https://{'x' * 2040}",)),
        pro(description=" of two parts ", unit_label=" seat ", metadata={"k": " v "}),
        monthly(amount={"usd": D("999999.99"), "inr": D("9999999.99"), "jpy": D(9999999999)}),
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
    (told,) = check_limits(made, map_catalog(made).desired, TODAY)
    assert (told.source, told.address) == (Location("a.yaml", 5, 17), "product.pro")


def test_ids_that_are_too_long_for_a_metadata_key_are_told_with_the_way_out() -> None:
    name = "an-offer-with-a-long-name"
    made = catalog(monthly(), Offer(name, ("pro.monthly",)))
    (told,) = check_limits(made, map_catalog(made).desired, TODAY)
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
    (told,) = check_limits(made, map_catalog(made).desired, TODAY)
    assert (told.code, told.address) == ("lookup-key-clash", "price.pro.a")


def test_two_features_with_the_same_lookup_key_are_told() -> None:
    assert found(Feature("sso", "S"), Feature("sign-on", "S", lookup_key="sso")) == [
        ("lookup-key-clash", "features.sign-on.lookup_key")
    ]


def warned(*declared: Declared, today: date = TODAY) -> list[tuple[str, str]]:
    """Code and path of each warning; there are no errors."""
    made = catalog(*declared)
    told = check_limits(made, map_catalog(made).desired, today)
    assert not any(each.is_error for each in told)
    return [(each.code, each.path) for each in told]


def chosen(**bounds: object) -> Price:
    custom = CustomAmount(**bounds)  # type: ignore[arg-type]
    return monthly(charge=Charge.CUSTOM, amount={}, every=None, custom=custom)


CUSTOM = "products.pro.prices.monthly.custom"

REMARKS: list[tuple[Declared, str, str]] = [
    (Product("pro", " Pro "), "blanks-around", "products.pro.name"),
    (pro(statement_descriptor="ACME "), "blanks-around", "products.pro.statement_descriptor"),
    (pro(marketing_features=("Fast ",)), "blanks-around", "products.pro.marketing_features[0]"),
    (monthly(nickname=" Monthly"), "blanks-around", "products.pro.prices.monthly.nickname"),
    (Meter("calls", "Calls ", "e", CALLS.aggregation), "blanks-around", "meters.calls.name"),
    (Feature("sso", " S"), "blanks-around", "features.sso.name"),
    (Discount("x", name="X ", percent_off=D(5)), "blanks-around", "discounts.x.name"),
    (chosen(minimum={"usd": D("0.10")}), "charge-minimum", f"{CUSTOM}.minimum.usd"),
    (chosen(minimum={"huf": D(174)}), "charge-minimum", f"{CUSTOM}.minimum.huf"),
    (chosen(minimum={"gbp": D("0.29")}), "charge-minimum", f"{CUSTOM}.minimum.gbp"),
    (chosen(maximum={"usd": D(1_000_000)}), "amount-digits", f"{CUSTOM}.maximum.usd"),
    (monthly(amount={"usd": D("1000000")}), "amount-digits", "products.pro.prices.monthly.amount.usd"),
    (monthly(amount={"ugx": D(1_000_000)}), "amount-digits", "products.pro.prices.monthly.amount.ugx"),
    (
        monthly(charge=Charge.VOLUME, amount={}, tiers=(Tier(None, {}, {"eur": D("1234567.89")}),)),
        "amount-digits",
        "products.pro.prices.monthly.tiers[0].flat.eur",
    ),
    (Discount("x", amount_off={"eur": D(1_000_000)}), "amount-digits", "discounts.x.amount_off.eur"),
    (monthly(amount={"irr": D(5)}), "currency-support", "products.pro.prices.monthly.amount.irr"),
    (Discount("x", percent_off=D(5), redeem_by=TODAY), "date-past", "discounts.x.redeem_by"),
    (
        Discount("x", percent_off=D(5), codes=(Code("C", "x", expires=date(2026, 1, 1)),)),
        "date-past",
        "discounts.x.codes.C.expires",
    ),
    (Discount("x", percent_off=D(5), redeem_by=date(2031, 11, 29)), "date-too-far", "discounts.x.redeem_by"),
    (
        Discount("x", percent_off=D(5), codes=(Code("C", "x", expires=date(2040, 1, 1)),)),
        "date-too-far",
        "discounts.x.codes.C.expires",
    ),
]


@pytest.mark.parametrize(("declared", "code", "path"), REMARKS)
def test_what_stripe_may_refuse_or_keeps_otherwise_is_warned_of_at_its_field(
    declared: Declared, code: str, path: str
) -> None:
    assert warned(declared) == [(code, path)]


def test_a_date_is_sound_from_tomorrow_until_five_years_from_today() -> None:
    for day in (date(2026, 11, 29), date(2031, 11, 28)):
        assert warned(Discount("x", percent_off=D(5), redeem_by=day)) == []
    leap = Discount("x", percent_off=D(5), redeem_by=date(2029, 2, 28))
    assert warned(leap, today=date(2024, 2, 29)) == []


def test_a_chosen_amount_may_begin_at_the_smallest_charge() -> None:
    least = {"usd": D("0.50"), "jpy": D(50), "czk": D(15)}
    assert warned(chosen(minimum=least)) == []


def test_an_offer_sells_as_many_prices_as_a_subscription_holds() -> None:
    many = [monthly(f"p{n}") for n in range(20)]
    once = [monthly(f"o{n}", every=None) for n in range(20)]
    names = [each.reference for each in (*many, *once)]
    fitting = Offer("x", tuple(names[:20]), tuple(names[20:]))
    assert "offer-items" not in [code for code, _ in found(*many, *once, fitting)]
    for extra in (monthly("more"), monthly("more", every=None)):
        offer = Offer("x", (*names, extra.reference))
        assert ("offer-items", "offers.x.prices") in found(*many, *once, extra, offer)


def test_what_the_pricing_model_refuses_is_not_refused_again() -> None:
    broken: list[Declared] = [
        monthly(amount={"usd": D(10) ** 16, "xyz": D(10) ** 12, "eur": D(-1)}),
        Discount("a", percent_off=D(101)),
        Discount("b", amount_off={"eur": D("0.001")}),
        Discount("c", ladder=(Rung(MONTH, D(150)), Rung(TWO, D("33.33"))), combine=Combination.MULTIPLY),
    ]
    assert found(*broken) == []


def test_every_name_that_is_stripped_is_looked_at_for_blanks() -> None:
    looked_at = {
        (KIND_OF[artifact], to)
        for artifact, rows in LIMITS.items()
        for name, check in rows
        if any(
            each.code == "blank-name"
            for each in check(Spot(pro(), (name,)), (" ",) if name == "marketing_features" else " ")
        )
        for to in [{"meter": "display_name"}.get(KIND_OF[artifact], name)]
    }
    stripped = {
        (kind.name, field.name)
        for kind in KINDS.rows.values()
        for field in kind.fields.values()
        if field.stripped
    }
    assert looked_at == stripped
