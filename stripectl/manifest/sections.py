"""Which section of a manifest declares which artifacts, and the addresses that follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stripectl.diagnostics import Path
from stripectl.manifest.values import Table, Value

SECTIONS: Mapping[str, str] = {
    "products": "product",
    "meters": "meter",
    "features": "feature",
    "discounts": "discount",
    "commitments": "commitment",
    "offers": "offer",
    "configurations": "configuration",
    "profiles": "profile",
}
"""Section -> kind of its artifacts, which is also the name of their schema definition."""

NESTED: Mapping[str, tuple[str, str]] = {"product": ("prices", "price"), "discount": ("codes", "code")}
"""Kind -> the field that declares artifacts inside it, and their kind."""

LISTS = ("accept", "moved", "removed")


def entries(value: Value) -> Iterator[tuple[str, Table]]:
    """The id and fields of each artifact in a section; what is not a mapping is passed over."""
    if isinstance(value, Table):
        for key, entry in value.items():
            if isinstance(entry, Table):
                yield key, entry


def artifact_path(path: Path) -> Path:
    """The part of a document path that leads to an artifact or list entry; empty outside of both."""
    if len(path) < 2 or path[0] not in (*SECTIONS, *LISTS):
        return ()
    inner = NESTED.get(SECTIONS.get(str(path[0]), ""))
    return path[:4] if inner and len(path) > 3 and path[2] == inner[0] else path[:2]


def address_of(path: Path) -> str | None:
    """The address of the artifact that a document path leads into; None outside of artifacts."""
    prefix = artifact_path(path)
    if not prefix or prefix[0] in LISTS:
        return None
    kind = SECTIONS[str(prefix[0])]
    if len(prefix) == 4:
        kind = NESTED[kind][1]
    return ".".join([kind, *(str(part) for part in prefix[1::2])])
