"""A branch that is never checked out: what it holds is read from git's objects, and added to on top of it.

All of it happens in a repository of our own, made for the purpose and thrown away: of the clone only the
address of its `origin` is taken, and the header that GitHub's checkout signs requests with. So no setting of
the clone says what git runs here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom
from time import sleep
from urllib.parse import unquote

from stripectl.action.inputs import refused_input
from stripectl.cli.git import REMOTE, Answer, ask, git
from stripectl.diagnostics import Diagnostic, InvalidInput, UsageError, error

SECONDS = 120
LONGEST = 4.0
"""Seconds between two tries to push, at most; how long exactly is drawn by lot."""

NO_BRANCH = 2
"""Exit code of `git ls-remote --exit-code` where there is no such branch."""

AT_ONCE = 64 * 1024 * 1024
"""Bytes that git is asked for in one go, unless one file alone has more."""

_DECLINED = re.compile(r"declined|denied|protected", re.IGNORECASE)
"""What a server says that will say the same next time."""

_SAYING = ("remote: ", "fatal: ", "error: ", "! ")
"""How lines of git begin that tell why something failed."""

_USER = re.compile(r"//[^/@\s]+@")
"""Whatever opens a repository, in its address."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path of the branch."""

    mode: str
    """As git has it: `100644` a file, `120000` a link, `160000` a submodule."""
    object_id: str
    size: int
    """Bytes; 0 of what is no file."""
    path: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of the `origin` of a clone."""

    name: str
    clone: Path
    """The top of the clone, from which a relative address of the origin counts."""
    variables: Mapping[str, str]
    """Of every call: our own repository, its index and origin, and whose name commits bear."""

    def check(self) -> None:
        """Raises UsageError for a name that no branch can have, and for the default branch."""
        named = self._ask("check-ref-format", "--branch", self.name)
        if not named.ok or named.text.strip() != self.name:
            raise UsageError(no_branch(self.name, "git takes no such name"))
        if f"ref: refs/heads/{self.name}\t" in self._ask("ls-remote", "--symref", "origin", "HEAD").text:
            raise UsageError(no_branch(self.name, "it is the default branch"))

    def tip(self) -> str | None:
        """The newest commit of the branch, fetched; None where there is no such branch."""
        ref = f"refs/heads/{self.name}"
        found = self._ask("ls-remote", "--exit-code", "origin", ref)
        if found.code == NO_BRANCH:
            return None
        if not found.ok:
            raise InvalidInput(not_reached(self.name, found))
        self._git("fetch", "--quiet", "--no-tags", "origin", ref)
        tip = self._git("rev-parse", "FETCH_HEAD")
        if self._is_of_clone(tip):
            raise UsageError(no_branch(self.name, "it has commits of HEAD"))
        return tip

    def _is_of_clone(self, tip: str) -> bool:
        head = git(self.clone, "rev-parse", "--verify", "--quiet", "HEAD")
        objects = git(self.clone, "rev-parse", "--path-format=absolute", "--git-path", "objects")
        if not (head and objects):
            return False
        # Only to compare: a fetch would take a history that is cut off there for a whole one.
        there = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(objects)}
        return self._ask("merge-base", tip, head, variables=there).ok

    def entries(self, tip: str) -> tuple[Entry, ...]:
        """Everything that the branch holds, folders aside."""
        found = self._asked("ls-tree", "-r", "-z", "-l", "--full-tree", tip)
        return tuple(map(_entry, (each for each in found.out.split(b"\0") if each)))

    def rewritten(self, tip: str, watched: Callable[[str], bool]) -> tuple[str, ...]:
        """Those of the watched paths that some commit changed or took away, sorted.

        Lines that are added to a file of lines are no change of what was there.
        """
        commits = self._asked("rev-list", tip).out
        found = self._asked(
            "diff-tree", "--stdin", "-r", "-m", "-z", "--no-commit-id", "--no-renames", given=commits
        )
        rows = (each for each in found.out.split(b"\0") if each)
        changes = ((os.fsdecode(path), head.split()) for head, path in zip(rows, rows, strict=True))
        doubted = [(path, head) for path, head in changes if head[4] != b"A" and watched(path)]
        return tuple(sorted({path for path, head in doubted if not self._adds(path, head)}))

    def _adds(self, path: str, head: Sequence[bytes]) -> bool:
        """Whether a row of a comparison only adds lines to the end of a file of lines."""
        if head[4] != b"M" or not path.endswith(".jsonl"):
            return False
        before, after = (self._asked("cat-file", "blob", each.decode()).out for each in head[2:4])
        return after.startswith(whole_lines(before))

    def contents(self, entries: Iterable[Entry]) -> Mapping[str, bytes]:
        """The bytes of each entry, by its object."""
        wanted = {each.object_id: each.size for each in entries}
        found: dict[str, bytes] = {}
        for some in _portions(wanted):
            out = memoryview(
                self._asked("cat-file", "--batch", given="".join(f"{each}\n" for each in some).encode()).out
            )
            for object_id in some:
                start = len(f"{object_id} blob {wanted[object_id]}\n")
                end = start + wanted[object_id]
                found[object_id], out = bytes(out[start:end]), out[end + 1 :]
        return found

    def tree(self, tip: str | None, added: Mapping[str, bytes]) -> str:
        """The tree of the branch with files added, by their paths."""
        self._git("read-tree", *((tip,) if tip else ("--empty",)))
        blobs = {path: self._git("hash-object", "-w", "--stdin", given=each) for path, each in added.items()}
        lines = "".join(f"100644 {blob}\t{path}\0" for path, blob in blobs.items())
        self._git("update-index", "-z", "--index-info", given=os.fsencode(lines))
        return self._git("write-tree")

    def is_at(self, tip: str | None, tree: str) -> bool:
        """Whether a commit holds a tree, and nothing else."""
        return tip is not None and self._git("rev-parse", f"{tip}^{{tree}}") == tree

    def push(self, tree: str, tip: str | None, message: str, *, last: bool) -> bool:
        """Put a tree on top of a commit; false, after a while, where somebody else has put another one.

        Raises InvalidInput where the server declines, and instead of false with `last`.
        """
        commit = self._git("commit-tree", tree, *(("-p", tip) if tip else ()), "-m", message)
        done = self._ask("push", "--quiet", "origin", f"{commit}:refs/heads/{self.name}")
        if not done.ok and (last or _DECLINED.search(done.err)):
            raise InvalidInput(not_reached(self.name, done))
        if not done.ok:
            # Runs that lost to the same one would lose to one another at the same moment again.
            sleep(SystemRandom().uniform(0.1, LONGEST))
        return done.ok

    def _git(self, command: str, *arguments: str, given: bytes = b"") -> str:
        return self._asked(command, *arguments, given=given).text.strip()

    def _asked(self, command: str, *arguments: str, given: bytes = b"") -> Answer:
        done = self._ask(command, *arguments, given=given)
        if not done.ok:
            raise InvalidInput(not_reached(self.name, done))
        return done

    def _ask(
        self,
        command: str,
        *arguments: str,
        given: bytes = b"",
        variables: Mapping[str, str] | None = None,
    ) -> Answer:
        together = {**self.variables, **(variables or {})}
        done = ask(self.clone, command, *arguments, given=given, variables=together, seconds=SECONDS)
        if done is None:
            why = f"git is not installed, or did not answer within {SECONDS} seconds"
            raise InvalidInput(not_reached(self.name, None, why))
        return done


def branch_of(folder: Path, name: str, room: Path, variables: Mapping[str, str]) -> Branch:
    """A branch of the origin of the clone in which a folder lies; `room` is for a repository of our own.

    Raises InvalidInput where that is no clone, and where its origin lies in the clone itself.
    """
    fail = partial(not_reached, name, None)
    top = ask(folder, "rev-parse", "--show-toplevel")
    if top is None or not top.ok:
        why = top.err.strip().removeprefix("fatal: ") if top else "git does not answer"
        raise InvalidInput(fail(f"{folder} is in no git repository: {why}"))
    clone = Path(top.text)
    own = str(room / "records.git")
    sort = git(folder, "rev-parse", "--show-object-format") or "sha1"
    made = ask(room, "init", "--quiet", "--bare", "--template=", f"--object-format={sort}", own)
    if made is None or not made.ok:
        raise InvalidInput(not_reached(name, made, "git makes no repository"))
    settings = tuple(_origin(clone))
    if within := next((url for key, url in settings if key in _URLS and _is_inside(clone, url)), None):
        raise InvalidInput(fail(f"its origin, {within}, lies in the repository itself"))
    return Branch(
        name, clone, {**variables, **REMOTE, **dict(_set(settings, variables)), **_places(own, room)}
    )


_URLS = ("remote.origin.url", "remote.origin.pushurl")


def _origin(clone: Path) -> Iterator[tuple[str, str]]:
    """What is taken over from the settings of a clone."""
    if url := git(clone, "remote", "get-url", "origin"):
        yield _URLS[0], url
    if url := git(clone, "remote", "get-url", "--push", "origin"):
        yield _URLS[1], url
    headers = git(clone, "config", "-z", "--show-scope", "--get-regexp", r"^http\..*\.?extraheader$") or ""
    parts = iter(headers.split("\0"))
    for scope, entry in zip(parts, parts, strict=False):
        # Those of the machine count here by themselves; twice they would be refused.
        if scope in ("local", "worktree"):
            key, _, value = entry.partition("\n")
            yield key, value


def _set(settings: Sequence[tuple[str, str]], variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Settings as variables, which nobody else sees, after those that are set so already."""
    given = variables.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    yield "GIT_CONFIG_COUNT", str(first + len(settings))
    for number, (key, value) in enumerate(settings, start=first):
        yield f"GIT_CONFIG_KEY_{number}", key
        yield f"GIT_CONFIG_VALUE_{number}", value


def _places(own: str, room: Path) -> Mapping[str, str]:
    return {"GIT_DIR": own, "GIT_INDEX_FILE": str(room / "index")}


def _is_inside(clone: Path, url: str) -> bool:
    """Whether an address is a folder of the clone: its hooks would be run by a push."""
    path = url.removeprefix("file://")
    if path == url and ("://" in url or "::" in url or ":" in url.partition("/")[0]):
        return False
    # Git takes a path as it stands, and the path of an address with its escapes undone.
    spellings = (path, unquote(path))
    return any((clone / spelling).resolve().is_relative_to(clone.resolve()) for spelling in spellings)


def _quoted(path: str) -> str:
    spelled = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{spelled}"'


def _entry(row: bytes) -> Entry:
    head, path = row.split(b"\t", 1)
    mode, _, object_id, size = head.decode().split()
    return Entry(mode, object_id, int(size) if size.isdecimal() else 0, os.fsdecode(path))


def _portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    portion, room = list[str](), AT_ONCE
    for object_id, size in sizes.items():
        if portion and size > room:
            yield portion
            portion, room = [], AT_ONCE
        portion.append(object_id)
        room -= size
    if portion:
        yield portion


def whole_lines(content: bytes) -> bytes:
    """A file of lines without what follows its last end of line, which a crash may leave."""
    return content[: content.rfind(b"\n") + 1]


def no_branch(branch: str, why: str) -> Diagnostic:
    hint = "name a branch that holds nothing else, as stripectl-records; it is made with the first record"
    return refused_input("records", branch, why, hint)


def not_reached(branch: str, done: Answer | None, why: str = "") -> Diagnostic:
    lines = done.err.strip().splitlines() if done else [why]
    # What the server and git have to say; advice may stand before and behind it.
    said = [each for each in lines if each.startswith(_SAYING)] or lines[-1:]
    return error(
        "records-not-reached",
        "The branch with the records cannot be read or written",
        _USER.sub("//…@", f"{branch}: {'; '.join(said) or 'git gives no reason'}"),
        hint="check the `permissions:` of the job (contents), and that its checkout keeps its credentials",
    )
