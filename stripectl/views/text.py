"""Plans, drift, revisions and diagnostics for a terminal or a log.

Every function takes `width` in columns and `colour`; `ascii_only` is for a terminal that cannot print `→`.
Every text ends with a newline.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from stripectl.diagnostics import Diagnostic
from stripectl.engine.checkup import Check
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.logged import Logged
from stripectl.engine.past import Counts, Past, Standing
from stripectl.engine.plan import Drift, Plan, Revision
from stripectl.engine.resource import State
from stripectl.views.checkup_lines import checkup_lines
from stripectl.views.diagnostic_lines import diagnostic_lines
from stripectl.views.page import render
from stripectl.views.past_lines import past_lines
from stripectl.views.plan_lines import plan_lines
from stripectl.views.quote_lines import sheet_lines
from stripectl.views.quotes import Sheet
from stripectl.views.record_lines import (
    drift_report_lines,
    explain_lines,
    history_lines,
    revision_lines,
)
from stripectl.views.request_lines import request_lines
from stripectl.views.tables import rule_lines, total_lines, verdict_lines


def plan_text(
    plan: Plan,
    *,
    width: int,
    colour: bool,
    verbose: bool = False,
    next_command: str | None = None,
    ascii_only: bool = False,
) -> str:
    """A plan for review; `next_command` is what to do then, by default what fits the plan."""
    command = default_command(plan) if next_command is None else next_command
    lines = plan_lines(plan, width=width, verbose=verbose, next_command=command)
    return render(lines, width=width, colour=colour, ascii_only=ascii_only)


def plans_text(
    plans: Sequence[Plan],
    *,
    width: int,
    colour: bool,
    verbose: bool = False,
    next_commands: Sequence[str | None] = (),
    ascii_only: bool = False,
) -> str:
    """One plan, or several with a rule between them and a line of totals at the end.

    `next_commands` stand in the order of the plans; None, or one that is missing, is what fits the plan.
    """
    texts = [
        plan_text(
            made, width=width, colour=colour, verbose=verbose, next_command=command, ascii_only=ascii_only
        )
        for made, command in zip_longest(plans, next_commands[: len(plans)])
    ]
    if len(texts) == 1:
        return texts[0]
    rule = render(rule_lines(width), width=width, colour=colour, ascii_only=ascii_only)
    totals = render(total_lines(plans), width=width, colour=colour, ascii_only=ascii_only)
    return f"\n{rule}\n".join((*texts, totals))


def default_command(plan: Plan) -> str:
    """The command that makes what the plan says; empty where it is blocked or changes nothing."""
    if plan.blocked or plan.compared or not plan.effective:
        return ""
    verb = "apply" if plan.rollback_of is None else f"rollback {plan.rollback_of}"
    targets = "".join(f" --target {shlex.quote(target)}" for target in plan.targets)
    allowed = "".join(f" --allow {allowance}" for allowance in plan.allowed)
    return f"stripectl {verb} --catalog {plan.catalog} --env {plan.environment}{targets}{allowed}"


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], *, width: int, colour: bool, ascii_only: bool = False
) -> str:
    """Each diagnostic with its place, detail and hint, in the order given; empty for none."""
    return render(diagnostic_lines(diagnostics), width=width, colour=colour, ascii_only=ascii_only)


def drift_text(
    drift: Iterable[Drift],
    revision: Revision,
    remarks: Iterable[Diagnostic] = (),
    *,
    width: int,
    colour: bool,
    ascii_only: bool = False,
    verbose: bool = False,
) -> str:
    """What differs from a revision, field by field, or that nothing does; then what is no drift."""
    lines = drift_report_lines(tuple(drift), revision, tuple(remarks), verbose=verbose)
    return render(lines, width=width, colour=colour, ascii_only=ascii_only)


def revision_text(revision: Revision, *, width: int, colour: bool, ascii_only: bool = False) -> str:
    """One revision with all its objects."""
    return render(revision_lines(revision), width=width, colour=colour, ascii_only=ascii_only)


def history_text(revisions: Iterable[Revision], *, width: int, colour: bool, ascii_only: bool = False) -> str:
    """One line a revision, the newest first."""
    return render(history_lines(revisions), width=width, colour=colour, ascii_only=ascii_only)


def pasts_text(
    pasts: Sequence[Past], counts: Counts, *, width: int, colour: bool, ascii_only: bool = False
) -> str:
    """Everything that each address has stood for, the oldest first, and who is still on it."""
    lines = past_lines(pasts, counts, width=width)
    return render(lines, width=width, colour=colour, ascii_only=ascii_only)


def requests_text(
    title: str,
    run: str,
    lines: Sequence[Logged],
    damaged: int,
    *,
    width: int,
    colour: bool,
    ascii_only: bool = False,
) -> str:
    """What a run has sent, a row each; `damaged` lines of the log could not be read."""
    shown = request_lines(title, run, lines, damaged)
    return render(shown, width=width, colour=colour, ascii_only=ascii_only)


def explain_text(
    desired: State,
    annotations: Iterable[Annotation],
    *,
    address: str | None = None,
    record: Standing | None = None,
    width: int,
    colour: bool,
    ascii_only: bool = False,
) -> str:
    """How each artifact, or the one at `address`, is mapped and what is lost; of one also since when."""
    lines = explain_lines(desired, annotations, address, record)
    return render(lines, width=width, colour=colour, ascii_only=ascii_only)


def validation_text(
    catalogs: Mapping[str, tuple[int, Mapping[Fidelity, int], bool]],
    *,
    width: int,
    colour: bool,
    ascii_only: bool = False,
) -> str:
    """A table of catalogs by name: number of problems, artifacts by verdict, whether fidelity blocks it."""
    return render(verdict_lines(catalogs), width=width, colour=colour, ascii_only=ascii_only)


def checkup_text(
    environment: str, checks: Iterable[Check], *, width: int, colour: bool, ascii_only: bool = False
) -> str:
    """A row a check, and how many came out how."""
    lines = checkup_lines(environment, tuple(checks))
    return render(lines, width=width, colour=colour, ascii_only=ascii_only)


def quote_text(sheet: Sheet, *, width: int, colour: bool, ascii_only: bool = False) -> str:
    """One basket: its lines with their tiers, and what is due each period."""
    return render(sheet_lines(sheet), width=width, colour=colour, ascii_only=ascii_only)
