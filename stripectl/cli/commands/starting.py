"""`init` and `schema`."""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from pathlib import Path

from stripectl.diagnostics import InvalidInput, Location, UsageError, did_you_mean, error
from stripectl.files import Most, read_text, shipped, write_atomically
from stripectl.manifest.schemas import whole

SCHEMAS = (
    "manifest",
    "config",
    "plan",
    "revision",
    "plans",
    "diagnostics",
    "drift",
    "history",
    "past",
    "requests",
    "explain",
    "quote",
    "doctor",
    "locks",
    "progress",
)
"""Of files first, then of what commands print."""

STARTER = {
    "stripectl.yaml": "stripectl.yaml",
    "catalogs/main/team.yaml": "team.yaml",
    "schemas/manifest.schema.json": None,
    "schemas/config.schema.json": None,
    ".github/workflows/catalog.yaml": "workflow.yaml",
    ".gitignore": "gitignore",
}
"""File of a new project -> the template that it starts from; None is the schema of the same name."""


def init(folder: Path) -> None:
    """Write the files of a new project; raises InvalidInput where one of them is there already."""
    taken = [name for name in STARTER if name != ".gitignore" and os.path.lexists(folder / name)]
    if taken:
        raise InvalidInput(
            error(
                "already-a-project",
                "The folder holds a project already",
                f"{folder / taken[0]} exists; nothing was written.",
                hint="choose another folder, or go on with `stripectl plan`",
                source=Location(str(folder / taken[0])),
            )
        )
    for name, template in STARTER.items():
        _write(folder / name, _content(name, template))
        sys.stdout.write(f"wrote {folder / name}\n")
    there = "" if folder == Path() else f" --dir {folder}"
    sys.stdout.write(f"\nNext: stripectl plan{there}\n")


def _content(name: str, template: str | None) -> str:
    if template is None:
        return _schema_text(Path(name).name.partition(".")[0])
    return shipped(files("stripectl.cli") / "starter" / template)


def _write(path: Path, text: str) -> None:
    """A new file; one that is there gets the lines that it lacks."""
    present = read_text(path, Most.IGNORED) if os.path.lexists(path) else ""
    missing = "".join(f"{line}\n" for line in text.splitlines() if line not in present.splitlines())
    write_atomically(path, present + missing if present else text)


def schema(name: str) -> None:
    """Print one schema; raises UsageError for a name that there is not."""
    if name not in SCHEMAS:
        raise UsageError(
            error(
                "unknown-schema",
                "There is no such schema",
                f"{name} was asked for; there are: {', '.join(SCHEMAS)}.",
                hint=did_you_mean(name, SCHEMAS) or "name one of them",
            )
        )
    sys.stdout.write(_schema_text(name))


def _schema_text(name: str) -> str:
    return json.dumps(whole(name), indent=2, ensure_ascii=False) + "\n"
