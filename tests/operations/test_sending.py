"""Requests that fail on the way: each step happens once, and what cannot happen is put back or kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import stripe

from stripectl.diagnostics import Incomplete, Interrupted, ProviderError
from stripectl.engine.kinds import Phase
from stripectl.engine.ports import Failure
from stripectl.engine.steps import Step, Verb
from stripectl.operations import apply as applying
from stripectl.operations.sending import EPOCHS, idempotency_key
from stripectl.pricing.model import Feature, Product
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.retries import TRIES
from tests.faults import Answered, Crash, Fault, Faulty, broken, crash, numbered, refused, unanswered, unsent
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench, actions

SERVER_TRIES = TRIES[Failure.SERVER].most

CATALOG = catalog(monthly())
"""Two steps: the product, then its price."""

DEFAULTED = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
RAISED = catalog(Product("pro", "Pro", default_price="monthly"), monthly(amount={"eur": D("9.5")}))
"""From one to the other: make a price; move the default, the lookup key; archive."""

Faulted = Callable[[Mapping[int, Fault]], tuple[Workbench, Faulty]]


@pytest.fixture
def faulted(tmp_path: Path, account: ShadowAccount, clock: Clock) -> Faulted:
    """A workbench whose writes meet faults, and its transport."""

    def make(faults: Mapping[int, Fault]) -> tuple[Workbench, Faulty]:
        made: list[Faulty] = []

        def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
            made.append(Faulty(inner, numbered(faults)))
            return made[0]

        return Workbench(tmp_path / "acme", account, clock, wrap=wrap), made[0]

    return make


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (unsent, 1.0),
        (unanswered, 1.0),
        # Half a second of its own, and the rest because the limiter lets one request a second through now.
        (refused(429, "rate_limit"), 1.0),
        (refused(429, "lock_timeout", Retry_After="7"), 7.0),
        (refused(409, "lock_timeout"), 0.5),
        (refused(500, "internal"), 1.0),
        (broken, 1.0),
    ],
)
def test_a_request_that_failed_in_passing_is_tried_again_under_the_same_key(
    faulted: Faulted, fault: Fault, wait: float
) -> None:
    bench, transport = faulted({2: fault})
    bench.apply(CATALOG)
    assert [each.path for each in transport.attempts] == ["/v1/products", "/v1/prices", "/v1/prices"]
    assert transport.attempts[1].key == transport.attempts[2].key != transport.attempts[0].key
    assert sum(bench.slept) == wait
    assert len(bench.held("price")) == 1
    assert actions(bench.plan(CATALOG)) == {}


def test_the_pause_doubles_with_every_failure(faulted: Faulted) -> None:
    bench, _ = faulted(dict.fromkeys((1, 2, 3, 4), unsent))
    bench.apply(CATALOG)
    assert bench.slept == [1.0, 2.0, 4.0, 8.0]


def test_what_was_done_behind_a_server_error_is_found_and_not_sent_under_another_key(
    faulted: Faulted,
) -> None:
    bench, transport = faulted(dict.fromkeys(range(2, 2 + SERVER_TRIES), broken))
    bench.apply(CATALOG)
    assert len({each.key for each in transport.attempts}) == 2
    assert len(bench.held("price")) == 1
    assert bench.recorded.ids["price.pro.monthly"] in bench.held("price")


def test_after_a_lasting_server_error_a_new_key_is_tried_because_stripe_replays_the_old_one(
    faulted: Faulted,
) -> None:
    bench, transport = faulted(dict.fromkeys(range(2, 2 + SERVER_TRIES), refused(500, "internal")))
    bench.apply(CATALOG)
    assert len({each.key for each in transport.attempts}) == 3
    assert len(bench.held("price")) == 1


def test_a_step_is_given_up_after_all_its_keys_and_what_was_made_is_archived(faulted: Faulted) -> None:
    tries = SERVER_TRIES * EPOCHS
    bench, transport = faulted(dict.fromkeys(range(2, 2 + tries), refused(503, "unavailable")))
    with pytest.raises(ProviderError) as failed:
        bench.apply(CATALOG)
    assert [each.code for each in failed.value.diagnostics] == ["stripe-server", "put-back"]
    assert len([each for each in transport.attempts if each.path == "/v1/prices"]) == tries
    assert bench.held("product", active=True) == {}
    assert (bench.revisions.last(), bench.journals.unfinished()) == (None, ())


def test_a_refusal_before_the_switch_puts_everything_back(faulted: Faulted) -> None:
    bench, transport = faulted({2: refused(400, "parameter_invalid")})
    with pytest.raises(ProviderError) as failed:
        bench.apply(CATALOG)
    assert [each.code for each in failed.value.diagnostics] == ["stripe-refused", "put-back"]
    assert [each.path for each in transport.attempts] == [
        "/v1/products",
        "/v1/prices",
        "/v1/products/acme-pro",
    ]
    assert (bench.slept, bench.held("product", active=True)) == ([], {})
    assert (bench.revisions.last(), bench.journals.unfinished()) == (None, ())


def test_after_it_was_put_back_the_same_apply_can_be_tried_again(faulted: Faulted) -> None:
    bench, _ = faulted({2: refused(400, "parameter_invalid")})
    with pytest.raises(ProviderError):
        bench.apply(CATALOG)
    assert actions(bench.plan(CATALOG)) == {"product.pro": "reactivate", "price.pro.monthly": "create"}
    bench.apply(CATALOG)
    assert bench.recorded.number == 1


def test_a_refusal_from_the_switch_on_keeps_the_journal_and_names_both_ways_on(faulted: Faulted) -> None:
    bench, _ = faulted({6: refused(400, "parameter_invalid")})
    bench.apply(DEFAULTED)
    with pytest.raises(Incomplete) as stopped:
        bench.apply(RAISED)
    assert [each.code for each in stopped.value.diagnostics] == ["stripe-refused", "half-way"]
    assert stopped.value.diagnostics[1].hint == (
        "put it back with `stripectl apply --unwind --catalog acme --env shadow`; or mend in Stripe what is"
        " refused, and go on with `stripectl apply --resume --catalog acme --env shadow`"
    )
    assert len(bench.journals.unfinished()) == 1
    bench.resume()
    assert (actions(bench.plan(RAISED)), bench.recorded.number) == ({}, 2)


def test_a_refusal_of_the_first_switch_did_nothing_and_puts_everything_back(faulted: Faulted) -> None:
    bench, _ = faulted({5: refused(400, "parameter_invalid")})
    bench.apply(DEFAULTED)
    with pytest.raises(ProviderError) as failed:
        bench.apply(RAISED)
    assert [each.code for each in failed.value.diagnostics] == ["stripe-refused", "put-back"]
    assert bench.held("price", active=True) == {bench.recorded.ids["price.pro.monthly"]: "price.pro.monthly"}
    assert (actions(bench.plan(DEFAULTED)), bench.journals.unfinished()) == ({}, ())


def test_a_first_switch_of_which_nobody_knows_keeps_the_journal(faulted: Faulted) -> None:
    bench, _ = faulted(dict.fromkeys(range(5, 5 + TRIES[Failure.CONNECTION].most), unanswered))
    bench.apply(DEFAULTED)
    with pytest.raises(Incomplete) as stopped:
        bench.apply(RAISED)
    assert [each.code for each in stopped.value.diagnostics] == ["stripe-connection", "half-way"]
    bench.resume()
    assert (actions(bench.plan(RAISED)), bench.recorded.number) == ({}, 2)


@pytest.mark.parametrize("attempt", [6, 7])
def test_a_run_that_stopped_from_the_switch_on_can_be_put_back_with_its_original_price(
    faulted: Faulted, attempt: int
) -> None:
    bench, _ = faulted({attempt: refused(400, "parameter_invalid")})
    bench.apply(DEFAULTED)
    original = bench.recorded.ids
    with pytest.raises(Incomplete):
        bench.apply(RAISED)
    bench.unwind()
    made = bench.plan(DEFAULTED)
    assert (actions(made), made.drift, bench.recorded.ids) == ({}, (), original)
    assert bench.held("price", active=True) == {original["price.pro.monthly"]: "price.pro.monthly"}


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5, 6, 7])
def test_a_run_that_died_after_a_request_is_finished_without_doing_it_twice(
    faulted: Faulted, attempt: int
) -> None:
    bench, _ = faulted({attempt: crash})
    with pytest.raises(Crash):
        _one_after_the_other(bench)
    bench.resume()
    bench.apply(RAISED)
    assert len(bench.held("price")) == 2
    assert actions(bench.plan(RAISED)) == {}


def _one_after_the_other(bench: Workbench) -> None:
    bench.apply(DEFAULTED)
    bench.apply(RAISED)


def test_putting_back_makes_a_new_feature_under_the_key_of_the_archived_one(faulted: Faulted) -> None:
    granted = catalog(Product("pro", "Pro", features=("sso",)), Feature("sso", "Single sign-on"))
    bench, _ = faulted({5: crash})
    bench.apply(granted)
    with pytest.raises(Crash):
        bench.apply(catalog())
    back = bench.unwind()
    assert bench.journals.unfinished() == ()
    assert actions(bench.plan(granted)) == {}
    assert back is not None
    (renewed,) = (left for left in back.left if left.address == "feature.sso")
    assert (renewed.active, renewed.instead_of) == (True, bench.recorded.ids["feature.sso"])


def test_a_resume_with_nothing_unfinished_does_nothing(bench: Workbench) -> None:
    assert (bench.resume(), bench.unwind(), bench.log.writes) == (None, None, [])


def test_a_step_that_may_have_been_done_twice_is_told_and_not_guessed(faulted: Faulted) -> None:
    bench, _ = faulted({2: crash})
    with pytest.raises(Crash):
        bench.apply(CATALOG)
    (made,) = bench.client.v1.prices.list().data
    twin = bench.client.v1.prices.create(
        {
            "product": "acme-pro",
            "currency": "eur",
            "unit_amount": 900,
            "metadata": made.to_dict()["metadata"],
        }
    )
    with pytest.raises(Incomplete) as stopped:
        bench.resume()
    (problem,) = stopped.value.diagnostics
    assert problem.code == "several-found"
    assert made.id in problem.detail
    assert twin.id in problem.detail


def test_a_wish_to_stop_is_heard_between_two_steps_and_the_journal_is_kept(bench: Workbench) -> None:
    heard = iter([False, True, True])
    made = bench.plan(CATALOG)
    with pytest.raises(Interrupted):
        applying.apply(replace(bench.session(), stopping=lambda: next(heard)), made)
    assert bench.log.writes == [("post", "/v1/products")]
    assert bench.resume() is not None
    assert actions(bench.plan(CATALOG)) == {}


class Told:
    """What a run said of itself."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def began(self, total: int) -> None:
        self.lines.append(f"{total} steps")

    def started(self, step: Step) -> None:
        self.lines.append(f"start {step.address}")

    def ended(self, step: Step) -> None:
        self.lines.append(f"end {step.address}")


def test_each_step_is_announced_before_it_is_sent_and_when_it_is_done(bench: Workbench) -> None:
    told = Told()
    applying.apply(replace(bench.session(), progress=told), bench.plan(CATALOG))
    assert told.lines == [
        "2 steps",
        "start product.pro",
        "end product.pro",
        "start price.pro.monthly",
        "end price.pro.monthly",
    ]


def test_an_idempotency_key_is_one_try_of_one_step_of_one_run() -> None:
    def step(number: int) -> Step:
        return Step(number, Phase.EXPAND, Verb.CREATE, "price", "price.pro.monthly")

    keys = [
        idempotency_key("run-1", step(1), 0),
        idempotency_key("run-1", step(1), 1),
        idempotency_key("run-1", step(11), 0),
        idempotency_key("run-2", step(1), 0),
    ]
    assert idempotency_key("run-1", step(1), 0) == keys[0]
    assert len({*keys}) == 4
    assert {len(key) for key in keys} == {64}


def unforeseen(carry_out: Callable[[], Answered]) -> Answered:
    """Something breaks that nobody thought of."""
    raise TypeError("what is this?")


def test_whatever_breaks_in_the_middle_leaves_a_run_that_can_be_gone_on_with(faulted: Faulted) -> None:
    bench, _ = faulted({2: unforeseen})
    with pytest.raises(Incomplete) as stopped:
        bench.apply(CATALOG)
    (told,) = stopped.value.diagnostics
    assert (told.code, "TypeError" in told.detail, "--resume" in told.hint) == ("half-way", True, True)
    assert [each.code for each in bench.plan(CATALOG).diagnostics] == ["run-in-between"]
    bench.resume()
    assert (actions(bench.plan(CATALOG)), bench.plan(CATALOG).diagnostics) == ({}, ())


def test_a_refused_step_names_the_address_that_it_was_for(faulted: Faulted) -> None:
    bench, _ = faulted({2: refused(400, "parameter_invalid")})
    with pytest.raises(ProviderError) as failed:
        bench.apply(CATALOG)
    assert failed.value.diagnostics[0].address == "price.pro.monthly"
