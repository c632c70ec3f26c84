"""docs/reliability.md shows the matrix that the suite proves, to the last number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fault.page import tables

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- written by tests/fault: begin -->\n", "\n<!-- written by tests/fault: end -->"


def test_the_page_shows_the_matrix_that_the_suite_proves(kept: Callable[[Path, str], None]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    kept(PAGE, f"{before}{BEGIN}\n{tables()}\n{END}{after}")
