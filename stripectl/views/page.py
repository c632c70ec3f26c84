"""Lay out lines for a terminal: wrap them, align what stands at the right, and colour them where asked.

Whatever a line holds is made harmless first: escape sequences and direction marks in a product's name
are shown, never sent to the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

Span: TypeAlias = tuple[str, str]
"""Text and the name of its style; an empty name is plain."""

STYLES = {
    "title": "bold",
    "dim": "dim",
    "strong": "bold",
    "create": "green",
    "reactivate": "green",
    "adopt": "cyan",
    "update": "yellow",
    "replace": "magenta",
    "archive": "red",
    "delete": "red",
    "no-op": "dim",
    "exact": "dim",
    "approximate": "yellow",
    "unsupported": "bold red",
    "irreversible": "bold red",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold blue",
    "hint": "cyan",
    "good": "bold green",
    "live": "bold white on red",
    "blocked": "bold white on red",
}
"""Style name -> its definition in rich's words."""

READABLE = 116
"""A line longer than this is hard to follow to its right end, however wide the terminal."""

ASCII = {
    "→": "->",
    "±": "-/+",
    "↻": "<-",
    "⇥": ">",
    "−": "-",
    "…": "...",
    "×": "x",
    "–": "-",
    "“": '"',
    "”": '"',
}
"""What stands for our own signs where the terminal cannot print them."""

_DANGEROUS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x061C,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
    *range(0xD800, 0xE000),
)
_HARMLESS = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _DANGEROUS} | {
    0x0A: "\\n",
    0x0D: "\\r",
    0x09: "\\t",
}


def harmless(text: str) -> str:
    """The text with control characters, direction marks and lone surrogates spelled out as escapes."""
    return text if text.isascii() and text.isprintable() else text.translate(_HARMLESS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line before it is wrapped."""

    spans: tuple[Span, ...] = ()
    indent: int = 0
    """Columns before it."""
    hang: int = 0
    """Columns before the lines that it is continued on."""
    right: tuple[Span, ...] = ()
    """Stands at the right end of the first line."""
    whole: bool = False
    """Never broken, so that a path or a command in it can be copied."""


BLANK = Line()


def line(*spans: Span | str, indent: int = 0, hang: int | None = None, right: tuple[Span, ...] = ()) -> Line:
    """A line of spans; continued two columns in unless `hang` says otherwise."""
    styled = tuple((span, "") if isinstance(span, str) else span for span in spans)
    return Line(styled, indent, indent + 2 if hang is None else hang, right)


def render(lines: Iterable[Line], *, width: int, colour: bool, ascii_only: bool = False) -> str:
    """The text of the lines, each ended by a newline; no trailing blanks.

    `width` is in columns; less than 20 is taken as 20.
    """
    room = min(max(width, 20), READABLE)
    done: list[str] = []
    for each in lines:
        for spans in _wrap(_printable(each, ascii_only=ascii_only), room):
            done.append(_ink(spans) if colour else "".join(text for text, _ in spans).rstrip())
    return "".join(f"{text}\n" for text in done)


def columns(text: str) -> int:
    """Columns that a text takes up; wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # only names that are not ASCII need it

    return cell_len(text)


def _printable(each: Line, *, ascii_only: bool) -> Line:
    spell = _ascii if ascii_only else harmless
    spans = tuple((spell(text), style) for text, style in each.spans)
    right = tuple((spell(text), style) for text, style in each.right)
    return Line(spans, each.indent, each.hang, right, each.whole)


def _ascii(text: str) -> str:
    if text.isascii():
        return harmless(text)
    for sign, plain in ASCII.items():
        text = text.replace(sign, plain)
    return harmless(text).encode("ascii", "backslashreplace").decode()


def _length(spans: tuple[Span, ...]) -> int:
    return sum(columns(text) for text, _ in spans)


def _wrap(each: Line, width: int) -> Iterator[tuple[Span, ...]]:
    if each.hang > width // 2 and not each.whole:
        each = replace(each, indent=min(each.indent, width // 2), hang=width // 2)
    tail = _length(each.right)
    used = each.indent + _length(each.spans)
    if each.whole or used + (tail + 2 if tail else 0) <= width:
        yield _placed(each, each.spans, width - used - tail)
        return
    if tail and tail + 2 > width // 2:
        yield from _wrap(Line(each.spans, each.indent, each.hang), width)
        yield from _wrap(Line(each.right, each.hang, each.hang), width)
        return
    rows = _fill(each, width - (tail + 2 if tail else 0), width)
    first = next(rows, ())
    yield _placed(each, first, width - each.indent - _length(first) - tail)
    for spans in rows:
        yield ((" " * each.hang, ""), *spans)


def _placed(each: Line, spans: tuple[Span, ...], gap: int) -> tuple[Span, ...]:
    start = ((" " * each.indent, ""), *spans)
    return (*start, (" " * gap, ""), *each.right) if each.right else start


def _fill(each: Line, first_width: int, width: int) -> Iterator[tuple[Span, ...]]:
    """Break between words, or inside a word that no line could hold."""
    row: list[Span] = []
    room = first_width - each.indent
    rest = room
    for word, style in _words(each.spans, min(room, width - each.hang)):
        size = columns(word)
        if row and size > rest and word.strip():
            yield _trimmed(row)
            row, rest = [], width - each.hang
        if row or word.strip():
            row.append((word, style))
            rest -= size
    if row:
        yield _trimmed(row)


def _trimmed(row: list[Span]) -> tuple[Span, ...]:
    while row and not row[-1][0].strip():
        row.pop()
    return tuple(row)


def _words(spans: tuple[Span, ...], longest: int) -> Iterator[Span]:
    for text, style in spans:
        for part in _split(text):
            while columns(part) > longest:
                head = _head(part, longest)
                yield head, style
                part = part[len(head) :]
            yield part, style


def _head(text: str, longest: int) -> str:
    """As much of the text as so many columns hold, at least one character."""
    if text.isascii():
        return text[:longest]
    length = longest
    while length > 1 and columns(text[:length]) > longest:
        length -= 1
    return text[:length]


def _split(text: str) -> Iterator[str]:
    """Words and the blanks between them."""
    start = 0
    for place in range(1, len(text)):
        if (text[place] == " ") != (text[place - 1] == " "):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _ink(spans: tuple[Span, ...]) -> str:
    while spans and not spans[-1][0].strip():
        spans = spans[:-1]
    if spans:
        text, style = spans[-1]
        spans = (*spans[:-1], (text.rstrip(), style))
    return "".join(f"{before}{text}{after}" for text, style in spans for before, after in (_codes(style),))


@lru_cache
def _codes(style: str) -> tuple[str, str]:
    """The escape sequences that begin and end a style."""
    if not style:
        return "", ""
    from rich.color import ColorSystem  # plain output never pays for it
    from rich.style import Style

    drawn = Style.parse(STYLES[style]).render("\0", color_system=ColorSystem.STANDARD)
    before, _, after = drawn.partition("\0")
    return before, after
