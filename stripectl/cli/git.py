"""Git, called so that nothing of the repository that it looks at is executed. Every call goes through `ask`.

A repository says in its settings which programs git is to run: to watch files, to filter them, to compare
them, to reach a server, at every hook. Whoever sends somebody a repository, or puts one into another, would
run a program there. So git finds no repository that merely lies in another, is asked nothing that filters or
compares files or goes into submodules, and is told for each thing that it could run to run none. What the
machine and its owner have set counts, as does git's refusal of folders that belong to somebody else.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 30
"""Git takes no longer for what it is asked here, even in a large repository on a slow disk."""

SETTINGS: Mapping[str, str] = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.autocrlf": "false",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "fetch.fsckObjects": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""What git is told whatever a repository has set."""

LOCAL: Mapping[str, str] = {
    "LC_ALL": "C",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    # A clone that leaves files out would fetch what it is asked for, over what its settings name.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
}
"""Variables of every call; no server is reached."""

REMOTE: Mapping[str, str] = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
"""Variables of a call that is to reach a server, in a repository that is our own; never by a program."""

COMMANDS = frozenset(
    {
        "cat-file",
        "check-ref-format",
        "commit-tree",
        "config",
        "diff-tree",
        "fetch",
        "hash-object",
        "init",
        "ls-files",
        "ls-remote",
        "ls-tree",
        "merge-base",
        "push",
        "read-tree",
        "remote",
        "rev-list",
        "rev-parse",
        "symbolic-ref",
        "update-index",
        "write-tree",
    }
)
"""What git is asked for. `status`, `diff`, `checkout` and `archive` are not among them: each filters files or
goes into submodules, with programs that the settings name by names of their own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return os.fsdecode(self.out).removesuffix("\n")

    @property
    def ok(self) -> bool:
        return self.code == 0


def ask(
    folder: Path,
    command: str,
    *arguments: str,
    given: bytes = b"",
    variables: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Answer | None:
    """Git's answer in a folder, whatever it is; None where git is missing or takes too long."""
    if command not in COMMANDS:
        raise ValueError(f"git {command} may run what a repository names")
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    try:
        done = subprocess.run(  # noqa: S603  no shell, and its options are ours
            ["git", "--no-optional-locks", "--no-pager", *settings, "-C", str(folder), command, *arguments],  # noqa: S607  whichever git there is
            input=given,
            capture_output=True,
            check=False,
            timeout=seconds,
            env={**os.environ, **LOCAL, **(variables or {})},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def git(folder: Path, command: str, *arguments: str) -> str | None:
    """What git says in a folder; None where it refuses, or is not there."""
    answer = ask(folder, command, *arguments)
    return answer.text if answer and answer.ok else None
