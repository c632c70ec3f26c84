"""Diagnostics as lines: `error[code]: summary`, the place, the detail, the hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.views.amounts import count, listed
from stripectl.views.page import BLANK, Line, line

NAMED = 12
"""So many addresses are listed where one thing is said of many; the rest are counted."""


def named(addresses: tuple[str, ...]) -> str:
    """The first of the addresses, and how many more there are."""
    more = len(addresses) - NAMED
    return ", ".join(addresses[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def aside_lines(notes: Iterable[Diagnostic]) -> Iterator[Line]:
    """Of each sort of note one line; the details are shown to whoever asks."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in notes:
        groups.setdefault((each.code, each.summary), []).append(each.address or "")
    for (code, summary), addresses in groups.items():
        where = named(tuple(dict.fromkeys(filter(None, addresses))))
        yield line((f"info[{code}]", "info"), f": {summary}{f' ({where})' if where else ''}; -v shows more")


def diagnostic_lines(diagnostics: Iterable[Diagnostic]) -> Iterator[Line]:
    """Each diagnostic in full, a blank line between two."""
    for place, each in enumerate(diagnostics):
        if place:
            yield BLANK
        yield from _one(each)


def _one(each: Diagnostic) -> Iterator[Line]:
    severity = each.severity.value
    yield line((f"{severity}[{each.code}]", severity), (f": {each.summary}", "strong"))
    if where := _place(each):
        yield Line(((f"  --> {where}", "dim"),), whole=True)
    if each.detail:
        yield BLANK
        for paragraph in each.detail.splitlines():
            yield line(paragraph, indent=2, hang=2)
    if each.hint:
        yield BLANK
        yield line(("hint", "hint"), f": {each.hint}", hang=6)


def _place(each: Diagnostic) -> str:
    inside = each.path or each.address or ""
    return "  ".join(part for part in (str(each.source or ""), inside) if part)


def severity_counts(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors and 1 warning`; empty for none."""
    found = Counter(each.severity for each in diagnostics)
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return listed(count(found[severity], noun) for severity, noun in nouns.items() if found[severity])
