"""Run stripectl as a person would, each result once for the log and once for the action to read."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from stripectl.action.found import Found, found_in, last_words
from stripectl.action.inputs import Inputs
from stripectl.action.runner import Runner
from stripectl.diagnostics import Diagnostic
from stripectl.files import read_text

_PLANS = ("json", "markdown", "github")

FORMATS: Mapping[str, tuple[str, ...]] = {
    "validate": _PLANS,
    "diff": _PLANS,
    "plan": _PLANS,
    "apply": (*_PLANS, "jsonl"),
    "drift": ("json", "text"),
}
"""Command -> what it writes into files, besides text into the log."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    command: str
    code: int
    found: Found
    markdown: str
    """What a reader sees of it; of `drift` its text, fenced."""
    annotations: str
    """Workflow commands, a line each."""
    failure: tuple[Diagnostic, ...] = ()
    """Why an apply failed after its plan was shown."""

    @property
    def ok(self) -> bool:
        return self.code == 0


def run(inputs: Inputs, runner: Runner, command: str, *options: str, report: bool = True) -> Ran:
    """Run a command with the options that the inputs ask for, and wait for it."""
    with tempfile.TemporaryDirectory(prefix="stripectl-", dir=runner.room) as folder:
        files = {name: Path(folder) / f"found.{name}" for name in FORMATS[command]}
        outputs = [f"{name}={file}" for name, file in files.items()]
        if report and inputs.report:
            outputs.append(f"html={inputs.report}")
        written = (word for each in ("text", *outputs) for word in ("--output", each))
        # -P, as the folder is the user's: a module in it is not to take the place of one that is imported.
        words = (sys.executable, "-P", "-m", "stripectl", command, *options, *written)
        code = _watched(words, inputs.folder, _without_inputs(runner.variables))
        texts = {name: _text(file) for name, file in files.items()}
        return Ran(
            command,
            code,
            found_in(files["json"]),
            texts.get("markdown") or fenced(texts.get("text", "")),
            texts.get("github", ""),
            last_words(files["jsonl"]) if "jsonl" in files and code else (),
        )


def target(inputs: Inputs) -> Iterator[str]:
    """The options that choose what a command works on."""
    if inputs.environment:
        yield from ("--env", inputs.environment)
    if inputs.catalog:
        yield from ("--catalog", inputs.catalog)


def allowances(inputs: Inputs) -> Iterator[str]:
    for each in inputs.allow:
        yield from ("--allow", each)


def fenced(text: str) -> str:
    """A text as a block of code, which nothing in it can end: its fence is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text.rstrip()}\n{fence}\n" if text.strip() else ""


def _text(file: Path) -> str:
    return read_text(file) if file.is_file() else ""


def _without_inputs(variables: Mapping[str, str]) -> dict[str, str]:
    """The token of the action is nothing that the command needs to know."""
    return {name: value for name, value in variables.items() if not name.startswith("INPUT_")}


def _watched(words: tuple[str, ...], folder: Path, variables: dict[str, str]) -> int:
    """The exit code of a command that is asked to stop when this process is."""
    sys.stdout.flush()
    with _passing_on() as begun:
        child = subprocess.Popen(  # noqa: S603  no shell, and the options are those of the inputs
            words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, start_new_session=True
        )
        begun(child)
        code = child.wait()
    return 128 - code if code < 0 else code


@contextmanager
def _passing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """A run that is cancelled gets its signal here alone; the command is told, and ends as by hand.

    Gives what is to be called once the command has begun: a signal may come before that.
    """
    children: list[subprocess.Popen[bytes]] = []
    asked = Event()

    def ask(_number: int, _frame: object) -> None:
        asked.set()
        for each in children:
            each.send_signal(signal.SIGINT)

    def begun(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        if asked.is_set():
            child.send_signal(signal.SIGINT)

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield begun
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
