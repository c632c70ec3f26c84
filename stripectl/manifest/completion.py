"""Complete a document that departs from its schema: guesses stand in place of what cannot be read.

A guess is a value that the schema allows: one of its examples, one of its words, or none where the field may
be left out. Each round guesses otherwise, so that what follows from a guess is not found in every round. What
conforms is kept as it was written, with its places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from stripectl.diagnostics import Path, did_you_mean
from stripectl.manifest.schemas import Schema, fits, schema
from stripectl.manifest.sections import artifact_path
from stripectl.manifest.values import Items, Mark, Table, Value

Node: TypeAlias = Mapping[str, Schema]


class _Absence(Enum):
    """A field that is guessed to be left out."""

    ABSENT = "absent"


_ABSENT = _Absence.ABSENT
_Guess: TypeAlias = "Value | _Absence"


@dataclass(slots=True)
class Completion:
    """One round of guesses over the documents of a catalog."""

    round: int
    """0 or more; rounds beyond `rounds` only repeat guesses."""
    rounds: int = 1
    """Guesses for the value that has the most of them; known once all documents are complete."""
    made_up: set[Path] = field(default_factory=set)
    """Where guesses stand."""
    unnamed: set[Path] = field(default_factory=set)
    """Mappings in which the name of an entry is guessed."""
    names: dict[str, str] = field(default_factory=dict)
    """Guessed id -> what is written in its place and is no id."""

    def of(self, top: Table) -> Table:
        """The manifest with guesses; conforms to the schema unless the schema has no example that does."""
        found = self._repaired(top, schema("manifest"), ())
        return found if isinstance(found, Table) else top

    def _repaired(self, value: Value, node: Node, path: Path) -> Value | None:
        """The container with guesses only where they are needed inside it; None where that does not do."""
        repaired: Value = None
        for branch in _branches(node):
            if isinstance(value, Table) and branch.get("type") == "object":
                repaired = self._table(value, branch, path)
            elif isinstance(value, Items) and branch.get("type") == "array":
                repaired = self._items(value, branch, path)
        return repaired if repaired is not None and fits("manifest", node)(repaired) else None

    def _table(self, table: Table, node: Node, path: Path) -> Table:
        kept = Table()
        own = _mapping(node.get("properties"))
        other, names = node.get("additionalProperties"), _mapping(node.get("propertyNames"))
        for key, value in table.items():
            child = own.get(key, other)
            if not isinstance(child, Mapping):
                continue
            name = key if fits("manifest", names)(key) else self._name(key, names, path, table)
            optional = key in own and key not in _list(node.get("required"))
            guess = self._kept(value, child, (*path, name), table.marks[key][1], optional=optional)
            _enter(kept, name, guess, table.marks[key])
        self._add_missing(kept, table, node, path)
        return kept

    def _add_missing(self, kept: Table, table: Table, node: Node, path: Path) -> None:
        """Fields that have to be there, and those that a misspelt one may have been meant for."""
        own, required = _mapping(node.get("properties")), _list(node.get("required"))
        free = [key for key in own if key not in table]
        meant = {key: _meant(key, free) for key in table if key not in own} if own else {}
        mark = min((key for key, _ in table.marks.values()), default=(1, 1))
        for key in free:
            written = [table[each] for each, name in meant.items() if name == key]
            if not written and key not in required:
                continue
            child = _mapping(own[key])
            guesses: list[_Guess] = [] if key in required else [_ABSENT]
            guesses += [each for each in written if fits("manifest", child)(each)]
            guess = self._chosen([*guesses, *_guesses(child)], (*path, key), mark)
            _enter(kept, key, guess, (mark, mark))

    def _items(self, items: Items, node: Node, path: Path) -> Items:
        kept, child = Items(), _mapping(node["items"])
        kept.marks = items.marks
        for index, value in enumerate(items):
            here = (*path, index)
            if node.get("uniqueItems") and value in items[:index]:
                fresh = [each for each in _guesses(child) if each not in items]
                guess = self._chosen(fresh, here, items.marks[index])
            else:
                guess = self._kept(value, child, here, items.marks[index], optional=False)
            kept.append(None if isinstance(guess, _Absence) else guess)
        return kept

    def _kept(self, value: Value, node: Node, path: Path, mark: Mark, *, optional: bool) -> Value | _Absence:
        if fits("manifest", node)(value):
            return value
        repaired = self._repaired(value, node, path)
        if repaired is not None:
            return repaired
        absent: list[_Guess] = [_ABSENT] if optional else []
        return self._chosen([*absent, *_guesses(node)], path, mark)

    def _chosen(self, guesses: list[_Guess], path: Path, mark: Mark) -> Value | _Absence:
        self.made_up.add(path)
        self.rounds = max(self.rounds, len(guesses))
        guess = guesses[self.round % len(guesses)] if guesses else None
        return guess if isinstance(guess, _Absence) else _marked(guess, mark)

    def _name(self, key: str, names: Node, path: Path, taken: Table) -> str:
        """Another name for an entry; that of an artifact is told as it is written."""
        if artifact_path((*path, key)) == (*path, key):
            name = f"unread-{len(self.names)}-id"
            self.names[name] = key
            return name
        likely = [key.lower()] if fits("manifest", names)(key.lower()) else _guesses(names)
        free = [str(each) for each in likely if each not in taken] or [key]
        name = free[self.round % len(free)]
        self.rounds = max(self.rounds, len(free))
        self.made_up.add((*path, name))
        self.unnamed.add(path)
        return name


def _enter(table: Table, key: str, value: Value | _Absence, marks: tuple[Mark, Mark]) -> None:
    if not isinstance(value, _Absence):
        table[key] = value
        table.marks[key] = marks


def _meant(key: str, free: list[str]) -> str:
    """The field that an unknown one is taken for; empty where none is close."""
    hint = did_you_mean(key, free)
    return next((each for each in free if hint == f"did you mean {each}?"), "")


def _branches(node: Node) -> Iterator[Node]:
    """The schemas that a value may conform to, references followed; those named `allOf` hold one each."""
    target = node.get("$ref")
    if isinstance(target, str):
        yield from _branches(_mapping(_mapping(schema("manifest")["definitions"])[target.rpartition("/")[2]]))
    elif "type" in node or "enum" in node or "const" in node:
        yield node
    for inner in (*_list(node.get("allOf")), *_list(node.get("oneOf"))):
        yield from _branches(_mapping(inner))


def _guesses(node: Node) -> list[_Guess]:
    """Values that conform, no two alike; two or more wherever the schema allows two."""
    branches = list(_branches(node))
    examples = [each for one in (node, *branches) for each in _list(one.get("examples"))]
    words = [each for one in branches for each in (*_list(one.get("enum")), one.get("const"))]
    least = [_least(each) for each in branches if each.get("type") == "object"]
    flags = [True, False]
    likely = [*map(_exact, (*examples, *words, *flags)), *least]
    found: list[_Guess] = []
    for each in (*likely, *(_varied(each, change) for change in _CHANGES for each in likely)):
        is_new = all(each != other or type(each) is not type(other) for other in found)
        if is_new and fits("manifest", node)(each):
            found.append(each)
    return found


def _exact(value: Schema) -> Value:
    """An example as a document would hold it; its numbers exact."""
    match value:
        case Mapping():
            return _table((key, _exact(each)) for key, each in value.items())
        case list():
            return _items(map(_exact, value))
        case float():
            return Decimal(str(value))
    return value


def _least(node: Node) -> Value:
    """A mapping with nothing but what it has to have."""
    own = _mapping(node.get("properties"))
    guesses = ((str(key), _guesses(_mapping(own.get(str(key))))) for key in _list(node.get("required")))
    return _table((key, each[0]) for key, each in guesses if each and not isinstance(each[0], _Absence))


def _table(entries: Iterable[tuple[str, Value]]) -> Table:
    table = Table()
    table.update(entries)
    return table


def _items(values: Iterable[Value]) -> Items:
    items = Items()
    items.extend(values)
    return items


_CHANGES: tuple[Callable[[str], str], ...] = (lambda text: f"{text}2", lambda text: f"{text[:-1]}0")
"""Ways to make another text that may have the form of the first."""


def _varied(value: Value, change: Callable[[str], str]) -> Value:
    """Another value of the same sort."""
    match value:
        case Table():
            return _table((key, _varied(each, change)) for key, each in value.items())
        case Items():
            return _items(_varied(each, change) for each in value)
        case bool() | None:
            return value
        case int() | Decimal():
            return value + 1
    return change(value)


def _marked(value: Value, mark: Mark) -> Value:
    """The value with a place for everything in it."""
    match value:
        case Table():
            kept = Table()
            for key, each in value.items():
                kept[key], kept.marks[key] = _marked(each, mark), (mark, mark)
            return kept
        case Items():
            items = _items(_marked(each, mark) for each in value)
            items.marks = [mark] * len(items)
            return items
    return value


_ANYTHING: Node = {}


def _mapping(value: object) -> Node:
    # One and the same where there is none: what conforms is remembered by the schema's identity.
    return value if isinstance(value, Mapping) else _ANYTHING


def _list(value: object) -> list[Schema]:
    return value if isinstance(value, list) else []
