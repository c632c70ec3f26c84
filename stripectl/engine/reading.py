"""The parts of plan and revision files, read back: each function is the inverse of one in `serial`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from stripectl.diagnostics import Diagnostic, Location, Path, Severity
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.guard import ALLOWANCES
from stripectl.engine.kinds import Kind, Kinds, Reach
from stripectl.engine.nodes import Node
from stripectl.engine.plan import (
    Account,
    Action,
    Audience,
    Change,
    Compared,
    Drift,
    DriftChange,
    FieldChange,
    FieldDrift,
    MadeFrom,
    Pointer,
    Reassessed,
    Restores,
    Undo,
)
from stripectl.engine.quotes import Interval, Quote
from stripectl.engine.resource import Resource
from stripectl.engine.shapes import flag, reference, text
from stripectl.engine.values import Fields, Value

COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
"""The name that git gives a commit."""


MARKS: Mapping[Path, Callable[[Node], Value]] = {("address",): text, ("managed",): flag}
"""Paths of what is written anew of a mark, which no field says."""


def read_account(node: Node) -> Account:
    """Files of format 1.0 do not say where requests went: nobody knows."""
    return Account(
        node["id"].text(),
        node["livemode"].flag(),
        node["api_version"].text(),
        node["api_base"].maybe_text() or "",
    )


def read_allowance(node: Node) -> str:
    return node.text() if node.value in ALLOWANCES else node.refuse("one of " + ", ".join(ALLOWANCES))


def read_made_from(node: Node) -> MadeFrom | None:
    return None if node.value is None else MadeFrom(_read_commit(node["commit"]), node["dirty"].flag())


def _read_commit(node: Node) -> str:
    return node.text() if COMMIT.fullmatch(node.text()) else node.refuse("a commit")


def read_compared(node: Node) -> Compared | None:
    if node.value is None:
        return None
    reassessed = tuple(map(_read_reassessed, node["fidelity"].items()))
    return Compared(node["base"].text(), _read_commit(node["commit"]), reassessed)


def _read_reassessed(node: Node) -> Reassessed:
    before, after = (tuple(map(read_annotation, node[side].items())) for side in ("before", "after"))
    return Reassessed(node["address"].text(), before, after)


def _read_source(node: Node) -> Location | None:
    if node.value is None:
        return None
    return Location(node["file"].text(), node["line"].whole(), node["column"].whole())


def _read_path(node: Node) -> Path:
    first, *rest = node.items() or node.refuse("a path")
    return (first.text(), *(each.whole() if isinstance(each.value, int) else each.text() for each in rest))


def _read_kind(node: Node, kinds: Kinds) -> Kind:
    return kinds.rows.get(node.text()) or node.refuse("one of " + ", ".join(kinds.rows))


def _read_keyed(node: Node) -> Value:
    """A mapping with keys of a user: none means a decimal or a reference; null is a key to unset."""
    return {name: each.maybe_text() for name, each in node.entries().items()}


def _read_field(node: Node, kind: Kind, kinds: Kinds, name: str) -> Value:
    if name not in kind.fields:
        return node.refuse("a field, one of " + ", ".join(kind.fields))
    if node.value is None:
        return None
    return _read_keyed(node) if kind.fields[name].keyed else kinds.shapes.get(name, text)(node)


def _read_fields(node: Node, kind: Kind, kinds: Kinds) -> Fields:
    return {name: _read_field(each, kind, kinds, name) for name, each in node.entries().items()}


def _read_at(node: Node, kind: Kind, kinds: Kinds, path: Path) -> Value:
    """A value that stands at `path` of an object of the kind, or in its mark; None where none does."""
    name = str(path[0])
    if node.value is None:
        return None
    if path in MARKS:
        return MARKS[path](node)
    if len(path) == 1:
        return _read_field(node, kind, kinds, name)
    if (field := kind.fields.get(name)) and field.keyed:
        return node.text()
    return _read_part(node, kind.decimals, path[-1])


def _read_part(node: Node, decimals: frozenset[str], key: str | int) -> Value:
    """What stands somewhere inside a field."""
    match node.value:
        case {"$ref": _}:
            return reference(node)
        case dict():
            return {name: _read_part(each, decimals, name) for name, each in node.entries().items()}
        case list():
            return tuple(_read_part(item, decimals, key) for item in node.items())
        case str():
            return node.decimal() if key in decimals else node.text()
        case bool() | None:
            return node.value
        case _:
            return node.whole()


def read_resource(node: Node, kinds: Kinds) -> Resource:
    kind = _read_kind(node["kind"], kinds)
    return Resource(
        kind=kind.name,
        address=node["address"].text(),
        fields=_read_fields(node["fields"], kind, kinds),
        object_id=node["object_id"].maybe_text(),
        owner=node["owner"].maybe_text(),
        created=node["created"].maybe_whole() or 0,
        adopts=node["adopts"].flag(),
        origin=node["origin"].maybe_text(),
        protect=node["protect"].flag(),
        ignore=node["ignore"].texts(),
        source=_read_source(node["source"]),
    )


def _maybe_resource(node: Node, kinds: Kinds) -> Resource | None:
    return None if node.value is None else read_resource(node, kinds)


def read_change(node: Node, kinds: Kinds) -> Change:
    kind, action = _read_kind(node["kind"], kinds), node["action"].one_of(Action)
    before, after = _maybe_resource(node["before"], kinds), _maybe_resource(node["after"], kinds)
    if action is Action.NO_OP and after:
        before = replace(after, object_id=node["object_id"].maybe_text(), source=None)
    if not (before or after):
        node.refuse("a change with a before or an after")
    return Change(
        address=node["address"].text(),
        kind=kind.name,
        action=action,
        before=before,
        after=after,
        revives=_maybe_resource(node["revives"], kinds),
        changed=tuple(_read_field_change(each, kind, kinds) for each in node["changed"].items()),
        replace_because=node["replace_because"].texts(),
        irreversible=node["irreversible"].texts(),
        notes=node["notes"].texts(),
        transfers=node["transfers"].texts(),
        new_id=node["new_id"].maybe_text(),
        used=node["used"].flag(),
        given_back=_maybe_resource(node["given_back"], kinds),
        stays=node["stays"].flag(),
        annotations=tuple(read_annotation(each) for each in node["annotations"].items()),
        reach=node["reach"].one_of(Reach),
        undo=Undo(node["undo"]["restores"].one_of(Restores), node["undo"]["because"].texts()),
        audience=_read_audience(node["audience"]),
        pointers=tuple(map(_read_pointer, node["pointers"].items())),
    )


def _read_pointer(node: Node) -> Pointer:
    return Pointer(
        node["kind"].text(), node["object_id"].text(), node["name"].text(), stops=node["stops"].flag()
    )


def _read_audience(node: Node) -> Audience | None:
    if node.value is None:
        return None
    monthly = node["monthly"]
    sums = None if monthly.value is None else {key: each.decimal() for key, each in monthly.entries().items()}
    return Audience(node["subscriptions"].maybe_whole(), node["more"].flag(), sums)


def _read_field_change(node: Node, kind: Kind, kinds: Kinds) -> FieldChange:
    path = _read_path(node["path"])
    return FieldChange(
        path, _read_at(node["before"], kind, kinds, path), _read_at(node["after"], kind, kinds, path)
    )


def read_drift(node: Node, kinds: Kinds) -> Drift:
    kind = _read_kind(node["kind"], kinds)
    return Drift(
        address=node["address"].text(),
        kind=kind.name,
        object_id=node["object_id"].maybe_text(),
        change=node["change"].one_of(DriftChange),
        fields=tuple(_read_field_drift(each, kind, kinds) for each in node["fields"].items()),
    )


def _read_field_drift(node: Node, kind: Kind, kinds: Kinds) -> FieldDrift:
    path = _read_path(node["path"])
    return FieldDrift(
        path, _read_at(node["recorded"], kind, kinds, path), _read_at(node["observed"], kind, kinds, path)
    )


def read_quote(node: Node) -> Quote:
    every, before, after = node["every"], node["before"], node["after"]
    return Quote(
        address=node["address"].text(),
        title=node["title"].text(),
        quantity=node["quantity"].maybe_whole(),
        currency=node["currency"].text(),
        every=None
        if every.value is None
        else Interval(every["interval"].text(), every["interval_count"].whole()),
        before=None if before.value is None else before.decimal(),
        after=None if after.value is None else after.decimal(),
    )


def read_annotation(node: Node) -> Annotation:
    return Annotation(
        address=node["address"].text(),
        fidelity=node["fidelity"].one_of(Fidelity),
        code=node["code"].text(),
        detail=node["detail"].text(),
        accepted=node["accepted"].maybe_text(),
        source=_read_source(node["source"]),
    )


def read_diagnostic(node: Node) -> Diagnostic:
    return Diagnostic(
        severity=node["severity"].one_of(Severity),
        code=node["code"].text(),
        summary=node["summary"].text(),
        detail=node["detail"].text(),
        hint=node["hint"].maybe_text() or "",
        address=node["address"].maybe_text(),
        path=node["path"].maybe_text() or "",
        source=_read_source(node["source"]),
    )
