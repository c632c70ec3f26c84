"""Writing so that a reader never sees half a file, and saying calmly when a disk will not take it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stripectl.diagnostics import InvalidInput, Location, StripectlError, error


@contextmanager
def told(path: Path, verb: str) -> Iterator[None]:
    """Turn the system's refusal to `verb` a path into a diagnostic."""
    try:
        yield
    except OSError as problem:
        raise InvalidInput(
            error(
                "state-not-usable",
                "A file of the project's state cannot be used",
                f"Could not {verb} {path}: {problem.strerror or problem}.",
                hint="check that the folder exists, is writable and has space left",
                source=Location(str(path)),
            )
        ) from None


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Give diagnostics that name no place the file that they are about."""
    try:
        yield
    except StripectlError as problem:
        place = Location(str(path))
        placed = (replace(each, source=each.source or place) for each in problem.diagnostics)
        raise type(problem)(*placed) from None


def make_folder(folder: Path) -> None:
    """The folder, and those above it; raises InvalidInput where it cannot be made."""
    with told(folder, "make"):
        folder.mkdir(parents=True, exist_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Put `text` at `path` in one move: temporary file, fsync, rename, fsync of the folder."""
    with told(path, "write"):
        if path.exists() and not path.is_file():
            # A pipe or a device such as /dev/stdout is written to; a move would put a file in its place.
            path.write_text(text, encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder survive a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


LARGEST = 256 * 1024 * 1024
"""Bytes of a file that is read at most."""


def read_bytes(path: Path) -> bytes:
    """What a file holds; raises InvalidInput where there is none, or it is too large to be ours."""
    with told(path, "read"):
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if path.stat().st_size > LARGEST:
            raise OSError(0, f"it is larger than {LARGEST // 2**20} MiB")
        return path.read_bytes()


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; raises InvalidInput where there is none."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(
            error(
                "not-text",
                "The file is not UTF-8 text",
                f"{path} holds bytes that are no text.",
                hint="check that it is the file that was meant",
                source=Location(str(path)),
            )
        ) from None
