"""A folder is tried without leaving anything in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stripectl.diagnostics import InvalidInput
from stripectl.store.room import free_bytes, try_to_write


def test_trying_leaves_nothing_behind(tmp_path: Path) -> None:
    try_to_write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_still_to_be_made_is_not_made(tmp_path: Path) -> None:
    try_to_write(tmp_path / "state" / "live")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        try_to_write(tmp_path / "state")
    assert refused.value.diagnostics[0].code == "state-not-usable"


def test_the_space_that_is_left_is_told_in_bytes(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "state") > 0
