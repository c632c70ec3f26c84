"""The inputs of the action, which come as variables `INPUT_…`; an input that cannot count is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stripectl.diagnostics import Diagnostic, UsageError, did_you_mean, error

COMMANDS = ("validate", "diff", "plan", "apply", "drift")

MEANT_FOR: Mapping[str, tuple[str, ...]] = {
    "base": ("diff",),
    "allow": ("diff", "plan", "apply"),
    "plan": ("plan", "apply"),
    "report": ("diff", "plan", "apply"),
    "expect-digest": ("apply",),
    "issue": ("drift",),
}
"""Input -> the commands that it means something to; others are for every command."""

REVIEWED = "reviewed"
"""Stands for the digests that the comment of the merged pull request tells."""

_DIGEST = re.compile(r"(?:(?P<catalog>[^\s=,]+)=)?(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a workflow asks for."""

    command: str
    folder: Path
    """Where the command runs; absolute."""
    place: str = "."
    """The same from the top of the workspace, as the workflow gives it."""
    environment: str | None = None
    catalog: str | None = None
    base: str | None = None
    allow: tuple[str, ...] = ()
    plan: Path | None = None
    """Where a plan goes, or the plan to apply: a file, or a folder with one for each catalog."""
    expected: Mapping[str, str] | None = None
    """Catalog -> the digest that its plan must have; an empty name is the only one that changes."""
    as_reviewed: bool = False
    """The digests are those that were reviewed in the pull request."""
    report: Path | None = None
    comment: bool = False
    issue: bool = False
    records: str | None = None
    """The branch that revisions and journals are kept on."""
    token: str = ""

    @property
    def bound(self) -> bool:
        """Whether only a plan with a known digest is to be applied."""
        return self.as_reviewed or self.expected is not None


def inputs_from(variables: Mapping[str, str], here: Path) -> Inputs:
    """The inputs as given, blank ones left out; raises UsageError for one that cannot count."""
    given = {
        name.removeprefix("INPUT_").lower().replace("_", "-"): value.strip()
        for name, value in variables.items()
        if name.startswith("INPUT_") and value.strip()
    }
    command = given.get("command", "plan")
    if command not in COMMANDS:
        raise UsageError(_unknown_command(command))
    truths = {name: _truth(name, given.pop(name, "false")) for name in ("comment", "issue")}
    asked = [*given, *(name for name, value in truths.items() if value)]
    if misplaced := next((name for name in asked if command not in MEANT_FOR.get(name, COMMANDS)), None):
        raise UsageError(_misplaced(misplaced, command))
    place = PurePosixPath(given.get("working-directory", ".")).as_posix()
    folder = (here / place).resolve()
    if not folder.is_dir():
        raise UsageError(refused_input("working-directory", place, "there is no such folder"))
    expected = given.get("expect-digest")
    return Inputs(
        command,
        folder,
        place,
        given.get("environment"),
        given.get("catalog"),
        given.get("base"),
        tuple(given.get("allow", "").replace(",", " ").split()),
        folder / given["plan"] if "plan" in given else None,
        None if expected in (None, REVIEWED) else _digests(expected),
        expected == REVIEWED,
        folder / given["report"] if "report" in given else None,
        truths["comment"],
        truths["issue"],
        given.get("records"),
        given.get("token", ""),
    )


def _truth(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise UsageError(refused_input(name, text, "true or false is wanted"))
    return text == "true"


def _digests(text: str) -> Mapping[str, str]:
    found = {}
    for each in text.replace(",", " ").split():
        match = _DIGEST.fullmatch(each)
        if match is None:
            wanted = "sha256:…, catalog=sha256:… for each of several catalogs, or `reviewed` is wanted"
            raise UsageError(refused_input("expect-digest", each, wanted))
        found[match["catalog"] or ""] = match["digest"]
    return found


def _unknown_command(command: str) -> Diagnostic:
    guess = did_you_mean(command, COMMANDS)
    return refused_input("command", command, f"there are: {', '.join(COMMANDS)}", guess)


def _misplaced(name: str, command: str) -> Diagnostic:
    meant = ", ".join(MEANT_FOR[name])
    return refused_input(
        name, command, f"it means something to {meant} only", f"leave `{name}` out", "for command"
    )


def refused_input(name: str, value: str, wanted: str, hint: str = "", how: str = "as") -> Diagnostic:
    return error(
        "action-input",
        "The action was given an input that cannot count",
        f"`{name}` was given {how} {value}; {wanted}.",
        hint=hint or "docs/github-actions.md lists the inputs",
    )
