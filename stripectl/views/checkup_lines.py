"""What `doctor` found, as a table: how each check came out, what was looked at, what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stripectl.engine.checkup import Check, Health
from stripectl.views.amounts import count, listed
from stripectl.views.page import BLANK, Line, columns, line

STYLES: Mapping[Health, str] = {
    Health.OK: "good",
    Health.UNKNOWN: "info",
    Health.WARNING: "warning",
    Health.FAILED: "error",
}
HEALTH = max(len(each) for each in Health) + 2
"""Columns of the first one of the table."""


def checkup_lines(environment: str, checks: Sequence[Check]) -> Iterator[Line]:
    """The environment, a row a check with its way out below, and the totals."""
    yield line((f"Environment {environment}", "title"))
    subject = max((columns(each.subject) for each in checks), default=0) + 2
    hang = HEALTH + subject
    for each in checks:
        head = (f"{each.health:<{HEALTH}}", STYLES[each.health])
        pad = " " * (subject - columns(each.subject))
        yield line(head, (each.subject, "strong"), pad, each.found, hang=hang)
        if each.hint:
            yield line(("hint", "hint"), f": {each.hint}", indent=hang, hang=hang + 2)
        if each.link:
            yield Line(((each.link, ""),), whole=True)
    yield BLANK
    yield line(*_totals(checks))


def _totals(checks: Sequence[Check]) -> tuple[tuple[str, str], ...]:
    found = Counter(each.health for each in checks)
    bad = [f"{found[each]} {each}" for each in reversed(Health) if each is not Health.OK and found[each]]
    if not bad:
        return ((f"{count(len(checks), 'check')}, all well.", "good"),)
    style = "error" if found[Health.FAILED] else ""
    return ((f"{count(len(checks), 'check')}: {listed(bad)}, the rest ok.", style),)
