"""The installed command in a temporary folder: how it is started, and what it must never do.

Every test runs on both ways to an account: on the file itself, and over HTTP as if it were Stripe.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from tests.listening import listening
from tests.waiting import SECONDS

STRIPECTL = Path(sys.executable).with_name("stripectl")

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
"""Any test key opens a shadow account; this one must not be met again."""

ACCOUNT = ".stripectl/shadow/account.db"
MANIFEST = "catalogs/main/team.yaml"
"""The one manifest of a new project."""

FILE, HTTP = "in a file", "over HTTP"
only_in_a_file = pytest.mark.parametrize("way", [FILE], indirect=True)
"""For tests of what only the file has."""


@dataclass(frozen=True)
class Ended:
    """What a finished command left."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A folder to run the command in, with an environment that holds nothing of the tester's own."""

    root: Path
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    """Where the account is; None for the file that the project has by itself."""

    def init(self) -> Desk:
        """Start a project on the account of this desk."""
        self.run("init")
        return self.at(self.url) if self.url else self

    def at(self, url: str) -> Desk:
        """The same project, whose environment keeps its name but is reached by provider `stripe`."""
        remote = f"{{provider: stripe, api_key_env: TEST_KEY, base_url: '{url}'}}"
        self.edit("stripectl.yaml", "shadow: {provider: shadow}", f"shadow: {remote}")
        return replace(self.with_variables(TEST_KEY=KEY), url=url)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{STRIPECTL.parent}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", **self.variables}

    def run(self, *arguments: str, exit: int = 0, kilobytes: int = 0) -> Ended:
        """Run to the end, off a terminal; the exit code is the expected one, and nothing unseemly is said.

        `kilobytes` bounds the size of every file that the command writes, as a disk does that is nearly full.
        """

        def limit() -> None:
            if kilobytes:
                resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

        done = subprocess.run(
            [STRIPECTL, *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            preexec_fn=limit,
        )
        ended = Ended(done.returncode, done.stdout, done.stderr)
        assert ended.code == exit, f"exit code {ended.code}\n{ended.out}\n{ended.err}"
        assert "Traceback" not in ended.out + ended.err
        assert "\x1b" not in ended.out + ended.err
        return ended

    def refused(self, *arguments: str, exit: int, code: str, **variables: str) -> Ended:
        """Run what must be refused: one headline with the code, a reason, a way out, and nothing written."""
        before = self.kept()
        ended = self.with_variables(**variables).run(*arguments, exit=exit)
        assert f"error[{code}]: " in ended.err, ended.err
        assert "\nhint: " in ended.err
        assert self.kept() == before
        return ended

    def kept(self) -> dict[str, bytes]:
        """Every file but the request log, which tells of refusals, too."""
        return {name: content for name, content in self.files().items() if not name.endswith("/log.jsonl")}

    def with_variables(self, **variables: str) -> Desk:
        """The same folder, with more variables."""
        return replace(self, variables={**self.variables, **variables})

    def files(self) -> dict[str, bytes]:
        """Every file below the folder and what is in it."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one place of `old` in a file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """An address at which the account answers: that of its server, or of `shadow serve` on the file."""
        if self.url:
            yield self.url
            return
        command = [str(STRIPECTL), "shadow", "serve", "--port", "0"]
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            try:
                yield server.stdout.readline().strip()
            finally:
                server.terminate()
            assert server.wait(SECONDS) == 0


@contextmanager
def desk_at(way: str, folder: Path, project: Path | None = None, *, applied: bool = False) -> Iterator[Desk]:
    """A desk in `folder` with a copy of a project, with or without all that was applied."""
    (folder / "home").mkdir()
    desk = Desk(folder / "project", folder / "home")
    if project:
        left_out = () if applied else (".stripectl",)
        shutil.copytree(project, desk.root, ignore=shutil.ignore_patterns(*left_out))
    else:
        desk.root.mkdir()
    if way == FILE:
        yield desk
        return
    local, remote = desk.root / ACCOUNT, folder / "remote.db"
    if applied:
        local.rename(remote)
    with closing(ShadowAccount(remote, clock=time.time)) as account, listening(account) as server:
        yield desk.at(server.url) if project else replace(desk, url=server.url)
    assert not local.exists(), "the account was reached over HTTP alone"


@pytest.fixture(params=[FILE, HTTP])
def way(request: pytest.FixtureRequest) -> str:
    """How the account is reached."""
    return str(request.param)


@pytest.fixture
def desk(way: str, tmp_path: Path) -> Iterator[Desk]:
    """An empty folder."""
    with desk_at(way, tmp_path) as desk:
        yield desk


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project as `init` makes it, applied once; tests work on copies, which is faster."""
    folder = tmp_path_factory.mktemp("template")
    place = Desk(folder, folder)
    place.init()
    place.run("apply", "--yes")
    return folder


@pytest.fixture
def started(way: str, tmp_path: Path, template: Path) -> Iterator[Desk]:
    """A new project as `init` makes it."""
    with desk_at(way, tmp_path, template) as desk:
        yield desk


@pytest.fixture
def applied(way: str, tmp_path: Path, template: Path) -> Iterator[Desk]:
    """A new project that was applied once."""
    with desk_at(way, tmp_path, template, applied=True) as desk:
        yield desk
