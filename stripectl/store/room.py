"""Whether a folder takes what is to be recorded, found out without leaving anything behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from stripectl.files import draft, told


def try_to_write(folder: Path) -> None:
    """Write a file into the folder and remove it again; raises InvalidInput where that fails.

    Where the folder is still to be made, the one that it will be made in is tried.
    """
    place = _existing(folder)
    with told(place, "write to"), draft(place / "doctor.json", b"doctor\n"):
        pass


def free_bytes(folder: Path) -> int:
    """Left on the disk that the folder is on, or will be; raises InvalidInput where that is not told."""
    place = _existing(folder)
    with told(place, "look at"):
        return shutil.disk_usage(place).free


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
