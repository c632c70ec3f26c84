"""The one place that opens files: regular ones of a bounded size, through no link of a repository.

What is written is never half there for a reader, and a disk that will not take it is told calmly. A link in a
repository is the work of whoever proposed the change, so it is not followed; outside of every repository
links are the machine's own, and a file that a person names there may be behind one.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import IntEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO

from stripectl.diagnostics import InvalidInput, Location, StripectlError, error


class Most(IntEnum):
    """Bytes that are read of a file at most, by what it is."""

    KEY = 4 * 2**10
    LOCK = 64 * 2**10
    LINE = 64 * 2**10 + 1
    """Of a request log."""
    IGNORED = 2**20
    """A `.gitignore`."""
    EVENT = 64 * 2**20
    """What a runner tells of why it runs."""
    RECORD = 256 * 2**20
    """A plan, a revision, a journal, or what a command printed."""


class Refused(OSError):
    """A file that is not opened, because of what it is."""

    def __init__(self, number: int, reason: str, hint: str) -> None:
        super().__init__(number, reason)
        self.hint = hint
        """A way out."""


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
                hint=way_out(problem, "check that the folder exists, is writable and has space left"),
                source=Location(str(path)),
            )
        ) from None


def way_out(problem: OSError, usual: str) -> str:
    """The hint that goes with a refusal; `usual` is that of the system's own."""
    return problem.hint if isinstance(problem, Refused) else usual


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Give diagnostics that name no place the file that they are about."""
    try:
        yield
    except StripectlError as problem:
        place = Location(str(path))
        placed = (replace(each, source=each.source or place) for each in problem.diagnostics)
        raise type(problem)(*placed) from None


# Where a path leads

_PROJECT = ("stripectl.yaml", "catalogs")


def repository(path: Path) -> Path | None:
    """The outermost folder above a path that git keeps, else that holds a project; None outside of both.

    Of nested ones the outermost counts: whoever proposes a change can add another one inside.
    """
    above = tuple(reversed(path.parents))
    for names in ((".git",), _PROJECT):
        for folder in above:
            if any(os.path.lexists(folder / name) for name in names):
                return folder
    return None


def require_unlinked(path: Path, top: Path) -> None:
    """Raise Refused where a folder below `top`, or the path itself, is a link."""
    within = path.relative_to(top).parts
    for depth in range(1, len(within) + 1):
        part = top.joinpath(*within[:depth])
        if part.is_symlink():
            what = "it" if part == path else f"{part}"
            raise Refused(
                errno.ELOOP,
                f"{what} is a link to {part.readlink()}, and links are not followed here",
                "put a file or a folder of its own in place of the link",
            )


def _way(path: Path, *, follow: bool = False) -> Path:
    """What is to be opened for a path; raises Refused where a link is on the way that is not followed.

    `follow` is for what a person names: outside of every repository it may be a link.
    """
    # As it is spelled: what stands behind `..` must not depend on where a link leads.
    whole = Path(os.path.abspath(path))  # noqa: PTH100
    if top := repository(whole):
        require_unlinked(whole, top)
    elif follow:
        return Path(os.path.realpath(whole))
    elif whole.is_symlink():
        require_unlinked(whole, whole.parent)
    return whole


_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}


def _require_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise Refused(
            errno.EINVAL,
            f"it is {_KINDS.get(stat.S_IFMT(mode), 'a device')}, not a regular file",
            "check that it is the file that was meant",
        )


def _open(path: Path, flags: int, mode: int = 0o666) -> int:
    """A handle of a regular file. What waits for somebody else, as a pipe does, is never waited for."""
    with suppress(FileNotFoundError):
        # Already to open a device may do something.
        _require_regular(path.lstat().st_mode)
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode)
    try:
        _require_regular(os.fstat(handle).st_mode)
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    handle = _open(path, flags)
    try:
        yield handle
    finally:
        os.close(handle)


def require_plain(path: Path) -> None:
    """Raise OSError where somebody else, given the path, would open anything but a regular file."""
    whole = _way(path)
    with suppress(FileNotFoundError):
        _require_regular(whole.lstat().st_mode)


# Reading


def start_of(path: Path, count: int, *, follow: bool = False) -> bytes:
    """The first `count` bytes at most; raises OSError. A file that grows meanwhile is no way around that."""
    with _opened(_way(path, follow=follow), os.O_RDONLY) as handle:
        return _read(handle, count)


def end_of(path: Path, count: int) -> bytes:
    """The last `count` bytes at most; raises OSError."""
    with _opened(_way(path), os.O_RDONLY) as handle:
        os.lseek(handle, max(0, os.fstat(handle).st_size - count), os.SEEK_SET)
        return _read(handle, count)


def _read(handle: int, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (more := os.read(handle, min(count - len(found), 2**20))):
        found += more
    return bytes(found)


def content_of(path: Path, most: int, *, follow: bool = False) -> bytes:
    """All that a file holds; raises OSError, also where that is more than `most` bytes."""
    with _opened(_way(path, follow=follow), os.O_RDONLY) as handle:
        is_small = os.fstat(handle).st_size <= most
        # Some files of the system say that they are empty.
        if is_small and len(found := _read(handle, most + 1)) <= most:
            return found
    raise Refused(
        errno.EFBIG, f"it is larger than {_amount(most)}", "check that it is the file that was meant"
    )


def _amount(count: int) -> str:
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count // 2**10} KiB"


def lines_of(path: Path, longest: int) -> Iterator[bytes]:
    """Line by line, each without what is beyond its first `longest` bytes; raises OSError."""
    with os.fdopen(_open(_way(path), os.O_RDONLY), "rb") as file:
        while line := file.readline(longest):
            yield line
            while line and not line.endswith(b"\n"):
                line = file.readline(longest)


def read_bytes(path: Path, most: int = Most.RECORD, *, follow: bool = False) -> bytes:
    """What a file holds; raises InvalidInput where there is none, or it is too large to be ours."""
    with told(path, "read"):
        return content_of(path, most, follow=follow)


def read_text(path: Path, most: int = Most.RECORD, *, follow: bool = False) -> str:
    """The text of a UTF-8 file; raises InvalidInput where there is none."""
    try:
        return read_bytes(path, most, follow=follow).decode("utf-8")
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


def shipped(file: Traversable) -> str:
    """The text of a file of the program itself, through whatever links that was installed with."""
    return file.read_text(encoding="utf-8")


# Writing


def make_folder(folder: Path) -> None:
    """The folder, and those above it, to stay; raises InvalidInput where it cannot be made."""
    with told(folder, "make"):
        _make_folder(_way(folder))


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
    """What `write_atomically` does; raises OSError where the disk refuses, and for a link of a repository.

    A pipe or a device such as /dev/stdout is written to; a move would put a file in its place.
    """
    handle = _channel(path)
    if handle is None:
        place = _way(path, follow=True)
        _make_folder(place.parent)
        replace_file(place, text.encode())
    else:
        with os.fdopen(handle, "w", encoding="utf-8") as channel:
            channel.write(text)


def stream(path: Path) -> IO[str]:
    """A file, empty at first, or a pipe or a device, to be written line by line; raises OSError."""
    handle = _channel(path)
    if handle is None:
        place = _way(path, follow=True)
        _make_folder(place.parent)
        handle = _open(place, os.O_WRONLY | os.O_CREAT)
        os.ftruncate(handle, 0)
    return os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace")


_SYSTEM = (Path("/dev"), Path("/proc"))
"""Where the system keeps devices, and what a process has open."""


def _channel(path: Path) -> int | None:
    """A handle where a path names a device of the system, what is open already, or a pipe; None for a file.

    A pipe is opened only while somebody reads from it, so that nobody waits.
    """
    whole = Path(os.path.abspath(path))  # noqa: PTH100
    if any(whole.is_relative_to(each) for each in _SYSTEM):
        is_channel = whole.is_symlink() or (whole.exists() and not whole.is_file() and not whole.is_dir())
    else:
        whole = _way(path, follow=True)
        is_channel = whole.is_fifo()
    if not is_channel:
        return None
    handle = os.open(whole, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(handle, True)
    return handle


def replace_file(path: Path, content: bytes) -> None:
    """Put a new file in place of the one at `path`; raises OSError, and then the old one stands."""
    place = _way(path)
    with suppress(FileNotFoundError):
        _require_regular(place.lstat().st_mode)
    with draft(place, content) as drafted:
        drafted.replace(place)
    sync_folder(place.parent)


def write_once(path: Path, content: bytes) -> bool:
    """Put a file where there is none, complete from its first moment; False where there is one.

    Raises InvalidInput where the disk refuses; then there still is none.
    """
    with told(path, "write"):
        place = _way(path)
        _make_folder(place.parent)
        with draft(place, content) as drafted:
            try:
                place.hardlink_to(drafted)
            except FileExistsError:
                return False
        with undone_by(place):
            sync_folder(place.parent)
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
def draft(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with that content, on disk; gone afterwards. Raises OSError."""
    drafted = aside(path)
    try:
        handle = os.open(drafted, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        yield drafted
    finally:
        # One that cannot be removed now is swept later, and no reader takes it for a record.
        with suppress(OSError):
            drafted.unlink(missing_ok=True)


def set_aside(text: str) -> Path:
    """Put a text into a new file of the system's folder for such, which only its owner may read.

    Raises OSError where that is not possible. What is no Unicode is escaped.
    """
    handle, name = tempfile.mkstemp(prefix="stripectl-", suffix=".txt")
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode(errors="backslashreplace"))
    return Path(name)


def aside(path: Path) -> Path:
    """A name beside `path` that nobody else uses, and that `sweep` knows."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


DRAFTS = f".*.json*.{'[0-9a-f]' * 8}"
"""Names of drafts of records."""


def sweep(folder: Path) -> None:
    """Remove the drafts of processes that died; only for who alone may write in that folder."""
    for drafted in folder.glob(DRAFTS):
        with suppress(OSError):
            drafted.unlink()


def for_appending(path: Path) -> int:
    """A handle of a file that there is, which writes at its end; raises OSError."""
    return _open(_way(path), os.O_WRONLY | os.O_APPEND)


def for_overwriting(path: Path) -> int:
    """A handle of a file that there is, which writes wherever it is told to; raises OSError."""
    return _open(_way(path), os.O_WRONLY)


def append_line(path: Path, line: bytes) -> None:
    """Add a line at once, so that nothing of others gets between; a torn line before it is ended."""
    with _opened(_way(path), os.O_RDWR | os.O_APPEND | os.O_CREAT) as handle:
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        write_all(handle, (b"\n" if torn else b"") + line + b"\n")


def append_for(runner_file: Path, text: str) -> None:
    """Add to a file that a runner named, be it a device; raises OSError."""
    handle = _channel(runner_file)
    if handle is None:
        handle = _open(_way(runner_file, follow=True), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def write_all(handle: int, content: bytes) -> None:
    """Write to the end: the system may take a part and say so."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder survive a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(path: Path, to: Path) -> None:
    """Give a file another name; raises OSError."""
    _way(path).rename(to)


def name_again(path: Path, found: Path) -> None:
    """Give a file a second name; raises OSError, and FileExistsError where that is taken."""
    _way(path).hardlink_to(found)


def remove(path: Path, *, missing_ok: bool = False) -> None:
    """Take a file away, never what a link of that name leads to; raises OSError."""
    _way(path.parent)
    path.unlink(missing_ok=missing_ok)


def remove_folder(folder: Path) -> bool:
    """Take an empty folder away; False where something is in it. Raises OSError."""
    _way(folder)
    try:
        folder.rmdir()
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


def into_the_void(handle: int) -> None:
    """Whatever is still written to a handle goes nowhere: its reader went away."""
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, handle)
    os.close(void)


# Below an open folder


def open_regular(path: str | Path, *, folder: int | None = None, largest: int = Most.RECORD) -> bytes:
    """What a regular file holds; raises OSError for a link, a pipe, a device and one that is too large.

    A path that is relative is looked for in `folder`, an open folder. A file that grows is read no further.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    _require_file(os.stat(path, dir_fd=folder, follow_symlinks=False))
    with os.fdopen(os.open(path, flags, dir_fd=folder), "rb") as file:
        _require_file(os.fstat(file.fileno()))
        content = file.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest // 2**20} MiB")
    return content


def _require_file(found: os.stat_result) -> None:
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
