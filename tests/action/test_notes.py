"""What a comment is made of: markers that names cannot break, digests, and a length that GitHub takes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stripectl.action.inputs import Inputs
from stripectl.action.notes import LIMIT, body, digests_in, is_by, marker

FIRST = "<!-- stripectl:action command=plan environment=live folder=. -->"
DIGEST = "sha256:" + "a" * 64
PAGE = "https://github.example/acme/shop/actions/runs/4711"


def test_a_comment_that_would_be_too_long_ends_between_two_lines_and_says_so() -> None:
    text = body(FIRST, {"main": DIGEST}, ["word\n" * 10_000, "word\n" * 10_000], PAGE)
    lines = text.splitlines()
    assert LIMIT - 10 < len(text) <= LIMIT
    assert lines[:2] == [FIRST, f"<!-- stripectl:digests main={DIGEST} -->"]
    assert lines[2].startswith("> Too long for one comment")
    assert lines[-2:] == ["word", f"<sub>[The run that wrote this]({PAGE})</sub>"]
    assert digests_in(text) == {"main": DIGEST}


def test_signs_beyond_the_basic_plane_count_twice() -> None:
    text = body(FIRST, {}, ["\N{MONEY BAG}\n" * 30_000], PAGE)
    assert len(text.encode("utf-16-le")) // 2 <= LIMIT
    assert text.count("\N{MONEY BAG}") > 20_000


def test_a_short_one_is_whole() -> None:
    assert body(FIRST, {}, ["one\n", "two\n"], "") == f"{FIRST}\none\n\ntwo\n"


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_no_name_ends_the_marker_or_makes_it_another(environment: str, catalog: str, place: str) -> None:
    first = marker(Inputs("plan", Path("/"), place, environment, catalog))
    assert first.startswith("<!-- stripectl:action command=plan environment=")
    assert (first.count("-->"), first.count(">"), first.isascii(), "\n" in first) == (1, 1, True, False)
    assert first.count(" ") == 6


@given(st.dictionaries(st.text(), st.just(DIGEST), min_size=1))
def test_digests_are_read_as_they_were_written(digests: dict[str, str]) -> None:
    assert digests_in(body(FIRST, digests, [], "")) == digests


def test_digests_count_in_the_second_line_only() -> None:
    forged = f"<!-- stripectl:digests main={DIGEST} -->"
    assert digests_in(body(FIRST, {}, ["Plan\n", forged], "")) == {}
    assert digests_in("") == {}


def test_a_person_cannot_take_the_name_of_a_bot() -> None:
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    person = {"login": "github-actions", "type": "User"}
    assert is_by(bot, "github-actions[bot]")
    assert is_by(bot, "github-actions")
    assert not is_by(person, "github-actions[bot]")
    assert not is_by(bot, "dependabot[bot]")
    assert is_by({"login": "ann", "type": "User"}, "ann")
    assert not is_by(None, "ann")
