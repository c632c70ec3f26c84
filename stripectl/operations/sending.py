"""Send one step so that it happens once, whatever is lost on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stripectl.diagnostics import Incomplete, error
from stripectl.engine.ports import Begun, Failure, Journal, RequestFailed
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.operations.session import Session
from stripectl.operations.staleness import changed_meanwhile

EPOCHS = 3
"""Keys for one step: the provider replays a stored failure for ever, so a new try needs a new key."""


@dataclass(frozen=True, slots=True)
class Run:
    """One apply at work. Several threads may send at the same time."""

    session: Session
    journal: Journal
    holder: str
    """The id under which the lock is held: a run that is gone on with is held by another one."""

    def send(self, step: Step, ids: Mapping[str, str], *, begun: Begun | None = None) -> Outcome:
        """Write the step down, send it, write down what came back.

        `begun` is what an interrupted run noted of it: then the step is looked for before it is sent again.
        Raises RequestFailed where the provider says no, or the object is not as it was planned against;
        Locked where somebody took the run over.
        """
        with self.session.log.about(self.journal.run, step.number):
            try:
                outcome = self._find(step, ids) if begun else None
                outcome = outcome or self._try_epochs(step, ids, begun.epoch if begun else 0)
            except RequestFailed as failed:
                # What was asked for says nothing to whoever reads manifests.
                failed.diagnostics = tuple(
                    replace(each, address=each.address or step.address) for each in failed.diagnostics
                )
                raise
        self.journal.end(step, outcome)
        return outcome

    def _try_epochs(self, step: Step, ids: Mapping[str, str], first: int) -> Outcome:
        request = self.request(step, ids)
        self._look_again(step, ids)
        for epoch in range(first, first + EPOCHS):
            key = idempotency_key(self.journal.run, step, epoch)
            # A process that slept while its lock was taken over must not go on.
            self.session.lock.confirm(self.holder)
            self.journal.begin(step, request, key, epoch)
            try:
                return self.session.provider.send(request, key)
            except RequestFailed as failed:
                if failed.failure is not Failure.SERVER or epoch == first + EPOCHS - 1:
                    raise
            if found := self._find(step, ids):
                return found
        raise AssertionError("the last epoch returns or raises")

    def _look_again(self, step: Step, ids: Mapping[str, str]) -> None:
        """The provider has no compare-and-swap: what is overwritten is read right before, to hurt nobody."""
        if step.verb is not Verb.UPDATE or step.object_id is None:
            return
        provider, catalog = self.session.provider, self.session.catalog
        found, kind = provider.read(step, ids), provider.kinds[step.kind]
        if reason := changed_meanwhile(step, found, kind, ids, catalog):
            told = error(
                "changed-meanwhile",
                "An object was changed while the apply was at work",
                reason,
                hint="put that value back by hand and resume, or unwind and plan again",
                address=step.address,
            )
            raise RequestFailed(Failure.REFUSED, told)

    def request(self, step: Step, ids: Mapping[str, str]) -> Request:
        session = self.session
        return session.provider.request(step, ids, catalog=session.catalog, run=self.journal.run)

    def _find(self, step: Step, ids: Mapping[str, str]) -> Outcome | None:
        """What an earlier try of a creation brought forth; other verbs can simply be repeated."""
        if step.verb is not Verb.CREATE:
            return None
        session = self.session
        found = session.provider.find(step, ids, catalog=session.catalog, run=self.journal.run)
        if len(found) > 1:
            raise Incomplete(
                error(
                    "several-found",
                    "A step may have been done more than once",
                    f"{step.address}: step {step.number} could have made each of {', '.join(found)}.",
                    hint="archive all but one by hand, then: stripectl apply --resume",
                    address=step.address,
                )
            )
        return Outcome(found[0], None) if found else None


def idempotency_key(run: str, step: Step, epoch: int) -> str:
    """The same for the same try of the same step, different for every other; 64 hex digits."""
    return hashlib.sha256(f"{run}/{step.number}/{epoch}".encode()).hexdigest()
