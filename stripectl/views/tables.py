"""Several catalogs beside one another: totals of their plans, and the verdicts on their artifacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stripectl.engine.comparing import differs, is_gone
from stripectl.engine.fidelity import Fidelity
from stripectl.engine.plan import Plan
from stripectl.views import wording
from stripectl.views.amounts import count, listed
from stripectl.views.page import READABLE, Line, Span, columns, line


def rule_lines(width: int) -> Iterator[Line]:
    """What stands between two plans."""
    yield line(("=" * min(max(width, 20), READABLE), "dim"))


def total_lines(plans: Sequence[Plan]) -> Iterator[Line]:
    """All plans together; which of them are blocked."""
    total = Counter[str]()
    for plan in plans:
        total.update(plan.summary)
    yield line((f"All {count(len(plans), 'catalog')}: ", "strong"), wording.action_counts(total), hang=2)
    if fidelity := wording.fidelity_counts(total):
        yield line(("Fidelity: ", "strong"), fidelity, hang=10)
    if drifted := total["drift"]:
        yield line(("Drift: ", "strong"), count(drifted, "object"), hang=7)
    for label, style, names in _by_state(plans):
        if names:
            yield line((label, style), f": {listed(names)}", hang=2)


def _by_state(plans: Sequence[Plan]) -> tuple[tuple[str, str, list[str]], ...]:
    return (
        ("BLOCKED", "blocked", [each.catalog for each in plans if each.blocked]),
        (
            "Not blocked" if any(each.compared for each in plans) else "Ready to apply",
            "good",
            [each.catalog for each in plans if not each.blocked and differs(each) and not is_gone(each)],
        ),
        ("No longer declared", "warning", [each.catalog for each in plans if is_gone(each)]),
        ("No changes", "good", [each.catalog for each in plans if not each.blocked and not differs(each)]),
    )


def verdict_lines(catalogs: Mapping[str, tuple[int, Mapping[Fidelity, int], bool]]) -> Iterator[Line]:
    """A row a catalog: whether it is valid, and how many artifacts have which verdict."""
    column = max((columns(name) for name in catalogs), default=0)
    heads = [wording.VERDICTS[each] for each in Fidelity]
    if any(not problems for problems, _, _ in catalogs.values()):
        yield line(" " * (column + 12), (" ".join(f"{head:>11}" for head in heads), "dim"))
    for name, (problems, verdicts, blocked) in catalogs.items():
        pad = " " * (column - columns(name) + 2)
        numbers = " ".join(f"{verdicts.get(each, 0):>11,}" for each in Fidelity)
        state = _state(problems, blocked=blocked)
        yield line((name, "strong"), pad, state, "" if problems else " " * (10 - len(state[0])) + numbers)


def _state(problems: int, *, blocked: bool) -> Span:
    if problems:
        return count(problems, "problem"), "error"
    return ("blocked", "error") if blocked else ("valid", "good")
