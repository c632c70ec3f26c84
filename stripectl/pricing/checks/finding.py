"""How the checks say what they found, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, did_you_mean, dotted, error
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
    Profile,
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
    Profile: "profiles",
}


@dataclass(frozen=True, slots=True)
class Unread:
    """What is declared but could not be read, so that nothing is said about references to it."""

    addresses: frozenset[str] = frozenset()
    """`price.pro.*` is every price of a product."""
    everything: bool = False
    """A whole file could not be read: any name may stand in it."""

    def may_hold(self, address: str) -> bool:
        family = f"{address.rpartition('.')[0]}.*"
        return self.everything or address in self.addresses or family in self.addresses

    def may_hold_any(self, kind: str) -> bool:
        return self.everything or any(each.startswith(f"{kind}.") for each in self.addresses)


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
        return _near(self.addresses, address)


# A catalog with thousands of prices can name one unknown meter as often, and comparing names is slow.
@lru_cache(maxsize=1024)
def _near(addresses: frozenset[str], address: str) -> str:
    families = _families(addresses)
    known = dict.fromkeys(name for family in _families_of(address) for name in families.get(family, ()))
    return did_you_mean(address.partition(".")[2], known) or f"declare {address}, or remove the reference"


@lru_cache(maxsize=1)
def _families(addresses: frozenset[str]) -> Mapping[str, list[str]]:
    """Family -> names in it, without their kind."""
    families: dict[str, list[str]] = {}
    for address in sorted(addresses):
        for family in _families_of(address):
            families.setdefault(family, []).append(address.partition(".")[2])
    return families


def _families_of(address: str) -> tuple[str, ...]:
    """Those that it could be mistaken for: of the same kind; among prices, of the same product or id."""
    kind, *names = address.split(".")
    return (kind,) if len(names) < 2 else (f"{kind}.{names[0]}.*", f"{kind}.*.{names[-1]}")


def home(artifact: Artifact | Profile) -> Path:
    """Where in a manifest the artifact is declared."""
    match artifact:
        case Price():
            return ("products", artifact.product, "prices", artifact.id)
        case Code():
            return ("discounts", artifact.discount, "codes", artifact.code)
    return (_SECTIONS[type(artifact)], artifact.id)


def placed(diagnostic: Diagnostic, artifact: Artifact | Profile, path: Path = ()) -> Diagnostic:
    """The diagnostic with the address of the artifact and the place of `path` inside it."""
    return replace(
        diagnostic,
        address=artifact.address,
        path=dotted((*home(artifact), *path)),
        source=place(artifact, path),
    )


def unknown(artifact: Artifact | Profile, path: Path, address: str, declared: Declared) -> Findings:
    """What there is to say of a reference that leads nowhere."""
    if declared.lacks(address):
        yield placed(
            error(
                "unknown-reference",
                "A name refers to nothing",
                f"{artifact.address} names {address}, which the catalog does not declare.",
                hint=declared.near(address),
            ),
            artifact,
            path,
        )
