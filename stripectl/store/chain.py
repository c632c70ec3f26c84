"""Files of lines that vouch for one another: each ends with a checksum of itself and of the line before it.

A line: `{…,"previous":"sha256:…","checksum":"sha256:…"}`. So a byte that changed anywhere is found, the last
line included, and lines can neither be taken out nor swapped. A file may end in the middle of a line, as a
crash leaves it; that line is as if it had not been written. That whole lines at its end are gone is found by
its head, another file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stripectl.diagnostics import InvalidInput, Location, Locked, error
from stripectl.engine.values import Json
from stripectl.files import (
    for_appending,
    for_overwriting,
    read_bytes,
    replace_file,
    told,
    undone_by,
    write_all,
    write_once,
)
from stripectl.store.head import Head, head_file, head_of, put_head

START = "sha256:" + "0" * 64
"""What the first line follows."""

_DIGEST = len(START)


class Chain:
    """A chain that is open for writing; several threads may append.

    Lines are written one at a time, and a thread that waits for the disk makes all lines lasting that were
    written until then. Whoever takes a chain over puts a new file in its place, so that a process that slept
    meanwhile can only write into the void, and finds out.
    """

    def __init__(self, path: Path, lines: int, last: bytes) -> None:
        """Open a chain of so many lines, the last of which is `last`; raises OSError."""
        self.path = path
        self._handle = for_appending(path)
        # Also where an apply ends without a word, the file does not stay open.
        self._shut = weakref.finalize(self, os.close, self._handle)
        self._head_handle = for_overwriting(head_file(path))
        self._shut_head = weakref.finalize(self, os.close, self._head_handle)
        self._last = last
        self._lines = self._noted = lines
        self._size = self._lasting = os.fstat(self._handle).st_size
        self._writing = threading.Lock()
        self._waiting = threading.Lock()
        self._ended = False
        """Nothing may follow: it was closed, or its last line may be torn."""
        self._lost = False
        """The disk failed to make lines lasting; asking it again would give a wrong answer."""

    @classmethod
    def begun(cls, path: Path, entry: Mapping[str, Json]) -> Chain:
        """A new chain with its first line; raises InvalidInput where that fails, and then there is none."""
        line = _spell(entry, START)
        with told(path, "write"):
            if not write_once(path, line + b"\n"):
                raise FileExistsError(errno.EEXIST, "it exists already")
            with undone_by(path), undone_by(head_file(path)):
                put_head(path, Head(1, _checksum(line)))
                return cls(path, 1, line)

    @classmethod
    def taken_over(cls, path: Path) -> Chain:
        """Go on where a chain ends, without the torn part of its last line."""
        lines = whole(path).lines
        last = lines[-1] if lines else b""
        with told(path, "write"):
            # First of all: who wakes from a sleep must not count lines that it writes into the void.
            put_head(path, Head(len(lines), _checksum(last)))
            replace_file(path, b"".join(line + b"\n" for line in lines))
            return cls(path, len(lines), last)

    def append(self, entry: Mapping[str, Json]) -> None:
        """Write one line and wait until it is on disk.

        Raises Locked where somebody else took the chain over, InvalidInput where the disk fails. After that
        the line counts as not written: what it announces must not be done.
        """
        with told(self.path, "write"):
            size, head = self._write(entry)
            self._make_lasting(size)
            self._note(head)
            self._confirm()

    def close(self) -> None:
        """Nothing more will be written."""
        self._ended = True
        self._shut_head()
        self._shut()

    def _write(self, entry: Mapping[str, Json]) -> tuple[int, Head]:
        """Write one line; the size of the file with it, and its head then."""
        with self._writing:
            if self._ended:
                raise OSError(errno.EIO, "an earlier line could not be written")
            self._confirm(self._size)
            line = _spell(entry, _checksum(self._last))
            try:
                write_all(self._handle, line + b"\n")
            except BaseException:
                self._ended = True
                with suppress(OSError):
                    os.ftruncate(self._handle, self._size)
                raise
            self._last = line
            self._lines += 1
            self._size += len(line) + 1
            return self._size, Head(self._lines, _checksum(line))

    def _make_lasting(self, size: int) -> None:
        """Wait until the first `size` bytes are on disk."""
        with self._waiting:
            if self._lasting >= size:
                return
            if self._lost:
                raise OSError(errno.EIO, "an earlier line did not reach the disk")
            written = self._size
            try:
                os.fsync(self._handle)
            except OSError:
                self._ended = self._lost = True
                raise
            self._lasting = written

    def _note(self, head: Head) -> None:
        """Write the head over the one before; a line that is on disk is no less so where that fails."""
        with self._waiting:
            if head.lines > self._noted and self._shut_head.alive:
                with suppress(OSError):
                    os.pwrite(self._head_handle, head.spelled(), 0)
                self._noted = head.lines

    def _confirm(self, size: int | None = None) -> None:
        """Raise Locked where the path holds another file, or one that is not `size` bytes long."""
        ours = os.fstat(self._handle)
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            raise self._taken_over() from None
        if not os.path.samestat(ours, found) or size not in (None, ours.st_size):
            raise self._taken_over()

    def _taken_over(self) -> Locked:
        return Locked(
            error(
                "run-taken-over",
                "Somebody else went on with this run",
                f"{self.path} is no longer as this process left it: the run was resumed or put back elsewhere"
                " while this process slept. It sends nothing more.",
                hint="see who is at work with `stripectl lock show`, and where things stand with"
                " `stripectl plan`",
                source=Location(str(self.path)),
            )
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """What a chain holds."""

    lines: list[bytes]
    """Those that were written to their ends."""
    lost: int = 0
    """Lines that were on disk, as the head knows, and are gone; 0 where none is."""


def whole(path: Path) -> Whole:
    """The lines of a chain; raises InvalidInput with the first that cannot be trusted."""
    *lines, rest = read_bytes(path).split(b"\n")
    last = b""
    for number, line in enumerate(lines, start=1):
        if not _is_sealed(line):
            raise _damaged(path, number, "it does not match its checksum")
        if not _follows(line, last):
            raise _damaged(path, number, "it does not follow from the line before it")
        last = line
    # A line that was torn is shorter than a line: here its end is there, and something else after it.
    if _is_sealed(rest[:-1]):
        raise _damaged(path, len(lines) + 1, "it goes on after its end")
    return Whole(lines, _lost(path, lines, torn=bool(rest)))


def _lost(path: Path, lines: list[bytes], *, torn: bool) -> int:
    """How many lines are gone, as the head of the chain knows.

    One that is torn is no sign of that: a disk may say that a line is written, and lose its end in a crash.
    """
    head = head_of(path)
    if head is None or head.lines == 0:
        return 0
    if head.lines > len(lines):
        return max(0, head.lines - len(lines) - torn)
    if _checksum(lines[head.lines - 1]) != head.checksum:
        raise _damaged(path, head.lines, "another line was written there before")
    return 0


def _checksum(line: bytes) -> str:
    """What a line says of itself, which is what the next one follows."""
    return line[-_DIGEST - 2 : -2].decode() if line else START


def _spell(entry: Mapping[str, Json], previous: str) -> bytes:
    text = json.dumps({**entry, "previous": previous}, separators=(",", ":"), ensure_ascii=False)
    body = text.encode()[:-1]
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return b',"checksum":"sha256:' + hashlib.sha256(body).hexdigest().encode() + b'"}'


_SEAL = len(_seal(b""))


def _is_sealed(line: bytes) -> bool:
    return line[-_SEAL:] == _seal(line[:-_SEAL])


def _follows(line: bytes, last: bytes) -> bool:
    return line[:-_SEAL].endswith(f',"previous":"{_checksum(last)}"'.encode())


def _damaged(path: Path, line: int, why: str) -> InvalidInput:
    return InvalidInput(
        error(
            "record-damaged",
            "A record is not what was written",
            f"Line {line} of {path} cannot be trusted: {why}.",
            hint="restore the journal from a copy, or compare the account with `stripectl drift` and move the"
            " journal out of the folder",
            source=Location(str(path), line),
        )
    )
