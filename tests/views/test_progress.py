"""What is said of a run while it is at work, at its end, and of what it sent."""

from __future__ import annotations

import pytest

from stripectl.engine.course import Course, Round, Tally
from stripectl.engine.kinds import Phase
from stripectl.engine.logged import Logged
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step, Verb
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.as_json import requests_json
from stripectl.views.progress import beginning_line, glance_line, request_line, spent_line
from stripectl.views.text import requests_text

RUN = "20270131T120000000000-3f9a0c1b2d"
FIRST = Sent("GET", "/v1/account", 200, "req_1", 0.0123, 1)
LOST = Sent("POST", "/v1/prices", None, None, 10.0, 1)
AGAIN = Sent("POST", "/v1/prices", 200, "req_2", 0.0456, 2)
LINES = (
    Logged("2027-01-31T23:59:59.900+00:00", FIRST, RUN, None),
    Logged("2027-01-31T23:59:59.999+00:00", LOST, RUN, 1),
    Logged("2027-02-01T00:00:10.500+00:00", AGAIN, RUN, 1),
)


def step(number: int) -> Step:
    return Step(number, Phase.EXPAND, Verb.CREATE, "price", f"price.pro.p{number}")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (FIRST, "GET     /v1/account  200  12 ms  req_1"),
        (LOST, "POST    /v1/prices  no answer  10000 ms"),
        (AGAIN, "POST    /v1/prices  200  46 ms  req_2  try 2"),
        (Sent("GET", "/v1/\x1b[2J", 200, None, 0, 1), "GET     /v1/\\x1b[2J  200  0 ms"),
    ],
)
def test_a_request_is_a_line_without_query_or_body(sent: Sent, words: str) -> None:
    assert request_line(sent) == words


@pytest.mark.parametrize(
    ("course", "words"),
    [
        (Course((Round(23, 23),), (), Tally(41, 2)), "23 steps, 41 requests (2 retried) in 3.1 s."),
        (Course((Round(1, 1),), (), Tally(1)), "1 step, 1 request in 3.1 s."),
        (
            Course((Round(23, 7),), (), Tally(41, 2, 1)),
            "7 of 23 steps, 41 requests (2 retried, 1 refused with 429) in 3.1 s.",
        ),
        (Course((Round(6, 6, 4),), (), Tally(9)), "6 steps (4 of them earlier), 9 requests in 3.1 s."),
        (
            Course((Round(6, 2), Round(2, 2)), (), Tally(40)),
            "2 of 6 steps, then 2 steps back, 40 requests in 3.1 s.",
        ),
    ],
)
def test_an_end_tells_steps_requests_retries_and_seconds(course: Course, words: str) -> None:
    assert spent_line(course, 3.14) == words


def test_a_sign_of_life_tells_how_far_how_fast_and_what_is_in_hand() -> None:
    course = Course().began(12)
    assert beginning_line(course, "Applying main in shadow") == "Applying main in shadow: 12 steps."
    for number in range(1, 4):
        course = course.started(step(number))
    course = course.ended(step(1)).sent(FIRST, 9.5)
    assert glance_line(course, 10.0, KINDS) == ("  1/12 steps, 10 s, 0.2/s: create price.pro.p3 and 1 more")
    limited = course.sent(Sent("POST", "/v1/prices", 429, "req_3", 0.1, 1), 9.9)
    assert "0.5/s slowed by 429s: create" in glance_line(limited, 10.0, KINDS)


def test_before_and_after_the_steps_the_account_is_read() -> None:
    assert glance_line(Course(), 10.4, KINDS) == "  10 s, 0.0/s: getting ready"
    done = Course().began(1).started(step(1)).ended(step(1))
    assert glance_line(done, 20.0, KINDS) == "  1/1 steps, 20 s, 0.0/s: checking the account"


def test_the_requests_of_a_run_are_a_table_under_their_days() -> None:
    text = requests_text("Requests of revision 2 of acme in shadow", RUN, LINES, 1, width=100, colour=False)
    assert text == (
        "Requests of revision 2 of acme in shadow\n"
        f"  run  {RUN}; times are UTC\n"
        "\n"
        "2027-01-31    method  path         status     ms  request id  try  step\n"
        "23:59:59.900  GET     /v1/account     200     12  req_1         1\n"
        "23:59:59.999  POST    /v1/prices     none  10000                1     1\n"
        "2027-02-01    method  path         status     ms  request id  try  step\n"
        "00:00:10.500  POST    /v1/prices      200     46  req_2         2     1\n"
        "\n"
        "3 requests (1 retried).\n"
        "warning: 1 line of the log cannot be read.\n"
    )


def test_a_run_without_a_log_says_so_calmly() -> None:
    text = requests_text("Requests of revision 2 of acme in shadow", RUN, (), 0, width=100, colour=False)
    assert text.splitlines()[2:] == ["  The log does not tell of it: it was taken away, or nothing was sent."]


def test_requests_for_machines_are_the_lines_of_the_log() -> None:
    shape = requests_json("acme", "shadow", 2, RUN, LINES, 1)
    assert isinstance(shape, dict)
    assert (shape["revision"], shape["run"], shape["damaged"]) == (2, RUN, 1)
    assert shape["requests"] == [each.to_json() for each in LINES]
