"""`diff`: the manifests of a commit against those of the working tree, without any account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stripectl.cli.commands.planning import Choice, valid_intents
from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import show_plans
from stripectl.cli.repository import tree_at
from stripectl.cli.terminal import Terminal
from stripectl.cli.versions import Catalogs, catalogs_of, version_of
from stripectl.cli.wiring import here
from stripectl.diagnostics import ExitCode
from stripectl.engine.comparing import compare_versions, differs, gone
from stripectl.engine.plan import Plan
from stripectl.engine.planner import Intent
from stripectl.engine.quotes import Sale
from stripectl.manifest.config import Environment
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.plan_quotes import quotes


def diff(screen: Terminal, choice: Choice, base: str | None, *, detailed_exitcode: bool) -> ExitCode:
    """Compare every chosen catalog of both versions and show what differs; the exit code says what was found.

    `base` is a ref; None is the last commit that this branch shares with the one that it is to go to.
    """
    allowed = choice.allowed
    project = find_project(choice.folder)
    environment = project.environment(choice.env)
    catalogs = catalogs_of(project, tree_at(project.root, base))
    lost = _lost(project, catalogs, choice.catalog)
    # Where all that is left of the chosen ones is what the base had, there is nothing else to read.
    gone_all = choice.catalog in lost or (bool(lost) and not project.present)
    names = () if gone_all else project.catalogs(choice.catalog)
    intents = valid_intents(project, environment, names, ())
    at = here(project)
    plans = tuple(
        replace(made, made_from=at)
        for made in (
            *(_compared(project, environment, catalogs, wanted, allowed) for _, wanted in intents),
            *_gone(catalogs, lost, environment),
        )
    )
    show_plans(screen, plans)
    if any(made.blocked for made in plans):
        return ExitCode.BLOCKED
    return ExitCode.CHANGES if detailed_exitcode and any(map(differs, plans)) else ExitCode.OK


def _lost(project: Project, catalogs: Catalogs, chosen: str | None) -> tuple[str, ...]:
    """Catalogs that only the base has, of those that were asked for."""
    return tuple(name for name in catalogs.files if name not in project.present and chosen in (None, name))


def _compared(
    project: Project, environment: Environment, catalogs: Catalogs, wanted: Intent, allowed: frozenset[str]
) -> Plan:
    version, found = version_of(catalogs, wanted.catalog)
    policy = project.config.policy_for(wanted.catalog, environment.name)
    told = replace(wanted, diagnostics=(*wanted.diagnostics, *found))
    made = compare_versions(version, told, environment.name, KINDS, policy, allow=allowed)
    # A profile is a question of the reviewer's: both versions are asked those of the working tree.
    before = Sale.of(version.declared, version.annotations).readdressed(made.moved)
    after = Sale.of(made.desired, made.annotations)
    return replace(made, quotes=quotes(wanted.profiles, before, after))


def _gone(catalogs: Catalogs, lost: tuple[str, ...], environment: Environment) -> Iterator[Plan]:
    for name in lost:
        version, _ = version_of(catalogs, name)
        yield gone(version, name, environment.name)
