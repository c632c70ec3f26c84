"""When a failed request is tried again, under the same key: a table of tries and pauses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripectl.engine.ports import Failure


@dataclass(frozen=True, slots=True)
class Tries:
    """How often, and how far apart."""

    most: int
    first_pause: float
    """Seconds after the first try; doubled each time."""

    def pause(self, attempt: int, chance: float) -> float:
        """Seconds after try `attempt`; `chance`, from 0 to 1, keeps workers from coming back together."""
        return float(self.first_pause * 2 ** (attempt - 1) * (1 + chance) / 2)

    def patience(self, chance: float) -> float:
        """Seconds of all pauses together."""
        return sum(self.pause(attempt, chance) for attempt in range(1, self.most))


TRIES: Mapping[Failure, Tries] = {
    Failure.CONFLICT: Tries(5, 0.5),
    # Nothing was done, and the limiter slows all requests down: patience costs little.
    Failure.LIMITED: Tries(8, 0.5),
    # Stripe replays a stored 500 for ever: more tries under the same key would not help.
    Failure.SERVER: Tries(4, 1.0),
    Failure.CONNECTION: Tries(5, 1.0),
}
"""Failures that the same key may survive; refusals are final."""

HEEDED = frozenset({Failure.CONFLICT, Failure.SERVER})
"""Failures after which an answer that says not to try again is obeyed. After a 429 it is not: nothing was
done, and there is room again later."""

UNMET = Tries(2, 0.5)
"""Of a connection over which no answer ever came."""

LONGEST_PAUSE = 120.0
"""Seconds that one request may take in all, with what answers ask to wait, before its failure is told."""
