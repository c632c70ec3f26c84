"""What an account has once, and two catalogs declare: whichever is applied second could never be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, error
from stripectl.engine.kinds import Kind, Kinds
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value

_Claim: TypeAlias = tuple[str, str, tuple[Value, ...]]
"""Kind, what names one object of it, and the values."""


def clashes(desired: Mapping[str, State], kinds: Kinds) -> Mapping[str, tuple[Diagnostic, ...]]:
    """Catalog -> an error for each claim of it that a catalog before it made already."""
    claimed: dict[_Claim, tuple[str, Resource]] = {}
    found: dict[str, list[Diagnostic]] = {name: [] for name in desired}
    for name, state in desired.items():
        for each in state:
            for claim in _claims(each, kinds[each.kind]):
                first, other = claimed.setdefault(claim, (name, each))
                if first != name:
                    found[name].append(_clash(kinds[each.kind], each, claim, first, other))
    return {name: tuple(dict.fromkeys(problems)) for name, problems in found.items()}


def _claims(each: Resource, kind: Kind) -> Iterator[_Claim]:
    """What no other object of the account may have; a reference means another object in each catalog."""
    if not kind.marked or not each.active:
        return
    if kind.chosen_id and each.object_id:
        yield kind.name, "id", (each.object_id,)
    identity = kind.identity_of(each.fields)
    if identity and not any(isinstance(value, Ref) for value in identity):
        yield kind.name, " and ".join(kind.identity), identity


def _clash(kind: Kind, each: Resource, claim: _Claim, catalog: str, other: Resource) -> Diagnostic:
    _, names, values = claim
    named = f"{names.replace('_', ' ')} {', '.join(map(str, values))}"
    place = f" at {other.source}" if other.source else ""
    return error(
        "claimed-twice",
        "Two catalogs claim the same object of an account",
        f"{each.address} is to have the {kind.noun} with {named}, and so is {other.address} of catalog"
        f" {catalog}{place}. An account has it once.",
        hint="give one of them another one, or declare both in one catalog",
        address=each.address,
        source=each.source,
    )
