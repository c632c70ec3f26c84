"""What can be said of a catalog that is not wholly readable: what holds whatever stands in the gaps.

A finding about a sound artifact is one that is also there without the unreadable artifacts. A finding about
an unreadable artifact is one that every completion of it has, word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, assert_never

from stripectl.diagnostics import Diagnostic, Location
from stripectl.engine.fidelity import Annotation
from stripectl.pricing.checks import EVERYTHING_READ, Unread
from stripectl.pricing.model import Catalog

F = TypeVar("F", Diagnostic, Annotation)

OF_ABSENCE = frozenset({"accept-unused"})
"""Codes that say what an artifact does not lead to: nothing is known of that before all of it is read."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A catalog with guesses in place of what could not be read."""

    catalog: Catalog
    unread: Unread
    """What no guess could complete."""
    made_up: tuple[str, ...]
    """Dotted paths of the guesses."""
    names: Mapping[str, str]
    """Guessed id -> what is written in its place."""

    def told(self, findings: Iterable[F]) -> dict[F, None]:
        """The findings in the words of the manifest, without those that stand at a guess."""
        return {self._as_written(each): None for each in findings if not self._is_made_up(each)}

    def _is_made_up(self, finding: Diagnostic | Annotation) -> bool:
        path = finding.path if isinstance(finding, Diagnostic) else ""
        return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in self.made_up)

    def _as_written(self, finding: F) -> F:
        for guess, written in self.names.items():
            finding = _renamed(finding, guess, written)
        return finding


def _renamed(finding: F, old: str, new: str) -> F:
    address, detail = (finding.address or "").replace(old, new) or None, finding.detail.replace(old, new)
    match finding:
        case Diagnostic(path=path, hint=hint):
            path, hint = path.replace(old, new), hint.replace(old, new)
            return replace(finding, address=address, path=path, detail=detail, hint=hint)
        case Annotation():
            return replace(finding, address=address or "", detail=detail)
    assert_never(finding)


@dataclass(frozen=True, slots=True)
class Readable:
    """A catalog as far as it could be read, and its completions."""

    catalog: Catalog
    """Without the artifacts and entries that depart from the schema."""
    unread: Unread = EVERYTHING_READ
    entries: frozenset[Location] = frozenset()
    """Places of the entries of lists that depart from the schema."""
    completed: tuple[Completed, ...] = ()
    """One for each round of guesses; none where everything could be read."""

    def versions(self) -> Iterator[Catalog]:
        """Every catalog that `agreed` looks at."""
        yield self.catalog
        yield from (each.catalog for each in self.completed)

    def agreed(self, find: Callable[[Catalog, Unread], Iterable[F]]) -> Iterator[F]:
        """What `find` finds whatever stands where the catalog could not be read."""
        yield from (each for each in find(self.catalog, self.unread) if not self._of_absence(each))
        rounds = [one.told(find(one.catalog, one.unread)) for one in self.completed]
        for each in rounds[0] if rounds else ():
            if self._is_unread(each) and not self._of_absence(each) and all(each in one for one in rounds):
                yield each

    def _is_unread(self, finding: Diagnostic | Annotation) -> bool:
        return finding.address in self.unread.addresses or finding.source in self.entries

    def _of_absence(self, finding: Diagnostic | Annotation) -> bool:
        return finding.code in OF_ABSENCE and self._is_unread(finding)
