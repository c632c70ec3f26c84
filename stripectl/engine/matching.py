"""Which object bears which address: turns what a provider reports into a state that can be compared.

`ownership` says which objects may bear an address, and by what right. Here each of them gets its role.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stripectl.diagnostics import Diagnostic
from stripectl.engine.difference import differences, fits
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.ownership import NO_CLAIM, Candidate, Claim, Ownership, Right, originals
from stripectl.engine.ownership_conflicts import copy_left_alone, several_bear_one_mark
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Fields, Ref, Value


@dataclass(frozen=True, slots=True)
class Match:
    """The objects that bear one address, each in its role."""

    in_force: Resource | None = None
    """In use now, or archived and already as it is desired."""
    spare: Resource | None = None
    """Archived, and as desired in all that cannot be changed: it can come back instead of a new object."""
    extras: tuple[Resource, ...] = ()
    """In use beside the one in force, though one address has one object."""
    bearer: Resource | None = None
    """The one of them that goes on bearing the address; None where a new object will."""
    adopted: bool = False
    """The manifest names the one in force by its id, and nobody owns it yet."""
    used: bool = False
    """The one in force is not ours, and is left as it is."""
    unmarked: bool = False
    """The one that goes on bearing the address lost its mark."""
    renamed_from: str | None = None
    """The address that the one in force is still marked with."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The observed side of a comparison."""

    by_address: Mapping[str, Match]
    objects: tuple[Resource, ...]
    """Every object of the catalog, archived ones too, with references where their target is known."""
    strangers: tuple[Resource, ...]
    """Objects of nobody or of another catalog, and copies of ours."""
    let_go: tuple[Resource, ...] = ()
    """Objects with our mark that are to lose it."""
    conflicts: tuple[Diagnostic, ...] = ()
    copies: tuple[Resource, ...] = ()
    """Those of the strangers that bear our mark: they may have taken what one object at a time can have."""

    @property
    def state(self) -> State:
        return State.of(
            match.in_force if match.in_force.address == address else replace(match.in_force, address=address)
            for address, match in self.by_address.items()
            if match.in_force
        )


NOTHING: Mapping[str, str] = {}


def match(
    objects: Iterable[Resource],
    desired: State,
    recorded: State,
    kinds: Kinds,
    catalog: str,
    *,
    moved: Mapping[str, str],
    preferred: Mapping[str, str],
    used: frozenset[str] = frozenset(),
    let_go: frozenset[str] = frozenset(),
    former: Mapping[str, str] = NOTHING,
    known: frozenset[str] | None = None,
) -> Matched:
    """Assign objects to addresses, kind by kind in table order so that references can be followed.

    `used` are addresses at which the record only used an object of the account, `let_go` the ids of objects
    that are to lose our mark, `former` ids of objects of ours without a mark that went out of use, with the
    addresses that they bore. `known` are the ids that a record ever had; None is no record.
    """
    claims = {
        address: Claim(desired.get(address), recorded.get(address), address in used, preferred.get(address))
        for address in dict.fromkeys((*recorded.resources, *desired.resources))
    }
    by_kind: dict[str, list[Resource]] = defaultdict(list)
    for item in objects:
        by_kind[item.kind].append(item)
    matcher = _Matcher(kinds, catalog, moved, claims, let_go, former, known)
    for name in kinds.rows:
        matcher.match_kind(kinds[name], by_kind.get(name, []))
    return matcher.result()


@dataclass(slots=True)
class _Matcher:
    """Carries the ids learned so far from one kind to the next."""

    kinds: Kinds
    catalog: str
    moved: Mapping[str, str]
    claims: Mapping[str, Claim]
    let_go: frozenset[str]
    former: Mapping[str, str]
    known: frozenset[str] | None
    bearers: dict[str, str] = field(default_factory=dict)
    """Object id -> address that it bears, and will still bear afterwards."""
    ours: set[str] = field(default_factory=set)
    """Ids of all objects of ours so far, whatever they bear."""
    matches: dict[str, Match] = field(default_factory=dict)
    owned: list[Resource] = field(default_factory=list)
    leaving: list[Resource] = field(default_factory=list)
    strangers: list[Resource] = field(default_factory=list)
    copies: list[Resource] = field(default_factory=list)
    conflicts: list[Diagnostic] = field(default_factory=list)

    def match_kind(self, kind: Kind, objects: list[Resource]) -> None:
        present = [self._link(item) for item in objects]
        marks = {item.object_id: item.address for item in objects}
        leaving = [item for item in present if item.object_id in self.let_go and self._is_ours(kind, item)]
        staying = [item for item in present if item not in leaving] if leaving else present
        ownership = Ownership.of(kind, self.catalog, self.claims, staying, former=self.former)
        self.leaving += leaving
        self.ours.update(item.object_id or "" for item in leaving)
        self.strangers += ownership.strangers
        self.conflicts += ownership.conflicts
        for address in dict.fromkeys((*ownership.claims, *ownership.candidates)):
            claim = ownership.claims.get(address, NO_CLAIM)
            found = self._roles(kind, address, ownership.candidates.get(address, []), claim)
            found = _renamed(kind, marks, found)
            if found.bearer and found.bearer.object_id:
                self.bearers[found.bearer.object_id] = address
            self.matches[address] = found

    def _is_ours(self, kind: Kind, item: Resource) -> bool:
        return item.owner == self.catalog or not kind.marked

    def _link(self, item: Resource) -> Resource:
        """The object under its present address, with references instead of the ids known so far."""
        address = self.moved.get(item.address, item.address)
        return replace(item, address=address, fields=linked(item.fields, self.kinds[item.kind], self.bearers))

    def _roles(self, kind: Kind, address: str, candidates: Sequence[Candidate], claim: Claim) -> Match:
        """Who is in force, who could come back, who is too many."""
        by_right: dict[Right, list[Resource]] = defaultdict(list)
        for candidate in candidates:
            by_right[candidate.right].append(candidate.resource)
        ours = self._genuine(kind, address, [*by_right[Right.MARKED], *by_right[Right.RECORDED]], claim)
        parts, named, used = by_right[Right.PART], by_right[Right.NAMED], by_right[Right.USED]
        self.owned += (*ours, *parts, *named)
        self.ours.update(item.object_id or "" for item in ours)
        if named:
            return _taken_over(named[0], ours)
        if others := [*used, *by_right[Right.IN_THE_WAY]]:
            self.strangers += others
            if not any(item.active for item in ours):
                return Match(others[0], bearer=others[0], used=True)
        found = _by_preference(kind, [*ours, *parts], claim)
        return replace(found, unmarked=kind.marked and found.bearer in by_right[Right.RECORDED])

    def _genuine(
        self, kind: Kind, address: str, candidates: list[Resource], claim: Claim
    ) -> tuple[Resource, ...]:
        found = originals(kind, candidates, claim, self.ours, self.known)
        if found.certain:
            self.conflicts += (copy_left_alone(kind, item, claim.desired) for item in found.copies)
        else:
            bearing = [item for item in candidates if item not in found.retired]
            self.conflicts.append(several_bear_one_mark(kind, bearing, address, claim.desired))
        self.owned += found.retired
        self.ours.update(item.object_id or "" for item in found.retired)
        self.strangers += found.copies
        self.copies += found.copies
        return found.genuine

    def result(self) -> Matched:
        """Link once more, now that every id is known: a product points ahead to its default price."""
        relinked = {address: _map(found, self._relink) for address, found in self.matches.items()}
        owned, leaving = tuple(map(self._relink, self.owned)), tuple(map(self._relink, self.leaving))
        conflicts, copies = tuple(self.conflicts), tuple(self.copies)
        return Matched(relinked, owned, tuple(self.strangers), leaving, conflicts, copies)

    def _relink(self, item: Resource) -> Resource:
        kind = self.kinds[item.kind]
        if not any(isinstance(item.fields.get(name), str) for name in kind.references):
            return item
        return replace(item, fields=linked(item.fields, kind, self.bearers))


def _taken_over(named: Resource, ours: Iterable[Resource]) -> Match:
    """The object that the manifest names bears the address from now on; what bore it so far is too many."""
    return Match(named, extras=tuple(item for item in ours if item.active), bearer=named, adopted=True)


def _by_preference(kind: Kind, candidates: Sequence[Resource], claim: Claim) -> Match:
    ranked = sorted(candidates, key=lambda item: _preference(item, claim, kind))
    fitting = [item for item in ranked if not claim.desired or fits(item, claim.desired, kind)]
    in_use = [item for item in ranked if item.active]
    wanted_active = claim.desired is None or claim.desired.active
    fitting_in_use = [item for item in fitting if item.active]
    in_force = next(iter(fitting_in_use or in_use), None)
    spare = None
    if kind.revivable and claim.desired:
        spare = (
            _former(fitting, fitting_in_use[0], claim, kind) if fitting_in_use else next(iter(fitting), None)
        )
    if spare and (in_force is None or not wanted_active):
        in_force, spare = spare, None
    return Match(
        in_force,
        spare,
        extras=tuple(item for item in in_use if item is not in_force),
        bearer=spare or next((item for item in fitting if item is in_force), None),
    )


def _former(fitting: list[Resource], in_use: Resource, claim: Claim, kind: Kind) -> Resource | None:
    """The very object that is wanted back: by the manifest, or by a rollback.

    What a rollback made anew itself, because nothing fitted then, stays.
    """
    wanted = claim.named_id or claim.preferred_id
    # What a former code refers to may be another coupon by now, made anew under the same id.
    made_anew = in_use.object_id != claim.recorded_id or bool(kind.limits)
    if in_use.object_id == wanted:
        return None
    if claim.named_id is None and made_anew and not _differs(in_use, claim, kind):
        return None
    return next((item for item in fitting if not item.active and item.object_id == wanted), None)


def _differs(item: Resource, claim: Claim, kind: Kind) -> bool:
    return claim.desired is not None and bool(differences(item, claim.desired, kind))


def _renamed(kind: Kind, marks: Mapping[str | None, str], found: Match) -> Match:
    """Notice where the mark still says an older address."""
    bearer = found.bearer or found.in_force
    if not (kind.marked and bearer and bearer.owner) or found.used:
        return found
    marked = marks[bearer.object_id]
    return replace(found, renamed_from=marked if marked != bearer.address else None)


def _preference(item: Resource, claim: Claim, kind: Kind) -> tuple[bool, bool, bool, bool, bool, int, str]:
    recorded_id = claim.recorded.object_id if claim.recorded else None
    named = claim.desired is not None and kind.identity_of(item.fields) == kind.identity_of(
        claim.desired.fields
    )
    return (
        item.object_id != claim.named_id,
        item.object_id != claim.preferred_id,
        not item.active,
        not named,
        item.object_id != recorded_id,
        -item.created,
        item.object_id or "",
    )


def linked(fields: Fields, kind: Kind, bearers: Mapping[str, str]) -> Fields:
    """The fields with a reference wherever they hold the id of an object whose address is known."""
    return {
        name: value if kind.fields[name].keyed else _linked(value, name, kind, bearers)
        for name, value in fields.items()
    }


def _linked(value: Value, key: str, kind: Kind, bearers: Mapping[str, str]) -> Value:
    match value:
        case str() if key in kind.references:
            return Ref(bearers[value]) if value in bearers else value
        case tuple() if key in kind.references:
            # Lists of references are sets.
            return tuple(sorted((_linked(item, key, kind, bearers) for item in value), key=str))
        case Mapping():
            return {name: _linked(item, name, kind, bearers) for name, item in value.items()}
        case _:
            return value


def _map(found: Match, link: Callable[[Resource], Resource]) -> Match:
    return replace(
        found,
        in_force=found.in_force and link(found.in_force),
        spare=found.spare and link(found.spare),
        extras=tuple(map(link, found.extras)),
    )
