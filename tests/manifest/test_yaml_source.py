"""YAML text becomes exact values with places, or a located refusal."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.diagnostics import Location
from stripectl.manifest.compose import MAX_DEPTH
from stripectl.manifest.values import Places
from stripectl.manifest.yaml_source import MAX_BYTES, Document, read_bytes, read_text

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


def refusal(document: Document) -> tuple[str, str]:
    (diagnostic,) = document.diagnostics
    assert document.top is None
    return diagnostic.code, str(diagnostic.source)


def test_words_keep_their_text_unless_they_are_null_true_false_or_a_plain_number() -> None:
    text = """
on: yes
no: off
true: true
"null": ~
day: 2027-01-31
exponent: 1e3
hex: 0x10
octal: 007
grouped: 1_000
infinite: .inf
signed: +5
whole: 12
exact: 8.90
negative: -0.5
quoted: "12"
empty:
"""
    assert read_text("f", text).top == {
        "on": "yes",
        "no": "off",
        "true": True,
        "null": None,
        "day": "2027-01-31",
        "exponent": "1e3",
        "hex": "0x10",
        "octal": "007",
        "grouped": "1_000",
        "infinite": ".inf",
        "signed": "+5",
        "whole": 12,
        "exact": Decimal("8.90"),
        "negative": Decimal("-0.5"),
        "quoted": "12",
        "empty": None,
    }


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20))
def test_a_decimal_number_keeps_every_digit(number: Decimal) -> None:
    written = f"{number:f}"
    top = read_text("f", f"amount: {written}\n").top
    assert top is not None
    value = top["amount"]
    assert isinstance(value, Decimal)
    assert f"{value:f}" == written


def test_a_number_of_many_thousand_digits_stays_text() -> None:
    assert read_text("f", "n: " + "9" * 10_000).top == {"n": "9" * 10_000}


def test_every_key_and_value_has_its_place() -> None:
    document = read_text("f.yaml", "a: 1\nbé:\n  - x\n  - {c: 2}\n")
    assert document.top is not None
    places = Places("f.yaml", (1, 1), document.top)
    assert dict(places) == {
        (): Location("f.yaml", 1, 1),
        ("a",): Location("f.yaml", 1, 4),
        ("bé",): Location("f.yaml", 2, 1),
        ("bé", 0): Location("f.yaml", 3, 5),
        ("bé", 1): Location("f.yaml", 4, 5),
        ("bé", 1, "c"): Location("f.yaml", 4, 9),
    }
    assert places.key(("bé", 1, "c")) == Location("f.yaml", 4, 6)


@pytest.mark.parametrize("path", [("b",), ("a", 0), ("a", "b"), ("a", "b", "c"), (0,)])
def test_a_path_that_is_not_written_has_no_place(path: tuple[str | int, ...]) -> None:
    top = read_text("f", "a: {c: 1}").top
    assert path not in Places("f", (1, 1), top)


def test_a_duplicate_key_names_both_places_and_the_first_value_stays() -> None:
    document = read_text("f.yaml", "a: 1\nb: {c: 1, d: 2, c: 3}\n")
    (diagnostic,) = document.diagnostics
    assert (diagnostic.code, diagnostic.source) == ("duplicate-key", Location("f.yaml", 2, 17))
    assert "line 2, column 5" in diagnostic.detail
    assert document.top == {"a": 1, "b": {"c": 1, "d": 2}}


def test_an_alias_stands_for_what_its_anchor_holds() -> None:
    assert read_text("f", "a: &x {c: 1}\nb: *x\n").top == {"a": {"c": 1}, "b": {"c": 1}}


def test_a_merge_takes_what_is_not_written_itself() -> None:
    anchors = "a: &x {every: month, active: true}\nb: &y {every: year, nickname: N}\n"
    top = read_text("f", anchors + "c: {<<: [*x, *y], active: false}\n").top
    assert top is not None
    assert top["c"] == {"active": False, "every": "month", "nickname": "N"}


def test_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    assert read_text("f", '"<<": 1').top == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "file-empty", "f:1:1"),
        ("# only a comment\n", "file-empty", "f:1:1"),
        ("---\n...\n", "file-empty", "f:2:1"),
        ("- a\n", "document-shape", "f:1:1"),
        ("just words\n", "document-shape", "f:1:1"),
        ("a: 1\n---\nb: 2\n", "yaml-documents", "f:2:1"),
        ("a:\n\tb: 1\n", "yaml-syntax", "f:2:1"),
        ("a: 'open\n", "yaml-syntax", "f:2:1"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> other\n", "merge-conflict", "f:2:1"),
        ("a:\n  b: 1\n>>>>>>> other\n", "merge-conflict", "f:3:1"),
        ("a: b: c\n", "yaml-syntax", "f:1:5"),
        ("a: [1,\n", "yaml-syntax", "f:2:1"),
        ("a: @b\n", "yaml-syntax", "f:1:4"),
        ("a: \x00\n", "file-not-text", "f:1:4"),
        ("x: 1\na: \x07\n", "file-not-text", "f:2:4"),
        ("a: *b\n", "yaml-alias", "f:1:4"),
        ("a: &a [*a]\n", "yaml-alias", "f:1:8"),
        ("? [a]\n: b\n", "yaml-key", "f:1:3"),
        ("a: &a [1]\n*a : 2\n", "yaml-key", "f:2:1"),
        ("a: !!python/object:os.system x\n", "yaml-tag", "f:1:4"),
        ("a: !!timestamp 2027-01-31\n", "yaml-tag", "f:1:4"),
        ("a: !!set {b}\n", "yaml-tag", "f:1:4"),
        (BOMB, "yaml-alias-size", "f:5:20"),
        ("a: " + "[" * 200 + "]" * 200, "yaml-depth", "f:1:67"),
        ("[" * 1_000_000, "yaml-depth", "f:1:65"),
        ("{a: " * 200_000, "yaml-depth", "f:1:257"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, str) else "",
)
def test_what_no_manifest_needs_is_refused_with_its_place(text: str, code: str, place: str) -> None:
    assert refusal(read_text("f", text)) == (code, place)


def test_nesting_that_aliases_add_up_to_is_refused_too() -> None:
    levels = "".join(
        f"{name}: &{name} [[[[[[[[[[*{before}]]]]]]]]]]\n" for before, name in pairwise("abcdefgh")
    )
    assert refusal(read_text("f", "a: &a [1]\n" + levels)) == ("yaml-depth", "f:8:17")


def test_nesting_up_to_the_limit_is_read() -> None:
    levels = MAX_DEPTH - 1
    assert read_text("f", "a: " + "[" * levels + "]" * levels).diagnostics == ()


def test_a_merge_of_something_else_than_a_mapping_is_refused() -> None:
    (diagnostic,) = read_text("f", "a: {<<: 5, b: 1}").diagnostics
    assert (diagnostic.code, str(diagnostic.source)) == ("yaml-merge", "f:1:9")


def test_plain_data_tags_are_understood() -> None:
    assert read_text("f", "a: !!str 5\nb: !!int 5\nc: !!map {}\nd: !!seq []\ne: ! 5\n").top == {
        "a": "5",
        "b": 5,
        "c": {},
        "d": [],
        "e": "5",
    }


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read_bytes("f", b"\xef\xbb\xbfa: 1\n").top == {"a": 1}


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"a: \xff\n", "file-not-text", "f:1:4"),
        (b"a: 1\nb: caf\xe9\n", "file-not-text", "f:2:7"),
        ("a: 1\n".encode("utf-16"), "file-not-text", "f:1:1"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "file-not-text", "f:1:1"),
        (b"a: 1\n" * MAX_BYTES, "file-too-large", "f:1:1"),
    ],
    ids=["latin", "latin later", "utf-16", "binary", "large"],
)
def test_bytes_that_are_no_small_text_are_refused(content: bytes, code: str, place: str) -> None:
    assert refusal(read_bytes("f", content)) == (code, place)


@pytest.mark.parametrize(
    "key",
    ["sk_live_51Habcdefgh", "sk_test_51Habcdefgh", "rk_live_51Habcdefgh", "whsec_0123456789abcdef"],
)
@pytest.mark.parametrize(
    "text", ["a: {key}\n", "a: 1  # {key}\n", 'a: "{key}\n', "{key}: 1\n", "a: [*{key}]\n"]
)
def test_a_secret_is_reported_and_never_repeated(text: str, key: str) -> None:
    document = read_text("f", text.replace("{key}", key))
    assert "secret-in-file" in [diagnostic.code for diagnostic in document.diagnostics]
    assert key not in repr(document)
    assert key[8:] not in repr(document)


def test_a_word_about_keys_is_no_secret() -> None:
    assert read_text("f", "a: sk_live_… or task_live_12345678 or sk_test\n").diagnostics == ()


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    document = read_text("f", text)
    assert document.top is not None or document.diagnostics


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(content: bytes) -> None:
    document = read_bytes("f", content)
    assert document.top is not None or document.diagnostics


@pytest.mark.parametrize(
    ("line", "code"),
    [("      sk_test_{0:07d}abcdefgh: x\n", "secret-in-file"), ("      same: x\n", "duplicate-key")],
)
def test_a_file_of_nothing_but_problems_is_told_shortly(line: str, code: str) -> None:
    head = "stripectl: 1\nmodel: m\nproducts:\n  p:\n    name: P\n    metadata:\n"
    document = read_text("m.yaml", head + "".join(line.format(number) for number in range(20_000)))
    codes = [each.code for each in document.diagnostics]
    assert codes == [code] * 500 + ["too-many-problems"]
    assert [each.source.line for each in document.diagnostics[:3] if each.source] in ([7, 8, 9], [8, 9, 10])


def test_several_keys_in_one_line_have_their_own_columns() -> None:
    document = read_text("m.yaml", f"a: 1\nb: sk_test_{'a' * 12} sk_live_{'b' * 12}\nc: whsec_{'c' * 12}\n")
    assert [str(each.source) for each in document.diagnostics] == ["m.yaml:2:4", "m.yaml:2:25", "m.yaml:3:4"]
