"""Revisions, journals and request logs on a branch of their own, which every run starts from and adds to.

The branch has nothing in common with the others, and is never checked out: its files are read into the state
folder and written from there, through an index of their own. So a protected main branch stays protected, and
a branch that is under review sees the newest records.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from time import sleep
from typing import TypeAlias

from stripectl.action.inputs import Inputs, refused_input
from stripectl.action.runner import Runner
from stripectl.cli.project import find_project
from stripectl.cli.repository import git
from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, StripectlError, UsageError, error
from stripectl.files import make_folder, read_bytes

SECONDS = 120
TRIES = 10
LONGEST = 4.0
"""Seconds between two tries to push, at most; how long exactly is drawn by lot."""


LOG = "log.jsonl"
KEPT = ("*/revisions/*.json", "*/journal/*.jsonl", f"*/{LOG}")
"""What is kept of the state of an environment; a lock is not, nor is an account in a file."""

NO_BRANCH = 2
"""Exit code of `git ls-remote --exit-code` where there is no such branch."""

BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
"""Under whose name and address GitHub shows what a workflow does."""

_DECLINED = re.compile(rb"declined|denied|protected", re.IGNORECASE)
"""What a server says that will say the same next time."""

_SAYING = ("remote: ", "fatal: ", "error: ", "! ")
"""How lines of git begin that tell why something failed."""

_USER = re.compile(r"//[^/@\s]+@")
"""Whatever opens a repository, in its address."""


Ended: TypeAlias = subprocess.CompletedProcess[bytes]


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one environment: in its state folder, and on the branch under the same names."""

    branch: str
    folder: Path
    """The state folder of the environment."""
    place: str
    """Where on the branch the project has its state: empty, or its folder in the repository with a `/`."""
    variables: Mapping[str, str]

    def fetch(self) -> bool:
        """Bring what the branch holds into the state folder; false where there is no such branch yet."""
        tip = self._tip()
        if tip and self._on(tip):
            make_folder(self.folder)
            self._git("checkout", "--quiet", f"{tip}:{self.place}", "--", self.folder.name)
        return tip is not None

    def keep(self, message: str) -> bool:
        """Add what the state folder holds to the branch; false where that is nothing new.

        Raises InvalidInput where another run has written the same record, once the others are added.
        """
        found = self._found()
        for more in reversed(range(TRIES)):
            tip = self._tip()
            tree, others = self._tree(tip, found)
            is_new = tree != self._git("rev-parse", f"{tip}^{{tree}}") if tip else bool(found)
            # The run of another environment may have added its own meanwhile: then once more on top of that.
            if is_new and not self._pushed(tree, tip, message, last=not more):
                continue
            if others:
                raise InvalidInput(*(_conflict(self.branch, path) for path in others))
            return is_new
        return False

    def _tree(self, tip: str | None, found: Mapping[str, Path]) -> tuple[str, list[str]]:
        """What the branch is to hold, and the records that exclude those that it holds."""
        self._git("read-tree", *((tip,) if tip else ("--empty",)))
        entries = {path: self._joined(path, file, tip) for path, file in found.items()}
        added = "".join(f"100644 {blob}\t{path}\0" for path, blob in entries.items() if blob)
        self._git("update-index", "-z", "--index-info", given=added.encode())
        return self._git("write-tree"), [path for path, blob in entries.items() if blob is None]

    def _joined(self, path: str, file: Path, tip: str | None) -> str | None:
        """The blob of a record with what the branch has of it; None where the two exclude one another."""
        ours = read_bytes(file)
        theirs = self._content(f"{tip}:{path}") if tip else None
        if theirs is None or ours.startswith(theirs):
            return self._blob(ours)
        if theirs.startswith(ours):
            return self._blob(theirs)
        if file.name != LOG:
            return None
        known = set(theirs.splitlines())
        more = (each for each in ours.splitlines(keepends=True) if each.rstrip(b"\r\n") not in known)
        return self._blob(b"".join((theirs, *more)))

    def _content(self, name: str) -> bytes | None:
        done = self._ask("cat-file", "blob", name)
        return done.stdout if done.returncode == 0 else None

    def _blob(self, content: bytes) -> str:
        return self._git("hash-object", "-w", "--stdin", given=content)

    def _on(self, tip: str) -> bool:
        """Whether the branch holds anything of the environment."""
        return bool(
            self._git("ls-tree", "--full-tree", "--name-only", tip, "--", self.place + self.folder.name)
        )

    def _found(self) -> Mapping[str, Path]:
        """Path on the branch -> file."""
        files = sorted(file for pattern in KEPT for file in self.folder.glob(pattern))
        return {self.place + file.relative_to(self.folder.parent).as_posix(): file for file in files}

    def _tip(self) -> str | None:
        """The newest commit of the branch, fetched; None where there is no such branch."""
        ref = f"refs/heads/{self.branch}"
        done = self._ask("ls-remote", "--exit-code", "origin", ref)
        if done.returncode == NO_BRANCH:
            return None
        if done.returncode:
            raise InvalidInput(_not_reached(self.branch, done))
        # With --depth the whole clone would count as shallow.
        self._git("fetch", "--quiet", "--no-tags", "origin", ref)
        tip = self._git("rev-parse", "FETCH_HEAD")
        if self._ask("merge-base", tip, "HEAD").returncode == 0:
            raise UsageError(_no_branch(self.branch, "it has commits of HEAD"))
        return tip

    def _pushed(self, tree: str, tip: str | None, message: str, *, last: bool) -> bool:
        commit = self._git("commit-tree", tree, *(("-p", tip) if tip else ()), "-m", message)
        done = self._ask("push", "--quiet", "origin", f"{commit}:refs/heads/{self.branch}")
        if done.returncode and (last or _DECLINED.search(done.stderr)):
            raise InvalidInput(_not_reached(self.branch, done))
        if done.returncode:
            # Runs that lost to the same one would lose to one another at the same moment again.
            sleep(SystemRandom().uniform(0.1, LONGEST))
        return done.returncode == 0

    def check(self) -> None:
        """Raises UsageError for a name that no branch can have, and for the default branch."""
        named = self._ask("check-ref-format", "--branch", self.branch)
        if named.returncode or named.stdout.decode().strip() != self.branch:
            raise UsageError(_no_branch(self.branch, "git takes no such name"))
        told = self._ask("ls-remote", "--symref", "origin", "HEAD").stdout.decode(errors="replace")
        if f"ref: refs/heads/{self.branch}\t" in told:
            raise UsageError(_no_branch(self.branch, "it is the default branch"))

    def _git(self, *arguments: str, given: bytes = b"") -> str:
        done = self._ask(*arguments, given=given)
        if done.returncode:
            raise InvalidInput(_not_reached(self.branch, done))
        return done.stdout.decode().strip()

    def _ask(self, *arguments: str, given: bytes = b"") -> Ended:
        try:
            return subprocess.run(  # noqa: S603  no shell, and its options are ours
                ["git", "-c", "core.autocrlf=false", *arguments],  # noqa: S607  whichever git there is
                # Paths are those of the work tree, whose top is the folder that holds the state.
                cwd=self.folder.parent,
                input=given,
                capture_output=True,
                check=False,
                timeout=SECONDS,
                env=dict(self.variables),
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise InvalidInput(_not_reached(self.branch, None, type(problem).__name__)) from None


@contextmanager
def records(inputs: Inputs, runner: Runner) -> Iterator[Records | None]:
    """The records that the inputs name; None where they name none.

    Raises InvalidInput outside of a repository, UsageError for a branch that cannot hold them.
    """
    folder = _state_folder(inputs, runner) if inputs.records else None
    if not inputs.records or not folder:
        yield None
        return
    make_folder(folder.parent)
    with tempfile.TemporaryDirectory(prefix="stripectl-", dir=runner.room) as room:
        variables = {
            **_writer(runner),
            **runner.variables,
            "GIT_DIR": _git_dir(inputs.folder, inputs.records),
            "GIT_WORK_TREE": str(folder.parent),
            "GIT_INDEX_FILE": str(Path(room) / "index"),
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        # Several projects of a repository may share a branch.
        place = git(inputs.folder, "rev-parse", "--show-prefix") or ""
        kept = Records(inputs.records, folder, place, variables)
        kept.check()
        yield kept


def _state_folder(inputs: Inputs, runner: Runner) -> Path | None:
    """None where the config is wrong: the command that follows says so better."""
    try:
        project = find_project(inputs.folder)
        return project.state_folder(project.environment(inputs.environment or runner.get("STRIPECTL_ENV")))
    except StripectlError:
        return None


def _writer(runner: Runner) -> Mapping[str, str]:
    """Who makes the commits, unless the variables say otherwise: on GitLab whoever started the pipeline."""
    name = runner.get("GITLAB_USER_NAME") or BOT[0]
    address = runner.get("GITLAB_USER_EMAIL") or BOT[1]
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", address))
    }


def _git_dir(folder: Path, branch: str) -> str:
    found = git(folder, "rev-parse", "--absolute-git-dir")
    if found is None:
        raise InvalidInput(_not_reached(branch, None, f"{folder} is in no git repository"))
    return found


def no_records(where: str) -> Diagnostic:
    """What is to be told where a look for drift has nothing to look at."""
    return Diagnostic(
        Severity.WARNING,
        "no-records",
        "There are no records to compare the account with",
        f"{where}: nothing was applied yet, or its records are elsewhere. Whether something drifted is open.",
        hint="check the input `records`, and that the branch is still there",
    )


def _no_branch(branch: str, why: str) -> Diagnostic:
    hint = "name a branch that holds nothing else, as stripectl-records; it is made with the first record"
    return refused_input("records", branch, why, hint)


def _conflict(branch: str, path: str) -> Diagnostic:
    return error(
        "records-conflict",
        "Another run has written the same record",
        f"{path} is on the branch {branch} with another content. It stays; all other records were added.",
        hint="let no two applies overlap; the next plan starts from the branch and the account",
    )


def _not_reached(branch: str, done: Ended | None, why: str = "") -> Diagnostic:
    lines = done.stderr.decode(errors="replace").strip().splitlines() if done else [why]
    # What the server and git have to say; advice may stand before and behind it.
    said = [each for each in lines if each.startswith(_SAYING)] or lines[-1:]
    return error(
        "records-not-reached",
        "The branch with the records cannot be read or written",
        _USER.sub("//…@", f"{branch}: {'; '.join(said) or 'git gives no reason'}"),
        hint="check the `permissions:` of the job (contents), and that its checkout keeps its credentials",
    )
