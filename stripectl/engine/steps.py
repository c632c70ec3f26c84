"""Steps: the single requests that an apply makes, in an order in which no moment lacks an active price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stripectl.engine.kinds import Phase
from stripectl.engine.values import Fields


class Verb(StrEnum):
    """What a step asks of the provider."""

    CREATE = "create"
    UPDATE = "update"
    REVIVE = "revive"
    REMOVE = "remove"
    """Archive, deactivate, delete, detach or unset: the kind says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """One provider request."""

    number: int
    """From 1, in an order in which they can be executed one by one."""
    phase: Phase
    verb: Verb
    kind: str
    address: str
    object_id: str | None = None
    """Of the object to act on, None where an earlier step makes it; for a create the id to choose, if any."""
    fields: Fields = field(default_factory=dict)
    """Create: all that differ from the default. Update: only those to write; None clears."""
    before: Fields = field(default_factory=dict)
    """What the fields are expected to hold before an update."""
    mark: bool = False
    """Update, remove: write the ownership mark, with the address of this step."""
    unmark: bool = False
    """Update: clear the ownership mark."""
    transfer: tuple[str, ...] = ()
    """Exclusive fields whose value is taken from its present holder."""
    after: frozenset[int] = frozenset()
    """Numbers of the steps of its phase that have to be done before; earlier phases always have to be."""


@dataclass(frozen=True, slots=True)
class Request:
    """A step as the provider will be asked it; `params` are ready for the wire but for their encoding."""

    method: str
    path: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider answered."""

    object_id: str
    request_id: str | None
