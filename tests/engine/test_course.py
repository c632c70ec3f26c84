"""The course of a run: steps, requests, and how fast they leave."""

from __future__ import annotations

from functools import reduce

import pytest

from stripectl.engine.course import Course, Round, Tally
from stripectl.engine.kinds import Phase
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step, Verb


def sent(status: int | None = 200, attempt: int = 1) -> Sent:
    return Sent("POST", "/v1/prices", status, "req_1", 0.05, attempt)


def step(number: int) -> Step:
    return Step(number, Phase.EXPAND, Verb.CREATE, "price", f"price.pro.p{number}")


def sending(*moments: float, status: int = 200) -> Course:
    return reduce(lambda course, moment: course.sent(sent(status), moment), moments, Course())


def test_every_try_is_a_request_and_a_second_one_is_a_retry() -> None:
    every = [sent(429), sent(429, 2), sent(200, 3), sent(None), sent(200, 2)]
    assert Tally.of(every) == Tally(requests=5, retried=3, limited=2)


def test_the_step_in_hand_is_the_one_that_was_started_last() -> None:
    course = Course().began(3).started(step(1)).started(step(2)).started(step(3)).ended(step(2))
    assert [each.number for each in course.in_hand] == [1, 3]
    assert course.rounds == (Round(3, 1, 0),)


def test_a_step_that_ended_without_being_started_was_done_by_an_earlier_try() -> None:
    course = Course().began(3).ended(step(1)).ended(step(2)).started(step(3)).ended(step(3))
    assert course.rounds == (Round(total=3, done=3, earlier=2),)


def test_putting_back_is_a_round_of_its_own_and_the_failed_step_is_in_hand_no_more() -> None:
    course = Course().began(4).started(step(1)).ended(step(1)).started(step(2)).began(1)
    assert (course.rounds, course.in_hand) == ((Round(4, 1), Round(1)), ())


@pytest.mark.parametrize(
    ("moments", "now", "rate"),
    [
        ((), 0.0, 0.0),
        ((0.1, 0.2, 0.3), 0.5, 3.0),
        ((0.1, 0.2, 1.5, 1.9), 2.0, 2.0),
        # Ten a second for six seconds: the first second has fallen out of the window.
        (tuple(tenth / 10 for tenth in range(60)), 6.0, 10.0),
        ((0.1, 0.2), 9.0, 0.0),
    ],
)
def test_the_rate_is_that_of_the_last_five_seconds(
    moments: tuple[float, ...], now: float, rate: float
) -> None:
    assert sending(*moments).rate(now) == pytest.approx(rate)


def test_it_is_limited_for_a_moment_after_a_429() -> None:
    course = sending(3.2, status=429)
    assert [course.limited(now) for now in (3.3, 4.9, 5.0)] == [True, True, False]
    assert not sending(3.2).limited(3.3)
