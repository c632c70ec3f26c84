"""What happens while an apply is at work, as one JSON object each: `schemas/progress.schema.json`."""

from __future__ import annotations

from collections.abc import Iterable

from stripectl.diagnostics import Diagnostic, ExitCode
from stripectl.engine.course import Course
from stripectl.engine.ports import Sent
from stripectl.engine.serial import FORMAT_VERSION, diagnostic_to_json
from stripectl.engine.steps import Step
from stripectl.engine.values import Json

Event = dict[str, Json]


def event(name: str, at: str, **facts: Json) -> Event:
    """An event and the moment of it: ISO 8601 with milliseconds, UTC."""
    return {"format_version": FORMAT_VERSION, "event": name, "at": at, **facts}


def step_facts(step: Step, object_id: str | None) -> Event:
    """Which step it is; `object_id` is null where the provider has yet to choose it."""
    return {
        "step": step.number,
        "verb": step.verb.value,
        "kind": step.kind,
        "address": step.address,
        "object_id": object_id,
    }


def request_facts(sent: Sent) -> Event:
    """One try of a request: an `attempt` above 1 is a retry."""
    return {
        "method": sent.method,
        "path": sent.path,
        "status": sent.status,
        "request_id": sent.request_id,
        "ms": round(sent.seconds * 1000),
        "attempt": sent.attempt,
    }


def spent_facts(course: Course, seconds: float) -> Event:
    """What a run took, in all its rounds."""
    return {
        "steps": sum(each.done for each in course.rounds),
        "requests": course.tally.requests,
        "retried": course.tally.retried,
        "limited": course.tally.limited,
        "ms": round(seconds * 1000),
    }


def end_facts(code: ExitCode, diagnostics: Iterable[Diagnostic]) -> Event:
    """How the command ended."""
    return {
        "exit_code": int(code),
        "outcome": code.name.lower(),
        "diagnostics": [diagnostic_to_json(each) for each in diagnostics],
    }
