"""Examine an environment: everything that plan and apply rest on, even where some of it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from stripectl.concurrency import at_once
from stripectl.diagnostics import Diagnostic, InvalidInput, StripectlError
from stripectl.engine.checkup import Check, Health, failed
from stripectl.engine.plan import Account
from stripectl.engine.ports import Gate, Journals, Revisions
from stripectl.operations.gate import RecordGate, wanted
from stripectl.operations.runs import runs as runs_of

Examination: TypeAlias = Callable[[], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a lock, in words, and the command that frees it."""

    who: str
    unlock: str


@dataclass(frozen=True, slots=True)
class Records:
    """What is kept of one catalog."""

    catalog: str
    revisions: Revisions
    journals: Journals
    holding: Callable[[], Holding | None]


def examine(examinations: Mapping[str, Examination]) -> tuple[Check, ...]:
    """All of them side by side, in their order; one that breaks off is a failed check of its name."""

    def one(subject: str, examination: Examination) -> tuple[Check, ...]:
        try:
            return tuple(examination())
        except StripectlError as problem:
            return (failed(subject, problem),)

    tasks = [partial(one, *each) for each in examinations.items()]
    return tuple(check for checks in at_once(tasks, len(tasks)) for check in checks)


def gate(environment: str, account_id: str | None, records: Sequence[Records]) -> Gate:
    """Lets an account pass that nothing that is recorded of any catalog speaks against.

    A record that cannot be read says nothing: it is a check of its own.
    """

    def check(account: Account) -> None:
        wanted(environment, account_id)(account)
        found: list[Diagnostic] = []
        for each in records:
            with suppress(StripectlError):
                of_catalog = RecordGate(each.catalog, environment, each.revisions, each.journals)
                found += of_catalog.of_others(account)
        if found:
            raise InvalidInput(*found)

    return check


def locks(records: Sequence[Records]) -> Iterable[Check]:
    found = [check for each in records for check in _lock(each)]
    return found or [Check("lock", Health.OK, "Nobody holds one.")]


def _lock(records: Records) -> Iterable[Check]:
    try:
        holding = records.holding()
    except StripectlError as problem:
        return [failed("lock", problem)]
    if holding is None:
        return []
    hint = f"wait until it ends; where it certainly has: {holding.unlock}"
    return [Check("lock", Health.WARNING, f"{records.catalog}: {holding.who}.", hint)]


def runs(records: Sequence[Records]) -> Iterable[Check]:
    found = [check for each in records for check in _runs(each)]
    return found or [Check("runs", Health.OK, "None stopped half-way.")]


def _runs(records: Records) -> Iterable[Check]:
    try:
        unfinished = runs_of(records.revisions, records.journals).open
    except StripectlError as problem:
        return [failed("runs", problem)]
    hint = "unless it is at work right now: stripectl apply --resume, or --unwind to put it back"
    return [
        failed("runs", InvalidInput(each.cut))
        if each.cut
        else Check("runs", Health.WARNING, f"{records.catalog}: run {each.run} has not ended.", hint)
        for each in unfinished
    ]


def revisions(records: Sequence[Records]) -> Iterable[Check]:
    """Reading a revision holds its checksum against its content."""
    found, count = list[Check](), 0
    for each in records:
        try:
            count += len(each.revisions.all())
        except StripectlError as problem:
            found.append(failed("revisions", problem))
    return found or [Check("revisions", Health.OK, f"{count}, all as they were written.")]
