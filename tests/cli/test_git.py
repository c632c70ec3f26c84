"""Git runs nothing that a repository names, whatever it is asked and wherever the repository came from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stripectl.cli.git import COMMANDS, ask
from stripectl.cli.repository import made_from, tree_at
from stripectl.diagnostics import InvalidInput
from tests.repositories import committed, git, needs_git
from tests.waiting import SECONDS

pytestmark = needs_git

ROOT = Path(__file__).parents[2]

SETTINGS: Mapping[str, str] = {
    "core.fsmonitor": "{}",
    "core.sshCommand": "{}",
    "core.pager": "{}",
    "core.editor": "{}",
    "core.askPass": "{}",
    "core.gitProxy": "{}",
    "core.alternateRefsCommand": "{}",
    "credential.helper": "!{}",
    "diff.external": "{}",
    "diff.planted.textconv": "{}",
    "diff.planted.command": "{}",
    "filter.planted.clean": "{}",
    "filter.planted.smudge": "{}",
    "filter.planted.process": "{}",
    "pager.status": "{}",
    "protocol.ext.allow": "always",
    "protocol.file.allow": "always",
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
    "remote.origin.url": "ext::{} %S",
    "remote.origin.uploadpack": "{}",
    "remote.origin.receivepack": "{}",
}
"""What makes git run a program, each planted."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was just begun, and everything of it committed."""
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run([sys.executable, "-m", "stripectl", "init"], cwd=project, check=True, capture_output=True)
    (project / ".gitattributes").write_text("*.yaml filter=planted diff=planted\n", encoding="utf-8")
    committed(project)
    return project


def plant(git_dir: Path, mark: Path) -> None:
    """Name a program in everything that makes git run one; it leaves the mark."""
    program = git_dir / "planted"
    program.write_text(f"#!/bin/sh\necho ran >> '{mark}'\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    hooks = git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "pre-push", "reference-transaction", "pre-auto-gc"):
        (hooks / name).unlink(missing_ok=True)
        (hooks / name).symlink_to(program)
    for name, value in SETTINGS.items():
        subprocess.run(
            ["git", "config", "--file", str(git_dir / "config"), name, value.format(program)], check=True
        )


def foreign(project: Path, mark: Path) -> None:
    """The git directory itself is somebody else's, as of an archive that was unpacked."""
    plant(project / ".git", mark)
    # Files that look changed are those that a filter would be asked about.
    for path in project.rglob("*.yaml"):
        path.touch()


def embedded(project: Path, mark: Path) -> None:
    """A clone whose project is a git directory, too: a commit may hold one that is not called `.git`."""
    inner = project / ".git-of-project"
    shutil.copytree(project / ".git", inner)
    shutil.rmtree(project / ".git")
    for each in inner.iterdir():
        shutil.move(each, project / each.name)
    git_config = project / "config"
    for name, value in (("core.bare", "false"), ("core.worktree", str(project))):
        subprocess.run(["git", "config", "--file", str(git_config), name, value], check=True)
    plant(project, mark)


PLACES: list[Callable[[Path, Path], None]] = [foreign, embedded]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "words",
    [["plan"], ["diff", "--base", "HEAD"], ["apply", "--yes"], ["validate", "--output", "sarif"], ["doctor"]],
    ids=lambda words: words[0],
)
def test_no_command_runs_a_program_that_a_repository_names(
    project: Path, tmp_path: Path, place: Callable[[Path, Path], None], words: list[str]
) -> None:
    mark = tmp_path / "mark"
    place(project, mark)
    done = subprocess.run(
        [sys.executable, "-m", "stripectl", *words],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert not mark.exists(), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_what_was_planted_is_run_by_git_as_it_is_called_by_hand(
    project: Path, tmp_path: Path, place: Callable[[Path, Path], None]
) -> None:
    """Else the tests above would hold nothing."""
    mark = tmp_path / "mark"
    place(project, mark)
    subprocess.run(["git", "status"], cwd=project, capture_output=True, check=False)
    assert mark.exists()


def test_a_repository_that_merely_lies_in_another_is_none(project: Path, tmp_path: Path) -> None:
    embedded(project, tmp_path / "mark")
    assert made_from(project, "catalogs") is None
    with pytest.raises(InvalidInput, match="cannot use bare repository"):
        tree_at(project, "HEAD")


def test_a_submodule_is_not_gone_into(project: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.yaml").touch()
    committed(inner)
    git(
        project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "catalogs/sub"
    )
    committed(project)
    mark = tmp_path / "mark"
    plant(project / ".git/modules/catalogs/sub", mark)
    (project / "catalogs/sub/a.yaml").write_text("changed", encoding="utf-8")
    found = made_from(project, "catalogs")
    assert found
    assert not found.dirty
    assert not mark.exists()


def test_a_repository_of_somebody_else_is_not_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert made_from(project, "catalogs") is None


def test_git_is_asked_nothing_that_filters_or_compares_files(project: Path) -> None:
    for command in ("status", "diff", "checkout", "archive", "log", "show", "submodule", "clone"):
        assert command not in COMMANDS
        with pytest.raises(ValueError, match=command):
            ask(project, command)


def test_every_call_of_git_goes_through_one_function() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "stripectl").rglob("*.py")}
    calling = {path.name for path, text in sources.items() if re.search(r"""["']git["'],""", text)}
    assert calling == {"git.py"}


def test_ends_of_line_are_no_difference_and_everything_else_is(project: Path) -> None:
    (manifest,) = (project / "catalogs").rglob("*.yaml")
    was = manifest.read_bytes()

    def dirty(content: bytes) -> bool:
        manifest.write_bytes(content)
        found = made_from(project, "catalogs", "stripectl.yaml")
        assert found
        return found.dirty

    assert not dirty(was)
    assert not dirty(was.replace(b"\n", b"\r\n"))
    assert dirty(was + b"#")
    manifest.unlink()
    manifest.symlink_to("elsewhere")
    found = made_from(project, "catalogs")
    assert found
    assert found.dirty
    manifest.unlink()
    found = made_from(project, "catalogs")
    assert found
    assert found.dirty
