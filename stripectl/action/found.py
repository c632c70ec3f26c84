"""What a command left in its JSON: counts, digests, diagnostics, for outputs and decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from stripectl.diagnostics import Diagnostic
from stripectl.engine.comparing import GONE
from stripectl.engine.nodes import Node, parse_json
from stripectl.engine.reading import read_diagnostic
from stripectl.store.files import read_text

ACTIONS = ("create", "update", "replace", "reactivate", "adopt", "archive", "delete")
COUNTS = (*ACTIONS, "drift")


@dataclass(frozen=True, slots=True)
class Planned:
    """What one plan, diff or report of drift comes to."""

    catalog: str
    environment: str
    digest: str
    """Empty for a report of drift."""
    counts: Mapping[str, int]
    """By action and `drift`; 0 or more."""
    differs: bool
    """Whether an apply would do something; of a diff, whether the versions say different things."""
    diagnostics: tuple[Diagnostic, ...] = ()
    comparable: bool = True
    """False for a report of drift of what no revision recorded: that it tells no drift means nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a command came to, for all its catalogs."""

    plans: tuple[Planned, ...] = ()
    problems: tuple[Diagnostic, ...] = field(default=(), repr=False)
    """Why it came to nothing, or what `validate` found."""

    def count(self, name: str) -> int:
        return sum(each.counts[name] for each in self.plans)

    @property
    def changed(self) -> bool:
        return any(each.differs for each in self.plans)

    @property
    def unrecorded(self) -> tuple[str, ...]:
        """The catalogs that there was nothing to compare with."""
        return tuple(each.catalog for each in self.plans if not each.comparable)

    @property
    def digests(self) -> Mapping[str, str]:
        return {each.catalog: each.digest for each in self.plans if each.digest}


def found_in(file: Path) -> Found:
    """What a command wrote as JSON; nothing where it wrote none, as one that was killed."""
    if not file.is_file():
        return Found()
    document = Node(parse_json(read_text(file), "plan"), "plan")
    entries = document.object()
    if "plans" in entries or "catalogs" in entries:
        several = (*document["plans"].items(), *document["catalogs"].items())
        return Found(tuple(map(_planned, several)))
    if "summary" in entries or "drift" in entries:
        return Found((_planned(document),))
    return Found(problems=tuple(map(read_diagnostic, document["diagnostics"].items())))


def last_words(file: Path) -> tuple[Diagnostic, ...]:
    """Why an apply failed, as the last of its events tells it; nothing where it went well, or was cut off."""
    lines = read_text(file).splitlines() if file.is_file() else []
    events = (Node(parse_json(line, "plan"), "plan") for line in lines[-1:])
    ended = (each for each in events if each["event"].value == "ended")
    return tuple(map(read_diagnostic, chain.from_iterable(each["diagnostics"].items() for each in ended)))


def _planned(node: Node) -> Planned:
    named = (node["catalog"].text(), node["environment"].text())
    if "summary" not in node.object():
        counts = {**dict.fromkeys(ACTIONS, 0), "drift": len(node["drift"].items())}
        known = node["revision"].whole() > 0
        return Planned(*named, "", counts, differs=counts["drift"] > 0, comparable=known)
    counts = {name: node["summary"][name].whole() for name in COUNTS}
    told = tuple(map(read_diagnostic, node["diagnostics"].items()))
    differs = any(counts[name] for name in ACTIONS) or any(_beyond_changes(node, told))
    return Planned(*named, node["digest"].text(), counts, differs=differs, diagnostics=told)


def _beyond_changes(node: Node, told: tuple[Diagnostic, ...]) -> Iterator[bool]:
    """What a diff may say besides changes of objects."""
    if node["compared"].value is not None:
        yield bool(node["compared"]["fidelity"].items())
        yield any(each.code == GONE for each in told)
