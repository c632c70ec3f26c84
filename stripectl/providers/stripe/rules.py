"""What the mapping is made of: rules that claim fields of an artifact, and say what becomes of them.

Every field of every artifact is claimed by exactly one rule, or is part of the head (id, place, handling)
that all resources are built from. The mapping runs these very tables, so an unclaimed field is one that
reaches nothing; a test enumerates them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar, cast

from stripectl.diagnostics import Path
from stripectl.engine.fidelity import Fidelity
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Value
from stripectl.pricing.model import Artifact, Catalog, Commitment, Configuration, Lifecycle, Offer

A = TypeVar("A", bound=Artifact)

Cause: TypeAlias = tuple[str, str]
"""Address and code of the loss that another one follows from."""

HEAD = frozenset({"id", "new_id", "lifecycle", "sources"})
"""Fields that every resource's address, handling and place are built from."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the provider cannot hold as it was declared."""

    fidelity: Fidelity
    code: str
    detail: str
    path: Path = ()
    """Where in the artifact the reason stands."""
    causes: tuple[Cause, ...] = ()
    """Losses of other artifacts that it follows from: who accepts those accepts this."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a rule makes of the fields that it claims."""

    fields: Fields = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    beside: tuple[Resource, ...] = ()
    """Resources of their own that come along."""
    ignore: tuple[str, ...] = ()
    """Fields of the resource that are left to the provider."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule may look at besides its artifact."""

    catalog: Catalog
    unsent: Mapping[str, tuple[Cause, ...]]
    """Addresses that the provider cannot hold, with the reasons; of artifacts that come earlier in order."""

    def follows(self, *addresses: str) -> tuple[Cause, ...]:
        """The reasons why any of the addresses is not sent; empty where all are."""
        return tuple(dict.fromkeys(cause for each in addresses for cause in self.unsent.get(each, ())))


@dataclass(frozen=True, slots=True)
class Rule(Generic[A]):
    """Claims some fields of an artifact, and maps them together."""

    claims: tuple[str, ...]
    make: Callable[[A, Scope], Part]
    writes: tuple[str, ...] = ()
    """Fields of the resource that it fills; what `ignore` means by the claimed names."""


def copy(name: str, to: str | None = None) -> Rule[A]:
    """The rule of a field that the provider holds as it is, under its own or another name."""
    target = to or name

    def make(artifact: A, scope: Scope) -> Part:  # noqa: ARG001 - every rule is called alike
        value = getattr(artifact, name)
        return Part({target: value.value if isinstance(value, StrEnum) else cast("Value", value)})

    return Rule((name,), make, (target,))


def apply(rules: tuple[Rule[A], ...], artifact: A, scope: Scope) -> Part:
    """All rules of an artifact together."""
    parts = [rule.make(artifact, scope) for rule in rules]
    fields = {name: value for part in parts for name, value in part.fields.items()}
    losses = tuple(loss for part in parts for loss in part.losses)
    beside = tuple(each for part in parts for each in part.beside)
    return Part(fields, losses, beside, tuple(_ignored(rules, lifecycle(artifact).ignore)))


def claimed(rules: tuple[Rule[A], ...]) -> tuple[str, ...]:
    """Every claimed field, as often as it is claimed."""
    return tuple(name for rule in rules for name in rule.claims)


def lifecycle(artifact: Artifact) -> Lifecycle:
    """How an artifact wants to be handled; the default for those that become no object of their own."""
    match artifact:
        case Commitment() | Offer() | Configuration():
            return Lifecycle()
        case _:
            return artifact.lifecycle


def _ignored(rules: tuple[Rule[A], ...], names: tuple[str, ...]) -> Iterator[str]:
    """What the manifest's names stand for: a field of the resource, or all that a claimed field becomes."""
    for name in names:
        for rule in rules:
            if name in rule.writes:
                yield name
            elif name in rule.claims:
                yield from rule.writes


def unsupported(code: str, detail: str, path: Path = (), causes: tuple[Cause, ...] = ()) -> Loss:
    """The artifact cannot be held at all and is not sent."""
    return Loss(Fidelity.UNSUPPORTED, code, detail, path, causes)


def approximate(code: str, detail: str, path: Path = (), causes: tuple[Cause, ...] = ()) -> Loss:
    """The artifact is sent, and something that it declares has to be done elsewhere."""
    return Loss(Fidelity.APPROXIMATE, code, detail, path, causes)


def not_sent_either(address: str, causes: tuple[Cause, ...]) -> Loss:
    """The verdict on an artifact that cannot exist without `address`, under the code of its first cause."""
    return unsupported(
        causes[0][1],
        f"It is not sent, because {address} is not sent and it cannot exist without it.",
        causes=causes,
    )


def left_out(addresses: tuple[str, ...], causes: tuple[Cause, ...], path: Path = ()) -> Loss:
    """The verdict on an artifact that is sent without some of its parts."""
    return approximate(
        "part-not-sent", f"It is sent without {', '.join(addresses)}, which cannot be sent.", path, causes
    )
