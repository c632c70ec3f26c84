"""Stripe's form encoding: `recurring[interval]=month&tiers[0][up_to]=inf` to nested mappings of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl

from stripectl.providers.shadow.errors import invalid

Form: TypeAlias = "Mapping[str, str | Form]"
"""Lists are mappings with the keys 0, 1, 2…; the endpoint's schema knows which of them are lists."""

_Tree: TypeAlias = "dict[str, str | _Tree]"

MAX_DEPTH = 8
MAX_PAIRS = 10_000


def decode(text: str) -> Form:
    """Read a query string or a form body.

    Raises `Unprocessed` for brackets that do not match, for one name used both as a value and as a hash, and
    for more nesting or pairs than any endpoint takes.
    """
    tree: _Tree = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PAIRS, errors="strict")
    except ValueError as problem:
        raise invalid("The request could not be read as form-encoded UTF-8 text.") from problem
    for name, value in pairs:
        _insert(tree, name, value)
    return tree


def written(path: tuple[str, ...]) -> str:
    """The name of a parameter as it stands in a request: `tiers[0][up_to]`."""
    return path[0] + "".join(f"[{part}]" for part in path[1:]) if path else ""


def _insert(tree: _Tree, name: str, value: str) -> None:
    *parents, last = _parts(name)
    for parent in parents:
        child = tree.setdefault(_position(tree, parent), {})
        if isinstance(child, str):
            raise invalid(f"Invalid request: {name} is used both as a value and as a hash.", name)
        tree = child
    key = _position(tree, last)
    if isinstance(tree.get(key), dict):
        raise invalid(f"Invalid request: {name} is used both as a value and as a hash.", name)
    tree[key] = value


def _position(tree: _Tree, part: str) -> str:
    return part or str(len(tree))


def _parts(name: str) -> list[str]:
    head, *rest = name.split("[")
    if not head or len(rest) > MAX_DEPTH or any(part.count("]") != 1 or part[-1] != "]" for part in rest):
        raise invalid(f"Invalid parameter name: {name[:200]}", name[:200])
    return [head, *(part[:-1] for part in rest)]
