"""Diagnostics as lines: `error[code]: summary`, the place, the detail, the hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.views.amounts import count, listed
from stripectl.views.page import BLANK, Line, line


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
