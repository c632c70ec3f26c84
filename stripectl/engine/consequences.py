"""What a change means to people: whom it reaches, and whether it can be undone. Read off the kinds table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.engine.kinds import Field, Kind, Kinds, Mutability, Reach, Removal
from stripectl.engine.plan import UNKNOWN, Action, Change, Pointer, Restores, Undo, not_promised
from stripectl.engine.values import Ref, leaves

COMES = (Action.CREATE, Action.REACTIVATE, Action.REPLACE)
GOES = (Action.ARCHIVE, Action.DELETE)
"""Whoever has what is replaced keeps it: that reaches nobody but those who come later."""


def weighed(rows: Iterable[Change], kinds: Kinds) -> tuple[Change, ...]:
    """Each row of a plan with whom it reaches, and what undoing it would come to."""
    every = tuple(rows)
    remade = _remade(every, kinds)
    created = frozenset(Ref(row.address) for row in every if row.action is Action.CREATE)
    return tuple(
        row
        if row.action is Action.NO_OP
        else replace(row, reach=reach(row, kinds[row.kind], created), undo=undo(row, kinds[row.kind], remade))
        for row in every
    )


@dataclass(frozen=True, slots=True)
class Remade:
    """What a rollback could bring back only as a new object."""

    nouns: Mapping[Ref | str, str]
    """Reference or id -> what the object is."""

    def of(self, row: Change, kind: Kind) -> Iterator[str]:
        """What the object that goes refers to for good, by its noun."""
        if not (row.retires and row.before and kind.removal.keeps_object):
            return
        for path, value in leaves(row.before.fields):
            field = kind.fields.get(str(path[0])) if path else None
            is_fixed = field is not None and field.mutability is Mutability.REPLACE
            if is_fixed and not kind.references.isdisjoint(map(str, path)) and isinstance(value, Ref | str):
                yield from filter(None, (self.nouns.get(value),))


def _remade(rows: tuple[Change, ...], kinds: Kinds) -> Remade:
    gone = [row for row in rows if row.retires and _comes_back_anew(kinds[row.kind])]
    # A second object at an address has a row behind that of the first, to which references lead.
    first = {row.address: row for row in reversed(rows)}
    refs = {Ref(row.address): kinds[row.kind].noun for row in gone if first[row.address] is row}
    return Remade(refs | {str(row.retires): kinds[row.kind].noun for row in gone})


def _comes_back_anew(kind: Kind) -> bool:
    return not kind.revivable and kind.removal is Removal.DELETE


def reach(row: Change, kind: Kind, created: frozenset[Ref]) -> Reach:
    """The widest of what the action and each changed field reach.

    What comes with the object through which it reaches people has nobody to reach but those who come later;
    `created` refers to all that the plan creates.
    """
    if row.irreversible:
        return Reach.IRREVERSIBLE
    if row.action is Action.CREATE and row.resource.fields.get(kind.reaches_through or "") in created:
        return min(kind.coming, Reach.NEW_CUSTOMERS, key=lambda each: each.rank)
    found = [kind.fields[name].reach for name in _changed(row, kind)]
    found += [kind.coming] if row.action in COMES else []
    found += [kind.going] if row.action in GOES else []
    return max(found, key=lambda each: each.rank, default=Reach.COSMETIC)


def pointed_to(row: Change, pointers: tuple[Pointer, ...], unread: tuple[str, ...] = ()) -> Change:
    """The row with what refers to the object that goes, and with what a rollback may not switch on again.

    `unread` are kinds that may stop with it, and that the key may not read.
    """
    unknown = unread if row.retires else ()
    reasons = dict.fromkeys(
        (
            *(not_promised(each.kind) for each in pointers if each.stops),
            *(f"whether {kind.replace('_', ' ')}s {UNKNOWN}" for kind in unknown),
        )
    )
    return replace(row, pointers=pointers, undo=row.undo.less(tuple(reasons)))


def undo(row: Change, kind: Kind, remade: Remade) -> Undo:
    """What a rollback to the revision before would come to."""
    if row.irreversible:
        return Undo(Restores.NOT, row.irreversible)
    return Undo().less((*_reasons(row, kind), *_made_anew(row, kind, remade)))


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
        case Action.REPLACE | Action.ARCHIVE | Action.DELETE if _comes_back_anew(kind):
            yield "it comes back as a new object under another id"
    for name in _changed(row, kind):
        if row.action in (Action.UPDATE, Action.ADOPT):
            yield from _lasting(row, kind.fields[name])


def _made_anew(row: Change, kind: Kind, remade: Remade) -> Iterator[str]:
    counts = f" and counts its {kind.counts} from 0" if kind.counts else ""
    for noun in dict.fromkeys(remade.of(row, kind)):
        yield f"its {noun} comes back under another id, so it is made anew{counts}"


def _lasting(row: Change, field: Field) -> Iterator[str]:
    """What an update leaves behind that no update takes back."""
    before = row.before.fields.get(field.name) if row.before else None
    if field.mutability is Mutability.EXTEND:
        yield f"what was added to {field.name} is not taken out again: a successor takes its place"
    elif before is None and not field.clearable:
        yield f"{field.name} keeps its value: the provider has no way to empty it"
