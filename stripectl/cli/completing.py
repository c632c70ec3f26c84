"""Words that a shell offers: environments, catalogs, addresses, revisions, formats, from the project at hand.

Whatever is wrong with the project, a shell that asks gets fewer words and never a message. Nothing is loaded
before it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import typer

if TYPE_CHECKING:
    from stripectl.cli.project import Project

LARGEST = 1_000_000
"""Bytes of manifests: to read more than that takes longer than somebody waits who pressed a key."""

Words: TypeAlias = Callable[[typer.Context], Iterable[str]]
Completer: TypeAlias = Callable[[typer.Context, str], list[str]]


def _quietly(words: Words) -> Completer:
    """The words that go on from what was typed; none where they cannot be told."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return sorted(each for each in words(ctx) if each.startswith(incomplete))
        except Exception:
            return []

    return complete


@_quietly
def environments(ctx: typer.Context) -> Iterable[str]:
    return _project(ctx).config.environments


@_quietly
def catalogs(ctx: typer.Context) -> Iterable[str]:
    return _project(ctx).catalogs()


@_quietly
def addresses(ctx: typer.Context) -> Iterable[str]:
    """Of everything that is declared."""
    from stripectl.manifest.load import load_catalog

    project = _project(ctx)
    for name in project.catalogs(ctx.params.get("catalog")):
        folder = project.catalogs_folder / name
        if sum(each.stat().st_size for each in folder.glob("*.y*ml")) <= LARGEST:
            yield from (each.address for each in load_catalog(folder, root=project.root).catalog.artifacts())


@_quietly
def revisions(ctx: typer.Context) -> Iterable[str]:
    """Numbers of what was recorded in the environment."""
    project = _project(ctx)
    state = project.state_folder(project.environment(ctx.params.get("env")))
    for name in project.catalogs(ctx.params.get("catalog")):
        yield from {str(int(each.stem)) for each in (state / name / "revisions").glob("[0-9]*.json")}


@_quietly
def formats(ctx: typer.Context) -> Iterable[str]:
    """What the command can write."""
    from stripectl.cli import rendering

    return {
        "validate": rendering.FINDINGS,
        "plan": rendering.PLANS,
        "diff": rendering.PLANS,
        "show": rendering.PLANS,
        "apply": rendering.APPLYING,
        "rollback": rendering.APPLYING,
        "quote": rendering.QUOTES,
    }.get(ctx.info_name or "", rendering.RECORDS)


@_quietly
def allowances(_ctx: typer.Context) -> Iterable[str]:
    from stripectl.engine.guard import ALLOWANCES

    return ALLOWANCES


@_quietly
def schemas(_ctx: typer.Context) -> Iterable[str]:
    from stripectl.cli.commands.starting import SCHEMAS

    return SCHEMAS


def _project(ctx: typer.Context) -> Project:
    from pathlib import Path

    from stripectl.cli.project import find_project

    folder = ctx.params.get("folder")
    return find_project(Path(folder) if folder else None)
