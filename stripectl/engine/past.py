"""The past of one address: what it stood for, from which revision to which, under whatever name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from stripectl.engine.difference import differences, field_changes
from stripectl.engine.kinds import Kind, Kinds, Mutability, Reach
from stripectl.engine.plan import UNREAD, Audience, FieldChange, Revision
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, resolve


@dataclass(frozen=True, slots=True)
class Term:
    """A time in which one object stood at the address, and customers noticed no change of it."""

    resource: Resource
    """As it was recorded when the term began."""
    since: Revision
    until: Revision | None = None
    """The revision that ended it; None where it is in force."""
    names: tuple[str, ...] = ()
    """Addresses that it bore meanwhile, the first one first; at least one."""
    changed: tuple[FieldChange, ...] = ()
    """From the term before to this one, of what customers notice; ids stand in place of references."""
    repeats: bool = False
    """Customers were offered the same in an earlier term."""
    subscribable: bool = False
    """Customers can be subscribed to it."""

    @property
    def object_id(self) -> str | None:
        return self.resource.object_id

    @property
    def in_force(self) -> bool:
        return self.until is None


@dataclass(frozen=True, slots=True)
class Past:
    """All terms of one address in one catalog and environment."""

    address: str
    """The name that it bears now, or bore last."""
    terms: tuple[Term, ...]
    """Oldest first; at least one."""

    @property
    def last(self) -> Term:
        return self.terms[-1]

    @property
    def versions(self) -> int:
        """How many different things customers were offered; one that came back counts once."""
        return sum(not each.repeats for each in self.terms)

    @property
    def gaps(self) -> tuple[tuple[Revision, Revision], ...]:
        """The times in which it was not declared: the revision that ended each and the one after it."""
        ends = ((before.until, after.since) for before, after in pairwise(self.terms))
        return tuple((end, back) for end, back in ends if end and end.number < back.number)

    def comes_back(self, term: Term) -> Term | None:
        """The last term of the same object, where it is a later one."""
        last = next(each for each in reversed(self.terms) if each.object_id == term.object_id)
        return None if last.since.number == term.since.number else last


@dataclass(frozen=True, slots=True)
class Counts:
    """Who has a subscription to each object, as far as it could be told."""

    held: Mapping[str, Audience] = field(default_factory=dict)
    """Object id -> who is on it; one that is missing is unknown."""
    unknown: str = ""
    """Why not all of them are known, in whole sentences; empty where they are."""

    def of(self, object_id: str | None) -> Audience:
        return self.held.get(object_id or "", UNREAD)


def pasts(asked: str, revisions: Sequence[Revision], kinds: Kinds) -> tuple[Past, ...]:
    """The past of an address and of all that was made for the artifact at it; empty where nobody knows it.

    `revisions` are those of one catalog and environment, the oldest first. An address that something bore
    once leads to the one that it bears now.
    """
    addresses = dict.fromkeys(_today(each, revisions) for each in _resources(asked, revisions))
    return tuple(_past(each, revisions, kinds) for each in addresses)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the record says of some addresses at this moment."""

    last: Revision
    terms: Mapping[str, Term]
    """Address -> the term that is in force; an address that the last revision does not have is left out."""


def standing(addresses: Iterable[str], revisions: Sequence[Revision], kinds: Kinds) -> Standing | None:
    """What is in force at the addresses, and since when; None where there is no revision.

    `revisions` are those of one catalog and environment, the oldest first.
    """
    if not revisions:
        return None
    known = [each for each in addresses if each in revisions[-1].desired]
    return Standing(revisions[-1], {each: _past(each, revisions, kinds).last for each in known})


def known_addresses(revisions: Iterable[Revision]) -> tuple[str, ...]:
    """Every address and artifact that a revision knows, each once."""
    every = (name for each in revisions for found in each.desired for name in (found.address, found.artifact))
    return tuple(dict.fromkeys(every))


def _resources(asked: str, revisions: Sequence[Revision]) -> tuple[str, ...]:
    """The address itself where a resource bore it, then all else that was ever made for the artifact."""
    made = {found.address for each in revisions for found in each.desired if found.artifact == asked}
    first = {asked} if any(asked in each.desired for each in revisions) else set()
    return (*first, *sorted(made - first))


def _past(address: str, revisions: Sequence[Revision], kinds: Kinds) -> Past:
    found: list[Term] = []
    for revision, name in _course(address, revisions):
        now = _recorded(revision, name) if name else None
        last = found[-1] if found and found[-1].in_force else None
        if last and now and not _differs(last, now, revision, kinds[now.kind]):
            found[-1] = replace(last, names=tuple(dict.fromkeys((*last.names, now.address))))
            continue
        if last:
            found[-1] = replace(last, until=revision)
        if now:
            found.append(_term(found, now, revision, kinds[now.kind]))
    return Past(address, tuple(found))


def _term(earlier: Sequence[Term], now: Resource, revision: Revision, kind: Kind) -> Term:
    return Term(
        now,
        revision,
        names=(now.address,),
        changed=_changes(earlier[-1], now, revision, kind) if earlier else (),
        repeats=any(_is_like(each, now, revision, kind) for each in earlier),
        subscribable=kind.takes_subscriptions(now.fields),
    )


def _differs(term: Term, now: Resource, revision: Revision, kind: Kind) -> bool:
    return term.object_id != now.object_id or not _is_like(term, now, revision, kind)


def _is_like(term: Term, now: Resource, revision: Revision, kind: Kind) -> bool:
    same = (term.resource.kind, term.resource.active) == (now.kind, now.active)
    return same and not _changes(term, now, revision, kind)


def _changes(term: Term, now: Resource, revision: Revision, kind: Kind) -> tuple[FieldChange, ...]:
    """What customers notice, value by value; none where it became something of another kind."""
    if term.resource.kind != now.kind:
        return ()
    before, after = _noticed(term.resource, term.since, kind), _noticed(now, revision, kind)
    return field_changes(differences(before, after, kind))


def _noticed(resource: Resource, revision: Revision, kind: Kind) -> Resource:
    """Only what customers notice of it. Ids stay the same when an address is renamed."""
    fields: Fields = {
        name: resolve(value, revision.ids)
        for name, value in resource.fields.items()
        if name in kind.fields and _is_noticed(kind, name)
    }
    return replace(resource, fields=fields, ignore=())


def _is_noticed(kind: Kind, name: str) -> bool:
    found = kind.fields[name]
    return found.mutability is not Mutability.UPDATE or found.reach is Reach.EXISTING_CUSTOMERS


# Names


def _course(address: str, revisions: Sequence[Revision]) -> Iterator[tuple[Revision, str | None]]:
    """Each revision, the oldest first, with the name there of what is called `address` in the last one.

    None where it was not yet there, as what had its name was something else.
    """
    names: list[str | None] = [address]
    for newer, older in pairwise(reversed(revisions)):
        names.append(_former_name(names[-1], older, newer) if names[-1] else None)
    return zip(revisions, reversed(names), strict=True)


def _former_name(name: str, older: Revision, newer: Revision) -> str | None:
    """What the bearer of `name` was called in the revision before; None where it was not there."""
    told = next((old for old, new in newer.moved.items() if new == name and old in older.desired), None)
    if found := told or _bearer(name, newer, older):
        return found
    # Whatever had the name is succeeded under it, unless it goes on under another one.
    went_on = newer.moved.get(name) or _bearer(name, older, newer)
    return name if went_on in (None, name) else None


def _today(address: str, revisions: Sequence[Revision]) -> str:
    """What the last bearer of an address is called in the last revision."""
    places = [place for place, each in enumerate(revisions) if address in each.desired]
    later = revisions[places[-1] :]
    name = address
    for older, newer in pairwise(later):
        told = newer.moved.get(name, name)
        name = told if told in newer.desired else _bearer(name, older, newer) or name
    return name


def _bearer(name: str, at: Revision, elsewhere: Revision) -> str | None:
    """The address in another revision of the object that bears `name` in this one."""
    found = _recorded(at, name)
    if found is None or found.object_id is None:
        return None
    if elsewhere.ids.get(name) == found.object_id:
        return name
    bearers = (address for address, each in elsewhere.ids.items() if each == found.object_id)
    return next((each for each in bearers if _kind(elsewhere, each) == found.kind), None)


def _kind(revision: Revision, address: str) -> str | None:
    found = revision.desired.get(address)
    return found.kind if found else None


def _recorded(revision: Revision, address: str) -> Resource | None:
    """What the revision holds at an address, with its id."""
    found = revision.desired.get(address)
    return replace(found, object_id=revision.ids.get(address, found.object_id)) if found else None
