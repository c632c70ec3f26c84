"""Others who work on the account during an apply: their values are seen where they can be, and kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from stripectl.diagnostics import Incomplete, ProviderError, StalePlan
from tests.fault.catalogs import AFTER, BEFORE
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check
from tests.fault.matrix import RUN
from tests.faults import Answered, Attempt, CarryOut, Faulty, Script, either, refused, struck
from tests.workbench import Workbench, actions

PRODUCT = 11
"""The step that changes product.pro, the first of *switch*: its description, default price and metadata."""

BEHIND = 12
"""A step after that."""


def test_an_object_that_was_edited_after_the_plan_makes_it_stale(place: Place, start: Start) -> None:
    with place.opened() as bench:
        bench.client.v1.products.update("acme-pro", {"description": "By hand"})
        with pytest.raises(StalePlan):
            bench.carry_out(start.plan)
        assert bench.log.writes == []


def test_an_object_that_is_edited_before_it_is_read_again_is_kept_and_the_rest_put_back(
    place: Place, start: Start
) -> None:
    edit = before(read(PRODUCT), describe)
    with place.opened(lambda inner: Faulty(inner, edit(inner))) as bench:
        with pytest.raises(ProviderError) as failed:
            bench.carry_out(start.plan)
        changed, back = failed.value.diagnostics
        assert (changed.code, back.code) == ("changed-meanwhile", "put-back")
        assert "description was For teams in the plan and is By hand now" in changed.detail
        assert description(bench) == "By hand"
        assert actions(bench.plan(BEFORE)) == {"product.pro": "update", "feature.audit": "archive"}


def test_an_object_that_is_edited_later_on_stops_the_run_and_is_kept(place: Place, start: Start) -> None:
    edit = before(read(13), nickname)
    with place.opened(lambda inner: Faulty(inner, edit(inner))) as bench:
        with pytest.raises(Incomplete) as stopped:
            bench.carry_out(start.plan)
        assert [each.code for each in stopped.value.diagnostics] == ["changed-meanwhile", "half-way"]
        assert seat(bench).nickname == "By hand"
        bench.client.v1.prices.update(seat(bench).id, {"nickname": "Seat"})
        bench.resume()
        check(bench, AFTER, revision=3)


def test_a_field_that_is_edited_right_before_it_is_written_is_overwritten_because_nobody_can_see_it(
    place: Place, start: Start
) -> None:
    edit = before(write(PRODUCT), describe)
    with place.opened(lambda inner: Faulty(inner, edit(inner))) as bench:
        bench.carry_out(start.plan)
        assert description(bench) == "For large teams"
        check(bench, AFTER, revision=3)


@pytest.mark.parametrize("step", [PRODUCT, BEHIND, 24])
def test_another_field_that_is_edited_behind_its_step_is_found_by_the_last_look(
    step: int, place: Place, start: Start
) -> None:
    edit = before(write(step), rename)
    with place.opened(lambda inner: Faulty(inner, edit(inner))) as bench:
        with pytest.raises(Incomplete) as stopped:
            bench.carry_out(start.plan)
        (problem,) = stopped.value.diagnostics
        assert problem.code == "not-converged"
        assert "product.pro (update)" in problem.detail
        assert bench.client.v1.products.retrieve("acme-pro").name == "By hand"
        assert bench.recorded.number == 2
        # Once it is as planned again, the run can be finished.
        bench.client.v1.products.update("acme-pro", {"name": "Pro"})
        bench.resume()
        check(bench, AFTER, revision=3)


def test_putting_back_leaves_alone_what_others_changed_and_the_run_did_not(
    place: Place, start: Start
) -> None:
    def trouble(inner: stripe.HTTPClient) -> Script:
        no = struck(write(PRODUCT), refused(400, "parameter_invalid"))
        return either(before(read(PRODUCT), rename_lite)(inner), no)

    with place.opened(lambda inner: Faulty(inner, trouble(inner))) as bench:
        with pytest.raises(ProviderError):
            bench.carry_out(start.plan)
        assert actions(bench.plan(BEFORE)) == {"product.lite": "update", "feature.audit": "archive"}
        assert bench.client.v1.products.retrieve("acme-lite").name == "By hand"


def read(step: int) -> Callable[[Attempt], bool]:
    return lambda attempt: (attempt.run, attempt.step) == (RUN, step) and attempt.is_read


def write(step: int) -> Callable[[Attempt], bool]:
    return lambda attempt: (attempt.run, attempt.step) == (RUN, step) and not attempt.is_read


def before(
    where: Callable[[Attempt], bool], act: Callable[[stripe.StripeClient], object]
) -> Callable[[stripe.HTTPClient], Script]:
    """Somebody else acts right before that request."""

    def made(inner: stripe.HTTPClient) -> Script:
        def fault(carry_out: CarryOut) -> Answered:
            act(stripe.StripeClient("sk_test_other", http_client=inner))
            return carry_out()

        return struck(where, fault, times=1)

    return made


def describe(client: stripe.StripeClient) -> object:
    return client.v1.products.update("acme-pro", {"description": "By hand"})


def rename(client: stripe.StripeClient) -> object:
    return client.v1.products.update("acme-pro", {"name": "By hand"})


def rename_lite(client: stripe.StripeClient) -> object:
    return client.v1.products.update("acme-lite", {"name": "By hand"})


def nickname(client: stripe.StripeClient) -> object:
    (price,) = client.v1.prices.list({"lookup_keys": ["pro_seat"]}).data
    return client.v1.prices.update(price.id, {"nickname": "By hand"})


def seat(bench: Workbench) -> stripe.Price:
    (price,) = bench.client.v1.prices.list({"lookup_keys": ["pro_seat"]}).data
    return price


def description(bench: Workbench) -> str | None:
    return bench.client.v1.products.retrieve("acme-pro").description
