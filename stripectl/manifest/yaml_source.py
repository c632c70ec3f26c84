"""Read YAML text into values with places, refusing what a manifest has no use for.

The text is read event by event and not as a tree of nodes: nothing here recurses, so neither nesting nor
aliases can exhaust the stack, and libyaml's speed is kept. Plain words follow the core rules of YAML 1.2 made
stricter: `true` and `false` are the only booleans, and a number is a plain decimal number. All else is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

import yaml

from stripectl.diagnostics import Diagnostic, Location, error
from stripectl.manifest.values import Items, Mark, Table, Value, described, shortened

MAX_BYTES = 5_000_000
MAX_DEPTH = 64
MAX_ALIASED = 50_000
"""Values that all aliases of one file may add."""

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?")
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECRET = re.compile(r"(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test|org)|whsec)_[A-Za-z0-9_]{8,}")
_WORDS: dict[str, Value] = {"": None, "~": None, "null": None, "true": True, "false": False}
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_TAG + name for name in ("int", "float", "bool", "null"))
_TEXT_TAGS = frozenset({_TAG + "str", "!"})
_TABLE_TAGS = frozenset({None, "!", _TAG + "map"})
_ITEMS_TAGS = frozenset({None, "!", _TAG + "seq"})

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read."""

    file: str
    top: Table | None
    """None where the file cannot be used at all."""
    diagnostics: tuple[Diagnostic, ...] = ()


class _Refused(Exception):
    """Nothing after this point of the file can be read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


def read_bytes(file: str, content: bytes) -> Document:
    """Read the bytes of a file; UTF-8, with or without a byte order mark."""
    if len(content) > MAX_BYTES:
        return _unusable(
            file,
            error(
                "file-too-large",
                "The file is too large for a manifest",
                f"It holds {len(content):,} bytes; at most {MAX_BYTES:,} are read.",
                hint="split it into several files of the same catalog",
                source=Location(file),
            ),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        return _unusable(file, _not_text(file, content[: problem.start].decode("utf-8", "replace")))
    return read_text(file, text)


def read_text(file: str, text: str) -> Document:
    """Read one YAML document whose top is a mapping. Never raises."""
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        return _unusable(file, _not_text(file, text[: found.start()]))
    secrets = tuple(_secrets(file, text))
    # Nothing said later may repeat the key; the same length keeps every place.
    text = _SECRET.sub(lambda match: "x" * len(match.group()), text) if secrets else text
    composer = _Composer(file)
    try:
        composer.read(text)
    except _Refused as refusal:
        return _unusable(file, *secrets, *composer.diagnostics, refusal.diagnostic)
    except yaml.MarkedYAMLError as problem:
        return _unusable(file, *secrets, *composer.diagnostics, _syntax(file, text, problem))
    return Document(file, composer.top, (*secrets, *composer.diagnostics))


def _unusable(file: str, *diagnostics: Diagnostic) -> Document:
    return Document(file, None, diagnostics)


def _after(file: str, text: str) -> Location:
    """The place right after `text`."""
    last = text.rfind("\n")
    return Location(file, text.count("\n") + 1, len(text) - last)


def _not_text(file: str, before: str) -> Diagnostic:
    return error(
        "file-not-text",
        "The file is not UTF-8 text",
        "It holds bytes or control characters that no YAML file may hold.",
        hint="save it as UTF-8, or move it out of the catalog if it is not a manifest",
        source=_after(file, before),
    )


def _secrets(file: str, text: str) -> Iterator[Diagnostic]:
    for match in _SECRET.finditer(text):
        yield error(
            "secret-in-file",
            "An API key stands in a file",
            f"The text that begins with {match.group()[:7]} looks like a secret key. Files like this one are"
            " committed and read by many.",
            hint="revoke the key, remove it, and name a variable by api_key_env in stripectl.yaml instead",
            source=_after(file, text[: match.start()]),
        )


def _syntax(file: str, text: str, problem: yaml.MarkedYAMLError) -> Diagnostic:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    at = lines[line][column : column + 1] if line < len(lines) else ""
    parts = [part for part in (problem.context, problem.problem) if part]
    return error(
        "yaml-syntax",
        "The file is not valid YAML",
        f"The reader stopped: {', '.join(parts)}.",
        hint=_SYNTAX_HINTS.get(at, "compare the indentation, quotes and brackets with the lines before it"),
        source=Location(file, line + 1, column + 1),
    )


_SYNTAX_HINTS = {
    "\t": "indent with spaces; YAML takes no tabs there",
    "@": "put quotes around a text that begins with @",
    "`": "put quotes around a text that begins with `",
    "%": "put quotes around a text that begins with %",
}


@dataclass(slots=True)
class _Open:
    """A container whose end has not been read yet."""

    value: Table | Items
    mark: Mark
    anchor: str | None
    began: int
    """Values read before it."""
    key: str | None = None
    key_mark: Mark = (1, 1)
    is_merge: bool = False
    merges: list[tuple[Value, Mark]] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.value, Table)


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Value
    size: int


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    assert mark is not None, "every parser event has a place"
    return mark.line + 1, mark.column + 1


class _Composer:
    """Builds values from parser events; `top` is set once the document has ended."""

    def __init__(self, file: str) -> None:
        self.top: Table | None = None
        self.diagnostics: list[Diagnostic] = []
        self._file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._count = 0
        self._aliased = 0
        self._documents = 0

    def read(self, text: str) -> None:
        """Read the whole text. Raises `_Refused` or a YAML error."""
        for event in yaml.parse(text, Loader=_LOADER):
            self._take(event)
        if not self._documents:
            self._refuse_empty((1, 1))

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(
                "yaml-documents",
                "The file holds more than one YAML document",
                "A manifest is one document; a line of three hyphens begins another one here.",
                "put each document into a file of its own",
                _mark(event),
            )

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count += 1
        mark = _mark(event)
        frame = self._open[-1] if self._open else None
        if frame and frame.wants_key:
            self._begin_entry(frame, event.value, mark, is_merge=event.value == "<<" and event.implicit[0])
            return
        value = self._resolved(event, mark)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1)
        self._add(value, mark)

    def _resolved(self, event: yaml.ScalarEvent, mark: Mark) -> Value:
        text: str = event.value
        if event.tag is None:
            return _plain(text) if event.implicit[0] else text
        if event.tag in _TEXT_TAGS:
            return text
        if event.tag not in _PLAIN_TAGS:
            self._refuse_tag(event.tag, mark)
        return _plain(text)

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._count += 1
        mark = _mark(event)
        is_table = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (_TABLE_TAGS if is_table else _ITEMS_TAGS):
            self._refuse_tag(event.tag or "", mark)
        if self._open and self._open[-1].wants_key:
            self._refuse_key(mark)
        if len(self._open) == MAX_DEPTH:
            self._refuse(
                "yaml-depth",
                "The file is nested too deeply",
                f"More than {MAX_DEPTH} mappings and lists stand inside each other.",
                "close the brackets that were opened, or remove levels that mean nothing",
                mark,
            )
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(Table() if is_table else Items(), mark, event.anchor, self._count))

    def _end(self) -> None:
        frame = self._open.pop()
        for source, mark in frame.merges:
            self._merge(frame.value, source, mark)
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(frame.value, self._count - frame.began + 1)
        self._add(frame.value, frame.mark)

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark = _mark(event)
        name = event.anchor or ""
        anchored = self._anchors.get(name)
        if anchored is None:
            self._refuse_alias(name, mark)
        self._count += anchored.size
        self._aliased += anchored.size
        if self._aliased > MAX_ALIASED:
            self._refuse(
                "yaml-alias-size",
                "The aliases of the file expand to too much",
                f"Written out, they would add more than {MAX_ALIASED:,} values.",
                "write out what is repeated, or repeat less",
                mark,
            )
        frame = self._open[-1]
        if not frame.wants_key:
            self._add(anchored.value, mark)
        elif isinstance(anchored.value, str):
            self._begin_entry(frame, anchored.value, mark, is_merge=False)
        else:
            self._refuse_key(mark)

    def _begin_entry(self, frame: _Open, key: str, mark: Mark, *, is_merge: bool) -> None:
        frame.key, frame.key_mark, frame.is_merge = key, mark, is_merge
        if isinstance(frame.value, Table) and key in frame.value:
            line, column = frame.value.marks[key][0]
            self._report(
                "duplicate-key",
                "A key is written twice",
                f"`{shortened(key)}` already stands at line {line}, column {column} of the same mapping;"
                " only one of the two could count.",
                "remove one of them, or give it another name",
                mark,
            )

    def _add(self, value: Value, mark: Mark) -> None:
        if not self._open:
            self._finish(value, mark)
            return
        frame = self._open[-1]
        match frame.value:
            case Items() as items:
                items.append(value)
                items.marks.append(mark)
            case Table() as table:
                key, frame.key = frame.key, None
                if frame.is_merge:
                    frame.merges.append((value, mark))
                elif key is not None and key not in table:
                    table[key] = value
                    table.marks[key] = (frame.key_mark, mark)

    def _merge(self, target: Table | Items, source: Value, mark: Mark) -> None:
        sources = source if isinstance(source, Items) else [source]
        for each in sources:
            if not (isinstance(each, Table) and isinstance(target, Table)):
                self._report(
                    "yaml-merge",
                    "A merge key needs a mapping",
                    f"`<<` takes the entries of another mapping, and found {described(each)}.",
                    "name an anchor that stands at a mapping",
                    mark,
                )
                continue
            for key in each:
                if key not in target:
                    target[key] = each[key]
                    target.marks[key] = each.marks[key]

    def _finish(self, value: Value, mark: Mark) -> None:
        if isinstance(value, Table):
            self.top = value
        elif value is None:
            self._refuse_empty(mark)
        else:
            self._refuse(
                "document-shape",
                "The file does not hold a mapping",
                f"Its top is {described(value)}; it has to be fields and their values.",
                "begin with a line such as `stripectl: 1`",
                mark,
            )

    def _report(self, code: str, summary: str, detail: str, hint: str, mark: Mark) -> None:
        source = Location(self._file, *mark)
        self.diagnostics.append(error(code, summary, detail, hint=hint, source=source))

    def _refuse(self, code: str, summary: str, detail: str, hint: str, mark: Mark) -> NoReturn:
        raise _Refused(error(code, summary, detail, hint=hint, source=Location(self._file, *mark)))

    def _refuse_empty(self, mark: Mark) -> NoReturn:
        self._refuse(
            "file-empty",
            "The file holds nothing",
            "There is no field in it; a comment alone declares nothing.",
            "begin with a line such as `stripectl: 1`, or remove the file",
            mark,
        )

    def _refuse_key(self, mark: Mark) -> NoReturn:
        self._refuse(
            "yaml-key",
            "A key has to be a text",
            "A list or a mapping stands where the name of a field is expected.",
            "put quotes around it if braces or brackets belong to the name",
            mark,
        )

    def _refuse_tag(self, tag: str, mark: Mark) -> NoReturn:
        self._refuse(
            "yaml-tag",
            "The file uses a YAML tag that is not plain data",
            f"`{shortened(tag.replace(_TAG, '!!'))}` asks for something other than texts, numbers, lists and"
            " mappings.",
            "remove the tag",
            mark,
        )

    def _refuse_alias(self, anchor: str, mark: Mark) -> NoReturn:
        is_open = anchor in self._anchors
        self._refuse(
            "yaml-alias",
            "An alias cannot be resolved",
            f"`*{shortened(anchor)}` stands inside the value that it names, so it would never end."
            if is_open
            else f"`*{shortened(anchor)}` names no anchor that stands before it.",
            f"write `&{shortened(anchor)}` at the value that is meant, before this line",
            mark,
        )


def _plain(text: str) -> Value:
    """What a word without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if not NUMBER.fullmatch(text):
        return text
    return Decimal(text) if "." in text else int(text)
