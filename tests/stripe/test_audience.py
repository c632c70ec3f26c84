"""Who stays on a price, and what they pay in an average month."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stripectl.engine.plan import Audience
from stripectl.providers.stripe.audience import audience
from stripectl.providers.stripe.wire import Answer

NOTHING: Answer = {}


def item(amount: str | None = "900", quantity: int | None = 1, more: Answer = NOTHING) -> Answer:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    price = {
        "id": "price_1",
        "unit_amount_decimal": amount,
        "billing_scheme": "per_unit",
        "recurring": recurring,
        **more,
    }
    return {"price": price, "quantity": quantity}


def subscription(*items: Answer, currency: str = "eur") -> Answer:
    return {"id": "sub_1", "currency": currency, "items": {"data": list(items)}}


def every(interval: str, count: int = 1) -> dict[str, object]:
    return {"recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"}}


def test_what_is_paid_is_added_up_for_each_currency() -> None:
    paying = [subscription(item(quantity=2)), subscription(item()), subscription(item(), currency="usd")]
    assert audience("price_1", paying, more=False) == Audience(
        3, monthly={"eur": Decimal(2700), "usd": Decimal(900)}
    )


@pytest.mark.parametrize(
    ("more", "monthly"),
    [(every("month", 3), 300), (every("year"), 75), (every("year", 3), 25)],
)
def test_other_intervals_count_as_so_much_a_month(more: dict[str, object], monthly: int) -> None:
    found = audience("price_1", [subscription(item(more=more))], more=False)
    assert found.monthly == {"eur": Decimal(monthly)}


def test_a_week_counts_as_12_months_in_365_days() -> None:
    found = audience("price_1", [subscription(item("840", more=every("week")))], more=False)
    assert found.monthly is not None
    assert round(found.monthly["eur"], 20) == 3650


def test_packages_are_charged_whole() -> None:
    package = {"transform_quantity": {"divide_by": 5, "round": "up"}}
    found = audience("price_1", [subscription(item(quantity=11, more=package))], more=False)
    assert found.monthly == {"eur": Decimal(2700)}


@pytest.mark.parametrize(
    "other",
    [
        item(None, more={"billing_scheme": "tiered"}),
        item(quantity=None, more={"recurring": {"usage_type": "metered"}}),
    ],
)
def test_what_depends_on_usage_or_tiers_is_not_guessed(other: Answer) -> None:
    assert audience("price_1", [subscription(item()), subscription(other)], more=False) == Audience(2)


def test_items_of_other_prices_do_not_count() -> None:
    other = {"price": {"id": "price_2", "unit_amount_decimal": "5"}, "quantity": 1}
    assert audience("price_1", [subscription(item(), other)], more=True) == Audience(
        1, more=True, monthly={"eur": Decimal(900)}
    )
