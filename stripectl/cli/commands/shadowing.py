"""`shadow serve` and `shadow reset`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from stripectl.cli.deadline import DEADLINE
from stripectl.cli.project import Project, find_project
from stripectl.cli.wiring import SHADOW_KEY, shadow_file
from stripectl.diagnostics import UsageError, error
from stripectl.files import make_folder
from stripectl.manifest.config import Environment
from stripectl.store.removal import remove_records

SHOWN = 5
"""Of what a reset left, so many are named."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the server answers."""

    latency: int = 0
    """Milliseconds added to every answer."""
    per_endpoint: int | None = None
    """Most requests in a second for one endpoint; None sets no limit."""
    overall: int | None = None
    """The same for all endpoints together."""
    retry_after: int | None = None
    """Seconds that a 429 asks to wait; None leaves that open, as Stripe does."""
    denied: frozenset[str] = frozenset()
    """Permissions that restricted keys lack, in Stripe's names."""


def serve(folder: Path | None, env: str | None, port: int, manner: Manner) -> None:
    """Serve the account until a signal ends it; the first line of stdout is its address."""
    from stripectl.providers.shadow.limiter import Limits
    from stripectl.providers.shadow.server import serve as listen

    DEADLINE.lift()
    project, environment = _shadow(folder, env)
    _require_known(manner.denied)
    file = shadow_file(project, environment)

    def ready(url: str) -> None:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stderr.write(f"Serving {project.shown(file)}; any test key opens it, {SHADOW_KEY} for one.\n")

    make_folder(file.parent)
    limits = Limits(manner.per_endpoint, manner.overall)
    tally = listen(
        file,
        port,
        on_ready=ready,
        latency=manner.latency / 1000,
        limits=limits,
        retry_after=manner.retry_after,
        denied=manner.denied,
    )
    sys.stderr.write(f"Answered {tally.requests} requests, {tally.refused} of them with 429.\n")


def reset(folder: Path | None, env: str | None, *, yes: bool) -> None:
    """Remove the account and everything recorded of it."""
    from stripectl.providers.shadow.database import reset as remove

    project, environment = _shadow(folder, env)
    state = project.state_folder(environment)
    if not yes:
        raise UsageError(
            error(
                "no-one-to-ask",
                "A reset has to be meant",
                f"It removes the account, revisions and journals in {project.shown(state)}.",
                hint="say so with --yes",
            )
        )
    remove(shadow_file(project, environment))
    left = remove_records(state)
    sys.stdout.write(f"Environment {environment.name} starts over.\n")
    if left:
        more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
        names = ", ".join(map(project.shown, left[:SHOWN]))
        sys.stderr.write(f"Left alone, as no record of it: {names}{more}.\n")


def _require_known(denied: frozenset[str]) -> None:
    from stripectl.providers.shadow.permissions import PERMISSIONS

    if unknown := sorted(denied - PERMISSIONS):
        raise UsageError(
            error(
                "unknown-permission",
                "The permission is unknown",
                f"No request to a shadow account needs {', '.join(unknown)}, so nothing would be refused.",
                hint=f"name one of {', '.join(sorted(PERMISSIONS))}",
            )
        )


def _shadow(folder: Path | None, env: str | None) -> tuple[Project, Environment]:
    project = find_project(folder)
    shadows = [each for each in project.config.environments.values() if each.provider == "shadow"]
    # Where only one can be meant, the default environment may be another.
    environment = shadows[0] if env is None and len(shadows) == 1 else project.environment(env)
    if environment.provider != "shadow":
        raise UsageError(
            error(
                "no-shadow",
                "The environment is no shadow account",
                f"Environment {environment.name} has provider {environment.provider}.",
                hint="name one with provider shadow: --env shadow",
            )
        )
    return project, environment
