"""How faithfully the provider can hold what was declared, and what is lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stripectl.diagnostics import Location


class Fidelity(StrEnum):
    """Members stand in order, best first."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    UNSUPPORTED = "unsupported"

    @property
    def rank(self) -> int:
        return list(Fidelity).index(self)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One verdict on one artifact."""

    address: str
    fidelity: Fidelity
    code: str
    """Stable, kebab-case: `trial-at-checkout`; `exact` for a whole mapping."""
    detail: str = ""
    """What is lost, in one sentence for a reader who does not know the provider."""
    accepted: str | None = None
    """The reason given by an `accept` entry; None where nobody acknowledged the loss."""
    source: Location | None = None

    @property
    def blocks(self) -> bool:
        """Unsupported, and acknowledged by nobody."""
        return self.fidelity is Fidelity.UNSUPPORTED and self.accepted is None


def worst(annotations: tuple[Annotation, ...]) -> Fidelity:
    """The verdict on a whole artifact; exact where nothing was noted."""
    return max((a.fidelity for a in annotations), key=lambda f: f.rank, default=Fidelity.EXACT)
