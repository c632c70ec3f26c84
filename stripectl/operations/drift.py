"""Drift of one catalog: a read, and a comparison with the record."""

from __future__ import annotations

from dataclasses import dataclass

from stripectl.diagnostics import Diagnostic
from stripectl.engine.drift import drift as compare
from stripectl.engine.plan import Drift, Revision
from stripectl.engine.resource import State
from stripectl.engine.spent import remarks
from stripectl.operations.session import Session


@dataclass(frozen=True, slots=True)
class Drifted:
    """What became of the last revision."""

    catalog: str
    environment: str
    revision: Revision | None
    """None where nothing was ever applied."""
    rows: tuple[Drift, ...]
    remarks: tuple[Diagnostic, ...] = ()
    """What is no drift and worth knowing: what the clock and the customers took out of use."""

    @property
    def number(self) -> int:
        return self.revision.number if self.revision else 0


def drift(session: Session) -> Drifted:
    """Compare the account with the last revision; sends reads only, and none where there is no record."""
    last = session.revisions.last()
    if last is None:
        return Drifted(session.catalog, session.environment, None, ())
    target = session.target(State())
    rows = compare(last, target.objects, session.provider.kinds)
    spent = remarks(last.recorded, target.objects, session.provider.kinds)
    return Drifted(session.catalog, session.environment, last, rows, spent)
