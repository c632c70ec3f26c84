"""What the clock and the customers took out of use. It stays as it is: no drift, no step, in nobody's way.

A kind says by its fields what ends the use of an object: a moment, a number of uses, the object that it is
used through. What is declared and spent is remarked on and left alone until its declaration is renewed, with
a later moment or more uses. What is declared, has no object and could not be used is impossible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.diff import change
from stripectl.engine.difference import differences, fits
from stripectl.engine.kinds import Field, Kind, Kinds, Limit
from stripectl.engine.matching import Match
from stripectl.engine.plan import Action, Change
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Fields, Ref, Value, references

DATE_GONE_BY = "date-gone-by"
"""Code of the error that a declared moment is past, and nothing is there that it could be the end of."""

NEEDS_SPENT = "needs-spent"
"""Code of the error that something new needs what is spent."""

Spent: TypeAlias = Mapping[Value, str]
"""Id of an object, or reference to an address, of what can no longer be used -> the reason, as a clause."""


def with_spent(objects: Iterable[Resource], kinds: Kinds, now: int) -> tuple[Resource, ...]:
    """The objects that a provider reports, with the reason in each that can no longer be used.

    `objects` are all of the account; `now` is in Unix seconds.
    """
    every = tuple(objects)
    noun = {each.object_id: kinds[each.kind].noun for each in every}
    reasons: dict[Value, str] = {}
    # What an object is used through stands above it in the table.
    for each in sorted(every, key=lambda each: kinds.rank(each.kind)):
        kind = kinds[each.kind]
        gone: Spent = {value: "is gone" for value in _carriers(each.fields, kind) if value not in noun}
        reason = _reason(each.fields, kind, each.uses, now, {**reasons, **gone}) if kind.limits else ""
        if reason or each.spent:
            reasons[each.object_id] = reason or each.spent
    return tuple(replace(each, spent=reasons.get(each.object_id, "")) for each in every)


def _carriers(fields: Fields, kind: Kind) -> Iterator[Value]:
    for each in kind.limits:
        if each.limit is Limit.CARRIER and (value := fields.get(each.name)) is not None:
            yield value


def _reason(fields: Fields, kind: Kind, used: int, now: int, spent: Spent) -> str:
    """Why an object with these fields cannot be used; empty where it can."""
    found = (_ends(each, fields.get(each.name), used, now, spent) for each in kind.limits)
    return next(filter(None, found), "")


def _ends(limit: Field, value: Value, used: int, now: int, spent: Spent) -> str:
    match limit.limit, value:
        case Limit.MOMENT, int(moment) if moment <= now:
            return f"expired {day(moment)}"
        case Limit.USES, int(most) if used >= most:
            return f"was used {used} of {most} times"
        case Limit.CARRIER, str() | Ref() if value in spent:
            return f"belongs to {limit.name} {value}, which {spent[value]}"
        case _:
            return ""


def day(moment: int) -> str:
    """Unix seconds for a reader: `2027-01-31`, with the time where it is not midnight UTC."""
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%d}" if moment % (24 * 3600) == 0 else f"{at:%Y-%m-%d %H:%M} UTC"


def remarks(recorded: State, objects: Iterable[Resource], kinds: Kinds) -> tuple[Diagnostic, ...]:
    """One remark a recorded object that was in use and is spent."""
    spent = {(each.kind, each.object_id): each for each in objects if each.spent}
    pairs = ((each, spent.get((each.kind, each.object_id))) for each in recorded if each.active)
    return tuple(_remark(each, found, kinds[each.kind]) for each, found in pairs if found)


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows of a plan after what is spent was left where it is."""

    rows: tuple[Change, ...]
    remarks: tuple[Diagnostic, ...] = ()
    impossible: tuple[Diagnostic, ...] = ()
    """An error for each row that would make what can no longer exist, at its address."""


def settle(
    rows: Iterable[Change],
    objects: Iterable[Resource],
    kinds: Kinds,
    now: int,
    *,
    known: frozenset[str] | None = None,
) -> Settled:
    """Leave what is spent where it is; rows follow the kinds table, `objects` are ours with their addresses.

    `known` are the ids that a record has: another object that is out of use is not the one at an address.
    None is no record, by which every object counts.
    """
    settler = _Settler(kinds, now)
    for each in objects:
        if each.spent and (known is None or each.object_id in known):
            settler.at[each.kind, each.address].append(each)
    kept = tuple(left for row in rows for left in settler.row(row))
    return Settled(kept, tuple(settler.remarks), tuple(settler.impossible))


@dataclass(slots=True)
class _Settler:
    """Goes through the rows in table order, so that what is spent is known before what is used through it."""

    kinds: Kinds
    now: int
    at: dict[tuple[str, str], list[Resource]] = field(default_factory=lambda: defaultdict(list))
    """Kind and address -> spent objects that bear the address."""
    spent: dict[Value, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Addresses at which there is nothing, and can be nothing."""
    remarks: list[Diagnostic] = field(default_factory=list)
    impossible: list[Diagnostic] = field(default_factory=list)

    def row(self, row: Change) -> Iterator[Change]:
        """The row that is left of a row; two where a spent object has its address back from another one."""
        kind, wanted = self.kinds[row.kind], row.after
        if wanted is None or not kind.limits:
            yield row
            return
        held = self._held(row, wanted, kind)
        reason = _reason(wanted.fields, kind, held.uses if held else 0, self.now, self.spent)
        if held and (reason or fits(held, wanted, kind)):
            self._stays(held, wanted, kind, reason)
            yield _left(row, held, wanted, kind)
            if row.before and row.before.object_id != held.object_id:
                yield replace(change(kind, Match(row.before), None), notes=(_BESIDE,))
            return
        if reason and row.action in (Action.CREATE, Action.REPLACE):
            self.spent[Ref(row.address)] = reason
            self.lost.add(row.address)
            self.impossible.append(_impossible(wanted, kind, self.now, reason))
        yield change(kind, Match(row.before), wanted) if row.revives and row.revives.spent else row

    def _stays(self, held: Resource, wanted: Resource, kind: Kind, reason: str) -> None:
        self.spent[Ref(wanted.address)] = held.spent
        if not self.lost.isdisjoint(references(wanted.fields)):
            self.impossible.append(_needs_spent(wanted, reason))
        elif wanted.active:
            self.remarks.append(_remark(wanted, held, kind, _edited(wanted, held, kind)))

    def _held(self, row: Change, wanted: Resource, kind: Kind) -> Resource | None:
        """The spent object that the row is about: the one that is to be back, the one in force, or the last
        one where none is.
        """
        if row.revives and row.revives.spent and not (row.before and fits(row.before, wanted, kind)):
            return row.revives
        if row.before:
            return row.before if row.before.spent else None
        there = self.at.get((row.kind, row.address), [])
        return max(there, key=lambda each: (each.created, each.object_id or ""), default=None)


_BESIDE = "what is declared here can no longer be used, and stays as it is"


def _left(row: Change, held: Resource, wanted: Resource, kind: Kind) -> Change:
    """The row of an object that stays as it is; no more is written than whose it is, and its name."""
    marks = tuple(each for each in row.changed if each.path in (("address",), ("managed",)))
    if row.action is not Action.ADOPT and not marks:
        return Change(row.address, row.kind, Action.NO_OP, before=held, after=wanted)
    action = Action.ADOPT if row.action is Action.ADOPT else Action.UPDATE
    marked = replace(wanted, ignore=tuple(kind.fields))
    return Change(row.address, row.kind, action, before=held, after=marked, changed=marks)


def _edited(wanted: Resource, held: Resource, kind: Kind) -> tuple[str, ...]:
    """Fields that are declared otherwise, but for those that differ by the end itself."""
    every = (each.field for each in differences(held, wanted, kind))
    return tuple(each.name for each in every if each.name != "active" and each.limit is not Limit.CARRIER)


def _remark(wanted: Resource, held: Resource, kind: Kind, edited: tuple[str, ...] = ()) -> Diagnostic:
    waits = f" What is declared otherwise waits until it is renewed: {', '.join(edited)}." if edited else ""
    return Diagnostic(
        Severity.INFO,
        "spent",
        "Something can no longer be used, and stays as it is",
        f"{kind.noun} {held.object_id} {held.spent}.{waits}",
        hint=f"take it out of the manifest, or renew {_ended(held, kind)} there: a later date, or more"
        " redemptions",
        address=wanted.address,
        source=wanted.source,
    )


def _ended(held: Resource, kind: Kind) -> str:
    """What its end is the end of: itself, or what it belongs to."""
    carriers = [each.name for each in kind.limits if each.limit is Limit.CARRIER]
    return f"its {carriers[0]}" if carriers and held.spent.startswith("belongs to") else "it"


def _impossible(wanted: Resource, kind: Kind, now: int, reason: str) -> Diagnostic:
    for each in kind.limits:
        moment = wanted.fields.get(each.name)
        if each.limit is Limit.MOMENT and isinstance(moment, int) and moment <= now:
            return error(
                DATE_GONE_BY,
                "What ends with a date that has gone by cannot be made",
                f"{wanted.address}: {each.name} is {day(moment)}, which has gone by, and no {kind.noun} with"
                " that end is there.",
                hint="give it a later date, or take it out of the manifest",
                address=wanted.address,
                source=wanted.source,
            )
    return _needs_spent(wanted, reason)


def _needs_spent(wanted: Resource, reason: str) -> Diagnostic:
    return error(
        NEEDS_SPENT,
        "What belongs to something spent cannot be made",
        f"{wanted.address} {reason}.",
        hint="renew what it belongs to, or take it out of the manifest",
        address=wanted.address,
        source=wanted.source,
    )
