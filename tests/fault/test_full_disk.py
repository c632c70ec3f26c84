"""A disk that takes no more, at any moment of an apply or of putting it back: nothing is sent unrecorded."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import stripe

from stripectl.diagnostics import ExitCode, Incomplete, InvalidInput, StripectlError
from tests.disks import Disk
from tests.fault.catalogs import AFTER, BEFORE
from tests.fault.conftest import Place, Start
from tests.fault.invariants import check, counted, unlock
from tests.fault.matrix import RUN
from tests.faults import Answered, Attempt, CarryOut, Crash, Faulty, crash, numbered, refused, struck
from tests.workbench import Workbench

DISKS = {
    "full once": (errno.ENOSPC, False),
    "full from then on": (errno.ENOSPC, True),
    "read-only from then on": (errno.EROFS, True),
}
APPLYING = range(1, 131, 5)
"""Calls of the system that change a file, in an apply."""

PUTTING_BACK = range(10, 80, 5)
"""Calls after the lock was taken."""

FILLING = {3: "half-way", 12: "half-way", 36: "half-way-back"}
"""Calls after the refusal, with what the apply says of the ways on; the first two write the request log."""


LOGGED = (1, 8, 16, 24)
"""Steps with which the request log fails."""


class Witness(stripe.HTTPClient):
    """Lets no change through of which the journal on disk does not say that it was begun."""

    name = "witness"

    def __init__(self, inner: stripe.HTTPClient, folder: Path) -> None:
        super().__init__()
        self._inner, self._folder = inner, folder
        self.begun: list[int] = []
        """At each write, how many lines that begin a step are on disk, of all runs."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> Answered:
        if method != "get":
            journals = (path.read_bytes() for path in (self._folder / "acme" / "journal").glob("*.jsonl"))
            self.begun.append(sum(each.count(b'{"event":"begin"') for each in journals))
        answered: Answered = self._inner.request(method, url, headers, post_data)
        return answered

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("reason", "stays"), DISKS.values(), ids=DISKS)
@pytest.mark.parametrize("at", APPLYING)
def test_an_apply_on_a_disk_that_refuses_sends_nothing_that_is_not_on_disk(
    at: int, reason: int, stays: bool, place: Place, start: Start
) -> None:
    witnesses: list[Witness] = []

    def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
        witnesses.append(Witness(inner, place.folder))
        return witnesses[0]

    before = begun(place)
    with place.opened(wrap) as bench:
        disk = Disk(at, reason, stays=stays)
        with disk.in_use():
            code = exit_code(bench, start)
        assert witnesses[0].begun == [before + number for number in range(1, len(bench.log.writes) + 1)]
        if bench.journals.unfinished() and bench.log.writes:
            assert code == ExitCode.INCOMPLETE
        if code == ExitCode.ERROR:
            assert bench.log.writes == [] or bench.recorded.number == 3
    unlock(place.folder)
    with place.opened() as bench:
        if bench.resume() is None and bench.recorded.number == 2:
            bench.carry_out(start.plan)
        assert counted(check(bench, AFTER, revision=3)) == start.made


def begun(place: Place) -> int:
    journals = (place.folder / "acme" / "journal").glob("*.jsonl")
    return sum(each.read_bytes().count(b'{"event":"begin"') for each in journals)


def exit_code(bench: Workbench, start: Start) -> ExitCode:
    try:
        bench.carry_out(start.plan)
    except StripectlError as problem:
        return problem.exit_code
    return ExitCode.OK


@pytest.mark.parametrize("at", PUTTING_BACK)
def test_putting_back_on_a_full_disk_stops_and_can_be_gone_on_with(
    at: int, place: Place, start: Start
) -> None:
    with place.opened(lambda inner: Faulty(inner, numbered({18: crash}))) as bench, pytest.raises(Crash):
        bench.carry_out(start.plan)
    disk = Disk(at, errno.ENOSPC, stays=True)
    with place.opened() as bench, disk.in_use():
        with pytest.raises((Incomplete, InvalidInput)) as stopped:
            bench.unwind()
        # Where putting back is all done, the lock may be what is left.
        assert isinstance(stopped.value, Incomplete) or bench.journals.unfinished() == ()
    unlock(place.folder)
    with place.opened() as bench:
        bench.unwind()
        check(bench, BEFORE, revision=2, unwound=True)


@pytest.mark.parametrize(("later", "told"), FILLING.items())
def test_a_failure_that_cannot_be_put_back_because_the_disk_is_full_says_which_ways_are_open(
    later: int, told: str, place: Place, start: Start
) -> None:
    disk = Disk(0, errno.ENOSPC, stays=True)
    no = refused(400, "parameter_invalid")

    def fills_up(carry_out: CarryOut) -> Answered:
        disk.at = disk.calls + later
        return no(carry_out)

    with place.opened(lambda inner: Faulty(inner, struck(is_step(7), fills_up))) as bench:
        disk.at = 10**6
        with disk.in_use(), pytest.raises(Incomplete) as stopped:
            bench.carry_out(start.plan)
        codes = [each.code for each in stopped.value.diagnostics]
        assert codes[:2] == ["stripe-refused", "state-not-usable"]
        assert codes[2:] == [told]
    unlock(place.folder)
    with place.opened() as bench:
        bench.unwind()
        check(bench, BEFORE, revision=2, unwound=True)


@pytest.mark.parametrize("step", LOGGED)
def test_a_request_log_that_cannot_be_written_stops_the_run(step: int, place: Place, start: Start) -> None:
    log = place.folder / "acme" / "log.jsonl"

    def breaks(carry_out: CarryOut) -> Answered:
        log.unlink()
        log.mkdir()
        return carry_out()

    with place.opened(lambda inner: Faulty(inner, struck(is_step(step), breaks, times=1))) as bench:
        with pytest.raises(Incomplete) as stopped:
            bench.carry_out(start.plan)
        assert [each.code for each in stopped.value.diagnostics] == ["state-not-usable", "half-way"]
        assert len(bench.log.writes) == step
    shutil.rmtree(log)
    with place.opened() as bench:
        bench.resume()
        assert counted(check(bench, AFTER, revision=3)) == start.made


def is_step(step: int) -> Callable[[Attempt], bool]:
    return lambda attempt: (attempt.run, attempt.step) == (RUN, step) and not attempt.is_read
