"""Accepted losses, moves and removals name addresses that make sense."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Location, error
from stripectl.pricing.checks.finding import Declared, Findings
from stripectl.pricing.model import Accept, Catalog, Moved, Removed

_ID = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
ADDRESS = re.compile(
    rf"(?:product|meter|feature|discount|offer|commitment|configuration)\.{_ID}"
    rf"|price\.{_ID}\.{_ID}|code\.{_ID}\.[A-Za-z0-9_-]+"
)


def check(catalog: Catalog, declared: Declared) -> Findings:
    seen: set[tuple[str, str]] = set()
    for accept in catalog.accepts:
        yield from _accept(accept, declared)
        if (key := (accept.address, accept.code)) in seen:
            yield _at(
                error(
                    "duplicate-accept",
                    "A loss is accepted twice",
                    f"{accept.code} of {accept.address} is accepted further up; only one reason can count.",
                    hint="keep one of them",
                ),
                accept.source,
            )
        seen.add(key)
    yield from _moves(catalog, declared)
    gone = {moved.old for moved in catalog.moved}
    for removed in catalog.removed:
        yield from _removal(removed, declared, gone)


def _at(diagnostic: Diagnostic, source: Location | None) -> Diagnostic:
    return replace(diagnostic, source=source)


def _malformed(address: str, source: Location | None) -> Findings:
    if not ADDRESS.fullmatch(address):
        yield _at(
            error(
                "address-format",
                "An address is not well-formed",
                f"An address is a kind and ids, joined by dots; `{address}` is not.",
                hint="for example price.pro.monthly",
            ),
            source,
        )


def _accept(accept: Accept, declared: Declared) -> Findings:
    malformed = list(_malformed(accept.address, accept.source))
    yield from malformed
    if not malformed and declared.lacks(accept.address):
        yield _at(
            error(
                "unknown-reference",
                "A name refers to nothing",
                f"A loss of {accept.address} is accepted, and the catalog does not declare it.",
                hint=declared.near(accept.address),
            ),
            accept.source,
        )


def _moves(catalog: Catalog, declared: Declared) -> Findings:
    origins = Counter(moved.old for moved in catalog.moved)
    targets = Counter(moved.new for moved in catalog.moved)
    for moved in catalog.moved:
        malformed = [*_malformed(moved.old, moved.source), *_malformed(moved.new, moved.source)]
        yield from malformed
        if not malformed and (reason := _why_not(moved, declared, origins, targets)):
            yield _at(
                error(
                    "move-clash",
                    "A move cannot be made",
                    reason,
                    hint="move from an address that is no longer declared to one of the same kind that is",
                ),
                moved.source,
            )


def _why_not(moved: Moved, declared: Declared, origins: Counter[str], targets: Counter[str]) -> str:
    if moved.old == moved.new:
        return f"{moved.old} is moved to itself."
    if moved.old.split(".")[0] != moved.new.split(".")[0]:
        return f"{moved.old} and {moved.new} are of different kinds."
    if moved.old in declared.addresses:
        return f"{moved.old} is still declared."
    if declared.lacks(moved.new):
        return f"{moved.new} is not declared."
    if origins[moved.old] > 1:
        return f"{moved.old} is moved twice."
    if targets[moved.new] > 1:
        return f"Two addresses are moved to {moved.new}."
    return ""


def _removal(removed: Removed, declared: Declared, moved_away: set[str]) -> Findings:
    malformed = list(_malformed(removed.address, removed.source))
    yield from malformed
    still_there = removed.address in declared.addresses
    if not malformed and (still_there or removed.address in moved_away):
        yield _at(
            error(
                "removal-clash",
                "A removal contradicts the catalog",
                f"{removed.address} is {'still declared' if still_there else 'moved elsewhere'}.",
                hint="remove the declaration, or this entry",
            ),
            removed.source,
        )
