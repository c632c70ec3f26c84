"""Git, asked about the project's folder: which commit it stands at, and what another commit holds.

Nothing that a user or a record says is ever taken for an option. Nothing is checked out and nothing is
fetched; see `git` for what else is never done.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stripectl.cli.git import Answer, ask, git
from stripectl.diagnostics import Diagnostic, InvalidInput, error
from stripectl.engine.branch import SHORT
from stripectl.engine.plan import MadeFrom
from stripectl.files import open_regular
from stripectl.manifest.load import SUFFIXES

TARGET_BRANCHES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Variables in which a pipeline names the branch that a pull request is to be merged into."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def made_from(root: Path, *paths: str) -> MadeFrom | None:
    """The commit of the working tree, and whether what lies at the paths differs; None outside git.

    The files are compared here: `git status` would run the filters that a repository names.
    """
    commit = git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None
    return MadeFrom(commit, dirty=_differs(root, commit, paths))


def _differs(root: Path, commit: str, paths: tuple[str, ...]) -> bool:
    """Whether a file at the paths is not as the commit has it; also where git does not tell."""
    tree = ask(root, "ls-tree", "-r", "-z", commit, "--", *paths)
    added = ask(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *paths)
    # A manifest that git is told to ignore is read all the same, and is in no commit.
    ignored = ask(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *paths)
    staged = ask(root, "ls-files", "-z", "--cached", "--", *paths)
    if not (tree and added and ignored and staged and tree.ok and added.ok and ignored.ok and staged.ok):
        return True
    committed = {path: head.split() for head, path in (each.split(b"\t", 1) for each in _each(tree.out))}
    return (
        bool(added.out)
        or any(os.fsdecode(path).endswith(SUFFIXES) for path in _each(ignored.out))
        or any(path not in committed for path in _each(staged.out))
        or any(
            not _is_as(root / os.fsdecode(path), mode, object_id.decode())
            for path, (mode, _, object_id) in committed.items()
        )
    )


def _each(out: bytes) -> list[bytes]:
    return [each for each in out.split(b"\0") if each]


def _is_as(path: Path, mode: bytes, object_id: str) -> bool:
    """Whether a file is as the object, its ends of line aside; a submodule is no file of ours."""
    if mode == b"160000":
        return True
    try:
        if path.is_symlink() or mode == b"120000":
            return mode == b"120000" and _object(os.fsencode(path.readlink()), object_id) == object_id
        content = open_regular(path)
    except OSError:
        return False
    return object_id in (_object(each, object_id) for each in (content, content.replace(b"\r\n", b"\n")))


def _object(content: bytes, like: str) -> str:
    """The name that git gives to a file's content, by the hash of which `like` is one."""
    # Git names objects by SHA-1 in nearly every repository; nothing here rests on it.
    made = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return made(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def builds_on(root: Path, commit: str) -> bool | None:
    """Whether HEAD is the commit or comes after it; None where the clone does not tell."""
    if not _COMMIT.fullmatch(commit):
        return None
    answer = ask(root, "merge-base", "--is-ancestor", commit, "HEAD")
    if answer is None or answer.code not in (0, 1):
        return None
    # A history that is cut off may lack the very commits between the two.
    return True if answer.ok else None if is_shallow(root) else False


def is_shallow(root: Path) -> bool:
    return git(root, "rev-parse", "--is-shallow-repository") == "true"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a path of a commit leads to, links followed."""

    sort: str
    """`blob` for a file, `tree` for a folder."""
    object_id: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit, named as from the project's folder."""

    root: Path
    """The project's folder."""
    prefix: str
    """Where that is in the repository: empty, or a path that ends in a slash."""
    ref: str
    """What readers call it in front of a path, and git understands: `main`, `1a2b3c4`."""
    name: str
    """What readers call it otherwise: `main@1a2b3c4`."""
    commit: str

    def files(self, folder: str) -> tuple[str, ...]:
        """Every file and symbolic link below a folder, in order; none where there is no such folder."""
        within = self._at(folder)
        if within.startswith("../"):
            return ()
        below = "" if within == "." else f"{within}/"
        answer = self._ask(
            "ls-tree", "-r", "-z", "--full-tree", self.commit, *(("--", below) if below else ())
        )
        entries = (each.split(b"\t", 1) for each in answer.out.split(b"\0") if each)
        # A submodule is a commit of another repository, not a file of this one.
        paths = (os.fsdecode(path) for head, path in entries if head.split()[1] == b"blob")
        return tuple(sorted(f"{folder}/{path.removeprefix(below)}" for path in paths))

    def entries(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        """What each path leads to; one is missing that leads nowhere, or out of the repository."""
        askable = [path for path in paths if "\n" not in path]
        wanted = "".join(f"{self.commit}:{self._at(path)}\n" for path in askable)
        answer = self._ask("cat-file", "--batch-check", "--follow-symlinks", given=os.fsencode(wanted))
        return dict(_found(askable, answer.out))

    def contents(self, entries: Iterable[Entry]) -> Mapping[str, bytes]:
        """The bytes of each entry, by its object."""
        wanted = {each.object_id: each.size for each in entries}
        out = self._ask("cat-file", "--batch", given="".join(f"{each}\n" for each in wanted).encode()).out
        found, rest = {}, memoryview(out)
        for object_id, size in wanted.items():
            start = len(f"{object_id} blob {size}\n")
            found[object_id] = bytes(rest[start : start + size])
            rest = rest[start + size + 1 :]
        return found

    def _at(self, path: str) -> str:
        """The path as from the top of the repository."""
        return posixpath.normpath(posixpath.join(self.prefix, path))

    def _ask(self, command: str, *arguments: str, given: bytes = b"") -> Answer:
        answer = ask(self.root, command, *arguments, given=given)
        if answer is None or not answer.ok:
            raise InvalidInput(_unreadable(self.name, answer))
        return answer


def _found(paths: list[str], out: bytes) -> Iterator[tuple[str, Entry]]:
    """Answers are one line a path; for a link that leads nowhere a second line says where it leads."""
    lines = iter(out.split(b"\n"))
    for path in paths:
        match next(lines, b"").split():
            case [b"symlink" | b"dangling" | b"loop" | b"notdir", _]:
                next(lines, b"")
            case [object_id, b"blob" | b"tree" as sort, size]:
                yield path, Entry(sort.decode(), object_id.decode(), int(size))


def tree_at(root: Path, ref: str | None) -> Tree:
    """The commit that `ref` names; without one that where this branch left the branch it is to go to.

    Raises InvalidInput where there is no such commit, no repository or no git.
    """
    prefix = _prefix(root)
    found, commit = _named(root, ref) if ref is not None else _fork_point(root)
    shown = found if ref is not None else commit[:SHORT]
    return Tree(root, prefix, shown, _label(found, commit), commit)


def _prefix(root: Path) -> str:
    answer = ask(root, "rev-parse", "--show-prefix")
    if answer is None:
        raise InvalidInput(
            error(
                "git-missing",
                "Git is needed and does not run",
                "The base is read from the repository by git, which is not installed or does not answer.",
                hint="install git",
            )
        )
    if not answer.ok:
        raise InvalidInput(
            error(
                "no-repository",
                "The project is in no git repository",
                f"{root} has no history to compare with. git: {_first_line(answer)}",
                hint="run it inside a clone of the repository",
            )
        )
    return answer.text


def _named(root: Path, ref: str) -> tuple[str, str]:
    """The name under which the ref is found, and its commit."""
    for each in (ref, f"origin/{ref}"):
        if commit := _commit(root, each):
            return each, commit
    raise InvalidInput(_missing(root, ref, "names no commit that this clone has"))


def _fork_point(root: Path) -> tuple[str, str]:
    """The branch that this one is to be merged into, and the last commit of both."""
    branch = _target_branch(root)
    if branch is None and is_shallow(root):
        raise InvalidInput(_UNTOLD)
    if branch is None:
        return _named(root, "HEAD")
    if _commit(root, branch) is None:
        raise InvalidInput(_missing(root, branch, "is not in this clone"))
    commit = git(root, "merge-base", "HEAD", branch)
    if commit is None:
        raise InvalidInput(_missing(root, branch, "and HEAD have no common commit in this clone"))
    return branch, commit


_UNTOLD = error(
    "base-missing",
    "There is no such base to compare with",
    "The clone is shallow, and does not tell which branch this one is to be merged into.",
    hint="fetch that branch, as with `git fetch --depth=1000 origin main:refs/remotes/origin/main`, and name"
    " it: --base main; or compare with the last commit: --base HEAD",
)


def _target_branch(root: Path) -> str | None:
    """The branch of the upstream that this one is to be merged into; None where nothing tells it."""
    for name in TARGET_BRANCHES:
        if branch := os.environ.get(name):
            return f"origin/{branch}"
    return git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")


def _commit(root: Path, ref: str) -> str | None:
    found = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found if found and _COMMIT.fullmatch(found) else None


def _label(ref: str, commit: str) -> str:
    short = commit[:SHORT]
    return short if commit.startswith(ref) else f"{ref.removeprefix('origin/')}@{short}"


def _missing(root: Path, ref: str, what: str) -> Diagnostic:
    cut = " The clone is shallow: a part of the history was left out." if is_shallow(root) else ""
    return error(
        "base-missing",
        "There is no such base to compare with",
        f"`{ref}` {what}.{cut}",
        hint=_fetching(root, ref.removeprefix("origin/")),
    )


def _fetching(root: Path, branch: str) -> str:
    """How to get a branch; a command only where no shell and no git takes the name for more than that."""
    if not (_PLAIN.fullmatch(branch) and git(root, "remote", "get-url", "origin")):
        more = "get all of the history with `git fetch --unshallow`, or " if is_shallow(root) else ""
        return f"{more}name a commit, branch or tag of this clone with --base"
    depth = "--depth=1000 " if is_shallow(root) else ""
    refspec = f"{branch}:refs/remotes/origin/{branch}"
    return f"fetch it with `git fetch {depth}origin {refspec}`, or name another with --base"


def _unreadable(name: str, answer: Answer | None) -> Diagnostic:
    return error(
        "base-unreadable",
        "The files of the base cannot be read",
        f"{name}: {_first_line(answer) if answer else 'git does not answer'}",
        hint="check the repository with git fsck",
    )


def _first_line(answer: Answer) -> str:
    return next(iter(answer.err.splitlines()), "no reason given")
