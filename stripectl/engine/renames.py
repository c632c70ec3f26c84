"""What looks like a new name for an old thing: one address goes, and another of the same content comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from stripectl.diagnostics import Diagnostic, Severity
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.plan import Action, Change
from stripectl.engine.resource import Resource
from stripectl.engine.values import Ref, Value, canonical, to_json

GOES = (Action.ARCHIVE, Action.DELETE)


def perhaps_renamed(rows: Iterable[Change], kinds: Kinds) -> Iterator[Diagnostic]:
    """A warning for each address that goes while just one other comes that equals it, names aside."""
    gone: dict[object, list[Change]] = defaultdict(list)
    come: dict[object, list[Change]] = defaultdict(list)
    for row in rows:
        kind = kinds[row.kind]
        if row.action in GOES and row.after is None and row.before and kind.marked and not row.used:
            gone[_content(row.before, kind)].append(row)
        elif row.action is Action.CREATE and row.after and kind.marked:
            come[_content(row.after, kind)].append(row)
    pairs = {
        old.address: new
        for content, (old, *more) in gone.items()
        if not more and len(come[content]) == 1
        for new in come[content]
    }
    for old, new in pairs.items():
        if _same_owner(old, new, pairs) and not _comes_along(old, new, pairs):
            yield _perhaps(old, new)


def _content(resource: Resource, kind: Kind) -> object:
    """What it is, without what it is called, what it belongs to, and what only one object can have."""
    fields = {
        name: _unlinked(value)
        for name, value in resource.fields.items()
        if name in kind.fields
        and not (kind.fields[name].exclusive or kind.fields[name].keyed)
        and name not in kind.references
        and value != kind.fields[name].default
    }
    return kind.name, canonical(to_json(fields))


def _unlinked(value: Value) -> Value:
    match value:
        case Ref():
            return None
        case Mapping():
            return {name: _unlinked(item) for name, item in value.items()}
        case _:
            return value


def _same_owner(old: str, new: Change, pairs: Mapping[str, Change]) -> bool:
    """A price or a code stays with its product or discount, whatever that is called."""
    before, after = old.split(".")[1:-1], new.address.split(".")[1:-1]
    renamed = ([*it.address.split(".")[1:]] for whole, it in pairs.items() if whole.split(".")[1:] == before)
    return before == after or after in renamed


def _comes_along(old: str, new: Change, pairs: Mapping[str, Change]) -> bool:
    """A part of something that is told already: what is renamed takes its parts along."""
    _, name, *part = old.split(".")
    return bool(part) and any(
        whole.split(".")[1:] == [name] and new.address.split(".")[1:] == [*it.address.split(".")[1:], *part]
        for whole, it in pairs.items()
    )


def _perhaps(old: str, new: Change) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "perhaps-renamed",
        "An address goes, and another of the same content comes",
        f"{new.address} would be made anew, and {old}, which equals it, goes out of use: whoever has it stays"
        " there, and its id is no longer in force.",
        hint=f"if it is only a new name, write moved: [{{from: {old}, to: {new.address}}}]",
        address=new.address,
        source=new.resource.source,
    )
