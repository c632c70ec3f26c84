"""What customers pay, as lines: the quotes of a plan, and whole bills with their tiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stripectl.engine.quotes import Quote
from stripectl.views.page import BLANK, Line, columns, line
from stripectl.views.quotes import BillRow, Sheet, bill_rows, spread_text, told, total_rows

LABEL = 44
"""Columns that labels share at most; a longer one pushes what follows it to the right."""


def quote_section(quotes: Sequence[Quote]) -> Iterator[Line]:
    """Totals before and after a plan, of what changes first."""
    yield line(("What customers pay", "title"))
    every = told(quotes)
    column = min(max(columns(each.label) for each in every), LABEL) + 2
    for each in every:
        pad = " " * max(1, column - columns(each.label) - 1)
        if each.changed:
            yield line(
                (f"{each.label}:", "strong"), pad, each.text, (f"  {each.delta}", "update"), hang=column
            )
        else:
            yield line((f"{each.label}:{pad}{each.text}, unchanged", "dim"), hang=column)


def sheet_lines(sheet: Sheet) -> Iterator[Line]:
    """The heading, a row a price with its tiers, the totals, and what else there is to know."""
    yield line((sheet.heading, "title"))
    yield BLANK
    rows, totals = bill_rows(sheet.bill), tuple(total_rows(sheet))
    every = (*rows, *totals)
    label = max(columns(_label(row)) for row in every) + 3
    how = max(columns(row.how) for row in every) + 3
    amount = max(columns(row.amount) for row in every)
    for row in rows:
        yield _row(row, label, how, amount, "dim" if row.is_detail else "")
    yield BLANK
    for row in totals:
        yield _row(row, label, how, amount, "strong")
    if sheet.spread:
        yield BLANK
        yield line(spread_text(sheet.spread, sheet.bill.currency))
    for remark in sheet.remarks:
        yield BLANK
        yield line(("note", "info"), f": {remark}", hang=6)


def _label(row: BillRow) -> str:
    return f"  {row.label}" if row.is_detail else row.label


def _row(row: BillRow, label: int, how: int, amount: int, style: str) -> Line:
    name = _label(row)
    pad = " " * (label - columns(name))
    explained = row.how + " " * (how - columns(row.how))
    return line((name + pad, style), (explained, "dim"), (row.amount.rjust(amount), style), hang=label)
