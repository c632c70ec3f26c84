"""What a shell is offered, asked the way each shell asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import SECONDS

STRIPECTL = Path(sys.executable).with_name("stripectl")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project that was applied once."""
    folder = tmp_path_factory.mktemp("project")
    for words in (["init"], ["apply", "--yes", "--quiet"]):
        subprocess.run([STRIPECTL, *words], cwd=folder, check=True, capture_output=True)
    return folder


def ask(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [STRIPECTL],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.stderr == ""
    return done


def bash(folder: Path, line: str) -> list[str]:
    """What bash is offered at the end of a line."""
    words = line.split(" ")
    answer = ask(
        folder, _STRIPECTL_COMPLETE="complete_bash", COMP_WORDS=line.rstrip(), COMP_CWORD=str(len(words) - 1)
    )
    assert answer.returncode == 0
    return answer.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("stripectl roll", ["rollback"]),
        ("stripectl plan --env ", ["live", "sandbox", "shadow"]),
        ("stripectl lock show --env l", ["live"]),
        ("stripectl plan --catalog ", ["main"]),
        ("stripectl plan --target price", ["price.pro.monthly", "price.pro.yearly"]),
        ("stripectl explain f", ["feature.sso"]),
        ("stripectl history product", ["product.pro"]),
        ("stripectl rollback ", ["1"]),
        ("stripectl history --requests ", ["1"]),
        ("stripectl rollback --env live ", []),
        ("stripectl validate --output j", ["json", "junit"]),
        ("stripectl plan --output j", ["json"]),
        ("stripectl apply --output j", ["json", "jsonl"]),
        ("stripectl drift --output ", ["json", "text"]),
        ("stripectl plan --allow ir", ["irreversible"]),
        ("stripectl schema do", ["doctor"]),
        ("stripectl plan --dir /nowhere --env ", []),
    ],
)
def test_bash_is_offered_what_the_project_has(project: Path, line: str, offered: list[str]) -> None:
    assert bash(project, line) == offered


def test_zsh_and_fish_are_offered_the_same(project: Path) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": "stripectl plan --env "}
    zsh = ask(project, _STRIPECTL_COMPLETE="complete_zsh", **asked)
    assert zsh.stdout.split() == ["_arguments", "'*:", ':(("live"', '"sandbox"', '"shadow"))\'']
    fish = ask(project, _STRIPECTL_COMPLETE="complete_fish", _TYPER_COMPLETE_FISH_ACTION="get-args", **asked)
    assert fish.stdout.split() == ["live", "sandbox", "shadow"]


@pytest.mark.parametrize(("line", "code"), [("stripectl plan --env ", 0), ("stripectl apply ", 1)])
def test_fish_offers_files_where_there_are_no_words(project: Path, line: str, code: int) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    assert ask(project, _STRIPECTL_COMPLETE="complete_fish", **asked).returncode == code


def test_a_project_that_is_wrong_offers_less_and_says_nothing(project: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(project, broken)
    (broken / "catalogs/main/team.yaml").write_text("products: [", encoding="utf-8")
    assert bash(broken, "stripectl explain ") == []
    assert bash(broken, "stripectl rollback ") == ["1"]
    (broken / "stripectl.yaml").write_text("environments: 7", encoding="utf-8")
    assert bash(broken, "stripectl plan --env ") == []
    assert bash(tmp_path / "broken/catalogs/main", "stripectl plan --env ") == []


def test_manifests_that_take_long_to_read_are_not_read(project: Path, tmp_path: Path) -> None:
    large = tmp_path / "large"
    shutil.copytree(project, large)
    with (large / "catalogs/main/team.yaml").open("a", encoding="utf-8") as file:
        file.write("# a comment\n" * 100_000)
    assert bash(large, "stripectl explain ") == []
    assert bash(large, "stripectl plan --catalog ") == ["main"]


def test_what_is_installed_for_bash_completes_there(project: Path, tmp_path: Path) -> None:
    home = {"PATH": f"{STRIPECTL.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    script = """
        stripectl --install-completion >/dev/null
        . ~/.bashrc
        COMP_WORDS=(stripectl plan --env sh); COMP_CWORD=3
        _stripectl_completion stripectl
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=project,
        env=home,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.stdout, done.stderr) == ("shadow\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(project: Path, shell: str) -> None:
    script = ask(project, _STRIPECTL_COMPLETE=f"source_{shell}").stdout
    assert f"_STRIPECTL_COMPLETE=complete_{shell}" in script
