"""No field of a manifest gets lost on the way: each is claimed by a rule, and each makes a difference."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import date
from typing import get_args

import pytest

from stripectl.pricing.model import (
    Aggregation,
    Application,
    Artifact,
    Charge,
    Code,
    Combination,
    Commitment,
    CommitmentType,
    Configuration,
    CustomAmount,
    Dimensions,
    Discount,
    Feature,
    Included,
    Lifecycle,
    Offer,
    Override,
    Package,
    Period,
    Price,
    Product,
    Recurrence,
    Rounding,
    Rung,
    TaxBehavior,
    Tier,
    Unit,
    Window,
)
from stripectl.providers.stripe.mapping import CLAIMS, Mapped, map_catalog
from stripectl.providers.stripe.rules import HEAD
from tests.stripe.builders import CALLS, MONTH, D, catalog, monthly

ARTIFACTS = get_args(Artifact)


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_every_field_of_every_artifact_is_claimed_once(artifact: type[Artifact]) -> None:
    declared = {field.name for field in fields(artifact)} - HEAD
    assert Counter(CLAIMS[artifact]) == Counter(declared)


YEAR = Period(Unit.YEAR)
TEAM = Offer("team", ("pro.monthly",))
METERED = monthly(charge=Charge.PER_UNIT, meter="calls", included=Included(10))
TAXED = monthly(amount={"eur": D(9), "usd": D(9)}, tax_behavior=TaxBehavior.EXCLUSIVE)
TIERED = monthly(charge=Charge.GRADUATED, amount={}, tiers=(Tier(None, {"eur": D(1)}),))
PACKED = monthly(charge=Charge.PACKAGE, package=Package(10))
CHOSEN = monthly(charge=Charge.CUSTOM, amount={}, custom=CustomAmount(minimum={"eur": D(1)}))
CODE = Code("CODE", "x")
PLAIN = Discount("x", percent_off=D(10))
LADDER = Discount("x", ladder=(Rung(MONTH, D(10)), Rung(YEAR, D(10))), combine=Combination.REPLACE)
FLOOR = Commitment("floor", CommitmentType.TERM, MONTH)
BOUND = Offer("bound", ("basic.monthly",), commitment="floor")
NORTH = Configuration("north", "crm:1", "team", (Override("pro.monthly", {"eur": D(1)}),))

AROUND: tuple[Artifact, ...] = (
    CALLS,
    Product("basic", "Basic"),
    Price("monthly", "basic", amount={"eur": D(1)}, every=MONTH),
    monthly(),
    Feature("sso", "SSO"),
    Discount("launch", percent_off=D(20)),
    Discount("other", percent_off=D(20)),
    Commitment("annual", CommitmentType.TERM, YEAR),
    FLOOR,
    TEAM,
    BOUND,
)
"""Things to refer to."""

CHANGES: list[tuple[Artifact, dict[str, object]]] = [
    (Product("pro", "Pro"), {"name": "Professional"}),
    (Product("pro", "Pro"), {"description": "x"}),
    (Product("pro", "Pro"), {"tax_code": "txcd_10000000"}),
    (Product("pro", "Pro"), {"unit_label": "seat"}),
    (Product("pro", "Pro"), {"statement_descriptor": "ACME"}),
    (Product("pro", "Pro"), {"url": "https://x.example"}),
    (Product("pro", "Pro"), {"images": ("https://x.example",)}),
    (Product("pro", "Pro"), {"marketing_features": ("Fast",)}),
    (Product("pro", "Pro"), {"shippable": True}),
    (Product("pro", "Pro"), {"package_dimensions": Dimensions(D(1), D(2), D(3), D(4))}),
    (Product("pro", "Pro"), {"active": False}),
    (Product("pro", "Pro"), {"features": ("sso",)}),
    (Product("pro", "Pro"), {"default_price": "monthly"}),
    (Product("pro", "Pro"), {"new_id": "pro"}),
    (Product("pro", "Pro"), {"metadata": {"a": "b"}}),
    (Product("pro", "Pro"), {"lifecycle": Lifecycle(protect=True)}),
    (Product("pro", "Pro"), {"lifecycle": Lifecycle(ignore=("name",))}),
    (Product("pro", "Pro"), {"lifecycle": Lifecycle(id="prod_1")}),
    (monthly(), {"product": "basic"}),
    (monthly(), {"charge": Charge.VOLUME}),
    (monthly(), {"amount": {"eur": D(8)}}),
    (monthly(), {"amount": {"eur": D(9), "usd": D(9)}}),
    (monthly(), {"every": YEAR}),
    (monthly(), {"every": Period(Unit.MONTH, 2)}),
    (monthly(), {"meter": "calls"}),
    (monthly(), {"tax_behavior": TaxBehavior.EXCLUSIVE}),
    (TAXED, {"tax_behavior": {"eur": TaxBehavior.EXCLUSIVE}}),
    (TAXED, {"tax_behavior": {"usd": TaxBehavior.EXCLUSIVE}}),
    (monthly(), {"trial_days": 7}),
    (monthly(), {"legacy_trial_days": 7}),
    (monthly(), {"lookup_key": "x"}),
    (monthly(), {"nickname": "x"}),
    (monthly(), {"active": False}),
    (monthly(), {"metadata": {"a": "b"}}),
    (monthly(), {"lifecycle": Lifecycle(id="price_1")}),
    (METERED, {"included": None}),
    (METERED, {"included": Included(20)}),
    (METERED, {"included": Included(10, rollover=True)}),
    (METERED, {"included": Included(10, pooled=True)}),
    (TIERED, {"tiers": (Tier(None, {"eur": D(2)}),)}),
    (TIERED, {"tiers": (Tier(None, {"eur": D(1)}, {"eur": D(1)}),)}),
    (TIERED, {"tiers": (Tier(5, {"eur": D(1)}), Tier(None, {"eur": D(1)}))}),
    (PACKED, {"package": Package(20)}),
    (PACKED, {"package": Package(10, Rounding.DOWN)}),
    (CHOSEN, {"custom": CustomAmount(minimum={"eur": D(2)})}),
    (CHOSEN, {"custom": CustomAmount(minimum={"eur": D(1)}, maximum={"eur": D(2)})}),
    (CHOSEN, {"custom": CustomAmount(minimum={"eur": D(1)}, preset={"eur": D(2)})}),
    (CALLS, {"name": "x"}),
    (CALLS, {"event": "x"}),
    (CALLS, {"aggregation": Aggregation.COUNT}),
    (CALLS, {"customer_key": "x"}),
    (CALLS, {"value_key": "x"}),
    (CALLS, {"window": Window.HOUR}),
    (CALLS, {"lifecycle": Lifecycle(protect=True)}),
    (Feature("sso", "SSO"), {"name": "x"}),
    (Feature("sso", "SSO"), {"lookup_key": "x"}),
    (Feature("sso", "SSO"), {"metadata": {"a": "b"}}),
    (Feature("sso", "SSO"), {"lifecycle": Lifecycle(protect=True)}),
    (PLAIN, {"name": "x"}),
    (PLAIN, {"percent_off": D(11)}),
    (PLAIN, {"amount_off": {"eur": D(1)}}),
    (PLAIN, {"duration": Recurrence.FOREVER}),
    (PLAIN, {"products": ("pro",)}),
    (PLAIN, {"redeem_by": date(2027, 1, 1)}),
    (PLAIN, {"new_id": "LAUNCH"}),
    (PLAIN, {"max_redemptions": 5}),
    (PLAIN, {"apply": Application.AUTOMATIC}),
    (PLAIN, {"codes": (CODE,)}),
    (PLAIN, {"ladder": LADDER.ladder}),
    (PLAIN, {"metadata": {"a": "b"}}),
    (PLAIN, {"lifecycle": Lifecycle(protect=True)}),
    (LADDER, {"combine": Combination.ADD}),
    (LADDER, {"ladder": (Rung(MONTH, D(10)), Rung(YEAR, D(11)))}),
    (LADDER, {"ladder": (Rung(MONTH, D(10)), Rung(Period(Unit.YEAR, 2), D(10)))}),
    (CODE, {"code": "OTHER"}),
    (CODE, {"discount": "other"}),
    (CODE, {"max_redemptions": 5}),
    (CODE, {"first_time_only": True}),
    (CODE, {"expires": date(2027, 1, 1)}),
    (CODE, {"minimum_amount": {"eur": D(5)}}),
    (CODE, {"customer": "cus_1"}),
    (CODE, {"active": False}),
    (CODE, {"metadata": {"a": "b"}}),
    (CODE, {"lifecycle": Lifecycle(protect=True)}),
    (FLOOR, {"type": CommitmentType.PREPAYMENT}),
    (FLOOR, {"duration": YEAR}),
    (FLOOR, {"amount": {"eur": D(5)}}),
    (FLOOR, {"every": MONTH}),
    (TEAM, {"prices": ("basic.monthly",)}),
    (TEAM, {"setup": ("pro.monthly",)}),
    (TEAM, {"trial_days": 5}),
    (TEAM, {"discounts": ("launch",)}),
    (TEAM, {"commitment": "annual"}),
    (NORTH, {"customer": "crm:2"}),
    (NORTH, {"offer": "bound"}),
    (NORTH, {"prices": (Override("basic.monthly", {"eur": D(1)}),)}),
    (NORTH, {"prices": (Override("pro.monthly", {"eur": D(2)}),)}),
]
"""Artifacts, and one value of each that is changed."""


@pytest.mark.parametrize(("artifact", "change"), CHANGES)
def test_every_value_makes_a_difference(artifact: Artifact, change: dict[str, object]) -> None:
    assert outcome(artifact) != outcome(replace(artifact, **change))  # type: ignore[arg-type]


def test_the_changes_cover_every_field() -> None:
    changed = {(type(artifact), name) for artifact, change in CHANGES for name in change}
    declared = {(artifact, field.name) for artifact in ARTIFACTS for field in fields(artifact)}
    assert {
        (artifact, name) for artifact, name in declared - changed if name not in ("id", "sources")
    } == set()


def outcome(artifact: Artifact) -> Mapped:
    """What becomes of an artifact among the others that it may refer to."""
    declared = replace(PLAIN, codes=(artifact,)) if isinstance(artifact, Code) else artifact
    others = [each for each in AROUND if each.address != declared.address]
    return map_catalog(catalog(*others, declared))
