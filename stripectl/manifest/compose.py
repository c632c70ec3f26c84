"""Build values with places from the events of the YAML parser.

Event by event and not as a tree of nodes: nothing here recurses, so neither nesting nor aliases can exhaust
the stack, and libyaml's speed is kept. Plain words follow the core rules of YAML 1.2 made stricter: `true`
and `false` are the only booleans, and a number is a plain decimal number. All else is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NoReturn

import yaml

from stripectl.diagnostics import Diagnostic, Location, error
from stripectl.manifest.values import Items, Mark, Table, Value, described, shortened

MAX_DEPTH = 64
MAX_ALIASED = 50_000
"""Values that all aliases of one file may add."""
MOST_PROBLEMS = 500
"""Problems of one file; with so many of them it is no manifest, and nobody would read more."""

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?")
_WORDS: dict[str, Value] = {"": None, "~": None, "null": None, "true": True, "false": False}
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_TAG + name for name in ("int", "float", "bool", "null"))
_TEXT_TAGS = frozenset({_TAG + "str", "!"})
_TABLE_TAGS = frozenset({None, "!", _TAG + "map"})
_ITEMS_TAGS = frozenset({None, "!", _TAG + "seq"})

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(Exception):
    """Nothing after this point of the file can be read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Open:
    """A container whose end has not been read yet."""

    value: Table | Items
    mark: Mark
    anchor: str | None
    began: int
    """Values read before it."""
    height: int = 1
    """Levels of containers from this one down, as far as it has been read."""
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
    size: int = 1
    height: int = 0


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    assert mark is not None, "every parser event has a place"
    return mark.line + 1, mark.column + 1


class Composer:
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
        """Read the whole text. Raises `Refused` or a YAML error."""
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
                _mark(event),
                error(
                    "yaml-documents",
                    "The file holds more than one YAML document",
                    "A manifest is one document; a line of three hyphens begins another one here.",
                    hint="put each document into a file of its own",
                ),
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
            self._anchors[event.anchor] = _Anchored(value)
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
        self._check_depth(1, mark)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(Table() if is_table else Items(), mark, event.anchor, self._count))

    def _end(self) -> None:
        frame = self._open.pop()
        for source, mark in frame.merges:
            self._merge(frame.value, source, mark)
        if frame.anchor:
            size = self._count - frame.began + 1
            self._anchors[frame.anchor] = _Anchored(frame.value, size, frame.height)
        self._add(frame.value, frame.mark, frame.height)

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
                mark,
                error(
                    "yaml-alias-size",
                    "The aliases of the file expand to too much",
                    f"Written out, they would add more than {MAX_ALIASED:,} values.",
                    hint="write out what is repeated, or repeat less",
                ),
            )
        self._check_depth(anchored.height, mark)
        frame = self._open[-1]
        if not frame.wants_key:
            self._add(anchored.value, mark, anchored.height)
        elif isinstance(anchored.value, str):
            self._begin_entry(frame, anchored.value, mark, is_merge=False)
        else:
            self._refuse_key(mark)

    def _check_depth(self, height: int, mark: Mark) -> None:
        """Aliases count with what they stand for: whoever walks the values later may then recurse."""
        if len(self._open) + height > MAX_DEPTH:
            self._refuse(
                mark,
                error(
                    "yaml-depth",
                    "The file is nested too deeply",
                    f"More than {MAX_DEPTH} mappings and lists stand inside each other.",
                    hint="close the brackets that were opened, or remove levels that mean nothing",
                ),
            )

    def _begin_entry(self, frame: _Open, key: str, mark: Mark, *, is_merge: bool) -> None:
        frame.key, frame.key_mark, frame.is_merge = key, mark, is_merge
        if isinstance(frame.value, Table) and key in frame.value:
            line, column = frame.value.marks[key][0]
            self._report(
                mark,
                error(
                    "duplicate-key",
                    "A key is written twice",
                    f"`{shortened(key)}` already stands at line {line}, column {column} of the same mapping;"
                    " only one of the two could count.",
                    hint="remove one of them, or give it another name",
                ),
            )

    def _add(self, value: Value, mark: Mark, height: int = 0) -> None:
        if not self._open:
            self._finish(value, mark)
            return
        frame = self._open[-1]
        if height >= frame.height:
            frame.height = height + 1
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
                    mark,
                    error(
                        "yaml-merge",
                        "A merge key needs a mapping",
                        f"`<<` takes the entries of another mapping, and found {described(each)}.",
                        hint="name an anchor that stands at a mapping",
                    ),
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
                mark,
                error(
                    "document-shape",
                    "The file does not hold a mapping",
                    f"Its top is {described(value)}; it has to be fields and their values.",
                    hint="begin with a line such as `stripectl: 1`",
                ),
            )

    def _report(self, mark: Mark, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(replace(diagnostic, source=Location(self._file, *mark)))
        if len(self.diagnostics) >= MOST_PROBLEMS:
            raise Refused(too_many(self._file))

    def _refuse(self, mark: Mark, diagnostic: Diagnostic) -> NoReturn:
        raise Refused(replace(diagnostic, source=Location(self._file, *mark)))

    def _refuse_empty(self, mark: Mark) -> NoReturn:
        self._refuse(
            mark,
            error(
                "file-empty",
                "The file holds nothing",
                "There is no field in it; a comment alone declares nothing.",
                hint="begin with a line such as `stripectl: 1`, or remove the file",
            ),
        )

    def _refuse_key(self, mark: Mark) -> NoReturn:
        self._refuse(
            mark,
            error(
                "yaml-key",
                "A key has to be a text",
                "A list or a mapping stands where the name of a field is expected.",
                hint="put quotes around it if braces or brackets belong to the name",
            ),
        )

    def _refuse_tag(self, tag: str, mark: Mark) -> NoReturn:
        self._refuse(
            mark,
            error(
                "yaml-tag",
                "The file uses a YAML tag that is not plain data",
                f"`{shortened(tag.replace(_TAG, '!!'))}` is more than a text, number, list or mapping.",
                hint="remove the tag",
            ),
        )

    def _refuse_alias(self, anchor: str, mark: Mark) -> NoReturn:
        is_open = anchor in self._anchors
        self._refuse(
            mark,
            error(
                "yaml-alias",
                "An alias cannot be resolved",
                f"`*{shortened(anchor)}` stands inside the value that it names, so it would never end."
                if is_open
                else f"`*{shortened(anchor)}` names no anchor that stands before it.",
                hint=f"write `&{shortened(anchor)}` at the value that is meant, before this line",
            ),
        )


def too_many(file: str) -> Diagnostic:
    """The end of a list that goes on."""
    return error(
        "too-many-problems",
        "A file has more problems than can be listed",
        f"{MOST_PROBLEMS} of them are; what the file declares was not looked at.",
        hint="check that the file is a manifest at all",
        source=Location(file),
    )


def _plain(text: str) -> Value:
    """What a word without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if not NUMBER.fullmatch(text):
        return text
    return Decimal(text) if "." in text else int(text)
