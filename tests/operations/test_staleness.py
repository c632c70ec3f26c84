"""A plan that no longer fits is refused before anything is sent; the message names what differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.diagnostics import StalePlan
from stripectl.engine.plan import Plan
from stripectl.pricing.model import Discount, Product
from stripectl.providers.shadow.account import ShadowAccount
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench

BEFORE = catalog(
    Product("pro", "Pro"), Product("lite", "Lite"), monthly(), Discount("launch", percent_off=D(20))
)
RENAMED = catalog(
    Product("pro", "Professional"), Product("lite", "Lite"), monthly(), Discount("launch", percent_off=D(20))
)


@pytest.fixture
def planned(bench: Workbench) -> Plan:
    """The plan that renames product.pro."""
    bench.apply(BEFORE)
    made = bench.plan(RENAMED)
    bench.log.requests.clear()
    return made


def refusal(bench: Workbench, made: Plan) -> tuple[str, str]:
    """Code and detail of the refusal; nothing was written to the account."""
    with pytest.raises(StalePlan) as refused:
        bench.carry_out(made)
    (problem,) = refused.value.diagnostics
    assert bench.log.writes == []
    assert bench.journals.unfinished() == ()
    return problem.code, problem.detail


def test_a_touched_object_that_changed_is_named_with_field_and_both_values(
    bench: Workbench, planned: Plan
) -> None:
    bench.client.v1.products.update("acme-pro", {"description": "By hand"})
    assert refusal(bench, planned) == (
        "stale-object",
        "product.pro (acme-pro): description was not set in the plan and is By hand now.",
    )


def test_an_object_that_needs_more_now_than_the_plan_has_is_named(bench: Workbench, planned: Plan) -> None:
    bench.client.v1.products.update("acme-lite", {"name": "By hand"})
    assert refusal(bench, planned) == (
        "stale-object",
        "product.lite was to no-op, but would now update (name: By hand in the account).",
    )


def test_an_object_that_is_gone_is_named(bench: Workbench, planned: Plan) -> None:
    bench.client.v1.coupons.delete("acme-launch")
    code, detail = refusal(bench, planned)
    assert code == "stale-object"
    assert detail.startswith("discount.launch")


def test_an_object_in_the_way_since_then_is_named(bench: Workbench) -> None:
    made = bench.plan(BEFORE)
    bench.client.v1.products.create({"id": "acme-lite", "name": "By hand"})
    code, detail = refusal(bench, made)
    assert code == "stale-object"
    assert "product.lite" in detail


def test_a_plan_for_another_account_is_refused(
    bench: Workbench, planned: Plan, tmp_path: Path, clock: Clock
) -> None:
    other = ShadowAccount(tmp_path / "other.db", clock=clock, account_id="acct_1Other")
    elsewhere = Workbench(tmp_path / "acme", other, clock)
    code, detail = refusal(elsewhere, planned)
    other.close()
    assert code == "stale-account"
    assert "acct_1Shadow" in detail
    assert "acct_1Other" in detail


def test_a_plan_for_the_other_mode_is_refused(bench: Workbench, planned: Plan) -> None:
    assert planned.account
    live = replace(planned, account=replace(planned.account, livemode=True))
    code, detail = refusal(bench, live)
    assert code == "stale-account"
    assert "livemode" in detail


def test_a_plan_made_before_another_apply_is_refused(bench: Workbench, planned: Plan) -> None:
    bench.apply(catalog(Product("pro", "Prof"), Product("lite", "Lite"), monthly()))
    bench.log.requests.clear()
    assert refusal(bench, planned) == (
        "stale-revision",
        "The plan was made after revision 1; the last revision is 2 now. A plan is used once.",
    )


def test_a_change_to_what_the_plan_does_not_touch_does_not_matter(bench: Workbench, planned: Plan) -> None:
    bench.client.v1.products.update("acme-lite", {"metadata": {"note": "by hand"}})
    bench.client.v1.products.create({"name": "A stranger's"})
    assert bench.carry_out(planned).steps == 1
