"""The past of an address as lines: a few for each term, then what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stripectl.engine.past import Counts, Past
from stripectl.views.page import BLANK, READABLE, Line, Span, columns, line
from stripectl.views.pasts import TermRow, term_rows, total

INDENT = 4


def past_lines(pasts: Sequence[Past], counts: Counts, *, width: int) -> Iterator[Line]:
    """Each past under its address, the oldest term first; at the end why subscriptions are not known."""
    for place, past in enumerate(pasts):
        if place:
            yield BLANK
        yield from _past(past, counts, width)
    if counts.unknown:
        yield BLANK
        yield line(("note", "info"), f": subscriptions were not counted. {counts.unknown}", hang=6)


def _past(past: Past, counts: Counts, width: int) -> Iterator[Line]:
    made = past.last.since
    where = f"  {made.catalog} in {made.environment}; times are UTC"
    yield line((f"History of {past.address}", "title"), (where, "dim"))
    for row in term_rows(past, counts):
        yield BLANK
        yield from _term(row, width)
    yield BLANK
    yield line((total(past, counts), "strong"))


def _term(row: TermRow, width: int) -> Iterator[Line]:
    title: Span = (row.title, "dim" if row.is_over else "strong")
    delta: Span = (f"  {row.delta}" if row.delta else "", "dim" if row.is_over else "replace")
    yield line(title, delta, hang=INDENT)
    for label, text in row.differences:
        yield line((f"{label}  ", "dim"), (text, "dim" if row.is_over else ""), indent=INDENT)
    if row.subscriptions:
        tone = "dim" if row.is_over else "update" if row.lingers else ""
        yield line((row.subscriptions, tone), indent=INDENT)
    state: Span = (f"{row.state} " if row.state else "", "good")
    yield line(state, (row.when, "dim" if row.is_over else ""), indent=INDENT)
    for told in _packed((*row.record, row.object_id), min(width, READABLE) - INDENT):
        yield line((told, "dim"), indent=INDENT)


def _packed(facts: Iterable[str], room: int) -> Iterator[str]:
    """As many facts on a line as it holds; none is broken while there is room for it alone."""
    row = ""
    for fact in filter(None, facts):
        longer = f"{row}  {fact}" if row else fact
        if row and columns(longer) > room:
            yield row
            longer = fact
        row = longer
    if row:
        yield row
