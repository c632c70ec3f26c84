"""What a YAML document holds once it is read: plain values, and containers that know their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from stripectl.diagnostics import Location, Path

Mark: TypeAlias = tuple[int, int]
"""Line and column, both 1 or more."""


class Table(dict[str, "Value"]):
    """A mapping of the document, in the order written."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, tuple[Mark, Mark]] = {}
        """Key -> where the key stands, where its value begins."""


class Items(list["Value"]):
    """A sequence of the document."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []
        """Where each item begins."""


Value: TypeAlias = "None | bool | int | Decimal | str | Items | Table"
"""Numbers are exact: whole ones are int, others Decimal, straight from the digits written."""


def find(value: Value, path: Path) -> Value:
    """The value at `path` below `value`. KeyError where there is none."""
    for part in path:
        match value, part:
            case Table(), str():
                value = value[part]
            case Items(), int() if part < len(value):
                value = value[part]
            case _:
                raise KeyError(path)
    return value


class Places(Mapping[Path, Location]):
    """Path -> place for everything below one value, worked out when it is asked for.

    A scalar answers with the place of its value, a container with the key that introduces it.
    """

    __slots__ = ("_file", "_mark", "_top")

    def __init__(self, file: str, mark: Mark, top: Value) -> None:
        self._file = file
        self._mark = mark
        self._top = top

    def __getitem__(self, path: Path) -> Location:
        if not path:
            return Location(self._file, *self._mark)
        parent, last = find(self._top, path[:-1]), path[-1]
        match parent, last:
            case Table(), str():
                key, value = parent.marks[last]
                return Location(self._file, *(key if isinstance(parent[last], (Table, Items)) else value))
            case Items(), int() if last < len(parent):
                return Location(self._file, *parent.marks[last])
        raise KeyError(path)

    def key(self, path: Path) -> Location:
        """Where the key that `path` ends with stands; the value's own place for an item of a list."""
        parent = find(self._top, path[:-1]) if path else None
        if isinstance(parent, Table) and isinstance(path[-1], str) and path[-1] in parent.marks:
            return Location(self._file, *parent.marks[path[-1]][0])
        return self[path]

    def __iter__(self) -> Iterator[Path]:
        yield ()
        yield from _paths(self._top, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _paths(value: Value, above: Path) -> Iterator[Path]:
    entries: list[tuple[str | int, Value]] = []
    if isinstance(value, Table):
        entries = list(value.items())
    elif isinstance(value, Items):
        entries = list(enumerate(value))
    for part, inner in entries:
        yield (*above, part)
        yield from _paths(inner, (*above, part))


def described(value: object) -> str:
    """What a reader would call the value: `the number 5`, `the text "abc"`, `a list`, `nothing`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"the number {value}"
        case str():
            return f'the text "{shortened(value)}"'
        case list():
            return "a list"
        case _:
            return "a mapping"


def shortened(text: str, limit: int = 60) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
