"""What the provider refuses for ever while a run is put back: noted and passed over, with what needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from stripectl.engine.ports import RequestFailed
from stripectl.engine.steps import Outcome, Step, Verb
from stripectl.engine.values import references

Send: TypeAlias = Callable[[Step], Outcome]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that was not done."""

    step: Step
    reason: str = ""
    """In the provider's words; empty for a step that was not tried, because another one of its address or of
    what it refers to was refused."""


@dataclass(slots=True)
class Refusals:
    """Steps that were passed over. Steps that need one another do not overlap, so threads may share it."""

    every: dict[int, Refusal] = field(default_factory=dict)
    """Step number -> why it was not done."""

    def send(self, step: Step, send: Send) -> Outcome:
        """Do the step, or note that it cannot be done; raises what may be otherwise at another time."""
        if self._lacks(step):
            return self._pass_over(Refusal(step))
        try:
            return send(step)
        except RequestFailed as failed:
            if not failed.for_ever:
                raise
            return self._pass_over(Refusal(step, failed.diagnostics[0].detail))

    def _pass_over(self, refusal: Refusal) -> Outcome:
        self.every[refusal.step.number] = refusal
        return Outcome(refusal.step.object_id or "", None)

    def _lacks(self, step: Step) -> bool:
        """Nothing goes out of use whose successor is not there, and nothing points to what is not there."""
        passed_over = [each.step for each in self.every.values()]
        missing = {each.address for each in passed_over if each.verb in (Verb.CREATE, Verb.REVIVE)}
        beside = any(each.address == step.address for each in passed_over)
        return beside or not missing.isdisjoint(references(step.fields))

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(each.step.address for each in self.every.values())
