"""Text in GitHub's Markdown: what a user wrote is text there, and never markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stripectl.diagnostics import scrubbed
from stripectl.views.page import harmless

LONGEST = 600
"""Characters of one text in a list; a longer one ends in an ellipsis."""

LONGEST_CELL = 300
"""The same in a table, and of a code span."""

LONGEST_FACT = 100
"""Characters of a value in a marker."""

BREAK = "\u200b"
"""An invisible blank: what a backslash does not stop, such as a mention, it does."""

_REFERENCE = re.compile(
    r"""
      @                                                 # somebody, an address of mail
    | [#!~%&^](?=\w)                                    # an issue; labels and the like on GitLab
    | (?<![0-9a-z])(?:gh|ghsa|cve)(?=-\w)               # GH-12
    | (?:https?|ftp|mailto|xmpp)(?=:)                   # https://
    | www(?=\.)
    | :(?=[\w+-]+:)                                     # :tada:
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{7,}(?![0-9A-Za-z])")
_ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\`*_[]#|~"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
)
_FIRST = re.compile(r"^(\d*)([-+=.)])")
"""What makes a list, a heading or a rule of a line."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._:+-]|(?<=-)-")


def prose(text: str) -> str:
    """Text that reads as it is written: no markup, HTML, mention or link in it takes effect.

    May begin a line. A text of more than `LONGEST` characters is cut.
    """
    return _FIRST.sub(r"\1\\\2", _escaped(text, LONGEST))


def cell(text: str) -> str:
    """The same for a cell of a table, cut at `LONGEST_CELL` characters."""
    return _escaped(text, LONGEST_CELL)


def _escaped(text: str, longest: int) -> str:
    plain = _REFERENCE.sub(rf"\g<0>{BREAK}", _clean(text, longest).strip())
    texts, commits = _COMMIT.split(plain), _COMMIT.findall(plain)
    return "".join(map(_beside, texts, (*commits, "")))


def _beside(text: str, commit: str) -> str:
    """Text, and behind it what would be taken for a commit: a code span is no link, and can be copied."""
    return text.translate(_ESCAPES) + (f"`{commit}`" if commit else "")


def _clean(text: str, longest: int) -> str:
    """On one line, without keys; those have to be known before anything in them is escaped or cut."""
    plain = harmless(scrubbed(text))
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def code(text: str) -> str:
    """A code span, fenced by more backticks than the text has in a row; nothing for an empty text."""
    clean = _clean(text, LONGEST_CELL)
    fence = "`" * (_backticks(clean) + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}" if clean else ""


def cell_code(text: str) -> str:
    """A code span inside a table, where a bar ends the cell even in code."""
    return code(text).replace("|", r"\|")


def code_line(text: str) -> str:
    """A line of a code block."""
    return _clean(text, LONGEST_CELL)


def fence(lines: Iterable[str]) -> str:
    """What begins and ends a code block of these lines."""
    return "`" * max(3, max(map(_backticks, lines), default=0) + 1)


def _backticks(text: str) -> int:
    """The most in a row."""
    return max(map(len, re.findall("`+", text)), default=0)


def table_row(cells: Iterable[str]) -> str:
    """One line of a table, from cells that are escaped already."""
    return f"| {' | '.join(cells)} |"


def marker(kind: str, facts: Mapping[str, str]) -> str:
    """The first line of a comment, which no reader sees, by which a pipeline finds the comment again.

    `<!-- stripectl:plan environment=live catalog=main -->`: a kind (`plan`, `diff` or `problems`), then the
    facts that are not empty. Whatever is neither a letter, a digit nor one of `._:+-` stands in a value as
    the `%XX` of its UTF-8 bytes, and so does a hyphen after a hyphen: nothing can end the comment early.
    """
    told = "".join(f" {name}={_fact(value)}" for name, value in facts.items() if value)
    return f"<!-- stripectl:{kind}{told} -->"


def _fact(value: str) -> str:
    return _UNSAFE.sub(_percent, value[:LONGEST_FACT])


def _percent(sign: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in sign[0].encode("utf-8", "backslashreplace"))


def length(text: str) -> int:
    """Characters as the strictest counter of them does, which takes two for one beyond the basic plane.

    GitHub documents no unit for its 65,536: some have found characters, others 262,144 bytes. A text within
    60,000 of these is within all of them.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
