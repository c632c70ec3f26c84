"""Every fault at every request of an apply in which every action occurs: it ends as declared, and well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
import stripe

from stripectl.diagnostics import Incomplete, ProviderError
from stripectl.engine.kinds import Phase
from stripectl.engine.plan import Plan
from stripectl.engine.steps import Verb
from tests.fault.catalogs import AFTER, BEFORE
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, counted, used
from tests.fault.matrix import (
    CASES,
    FIRST_OF_SWITCH,
    LOOKED_FOR,
    READ_AGAIN,
    SEEDS,
    SIDE_BY_SIDE,
    STEPS,
    Case,
    Ending,
    storm,
)
from tests.faults import Faulty, Script
from tests.workbench import Workbench

TOLD = {"half-way": Ending.HALF_WAY, "half-way-back": Ending.HALF_WAY, "put-back": Ending.BACK}

Afterwards: TypeAlias = Callable[[Place, Start], None]


def test_the_matrix_knows_every_step_of_the_plan(start: Start) -> None:
    every = start.steps
    assert len(every) == STEPS
    assert next(each.number for each in every if each.phase is Phase.SWITCH) == FIRST_OF_SWITCH
    again = [each.number for each in every if each.verb is Verb.UPDATE and each.object_id]
    assert tuple(again) == READ_AGAIN
    assert tuple(each.number for each in every if each.verb is Verb.CREATE) == LOOKED_FOR


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_apply_ends_as_the_matrix_says(case: Case, place: Place, start: Start) -> None:
    ending, struck = applied(place, start.plan, case.script(place.clock), workers=case.workers)
    assert struck, "the fault met a request"
    assert ending in case.endings
    AFTERWARDS[ending](place, start)


@pytest.mark.parametrize("workers", [1, SIDE_BY_SIDE])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_is_outlived(seed: int, workers: int, place: Place, start: Start) -> None:
    ending, struck = applied(place, start.plan, storm(seed), workers=workers)
    assert struck > 5
    AFTERWARDS[ending](place, start)


def applied(place: Place, plan: Plan, script: Script, *, workers: int) -> tuple[Ending, int]:
    """What the apply said of itself, and how many tries were struck."""
    transports: list[Faulty] = []

    def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
        transports.append(Faulty(inner, script))
        return transports[0]

    with place.opened(wrap, workers=workers) as bench:
        ending = ended(bench, plan)
    return ending, transports[0].struck


def ended(bench: Workbench, plan: Plan) -> Ending:
    try:
        bench.carry_out(plan)
    except (Incomplete, ProviderError) as failed:
        ending = TOLD.get(failed.diagnostics[-1].code)
    else:
        return Ending.DONE
    assert ending or bench.log.writes == []
    return ending or Ending.UNTOUCHED


def is_done(place: Place, start: Start) -> None:
    with place.opened() as bench:
        assert counted(check(bench, AFTER, revision=3)) == start.made


def is_back(place: Place, start: Start) -> None:
    with place.opened() as bench:
        assert used(check(bench, BEFORE, revision=2, unwound=True)) == start.in_use


def is_back_and_can_be_tried_again(place: Place, start: Start) -> None:
    is_back(place, start)
    with place.opened() as bench:
        bench.apply(AFTER)
        check(bench, AFTER, revision=3)


def is_untouched(place: Place, start: Start) -> None:
    with place.opened() as bench:
        check(bench, BEFORE, revision=2)
        bench.carry_out(start.plan)
    is_done(place, start)


def goes_both_ways(place: Place, start: Start) -> None:
    other = place.copy()
    with place.opened() as bench:
        assert bench.resume() is not None
    is_done(place, start)
    with other.opened() as bench:
        assert bench.unwind() is not None
    is_back(other, start)


AFTERWARDS: Mapping[Ending, Afterwards] = {
    Ending.DONE: is_done,
    Ending.BACK: is_back_and_can_be_tried_again,
    Ending.UNTOUCHED: is_untouched,
    Ending.HALF_WAY: goes_both_ways,
}
