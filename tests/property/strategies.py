"""Small valid catalogs: few ids, so that two of them drawn one after the other are edits of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from stripectl.pricing.model import (
    Aggregation,
    Amounts,
    Catalog,
    Charge,
    Code,
    CustomAmount,
    Dimensions,
    Discount,
    Feature,
    Included,
    Meter,
    Offer,
    Package,
    Period,
    Price,
    Product,
    Recurrence,
    TaxBehavior,
    Tier,
    Unit,
)
from tests.stripe.builders import catalog

FEATURES = ("sso", "audit")
"""Always declared: archiving one is for good, so a catalog that drops one cannot be rolled back to."""

MONTH = Period(Unit.MONTH)
PARCEL = Dimensions(Decimal(2), Decimal("8.5"), Decimal(6), Decimal(12))

texts = st.sampled_from((None, "One", "Another"))
names = st.sampled_from(("One", "Another"))
metadata = st.dictionaries(st.sampled_from(("team", "area")), names, max_size=2)
money = st.sampled_from(("0", "0.01", "5", "8.99", "9", "1200")).map(Decimal)
small = st.sampled_from(("0.000004", "0.01", "0.5")).map(Decimal)


def amounts(value: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Amounts]:
    """Euros, and sometimes dollars or yen; whole numbers fit every currency."""
    return st.fixed_dictionaries({"eur": value}, optional={"usd": value})


@dataclass(frozen=True)
class Shape:
    """The part of a price that its charge decides."""

    charge: Charge
    every: Period | None = None
    amount: Amounts | None = None
    meter: str | None = None
    included: Included | None = None
    tiers: tuple[Tier, ...] = ()
    package: Package | None = None
    custom: CustomAmount | None = None


def _tiers(values: tuple[Decimal, Decimal | None, Decimal, int, Decimal]) -> tuple[Tier, ...]:
    first, middle, rest, bound, flat = values
    between = () if middle is None else (Tier(20, {"eur": middle}),)
    return (Tier(bound, {"eur": first}, {"eur": flat}), *between, Tier(None, {"eur": rest}))


periods = st.sampled_from((None, MONTH, Period(Unit.YEAR), Period(Unit.WEEK, 2)))
durations: st.SearchStrategy[Recurrence | Period] = st.sampled_from(
    (Recurrence.ONCE, Recurrence.FOREVER, Period(Unit.MONTH, 3))
)
tiers = st.tuples(
    money, st.none() | small, small, st.sampled_from((10, 10, 12)), st.sampled_from((2, 3)).map(Decimal)
).map(_tiers)

shapes: st.SearchStrategy[Shape] = st.one_of(
    st.builds(Shape, st.sampled_from((Charge.FLAT, Charge.PER_UNIT)), periods, amounts(money)),
    st.builds(Shape, st.just(Charge.PER_UNIT), st.just(MONTH), amounts(small), st.just("calls")),
    st.builds(
        Shape,
        st.just(Charge.PER_UNIT),
        st.just(MONTH),
        amounts(small),
        st.just("calls"),
        st.just(Included(100)),
    ),
    st.builds(
        Shape,
        st.just(Charge.PACKAGE),
        st.just(MONTH),
        amounts(money),
        package=st.sampled_from((Package(10), Package(100))),
    ),
    st.builds(Shape, st.sampled_from((Charge.GRADUATED, Charge.VOLUME)), st.just(MONTH), tiers=tiers),
    st.sampled_from((1, 2)).map(
        lambda least: Shape(
            Charge.CUSTOM, custom=CustomAmount({"eur": Decimal(least)}, {"eur": Decimal(500)})
        )
    ),
)


taxes: st.SearchStrategy[TaxBehavior | Mapping[str, TaxBehavior]] = st.one_of(
    st.sampled_from((*[TaxBehavior.UNSPECIFIED] * 3, TaxBehavior.EXCLUSIVE)),
    st.sampled_from(({"eur": TaxBehavior.INCLUSIVE}, {"usd": TaxBehavior.EXCLUSIVE})),
)


def _taxed(
    tax: TaxBehavior | Mapping[str, TaxBehavior], sold: Amounts
) -> TaxBehavior | Mapping[str, TaxBehavior]:
    """Only for currencies that there are."""
    return tax if isinstance(tax, TaxBehavior) else {name: each for name, each in tax.items() if name in sold}


@st.composite
def prices(draw: st.DrawFn, product: str, id: str) -> Price:
    shape = draw(shapes)
    return Price(
        id,
        product,
        shape.charge,
        shape.amount or {},
        shape.every,
        shape.meter,
        shape.included,
        shape.tiers,
        shape.package,
        shape.custom,
        tax_behavior=_taxed(draw(taxes), shape.amount or {"eur": Decimal(0)}),
        legacy_trial_days=draw(st.sampled_from((None, None, 7))) if shape.every else None,
        trial_days=draw(st.sampled_from((None, None, 14))) if shape.every else None,
        nickname=draw(names),
        active=draw(st.sampled_from((True, True, True, False))),
        metadata=draw(metadata),
    )


@st.composite
def products(draw: st.DrawFn, id: str, default: str | None) -> Product:
    return Product(
        id,
        draw(names),
        description=draw(texts),
        unit_label=draw(st.sampled_from((None, "seat"))),
        package_dimensions=draw(
            st.sampled_from((None, None, PARCEL, replace(PARCEL, weight=Decimal("0.5"))))
        ),
        marketing_features=draw(st.sampled_from(((), ("Fast",), ("Fast", "Safe")))),
        active=draw(st.sampled_from((True, True, True, False))),
        features=draw(st.sampled_from(((), ("sso",), ("audit", "sso")))),
        default_price=default,
        metadata=draw(metadata),
    )


@st.composite
def pro(draw: st.DrawFn) -> tuple[Product, tuple[Price, ...]]:
    """A product that always has a default price: one that lost it could not let go of its last."""
    first = replace(draw(prices("pro", "a")), active=True)
    rest = [draw(prices("pro", name)) for name in sorted(draw(st.sets(st.sampled_from(("b", "c")))))]
    default = draw(st.sampled_from([each.id for each in (first, *rest) if each.active]))
    return draw(products("pro", default)), (first, *rest)


@st.composite
def lite(draw: st.DrawFn) -> tuple[Product, tuple[Price, ...]]:
    """A product with any prices, and none of them its default."""
    ids = sorted(draw(st.sets(st.sampled_from(("a", "b")))))
    return draw(products("lite", None)), tuple(draw(prices("lite", each)) for each in ids)


CODE_ENDS, COUPON_ENDS = date(2026, 10, 1), date(2026, 10, 11)
"""After the hour at which the clock of a test begins."""


@st.composite
def discounts(draw: st.DrawFn, id: str, known: tuple[str, ...]) -> Discount:
    percent = draw(st.sampled_from((None, Decimal(20), Decimal("12.5"))))
    words = draw(st.sets(st.sampled_from((f"{id.upper()}-A", f"{id.upper()}-B"))))
    return Discount(
        id,
        draw(names),
        percent_off=percent,
        amount_off=draw(amounts(st.just(Decimal(10)))) if percent is None else {},
        duration=draw(durations),
        products=draw(st.sampled_from(((), known[:1]))),
        redeem_by=draw(st.sampled_from((None, None, COUPON_ENDS))),
        max_redemptions=draw(st.sampled_from((None, None, 2))),
        codes=tuple(
            Code(
                word,
                id,
                max_redemptions=draw(st.sampled_from((None, 1))),
                first_time_only=draw(st.booleans()),
                expires=draw(st.sampled_from((None, CODE_ENDS))),
                active=draw(st.sampled_from((True, True, False))),
                metadata=draw(metadata),
            )
            for word in sorted(words)
        ),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A valid catalog `acme` with one or two products."""
    drawn = [draw(pro()), *([draw(lite())] if draw(st.booleans()) else [])]
    ids = tuple(product.id for product, _ in drawn)
    every = [each for _, own in drawn for each in own]
    sold = [each for product, own in drawn if product.active for each in own if each.active]
    # One purchase has one base currency.
    offered = [each for each in sold if each.currencies[:1] == sold[0].currencies[:1]][:2]
    recurs = any(each.every for each in offered)
    trial = draw(st.sampled_from((None, 7))) if recurs else None
    return catalog(
        *(product for product, _ in drawn),
        *_keyed(draw, every),
        Meter("calls", draw(names), "api_calls", draw(st.sampled_from((Aggregation.SUM, Aggregation.COUNT)))),
        *(Feature(each, draw(names), metadata=draw(metadata)) for each in FEATURES),
        *(
            draw(discounts(each, ids))
            for each in draw(st.sampled_from(((), ("launch",), ("launch", "loyal"))))
        ),
        *([Offer("team", tuple(each.reference for each in offered), trial_days=trial)] if sold else []),
    )


def _keyed(draw: st.DrawFn, every: list[Price]) -> list[Price]:
    """Prices whose lookup keys are sometimes dealt out among them anew."""
    if not draw(st.booleans()):
        return every
    keys = draw(st.permutations([f"key_{number}" for number in range(len(every))]))
    return [replace(each, lookup_key=key) for each, key in zip(every, keys, strict=True)]
