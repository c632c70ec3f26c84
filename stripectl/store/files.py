"""Writing so that a reader never sees half a file, and saying calmly when a disk will not take it."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
                "A file or folder cannot be used",
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
    """The folder, and those above it, to stay; raises InvalidInput where it cannot be made."""
    with told(folder, "make"):
        _make_folder(folder)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_atomically(path: Path, text: str) -> None:
    """Put `text` at `path` in one move, whatever stands there: draft, fsync, rename, fsync of the folder."""
    with told(path, "write"):
        put(path, text)


def put(path: Path, text: str) -> None:
    """What `write_atomically` does; raises OSError where the disk refuses."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # A pipe or a device such as /dev/stdout is written to; a move would put a file in its place.
        path.write_text(text, encoding="utf-8")
        return
    _make_folder(path.parent)
    replace_file(path, text.encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put a new file in place of the one at `path`; raises OSError, and then the old one stands."""
    with _draft(path, content) as draft:
        draft.replace(path)
    sync_folder(path.parent)


def write_once(path: Path, content: bytes) -> bool:
    """Put a file where there is none, complete from its first moment; False where there is one.

    Raises InvalidInput where the disk refuses; then there still is none.
    """
    with told(path, "write"):
        _make_folder(path.parent)
        with _draft(path, content) as draft:
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                return False
        with undone_by(path):
            sync_folder(path.parent)
    return True


@contextmanager
def undone_by(path: Path) -> Iterator[None]:
    """Remove a file that was just made when what follows fails."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with that content, on disk; gone afterwards."""
    draft = aside(path)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        yield draft
    finally:
        # One that cannot be removed now is swept later, and no reader takes it for a record.
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def aside(path: Path) -> Path:
    """A name beside `path` that nobody else uses, and that `sweep` knows."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def sweep(folder: Path) -> None:
    """Remove the drafts of processes that died; only for who alone may write in that folder."""
    for draft in folder.glob(f".*.json*.{'[0-9a-f]' * 8}"):
        with suppress(OSError):
            draft.unlink()


def write_all(handle: int, content: bytes) -> None:
    """Write to the end: the system may take a part and say so."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


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


# Through no link


def open_regular(path: str | Path, *, folder: int | None = None, largest: int = LARGEST) -> bytes:
    """What a regular file holds; raises OSError for a link, a pipe, a device and one that is too large.

    A path that is relative is looked for in `folder`, an open folder. A file that grows is read no further.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    _require_regular(os.stat(path, dir_fd=folder, follow_symlinks=False))
    with os.fdopen(os.open(path, flags, dir_fd=folder), "rb") as file:
        _require_regular(os.fstat(file.fileno()))
        content = file.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest // 2**20} MiB")
    return content


def _require_regular(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a link")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


@contextmanager
def folder_below(top: Path, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """A folder below `top`, open, reached through no link; raises OSError where one is in the way."""
    handle = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=handle)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            above, handle = handle, os.open(part, flags, dir_fd=handle)
            os.close(above)
        yield handle
    finally:
        os.close(handle)


def read_below(top: Path, parts: Sequence[str]) -> bytes | None:
    """What a file below `top` holds, None where there is none; raises OSError where a link is in the way."""
    *folders, name = parts
    try:
        with folder_below(top, folders) as folder:
            return open_regular(name, folder=folder)
    except FileNotFoundError:
        return None


def write_below(top: Path, parts: Sequence[str], content: bytes) -> None:
    """Put a file below `top`, in one move and through no link; raises OSError where one is in the way."""
    *folders, name = parts
    draft = aside(Path(name)).name
    with folder_below(top, folders, make=True) as folder:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
        try:
            try:
                write_all(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise
        os.fsync(folder)
