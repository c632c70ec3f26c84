"""Revisions on disk: `revisions/000001.json` and so on, each with a checksum of its content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stripectl.diagnostics import Diagnostic, InvalidInput, Location, error
from stripectl.engine.kinds import Kinds
from stripectl.engine.nodes import parse_json
from stripectl.engine.plan import Revision
from stripectl.engine.serial import revision_from_json, revision_to_json
from stripectl.engine.values import Json, digest
from stripectl.files import located, read_text, sweep, told, write_once


@dataclass(frozen=True, slots=True)
class FileRevisions:
    """The revisions of one catalog in one environment."""

    folder: Path
    kinds: Kinds

    def last(self) -> Revision | None:
        numbers = self._numbers()
        return self.get(numbers[-1]) if numbers else None

    def get(self, number: int) -> Revision:
        """One revision; raises InvalidInput where it does not exist or cannot be trusted."""
        path = self._path(number)
        if number not in self._numbers():
            raise InvalidInput(self._unknown(number))
        revision = load_revision(path, self.kinds)
        if revision.number != number:
            raise _damaged(path, f"It holds revision {revision.number}.")
        return revision

    def all(self) -> tuple[Revision, ...]:
        """Oldest first."""
        return tuple(self.get(number) for number in self._numbers())

    def write(self, revision: Revision) -> None:
        """Add a revision; raises InvalidInput where its number is taken or the disk refuses.

        Whoever calls holds the lock.
        """
        path = self._path(revision.number)
        sweep(self.folder)
        if not write_once(path, revision_text(revision).encode()):
            raise InvalidInput(self._taken(path))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"

    def _numbers(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        with told(self.folder, "read"):
            return sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdigit())

    def _unknown(self, number: int) -> Diagnostic:
        known = ", ".join(map(str, self._numbers())) or "none yet"
        return error(
            "unknown-revision",
            "There is no such revision",
            f"Revision {number} was asked for; recorded are: {known}.",
            hint="see them with `stripectl history`",
        )

    def _taken(self, path: Path) -> Diagnostic:
        return error(
            "revision-taken",
            "Another apply has written this revision",
            f"{path} exists already.",
            hint="plan again: the record has moved on",
            source=Location(str(path)),
        )


def revision_text(revision: Revision) -> str:
    """The file of a revision: its JSON with a checksum over everything else."""
    document: dict[str, Json] = dict(revision_to_json(revision))
    return json.dumps({**document, "checksum": digest(document)}, indent=1, ensure_ascii=False) + "\n"


def load_revision(path: Path, kinds: Kinds, *, follow: bool = False) -> Revision:
    """Read one revision file; raises InvalidInput where it is none, or is not what was written.

    `follow` is for one that a person names; see `files`.
    """
    with located(path):
        document = parse_json(read_text(path, follow=follow), "revision")
        if isinstance(document, dict) and "checksum" in document:
            # First of all: what a changed byte did to the content would be told as something else.
            _check(path, document)
            return revision_from_json(document, kinds)
        revision_from_json(document, kinds)
    raise _damaged(path, "It bears no checksum.")


def _check(path: Path, document: Mapping[str, Json]) -> None:
    content = dict(document)
    written, found = content.pop("checksum"), digest(content)
    if written != found:
        raise _damaged(path, f"It has the checksum {written}, but its content gives {found}.")


def _damaged(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        error(
            "record-damaged",
            "A record is not what was written",
            f"{path} cannot be trusted. {why}",
            hint="restore it from a copy; the account itself is untouched",
            source=Location(str(path)),
        )
    )
