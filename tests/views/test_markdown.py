"""What a reviewer reads under a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stripectl.diagnostics import scrubbed
from stripectl.engine.plan import Action, FieldChange
from stripectl.views.markdown import plan_markdown
from stripectl.views.markup import cell, cell_code, code, prose
from tests.views import samples

RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@pytest.mark.parametrize("name", samples.PLANS)
def test_plans_read_as_reviewed(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.md", plan_markdown(samples.PLANS[name]))


def test_a_diff_reads_as_reviewed(golden: Callable[[str, str], None]) -> None:
    golden("diff.md", plan_markdown(samples.DIFF))


def test_the_name_of_a_base_takes_no_effect() -> None:
    hostile = replace(samples.COMPARED, base="<b>`x`|@team")
    text = plan_markdown(replace(samples.DIFF, compared=hostile))
    assert "<b>" not in text
    assert "@team" not in text


def text_of(markdown: str) -> str:
    """The text that a renderer shows for a paragraph; anything but text and hashes in it is an error."""
    tokens = RENDER.parse(markdown)
    assert [token.type for token in tokens] in (["paragraph_open", "inline", "paragraph_close"], [])
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    hashes = [child.content for child in children if child.type == "code_inline"]
    assert all(re.fullmatch(r"[0-9A-Fa-f]{7,}", each) for each in hashes)
    return "".join(child.content for child in children)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Zs"])))
def test_text_of_a_user_is_shown_as_it_was_written(text: str) -> None:
    shown = text_of("x " + prose(text)).replace("\u200b", "").removeprefix("x").strip()
    assert shown == scrubbed(text).strip()


@given(st.text(min_size=1, alphabet="ab`|\\ <@"))
def test_code_of_a_user_is_shown_as_it_was_written(text: str) -> None:
    tokens = RENDER.parse(f"x{code(text)}")
    spans = [child for token in tokens for child in token.children or () if child.type == "code_inline"]
    assert [span.content.strip(" ") for span in spans] == [text.strip(" ")]


def test_a_bar_does_not_end_a_cell() -> None:
    table = f"| a |\n|---|\n| {cell_code('a|b')} {cell('c|d')} |\n"
    assert "a|b" in RENDER.render(table)
    assert RENDER.render(table).count("<td>") == 1


def test_nobody_is_mentioned_and_nothing_is_linked() -> None:
    text = prose("@admin see #12 and https://example.invalid, www.example.invalid")
    assert "@admin" not in text
    assert "#12" not in text
    assert "https:" not in text
    assert "www." not in text


def test_hostile_names_leave_the_table_whole() -> None:
    html = RENDER.render(plan_markdown(samples.HOSTILE))
    assert "<b>" not in html
    assert "<a " not in html
    # One table of changes and one of quotes, each with its head and one row.
    assert html.count("<tr>") == 4


def test_a_plan_too_long_for_a_comment_says_what_it_leaves_out() -> None:
    plan = samples.large(20, 100)
    text = plan_markdown(plan)
    assert len(text) <= 60_000
    shown = text.count("| ± replace |")
    assert f"… and {2000 - shown:,} more changes ({2000 - shown:,} to replace)" in text


def test_a_plan_with_much_drift_and_many_notes_still_fits() -> None:
    plan = samples.plan(drift=samples.DRIFTED * 2000, diagnostics=samples.BUSY.diagnostics * 500)
    text = plan_markdown(plan)
    assert len(text) <= 60_000
    assert "more" in text


def test_what_is_least_risky_is_left_out_first() -> None:
    many = samples.large(10, 100, Action.CREATE)
    text = plan_markdown(samples.plan(*many.changes, samples.raised()))
    assert "| ± replace | `price.pro.monthly` |" in text
    assert "to create)" in text


def test_values_of_a_change_stand_one_a_line() -> None:
    row = samples.updated(
        samples.product("Pro"),
        samples.product("Pro+"),
        FieldChange(("name",), "Pro", "Pro+"),
        FieldChange(("unit_label",), None, "seat"),
    )
    text = plan_markdown(samples.plan(row))
    assert 'name: "Pro" → "Pro+"<br>unit label: not set → "seat"' in text
