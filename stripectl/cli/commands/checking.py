"""`validate` and `explain`: what can be said of manifests without any account."""

from __future__ import annotations

from pathlib import Path

from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import FINDINGS, Findings, ink, show
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import Reading, read
from stripectl.diagnostics import (
    Diagnostic,
    ExitCode,
    InvalidInput,
    UsageError,
    by_importance,
    did_you_mean,
    error,
)
from stripectl.engine.resource import State
from stripectl.operations.validate import Verdict, judge
from stripectl.pricing.model import place
from stripectl.views.findings import Examined


def validate(
    screen: Terminal, folder: Path | None, env: str | None, catalog: str | None, files: list[Path]
) -> ExitCode:
    """Check every chosen catalog; exit 1 for what is wrong, 3 for what fidelity or policy forbids."""
    project = find_project(folder)
    environment = project.environment(env)
    verdicts: dict[str, Verdict] = {}
    examined: list[Examined] = []
    for name in project.catalogs(catalog):
        policy = project.config.policy_for(name, environment.name)
        reading = read(project, name, policy)
        verdicts[name] = judge(reading.diagnostics, reading.mapped.annotations, policy)
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


def explain(screen: Terminal, address: str | None, folder: Path | None, catalog: str | None) -> ExitCode:
    """How artifacts map; raises InvalidInput for manifests that make no sense, UsageError without a match."""
    project = find_project(folder)
    environment = project.environment(None)
    readings = {
        name: read(project, name, project.config.policy_for(name, environment.name))
        for name in project.catalogs(catalog)
    }
    if problems := [each for reading in readings.values() for each in reading.diagnostics if each.is_error]:
        raise InvalidInput(*by_importance(problems))
    chosen = {name: reading for name, reading in readings.items() if _knows(reading, address)}
    if not chosen:
        raise UsageError(_no_artifact(address or "", readings))
    for sink in screen.sinks:
        screen.write(_explained(screen, sink, chosen, address), sink)
    return ExitCode.OK


def _knows(reading: Reading, address: str | None) -> bool:
    return address is None or any(note.address == address for note in reading.mapped.annotations)


def _explained(screen: Terminal, sink: Sink, readings: dict[str, Reading], address: str | None) -> str:
    from stripectl.views.as_json import explain_json, json_text
    from stripectl.views.text import explain_text

    mapped = [reading.mapped for reading in readings.values()]
    if sink.format == "json":
        desired = State.of(resource for each in mapped for resource in each.desired)
        notes = [note for each in mapped for note in each.annotations]
        return json_text(explain_json(desired, notes, address=address))
    return "\n".join(
        explain_text(each.desired, each.annotations, address=address, **ink(screen, sink)) for each in mapped
    )


def _no_artifact(address: str, readings: dict[str, Reading]) -> Diagnostic:
    known = [note.address for reading in readings.values() for note in reading.mapped.annotations]
    return error(
        "unknown-address",
        "There is nothing at that address",
        f"{address} is no artifact of {', '.join(readings)}.",
        hint=did_you_mean(address, known) or "see all addresses with `stripectl explain`",
    )
