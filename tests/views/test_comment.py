"""A comment on a plan: what it holds in which order, how long it may get, and that no text breaks out of it.

What is said of markup is held against the parser that GitHub publishes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Plan
from stripectl.views.fitting import Section, fitted, shares
from stripectl.views.markdown import diagnostics_markdown, plan_markdown, plans_markdown
from stripectl.views.markup import cell, code, length, marker, prose
from tests.views import samples

LIMIT = 60_000

MARKER = re.compile(r"<!-- stripectl:(plan|diff|problems)((?: [a-z]+=[^ ]+)*) -->")
"""As docs/outputs.md gives it."""


# What a comment holds


def headings(text: str) -> list[str]:
    return re.findall(r"^(?:### .*|<summary>.*|> \*\*.*?\*\*|<sub>Made)", text, re.M)


def test_what_a_reviewer_decides_by_stands_first() -> None:
    plan = replace(samples.BUSY, approval=(Reach.IRREVERSIBLE,))
    assert headings(plan_markdown(plan)) == [
        "> **Approval needed**",
        "> **Blocked.**",
        "### Changes",
        "### What customers pay",
        "### What is not exact",
        "### Who is affected",
        "<summary>Why, what happens then, and to whom</summary>",
        "<summary>Every value of 10 changes</summary>",
        "### Drift",
        "### To be looked at",
        "<sub>Made",
    ]


def test_counts_stand_right_below_the_title() -> None:
    lines = plan_markdown(samples.RAISED).splitlines()
    assert lines[1:4] == [
        "## Plan for acme in sandbox",
        "",
        "**1 to replace; 1 stays as it is** · fidelity: 2 artifacts exact",
    ]


def test_a_comment_says_when_and_from_what_it_was_made() -> None:
    last = plan_markdown(replace(samples.RAISED, made_from=samples.MADE_FROM)).splitlines()[-1]
    assert last == (
        "<sub>Made 2026-11-21 09:00 UTC from commit `5d6e7f8`, and changes that are not committed.</sub>"
    )
    assert "<sub>" not in plan_markdown(replace(samples.RAISED, created_at=""))


def test_every_value_of_every_change_is_in_the_fold() -> None:
    text = plan_markdown(
        samples.plan(samples.raised(), samples.created(samples.FEATURE), samples.gone(samples.METER))
    )
    assert text.partition("```diff\n")[2].partition("\n```\n")[0].splitlines() == [
        "@@ − meter.api-calls: archive @@",
        '- name: "API calls"',
        "- event: api_calls",
        "- aggregation: sum",
        "@@ ± price.pro.monthly: replace @@",
        "- amount: 24.00 USD",
        "+ amount: 29.00 USD",
        "@@ + feature.sso: create @@",
        '+ name: "Single sign-on"',
        "+ lookup key: sso",
    ]


def test_who_is_affected_is_summed_up_on_top_and_told_in_a_table() -> None:
    text = plan_markdown(samples.AFFECTED)
    assert "\nAffected: how many " not in text
    assert re.search(r"^Affected: 1,001\+ active subscriptions stay on 2 prices that go, .*; ", text, re.M)
    assert "| `price.lite.monthly` | 9.00 USD a month | 1 | depends on usage or tiers | payment link " in text
    assert r"portal configuration Self \| service |" in text
    assert "### Who is affected" not in plan_markdown(samples.DIFF)


# The marker


def test_a_pipeline_finds_its_comment_by_the_first_line() -> None:
    first = plan_markdown(replace(samples.ROLLBACK, catalog="main")).splitlines()[0]
    found = MARKER.fullmatch(first)
    assert found
    facts = dict(fact.split("=", 1) for fact in found[2].split())
    assert (found[1], facts["environment"], facts["catalog"]) == ("plan", "live", "main")
    assert facts["created"] == "2026-11-21T09:00:00Z"
    assert re.fullmatch("sha256:[0-9a-f]{64}", facts["digest"])


def test_the_page_about_outputs_gives_the_pattern() -> None:
    page = (Path(__file__).parents[2] / "docs/outputs.md").read_text(encoding="utf-8")
    assert f"\n^{MARKER.pattern}$\n" in page


def test_each_sort_of_comment_has_its_marker() -> None:
    assert plan_markdown(samples.DIFF).startswith("<!-- stripectl:diff environment=sandbox ")
    assert diagnostics_markdown(samples.BUSY.diagnostics).startswith("<!-- stripectl:problems -->\n## ")
    several = plans_markdown((samples.RAISED, samples.QUIET)).splitlines()[0]
    assert several == "<!-- stripectl:plan environment=sandbox created=2026-11-21T09:00:00Z -->"


@given(st.text())
@example("x --> <b>--!>")
@example("--" * 100)
def test_nothing_ends_a_marker_early(text: str) -> None:
    line = marker("plan", {"environment": text, "catalog": text})
    assert MARKER.fullmatch(line)
    assert line.count("--") == 2


# Length


def summary_of(text: str) -> str:
    return re.split(r"\n\n(?:###|<details>|- )", text.partition("\n")[2])[0]


BIG = samples.large(5, 50)


@given(st.integers(min_value=1_500, max_value=60_000))
@settings(max_examples=25)
def test_details_give_way_and_what_sums_up_never_does(limit: int) -> None:
    text = plan_markdown(BIG, limit=limit)
    assert length(text) <= limit
    assert summary_of(text) == summary_of(plan_markdown(BIG, limit=10**7))
    assert text.endswith("\n<sub>Made 2026-11-21 09:00 UTC.</sub>\n")


def test_the_fold_gives_way_before_a_row_of_a_table_does() -> None:
    plan = samples.large(5, 20)
    whole = plan_markdown(plan, limit=10**7)
    short = plan_markdown(plan, limit=length(whole) - 5_000)
    assert re.search(r"^… and the reasons of \d\d more changes\.$", short, re.M)
    assert whole.count("| ± replace |") == short.count("| ± replace |") == 100
    shortest = plan_markdown(plan, limit=9_000)
    assert "```diff" not in shortest
    assert 0 < shortest.count("| ± replace |") < 100


def test_a_short_section_is_not_cut_for_a_long_one() -> None:
    plan = samples.plan(samples.raised(), drift=samples.DRIFTED * 2000)
    text = plan_markdown(plan)
    assert "| ± replace | `price.pro.monthly` |" in text
    assert re.search(r"^… and [\d,]+ more\.$", text, re.M)


def test_a_thousand_changes_read_as_reviewed(golden: Callable[[str, str], None]) -> None:
    text = plan_markdown(samples.large(20, 50))
    assert length(text) <= LIMIT
    assert "**1,000 to replace**" in text
    total = "980 active subscriptions stay on 660 prices that go, what they pay depends on usage or tiers"
    assert f"\nAffected: {total}\n" in text
    golden("thousand.md", text)


@pytest.mark.parametrize(
    ("number", "of"), [(40, samples.BUSY), (40, samples.large(2, 30)), (600, samples.RAISED)]
)
def test_many_catalogs_share_one_comment(number: int, of: Plan) -> None:
    text = plans_markdown([replace(of, catalog=f"shop-{place}") for place in range(number)])
    assert length(text) <= LIMIT
    assert text.splitlines()[1] == f"## Plan for {number} catalogs in sandbox"
    rows = re.findall(r"^\| `(shop-\d+)` \|", text, re.M)
    assert len(rows) == number
    hidden = re.search(r"^… and what (\d+) more catalogs? changes", text, re.M)
    assert text.count("\n## Plan for shop-") + (int(hidden[1]) if hidden else 0) == number


def test_catalogs_that_ask_for_something_stand_first() -> None:
    plans = [
        replace(each, catalog=name)
        for name, each in (("a", samples.QUIET), ("b", samples.RAISED), ("c", samples.BUSY))
    ]
    table = plans_markdown(plans).partition("| Catalog |")[2].partition("\n\n")[0]
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == ["| `c`", "| `b`", "| `a`"]
    assert table.splitlines()[2].endswith(" | **blocked** |")
    assert table.splitlines()[4].endswith(" | no changes |")


def test_what_one_catalog_does_not_need_is_for_the_others() -> None:
    assert shares([10, 500, 400], 600) == [10, 295, 295]
    assert shares([10, 20], 100) == [10, 20]
    assert shares([5, 5], -3) == [0, 0]


@given(st.lists(st.integers(0, 200), max_size=8), st.integers(-10, 600))
def test_shares_never_exceed_what_there_is(wanted: list[int], room: int) -> None:
    given_ = shares(wanted, room)
    assert sum(given_) <= max(0, room)
    assert all(share <= want for share, want in zip(given_, wanted, strict=True))
    assert sum(given_) == sum(wanted) or sum(wanted) > room


@given(
    st.lists(st.lists(st.text("ab", max_size=30), min_size=1, max_size=8), max_size=5), st.integers(0, 400)
)
def test_sections_fit_into_the_room_that_they_get(rows: list[list[str]], room: int) -> None:
    sections = [Section("### x", tuple(each), is_detail=bool(place % 2)) for place, each in enumerate(rows)]
    assert sum(length(f"\n\n{text}") for text in fitted(sections, room) if text) <= room


def test_a_character_beyond_the_basic_plane_counts_as_two() -> None:
    assert (length("a€"), length("\U0001f600")) == (2, 2)


# Texts that mean harm

HOSTILE = (
    "a|b\\|c\\\\|",
    "`x` ``y`` ```",
    "</details><details><summary>",
    "<script>alert(1)</script><img src=x>",
    "--> <!-- -->",
    "@admin @org/team a@b.co mailto:a@b.co 1@.b",
    "#12 GH-12 owner/repo#1 owner/repo@5d6e7f8 GHSA-aaaa-bbbb-cccc 5d6e7f80 !3 ~label",
    "`5d6e7f80` ``5d6e7f80 5d6e7f80`` \\`5d6e7f80\\` `|5d6e7f80|`5d6e7f80",
    "::error::x\n::add-mask::y\r##[error]z",
    "www.example.invalid 1http://example.invalid/ _https://x.invalid ftp://x.invalid",
    "[x](https://example.invalid) ![x](y) [^1] [x]: y",
    "# head\n---\n===\n- item\n1. item\n> quote\n\n    code",
    "**bold** _em_ ~~gone~~ $x$ :tada: &lt; &#64;admin",
    "\x1b[31m\x00\x7f\u202e\u2066\ufeff\u2028",
    "--",
    "1.",
    "+",
    "=",
    "    x",
    "\\",
    "x" * 5_000,
    "|`<@#&$\\" * 700,
    "\U0001f600" * 5_000,
)

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map(" ".join),
    st.text("|`<>@#&$\\-_*~[]()!:/.\n\t x1aw", max_size=40),
    st.text(max_size=40),
)

STRUCTURAL = frozenset(
    "product price meter feature coupon promotion_code product_feature metadata_binding usd eur jpy month"
    " year week graduated repeating sum count default_price".split()
)
"""Words that the provider knows; everything else in a sample is somebody's text."""


def hostile_plan(plan: Plan, text: str) -> Plan:
    """The same plan, in which every text of a user's begins with another one."""
    changed = everywhere(plan, text)
    assert isinstance(changed, Plan)
    return changed


def everywhere(value: object, text: str) -> object:
    match value:
        case Enum():
            return value
        case str():
            return text + value if value and value not in STRUCTURAL else value
        case tuple():
            return tuple(everywhere(each, text) for each in value)
        case Mapping():
            return {_key(key, text): everywhere(each, text) for key, each in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(
        value, **{each.name: everywhere(getattr(value, each.name), text) for each in fields(value)}
    )


def _key(key: str, text: str) -> str:
    """Names of fields are ours; old addresses are a user's."""
    return text + key if "." in key else key


class Page(HTMLParser):
    """The tags of a page, and its text outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Sequence[object]) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.text += data


def page_of(markdown: str) -> Page:
    page = Page()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
    return page


OURS = frozenset(
    "h2 h3 p strong blockquote ul li table thead tbody tr th td br code pre details summary sub".split()
)
TAKEN = re.compile(
    r"(?<!\w)[@#]\w|(?i:gh-\d|https?:|ftp:|www\.|mailto:)|\w@\w|\b(?=[0-9]*[a-f])[0-9a-f]{7,}\b"
)


def columns(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


def outside_code(text: str) -> list[str]:
    return re.sub(r"^(`{3,})diff\n.*?^\1$", "", text, flags=re.M | re.S).splitlines()


def check(text: str) -> None:
    """The page that comes of a comment is the one that was meant."""
    page = page_of(text)
    assert set(page.tags) <= OURS
    assert page.tags.count("details") == len(re.findall("^<details>$", text, re.M))
    assert page.tags.count("pre") == len(re.findall("^`{3,}diff$", text, re.M))
    assert page.tags.count("h2") == len(re.findall("^## ", text, re.M))
    lines = outside_code(text)
    tables = [line for line in lines if line.startswith("|")]
    assert page.tags.count("tr") == len([line for line in tables if not line.startswith("|---")])
    assert page.tags.count("li") == len([line for line in lines if line.lstrip().startswith("- ")])
    for line, following in pairwise(lines):
        if line.startswith("|") and following.startswith("|"):
            assert columns(line) == columns(following)
    assert not TAKEN.search(page.text)
    assert not [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]


@given(texts)
@settings(max_examples=60)
@pytest.mark.parametrize(
    "sample", [samples.BUSY, samples.AFFECTED, samples.DIFF], ids=["plan", "affected", "diff"]
)
def test_no_text_breaks_out_of_a_comment(sample: Plan, text: str) -> None:
    hostile = hostile_plan(replace(sample, made_from=samples.MADE_FROM), text)
    shown = plan_markdown(hostile)
    assert length(shown) <= LIMIT
    check(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_a_comment_on_several_plans_or_on_problems(text: str) -> None:
    hostile = hostile_plan(samples.BUSY, text)
    several = plans_markdown([hostile, samples.RAISED] * 5)
    assert length(several) <= LIMIT
    check(several)
    problems = diagnostics_markdown(hostile.diagnostics * 3)
    assert length(problems) <= LIMIT
    check(problems)


def test_what_would_be_taken_for_a_commit_can_be_copied() -> None:
    digest = "sha256:" + "0d5dcd98" * 8
    assert f"sha256:`{digest[7:]}`" in prose(f"Expected {digest}; @here")
    assert page_of(prose(f"Expected {digest}.")).text == "Expected sha256:.\n"


@given(texts)
def test_a_text_is_one_paragraph_and_nothing_else(text: str) -> None:
    shown = prose(text)
    if shown:
        assert [tag for tag in page_of(shown).tags if tag != "code"] == ["p"]
        assert [tag for tag in page_of(f"- {shown}").tags if tag != "code"] == ["ul", "li"]
        assert page_of(f"| x |\n|---|\n| {cell(text)} |").tags.count("td") == 1
    assert set(page_of(code(text)).tags) <= {"p", "code"}
