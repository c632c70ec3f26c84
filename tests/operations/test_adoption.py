"""An object that the manifest names takes its address over; what had it before is retired, or comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import stripe

from stripectl.engine.plan import Action
from stripectl.pricing.model import (
    Aggregation,
    Catalog,
    Code,
    Discount,
    Feature,
    Lifecycle,
    Meter,
    Product,
)
from stripectl.providers.stripe.requests import object_path
from tests.faults import Crash, Fault, Faulty, crash, numbered
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, actions, opened

PRO = Product("pro", "Pro")
LAUNCH = Discount("launch", "Launch", percent_off=D(20), codes=(Code("LAUNCH", "launch"),))
CALLS = Meter("calls", "Calls", "api_calls", Aggregation.SUM)
SSO = Feature("sso", "Single sign-on")


@dataclass(frozen=True)
class Case:
    """A catalog in force, an object that somebody makes beside it, and the catalog that names that object."""

    first: Catalog
    make: Callable[[stripe.StripeClient], str]
    naming: Callable[[str], Catalog]
    address: str


def _price(client: stripe.StripeClient) -> str:
    recurring = {"interval": "month"}
    return client.v1.prices.create(
        {
            "product": "acme-pro",
            "currency": "eur",
            "unit_amount": 1200,
            "recurring": recurring,  # type: ignore[typeddict-item]
            "lookup_key": "by_hand",
            "metadata": {"team": "sales"},
        }
    ).id


CASES: Mapping[str, Case] = {
    "product": Case(
        catalog(PRO, monthly()),
        lambda client: client.v1.products.create({"name": "By hand", "metadata": {"team": "sales"}}).id,
        lambda named: catalog(
            replace(PRO, metadata={"team": "core", "area": "eu"}, lifecycle=Lifecycle(id=named)), monthly()
        ),
        "product.pro",
    ),
    "product with a default price": Case(
        catalog(replace(PRO, default_price="monthly"), monthly()),
        lambda client: client.v1.products.create({"name": "By hand"}).id,
        lambda named: catalog(
            replace(PRO, default_price="monthly", lifecycle=Lifecycle(id=named)), monthly()
        ),
        "product.pro",
    ),
    "price": Case(
        catalog(replace(PRO, default_price="monthly"), monthly()),
        _price,
        lambda named: catalog(
            replace(PRO, default_price="monthly"),
            monthly(amount={"eur": D(12)}, lifecycle=Lifecycle(id=named)),
        ),
        "price.pro.monthly",
    ),
    "coupon": Case(
        catalog(PRO, LAUNCH),
        lambda client: client.v1.coupons.create({"id": "BYHAND", "percent_off": 20, "name": "By hand"}).id,
        lambda named: catalog(PRO, replace(LAUNCH, lifecycle=Lifecycle(id=named))),
        "discount.launch",
    ),
    "meter": Case(
        catalog(PRO, CALLS),
        lambda client: (
            client.v1.billing.meters.create(
                {"display_name": "By hand", "event_name": "others", "default_aggregation": {"formula": "sum"}}
            ).id
        ),
        lambda named: catalog(PRO, replace(CALLS, event="others", lifecycle=Lifecycle(id=named))),
        "meter.calls",
    ),
    "feature": Case(
        catalog(PRO),
        lambda client: client.v1.entitlements.features.create({"lookup_key": "sso", "name": "By hand"}).id,
        lambda named: catalog(PRO, replace(SSO, lifecycle=Lifecycle(id=named))),
        "feature.sso",
    ),
}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def held(bench: Workbench, kind: str, object_id: str) -> Mapping[str, object]:
    """The object, whole."""
    answer = bench.gateway().get(object_path(kind, object_id)).answer
    return {name: value for name, value in answer.items() if name != "updated"}


def kind_of(address: str) -> str:
    kind = address.partition(".")[0]
    return "coupon" if kind == "discount" else kind


def test_what_is_named_bears_the_address_and_nothing_is_left_to_do(bench: Workbench, case: Case) -> None:
    bench.apply(case.first)
    named = case.make(bench.client)
    naming = case.naming(named)
    made = bench.plan(naming)
    assert not made.blocked
    adopted = next(row for row in made.effective if row.address == case.address)
    assert adopted.action is Action.ADOPT
    bench.carry_out(made)
    assert bench.recorded.ids[case.address] == named
    again = bench.plan(naming)
    assert (actions(again), again.drift) == ({}, ())
    without_the_line = case.naming("")
    assert actions(bench.plan(_unnamed(without_the_line))) == {}


def _unnamed(naming: Catalog) -> Catalog:
    """The catalog after the line was taken out."""
    plain = Lifecycle()
    return replace(
        naming,
        products={name: replace(each, lifecycle=plain) for name, each in naming.products.items()},
        prices={name: replace(each, lifecycle=plain) for name, each in naming.prices.items()},
        discounts={name: replace(each, lifecycle=plain) for name, each in naming.discounts.items()},
        meters={name: replace(each, lifecycle=plain) for name, each in naming.meters.items()},
        features={name: replace(each, lifecycle=plain) for name, each in naming.features.items()},
    )


def test_a_rollback_gives_the_address_back_to_what_had_it(bench: Workbench, case: Case) -> None:
    bench.apply(case.first)
    bench.apply(case.naming(case.make(bench.client)))
    first = bench.revisions.get(1)
    bench.roll_back(1)
    assert actions(bench.plan(case.first)) == {}
    now, deleted = bench.recorded.ids, {"discount.launch", "code.launch.LAUNCH"}
    assert {a: i for a, i in now.items() if a not in deleted} == {
        a: i for a, i in first.ids.items() if a not in deleted
    }


def test_putting_an_adoption_back_leaves_the_object_as_it_was_wherever_it_stopped(
    tmp_path: Path, case: Case
) -> None:
    stopped = [
        number for number in range(1, 20) if _stopped_and_put_back(tmp_path / str(number), case, number)
    ]
    assert stopped == list(range(1, len(stopped) + 1))


def _comparable(now: Mapping[str, object], before: Mapping[str, object]) -> Mapping[str, object]:
    """The object without a default price that it got: nothing promises that one can be cleared again."""
    return {**now, "default_price": None} if before.get("default_price", "") is None else now


def _stopped_and_put_back(folder: Path, case: Case, number: int) -> bool:
    """Whether the adoption had so many writes that it could be stopped after that one."""
    folder.mkdir()
    faults: dict[int, Fault] = {}
    with opened(folder, Clock(), lambda inner: Faulty(inner, numbered(faults))) as bench:
        bench.apply(case.first)
        named, kind = case.make(bench.client), kind_of(case.address)
        before = held(bench, kind, named)
        faults[len(bench.log.writes) + number] = crash
        try:
            bench.apply(case.naming(named))
        except Crash:
            bench.unwind()
        else:
            return False
        assert _comparable(held(bench, kind, named), before) == before, f"write {number}"
        assert actions(bench.plan(case.first)) == {}
        assert bench.journals.unfinished() == ()
        return True


@pytest.mark.parametrize("end", [Workbench.unwind, Workbench.resume], ids=["unwind", "resume"])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_meter_that_is_succeeded_comes_to_an_end_wherever_it_stopped(
    tmp_path: Path, number: int, end: Callable[[Workbench], object]
) -> None:
    before, after = catalog(PRO, CALLS), catalog(PRO, replace(CALLS, aggregation=Aggregation.COUNT))
    faults: dict[int, Fault] = {}
    with opened(tmp_path, Clock(), lambda inner: Faulty(inner, numbered(faults))) as bench:
        bench.apply(before)
        faults[len(bench.log.writes) + number] = crash
        try:
            bench.apply(after)
        except Crash:
            end(bench)
        else:
            assert number > 1, "the apply had a write to stop after"
            return
        assert actions(bench.plan(before if end is Workbench.unwind else after)) == {}
        assert bench.journals.unfinished() == ()


def test_a_meter_that_others_made_while_ours_was_off_is_never_switched_off(bench: Workbench) -> None:
    bench.apply(catalog(PRO, CALLS))
    (ours,) = bench.held("meter")
    meters = bench.client.v1.billing.meters
    meters.deactivate(ours)
    theirs = meters.create(
        {
            "display_name": "Other program",
            "event_name": "api_calls",
            "default_aggregation": {"formula": "count"},
        }
    )
    made = bench.plan(catalog(PRO, CALLS))
    assert made.blocked
    assert [each.code for each in made.diagnostics if each.is_error] == ["identity-taken"]
    assert theirs.id in made.diagnostics[0].detail
