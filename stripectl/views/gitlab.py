"""Diagnostics as a code quality report, which GitLab shows in a merge request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.engine.values import Json
from stripectl.views.findings import NOWHERE, fingerprints, message

SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}


def code_quality(diagnostics: Sequence[Diagnostic]) -> Json:
    """One issue each, in the order given. GitLab asks for a place: what has none stands in the config."""
    named = zip(diagnostics, fingerprints(diagnostics), strict=True)
    return [_issue(each, name) for each, name in named]


def _issue(each: Diagnostic, fingerprint: str) -> Json:
    place = each.source or NOWHERE
    return {
        "description": f"{each.summary}\n{message(each)}",
        "check_name": each.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[each.severity],
        "location": {"path": place.file, "lines": {"begin": place.line}},
    }
