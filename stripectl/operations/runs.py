"""Runs whose journals did not end: some are over all the same, others are to be finished or put back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stripectl.diagnostics import Incomplete, InvalidInput
from stripectl.engine.plan import Revision
from stripectl.engine.ports import JournalRecord, Journals, Revisions
from stripectl.operations import messages
from stripectl.operations.session import Session


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one catalog whose journals lack their last line."""

    open: tuple[JournalRecord, ...]
    """Half of them may be in force; oldest first."""
    over: tuple[JournalRecord, ...]
    """What they did is recorded, or was put back: nothing is to be sent for them ever again."""
    recorded: Revision | None
    """The newest revision that records one of them."""

    def require_known(self) -> None:
        """Raise InvalidInput where a journal does not say any more what its run did."""
        if lost := [each.cut for each in self.open if each.cut]:
            raise InvalidInput(*lost)


def runs(revisions: Revisions, journals: Journals) -> Runs:
    """What the records say; every revision is read where a journal did not end, and none else."""
    records = journals.unfinished()
    if not records:
        return Runs((), (), None)
    recorded = {each.run: each for each in revisions.all()}
    put_back = journals.put_back()

    def is_over(record: JournalRecord) -> bool:
        return (record.unwinds or record.run) in recorded or record.unwinds in put_back

    over = tuple(filter(is_over, records))
    found = [recorded[run] for each in over if (run := each.unwinds or each.run) in recorded]
    last = max(found, key=lambda each: each.number, default=None)
    return Runs(tuple(each for each in records if not is_over(each)), over, last)


def close(session: Session, over: Iterable[JournalRecord]) -> None:
    """Write the last lines of journals whose runs are over; nothing is asked of the provider."""
    for record in over:
        session.journals.reopen(record.run).close("unwound" if record.unwinds else "done")


def settle(session: Session) -> None:
    """Close the journals of runs that are over; raise Incomplete where one is not, with the ways on."""
    found = runs(session.revisions, session.journals)
    found.require_known()
    close(session, found.over)
    if being_unwound := next((each.unwinds for each in found.open if each.unwinds), None):
        raise Incomplete(messages.being_unwound(session, being_unwound))
    if found.open:
        raise Incomplete(messages.unfinished_run(session, found.open[0].run))
