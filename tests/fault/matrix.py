"""The declared matrix: which fault at which point ends how. Tests prove each cell, the docs show it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from stripectl.engine.ports import Failure
from stripectl.providers.stripe.retries import TRIES
from tests.faults import (
    Attempt,
    Fault,
    Script,
    at_random,
    broken,
    either,
    nameless,
    no_json,
    page,
    refused,
    replayed,
    reset,
    slow,
    struck,
    timed_out,
    truncated,
    unanswered,
    unsent,
)
from tests.workbench import Clock

STEPS = 24
"""Of the plan that every fault is tried on; a test holds it against the real one."""

FIRST_OF_SWITCH = 11
READ_AGAIN = (1, 11, 12, 13, 17)
"""Steps that read their object right before they change it."""

LOOKED_FOR = (2, 4, 5, 6, 7, 8, 9, 10, 16)
"""Steps that make something: what a lost answer made is searched."""

DELETED = (18, 19, 20)
"""Steps that delete something for good: that it is gone can be seen."""

RUN = "acme-002001"
"""The run that is disturbed, the first after the two that prepared the account; not one that puts it back."""

LISTS = (
    "/v1/account",
    "/v1/products?",
    "/v1/prices?active=true",
    "/v1/prices?active=false",
    "/v1/billing/meters",
    "/v1/entitlements/features?archived=false",
    "/v1/entitlements/features?archived=true",
    "/v1/coupons",
    "/v1/promotion_codes",
    "/v1/products/acme-pro/features",
)
"""What is read to know the whole account."""


class Ending(StrEnum):
    """What an apply came to."""

    DONE = "done"
    UNTOUCHED = "nothing sent"
    BACK = "put back"
    HALF_WAY = "stopped"


class Point(StrEnum):
    """Where in an apply a request is."""

    FIRST_LOOK = "first look at the account"
    EXPAND = "expand"
    SWITCH = "first of switch"
    LATER = "rest of switch, contract"
    AGAIN = "object read again, nothing switched"
    AGAIN_LATER = "object read again, later"
    SEARCH = "search for what was made, in expand"
    SEARCH_LATER = "search for what was made, later"
    LAST_LOOK = "last look at the account"


WRITES = (Point.EXPAND, Point.SWITCH, Point.LATER)
READS = tuple(each for each in Point if each not in WRITES)

Where: TypeAlias = Callable[[Attempt], bool]
Strike: TypeAlias = Callable[[Where, Clock], Script]


@dataclass(frozen=True)
class Trouble:
    """A fault with what it is called."""

    name: str
    strike: Strike
    every: int = 1
    """Tried at each so manieth place only, where another one looks the same from here."""
    found_out: bool = False
    """The work is done each time: where that can be seen, all ends well."""


@dataclass(frozen=True)
class Sort:
    """Faults that end alike."""

    title: str
    endings: Mapping[Point, frozenset[Ending]]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True)
class Case:
    """A fault at one request of one apply."""

    trouble: Trouble
    point: Point
    at: str
    """Which request of those at that point: a step's number, or a list."""
    where: Where
    endings: frozenset[Ending]
    workers: int = 1

    def script(self, clock: Clock) -> Script:
        """What strikes; that something is searched at all takes a first key under which nothing came back."""
        strike = self.trouble.strike(self.where, clock)
        if self.point not in (Point.SEARCH, Point.SEARCH_LATER):
            return strike
        step = int(self.at.removeprefix("step "))
        return either(strike, struck(_write(step), broken, times=TRIES[Failure.SERVER].most))

    @property
    def id(self) -> str:
        return f"{self.trouble.name}, {self.point}: {self.at}, {self.workers} at work"


def _once(name: str, fault: Fault, *, every: int = 1) -> Trouble:
    return Trouble(name, lambda where, _: struck(where, fault, times=1), every)


def _always(name: str, fault: Fault, *, every: int = 1, found_out: bool = False) -> Trouble:
    return Trouble(name, lambda where, _: struck(where, fault), every, found_out)


def _from_then_on(name: str, fault: Fault, *, every: int = 1) -> Trouble:
    return Trouble(name, lambda where, _: struck(where, fault, spreads=True), every)


def _stored(name: str, fault: Fault) -> Trouble:
    return Trouble(name, lambda where, _: replayed(where, fault))


def _is_of(attempt: Attempt, step: int) -> bool:
    return (attempt.run, attempt.step) == (RUN, step)


def _write(step: int) -> Where:
    return lambda attempt: _is_of(attempt, step) and not attempt.is_read


def _read_again(step: int) -> Where:
    return lambda attempt: _is_of(attempt, step) and attempt.is_read and attempt.tries == 0


def _search(step: int) -> Where:
    return lambda attempt: _is_of(attempt, step) and attempt.is_read and attempt.tries > 0


def _list(path: str, *, last: bool) -> Where:
    def where(attempt: Attempt) -> bool:
        looks = attempt.step is None and attempt.is_read and attempt.path.startswith(path)
        return looks and (attempt.number >= STEPS) is last

    return where


def _point(step: int, early: Point, first: Point, later: Point) -> Point:
    return early if step < FIRST_OF_SWITCH else first if step == FIRST_OF_SWITCH else later


def _places() -> Iterator[tuple[Point, str, Where]]:
    for step in range(1, STEPS + 1):
        yield _point(step, *WRITES), f"step {step}", _write(step)
    for step in READ_AGAIN:
        yield _point(step, Point.AGAIN, Point.AGAIN, Point.AGAIN_LATER), f"step {step}", _read_again(step)
    for step in LOOKED_FOR:
        yield _point(step, Point.SEARCH, Point.SEARCH, Point.SEARCH_LATER), f"step {step}", _search(step)
    for path in LISTS:
        yield Point.FIRST_LOOK, path, _list(path, last=False)
    # Which account it is was asked before.
    for path in LISTS[1:]:
        yield Point.LAST_LOOK, path, _list(path, last=True)


PLACES = tuple(_places())


def _endings(*pairs: tuple[Ending, tuple[Point, ...]]) -> Mapping[Point, frozenset[Ending]]:
    return {point: frozenset((ending,)) for ending, points in pairs for point in points}


WRITE_SORTS = (
    Sort(
        "It passes",
        _endings((Ending.DONE, WRITES)),
        (
            _once("429", refused(429, "rate_limit")),
            _once("429 with `Retry-After`", refused(429, "rate_limit", Retry_After="7"), every=3),
            _once(
                "429 for all requests together",
                refused(429, "rate_limit", Stripe_Rate_Limited_Reason="global-rate"),
                every=3,
            ),
            _once("409", refused(409, "lock_timeout")),
            _once("500, not done", refused(500, "internal")),
            _once("500, and it was done", broken),
            _stored("500 replayed for its key, not done", refused(500, "internal")),
            _stored("500 replayed for its key, and it was done", broken),
            _once("503", refused(503, "unavailable"), every=3),
            _once("502, a proxy's page", page(502), every=3),
            _once("200 without JSON", no_json),
            _once("200 without an id", nameless),
            _once("200 cut off", truncated, every=3),
            _once("connection refused", unsent),
            _once("connection reset before sending", reset, every=3),
            _once("answer lost, and it was done", unanswered),
            _once("time-out, and it was done", timed_out, every=3),
            Trouble(
                "answer after 50 seconds",
                lambda where, clock: struck(where, slow(clock.advance, 50.0), times=1),
                every=3,
            ),
        ),
    ),
    Sort(
        "A clear no",
        _endings((Ending.BACK, (Point.EXPAND, Point.SWITCH)), (Ending.HALF_WAY, (Point.LATER,))),
        (_always("400", refused(400, "parameter_invalid")),),
    ),
    Sort(
        "That request fails each time",
        _endings((Ending.BACK, (Point.EXPAND,)), (Ending.HALF_WAY, (Point.SWITCH, Point.LATER))),
        (
            _always("429 each time", refused(429, "rate_limit"), every=3),
            _always("409 each time", refused(409, "lock_timeout"), every=3),
            _always("500 each time, not done", refused(500, "internal")),
            _always("200 without JSON each time, and it was done", no_json, found_out=True),
            _always("connection refused each time", unsent, every=3),
            _always("answer lost each time", unanswered),
        ),
    ),
    Sort(
        "Everything fails from there on",
        _endings((Ending.HALF_WAY, WRITES)),
        (
            _from_then_on("no network", unsent, every=3),
            _from_then_on("key revoked", refused(401, "key_revoked")),
        ),
    ),
)

READ_SORTS = (
    Sort(
        "It passes",
        _endings((Ending.DONE, READS)),
        (
            _once("500", refused(500, "internal")),
            _once("connection refused", unsent),
            _once("200 cut off", truncated, every=3),
        ),
    ),
    Sort(
        "That request fails each time",
        _endings(
            (Ending.UNTOUCHED, (Point.FIRST_LOOK,)),
            (Ending.BACK, (Point.AGAIN, Point.SEARCH)),
            (Ending.HALF_WAY, (Point.AGAIN_LATER, Point.SEARCH_LATER, Point.LAST_LOOK)),
        ),
        (
            _always("403", refused(403, "permission")),
            _always("500 each time", refused(500, "internal")),
            _always("200 without `id` or `data` each time", nameless),
        ),
    ),
)

SIDE_BY_SIDE = 8
"""Steps at work at the same time."""

_EITHER = frozenset((Ending.BACK, Ending.HALF_WAY))


def _parallel(sorts: tuple[Sort, ...], names: frozenset[str]) -> tuple[Sort, ...]:
    """Side by side, another step of *switch* may be done before the first one fails."""
    return tuple(
        Sort(
            each.title,
            {**each.endings, Point.SWITCH: _EITHER}
            if Ending.BACK in each.endings[Point.SWITCH]
            else each.endings,
            tuple(trouble for trouble in each.troubles if trouble.name in names),
        )
        for each in sorts
    )


PARALLEL_SORTS = _parallel(
    WRITE_SORTS,
    frozenset(
        (
            "429",
            "500 replayed for its key, and it was done",
            "answer lost, and it was done",
            "400",
            "500 each time, not done",
            "answer lost each time",
            "key revoked",
        )
    ),
)


def _cases(sorts: tuple[Sort, ...], *, workers: int = 1) -> Iterator[Case]:
    for sort in sorts:
        for trouble in sort.troubles:
            places = [each for each in PLACES if each[0] in sort.endings]
            for point, at, where in places[:: trouble.every]:
                ends = _DONE if trouble.found_out and at in _SEEN else sort.endings[point]
                yield Case(trouble, point, at, where, ends, workers)


_DONE = frozenset((Ending.DONE,))
_SEEN = frozenset(f"step {step}" for step in (*LOOKED_FOR, *DELETED))

CASES = (*_cases(WRITE_SORTS), *_cases(READ_SORTS), *_cases(PARALLEL_SORTS, workers=SIDE_BY_SIDE))

SEEDS = range(12)
EVERY = 4
"""One of so many requests is struck."""


def storm(seed: int) -> Script:
    """A bad day: every fourth request, reads too, meets something that passes."""
    faults = (
        refused(429, "rate_limit"),
        refused(409, "lock_timeout"),
        refused(500, "internal"),
        broken,
        no_json,
        truncated,
        unsent,
        unanswered,
        timed_out,
    )
    return at_random(random.Random(seed), EVERY, faults)
