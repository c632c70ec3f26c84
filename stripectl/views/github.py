"""Diagnostics as workflow commands, which GitHub shows at their line in a pull request.

A line of such a log that begins with `::` is a command to the runner. Whatever a user wrote is escaped the
way the runner undoes it, so that each diagnostic is one line and one command. What begins an older sort of
command, `##[`, may stand anywhere in a line; for that there is no escape, so an invisible blank parts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.views.findings import headline, message
from stripectl.views.markup import BREAK
from stripectl.views.page import harmless

COMMANDS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}

_OLDER = re.compile(r"##(?=\w*\[)")

_DATA = {ord("%"): "%25", ord("\r"): "%0D", ord("\n"): "%0A"}
_PROPERTY = {**_DATA, ord(":"): "%3A", ord(","): "%2C"}


def workflow_commands(diagnostics: Iterable[Diagnostic]) -> str:
    """A command a line, in the order given; empty for none."""
    return "".join(f"{_command(each)}\n" for each in diagnostics)


def _command(each: Diagnostic) -> str:
    properties = {"title": headline(each)}
    if source := each.source:
        place = {"file": harmless(source.file), "line": str(source.line), "col": str(source.column)}
        properties = {**place, **properties}
    spelled = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in properties.items())
    return _OLDER.sub(
        f"##{BREAK}", f"::{COMMANDS[each.severity]} {spelled}::{message(each).translate(_DATA)}"
    )
