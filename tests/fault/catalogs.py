"""A plan in which every action occurs, so that a fault can strike each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import stripe

from stripectl.pricing.model import (
    Aggregation,
    Catalog,
    Charge,
    Code,
    Discount,
    Feature,
    Lifecycle,
    Meter,
    Offer,
    Price,
    Product,
)
from tests.stripe.builders import CALLS, D, catalog, monthly
from tests.workbench import Workbench

LAUNCH = Discount("launch", percent_off=D(20), products=("pro",), codes=(Code("LAUNCH", "launch"),))

OLDEST = catalog(
    Product("pro", "Pro", default_price="monthly"),
    monthly(),
    monthly("yearly", amount={"eur": D(90)}),
)

BEFORE = catalog(
    Product("pro", "Pro", description="For teams", default_price="monthly", features=("sso",)),
    Product("lite", "Lite"),
    monthly(amount={"eur": D(10)}),
    monthly("yearly", amount={"eur": D(90)}),
    monthly("seat"),
    monthly("calls", charge=Charge.PER_UNIT, meter="calls"),
    Price("monthly", "lite", amount={"eur": D(3)}),
    CALLS,
    Feature("sso", "Single sign-on"),
    LAUNCH,
    Discount("gone", percent_off=D(5)),
    Offer("team", ("pro.monthly",)),
)

AFTER = catalog(
    Product(
        "pro",
        "Pro",
        metadata={"size": "large"},
        description="For large teams",
        default_price="yearly",
        features=("audit",),
    ),
    Product("lite", "Lite", active=False),
    Product("found", "Found", lifecycle=Lifecycle(id="prod_by_hand")),
    # Back to the first amount: the first price is brought back.
    monthly(amount={"eur": D(9)}),
    # Replaced.
    monthly("yearly", amount={"eur": D(99)}),
    # Extended.
    monthly("seat", amount={"eur": D(9), "usd": D(10)}, nickname="Seat"),
    monthly("calls", charge=Charge.PER_UNIT, meter="calls"),
    monthly("new", trial_days=14),
    CALLS,
    Meter("last", "Last seen", "last_seen", Aggregation.LAST),
    Feature("sso", "Single sign-on"),
    Feature("audit", "Audit log"),
    replace(LAUNCH, percent_off=D(25)),
    Offer("team", ("pro.yearly",)),
    Offer("solo", ("pro.new",)),
)


def prepare(bench: Workbench, advance: Callable[[float], None]) -> Catalog:
    """Bring the account to where the plan to the returned catalog has every action."""
    for each in (OLDEST, BEFORE):
        bench.apply(each)
        advance(60)
    by_hand(bench.client)
    return AFTER


def by_hand(client: stripe.StripeClient) -> None:
    """Make the object that `AFTER` adopts."""
    client.v1.products.create({"id": "prod_by_hand", "name": "Found"})
