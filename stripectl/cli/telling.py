"""A run, told as events besides being watched."""

from __future__ import annotations

from stripectl.cli.events import Events
from stripectl.cli.progress import Watch
from stripectl.engine.plan import Revision
from stripectl.engine.ports import Sent
from stripectl.engine.steps import Outcome, Step
from stripectl.engine.values import Json
from stripectl.store.log import step_at_work
from stripectl.views import events as shapes


class Untold:
    """Progress that only a person watches."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def began(self, total: int) -> None:
        self._watch.began(total)

    def started(self, step: Step) -> None:
        self._watch.started(step)

    def ended(self, step: Step) -> None:
        self._watch.ended(step)

    def recorded(self, step: Step, outcome: Outcome) -> None:
        """The end of the step is on disk, with what the account answered."""

    def sent(self, sent: Sent) -> None:
        self._watch.sent(sent)

    def finished(self, outcome: str, revision: Revision | None) -> None:
        """The account is as it should be."""


class Told(Untold):
    """Progress of one catalog that goes into a stream as well."""

    def __init__(self, events: Events, watch: Watch, catalog: str, environment: str) -> None:
        super().__init__(watch)
        self._events = events
        self._where: dict[str, Json] = {"catalog": catalog, "environment": environment}
        self._started: set[int] = set()

    def began(self, total: int) -> None:
        super().began(total)
        self._started.clear()
        self._emit("started", steps=total, round=len(self._watch.course.rounds))

    def started(self, step: Step) -> None:
        super().started(step)
        self._started.add(step.number)
        self._emit("step-started", **shapes.step_facts(step, step.object_id))

    def ended(self, step: Step) -> None:
        super().ended(step)
        if step.number not in self._started:
            self._emit("step-ended", **shapes.step_facts(step, step.object_id), earlier=True)

    def recorded(self, step: Step, outcome: Outcome) -> None:
        super().recorded(step, outcome)
        self._emit("step-ended", **shapes.step_facts(step, outcome.object_id), earlier=False)

    def sent(self, sent: Sent) -> None:
        super().sent(sent)
        self._emit("request", step=step_at_work(), **shapes.request_facts(sent))

    def finished(self, outcome: str, revision: Revision | None) -> None:
        super().finished(outcome, revision)
        spent = shapes.spent_facts(self._watch.course, self._watch.moment)
        self._emit("finished", outcome=outcome, revision=revision.number if revision else None, **spent)

    def _emit(self, name: str, **facts: Json) -> None:
        self._events.emit(name, **self._where, **facts)


def told_of(events: Events | None, watch: Watch, catalog: str, environment: str) -> Untold:
    """Progress for the run of a catalog, with a stream where there is one."""
    return Told(events, watch, catalog, environment) if events else Untold(watch)
