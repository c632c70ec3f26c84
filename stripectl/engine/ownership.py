"""Whose an object is: the address that each object of an account is a candidate for, and by what right.

Nothing that nobody marked is ours, whatever it equals. The one way in is an id in the manifest. An object
whose mark was wiped is still ours where the record says so. Kinds that an account shares are used as they are
where they fit. What bears our mark may be a copy: whoever copies an object copies its mark.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from stripectl.diagnostics import Diagnostic
from stripectl.engine import ownership_conflicts as conflicts
from stripectl.engine.difference import differences, fits
from stripectl.engine.kinds import Kind
from stripectl.engine.projection import owned_keys
from stripectl.engine.resource import Resource
from stripectl.engine.values import Value


class Right(StrEnum):
    """Why an object may bear an address."""

    NAMED = "named"
    """The manifest names its id, and nobody owns it yet."""
    MARKED = "marked"
    """It carries our mark."""
    RECORDED = "recorded"
    """The last revision says so, and nothing on the object does: its mark was wiped, or its kind has none."""
    PART = "part"
    """It is a part of an object of ours, and has no mark of its own."""
    USED = "used"
    """It belongs to the account, fits, and is left as it is."""
    IN_THE_WAY = "in the way"
    """It has what only one object can have, and is not ours: the plan is blocked."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of an address before the account is looked at."""

    desired: Resource | None
    recorded: Resource | None
    """What the last revision put there, or only used."""
    used: bool = False
    """The last revision only used what is recorded."""
    preferred_id: str | None = None
    """The object that a rollback would rather have back."""

    @property
    def kind(self) -> str:
        known = self.desired or self.recorded
        assert known is not None, "a claim is made by a declaration or a record"
        return known.kind

    @property
    def recorded_id(self) -> str | None:
        """The id of an object of ours; None where the revision only used it."""
        return self.recorded.object_id if self.recorded and not self.used else None

    @property
    def named_id(self) -> str | None:
        """The id of the object that the manifest wants at the address."""
        return self.desired.object_id if self.desired and self.desired.adopts else None


NO_CLAIM = Claim(None, None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that may bear the address that it is listed under."""

    resource: Resource
    right: Right


@dataclass(slots=True)
class Ownership:
    """The objects of one kind, by the address that each may bear."""

    kind: Kind
    catalog: str
    claims: Mapping[str, Claim]
    """Those that are made for this kind."""
    candidates: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    strangers: list[Resource] = field(default_factory=list)
    conflicts: list[Diagnostic] = field(default_factory=list)
    _named: dict[str, str] = field(default_factory=dict)
    """Object id -> the address whose claim names it."""
    _recorded: dict[str, str] = field(default_factory=dict)
    _identities: dict[tuple[Value, ...], str] = field(default_factory=dict)
    """What names one object of the kind -> the address that declares it."""
    _made: dict[tuple[Value, ...], str] = field(default_factory=dict)
    """The same of what the run at hand makes without a mark: nobody has written down its id yet."""
    _present: frozenset[str | None] = frozenset()
    """Ids of all objects of the kind."""
    _preferred: dict[str, str] = field(default_factory=dict)
    """Object id -> the address that it had in the revision to go back to."""
    _chosen: dict[str, str] = field(default_factory=dict)
    """Id that we would choose for a new object -> address."""

    @classmethod
    def of(
        cls,
        kind: Kind,
        catalog: str,
        claims: Mapping[str, Claim],
        objects: Iterable[Resource],
        *,
        former: Mapping[str, str],
    ) -> Ownership:
        """Sort the objects, which bear their present addresses.

        `former` are ids of objects without a mark that were ours, with the addresses that they bore.
        """
        ownership = cls(kind, catalog, {a: claim for a, claim in claims.items() if claim.kind == kind.name})
        for address, claim in ownership.claims.items():
            ownership._index(address, claim)
        for object_id, address in () if kind.marked else former.items():
            if address in ownership.claims:
                ownership._recorded.setdefault(object_id, address)
        every = tuple(objects)
        ownership._present = frozenset(item.object_id for item in every)
        for item in every:
            ownership._sort(item)
        ownership._miss_what_is_named()
        return ownership

    def _index(self, address: str, claim: Claim) -> None:
        if claim.recorded_id:
            self._recorded[claim.recorded_id] = address
        if claim.recorded and not (claim.recorded_id or claim.used or self.kind.marked):
            self._add(self._made, claim.recorded, address)
        if claim.desired is None:
            return
        self._add(self._identities, claim.desired, address)
        if claim.preferred_id:
            self._preferred[claim.preferred_id] = address
        if claim.named_id:
            first = self._named.setdefault(claim.named_id, address)
            if first != address:
                self.conflicts.append(conflicts.named_twice(self.kind, claim.desired, first))
        elif claim.desired.object_id and self.kind.chosen_id:
            self._chosen[claim.desired.object_id] = address

    def _add(self, index: dict[tuple[Value, ...], str], known: Resource, address: str) -> None:
        if identity := self.kind.identity_of(known.fields):
            index[identity] = address

    def _sort(self, item: Resource) -> None:
        object_id = item.object_id or ""
        if address := self._named.get(object_id):
            self._sort_named(item, address)
        elif item.owner == self.catalog:
            self._sort_marked(item)
        elif (address := self._recorded.get(object_id)) and self._lost_its_mark(item, address):
            self._keep(item, Right.RECORDED, address)
        elif (address := self._preferred.get(object_id)) and self._was_let_go(item, address):
            self._keep(item, Right.NAMED, address)
        elif address := self._equalled(item):
            self._sort_equal(item, address)
        else:
            self.strangers.append(item)

    def _sort_marked(self, item: Resource) -> None:
        """As its mark says; where that names no address that is known, as the record or its name does."""
        known = None if item.address in self.claims else self._recorded.get(item.object_id or "")
        if address := known or item.address or self._equalled(item):
            self._keep(item, Right.MARKED, address)
        else:
            self.strangers.append(item)

    def _lost_its_mark(self, item: Resource, address: str) -> bool:
        """What was deleted may have been made again by hand under its id: then it is not what is recorded."""
        recorded = self.claims[address].recorded
        remade = not self.kind.removal.keeps_object and recorded and not fits(item, recorded, self.kind)
        return item.owner is None and not (self.kind.marked and remade)

    def _was_let_go(self, item: Resource, address: str) -> bool:
        """A rollback takes back what its revision names and nobody owns since."""
        desired = self.claims[address].desired
        return item.owner is None and desired is not None and fits(item, desired, self.kind)

    def _keep(self, item: Resource, right: Right, address: str) -> None:
        kept = item if item.address == address else replace(item, address=address)
        self.candidates[address].append(Candidate(kept, right))

    def _sort_named(self, item: Resource, address: str) -> None:
        """The manifest names it: to be adopted, ours already, or out of reach."""
        desired = self.claims[address].desired
        assert desired is not None, "a declaration names an object"
        recorded = self._recorded.get(item.object_id or "") == address
        ours = Right.MARKED if item.owner == self.catalog else Right.RECORDED if recorded else None
        if item.owner not in (None, self.catalog):
            self.strangers.append(item)
            self.conflicts.append(conflicts.of_another_catalog(self.kind, item, desired))
        elif item.owner == self.catalog and item.address != address and item.address in self.claims:
            self.conflicts.append(conflicts.managed_elsewhere(self.kind, item, desired))
            self._keep(item, Right.MARKED, item.address)
        elif not fits(item, desired, self.kind):
            self.conflicts.append(conflicts.cannot_adopt(self.kind, item, desired))
            self._keep(item, ours or Right.IN_THE_WAY, address)
        elif not self.kind.revivable and desired.active and not item.active:
            self.conflicts.append(conflicts.cannot_come_back(self.kind, item, desired))
            self._keep(item, ours or Right.IN_THE_WAY, address)
        else:
            self._keep(item, ours or Right.NAMED, address)

    def _equalled(self, item: Resource) -> str | None:
        """The address that has a name which only one object can have, and which this one has."""
        identity = self.kind.identity_of(item.fields) if self._keeps_its_name(item) else None
        chosen = self._chosen.get(item.object_id or "")
        if identity is None:
            return chosen
        return self._identities.get(identity) or chosen

    def _keeps_its_name(self, item: Resource) -> bool:
        """A removed object stands in nobody's way, unless its name stays with it."""
        exclusive = any(self.kind.fields[name].exclusive for name in self.kind.identity)
        return item.active or not self.kind.marked or exclusive

    def _sort_equal(self, item: Resource, address: str) -> None:
        claim = self.claims[address]
        if not (self.kind.marked or self.kind.shared):
            self._keep(item, Right.PART, address)
        elif self._made.get(self.kind.identity_of(item.fields) or ()) == address:
            self._keep(item, Right.RECORDED, address)
        elif claim.desired is None or self._yields(item, claim):
            self.strangers.append(item)
        elif self.kind.shared and _as_declared(item, claim.desired, self.kind):
            self._keep(item, Right.USED, address)
        else:
            self._keep(item, Right.IN_THE_WAY, address)
            self.conflicts.append(_in_the_way(self.kind, item, claim.desired, claim.recorded_id))

    def _yields(self, item: Resource, claim: Claim) -> bool:
        """Two without a mark may have one name: ours can have it while the other is out of use."""
        return not (self.kind.marked or item.active) and claim.recorded_id in self._present - {None}

    def _miss_what_is_named(self) -> None:
        known = {item.resource.object_id for found in self.candidates.values() for item in found}
        known |= {item.object_id for item in self.strangers}
        told = {each.address for each in self.conflicts}
        for object_id, address in self._named.items():
            desired = self.claims[address].desired
            if desired and object_id not in known and address not in told:
                self.conflicts.append(conflicts.nothing_to_adopt(self.kind, desired))


def _as_declared(item: Resource, desired: Resource, kind: Kind) -> bool:
    return not differences(owned_keys(item, (desired,), kind), desired, kind)


def _in_the_way(kind: Kind, item: Resource, desired: Resource, recorded_id: str | None) -> Diagnostic:
    if item.owner is not None:
        return conflicts.of_another_catalog(kind, item, desired)
    return conflicts.identity_taken(kind, item, desired, recorded_id)


@dataclass(frozen=True, slots=True)
class Originals:
    """The marked and recorded candidates of one address, told apart from their copies."""

    genuine: tuple[Resource, ...]
    retired: tuple[Resource, ...] = ()
    """Out of use, and not to be brought back: what a named object took the place of, or a copy."""
    copies: tuple[Resource, ...] = ()
    """In use, and not ours."""
    certain: bool = True
    """False where several in use bear the mark, and nothing says which of them is meant."""


def originals(
    kind: Kind,
    candidates: Iterable[Resource],
    claim: Claim,
    ours: set[str],
    known: frozenset[str] | None,
) -> Originals:
    """Which of the candidates are ours: by recorded id, chosen id, lookup key, and the object they belong to.

    `ours` are the ids of all objects that carry our mark, `known` those that a record ever had; None is no
    record.
    """
    every = tuple(candidates)
    if not kind.marked:
        # A part of an object of ours is what it is by its place: nobody can copy it.
        return Originals(every)
    certain = _certain(every, kind, claim, ours, known)
    at_home = _at_home(every, certain, kind, ours)
    if kind.chosen_id:
        genuine = certain or at_home
    else:
        genuine = tuple(
            item for item in at_home if not (item.active and certain and known) or item in certain
        )
    if not certain and known is not None and claim.desired is None:
        # What no record ever had, and nothing declares, somebody else made.
        genuine = tuple(item for item in genuine if not item.active)
    rest = [item for item in every if item not in genuine]
    copies = tuple(item for item in rest if item.active)
    in_use = [item for item in genuine if item.active]
    doubtful = len(in_use) > 1 and not any(item in certain for item in in_use)
    # An archived one under our id, another in use: the latter was adopted once, or copied.
    lost = kind.chosen_id and bool(copies) and known is None and not in_use and bool(genuine)
    return Originals(genuine, tuple(item for item in rest if not item.active), copies, not (doubtful or lost))


def _certain(
    every: tuple[Resource, ...], kind: Kind, claim: Claim, ours: set[str], known: frozenset[str] | None
) -> tuple[Resource, ...]:
    """Those that have what only ours can have.

    A name passes from one object to another, so it says nothing beside an object in use that a record knows,
    nor of one that belongs to a copy.
    """
    by_id = {item.object_id for item in every if _is_known(kind, item, claim, known or frozenset())}
    settled = any(item.active for item in every if item.object_id in by_id)
    at_home = () if settled else _at_home(every, (), kind, ours)
    return tuple(
        item
        for item in every
        if item.object_id in by_id or (item in at_home and _is_named(kind, item, claim))
    )


def _is_known(kind: Kind, item: Resource, claim: Claim, known: frozenset[str]) -> bool:
    """By its id, which is of one object for good."""
    if item.object_id in known or item.object_id in (claim.recorded_id, claim.named_id, claim.preferred_id):
        return True
    chosen = claim.desired.object_id if claim.desired and kind.chosen_id else None
    return is_version_of(item.object_id, chosen)


def _is_named(kind: Kind, item: Resource, claim: Claim) -> bool:
    """By the name that one object at a time has."""
    if kind.chosen_id or claim.desired is None:
        return False
    identity = kind.identity_of(item.fields)
    return identity is not None and identity == kind.identity_of(claim.desired.fields)


def is_version_of(object_id: str | None, chosen: str | None) -> bool:
    """`launch20` and its successors `launch20-2`, `launch20-3`, … for the chosen id `launch20`."""
    return bool(chosen and object_id and re.fullmatch(re.escape(chosen) + r"(-\d+)?", object_id))


def _at_home(
    every: tuple[Resource, ...], certain: tuple[Resource, ...], kind: Kind, ours: set[str]
) -> tuple[Resource, ...]:
    """Those that belong to objects of ours: a copied product has copies of its prices."""
    return tuple(item for item in every if item in certain or ours.issuperset(_owners(kind, item)))


def _owners(kind: Kind, item: Resource) -> Iterator[str]:
    """Ids of the objects that this one belongs to for good, and that bear no address of ours."""
    for name in kind.immutable:
        value = item.fields.get(name)
        if name in kind.references and isinstance(value, str):
            yield value
