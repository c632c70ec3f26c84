"""What becomes of discounts, codes, offers, commitments and configurations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from stripectl.diagnostics import Location, Severity
from stripectl.engine.values import Ref
from stripectl.pricing.model import (
    Accept,
    Application,
    Charge,
    Code,
    Combination,
    Commitment,
    CommitmentType,
    Configuration,
    Discount,
    Included,
    Offer,
    Override,
    Period,
    Product,
    Recurrence,
    Rung,
    Unit,
)
from tests.stripe.builders import CALLS, MONTH, D, Declared, codes, mapped, monthly, notes, resource

WEEK = Period(Unit.WEEK)


def test_a_percentage_becomes_a_coupon_under_an_id_of_ours() -> None:
    found = resource("discount.launch", Discount("launch", name="Launch", percent_off=D(20)))
    assert (found.kind, found.object_id) == ("coupon", "acme-launch")
    assert found.fields == {"name": "Launch", "percent_off": Decimal(20)}


@pytest.mark.parametrize(
    ("duration", "fields"),
    [
        (Recurrence.ONCE, {}),
        (Recurrence.FOREVER, {"duration": "forever"}),
        (Period(Unit.MONTH, 3), {"duration": "repeating", "duration_in_months": 3}),
        (Period(Unit.YEAR, 2), {"duration": "repeating", "duration_in_months": 24}),
    ],
)
def test_a_duration_that_stripe_can_count_is_exact(
    duration: Recurrence | Period, fields: dict[str, object]
) -> None:
    discount = Discount("launch", percent_off=D(20), duration=duration)
    assert resource("discount.launch", discount).fields == {"percent_off": Decimal(20), **fields}
    assert codes("discount.launch", discount) == [("exact", "exact")]


def test_a_discount_for_weeks_is_not_sent_and_neither_are_its_codes() -> None:
    discount = Discount(
        "launch", percent_off=D(20), duration=Period(Unit.WEEK, 2), codes=(Code("LAUNCH", "launch"),)
    )
    result = mapped(discount)
    assert {each.address for each in result.desired} == {"product.pro"}
    assert codes("discount.launch", discount) == [("unsupported", "discount-duration")]
    assert codes("code.launch.LAUNCH", discount) == [("unsupported", "discount-duration")]


def test_an_amount_off_has_a_base_currency_and_options() -> None:
    discount = Discount("ten", amount_off={"eur": D(10), "jpy": D(1500)})
    assert resource("discount.ten", discount).fields == {
        "amount_off": 1000,
        "currency": "eur",
        "currency_options": {"jpy": {"amount_off": 1500}},
    }


def test_a_discount_is_limited_to_its_products_in_one_order() -> None:
    discount = Discount("launch", percent_off=D(20), products=("pro", "basic"))
    found = resource("discount.launch", discount, Product("basic", "Basic"))
    assert found.fields["applies_to"] == (Ref("product.basic"), Ref("product.pro"))


def test_dates_are_the_start_of_the_day_in_utc() -> None:
    day = date(2027, 1, 31)
    discount = Discount("x", percent_off=D(5), redeem_by=day, codes=(Code("X", "x", expires=day),))
    assert resource("discount.x", discount).fields["redeem_by"] == 1801353600
    assert resource("code.x.X", discount).fields["expires_at"] == 1801353600


def test_a_code_keeps_its_restrictions() -> None:
    code = Code(
        "LAUNCH",
        "launch",
        max_redemptions=50,
        first_time_only=True,
        minimum_amount={"eur": D(20), "usd": D("22.5")},
        active=False,
        metadata={"by": "ads"},
    )
    discount = Discount("launch", percent_off=D(20), codes=(code,))
    assert resource("code.launch.LAUNCH", discount).fields == {
        "code": "LAUNCH",
        "coupon": Ref("discount.launch"),
        "max_redemptions": 50,
        "first_time_only": True,
        "minimum_amount": 2000,
        "minimum_amount_currency": "eur",
        "currency_options": {"usd": {"minimum_amount": 2250}},
        "active": False,
        "metadata": {"by": "ads"},
    }


def test_an_automatic_discount_needs_attaching() -> None:
    discount = Discount("loyal", percent_off=D(5), apply=Application.AUTOMATIC)
    assert codes("discount.loyal", discount) == [("approximate", "discount-needs-attaching")]
    assert resource("discount.loyal", discount).kind == "coupon"


@pytest.mark.parametrize(
    ("combine", "second"),
    [
        (Combination.REPLACE, Decimal(50)),
        (Combination.MULTIPLY, Decimal(75)),
        (Combination.ADD, Decimal(100)),
        (None, Decimal(75)),
    ],
)
def test_each_rung_of_a_ladder_is_a_coupon_with_the_percentage_in_force(
    combine: Combination | None, second: Decimal
) -> None:
    discount = ladder(combine)
    first = resource("discount.loyal.1", discount)
    then = resource("discount.loyal.2", discount)
    assert (first.object_id, then.object_id) == ("acme-loyal_1", "acme-loyal_2")
    assert first.fields == {"percent_off": Decimal(50), "duration": "forever"}
    assert then.fields == {"percent_off": second, "duration": "forever"}


def test_the_steps_of_a_ladder_are_kept_on_its_first_coupon() -> None:
    assert resource("discount.loyal", ladder(Combination.MULTIPLY)).fields == {
        "host": Ref("discount.loyal.1"),
        "key": "stripectl_ladder",
        "value": '{"steps":[{"after":"P1W","percent_off":"50"},{"after":"P1M","percent_off":"75"}]}',
    }
    assert resource("discount.loyal.2", ladder(Combination.MULTIPLY)).artifact == "discount.loyal"
    (note,) = notes("discount.loyal", mapped(ladder(Combination.MULTIPLY)))
    assert note.code == "discount-ladder"
    assert "50 % off after 1 week, then 75 % off after 1 month" in note.detail


def test_a_code_on_a_ladder_gives_its_first_rung() -> None:
    discount = Discount("loyal", ladder=(Rung(WEEK, D(50)),), codes=(Code("LOYAL", "loyal"),))
    assert resource("code.loyal.LOYAL", discount).fields["coupon"] == Ref("discount.loyal.1")


def ladder(combine: Combination | None) -> Discount:
    return Discount("loyal", ladder=(Rung(WEEK, D(50)), Rung(MONTH, D(50))), combine=combine)


TERM = Commitment("annual", CommitmentType.TERM, Period(Unit.MONTH, 12))
LAUNCH = Discount("launch", percent_off=D(20))
TEAM = Offer(
    "team", ("pro.monthly",), ("pro.setup",), trial_days=14, discounts=("launch",), commitment="annual"
)
SOLD: tuple[Declared, ...] = (monthly(), monthly("setup", every=None), LAUNCH, TERM, TEAM)


def test_an_offer_is_kept_on_the_product_of_its_first_price() -> None:
    assert resource("offer.team", *SOLD).fields == {
        "host": Ref("product.pro"),
        "key": "stripectl_offer.team",
        "value": '{"commitment":"annual","discounts":["launch"],"prices":["pro.monthly"],'
        '"setup":["pro.setup"],"trial_days":14}',
    }
    assert codes("offer.team", *SOLD) == [
        ("approximate", "offer-as-metadata"),
        ("approximate", "trial-at-checkout"),
    ]


def test_a_term_is_kept_where_its_offer_sits() -> None:
    assert resource("commitment.annual", *SOLD).fields == {
        "host": Ref("product.pro"),
        "key": "stripectl_commit.annual",
        "value": '{"duration":"P12M","type":"term"}',
    }
    assert codes("commitment.annual", *SOLD) == [("approximate", "commitment-as-metadata")]


def test_a_configuration_is_kept_where_its_offer_sits() -> None:
    override = Override("pro.monthly", {"eur": D("7.50")})
    configuration = Configuration("north", "crm:4711", "team", (override,))
    assert resource("configuration.north", *SOLD, configuration).fields == {
        "host": Ref("product.pro"),
        "key": "stripectl_config.north",
        "value": '{"customer":"crm:4711","offer":"team","prices":{"pro.monthly":{"eur":"7.5"}}}',
    }
    assert codes("configuration.north", *SOLD, configuration) == [
        ("approximate", "configuration-as-metadata")
    ]


@pytest.mark.parametrize(
    ("kind", "code"),
    [(CommitmentType.PREPAYMENT, "prepayment"), (CommitmentType.MINIMUM_SPEND, "minimum-spend")],
)
def test_a_commitment_that_stripe_cannot_enforce_is_not_sent(kind: CommitmentType, code: str) -> None:
    commitment = Commitment("floor", kind, amount={"eur": D(500)}, every=MONTH)
    offer = Offer("team", ("pro.monthly",), commitment="floor")
    result = mapped(monthly(), commitment, offer)
    assert result.desired.get("commitment.floor") is None
    assert [each.code for each in notes("commitment.floor", result)] == [code]
    assert [each.code for each in notes("offer.team", result)] == ["offer-as-metadata", "part-not-sent"]
    assert result.desired.resources["offer.team"].fields["value"] == '{"prices":["pro.monthly"]}'


UNSENT = monthly("calls", charge=Charge.PER_UNIT, meter="calls", amount={}, included=Included(5))


def test_an_offer_of_nothing_but_unsent_prices_is_not_sent_nor_its_configurations() -> None:
    offer, configuration = Offer("team", ("pro.calls",)), Configuration("north", "crm:1", "team")
    result = mapped(UNSENT, CALLS, offer, configuration)
    assert {each.address for each in result.desired} == {"product.pro", "meter.calls"}
    assert [each.code for each in notes("offer.team", result)] == ["allowance-without-overage"]
    assert [each.code for each in notes("configuration.north", result)] == ["allowance-without-overage"]


def test_an_offer_goes_without_its_unsent_parts_and_says_so() -> None:
    offer = Offer("team", ("pro.calls", "pro.monthly"))
    result = mapped(UNSENT, CALLS, monthly(), offer)
    assert result.desired.resources["offer.team"].fields["value"] == '{"prices":["pro.monthly"]}'
    assert [each.detail for each in notes("offer.team", result) if each.code == "part-not-sent"] == [
        "It is sent without price.pro.calls, which cannot be sent."
    ]


def test_an_accepted_loss_carries_its_reason() -> None:
    accept = Accept("discount.loyal", "discount-ladder", "sales sets the phases")
    (note,) = notes("discount.loyal", mapped(ladder(None), accept))
    assert note.accepted == "sales sets the phases"


def test_an_accept_that_meets_no_loss_is_a_warning_at_its_place() -> None:
    accept = Accept("discount.launch", "discount-ladder", "no reason", Location("acme.yaml", 7, 3))
    (found,) = mapped(LAUNCH, accept).diagnostics
    assert (found.severity, found.code) == (Severity.WARNING, "accept-unused")
    assert found.source == Location("acme.yaml", 7, 3)
