"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stripectl.cli import completing
from stripectl.engine.policy import OnError as _OnError

Folder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="PATH", help="Folder of the project. Default: found upwards from here."),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        envvar="STRIPECTL_ENV",
        help="Environment to work on.",
        autocompletion=completing.environments,
    ),
]
Catalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        metavar="NAME",
        help="Only this catalog. Default: all, in order.",
        autocompletion=completing.catalogs,
    ),
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        metavar="FORMAT[=FILE]",
        help="text, json and others, as docs/outputs.md says; repeat it, with =FILE, for several at once.",
        autocompletion=completing.formats,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain text. NO_COLOR does the same.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        help="Show what does not change and each step; twice: each request, too.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="WHAT",
        help="Let through what the guard stops: irreversible, archives or price-changes. Repeat it.",
        autocompletion=completing.allowances,
    ),
]
LockTimeout = Annotated[
    float, typer.Option("--lock-timeout", metavar="SECONDS", min=0, help="Wait so long for the lock.")
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="ADDRESS",
        help="Only this address and what it needs. Repeat it.",
        autocompletion=completing.addresses,
    ),
]
OnError = Annotated[
    _OnError,
    typer.Option(
        "--on-error",
        help="When a step fails for good: auto puts everything back where customers have seen nothing of it"
        " and else stops, stop always stops, unwind always puts back.",
    ),
]
