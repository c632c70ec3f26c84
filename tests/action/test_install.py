"""The first step of the action, for real: it brings stripectl from the action's own checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.action.conftest import ROOT, action
from tests.repositories import git, needs_git
from tests.waiting import SECONDS

UNREACHABLE = ("No matching distribution", "Connection", "Temporary failure")
"""What pip says where there is no index to be reached."""


@needs_git
@pytest.mark.slow
def test_stripectl_is_installed_once_from_the_checkout_of_the_action(tmp_path: Path) -> None:
    checkout = tmp_path / "action"
    for name in git(
        ROOT, "ls-files", "stripectl", "schemas", "*.toml", "*.txt", "README.md", "LICENSE"
    ).splitlines():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    script = action()["runs"]["steps"][0]["run"]

    def install() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", f"export GITHUB_ACTION_PATH={checkout}\n{script}"],
            capture_output=True,
            text=True,
            timeout=600,
        )

    first = install()
    if first.returncode and any(each in first.stderr for each in UNREACHABLE):
        pytest.skip("no package index can be reached")
    assert first.returncode == 0, first.stderr
    python = checkout / ".venv/bin/python"
    asked = subprocess.run(
        [python, "-m", "stripectl", "schema", "plan"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert asked.returncode == 0, asked.stderr
    before = (checkout / ".venv/ready").stat().st_mtime_ns
    assert install().returncode == 0
    assert (checkout / ".venv/ready").stat().st_mtime_ns == before
