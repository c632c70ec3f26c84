"""What can be said of a catalog that is not wholly readable: what holds whatever stands in the gaps.

A finding holds when every completion of the catalog has it, word for word, or when it is there, about a sound
artifact, without the artifacts that depart from the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.diagnostics import Diagnostic
from stripectl.pricing.checks import EVERYTHING_READ, Unread
from stripectl.pricing.model import Catalog

_SOLD = r"offers(\.[^.]+(\.(prices|setup)\b.*)?)?"
OF_ABSENCE: Mapping[str, str] = {
    "accept-unused": r".*",
    "override-not-in-offer": _SOLD,
    "profile-quantity": _SOLD,
    "profile-usage": rf"{_SOLD}|products.*",
    "unused-commitment": r"offers(\.[^.]+(\.commitment\b.*)?)?",
}
"""Code that says what is nowhere to be found -> paths at which a guess may stand for it."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Where guesses stand; paths are dotted."""

    made_up: frozenset[str]
    """Paths of guessed values."""
    unnamed: frozenset[str]
    """Paths of mappings with an entry whose name is guessed."""
    names: Mapping[str, str]
    """Guessed id of an artifact -> what is written in its place."""

    def decide(self, finding: Diagnostic) -> bool:
        """Whether the finding stands at a guess, or may be there only because of one."""
        places = OF_ABSENCE.get(finding.code)
        if places is not None and self._may_stand_at(places):
            return True
        return finding.path in self.unnamed or any(each in self.made_up for each in _upwards(finding.path))

    def _may_stand_at(self, places: str) -> bool:
        return bool(self.names) or any(re.fullmatch(places, path) for path in self.made_up)

    def as_written(self, finding: Diagnostic) -> Diagnostic:
        """The finding with the names of the manifest."""
        for guess, written in self.names.items():
            finding = replace(
                finding,
                address=finding.address and finding.address.replace(guess, written),
                path=finding.path.replace(guess, written),
                detail=finding.detail.replace(guess, written),
                hint=finding.hint.replace(guess, written),
            )
        return finding


def _upwards(path: str) -> Iterator[str]:
    """The path and all that it leads through."""
    yield path
    for end in range(len(path) - 1, 0, -1):
        if path[end] in ".[":
            yield path[:end]


@dataclass(frozen=True, slots=True)
class Completed:
    """A catalog with guesses in place of what could not be read."""

    catalog: Catalog
    unread: Unread
    """What no guess could complete."""
    guesses: Guesses

    def told(self, findings: Iterable[Diagnostic]) -> dict[Diagnostic, None]:
        """The findings that no guess decides."""
        return {self.guesses.as_written(each): None for each in findings if not self.guesses.decide(each)}


@dataclass(frozen=True, slots=True)
class Readable:
    """A catalog as far as it could be read, and its completions."""

    catalog: Catalog
    """Without the artifacts and entries that depart from the schema."""
    unread: Unread = EVERYTHING_READ
    completed: tuple[Completed, ...] = ()
    """One for each round of guesses; none where everything could be read."""

    def versions(self) -> Iterator[Catalog]:
        """Every catalog that `agreed` looks at."""
        yield self.catalog
        yield from (each.catalog for each in self.completed)

    def agreed(self, find: Callable[[Catalog, Unread], Iterable[Diagnostic]]) -> tuple[Diagnostic, ...]:
        """What `find` finds whatever stands where the catalog could not be read; nothing twice."""
        sound = [each for each in find(self.catalog, self.unread) if not self._is_unread(each)]
        rounds = [each.told(find(each.catalog, each.unread)) for each in self.completed]
        certain = [each for each in rounds[0] if all(each in one for one in rounds)] if rounds else []
        # What is known of the unreadable artifacts changes what a hint proposes, and nothing else.
        known = {replace(each, hint="") for each in certain}
        return (*certain, *(each for each in sound if replace(each, hint="") not in known))

    def _is_unread(self, finding: Diagnostic) -> bool:
        """About what is unread, or about an absence that may be filled by it."""
        is_absence = finding.code in OF_ABSENCE and self.unread.everything
        return is_absence or finding.address in self.unread.addresses
