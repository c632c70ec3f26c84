"""What nothing can bring back, and what a rollback goes on with in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.engine.customers import CUSTOMER_MISSING
from stripectl.engine.resource import Resource, State
from stripectl.engine.spent import DATE_GONE_BY, NEEDS_SPENT
from stripectl.engine.values import references

LEFT_OUT = "left-out"
"""Code of the warning that a rollback leaves something out."""

FOR_EVER = frozenset({CUSTOMER_MISSING, DATE_GONE_BY, NEEDS_SPENT})
"""Codes of what says of an address that what was there cannot be there again."""


def left_out(impossible: Iterable[Diagnostic], last: State) -> tuple[Diagnostic, ...]:
    """What a rollback says of each address at which there can no longer be what there was."""
    return tuple(
        Diagnostic(
            Severity.WARNING,
            LEFT_OUT,
            "Something can no longer exist, and the rollback does without it",
            f"{each.detail} {_STAYS if each.address in last.resources else _DROPPED}",
            hint=f"declare it anew, {_RENEWED.get(each.code, _LATER)}, if it is still wanted",
            address=each.address,
        )
        for each in impossible
    )


def standing(desired: State, impossible: Iterable[Diagnostic], recorded: State, in_force: State) -> State:
    """What is at the addresses of what can no longer exist, as recorded: other objects that can be left."""
    codes = {each.address or "": each.code for each in impossible}
    there = {
        address: recorded.resources[address]
        for address, code in codes.items()
        if address in recorded
        and address in in_force
        # What is recorded with the same end is what was asked for, and not there.
        and (code == NEEDS_SPENT or recorded.resources[address].fields != desired.resources[address].fields)
    }
    known = {*there, *desired.resources.keys()} - (codes.keys() - there.keys())
    return State.of(each for each in there.values() if known.issuperset(references(each.fields)))


_LATER = "with a later date"
_RENEWED = {CUSTOMER_MISSING: "for a customer that exists"}
_STAYS = "A rollback leaves what has its address now."
_DROPPED = "A rollback leaves it out, with what needs it."


def without(desired: State, lost: Iterable[Diagnostic], last: State) -> State:
    """The state with what bears the lost addresses now; where nothing does, also without what needs it."""
    addresses = {each.address for each in lost}
    kept = [each for each in desired if each.address not in addresses]
    now = [replace(each, source=None) for each in last if each.address in addresses]
    return State.of(_standing(kept, addresses - {each.address for each in now}, now))


def _standing(kept: list[Resource], missing: set[str | None], now: list[Resource]) -> Iterator[Resource]:
    falling = {each.address for each in kept if not missing.isdisjoint(references(each.fields))}
    if falling:
        standing = [each for each in kept if each.address not in falling]
        yield from _standing(standing, {*missing, *falling}, now)
    else:
        yield from now
        yield from kept
