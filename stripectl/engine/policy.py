"""What an environment or a catalog allows without a further word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stripectl.engine.kinds import Reach


class OnUnsupported(StrEnum):
    BLOCK = "block"
    WARN = "warn"


class OnApproximate(StrEnum):
    REQUIRE_ACCEPT = "require-accept"
    WARN = "warn"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds that the guard holds a plan against."""

    unsupported: OnUnsupported = OnUnsupported.BLOCK
    approximate: OnApproximate = OnApproximate.WARN
    max_archive_percent: int | None = 30
    """Of the owned active objects, 0 to 100, counted where there are ten or more; None is no limit."""
    max_price_change_percent: int | None = 50
    """Of an amount, either way, 0 or more; None is no limit."""
    currencies: tuple[str, ...] = ()
    """The only currencies that a manifest may use; empty allows all."""
    approval: tuple[Reach, ...] = ()
    """Changes that reach so far are applied only as somebody has reviewed them."""


class OnError(StrEnum):
    """What an apply does when a step fails for good."""

    AUTO = "auto"
    """Put everything back where nothing was switched over yet, else stop."""
    STOP = "stop"
    """Stop and keep the journal, whatever was done."""
    UNWIND = "unwind"
    """Put everything back, also what customers may have seen."""
