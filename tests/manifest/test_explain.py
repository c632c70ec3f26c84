"""What does not fit the schema is said in a reader's words, at its place, with a way out."""

from __future__ import annotations

import pytest

from stripectl.diagnostics import Diagnostic
from stripectl.manifest.load import load_texts

HEAD = "stripectl: 1\nmodel: m\n"


def only(text: str) -> Diagnostic:
    (diagnostic,) = load_texts("c", {"f.yaml": HEAD + text}).diagnostics
    return diagnostic


def price(fields: str) -> str:
    return f"products: {{p: {{name: P, prices: {{x: {{{fields}}}}}}}}}\n"


BEFORE = 37
"""Columns before the fields of the price."""

CASES = [
    # fields of a price, code, column among them, detail, hint
    ("amont: {eur: 5}", "unknown-field", 1, "`amont` is not a field of `x`.", "did you mean amount?"),
    ("amount: {eur: 1e3}", "money-format", 15, "`1e3` does not.", "write 1000"),
    ("amount: {eur: '1,000.50'}", "money-format", 15, "`1,000.50` does not.", "write 1000.50"),
    ("amount: {eur: 5 €}", "money-format", 15, "`5 €` does not.", "write 5"),
    ("amount: {eur: 0x10}", "money-format", 15, "`0x10` does not.", "for example 8.99"),
    ("amount: {eur: .inf}", "money-format", 15, "`.inf` does not.", "for example 8.99"),
    ("amount: {eur: .nan}", "money-format", 15, "`.nan` does not.", "for example 8.99"),
    ("amount: {eur: 1e999999999}", "money-format", 15, "`1e999999999` does not.", "for example 8.99"),
    ("amount: {eur: true}", "wrong-type", 15, "takes a number, and here stands true.", "for example 8.99"),
    ("amount: {EUR: 5}", "currency-format", 10, "`EUR` does not.", "write eur"),
    ("amount: {euro: 5}", "currency-format", 10, "`euro` does not.", "for example eur"),
    ("amount: 5", "wrong-type", 9, "`amount` takes a mapping, and here stands the number 5.", ""),
    ("amount: {}", "empty-value", 1, "`amount` needs something in it.", ""),
    ("amount: ~", "wrong-type", 9, "here stands nothing.", "write a value, or remove the field"),
    ("amount: {eur: 5}, every: mounth", "wrong-shape", 26, 'the text "mounth"', "did you mean month?"),
    ("amount: {eur: 5}, every: {month: 3}", "unknown-field", 27, "`month`", "did you mean months?"),
    ("amount: {eur: 5}, every: {months: 0}", "value-range", 35, "`months` has to be at least 1", ""),
    ("amount: {eur: 5}, every: {months: 1, days: 1}", "too-much", 19, "takes at most 1, and has 2.", ""),
    ("amount: {eur: 5}, active: yes", "wrong-type", 27, 'the text "yes"', "write true"),
    ("amount: {eur: 5}, active: Off", "wrong-type", 27, 'the text "Off"', "write true or false"),
    ("amount: {eur: 5}, nickname: 5", "wrong-type", 29, "the number 5", 'put quotes around it: "5"'),
    ("amount: {eur: 5}, nickname: ''", "empty-value", 29, "`nickname` needs something in it.", ""),
    ("amount: {eur: 5}, trial_days: '7'", "wrong-type", 31, 'the text "7"', "remove the quotes"),
    ("amount: {eur: 5}, trial_days: 7.5", "wrong-type", 31, "takes a whole number", "for example 14"),
    ("amount: {eur: 5}, metadata: {a: 1}", "wrong-type", 33, "`a` takes a text", 'put quotes around it: "1"'),
    ("amount: {eur: 5}, charge: graduate", "unknown-value", 27, '"graduate"', "did you mean graduated?"),
    ("amount: {eur: 5}, ignore: url", "wrong-type", 27, "takes a list", "write a list: [url]"),
    ("amount: {eur: 5}, ignore: [a, a]", "duplicate-entry", 31, 'already holds the text "a"', ""),
    ("amount: {eur: 5}, meter: API", "id-format", 26, "`API` does not.", "write api"),
    ("charge: per_unit, included: ten", "wrong-shape", 29, 'the text "ten"', "for example 10000"),
    ("charge: per_unit, included: {rollover: true}", "missing-field", 19, "`quantity`", "add quantity: 1000"),
    ("charge: volume, tiers: [{up_to: x, flat: {eur: 5}}]", "wrong-shape", 33, 'text "x"', "for example inf"),
    ("charge: volume, tiers: []", "empty-value", 17, "`tiers` needs something in it.", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code", "column", "detail", "hint"), CASES, ids=[each[0] for each in CASES]
)
def test_a_price_that_does_not_fit(fields: str, code: str, column: int, detail: str, hint: str) -> None:
    diagnostic = only(price(fields))
    assert (diagnostic.code, str(diagnostic.source)) == (code, f"f.yaml:3:{BEFORE + column}")
    assert diagnostic.address == "price.p.x"
    assert detail in diagnostic.detail
    assert diagnostic.hint == hint if hint else diagnostic.hint


@pytest.mark.parametrize(
    ("text", "code", "place", "path"),
    [
        ("title: 5\n", "wrong-type", "f.yaml:3:8", "title"),
        ("produts: {}\n", "unknown-field", "f.yaml:3:1", "produts"),
        ("products: []\n", "wrong-type", "f.yaml:3:1", "products"),
        ("products: {p: }\n", "wrong-type", "f.yaml:3:15", "products.p"),
        ("products: {P: {name: P}}\n", "id-format", "f.yaml:3:12", "products.P"),
        ("products: {p: {name: P, prices: {X y: {amount: {eur: 1}}}}}\n", "id-format", "f.yaml:3:34",
         "products.p.prices.X y"),
        ("features: {f: {}}\n", "missing-field", "f.yaml:3:12", "features.f"),
        ("discounts: {d: {percent_off: 120}}\n", "value-range", "f.yaml:3:30", "discounts.d.percent_off"),
        ("discounts: {d: {percent_off: 0}}\n", "value-range", "f.yaml:3:30", "discounts.d.percent_off"),
        ("discounts: {d: {percent_off: 20%}}\n", "wrong-type", "f.yaml:3:30", "discounts.d.percent_off"),
        ("discounts: {d: {percent_off: 5, redeem_by: 2027-02-30}}\n", "date-format", "f.yaml:3:44",
         "discounts.d.redeem_by"),
        ("discounts: {d: {percent_off: 5, redeem_by: 31.1.2027}}\n", "date-format", "f.yaml:3:44",
         "discounts.d.redeem_by"),
        ("discounts: {d: {percent_off: 5, duration: {years: 1}}}\n", "unknown-field", "f.yaml:3:44",
         "discounts.d.duration.years"),
        ("discounts: {d: {percent_off: 5, codes: {A B: {}}}}\n", "code-format", "f.yaml:3:41",
         "discounts.d.codes.A B"),
        ("offers: {o: {prices: [p]}}\n", "reference-format", "f.yaml:3:23", "offers.o.prices[0]"),
        ("offers: {o: {prices: []}}\n", "empty-value", "f.yaml:3:14", "offers.o.prices"),
        ("accept: [{address: p, code: c, reason: r}]\n", "address-format", "f.yaml:3:20",
         "accept[0].address"),
        ("removed: [{address: price.p}]\n", "address-format", "f.yaml:3:21", "removed[0].address"),
        ("products: {p: {name: P, url: example.com}}\n", "text-format", "f.yaml:3:30", "products.p.url"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_path(text: str, code: str, place: str, path: str) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, str(diagnostic.source), diagnostic.path) == (code, place, path)
    assert diagnostic.hint


def test_another_version_of_the_format_is_refused() -> None:
    (diagnostic,) = load_texts("c", {"f.yaml": "stripectl: 2\nmodel: m\n"}).diagnostics
    assert (diagnostic.code, str(diagnostic.source)) == ("format-version", "f.yaml:1:12")


def test_a_file_without_its_head_says_what_is_missing() -> None:
    diagnostics = load_texts("c", {"f.yaml": "title: T\n"}).diagnostics
    assert [(each.code, each.hint) for each in diagnostics] == [
        ("missing-field", "add model: team"),
        ("missing-field", "add stripectl: 1"),
    ]


def test_the_summary_never_repeats_what_the_user_wrote() -> None:
    for fields, *_ in CASES:
        summary = only(price(fields)).summary
        assert not any(word in summary for word in ("eur", "EUR", "mounth", "amont", "graduate", "API"))


def test_one_broken_price_among_thousands_is_explained_alone() -> None:
    sound = "".join(f"      x{n}: {{amount: {{eur: {n}}}}}\n" for n in range(3000))
    text = f"products:\n  p:\n    name: P\n    prices:\n{sound}      broken: {{amount: 5}}\n"
    assert str(only(text).source) == "f.yaml:3007:24"
