"""`validate` and `explain`: what can be said of manifests without any account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import FINDINGS, Findings, ink, show
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import Reading, read, revisions
from stripectl.diagnostics import (
    Diagnostic,
    ExitCode,
    InvalidInput,
    UsageError,
    by_importance,
    did_you_mean,
    error,
)
from stripectl.engine.clashes import clashes
from stripectl.engine.past import Standing, known_addresses, standing
from stripectl.engine.plan import Revision
from stripectl.engine.resource import State
from stripectl.manifest.config import Environment
from stripectl.operations.validate import Verdict, judge
from stripectl.pricing.model import place
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.mapping import Mapped
from stripectl.views.findings import Examined


def validate(
    screen: Terminal, folder: Path | None, env: str | None, catalog: str | None, files: list[Path]
) -> ExitCode:
    """Check every chosen catalog; exit 1 for what is wrong, 3 for what fidelity or policy forbids."""
    project = find_project(folder)
    environment = project.environment(env)
    verdicts: dict[str, Verdict] = {}
    examined: list[Examined] = []
    policies = {name: project.config.policy_for(name, environment.name) for name in project.catalogs(catalog)}
    readings = {name: read(project, name, policy) for name, policy in policies.items()}
    clashing = clashes({name: each.mapped.desired for name, each in readings.items()}, KINDS)
    for name, reading in readings.items():
        found_in = (*reading.diagnostics, *clashing[name])
        verdicts[name] = judge(found_in, reading.forbidden, reading.mapped.annotations)
        examined.append(_examined(name, reading, verdicts[name]))
    found = by_importance(each for verdict in verdicts.values() for each in verdict.diagnostics)
    names = _named(project, files)
    shown = tuple(each for each in found if names is None or (each.source and each.source.file in names))
    screen.report(shown)
    rows = {name: (_problems(each), each.counts, each.blocked) for name, each in verdicts.items()}
    show(screen, FINDINGS, Findings(shown, tuple(each.within(names) for each in examined), rows))
    if any(each.is_error for each in shown):
        return ExitCode.ERROR
    return ExitCode.BLOCKED if any(verdict.blocked for verdict in verdicts.values()) else ExitCode.OK


def _examined(name: str, reading: Reading, verdict: Verdict) -> Examined:
    catalog = reading.loaded.catalog
    # A file that cannot be read has no model, but a diagnostic.
    files = [
        *(each.file for each in catalog.models),
        *(each.source.file for each in verdict.diagnostics if each.source),
    ]
    return Examined(
        name, tuple(dict.fromkeys(files)), {each.address: place(each) for each in catalog.artifacts()}
    )


def _named(project: Project, files: list[Path]) -> frozenset[str] | None:
    """The named files as messages show them; None where none is named. References need the whole catalog."""
    for file in files:
        if not file.is_file():
            raise UsageError(
                error("no-such-file", "The file does not exist", f"{file} was named.", hint="check the path")
            )
    return frozenset(project.shown(file.resolve()) for file in files) or None


def _problems(verdict: Verdict) -> int:
    return sum(each.is_error for each in verdict.diagnostics) if verdict.invalid else 0


def explain(
    screen: Terminal, address: str | None, folder: Path | None, env: str | None, catalog: str | None
) -> ExitCode:
    """How artifacts map, and since when the one at `address` is in force; what is recorded is no condition.

    Raises InvalidInput for manifests that make no sense, UsageError where nothing is at the address.
    """
    project = find_project(folder)
    environment = project.environment(env)
    readings = {
        name: read(project, name, project.config.policy_for(name, environment.name))
        for name in project.catalogs(catalog)
    }
    if problems := [each for reading in readings.values() for each in reading.diagnostics if each.is_error]:
        raise InvalidInput(*by_importance(problems))
    recorded = _recorded(screen, project, environment, tuple(readings)) if address else {}
    found = [
        Explained(reading.mapped, artifact, _standing(reading.mapped, artifact, recorded.get(name, ())))
        for name, reading in readings.items()
        for artifact in _artifacts(reading, address)
    ]
    if not found:
        raise UsageError(_no_artifact(address or "", readings, recorded))
    for sink in screen.sinks:
        screen.write(_explained(screen, sink, found), sink)
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class Explained:
    """A catalog, or one artifact of it, to be told of."""

    mapped: Mapped
    artifact: str | None
    """None is all of them."""
    record: Standing | None


def _artifacts(reading: Reading, address: str | None) -> tuple[str | None, ...]:
    """The artifact at the address, also where that is the address of an object which was made for it."""
    if address is None or any(note.address == address for note in reading.mapped.annotations):
        return (address,)
    made = reading.mapped.desired.get(address)
    return (made.artifact,) if made else ()


def _recorded(
    screen: Terminal, project: Project, environment: Environment, names: tuple[str, ...]
) -> dict[str, tuple[Revision, ...]]:
    """The revisions of each catalog; a record that cannot be read is no reason to explain nothing."""
    try:
        return {name: revisions(project, name, environment).all() for name in names}
    except InvalidInput as problem:
        told = problem.diagnostics[0]
        screen.tell(f"What is in force is not told: {told.summary}. {told.detail}")
        return {}


def _standing(mapped: Mapped, artifact: str | None, recorded: tuple[Revision, ...]) -> Standing | None:
    made = (each.address for each in mapped.desired if each.artifact == artifact)
    return standing(made, recorded, KINDS) if artifact else None


def _explained(screen: Terminal, sink: Sink, found: list[Explained]) -> str:
    from stripectl.views.as_json import explain_json, json_text
    from stripectl.views.text import explain_text

    if sink.format == "json":
        desired = State.of(resource for each in found for resource in each.mapped.desired)
        notes = [note for each in found for note in each.mapped.annotations]
        records = [each.record for each in found if each.record]
        return json_text(explain_json(desired, notes, address=found[0].artifact, records=records))
    look = ink(screen, sink)
    return "\n".join(
        explain_text(
            each.mapped.desired, each.mapped.annotations, address=each.artifact, record=each.record, **look
        )
        for each in found
    )


def _no_artifact(
    address: str, readings: dict[str, Reading], recorded: dict[str, tuple[Revision, ...]]
) -> Diagnostic:
    known = [note.address for reading in readings.values() for note in reading.mapped.annotations]
    once = address in known_addresses(each for found in recorded.values() for each in found)
    return error(
        "unknown-address",
        "There is nothing at that address",
        f"{address} is no artifact of {', '.join(readings)}.",
        hint=f"it was there once: see `stripectl history {address}`"
        if once
        else did_you_mean(address, known) or "see all addresses with `stripectl explain`",
    )
