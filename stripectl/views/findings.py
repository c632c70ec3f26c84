"""What the formats of code scanners share: a diagnostic as one message, and a name that stays the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from stripectl.diagnostics import Diagnostic, Location
from stripectl.views.page import harmless

NOWHERE = Location("stripectl.yaml")
"""The place of what has none, for formats that ask for one."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A catalog that was looked at: what there is to be right or wrong in it."""

    catalog: str
    files: tuple[str, ...] = ()
    artifacts: Mapping[str, Location | None] = field(default_factory=dict)
    """Address -> where it is declared."""

    def within(self, files: Collection[str] | None) -> Examined:
        """What of it stands in these files; all where they are None."""
        if files is None:
            return self
        kept = {each: place for each, place in self.artifacts.items() if place and place.file in files}
        return Examined(self.catalog, tuple(each for each in self.files if each in files), kept)


def headline(each: Diagnostic) -> str:
    """`tier-order: Tier bounds must increase`."""
    return f"{each.code}: {each.summary}"


def message(each: Diagnostic) -> str:
    """What was found and the way out, a line each; the summary where there is nothing to add."""
    inside = each.path or each.address or ""
    hint = f"hint: {each.hint}" if each.hint else ""
    lines = [inside, *(each.detail or each.summary).splitlines(), hint]
    return "\n".join(harmless(line) for line in lines if line)


def fingerprints(diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
    """A name for each, 32 hex digits: the same while its code, file and address stay, wherever the line goes.

    Several of the same code at one address are told apart by their order.
    """
    seen = Counter[tuple[str, ...]]()
    names: list[str] = []
    for each in diagnostics:
        file = each.source.file if each.source else ""
        key = (each.code, file, each.address or "", each.path)
        spelled = "\0".join((*key, str(seen[key])))
        names.append(hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:32])
        seen[key] += 1
    return tuple(names)
