"""A plan for a pull request or a CI summary, in GitHub's Markdown.

Names, texts and metadata are a user's: they are escaped, so that no table breaks, no markup takes effect and
nobody is mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from stripectl.diagnostics import Diagnostic, by_importance, scrubbed
from stripectl.engine.plan import Action, Drift, Plan
from stripectl.engine.resource import State
from stripectl.engine.serial import plan_digest
from stripectl.views import wording
from stripectl.views.amounts import count
from stripectl.views.diagnostic_lines import severity_counts
from stripectl.views.headlines import headline
from stripectl.views.page import harmless
from stripectl.views.quotes import Sheet, bill_rows, spread_text, told, total_rows
from stripectl.views.rows import Row, drift_values, losses, reassessments, rows

COMMENT = 60_000
"""Characters: GitHub takes a little more in one comment."""

SHORTEST_ROW = 60
"""Characters that no row of a table stays below."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>])")
_MENTION = re.compile(r"([@#])(?=\w)")
_LINK = re.compile(r"(?i)\b(https?|ftp|www)([:.])")
_ITEM = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")


def prose(text: str) -> str:
    """Text that reads as it is written: no markup, HTML, mention or link in it takes effect."""
    # A key has to be known before it is escaped.
    escaped = _SPECIAL.sub(r"\\\1", harmless(scrubbed(text))).replace("&", "&amp;")
    escaped = escaped.replace(r"\<", "&lt;").replace(r"\>", "&gt;")
    # A backslash does not stop a mention or a link; an invisible blank does.
    return _ITEM.sub(r"\1\\\2", _LINK.sub("\\1\u200b\\2", _MENTION.sub("\\1\u200b", escaped)))


def code(text: str) -> str:
    """A code span, fenced by more backticks than the text has in a row."""
    clean = harmless(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", clean)), default=0) + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}" if clean else ""


def cell_code(text: str) -> str:
    """A code span inside a table, where a bar ends the cell even in code."""
    return code(text).replace("|", r"\|")


def plan_markdown(plan: Plan, *, limit: int = COMMENT) -> str:
    """The plan: counts, drift, changes, what is lost, problems.

    To stay within `limit` characters each table ends early, the changes with the least risky ones; how much
    was left out is said.
    """
    every = rows(plan)
    heading = _heading(plan)
    room = limit // SHORTEST_ROW
    text = _render(plan, heading, every, room)
    while len(text) > limit and room > 1:
        room = max(1, min(room - 1, room * limit // len(text)))
        text = _render(plan, heading, every, room)
    return text


def quote_markdown(sheet: Sheet) -> str:
    """One basket as a table."""
    spread = spread_text(sheet.spread, sheet.bill.currency) if sheet.spread else ""
    context = {
        "heading": sheet.heading,
        "rows": bill_rows(sheet.bill),
        "totals": tuple(total_rows(sheet)),
        "spread": spread,
        "remarks": sheet.remarks,
    }
    return _templates().get_template("quote.md.j2").render(context).strip() + "\n"


def diagnostics_markdown(diagnostics: Iterable[Diagnostic], *, limit: int = COMMENT) -> str:
    """What stands in the way of a plan or a sound catalog; ends early to stay within `limit` characters."""
    found = by_importance(diagnostics)
    room = len(found)
    text = _problems(found, room)
    while len(text) > limit and room:
        room = min(room - 1, room * limit // len(text))
        text = _problems(found, room)
    return text


def _problems(found: tuple[Diagnostic, ...], room: int) -> str:
    context = {
        "counts": severity_counts(found),
        "diagnostics": tuple(map(_diagnostic, found[:room])),
        "left_out": len(found) - room,
    }
    return _templates().get_template("problems.md.j2").render(context).strip() + "\n"


def _render(plan: Plan, heading: Mapping[str, object], every: tuple[Row, ...], room: int) -> str:
    """`room` is the number of rows that a table may have."""
    found = by_importance(plan.diagnostics)
    problems = sum(1 for each in found if each.is_error)
    drifted = tuple(_drift_rows(plan.drift, plan.desired))
    context = {
        **heading,
        "blocked": count(problems, "problem stands", "problems stand") if problems else "",
        "moved": tuple(plan.moved.items()),
        "drift": drifted[:room],
        "drift_left_out": max(0, len(drifted) - room),
        "rows": tuple(map(_row, every[:room])),
        "explained": tuple(_explained(row) for row in every[:room] if row.change.action is not Action.CREATE),
        "left_out": _left_out(every[room:]),
        "quotes": told(plan.quotes)[:room] if plan.effective else (),
        "quotes_left_out": max(0, len(plan.quotes) - room) if plan.effective else 0,
        "nothing": wording.nothing_to_do(plan),
        "reassessed": reassessments(plan)[:room],
        "losses": tuple(_losses(plan)),
        "diagnostics": tuple(map(_diagnostic, found[:room])),
        "diagnostics_left_out": max(0, len(found) - room),
    }
    return _templates().get_template("plan.md.j2").render(context).strip() + "\n"


def _heading(plan: Plan) -> Mapping[str, object]:
    restores = "" if plan.rollback_of is None else f", restoring revision {plan.rollback_of}"
    summary = plan.summary
    return {
        "title": f"Diff of {plan.catalog}: base {plan.compared.base} → {wording.WORKING_TREE}"
        if plan.compared
        else f"Plan for {plan.catalog} in {plan.environment}{restores}",
        "compared": bool(plan.compared),
        "environment": plan.environment,
        "origin": wording.origin(plan),
        "counts": wording.action_counts(summary),
        "drifted": count(len(plan.drift), "object") if plan.drift else "",
        "fidelity": wording.fidelity_counts(summary),
        "reach": wording.reach_counts(plan.effective),
        "undo": wording.undo_counts(plan.effective),
        "approval": wording.approval(plan),
        "account": plan.account.id if plan.account else "",
        "livemode": bool(plan.account and plan.account.livemode),
        "base": f"base: revision {plan.base.revision}"
        if plan.base.revision
        else "nothing was applied here yet",
        "digest": plan_digest(plan),
    }


def _drift_rows(drift: tuple[Drift, ...], known: State) -> Iterator[Mapping[str, str]]:
    for each in drift:
        name, happened = each.address or each.object_id or each.kind, wording.DRIFTED[each.change]
        for label, recorded, observed in drift_values(each, known) or (("", "", ""),):
            yield {
                "name": name,
                "happened": happened,
                "label": label,
                "recorded": recorded,
                "observed": observed,
            }


def _row(row: Row) -> Mapping[str, object]:
    change = row.change
    differences = [row.delta.strip("()")] if row.delta else []
    differences += [f"{label}: {text}" for label, text in row.fields]
    return {
        "symbol": row.symbol.strip(),
        "action": change.action.value,
        "irreversible": bool(change.irreversible),
        "address": change.address,
        "before": headline(change.before) if change.before else "",
        "after": headline(change.after) if change.after else "",
        "differences": differences,
        "verdict": row.verdict,
    }


def _explained(row: Row) -> Mapping[str, object]:
    return {
        "symbol": row.symbol.strip(),
        "address": row.change.address,
        "reasons": row.reasons,
        "source": row.source,
    }


def _left_out(hidden: tuple[Row, ...]) -> str:
    if not hidden:
        return ""
    counts = {action.value.replace("-", "_"): 0 for action in Action}
    for row in hidden:
        counts[row.change.action.value.replace("-", "_")] += 1
    return f"{count(len(hidden), 'more change')} ({wording.action_counts(counts)})"


def _losses(plan: Plan) -> Iterator[Mapping[str, object]]:
    for loss in losses(plan.annotations):
        yield {
            "blocks": loss.blocks,
            "verdict": wording.VERDICTS[loss.fidelity],
            "addresses": loss.addresses,
            "code": loss.code,
            "detail": loss.detail,
            "accepted": loss.accepted or "",
        }


def _diagnostic(each: Diagnostic) -> Mapping[str, str]:
    inside = each.path or each.address or ""
    return {
        "severity": each.severity.value,
        "code": each.code,
        "summary": each.summary,
        "detail": each.detail.replace("\n", " "),
        "hint": each.hint,
        "place": "  ".join(part for part in (str(each.source or ""), inside) if part),
    }


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("stripectl.views"),
        undefined=StrictUndefined,
        # Markdown is no HTML: the filters below escape, and the tests hold every value to one of them.
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": prose, "cell": prose, "code": code, "cell_code": cell_code}
    return environment
