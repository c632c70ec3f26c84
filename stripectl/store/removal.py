"""Taking the records of an environment away, and nothing else that lies in the same folders."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from stripectl.files import remove, remove_folder, told
from stripectl.store.lock import is_lock
from stripectl.store.log import is_log

_DRAFT = re.compile(r"\..+\.jsonl?\.[0-9a-f]{8}")


_RECORDS: Mapping[str, re.Pattern[str]] = {
    "revisions": re.compile(r"[0-9]{6,}\.json"),
    "journal": re.compile(r"[0-9]{8}T[0-9]{6,12}-[0-9a-f]+(\.jsonl|\.head\.json)"),
}
"""Folder of a catalog -> names of records in it. They are told by these, so that a damaged one goes, too."""

_FILES: Mapping[str, Callable[[Path], bool]] = {"lock.json": is_lock, "log.jsonl": is_log}
"""File of a catalog -> whether it is what it is called."""


def remove_records(folder: Path) -> tuple[Path, ...]:
    """Remove what was recorded of every catalog in the folder of an environment; what is left, sorted.

    A folder goes when its last record did and nothing else is in it. Links are left, and what they lead to.
    Raises InvalidInput where the disk refuses.
    """
    if not _is_folder(folder):
        return (folder,) if os.path.lexists(folder) else ()
    with told(folder, "remove"):
        for catalog in filter(_is_folder, sorted(folder.iterdir())):
            _remove_catalog(catalog)
        remove_folder(folder)
        return tuple(_left(folder))


def _remove_catalog(catalog: Path) -> None:
    found = False
    for name, names in _RECORDS.items():
        within = catalog / name
        if _is_folder(within) and _remove(each for each in _files(within) if names.fullmatch(each.name)):
            found = True
            remove_folder(within)
    if _remove(each for each in _files(catalog) if each.name in _FILES and _FILES[each.name](each)) or found:
        remove_folder(catalog)


def _files(folder: Path) -> tuple[Path, ...]:
    """The regular files of a folder, once drafts that a dead process left are gone."""
    found = [each for each in folder.iterdir() if each.is_file() and not each.is_symlink()]
    drafts = {each for each in found if _DRAFT.fullmatch(each.name)}
    _remove(iter(drafts))
    return tuple(each for each in found if each not in drafts)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(files: Iterator[Path]) -> bool:
    """Remove files; whether there were any."""
    found = tuple(files)
    for file in found:
        remove(file)
    return bool(found)


def _left(folder: Path) -> Iterator[Path]:
    """Files, links and empty folders, without a look through links."""
    if not _is_folder(folder):
        if os.path.lexists(folder):
            yield folder
        return
    within = sorted(folder.iterdir())
    if not within:
        yield folder
    for each in within:
        yield from _left(each)
