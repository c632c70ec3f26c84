"""Requests that Stripe refuses for ever: a way on or a way back is left, and says what it could not do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from stripectl.diagnostics import Diagnostic, Incomplete, ProviderError
from stripectl.engine.policy import OnError
from tests.fault.catalogs import AFTER
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, ours
from tests.fault.matrix import FIRST_OF_SWITCH, RUN, STEPS, Ending
from tests.fault.test_matrix import ended, is_back_and_can_be_tried_again
from tests.faults import Attempt, Fault, Faulty, either, refused, struck
from tests.workbench import Workbench

FOR_EVER = (*range(1, FIRST_OF_SWITCH, 3), *range(FIRST_OF_SWITCH, STEPS + 1))
"""Steps of an apply, refused there and whenever they are sent again; before *switch* all end alike."""

BACK = range(1, 24, 2)
"""Steps of a put-back that begins at the last step of an apply."""

NO = refused(400, "parameter_invalid")

REFUSED = "stripe-refused", {"refused-for-ever"}, "not-put-back"
"""Codes of what is said: first of the apply, then of each step back, then of the whole."""


class Never:
    """A script that refuses one write, and from then on every request that asks for the same."""

    def __init__(self, where: Callable[[Attempt, int], bool]) -> None:
        """`where` gets an attempt and its number among the writes of its run."""
        self._where, self._written = where, Counter[str]()
        self._asked: tuple[str, str, str] | None = None

    def __call__(self, attempt: Attempt) -> Fault | None:
        if attempt.is_read or attempt.run is None:
            return None
        self._written[attempt.run] += 1
        asked = attempt.method, attempt.path, attempt.body
        if self._asked is None and self._where(attempt, self._written[attempt.run]):
            self._asked = asked
        return NO if asked == self._asked else None

    @property
    def struck(self) -> bool:
        return self._asked is not None


def step_of_the_apply(step: int) -> Never:
    return Never(lambda attempt, _: (attempt.run, attempt.step) == (RUN, step))


def step_back(number: int) -> Never:
    return Never(lambda attempt, written: attempt.run != RUN and written == number)


def in_use_twice(bench: Workbench) -> set[str]:
    """Addresses that two objects in use bear, as the account has it."""
    active = Counter(each.address for each in ours(bench) if each.active)
    return {address for address, count in active.items() if count > 1}


def said_twice(*diagnostics: Diagnostic) -> set[str]:
    """Addresses of which a message says that two are in use."""
    return {each for told in diagnostics for each in re.findall(r"Two are in use at (\S+):", told.detail)}


@pytest.mark.parametrize("step", FOR_EVER)
def test_an_apply_that_can_never_go_on_can_be_put_back(step: int, place: Place, start: Start) -> None:
    never = step_of_the_apply(step)
    with place.opened(lambda inner: Faulty(inner, never)) as bench:
        ending = ended(bench, start.plan)
    assert never.struck
    assert ending is (Ending.BACK if step <= FIRST_OF_SWITCH else Ending.HALF_WAY)
    if ending is Ending.HALF_WAY:
        with place.opened(lambda inner: Faulty(inner, never)) as bench:
            with pytest.raises(Incomplete) as stopped:
                bench.resume()
            assert [each.code for each in stopped.value.diagnostics] == ["stripe-refused", "half-way"]
            assert said_twice(*stopped.value.diagnostics) == in_use_twice(bench)
            assert bench.unwind() is not None
    is_back_and_can_be_tried_again(place, start)


@pytest.mark.parametrize("number", BACK)
def test_a_put_back_passes_over_what_is_refused_for_ever_and_names_it(
    number: int, place: Place, start: Start
) -> None:
    last, never = struck(lambda each: (each.run, each.step) == (RUN, STEPS), NO), step_back(number)
    with place.opened(lambda inner: Faulty(inner, either(never, last))) as bench:
        bench.on_error = OnError.UNWIND
        with pytest.raises(ProviderError) as failed:
            bench.carry_out(start.plan)
        codes = [each.code for each in failed.value.diagnostics]
        assert never.struck
        # What rests on the refused step may be refused as well, as that a default price is archived.
        assert (codes[0], {*codes[1:-1]}, codes[-1]) == REFUSED
        assert said_twice(*failed.value.diagnostics) == in_use_twice(bench)
        assert bench.journals.unfinished() == ()
        assert bench.unwind() is None
    with place.opened() as bench:
        bench.apply(AFTER)
        check(bench, AFTER, revision=3)
