"""What `doctor` finds out: one check each, in words for a person who has to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stripectl.diagnostics import StripectlError


class Health(StrEnum):
    """How a check came out; members stand in order, best first."""

    OK = "ok"
    UNKNOWN = "unknown"
    """It could not be told, and may be well."""
    WARNING = "warning"
    """Plan and apply work, but something is lost or will be in the way."""
    FAILED = "failed"
    """Plan or apply cannot work so."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    subject: str
    """What was looked at, in a word or two; several checks may share it."""
    health: Health
    found: str
    """In whole sentences."""
    hint: str = ""
    """A way out; starts in lower case, no full stop."""
    link: str = ""
    """An address that belongs to the way out; empty for none."""


def failed(subject: str, problem: StripectlError) -> Check:
    """What an error says, as a check that failed."""
    first = problem.diagnostics[0]
    return Check(subject, Health.FAILED, f"{first.summary}. {first.detail}".strip(), first.hint)
