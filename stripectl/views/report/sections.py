"""The parts of the report below its prices: tables, losses, problems, every change, its origin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from stripectl.diagnostics import Diagnostic, by_importance
from stripectl.engine.plan import Action, Plan
from stripectl.engine.serial import plan_digest
from stripectl.views import fields, wording
from stripectl.views.affected import HEADS, affected, affected_in_all
from stripectl.views.amounts import count
from stripectl.views.quotes import told
from stripectl.views.rows import Loss, Row, drift_values, field_lines, losses

OPEN_ROWS = 25
"""Changes that are listed at once; more are folded."""

FULL_ROWS = 200
"""Changes that are listed with their fields and reasons."""

LISTED_ROWS = 2_000
"""Changes that are listed at all; the plan file has every one."""

TABLE_ROWS = 100
"""Rows of any other table."""

NAMED = 12
"""So many addresses are listed where one thing is said of many."""


@dataclass(frozen=True, slots=True)
class Table:
    """A section that is one table."""

    title: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int

    @classmethod
    def of(cls, title: str, note: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
        return cls(title, note, heads, tuple(rows[:TABLE_ROWS]), max(0, len(rows) - TABLE_ROWS))


def tables(plan: Plan) -> tuple[Table, ...]:
    """The tables that have something to show."""
    return tuple(table for make in TABLES if (table := make(plan)).rows)


def _drift(plan: Plan) -> Table:
    rows = [
        (each.address or each.object_id or wording.noun(each.kind), wording.DRIFTED[each.change], *values)
        for each in plan.drift
        for values in drift_values(each, plan.desired) or (("", "", ""),)
    ]
    left = f"revision {plan.base.revision}" if plan.base.revision else "the record"
    note = f"What the account holds is not what {left} left there: somebody changed it without stripectl."
    return Table.of("Drift", note, ("Object", "What happened", "Value", "Recorded", "Observed"), rows)


def _moved(plan: Plan) -> Table:
    note = "These have a new address; their objects stay as they are."
    return Table.of("Moved", note, ("From", "To"), list(plan.moved.items()))


def _quotes(plan: Plan) -> Table:
    moves = plan.effective or any(quote.changed for quote in plan.quotes)
    rows = [(each.label, each.text, each.change) for each in told(plan.quotes)] if moves else []
    note = "What the profiles come to, and prices whose tiers or packages change, at their edges."
    return Table.of("What customers pay", note, ("Who or what", "Before and after", "Change"), rows)


def _affected(plan: Plan) -> Table:
    """Where nobody is on what goes, the answers on top say so."""
    total = "; ".join(affected_in_all(plan))
    note = f"{total[:1].upper()}{total[1:]}. Nobody is moved to another price by this."
    return Table.of("Who is affected", note, HEADS, [each.cells for each in affected(plan)])


TABLES: tuple[Callable[[Plan], Table], ...] = (_quotes, _affected, _drift, _moved)
"""In the order of the page; one without rows is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the list of all."""

    row: Row
    fields: tuple[tuple[str, str], ...]
    """Label and value, or `before → after`."""
    is_full: bool
    """With its fields and reasons."""

    @property
    def reach(self) -> str:
        """`reaches existing customers`; empty where the row is marked as irreversible."""
        change = self.row.change
        return "" if change.irreversible else wording.REACHES[change.reach][0]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every change, riskiest first: those in sight, those that are folded, and the number of the others."""

    open: tuple[Entry, ...]
    folded: tuple[Entry, ...]
    left_out: int

    @property
    def brief(self) -> int:
        """How many stand in one line only."""
        return sum(1 for entry in self.folded if not entry.is_full)


def listing(every: tuple[Row, ...]) -> Listing:
    """All rows of a plan, within bounds."""
    entries = tuple(_entry(row, place) for place, row in enumerate(islice(every, LISTED_ROWS)))
    return Listing(entries[:OPEN_ROWS], entries[OPEN_ROWS:], max(0, len(every) - LISTED_ROWS))


def _entry(row: Row, place: int) -> Entry:
    if place >= FULL_ROWS:
        return Entry(row, (), is_full=False)
    shown = field_lines(row.change.resource) if row.change.action is Action.CREATE else row.fields
    return Entry(row, tuple((label, _cut(text)) for label, text in shown), is_full=True)


def _cut(text: str, longest: int = 6 * fields.LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


@dataclass(frozen=True, slots=True)
class Lost:
    """One verdict that is not exact."""

    loss: Loss
    named: tuple[str, ...]
    unnamed: int

    @property
    def verdict(self) -> str:
        return "blocks" if self.loss.blocks else wording.VERDICTS[self.loss.fidelity]


def lost(plan: Plan) -> tuple[Lost, ...]:
    """What is not exact, worst first."""
    return tuple(
        Lost(each, each.addresses[:NAMED], max(0, len(each.addresses) - NAMED))
        for each in losses(plan.annotations)
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Diagnostics of one sort, and how many more there are."""

    shown: tuple[Diagnostic, ...]
    left_out: int

    @classmethod
    def of(cls, plan: Plan, *, errors: bool) -> Found:
        every = [each for each in by_importance(plan.diagnostics) if each.is_error is errors]
        return cls(tuple(every[:TABLE_ROWS]), max(0, len(every) - TABLE_ROWS))


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that sums something up."""

    number: str
    label: str
    tone: str = ""


def tiles(plan: Plan) -> tuple[Tile, ...]:
    """Counts by action, riskiest first, then of drift, losses and problems; only what there is."""
    summary = plan.summary
    blocking = sum(1 for each in plan.diagnostics if each.is_error)
    counted = [
        *((summary[_key(action)], f"to {action.value}", action.value) for action in wording.RISK[:-1]),
        (summary["no_op"], "unchanged", ""),
        (len(plan.drift), "drifted", "warn"),
        (summary["approximate"], "approximate", "warn"),
        (summary["unsupported"], "not sent", "warn"),
        (blocking, "in the way", "bad"),
    ]
    return tuple(Tile(f"{number:,}", label, tone) for number, label, tone in counted if number)


def _key(action: Action) -> str:
    return action.value.replace("-", "_")


def _base(plan: Plan) -> str:
    if plan.compared:
        return f"{plan.compared.base}, as if an account held what it declares"
    return f"revision {plan.base.revision}" if plan.base.revision else "nothing was applied yet"


def provenance(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Where the plan comes from, so that a page can be held against what is applied."""
    account = plan.account
    facts = (
        ("catalog", plan.catalog),
        ("environment", plan.environment),
        ("account", account.id if account else "none was asked"),
        ("mode", ("live" if account.livemode else "test") if account else ""),
        ("API version", account.api_version if account else ""),
        ("requests go to", account.api_base if account else ""),
        ("base", _base(plan)),
        ("commit", wording.origin(plan)),
        ("restores", f"revision {plan.rollback_of}" if plan.rollback_of is not None else ""),
        ("made", wording.made_at(plan)),
        ("plan", plan.plan_id),
        ("digest", plan_digest(plan)),
        ("fidelity", wording.fidelity_counts(plan.summary)),
        ("let go", count(len(plan.released), "object") if plan.released else ""),
    )
    return tuple((label, text) for label, text in facts if text)
