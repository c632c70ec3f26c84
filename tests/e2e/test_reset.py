"""`shadow reset` takes away what was recorded, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import MANIFEST, Desk, only_in_a_file

pytestmark = only_in_a_file


def keeping(desk: Desk, state: str, name: str = "shadow") -> Path:
    """The project with its state elsewhere, applied once; the folder of the environment."""
    environment = f"environments:\n  {name}: {{provider: shadow, state: {state}}}\n"
    text = f"stripectl: 1\ndefault_environment: {name}\n{environment}"
    (desk.root / "stripectl.yaml").write_text(text, encoding="utf-8")
    desk.run("apply", "--yes")
    return desk.root / state / name


@pytest.mark.parametrize("state", [".", "../kept", ".stripectl"])
def test_a_reset_removes_the_account_and_every_record_and_its_empty_folder(started: Desk, state: str) -> None:
    folder = keeping(started, state)
    before = {name for name in started.files() if not name.startswith(("shadow/", ".stripectl/"))}
    started.run("shadow", "reset", "--yes", "--env", "shadow")
    assert not folder.exists()
    assert set(started.files()) == before
    assert "1 create" not in started.run("history").out


def test_a_reset_of_an_environment_called_like_a_folder_of_the_project_leaves_what_is_in_it(
    started: Desk,
) -> None:
    folder = keeping(started, ".", "catalogs")
    own = folder / "main" / "revisions" / "notes.md"
    own.write_text("mine", encoding="utf-8")
    ended = started.run("shadow", "reset", "--yes", "--env", "catalogs")
    assert (started.root / MANIFEST).exists()
    assert own.read_text(encoding="utf-8") == "mine"
    left = sorted(each.name for each in folder.rglob("*") if each.is_file())
    assert left == ["notes.md", "team.yaml"]
    assert "Left alone" in ended.err
    assert "catalogs/main/revisions/notes.md" in ended.err


def test_a_reset_follows_no_link(applied: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "revisions").mkdir(parents=True)
    (elsewhere / "revisions" / "000001.json").write_text("{}", encoding="utf-8")
    link = applied.root / ".stripectl/shadow/other"
    link.symlink_to(elsewhere)
    assert "shadow/other" in applied.run("shadow", "reset", "--yes").err
    assert (elsewhere / "revisions" / "000001.json").exists()
    assert [each.name for each in (applied.root / ".stripectl/shadow").iterdir()] == ["other"]
