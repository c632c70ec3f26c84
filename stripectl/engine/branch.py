"""Whether the manifests at hand build on those that were last applied, or leave them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Severity, by_importance
from stripectl.engine.plan import MadeFrom, Plan, Revision

SHORT = 7
"""Characters of a commit that name it for a reader."""


CODES = frozenset({"stale-branch", "branch-unknown"})


def on_branch(
    plan: Plan, last: Revision | None, here: MadeFrom | None, is_ancestor: Callable[[str], bool | None]
) -> Plan:
    """The plan with what there is to say of the branch at hand, in place of what was said before.

    A rollback follows a record and no manifest, so nothing is said of one.
    """
    if plan.rollback_of is not None:
        return plan
    others = (each for each in plan.diagnostics if each.code not in CODES)
    return replace(plan, diagnostics=by_importance((*others, *branch_remarks(last, here, is_ancestor))))


def branch_remarks(
    last: Revision | None, made_from: MadeFrom | None, is_ancestor: Callable[[str], bool | None]
) -> Iterator[Diagnostic]:
    """A warning where the last revision came from a commit that HEAD does not build on.

    `is_ancestor` says of a commit whether HEAD does; None where that cannot be told.
    """
    if last is None or last.commit is None or made_from is None or last.commit == made_from.commit:
        return
    applied, here = last.commit[:SHORT], made_from.commit[:SHORT]
    match is_ancestor(last.commit):
        case False:
            yield Diagnostic(
                Severity.WARNING,
                "stale-branch",
                "What was applied last is not part of this branch",
                f"Revision {last.number} was applied from commit {applied}, which HEAD ({here}) does not"
                " build on; what it changed may be taken back here.",
                hint="merge or rebase onto the branch that was applied, then plan again",
            )
        case None:
            yield Diagnostic(
                Severity.INFO,
                "branch-unknown",
                "Whether this branch holds what was applied last is unknown",
                f"Revision {last.number} was applied from commit {applied}, and this clone cannot tell"
                f" whether HEAD ({here}) builds on it.",
                hint="fetch the whole history, as with git fetch --unshallow",
            )
