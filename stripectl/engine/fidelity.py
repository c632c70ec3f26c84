"""How faithfully the provider can hold what was declared, and what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def verdicts(annotations: Iterable[Annotation]) -> Mapping[str, Fidelity]:
    """The verdict on each artifact by address: the worst of what was noted of it."""
    found: dict[str, Fidelity] = {}
    for note in annotations:
        so_far = found.get(note.address, Fidelity.EXACT)
        found[note.address] = max(so_far, note.fidelity, key=lambda each: each.rank)
    return found
