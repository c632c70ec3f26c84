"""The sections of a comment on a plan. What a user wrote is escaped where a row is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, by_importance
from stripectl.engine.comparing import differs, is_gone
from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Action, Change, Plan
from stripectl.views import wording
from stripectl.views.affected import HEADS, affected
from stripectl.views.amounts import count
from stripectl.views.fitting import Section
from stripectl.views.markup import cell, cell_code, code, code_line, fence, prose, table_row
from stripectl.views.quotes import told
from stripectl.views.rows import Loss, Row, drift_values, field_diff, losses, reassessments, rows
from stripectl.views.wording import Setting

MOST = 1_000
"""No row is so short that a comment could hold more of them."""

NAMED = 12
"""So many addresses are listed where one thing is said of many."""

VALUES = 6
"""So many values of one change stand in the table; the fold has them all."""


def sections(plan: Plan) -> tuple[Section, ...]:
    """What there is to show of a plan, in the order of the comment."""
    setting = Setting.of(plan)
    every = rows(plan, setting)
    found = (
        _moved(plan),
        _changes(every),
        _quotes(plan),
        _reassessed(plan),
        _losses(plan),
        _affected(plan),
        _reasons(every),
        _values(every, setting),
        _drift(plan),
        problems(plan.diagnostics, "### To be looked at"),
    )
    return tuple(each for each in found if each.rows)


def problems(diagnostics: Iterable[Diagnostic], heading: str = "") -> Section:
    """Diagnostics, what matters most in front."""
    found = by_importance(diagnostics)
    lines = tuple(map(_diagnostic, found[:MOST]))
    return Section(heading, lines, beyond=len(found) - len(lines), told=_more_problems)


def _more_problems(number: int) -> str:
    return f"… and {number:,} more: too many for one comment. `stripectl validate` has them all."


def _diagnostic(each: Diagnostic) -> str:
    place = "  ".join(filter(None, (str(each.source or ""), each.path or each.address or "")))
    below = (
        code(place),
        prose(each.detail.replace("\n", " ")),
        f"hint: {prose(each.hint)}" if each.hint else "",
    )
    first = f"- **{each.severity.value}** {code(each.code)}: {prose(each.summary)}"
    return "\n".join((first, *(f"  - {text}" for text in below if text)))


def _table(
    heading: str,
    heads: Sequence[str],
    every: Sequence[Sequence[str]],
    told: Callable[[int], str] | None = None,
) -> Section:
    """Rows of cells that are escaped already."""
    opening = "\n".join((table_row(heads), f"|{'---|' * len(heads)}"))
    lines = tuple(map(table_row, every[:MOST]))
    found = Section(heading, lines, opening, beyond=len(every) - len(lines))
    return found if told is None else replace(found, told=told)


def _moved(plan: Plan) -> Section:
    lines = [f"- {code(old)} is now {code(new)}; its object stays" for old, new in plan.moved.items()]
    return Section("", tuple(lines[:MOST]), beyond=len(lines[MOST:]))


# Changes


def _changes(every: tuple[Row, ...]) -> Section:
    heads = ("", "Address", "Before", "After", "What changes", "Fidelity")
    shown = [_change(each) for each in every[:MOST]]
    found = _table("### Changes", heads, shown, lambda hidden: _more_changes(every[-hidden:]))
    return replace(found, beyond=len(every) - len(shown))


def _change(row: Row) -> tuple[str, ...]:
    change = row.change
    return (
        f"{row.symbol.strip()} {change.action.value}{_mark(change)}",
        cell_code(change.address),
        *map(cell, row.sides),
        "<br>".join(_differences(row)),
        row.verdict,
    )


def _mark(change: Change) -> str:
    if change.irreversible:
        return " **irreversible**"
    return " **reaches existing customers**" if change.reach is Reach.EXISTING_CUSTOMERS else ""


def _differences(row: Row) -> Iterator[str]:
    if said := row.moved or row.delta.strip("()"):
        yield cell(said)
    yield from (cell(f"{label}: {text}") for label, text in row.fields[:VALUES])
    if len(row.fields) > VALUES:
        yield f"… and {len(row.fields) - VALUES:,} more"
    if row.stops:
        yield cell(row.stops)


def _more_changes(hidden: Sequence[Row]) -> str:
    actions = Counter(each.change.action.value.replace("-", "_") for each in hidden)
    number = count(len(hidden), "more change")
    return (
        f"… and {number} ({wording.action_counts(actions)}): too many for one comment."
        " The text and the JSON of the same command have them all."
    )


def _reasons(every: tuple[Row, ...]) -> Section:
    telling = [each for each in every if each.change.action is not Action.CREATE]
    return Section(
        "",
        tuple(map(_reasoned, telling[:MOST])),
        "<details>\n<summary>Why, what happens then, and to whom</summary>\n",
        "\n</details>",
        beyond=len(telling[MOST:]),
        told=lambda hidden: f"… and the reasons of {count(hidden, 'more change')}.",
        is_detail=True,
    )


def _reasoned(row: Row) -> str:
    first = f"- {row.symbol.strip()} {code(row.change.address)}"
    reasons = [f"  - {label}: {prose(text)}" for label, text in row.reasons]
    return "\n".join((first, *reasons, *([f"  - source: {code(row.source)}"] if row.source else [])))


def _values(every: tuple[Row, ...], setting: Setting) -> Section:
    """Every value that differs, as a code block that GitHub colours."""
    lines = tuple("\n".join(_value_lines(each, setting)) for each in every[:MOST])
    mark = fence(lines)
    return Section(
        "",
        lines,
        f"<details>\n<summary>Every value of {count(len(every), 'change')}</summary>\n\n{mark}diff",
        f"{mark}\n\n</details>",
        beyond=len(every) - len(lines),
        told=lambda hidden: f"… and the values of {count(hidden, 'more change')}.",
        is_detail=True,
    )


def _value_lines(row: Row, setting: Setting) -> Iterator[str]:
    yield code_line(f"@@ {row.symbol.strip()} {row.change.address}: {row.change.action.value} @@")
    for label, before, after in field_diff(row.change, setting):
        if before:
            yield code_line(f"- {label}: {before}")
        if after:
            yield code_line(f"+ {label}: {after}")


# What customers pay, what is lost, who is affected


def _quotes(plan: Plan) -> Section:
    moves = plan.effective or any(quote.changed for quote in plan.quotes)
    found = told(plan.quotes) if moves else ()
    lines = [(cell(each.label), cell(each.text), cell(each.change)) for each in found]
    return _table("### What customers pay", ("Who", "What", "Change"), lines)


def _reassessed(plan: Plan) -> Section:
    lines = [(cell_code(each), cell(was), cell(now)) for each, was, now in reassessments(plan)]
    return _table("### Fidelity that changes", ("Artifact", "Before", "After"), lines)


def _losses(plan: Plan) -> Section:
    heads = ("", "Artifact", "Code", "What is lost", "Accepted because")
    return _table("### What is not exact", heads, [_lost(each) for each in losses(plan.annotations)])


def _lost(loss: Loss) -> tuple[str, ...]:
    more = len(loss.addresses) - NAMED
    return (
        "**blocks**" if loss.blocks else wording.VERDICTS[loss.fidelity],
        ", ".join(map(cell_code, loss.addresses[:NAMED])) + (f" and {more:,} more" if more > 0 else ""),
        cell_code(loss.code),
        cell(loss.detail),
        cell(loss.accepted or ""),
    )


def _affected(plan: Plan) -> Section:
    lines = [(cell_code(each.address), *map(cell, each.cells[1:])) for each in affected(plan)]
    return _table("### Who is affected", HEADS, lines)


# Several plans


def catalogs(plans: Sequence[Plan]) -> Section:
    """A line for each plan, those first that ask for something."""
    ordered = sorted(plans, key=lambda plan: (not plan.blocked, not differs(plan)))
    lines = [(cell_code(each.catalog), wording.action_counts(each.summary), _state(each)) for each in ordered]
    return _table("", ("Catalog", "What happens", ""), lines)


def _state(plan: Plan) -> str:
    if plan.blocked:
        return "**blocked**"
    if plan.approval:
        return f"approval needed: {wording.approval(plan)}"
    if is_gone(plan):
        return "**no longer declared**"
    return "" if differs(plan) else "no changes"


# Drift


def _drift(plan: Plan) -> Section:
    heads = ("Object", "What happened", "Value", "Recorded", "Observed")
    lines = [
        (cell_code(name), happened, *map(cell, values))
        for each in plan.drift
        for name, happened in ((each.address or each.object_id or each.kind, wording.DRIFTED[each.change]),)
        for values in drift_values(each, plan.desired) or (("", "", ""),)
    ]
    return _table("### Drift", heads, lines)
