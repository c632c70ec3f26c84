"""`plan`: show what an apply would change, and save it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stripectl.cli.places import apart
from stripectl.cli.progress import patient, tell_request
from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import show_plans
from stripectl.cli.terminal import Terminal
from stripectl.cli.wiring import baskets, intent, provider, session
from stripectl.diagnostics import Diagnostic, ExitCode, InvalidInput, UsageError, by_importance, error
from stripectl.engine.clashes import clashes
from stripectl.engine.guard import ALLOWANCES
from stripectl.engine.plan import Plan
from stripectl.engine.planner import Intent
from stripectl.manifest.config import Environment
from stripectl.operations.plan import plan as make
from stripectl.operations.plan import rollback_intent
from stripectl.operations.session import Session
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import save_plan


@dataclass(frozen=True, slots=True)
class Choice:
    """What the options name."""

    folder: Path | None
    env: str | None
    catalog: str | None
    allow: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def allowed(self) -> frozenset[str]:
        """The allowances; raises UsageError for one that does not exist."""
        for name in self.allow:
            if name not in ALLOWANCES:
                raise UsageError(_unknown_allowance(name))
        return frozenset(self.allow)

    def open(self) -> tuple[Project, Environment, tuple[str, ...]]:
        """The project, the environment and the catalogs to work on."""
        project = find_project(self.folder)
        return project, project.environment(self.env), project.catalogs(self.catalog)


def plan(screen: Terminal, choice: Choice, save: Path | None, *, detailed_exitcode: bool) -> ExitCode:
    """Plan every chosen catalog, show them, save them; the exit code says what was found."""
    if save:
        apart(save, screen.sinks)
    plans = tuple(made for made, _ in plans_of(screen, choice, keep=True))
    if save:
        _save(plans, save)
    show_plans(screen, plans, saved=save)
    if any(made.blocked for made in plans):
        return ExitCode.BLOCKED
    changes = any(made.effective for made in plans)
    return ExitCode.CHANGES if changes and detailed_exitcode else ExitCode.OK


def plans_of(screen: Terminal, choice: Choice, *, keep: bool = False) -> Iterator[tuple[Plan, Session]]:
    """The plan of each chosen catalog; invalid catalogs are all told of before the first plan is made.

    `keep` reads the account once for all of them, and not anew for each: nothing is applied in between.
    """
    told = partial(tell_request, screen)
    allowed = choice.allowed
    project, environment, names = choice.open()
    intents = valid_intents(project, environment, names, choice.targets)
    account = provider(project, environment, read_only=True, on_sent=told, keep=True) if keep else None
    for name, wanted in intents:
        at = session(project, name, environment, read_only=True, account=account, on_sent=told)
        with patient(screen, f"Planning {name}"):
            made = make(at, wanted, allow=allowed)
        yield made, at


def rollback_plan(screen: Terminal, choice: Choice, number: int) -> tuple[Plan, Session]:
    """The plan that restores a revision of the one chosen catalog."""
    project, environment, names = choice.open()
    name = only_one(names, "rollback")
    at = session(project, name, environment, read_only=True, on_sent=partial(tell_request, screen))
    with patient(screen, f"Planning {name}"):
        wanted = rollback_intent(at, number)
        # Profiles go by the names of today, and the plan by those of then.
        asked = tuple(each.renamed(wanted.moved) for each in baskets(project, name, environment))
        return make(at, replace(wanted, profiles=asked), allow=choice.allowed), at


def only_one(names: tuple[str, ...], command: str) -> str:
    """The catalog that a command works on; raises UsageError where there are several to choose from."""
    if len(names) == 1:
        return names[0]
    raise UsageError(
        error(
            "catalog-needed",
            "The command works on one catalog",
            f"`{command}` was given none, and there are several: {', '.join(names)}.",
            hint="name one with --catalog",
        )
    )


def valid_intents(
    project: Project, environment: Environment, names: tuple[str, ...], targets: tuple[str, ...]
) -> list[tuple[str, Intent]]:
    found: list[tuple[str, Intent]] = []
    problems: list[Diagnostic] = []
    for name in names:
        try:
            found.append((name, replace(intent(project, name, environment), targets=targets)))
        except InvalidInput as invalid:
            problems.extend(invalid.diagnostics)
    for each in clashes({name: wanted.desired for name, wanted in found}, KINDS).values():
        problems.extend(each)
    if problems:
        raise InvalidInput(*by_importance(problems))
    return found


def _save(plans: tuple[Plan, ...], path: Path) -> None:
    if len(plans) == 1 and not path.is_dir():
        save_plan(path, plans[0])
        return
    if path.is_file() or path.suffix == ".json":
        raise UsageError(
            error(
                "folder-needed",
                "Several plans need a folder",
                f"There are {len(plans)} catalogs, and {path} is one file.",
                hint="give -o a folder, or choose one catalog with --catalog",
            )
        )
    for made in plans:
        save_plan(path / f"{made.catalog}.json", made)


def _unknown_allowance(name: str) -> Diagnostic:
    known = ", ".join(f"{key} ({what})" for key, what in ALLOWANCES.items())
    return error(
        "unknown-allowance",
        "There is no such allowance",
        f"--allow {name} was given; there are: {known}.",
        hint="use one of them, or leave it out",
    )
