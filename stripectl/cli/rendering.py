"""Plans and records into every place that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from stripectl.cli.terminal import Sink, Terminal
from stripectl.engine.plan import Plan

PAGE = 100
"""Columns of a text that goes into a file."""


class Ink(TypedDict):
    """How a text is set, as the text views take it."""

    width: int
    colour: bool
    ascii_only: bool


def ink(screen: Terminal, sink: Sink) -> Ink:
    """Fit for the terminal, or for a file."""
    if sink.file is not None:
        return Ink(width=PAGE, colour=False, ascii_only=False)
    return Ink(width=screen.width(), colour=screen.colour(), ascii_only=screen.ascii_only())


def show_plans(
    screen: Terminal, plans: tuple[Plan, ...], *, saved: Path | None = None, next_command: str | None = None
) -> None:
    """Write the plans to every sink; one JSON document also for several plans."""
    for sink in screen.sinks:
        match sink.format:
            case "json":
                text = _json(plans)
            case "markdown":
                text = _markdown(plans)
            case "html":
                text = _html(plans)
            case _:
                text = _text(screen, sink, plans, saved, next_command)
        screen.write(text, sink)


def _text(
    screen: Terminal, sink: Sink, plans: tuple[Plan, ...], saved: Path | None, command: str | None
) -> str:
    from stripectl.views.text import plans_text

    commands = [_next(made, plans, saved, command) for made in plans]
    return plans_text(plans, verbose=screen.verbose > 0, next_commands=commands, **ink(screen, sink))


def _next(made: Plan, plans: tuple[Plan, ...], saved: Path | None, command: str | None) -> str | None:
    """What to do with the plan: apply the file that it was saved in, where it was."""
    if saved is None or made.blocked or not made.effective:
        return command
    path = saved if len(plans) == 1 and not saved.is_dir() else saved / f"{made.catalog}.json"
    return f"stripectl apply {path}"


def _markdown(plans: tuple[Plan, ...]) -> str:
    from stripectl.views.markdown import plan_markdown

    return "\n".join(plan_markdown(made) for made in plans)


def _html(plans: tuple[Plan, ...]) -> str:
    from stripectl.views.report.document import plans_html

    return plans_html(plans)


def _json(plans: tuple[Plan, ...]) -> str:
    from stripectl.views.as_json import json_text, plans_json

    return json_text(plans_json(plans))
