"""What git is asked: refs that are no options, files of a commit, histories that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from stripectl.cli.repository import builds_on, made_from, tree_at
from stripectl.diagnostics import InvalidInput
from tests.repositories import cloned, committed, git, needs_git

pytestmark = needs_git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose first commit has three files and a link."""
    root = tmp_path / "repository"
    (root / "catalogs/acme").mkdir(parents=True)
    for name in ("a.yaml", "b ü.yaml", "*.yaml"):
        (root / "catalogs/acme" / name).write_text(name, encoding="utf-8")
    (root / "catalogs/acme/link.yaml").symlink_to("a.yaml")
    committed(root)
    return root


def test_files_of_a_commit_are_found_and_read_whatever_they_are_called(root: Path) -> None:
    tree = tree_at(root, None)
    paths = tree.files("catalogs")
    assert paths == tuple(f"catalogs/acme/{name}" for name in ("*.yaml", "a.yaml", "b ü.yaml", "link.yaml"))
    found = tree.entries((*paths, "catalogs/acme", "catalogs/none", "catalogs/a\nb"))
    assert {path: entry.sort for path, entry in found.items()} == {
        **dict.fromkeys(paths, "blob"),
        "catalogs/acme": "tree",
    }
    contents = tree.contents(found[path] for path in paths)
    assert [contents[found[path].object_id].decode() for path in paths] == [
        "*.yaml",
        "a.yaml",
        "b ü.yaml",
        "a.yaml",
    ]
    assert found[paths[1]].size == 6


def test_no_file_is_found_where_there_is_no_folder_or_it_lies_outside(root: Path) -> None:
    tree = tree_at(root, None)
    assert tree.files("elsewhere") == ()
    assert tree.files("../outside") == ()


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "nowhere", "loop.yaml"])
def test_a_link_that_leads_out_or_nowhere_leads_to_nothing(root: Path, target: str) -> None:
    (root / "catalogs/acme/loop.yaml").symlink_to(target)
    committed(root)
    paths = ("catalogs/acme/loop.yaml", "catalogs/acme/a.yaml")
    assert list(tree_at(root, None).entries(paths)) == ["catalogs/acme/a.yaml"]


def test_a_commit_is_named_once_and_a_branch_with_its_commit(root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD")
    git(root, "tag", "v1")
    assert tree_at(root, "v1").name == f"v1@{commit[:7]}"
    assert tree_at(root, commit[:9]).name == commit[:7]
    assert (tree_at(root, None).name, tree_at(root, None).ref) == (f"HEAD@{commit[:7]}", commit[:7])


@pytest.mark.parametrize("ref", ["--help", "--output=x", "-", "$(touch x)", "; touch x", "HEAD:catalogs"])
def test_a_ref_is_never_an_option_nor_a_command_nor_repeated_as_one(root: Path, ref: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        tree_at(root, ref)
    (told,) = refused.value.diagnostics
    assert told.code == "base-missing"
    assert "git fetch" not in told.hint
    assert not (root / "x").exists()


def test_a_repository_without_a_commit_has_no_base(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(InvalidInput):
        tree_at(tmp_path, None)
    assert made_from(tmp_path, "catalogs") is None


def test_the_working_tree_differs_by_what_lies_at_the_paths_alone(root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD")
    (root / "notes.txt").write_text("", encoding="utf-8")
    found = made_from(root, "catalogs", "stripectl.yaml")
    assert found
    assert (found.commit, found.dirty) == (commit, False)
    (root / "catalogs/acme/new.yaml").write_text("", encoding="utf-8")
    found = made_from(root, "catalogs", "stripectl.yaml")
    assert found
    assert found.dirty


def test_a_manifest_that_git_ignores_is_in_no_commit(root: Path) -> None:
    (root / ".git/info/exclude").write_text("local.*\n", encoding="utf-8")
    (root / "catalogs/acme/local.txt").write_text("", encoding="utf-8")
    found = made_from(root, "catalogs", "stripectl.yaml")
    assert found is not None
    assert not found.dirty, "no manifest"
    (root / "catalogs/acme/local.yaml").write_text("", encoding="utf-8")
    found = made_from(root, "catalogs", "stripectl.yaml")
    assert found is not None
    assert found.dirty


def test_whether_head_builds_on_a_commit(root: Path, tmp_path: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    git(root, "switch", "--quiet", "--create", "side")
    (root / "side").touch()
    side = committed(root)
    git(root, "switch", "--quiet", "main")
    (root / "main").touch()
    head = committed(root)
    assert [builds_on(root, each) for each in (first, head, side)] == [True, True, False]
    assert [builds_on(root, each) for each in ("0" * 40, "--help", "")] == [None, None, None]
    shallow = cloned(root, tmp_path / "shallow", "--depth=1", "--no-single-branch")
    assert [builds_on(shallow, each) for each in (head, side, first)] == [True, None, None]
    assert builds_on(tmp_path, head) is None
