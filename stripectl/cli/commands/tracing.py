"""`history ADDRESS`: everything that an address has stood for, and how many subscriptions still sit on it."""

from __future__ import annotations

from functools import partial

from stripectl.cli.commands.planning import Choice
from stripectl.cli.progress import patient, tell_request
from stripectl.cli.project import Project
from stripectl.cli.rendering import ink
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import provider, revisions
from stripectl.diagnostics import Diagnostic, ExitCode, InvalidInput, UsageError, did_you_mean, error
from stripectl.engine.past import Counts, Past, known_addresses, pasts
from stripectl.engine.plan import Revision
from stripectl.manifest.config import Environment
from stripectl.operations.history import count, reason
from stripectl.providers.stripe.kinds import KINDS

OFFLINE = "No account was asked, as --offline says."


def trace(screen: Terminal, choice: Choice, address: str, *, offline: bool) -> ExitCode:
    """Show the past of an address in each chosen catalog; raises UsageError where no revision knows it.

    That the account cannot be asked is part of the answer, not an error.
    """
    project, environment, names = choice.open()
    every = {name: revisions(project, name, environment).all() for name in names}
    found = [past for recorded in every.values() for past in pasts(address, recorded, KINDS)]
    if not found:
        raise UsageError(_never_recorded(address, environment, every))
    counts = _counts(screen, project, environment, found, offline=offline)
    for sink in screen.sinks:
        screen.write(_texts(screen, sink, found, counts), sink)
    return ExitCode.OK


def _counts(
    screen: Terminal, project: Project, environment: Environment, found: list[Past], *, offline: bool
) -> Counts:
    if not any(term.subscribable for past in found for term in past.terms):
        return Counts()
    if offline:
        return Counts(unknown=OFFLINE)
    try:
        account = provider(project, environment, read_only=True, on_sent=partial(tell_request, screen))
    except InvalidInput as problem:
        return Counts(unknown=reason(problem.diagnostics[0]))
    with patient(screen, "Counting subscriptions"):
        return count(account, found)


def _texts(screen: Terminal, sink: Sink, found: list[Past], counts: Counts) -> str:
    from stripectl.views.as_json import json_text, pasts_json
    from stripectl.views.text import pasts_text

    if sink.format == "json":
        return json_text(pasts_json(found, counts))
    return pasts_text(found, counts, **ink(screen, sink))


def _never_recorded(
    address: str, environment: Environment, every: dict[str, tuple[Revision, ...]]
) -> Diagnostic:
    known = known_addresses(revision for recorded in every.values() for revision in recorded)
    way_out = (
        "see the addresses with `stripectl explain`" if known else "nothing was applied here yet: plan first"
    )
    return error(
        "never-recorded",
        "No revision knows the address",
        f"{address} is in no revision of {', '.join(every)} in environment {environment.name}.",
        hint=did_you_mean(address, known) or way_out,
    )
