"""Which object bears which address: turns what a provider reports into a state that can be compared.

An object is ours when its mark names our catalog. A kind that cannot carry marks is known by its identity:
the fields that only one object can hold. Nothing that is marked by nobody is ours until it is adopted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stripectl.diagnostics import Diagnostic, error
from stripectl.engine.difference import differences, fits
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Fields, Ref, Value, leaves

ARCHIVED_FOR_GOOD = "archived-for-good"
"""Code of the conflict that nothing can solve."""


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
    """The one in force is marked by nobody yet."""
    renamed_from: str | None = None
    """The address that the one in force is still marked with."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The observed side of a comparison."""

    by_address: Mapping[str, Match]
    objects: tuple[Resource, ...]
    """Every object of the catalog, archived ones too, with references where their target is known."""
    strangers: tuple[Resource, ...]
    """Objects of nobody or of another catalog."""
    conflicts: tuple[Diagnostic, ...] = ()

    @property
    def state(self) -> State:
        return State.of(
            match.in_force if match.in_force.address == address else replace(match.in_force, address=address)
            for address, match in self.by_address.items()
            if match.in_force
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of an address before the account is looked at."""

    desired: Resource | None
    recorded: Resource | None
    preferred_id: str | None
    """The object that a rollback would rather have back."""


def match(
    objects: Iterable[Resource],
    desired: State,
    recorded: State,
    kinds: Kinds,
    catalog: str,
    *,
    moved: Mapping[str, str],
    preferred: Mapping[str, str],
) -> Matched:
    """Assign objects to addresses, kind by kind in table order so that references can be followed."""
    claims = {
        address: Claim(desired.get(address), recorded.get(address), preferred.get(address))
        for address in dict.fromkeys((*recorded.resources, *desired.resources))
    }
    by_kind: dict[str, list[Resource]] = defaultdict(list)
    for each in objects:
        by_kind[each.kind].append(each)
    marked = tuple(each for found in by_kind.values() for each in found if each.owner == catalog)
    matcher = _Matcher(kinds, catalog, moved, claims, marked)
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
    marked: tuple[Resource, ...]
    """Every object with our mark, as the provider reports it."""
    bearers: dict[str, str] = field(default_factory=dict)
    """Object id -> address that it bears, and will still bear afterwards."""
    matches: dict[str, Match] = field(default_factory=dict)
    owned: list[Resource] = field(default_factory=list)
    strangers: list[Resource] = field(default_factory=list)
    conflicts: list[Diagnostic] = field(default_factory=list)

    def match_kind(self, kind: Kind, objects: list[Resource]) -> None:
        present = [self._link(each) for each in objects]
        marks = {each.object_id: each.address for each in objects}
        addresses = {a: c for a, c in self.claims.items() if _kind_of(c) == kind.name}
        candidates = self._candidates(kind, present, addresses)
        for address in dict.fromkeys((*addresses, *candidates)):
            claim = addresses.get(address, Claim(None, None, None))
            found = _roles(kind, candidates.get(address, []), claim)
            found = _renamed(kind, marks, found)
            if claim.desired and claim.desired.adopts and not (kind.chosen_id or candidates.get(address)):
                self.conflicts.append(_nothing_to_adopt(kind, claim.desired))
            if claim.desired and claim.desired.active and not found.bearer:
                self.conflicts.extend(_gone_for_good(kind, candidates.get(address, []), claim.desired))
            if found.bearer and found.bearer.object_id:
                self.bearers[found.bearer.object_id] = address
            self.matches[address] = found

    def _link(self, each: Resource) -> Resource:
        """The object under its present address, with references instead of the ids known so far."""
        address = self.moved.get(each.address, each.address)
        return replace(each, address=address, fields=linked(each.fields, self.kinds[each.kind], self.bearers))

    def _candidates(
        self, kind: Kind, objects: list[Resource], addresses: Mapping[str, Claim]
    ) -> Mapping[str, list[Resource]]:
        """Address -> the objects that could bear it."""
        found: dict[str, list[Resource]] = defaultdict(list)
        index = _Index(kind, addresses)
        for each in objects:
            if each.owner == self.catalog:
                found[each.address].append(each)
                self.owned.append(each)
            elif address := index.address_of(each):
                self._consider(kind, each, address, addresses[address], found)
            else:
                self.strangers.append(each)
        return found

    def _consider(
        self,
        kind: Kind,
        each: Resource,
        address: str,
        claim: Claim,
        found: dict[str, list[Resource]],
    ) -> None:
        """An unmarked object has what names the address: ours by identity, to adopt, or in the way."""
        if _may_be_anothers(kind, each, claim) and not self._refers_to(each.object_id):
            self.conflicts.append(_shared(kind, each, address, claim))
        elif not kind.marked:
            named = replace(each, address=address)
            found[address].append(named)
            self.owned.append(named)
        elif each.owner is not None:
            self.conflicts.append(_of_another_catalog(kind, each, address, claim))
        elif claim.desired and fits(each, claim.desired, kind):
            found[address].append(replace(each, address=address))
        elif claim.desired:
            self.conflicts.append(_in_the_way(kind, each, address, claim))

    def _refers_to(self, object_id: str | None) -> bool:
        """Whether an object with our mark refers to it: then it is ours, too."""
        return any(
            value == object_id
            for each in self.marked
            for path, value in leaves(each.fields)
            if not self.kinds[each.kind].references.isdisjoint(path)
        )

    def result(self) -> Matched:
        """Link once more, now that every id is known: a product points ahead to its default price."""
        relinked = {address: _map(found, self._relink) for address, found in self.matches.items()}
        owned = tuple(map(self._relink, self.owned))
        return Matched(relinked, owned, tuple(self.strangers), tuple(self.conflicts))

    def _relink(self, each: Resource) -> Resource:
        kind = self.kinds[each.kind]
        if not any(isinstance(each.fields.get(name), str) for name in kind.references):
            return each
        return replace(each, fields=linked(each.fields, kind, self.bearers))


@dataclass(slots=True)
class _Index:
    """Finds the address that an unmarked object would bear: what names it most plainly comes first."""

    kind: Kind
    addresses: Mapping[str, Claim]
    adopted: dict[str, str] = field(default_factory=dict)
    declared: dict[tuple[Value, ...], str] = field(default_factory=dict)
    by_id: dict[str, str] = field(default_factory=dict)
    recorded: dict[tuple[Value, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for address, claim in self.addresses.items():
            self._add(address, claim.recorded, self.recorded)
            self._add(address, claim.desired, self.declared)

    def _add(self, address: str, known: Resource | None, index: dict[tuple[Value, ...], str]) -> None:
        if known is None:
            return
        if known.adopts:
            self.adopted[known.object_id or ""] = address
            return
        if known.object_id and (self.kind.chosen_id or not self.kind.marked):
            self.by_id[known.object_id] = address
        if identity := _identity(known, self.kind):
            index[identity] = address

    def address_of(self, each: Resource) -> str | None:
        identity = _identity(each, self.kind) if _counts(each, self.kind) else None
        object_id = each.object_id or ""
        known = self.adopted.get(object_id) or self.by_id.get(object_id)
        if identity is None or object_id in self.adopted:
            return known
        return self.declared.get(identity) or known or self.recorded.get(identity)


def _counts(each: Resource, kind: Kind) -> bool:
    """A removed object of a marked kind stands in nobody's way, unless it keeps what only one can hold."""
    keeps = not kind.revivable or any(kind.fields[name].exclusive for name in kind.identity)
    return each.active or not kind.marked or keeps


def _identity(each: Resource, kind: Kind) -> tuple[Value, ...] | None:
    return kind.identity_of(each.fields)


def _kind_of(claim: Claim) -> str:
    known = claim.desired or claim.recorded
    assert known is not None, "a claim is made by a declaration or a record"
    return known.kind


def _roles(kind: Kind, candidates: list[Resource], claim: Claim) -> Match:
    """Who is in force, who could come back, who is too many."""
    ranked = sorted(candidates, key=lambda each: _preference(each, claim, kind))
    fitting = [each for each in ranked if not claim.desired or fits(each, claim.desired, kind)]
    in_use = [each for each in ranked if each.active]
    wanted_active = claim.desired is None or claim.desired.active
    fitting_in_use = [each for each in fitting if each.active]
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
        extras=tuple(each for each in in_use if each is not in_force),
        bearer=spare or next((each for each in fitting if each is in_force), None),
        adopted=kind.marked and in_force is not None and in_force.owner is None,
    )


def _former(fitting: list[Resource], in_use: Resource, claim: Claim, kind: Kind) -> Resource | None:
    """The very object that a rollback wants back, where the one in use would have to become like it."""
    if claim.desired is None or not differences(in_use, claim.desired, kind):
        return None
    return next((each for each in fitting if not each.active and each.object_id == claim.preferred_id), None)


def _renamed(kind: Kind, marks: Mapping[str | None, str], found: Match) -> Match:
    """Notice where the mark still says an older address."""
    bearer = found.bearer or found.in_force
    if not (kind.marked and bearer and bearer.owner):
        return found
    marked = marks[bearer.object_id]
    return replace(found, renamed_from=marked if marked != bearer.address else None)


def _preference(each: Resource, claim: Claim, kind: Kind) -> tuple[bool, bool, bool, bool, int, str]:
    recorded_id = claim.recorded.object_id if claim.recorded else None
    named = claim.desired is not None and _identity(each, kind) == _identity(claim.desired, kind)
    return (
        each.object_id != claim.preferred_id,
        not each.active,
        not named,
        each.object_id != recorded_id,
        -each.created,
        each.object_id or "",
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


def _named(kind: Kind, each: Resource) -> Iterator[str]:
    for name in kind.identity:
        yield f"{name} {each.fields.get(name)}"


def _of_another_catalog(kind: Kind, each: Resource, address: str, claim: Claim) -> Diagnostic:
    known = claim.desired or claim.recorded
    return error(
        "owned-by-another-catalog",
        "The object belongs to another catalog",
        f"{address} would be {kind.noun} {each.object_id}, which is marked as {each.address} of catalog"
        f" {each.owner}; two catalogs must not own one object.",
        hint="give it another id or lookup key here, or let the other catalog go of it with `keep: true`;"
        " where a catalog's folder was renamed, give it its former name back",
        address=address,
        source=known.source if known else None,
    )


def _may_be_anothers(kind: Kind, each: Resource, claim: Claim) -> bool:
    """In use, never recorded as ours, and not as we declare it: perhaps another catalog does."""
    if not kind.shared or claim.recorded or claim.desired is None or claim.desired.adopts:
        return False
    return each.active and bool(differences(each, claim.desired, kind))


def _shared(kind: Kind, each: Resource, address: str, claim: Claim) -> Diagnostic:
    differing = differences(each, claim.desired, kind) if claim.desired else ()
    return error(
        "perhaps-of-another",
        "An object that others may use would be changed",
        f"{kind.noun} {each.object_id} is in use under the same name, carries no mark, and differs from"
        f" {address} in {', '.join(difference.field.name for difference in differing)}.",
        hint=f"declare it as it is to share it, or take it over with `id: {each.object_id}`",
        address=address,
        source=claim.desired.source if claim.desired else None,
    )


def _nothing_to_adopt(kind: Kind, desired: Resource) -> Diagnostic:
    return error(
        "nothing-to-adopt",
        "The object to adopt cannot be taken",
        f"{desired.address} names {kind.noun} {desired.object_id}, which the account does not hold or is"
        " not free to be adopted.",
        hint="check the id and the account, or leave `id:` out to have a new object made",
        address=desired.address,
        source=desired.source,
    )


def _gone_for_good(kind: Kind, candidates: list[Resource], desired: Resource) -> Iterator[Diagnostic]:
    for each in candidates:
        if not kind.revivable and kind.identity and _identity(each, kind) == _identity(desired, kind):
            yield error(
                ARCHIVED_FOR_GOOD,
                "An archived object cannot be brought back",
                f"{kind.noun} {each.object_id} was archived, which cannot be undone, and still holds"
                f" {', '.join(_named(kind, each))}.",
                hint="declare it under another lookup key; a rollback goes on with --allow irreversible",
                address=desired.address,
                source=desired.source,
            )


def _in_the_way(kind: Kind, each: Resource, address: str, claim: Claim) -> Diagnostic:
    found = ", ".join(_named(kind, each)) or f"id {each.object_id}"
    return error(
        "identity-taken",
        "An object that stripectl does not own is in the way",
        f"{kind.noun} {each.object_id} already has {found}, and differs from {address} in what cannot be"
        " changed; it is not ours to replace.",
        hint="declare it as it is with `id:` to adopt it first, or choose another id or lookup key",
        address=address,
        source=claim.desired.source if claim.desired else None,
    )
