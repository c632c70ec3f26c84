"""How the checks say what they found, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, did_you_mean, dotted
from stripectl.pricing.model import (
    Artifact,
    Catalog,
    Code,
    Commitment,
    Configuration,
    Discount,
    Feature,
    Meter,
    Offer,
    Price,
    Product,
    place,
)

Findings: TypeAlias = Iterator[Diagnostic]

_SECTIONS: Mapping[type, str] = {
    Product: "products",
    Meter: "meters",
    Feature: "features",
    Discount: "discounts",
    Commitment: "commitments",
    Offer: "offers",
    Configuration: "configurations",
}


@dataclass(frozen=True, slots=True)
class Unread:
    """What is declared but could not be read, so that nothing is said about references to it."""

    addresses: frozenset[str] = frozenset()
    everything: bool = False
    """A whole file could not be read: any name may stand in it."""

    def may_hold(self, address: str) -> bool:
        return self.everything or address in self.addresses

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.addresses)


EVERYTHING_READ = Unread()


@dataclass(frozen=True, slots=True)
class Declared:
    """Every address of a catalog."""

    addresses: frozenset[str]
    unread: Unread = EVERYTHING_READ

    @classmethod
    def by(cls, catalog: Catalog, unread: Unread) -> Declared:
        return cls(frozenset(artifact.address for artifact in catalog.artifacts()), unread)

    def lacks(self, address: str) -> bool:
        return address not in self.addresses and not self.unread.may_hold(address)

    def near(self, address: str) -> str:
        """A hint with the id of the same kind that is closest."""
        kind, _, name = address.partition(".")
        owner, _, own = name.rpartition(".")
        # Comparing with ten thousand prices takes a second; near ones share the product or their own id.
        starts, ends = f"{kind}.{owner}." if owner else f"{kind}.", f".{own}"
        known = sorted(
            each.partition(".")[2]
            for each in self.addresses
            if each.startswith(starts) or (owner and each.startswith(f"{kind}.") and each.endswith(ends))
        )
        return did_you_mean(name, known) or f"declare {address}, or remove the reference"


def home(artifact: Artifact) -> Path:
    """Where in a manifest the artifact is declared."""
    match artifact:
        case Price():
            return ("products", artifact.product, "prices", artifact.id)
        case Code():
            return ("discounts", artifact.discount, "codes", artifact.code)
    return (_SECTIONS[type(artifact)], artifact.id)


def placed(diagnostic: Diagnostic, artifact: Artifact, path: Path = ()) -> Diagnostic:
    """The diagnostic with the address of the artifact and the place of `path` inside it."""
    return replace(
        diagnostic,
        address=artifact.address,
        path=dotted((*home(artifact), *path)),
        source=place(artifact, path),
    )
