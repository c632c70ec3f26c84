"""What a person may find between a failure and its end: expired keys, a choice, what cannot be undone."""

from __future__ import annotations

import pytest
import stripe

from stripectl.diagnostics import Incomplete, ProviderError
from stripectl.engine.policy import OnError
from tests.fault.catalogs import AFTER, BEFORE
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, counted
from tests.fault.matrix import RUN, STEPS
from tests.faults import Crash, Faulty, crash, numbered, refused, struck
from tests.workbench import Workbench

HOURS = 3600.0

RESUMED_LATE = range(1, STEPS + 1)
UNWOUND_LATE = range(1, STEPS + 1, 2)


def dies(place: Place, start: Start, step: int) -> None:
    """The process is gone with the answer to that step."""
    with place.opened(lambda inner: Faulty(inner, numbered({step: crash}))) as bench, pytest.raises(Crash):
        bench.carry_out(start.plan)


@pytest.mark.parametrize("step", RESUMED_LATE)
def test_a_run_is_resumed_after_its_idempotency_keys_expired(step: int, place: Place, start: Start) -> None:
    dies(place, start, step)
    place.clock.advance(25 * HOURS)
    with place.opened() as bench:
        bench.resume()
        assert counted(check(bench, AFTER, revision=3)) == start.made


@pytest.mark.parametrize("step", UNWOUND_LATE)
def test_a_run_is_put_back_after_its_idempotency_keys_expired(step: int, place: Place, start: Start) -> None:
    dies(place, start, step)
    place.clock.advance(25 * HOURS)
    with place.opened() as bench:
        bench.unwind()
        check(bench, BEFORE, revision=2, unwound=True)


CHOICES = [
    (OnError.AUTO, 4, "put-back"),
    (OnError.AUTO, 14, "half-way"),
    (OnError.STOP, 4, "half-way"),
    (OnError.STOP, 14, "half-way"),
    (OnError.UNWIND, 4, "put-back"),
    (OnError.UNWIND, 14, "put-back"),
    (OnError.UNWIND, 24, "put-back"),
]
"""What was chosen, the step that is refused, what the apply says."""


def fails(bench: Workbench, start: Start) -> tuple[str, str]:
    """Code and detail of what the apply says at the end."""
    with pytest.raises((ProviderError, Incomplete)) as failed:
        bench.carry_out(start.plan)
    problem = failed.value.diagnostics[-1]
    return problem.code, problem.detail


@pytest.mark.parametrize(("choice", "step", "told"), CHOICES)
def test_a_failure_is_put_back_or_kept_as_was_chosen(
    choice: OnError, step: int, told: str, place: Place, start: Start
) -> None:
    with place.opened(lambda inner: refuses(inner, step)) as bench:
        bench.on_error = choice
        assert fails(bench, start)[0] == told
    with place.opened() as bench:
        if told == "put-back":
            check(bench, BEFORE, revision=2, unwound=True)
        else:
            bench.resume()
            check(bench, AFTER, revision=3)


def test_a_resume_that_fails_is_put_back_where_that_was_chosen(place: Place, start: Start) -> None:
    dies(place, start, 13)
    with place.opened(lambda inner: refuses(inner, 14)) as bench:
        bench.on_error = OnError.UNWIND
        with pytest.raises(ProviderError) as failed:
            bench.resume()
        assert failed.value.diagnostics[-1].code == "put-back"
        check(bench, BEFORE, revision=2, unwound=True)


def test_what_cannot_be_put_back_exactly_is_said(place: Place, start: Start) -> None:
    with place.opened(lambda inner: refuses(inner, 24)) as bench:
        bench.on_error = OnError.UNWIND
        code, detail = fails(bench, start)
        archived, active, renewed = detail.split(": ")[1:]
    assert code == "put-back"
    assert "price.pro.new (price_" in archived
    assert "price.pro.yearly (price_" in archived
    assert active.startswith("feature.audit (feat_")
    assert "price.pro.seat (price_" in renewed
    assert "discount.launch (acme-launch-3) instead of acme-launch" in renewed


def refuses(inner: stripe.HTTPClient, step: int) -> Faulty:
    no = refused(400, "parameter_invalid")
    return Faulty(inner, struck(lambda each: (each.run, each.step) == (RUN, step) and not each.is_read, no))
