"""A value's place in a manifest, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, Severity
from stripectl.pricing.checks.finding import placed
from stripectl.pricing.model import Artifact


@dataclass(frozen=True, slots=True)
class Spot:
    """A value's place in the manifest."""

    artifact: Artifact
    path: Path

    def below(self, *path: str | int) -> Spot:
        return Spot(self.artifact, (*self.path, *path))

    def error(self, code: str, summary: str, detail: str, hint: str = "") -> Diagnostic:
        """An error at this place."""
        return placed(Diagnostic(Severity.ERROR, code, summary, detail, hint), self.artifact, self.path)

    def warning(self, code: str, summary: str, detail: str, hint: str = "") -> Diagnostic:
        """A warning at this place."""
        return placed(Diagnostic(Severity.WARNING, code, summary, detail, hint), self.artifact, self.path)


Check: TypeAlias = Callable[[Spot, object], Iterator[Diagnostic]]
"""Looks at one value of one artifact and says what does not fit."""
