"""Golden files of the views: texts kept under `golden/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden(kept: Callable[[Path, str], None]) -> Callable[[str, str], None]:
    """Hold a text against the golden file of a name."""
    return lambda name, text: kept(GOLDEN / name, text)
