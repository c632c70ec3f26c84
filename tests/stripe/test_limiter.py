"""Requests keep the rates of the account, slow down after a 429, and come back step by step."""

from __future__ import annotations

import pytest

from stripectl.providers.stripe.limiter import Limiter, Rates
from tests.workbench import Clock

PRICES, PRODUCTS = "post /v1/prices", "post /v1/products"


class Requests:
    """Sends requests one after another, on a clock that moves only where the limiter waits."""

    def __init__(self, rates: Rates) -> None:
        self.clock = Clock(0)
        self.limiter = Limiter(rates, clock=self.clock, sleep=self.clock.advance)

    def send(self, count: int, endpoint: str = PRICES) -> list[float]:
        """When each left."""
        return [self.limiter.wait(endpoint) for _ in range(count)]

    def answered(self, seconds: int, endpoint: str = PRICES) -> None:
        """One good answer a second."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.limiter.speed_up(endpoint)

    def refused(self, *, overall: bool = False, retry_after: float | None = None) -> None:
        left = self.send(1)[0]
        self.limiter.slow_down(PRICES, left, overall=overall, retry_after=retry_after)

    def rate(self, endpoint: str = PRICES) -> float:
        """Requests a second, over eight of them, without what was saved up."""
        self.send(20, endpoint)
        left = self.send(9, endpoint)
        return round(8 / (left[-1] - left[0]), 3) if left[-1] > left[0] else float("inf")


def test_without_a_limit_nothing_waits() -> None:
    assert Requests(Rates()).send(1000)[-1] == 0


@pytest.mark.parametrize(("rates", "rate"), [(Rates(4, None), 4), (Rates(None, 5), 5), (Rates(10, 5), 5)])
def test_the_lower_of_both_rates_holds(rates: Rates, rate: float) -> None:
    assert Requests(rates).rate() == rate


def test_an_endpoint_has_a_rate_of_its_own_and_all_of_them_share_one() -> None:
    requests = Requests(Rates(overall=10, per_endpoint=5))
    left = [requests.limiter.wait(each) for _ in range(20) for each in (PRICES, PRODUCTS)]
    # Eight tokens of all and four of each endpoint were there at the start.
    assert left[-1] == pytest.approx((40 - 8) / 10)


def test_turns_that_were_not_used_are_kept_for_four_fifths_of_a_second() -> None:
    requests = Requests(Rates(None, 5))
    for begin in (0, 60):
        requests.clock.now = begin
        assert [round(each - begin, 3) for each in requests.send(6)] == [0, 0, 0, 0, 0.2, 0.4]


def test_a_429_halves_the_rate_of_the_endpoint_and_of_no_other() -> None:
    requests = Requests(Rates(None, 20))
    requests.refused()
    assert (requests.rate(), requests.rate(PRODUCTS)) == (10, 20)


def test_a_429_that_is_about_all_requests_halves_the_rate_of_all() -> None:
    requests = Requests(Rates(20, None))
    requests.refused(overall=True)
    assert (requests.rate(), requests.rate(PRODUCTS)) == (10, 10)


def test_requests_that_were_on_their_way_together_halve_the_rate_once() -> None:
    requests = Requests(Rates(None, 20))
    left = requests.send(4)
    for each in left:
        requests.limiter.slow_down(PRICES, each, overall=False, retry_after=None)
    assert requests.rate() == 10


def test_halving_ends_at_one_request_a_second() -> None:
    requests = Requests(Rates(None, 2))
    for _ in range(5):
        requests.refused()
    assert requests.rate() == 1


def test_a_rate_comes_back_in_five_steps_a_second_each_and_no_further() -> None:
    requests = Requests(Rates(None, 20))
    requests.refused()
    for rate in (12, 14, 16, 18, 20, 20):
        requests.answered(1)
        assert requests.limiter._endpoints[PRICES].rate == rate


def test_a_pause_that_is_asked_for_holds_for_every_request_to_the_endpoint() -> None:
    requests = Requests(Rates())
    requests.refused(retry_after=30)
    assert requests.send(1) == [30]
    assert requests.limiter.wait(PRODUCTS) == 30 == requests.clock()


def test_where_no_limit_is_known_a_429_tells_one_from_what_left_in_the_last_second() -> None:
    requests = Requests(Rates())
    requests.send(39)
    requests.refused()
    assert requests.rate() == 20
    requests.answered(20)
    assert requests.limiter._endpoints[PRICES].rate == 20 + 20 * 4
