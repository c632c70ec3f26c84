"""The course of a run: how many steps are done, which are in hand, and what was sent, up to a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from stripectl.engine.ports import Sent
from stripectl.engine.steps import Step

TOO_MANY = 429
"""The status that says: slower."""

WINDOW = 5
"""Seconds over which a rate is told."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests were sent; a try is a request of its own, as it is in the provider's log."""

    requests: int = 0
    retried: int = 0
    """Tries after the first of the same request."""
    limited: int = 0
    """Refused with 429."""

    @classmethod
    def of(cls, every: Iterable[Sent]) -> Tally:
        return reduce(cls.counting, every, cls())

    def counting(self, sent: Sent) -> Tally:
        """With one request more."""
        return Tally(
            self.requests + 1,
            self.retried + (sent.attempt > 1),
            self.limited + (sent.status == TOO_MANY),
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One way through the steps of a plan."""

    total: int
    done: int = 0
    earlier: int = 0
    """Of those done: by an earlier try of the same run."""


@dataclass(frozen=True, slots=True)
class Course:
    """A run up to a moment; moments are seconds since it was begun to be watched."""

    rounds: tuple[Round, ...] = ()
    """Empty until the first step is known; a second one puts back what the first one did."""
    in_hand: tuple[Step, ...] = ()
    """The one that was started last stands last."""
    tally: Tally = Tally()
    recent: Mapping[int, Tally] = field(default_factory=dict)
    """Second -> what was sent in it, for the last of them."""

    def began(self, total: int) -> Course:
        return replace(self, rounds=(*self.rounds, Round(total)), in_hand=())

    def started(self, step: Step) -> Course:
        return replace(self, in_hand=(*self.in_hand, step))

    def ended(self, step: Step) -> Course:
        """The step is done: now, or by an earlier try where it was never started."""
        left = tuple(each for each in self.in_hand if each.number != step.number)
        last = self.rounds[-1]
        counted = replace(last, done=last.done + 1, earlier=last.earlier + (len(left) == len(self.in_hand)))
        return replace(self, rounds=(*self.rounds[:-1], counted), in_hand=left)

    def sent(self, sent: Sent, moment: float) -> Course:
        second = int(moment)
        recent = {each: tally for each, tally in self.recent.items() if each > second - WINDOW}
        recent[second] = recent.get(second, Tally()).counting(sent)
        return replace(self, tally=self.tally.counting(sent), recent=recent)

    def rate(self, moment: float) -> float:
        """Requests a second, over the last few seconds; over one second at least."""
        first = max(0, int(moment) - WINDOW + 1)
        requests = sum(tally.requests for second, tally in self.recent.items() if second >= first)
        return requests / max(1.0, moment - first)

    def limited(self, moment: float) -> bool:
        """Whether the provider refused something for its rate in this second or the one before."""
        seconds = (int(moment), int(moment) - 1)
        return any(self.recent[second].limited for second in seconds if second in self.recent)
