"""Resources and states: one type for what is declared, what the provider holds and what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stripectl.diagnostics import Location
from stripectl.engine.values import Fields, Json, digest, relabel, to_json


@dataclass(frozen=True, slots=True)
class Resource:
    """One provider object, declared or real.

    In desired and recorded states references are `Ref`s to addresses. In what a provider reports they are
    plain ids until `matching` has found out which object bears which address.
    """

    kind: str
    address: str
    """Empty for an object that nobody marked."""
    fields: Fields
    """In the vocabulary of the kinds table; a field that is left out has its default."""
    object_id: str | None = None
    """The provider's id. Desired: only where it is chosen by us or given in the manifest."""
    owner: str | None = None
    """Observed: the catalog that marked it; None is nobody."""
    run: str = field(default="", compare=False)
    """Observed: the run that made it, as its mark says; a copy says the same."""
    created: int = 0
    """Observed: Unix seconds; breaks ties between objects of one address."""
    uses: int = 0
    """Observed: how often it was used, of a kind whose uses may be limited."""
    spent: str = ""
    """Observed: why it can no longer be used, which nobody decided: a clause such as `expired 2027-01-31`.

    It comes with the clock and the customers, so it is kept in no record and no plan.
    """
    adopts: bool = False
    """Desired: `object_id` was given in the manifest as one to adopt."""
    origin: str | None = None
    """Desired: address of the artifact that it was made for, where that is another than its own."""
    protect: bool = False
    ignore: tuple[str, ...] = ()
    source: Location | None = None
    unread: Fields = field(default_factory=dict, compare=False)
    """Observed: what the provider holds of it and no field says, by dotted property. In no file or digest."""

    @property
    def active(self) -> bool:
        """In use: can be bought, redeemed, granted or counted."""
        return self.fields.get("active", True) is True

    @property
    def artifact(self) -> str:
        """Address of the declared artifact behind it; verdicts on its fidelity go by it."""
        return self.origin or self.address

    def renamed(self, addresses: Mapping[str, str]) -> Resource:
        """The same under the new address, where it has one; references follow likewise."""
        return replace(
            self,
            address=addresses.get(self.address, self.address),
            origin=addresses.get(self.origin, self.origin) if self.origin else None,
            fields={name: relabel(value, addresses) for name, value in self.fields.items()},
        )

    def to_json(self) -> Json:
        """What revisions and plan files hold of it."""
        shape: dict[str, Json] = {
            "kind": self.kind,
            "address": self.address,
            "object_id": self.object_id,
            "fields": to_json(self.fields),
        }
        if self.adopts:
            shape["adopts"] = True
        if self.origin:
            shape["origin"] = self.origin
        if self.protect:
            shape["protect"] = True
        if self.ignore:
            shape["ignore"] = list(self.ignore)
        return shape


@dataclass(frozen=True, slots=True)
class State:
    """Resources by address: the type of desired, observed and recorded states alike."""

    resources: Mapping[str, Resource] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> State:
        """A state from resources with distinct addresses."""
        return cls({resource.address: resource for resource in resources})

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)

    def __contains__(self, address: str) -> bool:
        return address in self.resources

    def get(self, address: str) -> Resource | None:
        return self.resources.get(address)

    def also_under(self, moved: Mapping[str, str]) -> State:
        """The same, in which what was renamed (old address -> new one) answers to its old address, too."""
        former = {old: self.resources[new] for old, new in moved.items() if new in self.resources}
        return State({**former, **self.resources})

    def digest(self) -> str:
        """Depends on the resources alone, not on their order or source lines."""
        return digest([self.resources[address].to_json() for address in sorted(self.resources)])
