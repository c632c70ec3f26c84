"""One module opens files; what it opens is regular and of a bounded size, and no link of a repository."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import stripectl
from stripectl.files import (
    append_line,
    content_of,
    lines_of,
    make_folder,
    put,
    repository,
    stream,
    write_once,
)

PACKAGE = Path(stripectl.__file__).parent

OPENER = PACKAGE / "files.py"

OPENS = frozenset(
    "read_text read_bytes write_text write_bytes fdopen mkstemp NamedTemporaryFile TemporaryFile rmtree"
    " copyfile copytree unlink hardlink_to symlink_to touch mkdir rename".split()
)
"""Names of methods that open, make or remove files."""


def opening(tree: ast.AST) -> Iterator[str]:
    """Calls that open files."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="open"):
                yield "open"
            case ast.Attribute(value=ast.Name(id="os" | "io"), attr="open" as name):
                yield name
            # `choice.open()` opens a project; a path is opened with a mode.
            case ast.Attribute(attr="open") if node.args or node.keywords:
                yield "open"
            case ast.Attribute(attr=name) if name in OPENS:
                yield name


def test_no_other_module_opens_files() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): calls
        for path in PACKAGE.rglob("*.py")
        if path != OPENER and (calls := tuple(opening(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


def test_what_opens_files_is_noticed() -> None:
    text = "open(x)\nx.open('r')\nos.open(x, 1)\nx.read_text()\nx.unlink()\nshutil.rmtree(x)\nchoice.open()"
    assert len(tuple(opening(ast.parse(text)))) == 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository, and a secret beside it."""
    (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "top" / ".git").mkdir(parents=True)
    return tmp_path / "top"


def test_nothing_is_read_or_written_through_a_link_of_a_repository(root: Path) -> None:
    (root / "file").symlink_to("../secret")
    (root / "folder").symlink_to("../outside")
    (root / "loop").symlink_to("loop")
    for name in ("file", "folder/file", "loop", "folder/../secret"):
        path = root / name
        ways = (
            lambda path=path: content_of(path, 100, follow=True),
            lambda path=path: next(lines_of(path, 100)),
            lambda path=path: put(path, "x"),
            lambda path=path: stream(path),
            lambda path=path: append_line(path, b"x"),
        )
        for way in ways[: 2 if name == "folder/../secret" else 5]:
            with pytest.raises(OSError, match=r"is a link to|No such file"):
                way()
    assert (root.parent / "secret").read_text(encoding="utf-8") == "hunter2"
    assert list((root.parent / "outside").iterdir()) == []


def test_the_outermost_repository_counts_so_that_none_inside_makes_a_link_its_own(root: Path) -> None:
    inner = root.parent / "outside" / ".git"
    inner.mkdir()
    (root / "folder").symlink_to("../outside")
    assert repository(root / "folder" / "file") == root
    with pytest.raises(OSError, match="is a link to"):
        put(root / "folder" / "file", "x")


def test_outside_of_a_repository_a_link_that_a_person_names_is_followed_and_others_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text("sk", encoding="utf-8")
    (tmp_path / "link").symlink_to("key")
    assert content_of(tmp_path / "link", 10, follow=True) == b"sk"
    with pytest.raises(OSError, match="is a link to key"):
        content_of(tmp_path / "link", 10)


def test_a_file_is_read_up_to_its_bound_and_not_beyond(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 2048)
    assert len(content_of(tmp_path / "file", 2048)) == 2048
    with pytest.raises(OSError, match="larger than 1 KiB"):
        content_of(tmp_path / "file", 1024)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
def test_a_file_that_hides_its_size_is_bounded_as_well() -> None:
    with pytest.raises(OSError, match="larger than"):
        content_of(Path("/proc/self/maps"), 10)


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe"):
        content_of(tmp_path / "pipe", 10)
    with pytest.raises(OSError):
        put(tmp_path / "pipe", "x")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    put(tmp_path / "pipe", "told")
    assert os.read(reader, 10) == b"told"
    os.close(reader)


def test_a_folder_is_not_made_behind_a_link(root: Path) -> None:
    (root / "folder").symlink_to("../outside")
    for way in (lambda: make_folder(root / "folder" / "new"), lambda: write_once(root / "folder" / "x", b"")):
        with pytest.raises(Exception, match="is a link to"):
            way()
    assert list((root.parent / "outside").iterdir()) == []
