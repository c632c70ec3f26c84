"""Requests keep the pace of the environment."""

from __future__ import annotations

from stripectl.providers.stripe.pace import Pace


def test_requests_that_come_faster_than_the_pace_wait_for_their_turn() -> None:
    waited: list[float] = []
    pace = Pace(4, clock=lambda: 100.0, sleep=waited.append)
    for _ in range(4):
        pace.wait()
    assert waited == [0.25, 0.5, 0.75]


def test_requests_that_come_slower_than_the_pace_do_not_wait() -> None:
    times = iter([0.0, 0.0, 1.0, 2.0])
    waited: list[float] = []
    pace = Pace(4, clock=lambda: next(times), sleep=waited.append)
    for _ in range(3):
        pace.wait()
    assert waited == []


def test_without_a_pace_nothing_waits() -> None:
    waited: list[float] = []
    pace = Pace(None, clock=lambda: 0.0, sleep=waited.append)
    for _ in range(100):
        pace.wait()
    assert waited == []
