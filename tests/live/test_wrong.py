"""A shadow that is wrong on purpose is noticed by the probe of the fact that it contradicts."""

from __future__ import annotations

import pytest

from tests.live.facts.table import PROBES
from tests.live.known import SHADOW_DIFFERS
from tests.live.probe import Probe, Verdict
from tests.live.report import differences
from tests.live.suite import ask_shadow
from tests.live.wrong import WAYS, Wrong, WrongTransport


def concerned(wrong: Wrong) -> Probe:
    return next(probe for probe in PROBES if probe.id == wrong.caught_by)


@pytest.mark.parametrize("wrong", WAYS, ids=lambda wrong: wrong.title)
def test_a_wrong_shadow_is_caught_by_the_probe_of_that_fact(wrong: Wrong) -> None:
    probe = concerned(wrong)
    [right] = ask_shadow([probe]).rows
    [caught] = ask_shadow([probe], wrap=lambda inner: WrongTransport(inner, wrong.way)).rows
    assert caught.verdict is Verdict.CONTRADICTS, caught
    if probe.id not in SHADOW_DIFFERS:
        assert right.verdict is Verdict.AGREES, right
        told = differences([caught], [right])
        assert {row.probe for row in told} == {probe.id}
        assert {row.observation for row in told} >= caught.contradictions.keys()


def test_ten_ways_at_least_contradict_what_the_shadow_does_right() -> None:
    assert len([wrong for wrong in WAYS if wrong.caught_by not in SHADOW_DIFFERS]) >= 10
