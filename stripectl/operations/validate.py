"""Judge a catalog offline: what is wrong with it, and what the fidelity policy would stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripectl.diagnostics import Diagnostic, by_importance
from stripectl.engine.fidelity import Annotation, Fidelity, verdicts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a catalog is worth before any account is looked at."""

    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with the manifests, then what fidelity forbids."""
    invalid: bool
    blocked: bool
    """Fidelity forbids it."""
    counts: Mapping[Fidelity, int]
    """Artifacts by the worst verdict on each."""


def judge(
    found: tuple[Diagnostic, ...], forbidden: tuple[Diagnostic, ...], annotations: tuple[Annotation, ...]
) -> Verdict:
    """The verdict on a catalog that was read and mapped; `forbidden` is what its policy says of losses."""
    worst = tuple(verdicts(annotations).values())
    return Verdict(
        by_importance((*found, *forbidden)),
        invalid=any(each.is_error for each in found),
        blocked=any(each.is_error for each in forbidden),
        counts={fidelity: worst.count(fidelity) for fidelity in Fidelity},
    )
