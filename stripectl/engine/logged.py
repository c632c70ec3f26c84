"""A line of the request log: what was sent, when, and for which step of which run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripectl.engine.ports import Sent
from stripectl.engine.values import Json


@dataclass(frozen=True, slots=True)
class Logged:
    """One try of a request that belongs to a run."""

    at: str
    """When it was answered or given up: ISO 8601 with milliseconds, UTC."""
    sent: Sent
    run: str
    step: int | None
    """Number of the step in the plan; None for what the run read around its steps."""

    def to_json(self) -> dict[str, Json]:
        """The line as a JSON object; its fields are a contract."""
        return {
            "at": self.at,
            "method": self.sent.method,
            "path": self.sent.path,
            "status": self.sent.status,
            "request_id": self.sent.request_id,
            "ms": round(self.sent.seconds * 1000),
            "attempt": self.sent.attempt,
            "run": self.run,
            "step": self.step,
        }


def logged(facts: Mapping[str, Json]) -> Logged | None:
    """The line that a JSON object spells; None where it is not whole. Fields that it does not know pass."""
    match facts:
        case {
            "at": str(at),
            "method": str(method),
            "path": str(path),
            "status": int() | None as status,
            "request_id": str() | None as request_id,
            "ms": int(ms),
            "attempt": int(attempt),
            "run": str(run),
            "step": int() | None as step,
        }:
            return Logged(at, Sent(method, path, status, request_id, ms / 1000, attempt), run, step)
    return None
