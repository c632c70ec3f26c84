"""What a probe is, what it found, and whether that is what was believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from tests.live.answers import Json
from tests.live.asking import Asking

Seen: TypeAlias = Mapping[str, Json]
"""What was observed, each under a few words that say what it is."""


REFUSED = "refused …"
"""Expected where a refusal is known, but not what it names."""


class Grade(StrEnum):
    """What a fact of Stripe rests on, before this suite asks."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What an account's answer is to a fact."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    ANSWERED = "answered"
    """Nothing was expected; now it is known."""
    UNANSWERED = "not answered"


@dataclass(frozen=True, slots=True)
class Probe:
    """One fact, and how an account is asked for it."""

    id: str
    fact: str
    """One sentence, in the present tense."""
    grade: Grade
    source: str
    """Where the grade comes from, in a few words."""
    builds: str
    """What stripectl does because of it."""
    ask: Callable[[Asking], Seen]
    expected: Seen = field(default_factory=dict)
    """What is observed if the fact holds. What is observed and not named here is an open question."""
    waits: bool = False
    """Time has to pass: asked of a real account, and of a shadow whose clock can be moved."""
    shadowed: bool = True
    """The shadow has the endpoints that it takes."""
    restricted: bool = False
    """It takes a restricted key."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A fact that no run of this suite can find out."""

    id: str
    fact: str
    grade: Grade
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one account said to one probe."""

    probe: Probe
    seen: Seen
    problem: str = ""
    """Why there is no answer."""

    @property
    def contradictions(self) -> Mapping[str, tuple[Json, Json]]:
        """Observation -> what was expected, what was seen."""
        return {
            name: (expected, self.seen.get(name))
            for name, expected in self.probe.expected.items()
            if not self.problem and not fits(expected, self.seen.get(name))
        }

    @property
    def verdict(self) -> Verdict:
        if self.problem:
            return Verdict.UNANSWERED
        if self.contradictions:
            return Verdict.CONTRADICTS
        return Verdict.AGREES if self.probe.expected else Verdict.ANSWERED


def fits(expected: Json, seen: Json) -> bool:
    """Equal to the last word, or, where `REFUSED` is all that is known, any refusal."""
    if expected == REFUSED:
        return isinstance(seen, str) and seen.startswith("refused ")
    return type(expected) is type(seen) and expected == seen
