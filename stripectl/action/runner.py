"""What GitHub's runner hands to a step, and what it takes from it: variables, the event, files, its log."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stripectl.cli.places import inert
from stripectl.cli.terminal import Terminal
from stripectl.diagnostics import Diagnostic, error, scrubbed
from stripectl.files import Most, append_for, content_of
from stripectl.views.github import workflow_commands

SUMMARY_LIMIT = 1_000_000
"""Bytes: GitHub refuses a step's summary above 1 MiB."""


@dataclass(frozen=True, slots=True)
class Runner:
    """One job of a pipeline."""

    variables: Mapping[str, str]

    def get(self, name: str) -> str:
        return self.variables.get(name, "")

    @property
    def repository(self) -> str:
        return self.get("GITHUB_REPOSITORY")

    @property
    def commit(self) -> str:
        return self.get("GITHUB_SHA")

    @property
    def page(self) -> str:
        """Address of this run for a reader; empty where it has none."""
        server, run = self.get("GITHUB_SERVER_URL"), self.get("GITHUB_RUN_ID")
        return f"{server}/{self.repository}/actions/runs/{run}" if server and run else self.get("CI_JOB_URL")

    @property
    def room(self) -> Path | None:
        """Folder for what the job needs no longer when it ends; None is the system's own."""
        given = self.get("RUNNER_TEMP")
        return Path(given) if given and Path(given).is_dir() else None

    @property
    def pull_request(self) -> int | None:
        """The pull request that the job runs for, by its number."""
        event = self._event().get("pull_request")
        number = event.get("number") if isinstance(event, dict) else None
        return number if isinstance(number, int) else None

    @property
    def from_fork(self) -> bool:
        """Whether the pull request comes from another repository."""
        found: object = self._event()
        for name in ("pull_request", "head", "repo", "full_name"):
            found = found.get(name) if isinstance(found, dict) else None
        return isinstance(found, str) and found != self.repository

    def _event(self) -> Mapping[str, object]:
        try:
            found = json.loads(content_of(Path(self.get("GITHUB_EVENT_PATH")), Most.EVENT, follow=True))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def put_outputs(self, outputs: Mapping[str, str]) -> None:
        """Outputs of the step. No value can end its own block: the line that does is drawn by lot."""
        end = f"end-{secrets.token_hex(16)}"
        self._append(
            "GITHUB_OUTPUT", "".join(f"{name}<<{end}\n{text}\n{end}\n" for name, text in outputs.items())
        )

    def put_summary(self, markdown: str) -> None:
        cut = scrubbed(markdown).encode()[:SUMMARY_LIMIT].decode(errors="ignore")
        self._append("GITHUB_STEP_SUMMARY", f"{cut}\n")

    def _append(self, name: str, text: str) -> None:
        if path := self.get(name):
            try:
                append_for(Path(path), text)
            except OSError as problem:
                # A full disk is told of when the file is closed, by no name.
                raise OSError(problem.errno, problem.strerror, path) from None

    @property
    def annotates(self) -> bool:
        """Whether a line of the log may be a command."""
        return bool(self.get("GITHUB_ACTIONS"))

    def tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics for a reader: as annotations on GitHub, as text elsewhere."""
        found = tuple(diagnostics)
        if not self.annotates:
            Terminal().report(found)
            return
        self.say(scrubbed(workflow_commands(found)))

    def remark(self, text: str) -> None:
        """A line of the log."""
        self.say(f"{inert(scrubbed(text))}\n")

    def say(self, text: str) -> None:
        """Write to the log as it stands: commands to the runner in it are meant."""
        sys.stdout.write(text)
        sys.stdout.flush()


def unwritten(problem: OSError) -> Diagnostic:
    return error(
        "runner-files",
        "A file of the job cannot be read or written",
        f"{problem.filename or 'A file'}: {problem.strerror or type(problem).__name__}.",
        hint="check the space on the runner, and what its variables GITHUB_… and RUNNER_TEMP name",
    )


def runner_from(variables: Mapping[str, str] | None = None) -> Runner:
    return Runner(dict(os.environ if variables is None else variables))
