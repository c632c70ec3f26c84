"""A code for one customer needs that customer: looked up when it is planned, and only then."""

from __future__ import annotations

import pytest

from stripectl.diagnostics import Blocked, Severity, StalePlan
from stripectl.engine.places import IN_A_FILE
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_digest
from stripectl.operations.drift import drift
from stripectl.pricing.model import Catalog, Code, Discount
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.provider import StripeProvider
from tests.stripe.builders import D, catalog, monthly
from tests.stripe.test_pointing import Refusing
from tests.workbench import KEY, Workbench, actions

CODE = "code.launch.VIP"


def selling(*customers: str | None, price: int = 10) -> Catalog:
    """A coupon with a code for each customer: VIP, VIP1 …"""
    words = [f"VIP{number or ''}" for number in range(len(customers))]
    codes = tuple(Code(word, "launch", customer=each) for word, each in zip(words, customers, strict=True))
    launch = Discount("launch", percent_off=D(10), codes=codes)
    return catalog(monthly(amount={"eur": D(price)}), launch)


@pytest.fixture
def ada(bench: Workbench) -> str:
    """The id of a customer."""
    return bench.client.v1.customers.create({"name": "Ada"}).id


def told(made: Plan) -> list[tuple[Severity, str, str | None]]:
    return [(each.severity, each.code, each.address) for each in made.diagnostics]


def looked_up(bench: Workbench) -> list[str]:
    return [path for method, path in bench.log.requests if (method, path[:14]) == ("get", "/v1/customers/")]


def restricted(bench: Workbench) -> StripeProvider:
    return StripeProvider(
        Gateway(
            KEY,
            transport=Refusing(bench.log, 403, "/v1/customers"),
            api_base=IN_A_FILE,
            sleep=lambda _: None,
        )
    )


def test_a_code_for_a_customer_who_was_never_there_blocks_the_plan(bench: Workbench) -> None:
    made = bench.plan(selling("cus_nobody"))
    assert told(made) == [(Severity.ERROR, "customer-missing", CODE)]
    assert "cus_nobody" in made.diagnostics[0].detail
    assert made.diagnostics[0].hint
    with pytest.raises(Blocked):
        bench.carry_out(made)
    assert bench.log.writes == []


def test_a_code_for_a_customer_who_was_deleted_blocks_the_plan(bench: Workbench, ada: str) -> None:
    bench.client.v1.customers.delete(ada)
    assert told(bench.plan(selling(ada))) == [(Severity.ERROR, "customer-missing", CODE)]


def test_a_code_for_a_customer_who_is_there_is_made(bench: Workbench, ada: str) -> None:
    bench.apply(selling(ada))
    (code,) = bench.client.v1.promotion_codes.list().data
    assert code.customer == ada
    assert told(bench.plan(selling(ada))) == []


def test_a_code_that_passes_to_a_missing_customer_blocks_the_plan(bench: Workbench, ada: str) -> None:
    bench.apply(selling(ada))
    assert told(bench.plan(selling("cus_nobody"))) == [(Severity.ERROR, "customer-missing", CODE)]


def test_each_customer_is_looked_up_once_and_only_for_codes_that_are_to_be_made(
    bench: Workbench, ada: str
) -> None:
    bench.plan(selling(None))
    assert looked_up(bench) == []
    bench.plan(selling(ada, ada))
    assert looked_up(bench) == [f"/v1/customers/{ada}"]
    bench.apply(selling(ada, ada))
    bench.log.requests.clear()
    bench.plan(selling(ada, ada, price=20))
    drift(bench.session())
    assert looked_up(bench) == []


def test_a_partial_plan_asks_for_nobody_whom_it_makes_nothing_for(bench: Workbench) -> None:
    made = bench.plan(selling("cus_nobody"), targets=("price.pro.monthly",))
    assert looked_up(bench) == []
    assert not made.blocked


def test_a_key_that_may_not_read_customers_plans_with_a_warning(bench: Workbench, ada: str) -> None:
    open_to_all = plan_digest(bench.plan(selling(ada)))
    bench.provider = restricted(bench)
    made = bench.plan(selling(ada))
    assert told(made) == [(Severity.WARNING, "customer-unread", CODE)]
    assert "Customers, read (rak_customer_read)" in made.diagnostics[0].hint
    # The key of the job that applies may read more than the one that plans.
    assert plan_digest(made) == open_to_all
    bench.carry_out(made)
    assert told(bench.plan(selling(ada))) == []


def test_a_customer_who_goes_while_the_plan_is_in_review_makes_it_stale(bench: Workbench, ada: str) -> None:
    made = bench.plan(selling(ada))
    bench.client.v1.customers.delete(ada)
    with pytest.raises(StalePlan, match=ada):
        bench.carry_out(made)
    assert bench.log.writes == []


def test_a_rollback_leaves_out_a_code_whose_customer_is_gone(bench: Workbench, ada: str) -> None:
    bench.apply(selling(ada))
    bench.apply(catalog(monthly()))
    bench.client.v1.customers.delete(ada)
    made = bench.plan_rollback(1)
    assert not made.blocked
    assert [each.code for each in made.diagnostics if each.code == "left-out"] == ["left-out"]
    assert CODE not in actions(made)
    bench.carry_out(made)
    assert bench.plan_rollback(1).effective == ()


def test_a_code_comes_back_only_for_a_customer_who_is_there(bench: Workbench, ada: str) -> None:
    bench.apply(selling(ada))
    bench.apply(selling())
    assert actions(bench.plan(selling(ada))) == {CODE: "reactivate"}
    bench.client.v1.customers.delete(ada)
    assert told(bench.plan(selling(ada))) == [(Severity.ERROR, "customer-missing", CODE)]
