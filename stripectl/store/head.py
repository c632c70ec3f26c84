"""The head of a journal: how far it reached at least, in a file of its own, `<run>.head.json`.

Lines that vouch for one another show every change but one: that the last of them are gone. The head is
written after the lines that it counts are on disk: no crash leaves a journal behind its head. One that is
ahead of it is what a crash in between leaves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from stripectl.files import Most, content_of, replace_file, told


@dataclass(frozen=True, slots=True)
class Head:
    """So many lines were on disk, and the last of them had this checksum."""

    lines: int
    checksum: str

    def spelled(self) -> bytes:
        """Always as long, so that it can be written over another one in place."""
        return f'{{"lines":{self.lines:10},"checksum":"{self.checksum}"}}\n'.encode()


def head_file(journal: Path) -> Path:
    return journal.with_suffix(".head.json")


def put_head(journal: Path, head: Head) -> None:
    """A new file with the head; who has the old one open writes into the void. Raises OSError."""
    replace_file(head_file(journal), head.spelled())


def head_of(journal: Path) -> Head | None:
    """The head of a journal; None where there is none, as of an older version, or a crash tore it."""
    file = head_file(journal)
    with told(file, "read"):
        try:
            found = json.loads(content_of(file, Most.LOCK))
            head = Head(found["lines"], found["checksum"])
        except (FileNotFoundError, ValueError, LookupError, TypeError, RecursionError):
            return None
    return head if type(head.lines) is int and head.lines >= 0 and isinstance(head.checksum, str) else None
