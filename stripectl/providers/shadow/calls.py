"""One request to an endpoint, after it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stripectl.providers.shadow.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint was asked for."""

    path: Mapping[str, str] = field(default_factory=dict)
    """Ids that stand in the path, in order."""
    params: Parameters = field(default_factory=Parameters)

    @property
    def id(self) -> str:
        """Of the object itself: the last one in the path."""
        *_, last = self.path.values()
        return last
