"""Revisions, journals and request logs on a branch of their own, which every run starts from and adds to.

The branch has nothing in common with the others, and is never checked out. Whoever may push may put anything
there, so it is taken at its word for nothing: only files that are records are read, and only where they
continue what is known; nothing is read or written through a link, on either side. A protected main branch
stays protected, and a branch that is under review sees the newest records.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stripectl.action.branch import Branch, Entry, branch_of, whole_lines
from stripectl.action.inputs import Inputs
from stripectl.action.runner import Runner
from stripectl.cli.git import git
from stripectl.cli.project import Project, find_project
from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, StripectlError, error
from stripectl.files import Most, folder_below, make_folder, read_below, write_below
from stripectl.store.revisions import link_of, require_unbroken

TRIES = 10

LOG = "log.jsonl"
FOLDERS: Mapping[str, re.Pattern[str]] = {
    "revisions": re.compile(r"(?:[0-9]{6}|[1-9][0-9]{6,8})\.json"),
    "journal": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.jsonl"),
}
"""Folder of a catalog -> names of the records in it; beside them there is its log. A lock is no record, nor
is an account in a file."""

TOGETHER = 4 * Most.RECORD
"""Bytes of all records of an environment, at most."""

REGULAR = ("100644", "100755")
SHOWN = 10
"""Names in one message, at most."""

SORTS = {"120000": "a symbolic link", "160000": "a submodule"}

BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
"""Under whose name and address GitHub shows what a workflow does."""


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one environment: in its state folder, and on the branch under the same names."""

    branch: Branch
    top: Path
    """The project's folder, or the one that holds the state folder; below it no link is followed."""
    folder: Path
    """The state folder of the environment."""
    place: str
    """Where on the branch the project has its state: empty, or its folder in the repository with a `/`."""
    tell: Callable[[Iterable[Diagnostic]], None]

    @property
    def name(self) -> str:
        """What the environment is called."""
        return self.folder.name

    def fetch(self) -> bool:
        """Bring what the branch holds into the state folder; false where there is no such branch yet.

        Raises InvalidInput, and nothing is written, where the branch holds links or submodules among the
        records, and where these are too large, or do not continue one another or what is known here.
        """
        tip = self.branch.tip()
        if tip is None:
            return False
        entries = self._records(tip)
        contents = self.branch.contents(entries.values())
        found = {path: contents[each.object_id] for path, each in entries.items()}
        news = dict(self._continuing(found))
        self._require_in_line({**self._known(found), **news})
        if rewritten := self.branch.rewritten(tip, lambda path: self._is_lasting(path)):
            raise InvalidInput(*(_rewritten(self.branch.name, path) for path in rewritten))
        for path, content in news.items():
            with self._told(path):
                write_below(self.top, self._parts(path), content)
        return True

    def keep(self, message: str) -> bool:
        """Add what the state folder holds to the branch; false where that is nothing new.

        Raises InvalidInput where another run has written the same record, and where a link stands in place of
        one, once the others are added.
        """
        found, links = self._found()
        for more in reversed(range(TRIES)):
            tip = self.branch.tip()
            theirs = self._of(self._records(tip), found) if tip else {}
            joined = {path: _joined(path, ours, theirs.get(path)) for path, ours in found.items()}
            tree = self.branch.tree(tip, {path: each for path, each in joined.items() if each is not None})
            is_new = bool(found) if tip is None else not self.branch.is_at(tip, tree)
            # The run of another environment may have added its own meanwhile: then once more on top of that.
            if is_new and not self.branch.push(tree, tip, message, last=not more):
                continue
            others = (_conflict(self.branch.name, path) for path, each in joined.items() if each is None)
            if refused := (*others, *(_unsafe_here(path) for path in links)):
                raise InvalidInput(*refused)
            return is_new
        return False

    # The branch

    def _records(self, tip: str) -> Mapping[str, Entry]:
        """The records of the environment by their paths; what is none is told, or refused."""
        ours = self.place + self.name
        around = [
            each
            for each in self.branch.entries(tip)
            if each.path.startswith(f"{ours}/") or f"{ours}/".startswith(f"{each.path}/")
        ]
        if unsafe := [
            each for each in around if each.mode not in REGULAR or each.path in (ours, *_above(ours))
        ]:
            raise InvalidInput(*(_unsafe(self.branch.name, each) for each in unsafe))
        records = {each.path: each for each in around if self._is_record(each.path)}
        strays = tuple(each.path for each in around if each.path not in records)
        if strays:
            self.tell((_stray(self.branch.name, strays),))
        large = [each for each in records.values() if each.size > Most.RECORD]
        if large or sum(each.size for each in records.values()) > TOGETHER:
            raise InvalidInput(_too_large(self.branch.name, large))
        return records

    def _of(self, entries: Mapping[str, Entry], wanted: Iterable[str]) -> Mapping[str, bytes]:
        """The content of those of the entries that are wanted."""
        some = {path: entries[path] for path in wanted if path in entries}
        contents = self.branch.contents(some.values())
        return {path: contents[each.object_id] for path, each in some.items()}

    def _is_record(self, path: str) -> bool:
        ours = f"{self.place}{self.name}/"
        return path.startswith(ours) and _is_record(path.removeprefix(ours).split("/"))

    def _is_lasting(self, path: str) -> bool:
        """Whether a path is of a record that others are made from; a log is not."""
        return self._is_record(path) and not path.endswith(f"/{LOG}")

    # The state folder

    def _parts(self, path: str) -> tuple[str, ...]:
        """Where a record lies below `top`."""
        state = self.folder.relative_to(self.top).parts
        return (*state, *path.removeprefix(f"{self.place}{self.name}/").split("/"))

    def _continuing(self, found: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """What the branch has more than is known here; raises InvalidInput where it has something else."""
        others = []
        for path, theirs in found.items():
            with self._told(path):
                ours = read_below(self.top, self._parts(path))
            if ours is None or (ours != theirs and _continues(path, theirs, ours)):
                yield path, theirs
            elif not (_continues(path, ours, theirs) or path.endswith(f"/{LOG}")):
                others.append(path)
        if others:
            raise InvalidInput(*(_conflict(self.branch.name, path) for path in others))

    def _known(self, found: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The revisions that are known here, and those of the branch."""
        ours, _ = self._found()
        return {**found, **ours}

    def _require_in_line(self, contents: Mapping[str, bytes]) -> None:
        """Raise InvalidInput where the revisions of a catalog do not each continue the one before."""
        by_folder: dict[Path, dict[int, bytes]] = defaultdict(dict)
        for path, content in contents.items():
            place = Path(path)
            if place.parent.name == "revisions":
                by_folder[place.parent][int(place.stem)] = content
        for folder, numbered in by_folder.items():
            names = {number: folder / f"{number:06d}.json" for number in numbered}
            links = {number: link_of(content, names[number]) for number, content in numbered.items()}
            require_unbroken(links, names.__getitem__)

    def _found(self) -> tuple[Mapping[str, bytes], Sequence[str]]:
        """Path on the branch -> content of every record here; and where there is no plain file instead."""
        found, refused = dict[str, bytes](), list[str]()
        state = self.folder.relative_to(self.top).parts
        for parts in _walked(self.top, state, refused):
            path = f"{self.place}{self.name}/{'/'.join(parts)}"
            try:
                content = read_below(self.top, (*state, *parts))
            except OSError:
                refused.append("/".join((*state, *parts)))
            else:
                found |= {path: content} if content is not None else {}
        return found, refused

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            shown = "/".join(self._parts(path))
            raise InvalidInput(_unsafe_here(shown, problem.strerror or type(problem).__name__)) from None


def _above(path: str) -> tuple[str, ...]:
    return tuple(each.as_posix() for each in PurePosixPath(path).parents)


def _is_record(parts: Sequence[str]) -> bool:
    """Whether a path below the environment is CATALOG/log.jsonl, or CATALOG/FOLDER/NAME of a record."""
    if not parts[0].isprintable() or parts[0].startswith("."):
        return False
    match parts:
        case [_, name]:
            return name == LOG
        case [_, folder, name]:
            return folder in FOLDERS and FOLDERS[folder].fullmatch(name) is not None
    return False


def _names_in(top: Path, parts: Sequence[str], refused: list[str]) -> list[str]:
    """Names in a folder, none where there is none; what is no folder is refused."""
    try:
        with folder_below(top, parts) as folder:
            return sorted(os.listdir(folder))  # noqa: PTH208  a path has no folder that is open
    except FileNotFoundError:
        return []
    except OSError:
        refused.append("/".join(parts))
        return []


def _walked(top: Path, state: Sequence[str], refused: list[str]) -> Iterator[tuple[str, ...]]:
    """Where there may be records below a state folder; whatever is in the way of one is refused."""
    for catalog in _names_in(top, state, refused):
        # Beside the catalogs there is an account, in files.
        if catalog.startswith(".") or (top.joinpath(*state, catalog)).is_file():
            continue
        names = _names_in(top, (*state, catalog), refused)
        yield from ((catalog, LOG) for name in names if name == LOG)
        for folder in (each for each in names if each in FOLDERS):
            for name in _names_in(top, (*state, catalog, folder), refused):
                if _is_record((catalog, folder, name)):
                    yield catalog, folder, name


def _continues(path: str, longer: bytes, shorter: bytes) -> bool:
    """Whether a record is another one, or that with more lines."""
    return longer == shorter or (path.endswith(".jsonl") and longer.startswith(whole_lines(shorter)))


def _joined(path: str, ours: bytes, theirs: bytes | None) -> bytes | None:
    """A record with what the branch has of it; None where the two exclude one another."""
    if theirs is None or _continues(path, ours, theirs):
        return ours
    if _continues(path, theirs, ours):
        return theirs
    if not path.endswith(f"/{LOG}"):
        return None
    known = set(theirs.splitlines())
    more = (each for each in ours.splitlines(keepends=True) if each.rstrip(b"\r\n") not in known)
    return b"".join((theirs, *more))


@contextmanager
def records(inputs: Inputs, runner: Runner) -> Iterator[Records | None]:
    """The records that the inputs name; None where they name none.

    Raises InvalidInput outside of a repository, UsageError for a branch that cannot hold them.
    """
    project = _project(inputs) if inputs.records else None
    folder = project and _state_folder(project, inputs, runner)
    if not (inputs.records and project and folder):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="stripectl-", dir=runner.room) as room:
        branch = branch_of(inputs.folder, inputs.records, Path(room), {**_writer(runner), **runner.variables})
        branch.check()
        top = project.root if folder.is_relative_to(project.root) else folder.parent
        make_folder(top)
        # Several projects of a repository may share a branch.
        place = git(inputs.folder, "rev-parse", "--show-prefix") or ""
        yield Records(branch, top, folder, place, runner.tell)


def _project(inputs: Inputs) -> Project | None:
    """None where the config is wrong: the command that follows says so better."""
    try:
        return find_project(inputs.folder)
    except StripectlError:
        return None


def _state_folder(project: Project, inputs: Inputs, runner: Runner) -> Path | None:
    try:
        found = project.state_folder(project.environment(inputs.environment or runner.get("STRIPECTL_ENV")))
    except StripectlError:
        return None
    # As it is spelled: what stands behind `..` must not depend on where a link leads.
    return Path(os.path.abspath(found))  # noqa: PTH100


def _writer(runner: Runner) -> Mapping[str, str]:
    """Who makes the commits, unless the variables say otherwise: on GitLab whoever started the pipeline."""
    name = runner.get("GITLAB_USER_NAME") or BOT[0]
    address = runner.get("GITLAB_USER_EMAIL") or BOT[1]
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", address))
    }


# Diagnostics


def no_records(where: str) -> Diagnostic:
    """What is to be told where a look for drift has nothing to look at."""
    return Diagnostic(
        Severity.WARNING,
        "no-records",
        "There are no records to compare the account with",
        f"{where}: nothing was applied yet, or its records are elsewhere. Whether something drifted is open.",
        hint="check the input `records`, and that the branch is still there",
    )


def _conflict(branch: str, path: str) -> Diagnostic:
    return error(
        "records-conflict",
        "Another run has written the same record",
        f"{path} is on the branch {branch} with another content than here. Both stay as they are.",
        hint="let no two applies overlap; the next plan starts from the branch and the account",
    )


def _unsafe(branch: str, entry: Entry) -> Diagnostic:
    what = SORTS.get(entry.mode, "no folder" if entry.mode in REGULAR else f"of mode {entry.mode}")
    return error(
        "records-unsafe",
        "The records hold what is no plain file",
        f"{entry.path} on the branch {branch} is {what}. Nothing was taken from there.",
        hint="find out who put it there, and take it out of the branch",
    )


def _unsafe_here(path: str, why: str = "it is no plain file, or below a link") -> Diagnostic:
    return error(
        "records-unsafe",
        "The records hold what is no plain file",
        f"{path} is not read or written: {why}.",
        hint="put a file or a folder of its own there, or take it out of the repository",
    )


def _stray(branch: str, paths: Sequence[str]) -> Diagnostic:
    shown = ", ".join(paths[:SHOWN]) + (f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else "")
    return Diagnostic(
        Severity.WARNING,
        "records-stray",
        "The branch with the records holds something else",
        f"On the branch {branch} no record: {shown}. It was left there.",
        hint="take it out of the branch, which is for records alone",
    )


def _too_large(branch: str, entries: Sequence[Entry]) -> Diagnostic:
    named = ", ".join(each.path for each in entries[:SHOWN]) or "All records together"
    most = Most.RECORD if entries else TOGETHER
    return error(
        "records-too-large",
        "The records are too large to be ours",
        f"{named} on the branch {branch}: more than {most // 2**20} MiB.",
        hint="find out who put it there, and take it out of the branch",
    )


def _rewritten(branch: str, path: str) -> Diagnostic:
    return error(
        "records-rewritten",
        "A record was changed after it was kept",
        f"A commit of the branch {branch} changes or removes {path}. Records are only ever added to.",
        hint="find out who did it, and set the branch back to the commit before",
    )
