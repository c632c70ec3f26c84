"""What a value of a key may be in a file: a function from the node that was read to the value.

A provider says by the name of the key, at any depth, which shape it has; what is of another one is refused
with its place, so that whoever works with the value need not doubt it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from stripectl.engine.nodes import Node
from stripectl.engine.values import Ref, Value

Shape: TypeAlias = Callable[[Node], Value]

LAST_SECOND = 253_402_300_799
"""The end of the year 9999 in Unix seconds: no calendar goes further."""


def text(node: Node) -> Value:
    return node.text()


def flag(node: Node) -> Value:
    return node.value if isinstance(node.value, bool) else node.refuse("true or false")


def decimal(node: Node) -> Value:
    return node.decimal()


def whole(node: Node) -> Value:
    return node.whole() if node.whole() >= 0 else node.refuse("0 or more")


def bound(node: Node) -> Value:
    """A whole number; null is none."""
    return None if node.value is None else whole(node)


def number_of(node: Node) -> Value:
    """How many there are of something that cannot be missing."""
    return node.whole() if node.whole() > 0 else node.refuse("1 or more")


def moment(node: Node) -> Value:
    """Unix seconds."""
    return node.whole() if 0 <= node.whole() <= LAST_SECOND else node.refuse("a time in Unix seconds")


def reference(node: Node) -> Value:
    """`{"$ref": address}`, or the id of an object."""
    match node.value:
        case {"$ref": str(address), **others} if not others:
            return Ref(address)
        case str():
            return node.text()
        case _:
            return node.refuse("a reference or an id")


def one_of(words: Iterable[str]) -> Shape:
    known = tuple(words)

    def shape(node: Node) -> Value:
        return node.text() if node.value in known else node.refuse("one of " + ", ".join(known))

    return shape


def several(each: Shape) -> Shape:
    def shape(node: Node) -> Value:
        return tuple(map(each, node.items())) if isinstance(node.value, list) else node.refuse("a list")

    return shape


def record(members: Mapping[str, Shape]) -> Shape:
    """An object with some of these members."""

    def shape(node: Node) -> Value:
        if unknown := node.object().keys() - members.keys():
            Node(sorted(unknown)[0], node.noun, node.path).refuse("one of " + ", ".join(members))
        return {name: members[name](each) for name, each in node.entries().items()}

    return shape


def by_name(each: Shape) -> Shape:
    """An object whose keys are names."""

    def shape(node: Node) -> Value:
        node.object()
        return {name: each(item) for name, item in node.entries().items()}

    return shape
