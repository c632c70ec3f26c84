"""A plan as lines: where it goes, drift, changes, what is lost, the verdict, counts and the next command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from stripectl.diagnostics import Severity, by_importance
from stripectl.engine.comparing import differs
from stripectl.engine.plan import Account, Action, Drift, Plan
from stripectl.engine.resource import State
from stripectl.views import wording
from stripectl.views.affected import affected_in_all
from stripectl.views.amount_lines import amount_counts
from stripectl.views.amounts import count
from stripectl.views.diagnostic_lines import NAMED, aside_lines, diagnostic_lines, named
from stripectl.views.page import BLANK, READABLE, Line, Span, columns, line
from stripectl.views.quote_lines import quote_section
from stripectl.views.rows import (
    Loss,
    Row,
    by_product,
    drift_values,
    field_lines,
    losses,
    losses_of,
    reassessments,
    rows,
)

MANY = 40
"""More changes than this stand by product, one line each, unless the reader asks for all."""

NARROW = 72
"""Below so many columns what a change is stands under its address instead of beside it."""

ADDRESS = 34
"""Columns that addresses share at most; a longer one pushes what follows it to the right."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one plan are set."""

    width: int
    address: int
    """Columns of the address."""
    verdict: int
    """Columns of the verdict on fidelity."""
    verbose: bool
    brief: bool
    """One line a change."""
    folder: str
    """Left out of the sources of changes that take one line each, and said once; empty where it varies."""

    @property
    def narrow(self) -> bool:
        return self.width < NARROW


def plan_lines(plan: Plan, *, width: int, verbose: bool, next_command: str) -> Iterator[Line]:
    """All of a plan, most important first; `next_command` is shown as it stands."""
    setting = wording.Setting.of(plan)
    every = rows(plan, setting)
    yield from _heading(plan)
    if plan.drift:
        yield BLANK
        yield from drift_section(plan.drift, plan.desired, plan.base.revision)
    if every:
        yield BLANK
        yield from _changes(every, _layout(every, width, verbose=verbose))
    if plan.quotes and (plan.effective or verbose or any(quote.changed for quote in plan.quotes)):
        yield BLANK
        yield from quote_section(plan.quotes)
    if changed := reassessments(plan):
        yield BLANK
        yield line(("Fidelity that changes", "title"))
        yield from pairs(tuple((address, f"{was} → {now}") for address, was, now in changed))
    found, known = (losses(plan.annotations), ()) if verbose else losses_of(plan)
    if found or known:
        yield BLANK
        yield from _fidelity(found, known, verbose=verbose)
    yield BLANK
    yield from _verdict(plan, verbose=verbose)
    yield BLANK
    yield from _counts(plan, setting, next_command)
    if plan.blocked:
        yield BLANK
        yield from _ways_on(plan)


def _heading(plan: Plan) -> Iterator[Line]:
    yield line((wording.title((plan,)), "title"))
    yield from _compared(plan) if plan.compared else _target(plan)
    if commit := wording.origin(plan):
        yield line(("commit   ", "dim"), commit, indent=2, hang=11)
    for old, new in plan.moved.items():
        yield line(("moved    ", "dim"), f"{old} is now {new}; its object stays", indent=2, hang=11)


def _compared(plan: Plan) -> Iterator[Line]:
    yield line(("account  ", "dim"), "not asked; taken to hold what the base declares", indent=2, hang=11)
    yield line(("policy   ", "dim"), f"of environment {plan.environment}", indent=2, hang=11)


def _target(plan: Plan) -> Iterator[Line]:
    if plan.account:
        yield from target_lines(plan.account)
    base = plan.base.revision
    yield line(("base     ", "dim"), f"revision {base}" if base else "nothing was applied here yet", indent=2)


def target_lines(account: Account) -> Iterator[Line]:
    """Whose account it is, and where it is asked; live mode stands out."""
    mode: Span = ("LIVE: real customers, real money", "live") if account.livemode else ("test mode", "")
    place = wording.place(account)
    at = (f", {place}",) if place else ()
    yield line(("account  ", "dim"), f"{account.id}, ", mode, *at, indent=2, hang=11)


# Drift


def drift_section(drift: tuple[Drift, ...], known: State, revision: int) -> Iterator[Line]:
    """What no longer is as the last revision left it; `known` tells the currency of amounts."""
    left = f"revision {revision} left it" if revision else "recorded"
    are = "object is" if len(drift) == 1 else "objects are"
    yield line((f"Drift: {len(drift):,} {are} not as {left}", "title"))
    column = max(min(columns(_drifted_name(each)), ADDRESS) for each in drift) + 3
    for each in drift:
        name = _drifted_name(each)
        pad = " " * max(3, column - columns(name))
        shown_id = f"  {each.object_id}" if each.object_id and each.object_id != name else ""
        happened = wording.DRIFTED[each.change]
        yield line(("! ", "warning"), (name, "strong"), f"{pad}{happened}", (shown_id, "dim"), hang=4)
        yield from pairs(tuple((label, f"{was} → {now}") for label, was, now in drift_values(each, known)))
    if any(each.fields for each in drift):
        yield line(("recorded → observed", "dim"), indent=2)


def _drifted_name(each: Drift) -> str:
    return each.address or each.object_id or wording.noun(each.kind)


# Changes


def _layout(every: tuple[Row, ...], width: int, *, verbose: bool) -> Layout:
    longest = max(columns(row.change.address) for row in every)
    verdict = max(len(row.verdict) for row in every)
    brief = len(every) > MANY and not verbose
    folder = _folder([row.source for row in every if brief or _compact(row, verbose=verbose)])
    return Layout(width, min(longest, ADDRESS), verdict, verbose, brief, folder)


def _folder(sources: list[str]) -> str:
    """The folder that all sources lie in, with its slash."""
    folders = {source.rpartition("/")[0] for source in sources if source}
    return f"{folders.pop()}/" if len(folders) == 1 and "" not in folders else ""


def _compact(row: Row, *, verbose: bool) -> bool:
    """All is said in one line, as of a new object."""
    return not row.details and not verbose


def _changes(every: tuple[Row, ...], layout: Layout) -> Iterator[Line]:
    within = (f"  sources in {layout.folder}", "dim") if layout.folder else ""
    yield line(("Changes", "title"), within)
    if not layout.brief:
        for row in every:
            yield from _row(row, layout)
        return
    note = "one line each, because there are many; -v shows fields and reasons of each"
    yield line((f"{count(len(every), 'change')}, {note}", "dim"), indent=2)
    for product, group in by_product(every).items():
        yield BLANK
        yield line((f"{product}: {count(len(group), 'change')}", "strong"))
        for row in group:
            yield from _brief(row, layout)


def _row(row: Row, layout: Layout) -> Iterator[Line]:
    compact = _compact(row, verbose=layout.verbose)
    yield from _headline(row, layout, beside=compact)
    if layout.verbose and row.change.action is Action.CREATE:
        yield from pairs(field_lines(row.change.resource))
    source = (("source", row.source),) if row.source and not compact else ()
    yield from pairs((*row.details, *source))


def _brief(row: Row, layout: Layout) -> Iterator[Line]:
    yield from _headline(row, layout, beside=True)
    told = [pair for pair in row.details if pair[0] in ("irreversible", "reach", "note")]
    if row.leaves_somebody:
        told += [pair for pair in row.reasons if pair[0] == "who"]
    told += [pair for pair in row.reasons if pair[0] in ("stops", "still")]
    if hidden := len(row.fields):
        told.append(("fields", f"{count(hidden, 'more value')} {'differs' if hidden == 1 else 'differ'}"))
    yield from pairs(tuple(told))


def _headline(row: Row, layout: Layout, *, beside: bool) -> Iterator[Line]:
    """The first line of a change; with its source at the right where there is room `beside`."""
    style = row.change.action.value
    symbol, address = (f"{row.symbol} ", style), (row.change.address, "strong")
    source = row.source.removeprefix(layout.folder) if beside else ""
    verdict = (row.verdict.ljust(layout.verdict), row.change.fidelity.value)
    told: tuple[Span, ...] = ((row.headline, ""), (f"  {row.delta}" if row.delta else "", style))
    if layout.narrow:
        yield line(symbol, address, hang=4, right=((row.verdict, row.change.fidelity.value),))
        yield line(*told, indent=4, hang=6)
        if source:
            yield line((source, "dim"), indent=4)
        return
    start = layout.address + 5
    pad = " " * max(3, start - 2 - columns(row.change.address))
    used = 2 + columns(row.change.address) + len(pad) + sum(columns(text) for text, _ in told)
    fits = used + len(source) + layout.verdict + 4 <= min(layout.width, READABLE)
    right: tuple[Span, ...] = ((f"{source}  ", "dim"), verdict) if source and fits else (verdict,)
    flowing: Span = (f"  {source}" if source and not fits else "", "dim")
    yield line(symbol, address, pad, *told, flowing, hang=start, right=right)


def pairs(pairs: tuple[tuple[str, str], ...]) -> Iterator[Line]:
    """Labels in one column, what they say in the next one."""
    column = max((min(columns(label), 22) for label, _ in pairs), default=0)
    column = max(column, 6) + 2
    for label, text in pairs:
        pad = " " * max(2, column - columns(label))
        marked = label if label == "irreversible" else "dim"
        yield line((label + pad, marked), (text, _TONE.get(label, "")), indent=4, hang=4 + column)


_TONE = {"source": "dim"}


# Fidelity


def _fidelity(found: tuple[Loss, ...], known: tuple[Loss, ...], *, verbose: bool) -> Iterator[Line]:
    yield line(("What is not exact", "title"))
    for loss in found:
        state = "blocks" if loss.blocks else wording.VERDICTS[loss.fidelity]
        about: Span = (named(loss.addresses), "strong")
        yield line((state.ljust(13), loss.fidelity.value), about, (f"  {loss.code}", "dim"), hang=13)
        told = [("lost", loss.detail)] if loss.detail and (verbose or loss.accepted is None) else []
        if loss.accepted is not None:
            told.append(("accepted", loss.accepted))
        yield from pairs(tuple(told))
    if known:
        number = len({address for loss in known for address in loss.addresses})
        told_before = (
            f"as before in {count(number, 'artifact')} that {'does' if number == 1 else 'do'} not change"
        )
        yield line(
            ("approximate".ljust(13), "approximate"), (f"{told_before}; -v shows more", "dim"), hang=13
        )


# Verdict


def _verdict(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    found = by_importance(plan.diagnostics)
    in_full = tuple(each for each in found if verbose or each.severity is not Severity.INFO)
    if in_full:
        yield from diagnostic_lines(in_full)
        yield BLANK
    asides = () if verbose else tuple(each for each in found if each.severity is Severity.INFO)
    if asides:
        yield from aside_lines(asides)
        yield BLANK
    problems = sum(1 for each in found if each.is_error)
    if problems:
        reason = "a problem stands" if problems == 1 else f"{problems:,} problems stand"
        yield line(("BLOCKED", "blocked"), (f": {reason} in the way; nothing can be applied.", "strong"))
    elif not plan.effective:
        same, reason = count(plan.summary["no_op"], "object"), wording.nothing_to_do(plan)
        nothing = "No object changes." if differs(plan) else "No changes."
        yield line((nothing, "good"), f" {reason[0].upper()}{reason[1:]} ({same}).")
    elif plan.compared:
        yield line(("Not blocked", "good"), " by anything that can be told without the account.")
    else:
        yield line(("Ready to apply.", "good"))


def _ways_on(plan: Plan) -> Iterator[Line]:
    """What to do about each problem; of each sort of problem so many as a reader takes in."""
    problems = [each for each in by_importance(plan.diagnostics) if each.is_error]
    ways: dict[str, list[str]] = {}
    for each in problems:
        ways.setdefault(each.hint or each.summary, []).append(each.address or "")
    yield line(("To go on:", "strong"))
    for way, addresses in islice(ways.items(), NAMED):
        where = named(tuple(dict.fromkeys(filter(None, addresses))))
        yield line(("- ", "dim"), (way, "hint"), (f"  ({where})" if where else "", "dim"), indent=2, hang=4)
    if len(ways) > NAMED:
        yield line((f"and {len(ways) - NAMED:,} more, see above", "dim"), indent=4)


def _counts(plan: Plan, setting: wording.Setting, next_command: str) -> Iterator[Line]:
    summary = plan.summary
    if plan.effective:
        yield line(
            ("Diff: " if plan.compared else "Plan: ", "strong"), wording.action_counts(summary), hang=6
        )
        yield line(("Costs: ", "strong"), amount_counts(setting.review.amounts), hang=7)
        yield line(("Reach: ", "strong"), wording.reach_counts(plan.effective), hang=7)
        yield line(("Undo: ", "strong"), wording.undo_counts(plan.effective), hang=6)
    if who := "; ".join(affected_in_all(plan)):
        yield line(("Affected: ", "strong"), who, hang=10)
    if plan.approval:
        asked = f"needed, because the policy asks for it: {wording.approval(plan)}"
        yield line(("Approval: ", "warning"), asked, hang=10)
    if fidelity := wording.fidelity_counts(summary):
        yield line(("Fidelity: ", "strong"), fidelity, hang=10)
    if next_command:
        yield BLANK
        yield Line((("Next: ", "strong"), (next_command, "hint")), whole=True)
