"""Rate limits: a second's worth at once, then a steady pace, for each endpoint and for all together."""

from __future__ import annotations

from stripectl.providers.shadow.limiter import ENDPOINT, GLOBAL, Limiter, Limits
from tests.conftest import Clock


def let_through(limiter: Limiter, method: str, path: str, tries: int = 100) -> int:
    return sum(limiter.refusal(method, path) is None for _ in range(tries))


def test_a_seconds_worth_passes_at_once_and_no_more(clock: Clock) -> None:
    limiter = Limiter(Limits(per_endpoint=25), clock)
    assert let_through(limiter, "POST", "/v1/prices") == 25
    assert limiter.refusal("POST", "/v1/prices") == ENDPOINT == "endpoint-rate"


def test_what_was_used_comes_back_evenly(clock: Clock) -> None:
    limiter = Limiter(Limits(per_endpoint=25), clock)
    let_through(limiter, "POST", "/v1/prices")
    clock.advance(0.2)
    assert let_through(limiter, "POST", "/v1/prices") == 5
    clock.advance(60)
    assert let_through(limiter, "POST", "/v1/prices") == 25


def test_a_request_at_the_pace_of_the_limit_is_never_refused(clock: Clock) -> None:
    limiter = Limiter(Limits(per_endpoint=25), clock)
    for _ in range(200):
        assert limiter.refusal("POST", "/v1/prices") is None
        clock.advance(0.04)


def test_an_endpoint_is_a_method_and_a_path_template(clock: Clock) -> None:
    limiter = Limiter(Limits(per_endpoint=2), clock)
    assert let_through(limiter, "GET", "/v1/products/a") == 2
    assert let_through(limiter, "GET", "/v1/products/b") == 0
    assert let_through(limiter, "POST", "/v1/products/a") == 2
    assert let_through(limiter, "POST", "/v1/products") == 2
    assert let_through(limiter, "GET", "/v1/products") == 2


def test_the_overall_limit_counts_every_request(clock: Clock) -> None:
    limiter = Limiter(Limits(overall=3), clock)
    assert let_through(limiter, "GET", "/v1/products", 1) == 1
    assert let_through(limiter, "POST", "/v1/prices", 1) == 1
    assert let_through(limiter, "GET", "/v1/nowhere", 1) == 1
    assert limiter.refusal("GET", "/v1/prices") == GLOBAL == "global-rate"


def test_a_refused_request_takes_nothing_from_the_other_limit(clock: Clock) -> None:
    limiter = Limiter(Limits(per_endpoint=2, overall=5), clock)
    assert let_through(limiter, "POST", "/v1/prices") == 2
    assert let_through(limiter, "GET", "/v1/prices") == 2
    assert let_through(limiter, "GET", "/v1/products") == 1


def test_without_limits_nothing_is_refused(clock: Clock) -> None:
    assert let_through(Limiter(Limits(), clock), "GET", "/v1/nowhere", 1000) == 1000
