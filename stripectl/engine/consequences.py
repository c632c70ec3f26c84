"""What a change means to people: whom it reaches, and whether it can be undone. Read off the kinds table."""

from __future__ import annotations

from collections.abc import Iterator

from stripectl.engine.kinds import Field, Kind, Mutability, Reach, Removal
from stripectl.engine.plan import Action, Change, Restores, Undo

COMES = (Action.CREATE, Action.REACTIVATE, Action.REPLACE)
GOES = (Action.ARCHIVE, Action.DELETE)
"""Whoever has what is replaced keeps it: that reaches nobody but those who come later."""


def reach(row: Change, kind: Kind) -> Reach:
    """The widest of what the action and each changed field reach."""
    if row.irreversible:
        return Reach.IRREVERSIBLE
    found = [kind.fields[name].reach for name in _changed(row, kind)]
    found += [kind.coming] if row.action in COMES else []
    found += [kind.going] if row.action in GOES else []
    return max(found, key=lambda each: each.rank, default=Reach.COSMETIC)


def undo(row: Change, kind: Kind) -> Undo:
    """What a rollback to the revision before would come to."""
    if row.irreversible:
        return Undo(Restores.NOT, row.irreversible)
    reasons = tuple(_reasons(row, kind))
    return Undo(Restores.APPROXIMATELY if reasons else Restores.EXACTLY, reasons)


def _changed(row: Change, kind: Kind) -> tuple[str, ...]:
    names = dict.fromkeys(str(each.path[0]) for each in row.changed)
    return tuple(name for name in names if name in kind.fields)


def _reasons(row: Change, kind: Kind) -> Iterator[str]:
    """Why it would not be as if nothing had been, a sentence each."""
    match row.action:
        case Action.CREATE if "archive" in kind.irreversible:
            yield "taking it out of use is for ever"
        case Action.CREATE if kind.removal.keeps_object:
            yield "the object stays, out of use"
        case Action.ADOPT:
            yield "the object would be taken out of use, not let go"
        case Action.REPLACE | Action.ARCHIVE | Action.DELETE if (
            not kind.revivable and kind.removal is Removal.DELETE
        ):
            yield "it comes back as a new object under another id"
    for name in _changed(row, kind):
        if row.action in (Action.UPDATE, Action.ADOPT):
            yield from _lasting(row, kind.fields[name])


def _lasting(row: Change, field: Field) -> Iterator[str]:
    """What an update leaves behind that no update takes back."""
    before = row.before.fields.get(field.name) if row.before else None
    if field.mutability is Mutability.EXTEND:
        yield f"what was added to {field.name} is not taken out again: a successor takes its place"
    elif before is None and not field.clearable:
        yield f"{field.name} keeps its value: the provider has no way to empty it"
