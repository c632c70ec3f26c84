"""Send one step so that it happens once, whatever is lost on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from stripectl.diagnostics import Incomplete, error
from stripectl.engine.ports import Begun, Failure, Journal, RequestFailed
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.operations.session import Session

ATTEMPTS = 5
"""Tries under one key."""
EPOCHS = 3
"""Keys for one step: the provider replays a stored failure for ever, so a new try needs a new key."""

WAIT_SECONDS: Mapping[Failure, float] = {
    Failure.CONFLICT: 0.5,
    Failure.LIMITED: 1.0,
    Failure.SERVER: 1.0,
    Failure.CONNECTION: 1.0,
}
"""First pause after a failure that the same key may survive; doubled each time. Refusals are final."""


@dataclass(frozen=True, slots=True)
class Run:
    """One apply at work."""

    session: Session
    journal: Journal

    def send(self, step: Step, ids: Mapping[str, str], *, begun: Begun | None = None) -> Outcome:
        """Write the step down, send it, write down what came back.

        `begun` is what an interrupted run noted of it: then the step is looked for before it is sent again.
        Raises RequestFailed where the provider says no.
        """
        outcome = self._find(step, ids) if begun else None
        first = begun.epoch if begun else 0
        outcome = outcome or self._try_epochs(step, ids, first)
        self.journal.end(step, outcome)
        return outcome

    def _try_epochs(self, step: Step, ids: Mapping[str, str], first: int) -> Outcome:
        request = self.request(step, ids)
        for epoch in range(first, first + EPOCHS):
            key = idempotency_key(self.journal.run, step, epoch)
            self.journal.begin(step, request, key, epoch)
            try:
                return self._try_key(request, key)
            except RequestFailed as failed:
                if failed.failure is not Failure.SERVER or epoch == first + EPOCHS - 1:
                    raise
            if found := self._find(step, ids):
                return found
        raise AssertionError("the last epoch returns or raises")

    def _try_key(self, request: Request, key: str) -> Outcome:
        for attempt in range(ATTEMPTS):
            try:
                return self.session.provider.send(request, key)
            except RequestFailed as failed:
                wait = WAIT_SECONDS.get(failed.failure)
                if wait is None or attempt == ATTEMPTS - 1:
                    raise
                self.session.sleep(max(failed.retry_after or 0.0, wait * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

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
