"""Build the catalog from documents that conform to the schema."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from stripectl.diagnostics import Diagnostic, Location, Path, Sources, error
from stripectl.manifest import artifacts
from stripectl.manifest.artifacts import flag, known_text, text
from stripectl.manifest.sections import entries
from stripectl.manifest.values import Items, Mark, Places, Table, Value
from stripectl.pricing.model import (
    Accept,
    Catalog,
    Code,
    Commitment,
    Configuration,
    Discount,
    Feature,
    Meter,
    Moved,
    Offer,
    Price,
    PricingModel,
    Product,
    Profile,
    Removed,
)

T = TypeVar("T")

MODEL = "model."
"""What the address of a manifest itself begins with."""


@dataclass(slots=True)
class Builder:
    """Collects the artifacts of one catalog, document by document."""

    name: str
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _declared: dict[str, Location] = field(default_factory=dict)
    _models: list[PricingModel] = field(default_factory=list)
    _products: dict[str, Product] = field(default_factory=dict)
    _prices: dict[str, Price] = field(default_factory=dict)
    _meters: dict[str, Meter] = field(default_factory=dict)
    _features: dict[str, Feature] = field(default_factory=dict)
    _discounts: dict[str, Discount] = field(default_factory=dict)
    _commitments: dict[str, Commitment] = field(default_factory=dict)
    _offers: dict[str, Offer] = field(default_factory=dict)
    _configurations: dict[str, Configuration] = field(default_factory=dict)
    _profiles: dict[str, Profile] = field(default_factory=dict)
    _accepts: list[Accept] = field(default_factory=list)
    _moved: list[Moved] = field(default_factory=list)
    _removed: list[Removed] = field(default_factory=list)

    def add(self, file: str, top: Table, broken: Collection[Path]) -> None:
        """Take what a document declares, but for the artifacts whose paths are in `broken`."""
        reader = _Reader(self, file, broken)
        reader.head(top)
        reader.products(top)
        reader.discounts(top)
        reader.section(top, "meters", "meter", artifacts.meter, self._meters)
        reader.section(top, "features", "feature", artifacts.feature, self._features)
        reader.section(top, "commitments", "commitment", artifacts.commitment, self._commitments)
        reader.section(top, "offers", "offer", artifacts.offer, self._offers)
        reader.section(top, "configurations", "configuration", artifacts.configuration, self._configurations)
        reader.section(top, "profiles", "profile", artifacts.profile, self._profiles)
        reader.lists(top)

    def catalog(self) -> Catalog:
        return Catalog(
            name=self.name,
            models=tuple(self._models),
            products=self._products,
            prices=self._prices,
            meters=self._meters,
            features=self._features,
            discounts=self._discounts,
            commitments=self._commitments,
            offers=self._offers,
            configurations=self._configurations,
            profiles=self._profiles,
            accepts=tuple(self._accepts),
            moved=tuple(self._moved),
            removed=tuple(self._removed),
        )

    def unread(self) -> frozenset[str]:
        """Addresses that are declared and could not be built, or stand inside what could not."""
        built = self.catalog()
        known = {each.address for each in (*built.artifacts(), *built.profiles.values())}
        return frozenset(each for each in self._declared if not each.startswith(MODEL)) - known

    def declare(self, address: str, place: Location, path: str) -> bool:
        """Take an address, or report who has it already."""
        first = self._declared.setdefault(address, place)
        if first is place:
            return True
        self.diagnostics.append(
            error(
                "duplicate-id",
                "An id is declared twice in the catalog",
                f"{address} is already declared at {first}.",
                hint="give one of them another id, or remove it",
                address=None if address.startswith(MODEL) else address,
                path=path,
                source=place,
            )
        )
        return False


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one document into a builder."""

    builder: Builder
    file: str
    broken: Collection[Path]

    def head(self, top: Table) -> None:
        name = text(top, "model")
        if name is None or ("model",) in self.broken:
            return
        if self.builder.declare(f"{MODEL}{name}", self._at(top.marks["model"][1]), "model"):
            self.builder._models.append(PricingModel(name, known_text(top, "title", name), self.file))

    def section(
        self,
        top: Table,
        section: str,
        kind: str,
        build: Callable[[str, Table, Sources], T],
        target: dict[str, T],
    ) -> None:
        for name, table in entries(top.get(section)):
            if sources := self._sources((section, name), f"{kind}.{name}", top[section], name, table):
                target[name] = build(name, table, sources)

    def products(self, top: Table) -> None:
        self.section(top, "products", "product", artifacts.product, self.builder._products)
        for owner, table in entries(top.get("products")):
            for name, inner in entries(table.get("prices")):
                path = ("products", owner, "prices", name)
                address = f"price.{owner}.{name}"
                if sources := self._sources(path, address, table["prices"], name, inner):
                    self.builder._prices[f"{owner}.{name}"] = artifacts.price(owner, name, inner, sources)

    def discounts(self, top: Table) -> None:
        for name, table in entries(top.get("discounts")):
            codes = tuple(self._codes(name, table))
            sources = self._sources(("discounts", name), f"discount.{name}", top["discounts"], name, table)
            if sources:
                self.builder._discounts[name] = artifacts.discount(name, table, codes, sources)

    def _codes(self, owner: str, table: Table) -> list[Code]:
        found = []
        for word, inner in entries(table.get("codes")):
            path = ("discounts", owner, "codes", word)
            if sources := self._sources(path, f"code.{owner}.{word}", table["codes"], word, inner):
                found.append(artifacts.code(owner, word, inner, sources))
        return found

    def lists(self, top: Table) -> None:
        for table, place in self._entries(top, "accept"):
            address, code = known_text(table, "address"), known_text(table, "code")
            self.builder._accepts.append(Accept(address, code, known_text(table, "reason"), place))
        for table, place in self._entries(top, "moved"):
            self.builder._moved.append(Moved(known_text(table, "from"), known_text(table, "to"), place))
        for table, place in self._entries(top, "removed"):
            address, keep = known_text(table, "address"), flag(table, "keep")
            self.builder._removed.append(Removed(address, keep, place))

    def _entries(self, top: Table, key: str) -> list[tuple[Table, Location]]:
        value = top.get(key)
        if not isinstance(value, Items):
            return []
        return [
            (each, self._at(value.marks[index]))
            for index, each in enumerate(value)
            if isinstance(each, Table) and (key, index) not in self.broken
        ]

    def _sources(
        self, path: tuple[str, ...], address: str, section: Value, name: str, table: Table
    ) -> Sources | None:
        """The places of an artifact that can be built; None for one that is broken or declared twice."""
        assert isinstance(section, Table)
        mark = section.marks[name][0]
        if not self.builder.declare(address, self._at(mark), ".".join(path)):
            return None
        return None if path in self.broken else Sources(Places(self.file, mark, table))

    def _at(self, mark: Mark) -> Location:
        return Location(self.file, *mark)
