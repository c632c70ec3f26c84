"""Plans, drift and records into every place that was asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from stripectl.cli.terminal import Sink, Terminal
from stripectl.engine.plan import Plan
from stripectl.engine.serial import FORMAT_VERSION, plan_to_json
from stripectl.engine.values import Json


def show_plans(
    screen: Terminal, plans: tuple[Plan, ...], *, saved: Path | None = None, next_command: str | None = None
) -> None:
    """Write the plans to every sink; one JSON document also for several plans."""
    for sink in screen.sinks:
        screen.write(_FORMATS[sink.format](screen, sink, plans, saved, next_command), sink)


def as_json(document: Json | Mapping[str, Json]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)


def _text(
    screen: Terminal, sink: Sink, plans: tuple[Plan, ...], saved: Path | None, command: str | None
) -> str:
    from stripectl.views.text import plan_text

    on_screen = sink.file is None
    return "\n".join(
        plan_text(
            made,
            width=screen.width() if on_screen else 100,
            colour=on_screen and screen.colour(),
            verbose=screen.verbose,
            next_command=_next(made, plans, saved, command),
            ascii_only=on_screen and screen.ascii_only(sys.stdout),
        )
        for made in plans
    )


def _next(made: Plan, plans: tuple[Plan, ...], saved: Path | None, command: str | None) -> str | None:
    """What to do with the plan: apply the file that it was saved in, where it was."""
    if saved is None or made.blocked or not made.effective:
        return command
    path = saved if len(plans) == 1 and not saved.is_dir() else saved / f"{made.catalog}.json"
    return f"stripectl apply {path}"


def _markdown(
    _screen: Terminal, _sink: Sink, plans: tuple[Plan, ...], _saved: Path | None, _command: str | None
) -> str:
    from stripectl.views.markdown import plan_markdown

    return "\n".join(plan_markdown(made) for made in plans)


def _json(
    _screen: Terminal, _sink: Sink, plans: tuple[Plan, ...], _saved: Path | None, _command: str | None
) -> str:
    shapes: list[Json] = [plan_to_json(made) for made in plans]
    return as_json(shapes[0] if len(shapes) == 1 else {"format_version": FORMAT_VERSION, "plans": shapes})


_FORMATS = {"text": _text, "markdown": _markdown, "json": _json}
