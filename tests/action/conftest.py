"""The steps of `action.yml`, run as a runner does: with bash, files to write to, and an API to talk to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.octo import Octo, serving
from tests.repositories import SETTINGS, committed, git
from tests.waiting import SECONDS

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
MANIFEST = "catalogs/main/team.yaml"
TOKEN = "ghs_job"
KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
"""Stands in the environment of every step, and must be met nowhere else."""

PULL = 7
BRANCH = "stripectl-records"


@cache
def action() -> dict[str, Any]:
    found = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@dataclass(frozen=True)
class Done:
    """What a use of the action left."""

    code: int
    log: str
    summary: str
    outputs: Mapping[str, str]
    steps: tuple[str, ...]
    """Names of the steps that ran."""

    @property
    def commands(self) -> list[str]:
        """Lines of the log that the runner would obey."""
        return [line for line in self.log.splitlines() if re.match(r"\s*::", line) or "##[" in line]


@dataclass(frozen=True)
class Job:
    """A checkout on a runner."""

    workspace: Path
    temp: Path
    octo: Octo
    variables: Mapping[str, str] = field(default_factory=dict)

    def use(self, exit: int = 0, **inputs: str) -> Done:
        """Use the action with these inputs (`-` is spelled `_`); the exit code is the expected one."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        known = action()["inputs"]
        assert set(given) <= set(known)
        values = {
            name: given.get(name, str(each.get("default", ""))).replace("${{ github.token }}", TOKEN)
            for name, each in known.items()
        }
        done = self._run(values)
        assert done.code == exit, f"{done.code}\n{done.log}"
        everything = "\n".join((done.log, done.summary, *done.outputs.values(), *map(str, self._told())))
        assert not [secret for secret in (KEY, TOKEN, "Traceback") if secret in everything]
        return done

    def _told(self) -> list[object]:
        return [*self.octo.comments.values(), *self.octo.issues.values()]

    def _run(self, inputs: Mapping[str, str]) -> Done:
        log, code, ran = "", 0, []
        outputs: dict[str, str] = {}
        summary = self.temp / "summary.md"
        summary.write_text("", encoding="utf-8")
        for step in action()["runs"]["steps"]:
            if not wanted(step.get("if"), inputs, failed=code != 0):
                continue
            ended, told = self._step(step, inputs, summary)
            ran.append(step["name"])
            log += ended.stdout + ended.stderr
            code = code or ended.returncode
            if "id" in step:
                outputs = told
        declared = action()["outputs"]
        shown = {name: evaluated(each["value"], {}, outputs) for name, each in declared.items()}
        return Done(code, log, summary.read_text(encoding="utf-8"), shown, tuple(ran))

    def _step(
        self, step: Mapping[str, Any], inputs: Mapping[str, str], summary: Path
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        output, script = self.temp / "output", self.temp / "step.sh"
        output.write_text("", encoding="utf-8")
        script.write_text(step["run"], encoding="utf-8")
        own = {name: evaluated(text, inputs, {}) for name, text in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        assert step["shell"] == "bash"
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**self.environment, **files, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return ended, parsed(output.read_text(encoding="utf-8"))

    @property
    def environment(self) -> dict[str, str]:
        return {
            **SETTINGS,
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.temp / "action"),
            "GITHUB_ACTOR": "ann",
            "GITHUB_API_URL": self.octo.url,
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_GRAPHQL_URL": f"{self.octo.url}/graphql",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": git(self.workspace, "rev-parse", "HEAD"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "STRIPE_LIVE_KEY": KEY,
            **self.variables,
        }

    def with_variables(self, **variables: str) -> Job:
        return replace(self, variables={**self.variables, **variables})

    def happens(self, event: Mapping[str, object]) -> None:
        """Say what the workflow was started by."""
        (self.temp / "event.json").write_text(json.dumps(event), encoding="utf-8")

    def edit(self, old: str, new: str, file: str = MANIFEST) -> None:
        path = self.workspace / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def merges(self, pull: int = PULL) -> str:
        """Commit what is there, as the merge of a pull request; the commit."""
        commit = committed(self.workspace, f"the merge of #{pull}")
        self.octo.merged[commit] = [
            {"number": pull, "merged_at": "2027-01-31T12:00:00Z", "merge_commit_sha": commit}
        ]
        self.happens({})
        return commit


def wanted(condition: str | None, inputs: Mapping[str, str], *, failed: bool) -> bool:
    """Whether a step runs: `always()` and comparisons with an input, joined by `&&`, are all there may be."""
    parts = [each.strip() for each in (condition or "").split("&&") if each.strip()]
    if failed and "always()" not in parts:
        return False
    for part in parts:
        match = re.fullmatch(r"inputs\.([\w-]+) (==|!=) '(\w*)'", part)
        assert match or part == "always()", part
        if match and (inputs[match[1]] == match[3]) != (match[2] == "=="):
            return False
    return True


def evaluated(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """A text with its expressions, each of which names an input or an output of the step `run`."""
    values = {
        **{f"inputs.{name}": value for name, value in inputs.items()},
        **{f"steps.run.outputs.{name}": value for name, value in outputs.items()},
    }
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: values[found[1]] if values else "", str(text))


def parsed(text: str) -> dict[str, str]:
    """What stands in a file of outputs, as the runner reads it."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, end = line.partition("<<")
        value = []
        for each in lines:
            if each == end:
                break
            value.append(each)
        found[name] = "\n".join(value)
    return found


@pytest.fixture
def octo() -> Iterator[Octo]:
    with serving() as octo:
        yield octo


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, committed and applied once."""
    folder = tmp_path_factory.mktemp("template")
    for words in (["init"], ["apply", "--yes", "--quiet"]):
        subprocess.run(
            [sys.executable, "-m", "stripectl", *words], cwd=folder, check=True, capture_output=True
        )
    committed(folder, "the catalog")
    return folder


@pytest.fixture
def job(template: Path, tmp_path: Path, octo: Octo) -> Job:
    """A pull request that is to change the catalog, which was applied once."""
    workspace, temp = tmp_path / "workspace", tmp_path / "temp"
    shutil.copytree(template, workspace)
    installed = temp / "action" / ".venv"
    (installed / "bin").mkdir(parents=True)
    # As the first step leaves it, which then has nothing to do.
    (installed / "ready").touch()
    (installed / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (installed / "bin" / "python").chmod(0o755)
    made = Job(workspace, temp, octo)
    made.happens({"pull_request": {"number": PULL}})
    return made
