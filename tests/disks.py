"""Disks that refuse: full, read-only, or forbidden from a certain call on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

CHANGES = ("open", "write", "fsync", "link", "replace", "rename", "mkdir", "unlink", "ftruncate", "pwrite")
"""What the system may refuse."""


class Disk:
    """Refuses a certain call, counted from 1, and where it `stays` broken all that follow."""

    def __init__(self, at: int, reason: int, *, stays: bool) -> None:
        self.at, self.reason, self.stays = at, reason, stays
        self.calls = 0
        self.refused: str | None = None
        """Name of the call that was refused last."""

    @contextmanager
    def in_use(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in CHANGES:
                patch.setattr(os, name, self._refusing(name, getattr(os, name)))
            yield

    def _refusing(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def refusing(*arguments: object, **options: object) -> object:
            if name == "open" and _reads(arguments[1]):
                return call(*arguments, **options)
            self.calls += 1
            if self.calls < self.at or (self.calls > self.at and not self.stays):
                return call(*arguments, **options)
            self.refused = name
            if name == "write":
                # What a full disk does: it takes a part.
                handle, content = arguments
                assert isinstance(content, memoryview)
                call(handle, content[: len(content) // 2])
            raise OSError(self.reason, os.strerror(self.reason))

        return refusing


def _reads(flags: object) -> bool:
    """Whether a file is opened to be read, which a disk that takes nothing more still allows."""
    assert isinstance(flags, int)
    return flags & os.O_ACCMODE == os.O_RDONLY and bool(flags & os.O_NOFOLLOW)
