"""Whatever a file holds, loading it ends in diagnostics and never in a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from stripectl.diagnostics import Diagnostic, InvalidInput
from stripectl.manifest.config import load_config
from stripectl.manifest.load import load_catalog, load_documents, load_texts
from stripectl.manifest.values import Items, Table, Value
from stripectl.manifest.yaml_source import read_bytes, read_text
from stripectl.providers.stripe.limits import check_limits
from stripectl.providers.stripe.mapping import map_catalog
from stripectl.views.text import diagnostics_text

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "catalogs").rglob("*.yaml"))

WORDS = st.sampled_from(
    [
        "",
        "x",
        "5",
        "inf",
        "month",
        "once",
        "1e9",
        "a.b",
        "2027-02-30",
        "flat",
        "custom",
        "price.a.b",
        "é",
        "X y",
    ]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), WORDS)
JUNK = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner))
)


def spots(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, Table):
        for key, inner in value.items():
            yield from spots(inner, (*path, key))
    elif isinstance(value, Items):
        for index, item in enumerate(value):
            yield from spots(item, (*path, index))


def changed(value: object, path: tuple[str | int, ...], junk: object) -> object:
    """A copy of the value with `junk` at `path`."""
    if not path:
        return junk
    if isinstance(value, dict):
        return {key: changed(each, path[1:], junk) if key == path[0] else each for key, each in value.items()}
    assert isinstance(value, list)
    return [changed(each, path[1:], junk) if index == path[0] else each for index, each in enumerate(value)]


DOCUMENTS = [top for path in MANIFESTS if (top := read_text(path.name, path.read_text()).top) is not None]
CHANGES = [(number, path) for number, top in enumerate(DOCUMENTS) for path in spots(top)]
TODAY = date(2026, 12, 1)
NASTY = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b"",
            b"\xed\xa0\x80",
            b"\xef\xbb\xbf",
            b"\x00",
            "\u202e\u2028".encode(),
            b"&a *a",
            b"<<: *a",
            b"!!python/object:os.system",
            b"? {",
            b"|-",
            b"1e999999999",
            b"9" * 400,
            b"-0",
            b"[" * 70,
            b"sk_test_aaaaaaaaaaaaaaaa",
            b"##[error]x",
        ]
    ),
)
CONFIG = read_text("stripectl.yaml", (ROOT / "stripectl.yaml").read_text()).top


@settings(max_examples=300)
@given(st.sampled_from(CHANGES), JUNK)
def test_a_manifest_with_anything_anywhere_is_loaded_without_raising(
    change: tuple[int, tuple[str | int, ...]], junk: object
) -> None:
    number, path = change
    # JSON is YAML; a decimal becomes a quoted one, which is money all the same.
    text = json.dumps(changed(DOCUMENTS[number], path, junk), default=str)
    loaded = load_texts("c", {"f.yaml": text})
    for diagnostic in loaded.diagnostics:
        assert diagnostic.source is not None
        assert diagnostic.summary
        assert diagnostic.hint
    mapped = map_catalog(loaded.catalog)
    told = (*loaded.diagnostics, *mapped.diagnostics, *check_limits(loaded.catalog, mapped.desired, TODAY))
    assert bool(diagnostics_text(told, width=60, colour=True).encode()) == bool(told)


@settings(max_examples=300)
@given(st.sampled_from(MANIFESTS), st.data())
def test_bytes_that_were_mangled_are_told_in_text_that_any_terminal_takes(
    path: Path, data: st.DataObject
) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(NASTY)
    document = read_bytes("f.yaml", bytes(content))
    found = load_documents("c", [document], "c").diagnostics
    assert all(each.summary and each.source for each in found)
    assert bool(diagnostics_text(found, width=60, colour=True).encode()) == bool(found)


@settings(max_examples=200)
@given(st.sampled_from(list(spots(CONFIG))), JUNK)
def test_a_configuration_with_anything_anywhere_is_read_or_refused(
    path: tuple[str | int, ...], junk: object
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "stripectl.yaml").write_text(json.dumps(changed(CONFIG, path, junk)))
        refused: tuple[Diagnostic, ...] = ()
        try:
            load_config(root)
        except InvalidInput as problem:
            refused = problem.diagnostics
        assert all(each.source and each.hint for each in refused)


def test_the_example_catalogs_have_nothing_to_say() -> None:
    folders = [path for path in sorted((ROOT / "catalogs").iterdir()) if path.is_dir()]
    assert [path.name for path in folders] == ["compliance-pack", "coulomb", "dataface", "onboarding"]
    for folder in folders:
        assert load_catalog(folder, root=ROOT).diagnostics == ()
