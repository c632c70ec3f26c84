"""Watching a run off a terminal: a line at its start, one now and then, one at its end."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, active_count

import pytest

from stripectl.cli.progress import Lines, signs_of_life, tell_request, watching
from stripectl.cli.terminal import Terminal
from stripectl.diagnostics import ProviderError, error
from stripectl.engine.kinds import Phase
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step, Verb
from tests.waiting import SECONDS
from tests.workbench import Clock

STEP = Step(1, Phase.EXPAND, Verb.CREATE, "price", "price.pro.monthly")
SENT = Sent("POST", "/v1/prices", 200, "req_1", 0.05, 1)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_log_gets_the_start_and_signs_of_life(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Terminal(), "Applying main in shadow", clock=clock)
    lines.began(2)
    lines.started(STEP)
    clock.advance(9.5)
    lines.sent(SENT)
    clock.advance(0.5)
    lines.look()
    lines.ended(STEP)
    assert said(capsys) == [
        "Applying main in shadow: 2 steps.",
        "  0/2 steps, 10 s, 0.2/s: create price.pro.monthly",
    ]


def test_each_step_and_each_request_is_told_to_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (1, 2):
        lines = Lines(Terminal(verbose=verbose), "Applying main in shadow")
        lines.began(1)
        lines.started(STEP)
        lines.sent(SENT)
    assert said(capsys) == [
        "Applying main in shadow: 1 step.",
        "  1/1  create price.pro.monthly",
        "Applying main in shadow: 1 step.",
        "  1/1  create price.pro.monthly",
        "  POST    /v1/prices  200  50 ms  req_1",
    ]


def test_quiet_outdoes_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Terminal(quiet=True, verbose=2)
    with watching(screen, "Applying main in shadow") as watch:
        watch.began(1)
        watch.started(STEP)
        watch.sent(SENT)
    tell_request(screen, SENT)
    assert said(capsys) == []


def test_a_run_that_fails_says_what_it_took_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(ProviderError), watching(Terminal(), "Applying main in shadow") as watch:
        watch.began(2)
        watch.started(STEP)
        watch.sent(SENT)
        watch.ended(STEP)
        raise ProviderError(error("stripe-connection", "Stripe could not be reached", ""))
    first, last = said(capsys)
    assert first == "Applying main in shadow: 2 steps."
    assert last.startswith("1 of 2 steps, 1 request in 0.")


def test_what_was_refused_before_its_first_step_took_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(Terminal(), "Applying main in shadow") as watch:
        watch.sent(SENT)
    assert said(capsys) == []


def test_signs_of_life_come_while_the_run_hangs_and_end_with_it() -> None:
    looks = 0
    enough = Event()

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            enough.set()

    before = active_count()
    with signs_of_life(look, every=0.001):
        assert enough.wait(SECONDS)
        assert active_count() == before + 1
    assert active_count() == before
