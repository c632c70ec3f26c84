"""The tours in the README and in the pages, run line by line: what they show is what the program says.

Rewrite the outputs with `make golden`, and read the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs/environments.md", ROOT / "docs/policies.md"]

BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```", re.M | re.S)


@dataclass
class Mask:
    """Puts examples in the place of what differs from run to run; the same id gets the same example."""

    ids: dict[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2027-01-31 12:00", text)
        text = re.sub(r"\bsince \d{4}-\d\d-\d\d\b", "since 2027-01-31", text)
        text = re.sub(r"\b[\d,]+\.\d GiB\b", "42.0 GiB", text)
        text = re.sub(r"(requests?) in \d+\.\d s", r"\1 in 0.2 s", text)
        return re.sub(r"\b(acct|price)_\w{16,24}\b", self._example, text)

    def _example(self, found: re.Match[str]) -> str:
        kind, width = found[1], len(found[0])
        number = sum(each.startswith(kind) for each in self.ids) + 1
        head = f"{kind}_1Example"
        return self.ids.setdefault(found[0], f"{head}{number:0{width - len(head)}}")


def commands(block: str) -> Iterator[str]:
    """The lines behind `$ `, each with the `> ` lines that continue it; what they printed is left out."""
    command = ""
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command
            command = line
        elif line.startswith("> "):
            command += f"\n{line}"
    if command:
        yield command


def run(folder: Path, home: Path, command: str) -> str:
    """What a line prints, wherever it prints it."""
    script = "\n".join(line[2:] for line in command.splitlines())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), "LOGNAME": "ann", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
    )
    return done.stdout


def edit_by_hand(folder: Path) -> None:
    """What the tour does with curl, which not every machine has."""
    account = ShadowAccount(folder / ".stripectl/shadow/account.db", clock=lambda: 1_800_000_000)
    answer = account.handle(
        "POST", "/v1/products/main-pro", "", "name=Pro+(new!)", {"Authorization": "Bearer sk_test_anyone"}
    )
    account.close()
    assert answer.status == 200


def walked(text: str, folder: Path, home: Path) -> str:
    """The page with the output that its lines have now."""

    mask = Mask()

    def replaced(block: re.Match[str]) -> str:
        if block[1] == "sh":
            if "shadow serve" in block[2]:
                edit_by_hand(folder)
            return block[0]
        shown = (f"{command}\n{mask(run(folder, home, command))}" for command in commands(block[2]))
        return "```console\n" + "\n".join(each.rstrip("\n") + "\n" for each in shown) + "```"

    return BLOCK.sub(replaced, text)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_a_page_shows_what_the_program_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for name in ("home", "tour"):
        (tmp_path / name).mkdir()
    now = walked(page.read_text(encoding="utf-8"), tmp_path / "tour", tmp_path / "home")
    if request.config.getoption("--update-golden"):
        page.write_text(now, encoding="utf-8")
    assert now.splitlines() == page.read_text(encoding="utf-8").splitlines()
    assert "Traceback" not in now
