"""Git repositories of a test: made with nothing of the tester's own settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.waiting import SECONDS

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SETTINGS: Mapping[str, str] = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git, which must succeed; what it prints."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def committed(folder: Path, message: str = "a change") -> str:
    """Commit all that is in the folder, starting a repository where there is none; the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def cloned(source: Path, target: Path, *options: str) -> Path:
    """A clone through the protocol that shallow clones need."""
    git(source, "clone", "--quiet", *options, f"file://{source}", str(target))
    return target
