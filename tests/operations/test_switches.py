"""Apply, edit and roll back on accounts that act otherwise than the shadow by itself, a switch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from stripectl.diagnostics import ProviderError
from stripectl.engine.ports import RequestFailed
from stripectl.engine.steps import Request
from stripectl.pricing.model import (
    Aggregation,
    Charge,
    Code,
    Discount,
    Feature,
    Meter,
    Period,
    Price,
    Product,
    Recurrence,
    Tier,
    Unit,
)
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, actions

MONTH = Period(Unit.MONTH)
TIERS = (
    Tier(10, {"eur": D(1), "usd": D(2)}, {"eur": D(2), "usd": D(3)}),
    Tier(None, {"eur": D("0.5"), "usd": D("0.6")}),
)

BEFORE = catalog(
    Product(
        "pro",
        "Pro",
        statement_descriptor="ACME",
        marketing_features=("Fast",),
        features=("sso",),
        default_price="monthly",
    ),
    monthly(nickname="Monthly", amount={"eur": D(5), "usd": D(6)}),
    Price("tiered", "pro", Charge.GRADUATED, every=MONTH, tiers=TIERS),
    Meter("calls", "Calls", "api_calls", Aggregation.SUM),
    Price("usage", "pro", Charge.PER_UNIT, {"eur": D("0.01")}, MONTH, "calls"),
    Feature("sso", "SSO"),
    Feature("audit", "Audit"),
    Discount("launch", percent_off=D(20), codes=(Code("LAUNCH", "launch"),)),
    Discount("loyal", amount_off={"eur": D(10)}, duration=Recurrence.FOREVER),
)
AFTER = catalog(
    Product(
        "pro",
        "Professional",
        statement_descriptor="ACME PRO",
        marketing_features=("Fast", "Safe"),
        features=("audit", "sso"),
        default_price="monthly",
    ),
    monthly(nickname="Every month", amount={"eur": D(7), "usd": D(8)}),
    Price("yearly", "pro", Charge.FLAT, {"eur": D(70)}, Period(Unit.YEAR)),
    Meter("calls", "API calls", "api_calls", Aggregation.SUM),
    Price("usage", "pro", Charge.PER_UNIT, {"eur": D("0.02")}, MONTH, "calls"),
    Feature("sso", "Single sign-on"),
    Feature("audit", "Audit log"),
    Discount("launch", percent_off=D(25), codes=(Code("LAUNCH", "launch"),)),
)

TURNED = {
    field.name: Behaviour(**{field.name: not getattr(STRIPES, field.name)}) for field in fields(Behaviour)
}
"""Switch -> the behaviour that differs in it alone."""


@pytest.fixture(params=TURNED)
def turned(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    """A catalog on an account with one switch turned over."""
    account = ShadowAccount(
        tmp_path / "account.db", clock=clock, account_id="acct_1Shadow", behaviour=TURNED[request.param]
    )
    with closing(account):
        yield Workbench(tmp_path / "acme", account, clock)


def test_edits_and_rollbacks_converge_whatever_the_account_does(turned: Workbench, clock: Clock) -> None:
    for wanted in (BEFORE, AFTER):
        turned.apply(wanted)
        clock.advance(60)
        made = turned.plan(wanted)
        assert (actions(made), made.drift, made.blocked) == ({}, (), False)
    for number, wanted in ((1, BEFORE), (2, AFTER)):
        turned.roll_back(number)
        clock.advance(60)
        made = turned.plan(wanted)
        assert (actions(made), made.drift) == ({}, ())


@pytest.mark.parametrize("clears", [True, False])
def test_a_default_price_that_a_manifest_leaves_out_stays(tmp_path: Path, clock: Clock, clears: bool) -> None:
    behaviour = Behaviour(clears_default_price=clears)
    with_default = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
    without = catalog(Product("pro", "Pro"), monthly())
    with closing(ShadowAccount(tmp_path / "account.db", clock=clock, behaviour=behaviour)) as account:
        bench = Workbench(tmp_path / "acme", account, clock)
        bench.apply(with_default)
        default = bench.client.v1.products.retrieve("acme-pro").default_price
        assert default
        bench.apply(without)
        assert (actions(bench.plan(without)), bench.plan(without).drift) == ({}, ())
        assert bench.client.v1.products.retrieve("acme-pro").default_price == default


def test_a_default_price_that_somebody_cleared_is_drift_and_is_set_again(bench: Workbench) -> None:
    wanted = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
    bench.apply(wanted)
    bench.client.raw_request("post", "/v1/products/acme-pro", default_price="")
    assert actions(bench.plan(wanted)) == {"product.pro": "update"}
    assert [row.address for row in bench.plan(wanted).drift] == ["product.pro"]
    bench.apply(wanted)
    assert (actions(bench.plan(wanted)), bench.plan(wanted).drift) == ({}, ())


def test_a_meter_whose_event_name_stays_taken_is_put_back_and_left_as_it_was(
    tmp_path: Path, clock: Clock
) -> None:
    """The way on is another event name."""
    kept = Behaviour(frees_event_names=False)
    first = catalog(Meter("calls", "Calls", "api_calls", Aggregation.SUM))
    with closing(ShadowAccount(tmp_path / "account.db", clock=clock, behaviour=kept)) as account:
        bench = Workbench(tmp_path / "acme", account, clock)
        bench.apply(first)
        with pytest.raises(ProviderError, match="already exists"):
            bench.apply(catalog(Meter("calls", "Calls", "api_calls", Aggregation.COUNT)))
        assert bench.journals.unfinished() == ()
        assert (actions(bench.plan(first)), bench.plan(first).drift) == ({}, ())
        renamed = catalog(Meter("calls", "Calls", "api_calls_2", Aggregation.COUNT))
        bench.apply(renamed)
        assert actions(bench.plan(renamed)) == {}


def test_a_coupon_whose_id_is_burnt_gets_the_next_version_once(tmp_path: Path, clock: Clock) -> None:
    burnt = Behaviour(frees_coupon_ids=False)
    discounted = catalog(Discount("launch", percent_off=D(20)))
    with closing(ShadowAccount(tmp_path / "account.db", clock=clock, behaviour=burnt)) as account:
        bench = Workbench(tmp_path / "acme", account, clock)
        for wanted in (discounted, catalog(), discounted, catalog(), discounted):
            bench.apply(wanted)
            clock.advance(60)
            assert actions(bench.plan(wanted)) == {}
        assert [coupon.id for coupon in bench.client.v1.coupons.list().data] == ["acme-launch-3"]


def test_a_coupon_that_somebody_else_has_under_our_id_is_not_made_under_another(
    bench: Workbench,
) -> None:
    bench.client.v1.coupons.create({"id": "acme-launch", "percent_off": 5})
    request = Request("post", "/v1/coupons", {"id": "acme-launch", "percent_off": 20})
    with pytest.raises(RequestFailed, match="already exists"):
        bench.provider.send(request, "key")
