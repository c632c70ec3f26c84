"""Find the artifacts of a document that do not conform to the schema, quickly: large catalogs are long."""

from __future__ import annotations

from collections.abc import Callable

from stripectl.manifest.schemas import conforms
from stripectl.manifest.sections import NESTED, SECTIONS
from stripectl.manifest.values import Table, Value


def suspect(top: Table, *, whole: bool = False) -> Table:
    """The document without the artifacts that conform; with `whole`, the others keep all that is in them."""
    return _kept(
        top, lambda key, value: _suspects(value, SECTIONS[key], whole=whole) if key in SECTIONS else value
    )


def _suspects(section: Value, kind: str, *, whole: bool) -> Value:
    if not isinstance(section, Table):
        return section
    fits, fits_name = conforms("manifest", kind), conforms("manifest", "id")
    wrong = {name for name, each in section.items() if not (fits(each) and fits_name(name))}
    return _kept(section, lambda _, value: value if whole else _inside(value, kind), wrong)


def _inside(artifact: Value, kind: str) -> Value:
    inner = NESTED.get(kind)
    if inner is None or not isinstance(artifact, Table):
        return artifact
    field, inner_kind = inner
    return _kept(
        artifact, lambda key, value: _suspects(value, inner_kind, whole=False) if key == field else value
    )


def _kept(table: Table, change: Callable[[str, Value], Value], keys: set[str] | None = None) -> Table:
    kept = Table()
    kept.marks = table.marks
    kept.update({key: change(key, value) for key, value in table.items() if keys is None or key in keys})
    return kept
