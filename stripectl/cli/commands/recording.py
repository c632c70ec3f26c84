"""`drift`, `history` and `show`: what was recorded, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from stripectl.cli.commands.planning import Choice, only_one
from stripectl.cli.progress import patient, tell_request
from stripectl.cli.project import find_project
from stripectl.cli.rendering import ink, show_plans
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import provider, request_log, revisions, session
from stripectl.diagnostics import Diagnostic, ExitCode, InvalidInput, StalePlan, UsageError, error
from stripectl.engine.plan import Plan, Revision
from stripectl.operations.drift import Drifted
from stripectl.operations.drift import drift as compare
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan
from stripectl.store.revisions import load_revision


def drift(screen: Terminal, choice: Choice) -> ExitCode:
    """Compare each chosen catalog with its last revision; exit 2 where something drifted."""
    project, environment, names = choice.open()
    told = partial(tell_request, screen)
    account = provider(project, environment, read_only=True, on_sent=told, keep=True)
    sessions = [session(project, name, environment, read_only=True, account=account) for name in names]
    with patient(screen, "Reading the account"):
        found = [compare(each) for each in sessions]
    for sink in screen.sinks:
        screen.write(_drift_texts(screen, sink, found), sink)
    return ExitCode.CHANGES if any(each.rows for each in found) else ExitCode.OK


def _drift_texts(screen: Terminal, sink: Sink, found: list[Drifted]) -> str:
    from stripectl.views.as_json import drift_json, drifts_json, json_text
    from stripectl.views.text import drift_text

    if sink.format == "json":
        shapes = [
            drift_json(each.catalog, each.environment, each.number, each.rows, each.remarks) for each in found
        ]
        return json_text(shapes[0] if len(shapes) == 1 else drifts_json(shapes))
    look = ink(screen, sink)
    return "\n".join(
        drift_text(each.rows, each.revision, each.remarks, verbose=screen.verbose > 0, **look)
        if each.revision
        else f"{each.catalog}: no revision yet in environment {each.environment}; nothing to compare with.\n"
        for each in found
    )


def history(
    screen: Terminal, choice: Choice, address: str | None, requests: str | None, *, offline: bool
) -> ExitCode:
    """The revisions of each chosen catalog, the past of an address, or the requests of one run."""
    if requests is not None:
        if address is not None:
            raise UsageError(
                error(
                    "one-way",
                    "Only one of these can be done",
                    "An ADDRESS and --requests exclude one another.",
                    hint="a request belongs to a run, not to an address: leave the address out",
                )
            )
        return _requests(screen, choice, requests)
    if address is not None:
        from stripectl.cli.commands.tracing import trace

        return trace(screen, choice, address, offline=offline)
    project, environment, names = choice.open()
    every = {name: revisions(project, name, environment).all() for name in names}
    for sink in screen.sinks:
        screen.write(_history_texts(screen, sink, every), sink)
    return ExitCode.OK


def _history_texts(screen: Terminal, sink: Sink, every: dict[str, tuple[Revision, ...]]) -> str:
    from stripectl.views.as_json import history_json, json_text
    from stripectl.views.text import history_text

    if sink.format == "json":
        return json_text(history_json(revision for found in every.values() for revision in found))
    look = ink(screen, sink)
    return "\n".join(
        history_text(found, **look) if found else f"{name}: no revision yet.\n"
        for name, found in every.items()
    )


def _requests(screen: Terminal, choice: Choice, what: str) -> ExitCode:
    """What was sent by the run that made a revision, or by a run whose id a message named."""
    from stripectl.cli.commands.applying import is_revision, revision_number
    from stripectl.views.as_json import json_text, requests_json
    from stripectl.views.text import requests_text

    project, environment, names = choice.open()
    name = only_one(names, "history --requests")
    log = request_log(project, name, environment)
    number = revision_number(what) if is_revision(what) else None
    run = revisions(project, name, environment).get(number).run if number else what
    found = log.of(run)
    if not number and not found.lines:
        raise UsageError(_unknown_run(run, name, environment.name, log.runs()))
    title = f"Requests of {f'revision {number} of ' if number else ''}{name} in {environment.name}"
    for sink in screen.sinks:
        if sink.format == "json":
            shape = requests_json(name, environment.name, number, run, found.lines, found.damaged)
            screen.write(json_text(shape), sink)
        else:
            screen.write(requests_text(title, run, found.lines, found.damaged, **ink(screen, sink)), sink)
    return ExitCode.OK


def _unknown_run(run: str, catalog: str, environment: str, known: tuple[str, ...]) -> Diagnostic:
    latest = ", ".join(known[-5:]) or "none"
    return error(
        "unknown-run",
        "The request log does not know the run",
        f"{run} was asked for; the last runs in the log of {catalog} in environment {environment}: {latest}.",
        hint="name a revision from `stripectl history`, or a run as a message or the log shows it",
    )


def show(screen: Terminal, what: str, folder: Path | None, env: str | None, catalog: str | None) -> ExitCode:
    """A plan file, a revision file, or a revision by its number, as it was when it was written."""
    path = Path(what)
    if path.exists():
        _show_file(screen, path)
        return ExitCode.OK
    from stripectl.cli.commands.applying import is_revision, revision_number

    if not is_revision(what):
        raise InvalidInput(
            error(
                "no-such-file",
                "The file does not exist",
                f"{what} is neither a file nor the number of a revision.",
                hint="name a plan file, or a revision from `stripectl history`",
            )
        )
    project = find_project(folder)
    name = only_one(project.catalogs(catalog), "show")
    _show_revision(screen, revisions(project, name, project.environment(env)).get(revision_number(what)))
    return ExitCode.OK


def _show_file(screen: Terminal, path: Path) -> None:
    found = _load(path)
    if isinstance(found, Plan):
        show_plans(screen, (found,), saved=path)
    else:
        _show_revision(screen, found)


def _load(path: Path) -> Plan | Revision:
    """What the file holds; the complaint about a plan is the one that is told."""
    try:
        return load_plan(path, KINDS)
    except StalePlan:
        raise
    except InvalidInput as no_plan:
        try:
            return load_revision(path, KINDS, follow=True)
        except InvalidInput:
            raise no_plan from None


def _show_revision(screen: Terminal, revision: Revision) -> None:
    from stripectl.views.as_json import json_text, revision_json
    from stripectl.views.text import revision_text

    texts: dict[str, Callable[[Sink], str]] = {
        "text": lambda sink: revision_text(revision, **ink(screen, sink)),
        "json": lambda _: json_text(revision_json(revision)),
    }
    for sink in screen.sinks:
        if sink.format not in texts:
            raise UsageError(
                error(
                    "unknown-format",
                    "There is no such output format",
                    f"A revision can be shown as {' or '.join(texts)}, not as {sink.format}.",
                    hint="write --output text or --output json",
                )
            )
        screen.write(texts[sink.format](sink), sink)
