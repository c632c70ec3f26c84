"""All problems of a catalog come in one run: none hides another, and none brings another along."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stripectl.cli.project import find_project
from stripectl.cli.wiring import Reading, read
from stripectl.engine.policy import Policy

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 28)


class Plant(NamedTuple):
    """One problem: its code, the section that it is declared in, and the declaration."""

    code: str
    section: str
    text: str
    severity: str = "error"

    @property
    def id(self) -> str:
        return f"{self.code}:{self.section}"


def price(code: str, fields: str, severity: str = "error") -> Plant:
    return Plant(code, "products", f"x-{code}: {{name: X, prices: {{x: {{{fields}}}}}}}", severity)


def product(code: str, fields: str, severity: str = "error") -> Plant:
    return Plant(code, "products", f"y-{code}: {{name: Y, {fields}}}", severity)


def discount(code: str, fields: str, severity: str = "error") -> Plant:
    return Plant(code, "discounts", f"d-{code}: {{{fields}}}", severity)


def offer(code: str, fields: str, severity: str = "error") -> Plant:
    return Plant(code, "offers", f"o-{code}: {{{fields}}}", severity)


def sold(code: str, fields: str) -> Plant:
    return Plant(code, "configurations", f"k-{code}: {{customer: c, offer: sound, prices: {{{fields}}}}}")


def profile(code: str, fields: str) -> Plant:
    return Plant(code, "profiles", f"r-{code}: {{{fields}}}")


BASE = {
    "products": """\
sound:
    name: Sound
    prices:
      month: {amount: {eur: 9}, every: month}
      year: {amount: {eur: 90}, every: year}
      both: {amount: {usd: 9, eur: 9}, every: month}
      once: {amount: {eur: 9}}
      used: {charge: per_unit, meter: calls, amount: {eur: 0.01}, every: month}
      tiers: {charge: volume, every: month, tiers: [{up_to: inf, amount: {eur: 1}}]}
      gone: {amount: {eur: 9}, every: month, active: false}
""" + "".join(f"      n{n}: {{amount: {{eur: 1}}, every: month}}\n" for n in range(21))
    + "  over: {name: Over, active: false, prices: {month: {amount: {eur: 1}, every: month}}}",
    "meters": "calls: {name: Calls, event: calls, aggregation: sum}",
    "features": "sso: {name: Single sign-on}",
    "discounts": "sound: {percent_off: 5, codes: {SOUND_1: {}}}",
    "offers": "sound: {prices: [sound.month, sound.used, sound.tiers]}",
}  # fmt: skip

WARNING = "warning"
MONTHLY = "amount: {eur: 9}, every: month"

PLANTS = (
    product("two-ids", "id: prod_1, new_id: pro"),
    product("package-dimensions", "package_dimensions: {height: 1.005, length: 1, weight: 1, width: 1}"),
    price("tax-currency", "amount: {eur: 9}, every: month, tax_behavior: {usd: exclusive}"),
    # The form of a manifest
    Plant("missing-field", "products", "x-missing-field: {}"),
    product("unknown-field", "colour: red"),
    product("wrong-type", "description: 5"),
    price("wrong-shape", "amount: {eur: 9}, every: fortnight"),
    price("unknown-value", f"{MONTHLY}, charge: flatt"),
    price("value-range", f"{MONTHLY}, trial_days: -1"),
    price("empty-value", "amount: {}"),
    price("too-much", "amount: {eur: 9}, every: {months: 1, days: 1}"),
    product("duplicate-entry", "features: [sso, sso]"),
    Plant("id-format", "products", "X: {name: X}"),
    # An offer that cannot be read could be the one that asks for a commitment.
    profile("reference-format", "prices: [sound]"),
    price("currency-format", "amount: {EUR: 9}"),
    price("money-format", "amount: {eur: 1e3}"),
    discount("date-format", "percent_off: 5, redeem_by: 2027-02-30"),
    discount("code-format", "percent_off: 5, codes: {A B: {}}"),
    product("text-format", "url: acme.example"),
    Plant("address-format", "removed", "- {address: price.p}"),
    # Names and references
    product("unknown-reference", "features: [nowhere]"),
    product("invisible-text", 'description: "a\\u202eb"', WARNING),
    Plant("duplicate-event", "meters", "second: {name: Second, event: calls, aggregation: sum}"),
    discount("duplicate-code", "percent_off: 5, codes: {sound_1: {}}"),
    product("inactive-default", f"default_price: x, prices: {{x: {{{MONTHLY}, active: false}}}}"),
    product("ignore-unknown", "ignore: [colour]"),
    # Prices
    price("charge-incomplete", "charge: volume, every: month"),
    price("unfit-field", f"{MONTHLY}, package: {{size: 5}}"),
    price(
        "tier-order",
        "charge: volume, every: month, tiers: [{up_to: 5, amount: {eur: 1}}, {up_to: 4, amount: {eur: 1}},"
        " {up_to: inf, amount: {eur: 1}}]",
    ),
    price(
        "tier-unbounded",
        "charge: volume, every: month,"
        " tiers: [{up_to: inf, amount: {eur: 1}}, {up_to: inf, amount: {eur: 1}}]",
    ),
    price("tier-bounded", "charge: volume, every: month, tiers: [{up_to: 5, amount: {eur: 1}}]"),
    price("tier-empty", "charge: volume, every: month, tiers: [{up_to: 5}, {up_to: inf, amount: {eur: 1}}]"),
    price("currency-mismatch", "charge: custom, custom: {minimum: {eur: 5, usd: 5}, maximum: {eur: 9}}"),
    price("base-currency", "charge: custom, custom: {minimum: {eur: 5, usd: 5}, maximum: {usd: 9, eur: 9}}"),
    price("unknown-currency", "amount: {xyz: 12345678901}"),
    price("negative-amount", "charge: custom, custom: {minimum: {eur: -1}}"),
    price("money-precision", "charge: custom, custom: {minimum: {eur: 5.005}}"),
    price("money-fraction", "amount: {ugx: 20000.5}"),
    price("money-range", "amount: {usd: 1000000000000000}"),
    price("included-without-meter", f"charge: per_unit, included: 5, {MONTHLY}"),
    price("metered-one-time", "charge: per_unit, meter: calls, included: 5, amount: {eur: 1}"),
    price("custom-recurring", "charge: custom, custom: {minimum: {eur: 5}}, every: month"),
    price("custom-bounds", "charge: custom, custom: {minimum: {eur: 5}, maximum: {eur: 1}}"),
    price("trial-one-time", "amount: {eur: 9}, trial_days: 5"),
    # Discounts and codes
    discount("discount-value", "percent_off: 5, amount_off: {eur: 5}"),
    discount("discount-nothing", "amount_off: {eur: 0}"),
    discount(
        "ladder-order",
        "combine: replace,"
        " ladder: [{after: {months: 1}, percent_off: 5}, {after: {weeks: 1}, percent_off: 9}]",
    ),
    discount(
        "ladder-sum",
        "combine: add, ladder: [{after: {weeks: 1}, percent_off: 60}, {after: {months: 1}, percent_off: 60}]",
    ),
    discount(
        "ladder-combination",
        "ladder: [{after: {weeks: 1}, percent_off: 60}, {after: {months: 1}, percent_off: 60}]",
        WARNING,
    ),
    discount("combine-without-ladder", "percent_off: 5, combine: add"),
    discount("code-exceeds-discount", "percent_off: 5, max_redemptions: 5, codes: {M: {max_redemptions: 6}}"),
    discount(
        "code-outlives-discount", "percent_off: 5, redeem_by: 2027-01-01, codes: {O: {expires: 2027-01-02}}"
    ),
    discount(
        "code-base-currency", "amount_off: {eur: 5, usd: 5}, codes: {B: {minimum_amount: {usd: 9, eur: 9}}}"
    ),
    # Offers, commitments, configurations, profiles
    offer("offer-base-currency", "prices: [sound.month, sound.both]"),
    offer("offer-intervals", "prices: [sound.month, sound.year]", WARNING),
    offer("offer-inactive-price", "prices: [sound.gone]"),
    offer("offer-inactive-product", "prices: [over.month]"),
    offer("setup-recurs", "prices: [sound.month], setup: [sound.used]"),
    Plant("commitment-fields", "commitments", "f: {type: prepayment, amount: {eur: 5}, every: month}"),
    Plant("unused-commitment", "commitments", "u: {type: term, duration: {months: 5}}"),
    sold("override-not-in-offer", "sound.year: {amount: {eur: 5}}"),
    sold("override-currency", "sound.month: {amount: {usd: 5}}"),
    sold("override-charge", "sound.tiers: {amount: {eur: 5}}"),
    profile("profile-quantity", "prices: [sound.used], quantities: {sound.used: 5}"),
    profile("profile-usage", "prices: [sound.month], usage: {calls: 5}"),
    profile("profile-currency", "prices: [sound.month], currencies: [usd]"),
    # Accepted, moved, removed
    Plant("accept-unused", "accept", "- {address: product.sound, code: x-y, reason: r}", WARNING),
    Plant("move-clash", "moved", "- {from: product.old, to: product.nowhere}"),
    Plant("removal-clash", "removed", "- {address: product.sound}"),
    # Stripe's limits
    Plant("text-too-long", "products", f"long: {{name: {'x' * 5001}}}"),
    Plant("blanks-around", "products", 'wide: {name: " Wide "}', WARNING),
    Plant("blank-name", "products", 'blank: {name: "  "}'),
    product("too-many-items", f"marketing_features: [{', '.join(f'F{n}' for n in range(16))}]"),
    product("id-leads-elsewhere", 'id: ".."'),
    product("statement-descriptor", 'statement_descriptor: "1234"'),
    price("interval-too-long", "amount: {eur: 9}, every: {months: 37}"),
    discount("percent-off", "percent_off: 33.333"),
    price("tiers-one-time", "charge: graduated, tiers: [{up_to: inf, amount: {eur: 1}}]"),
    offer("offer-items", f"prices: [{', '.join(f'sound.n{n}' for n in range(21))}]"),
    discount("date-past", "percent_off: 5, redeem_by: 2024-01-01", WARNING),
    discount("date-too-far", "percent_off: 5, redeem_by: 2040-01-01", WARNING),
    price("amount-digits", "amount: {usd: 12345678.90}", WARNING),
    price("charge-minimum", "charge: custom, custom: {minimum: {usd: 0.10}}", WARNING),
    price("currency-support", "amount: {irr: 5}", WARNING),
    price("three-decimal-amount", "amount: {kwd: 1.001}"),
    product("metadata-key", 'metadata: {"a[b]": v}'),
    product("metadata-value", 'metadata: {k: ""}'),
    product("metadata-reserved", "metadata: {stripectl_x: v}"),
    product("metadata-full", f"metadata: {{{', '.join(f'k{n}: v' for n in range(48))}}}"),
    Plant("binding-key", "offers", "an-offer-with-a-long-name: {prices: [sound.month]}"),
    Plant(
        "binding-value", "configurations", f"long: {{customer: {'c' * 500}, offer: sound}}"
    ),
    Plant(
        "lookup-key-clash", "features", "clash: {name: Clash, lookup_key: sso}"
    ),
    discount("ladder-adopts", "id: OLD, ladder: [{after: {weeks: 1}, percent_off: 60}]"),
)  # fmt: skip

FORM = "The form of a manifest"

READS = {
    "duplicate-code": ("active",),
    "unfit-field": ("charge",),
    "charge-incomplete": ("tiers",),
    "currency-mismatch": ("amount", "tiers"),
    "base-currency": ("amount", "tiers"),
    "metered-one-time": ("every",),
    "trial-one-time": ("every",),
    "tiers-one-time": ("every", "meter"),
    "three-decimal-amount": ("meter",),
    "discount-value": ("ladder",),
    "ladder-combination": ("combine",),
    "binding-value": ("prices",),
    "profile-quantity": ("offer",),
    "profile-usage": ("offer",),
    "profile-currency": ("offer",),
}
"""Fields whose values decide whether there is a problem at all, besides those that its plant writes."""

ELSEWHERE = {
    "too-many-problems": "hides the rest of its file",
    "format-version": "is about the whole file",
    "duplicate-id": "needs two files",
    "duplicate-accept": "needs a loss",
    "catalog-name": "is about the folder",
    "currency-policy": "needs a policy",
    "percent-range": "is caught by the schema as value-range",
    "offer-empty": "is caught by the schema as empty-value",
    "profile-empty": "is caught by the schema",
    "code-characters": "is caught by the schema as code-format",
    "tax-code": "is caught by the schema as text-format",
    "web-address": "is caught by the schema as text-format",
}
"""Codes of the documented sections that are not planted here, and why."""

SECTIONS = (
    FORM,
    "Names and references",
    "Prices",
    "Discounts and codes",
    "Offers, commitments, configurations",
    "Accepted, moved, removed",
    "Stripe's limits",
)


@cache
def codes_of(section: str) -> frozenset[str]:
    """Codes that the page of diagnostics lists in a section."""
    page = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    part = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return frozenset(re.findall(r"^\| `([a-z-]+)` \|", part, re.M))


def test_every_documented_problem_of_a_manifest_is_planted() -> None:
    documented = {code for each in SECTIONS for code in codes_of(each)}
    assert documented - {each.code for each in PLANTS} - ELSEWHERE.keys() == set()


def manifest(plants: Iterable[Plant]) -> str:
    sections = {name: [text] for name, text in BASE.items()}
    for each in plants:
        sections.setdefault(each.section, []).append(each.text)
    return "stripectl: 1\nmodel: m\n" + "".join(
        f"{name}:\n" + "".join(f"  {text}\n" for text in texts) for name, texts in sections.items()
    )


def reading(*files: str) -> Reading:
    with TemporaryDirectory() as folder:
        catalog = Path(folder, "catalogs", "main")
        catalog.mkdir(parents=True)
        for number, text in enumerate(files):
            (catalog / f"{number}.yaml").write_text(text, encoding="utf-8")
        return read(find_project(Path(folder)), "main", Policy(), TODAY)


def codes(found: Reading) -> Counter[tuple[str, str]]:
    return Counter((each.code, each.severity.value) for each in found.diagnostics)


def expected(plants: Iterable[Plant]) -> Counter[tuple[str, str]]:
    return Counter((each.code, each.severity) for each in plants)


@pytest.mark.parametrize("plant", PLANTS, ids=[each.id for each in PLANTS])
def test_a_problem_is_said_once(plant: Plant) -> None:
    assert codes(reading(manifest([plant]))) == expected([plant])


def test_one_problem_of_each_sort_is_said_in_one_run() -> None:
    assert codes(reading(manifest(PLANTS))) == expected(PLANTS)


@given(st.sets(st.sampled_from(PLANTS)))
def test_no_problem_hides_another_or_brings_one_along(plants: set[Plant]) -> None:
    found = reading(manifest(sorted(plants)))
    assert codes(found) == expected(plants)
    assert all(each.source for each in found.diagnostics)


def test_a_file_that_cannot_be_read_hides_no_limit_in_another() -> None:
    limits = [each for each in PLANTS if each.code in ("interval-too-long", "percent-off", "date-past")]
    found = codes(reading(manifest(limits), "features: [\n"))
    assert found == expected(limits) + Counter({("yaml-syntax", "error"): 1})


KINDS = {
    "prices: {x: {": "price",
    "codes: {": "code",
    "products": "product",
    "meters": "meter",
    "features": "feature",
    "discounts": "discount",
    "commitments": "commitment",
    "offers": "offer",
    "configurations": "configuration",
    "profiles": "profile",
}
"""What a declaration holds, or the section that it stands in -> the kind of the artifact to break."""

SCHEMA = json.loads((ROOT / "schemas/manifest.schema.json").read_text(encoding="utf-8"))["definitions"]
FIELDS = ["colour", *sorted({field for kind in KINDS.values() for field in SCHEMA[kind]["properties"]})]
"""Every field of an artifact, and one that none has."""


def malformed(kind: str, field: str) -> str:
    """The field with a value that it cannot have, whatever it is."""
    is_list = SCHEMA[kind]["properties"].get(field, {}).get("type") == "array"
    return f"{field}: {'5' if is_list else '[[5]]'}"


def broken(plant: Plant, mark: str, fault: str) -> Plant:
    """The plant with a fault in the artifact that the mark opens, or the outermost one."""
    before, opened, after = plant.text.partition(mark if mark.endswith("{") else "{")
    if mark == "codes: {":
        word, inner, rest = after.partition("{")
        opened, after = f"{opened}{word}{inner}", rest
    return plant._replace(text=f"{before}{opened}{fault}, {after}")


def breakable(field: str) -> list[tuple[Plant, Plant]]:
    """Plants without and with the field malformed in one of their artifacts."""
    sound = [each for each in PLANTS if each.code not in codes_of(FORM)]
    return [
        (plant, broken(plant, mark, malformed(kind, field)))
        for plant in sound
        for mark, kind in KINDS.items()
        if mark == plant.section or mark in re.findall(r"(?<!\w)\w+: {(?:x: {)?", plant.text)
        if field in (*SCHEMA[kind]["properties"], "colour") and f"{field}:" not in plant.text
        if field not in READS.get(plant.code, ())
    ]


@pytest.mark.parametrize("field", FIELDS)
def test_a_malformed_field_hides_nothing_of_its_artifact_and_brings_nothing_along(field: str) -> None:
    pairs = breakable(field)
    while pairs:
        # One artifact can be declared once in a run.
        now = {plant.text: (plant, faulty) for plant, faulty in reversed(pairs)}
        pairs = [each for each in pairs if each not in now.values()]
        found = reading(manifest(faulty for _, faulty in now.values())).diagnostics
        form = codes_of(FORM)
        told = Counter((each.code, each.severity.value) for each in found if each.code not in form)
        assert told == expected(plant for plant, _ in now.values())
        assert sum(each.code in form for each in found) == len(now)


def test_every_problem_of_an_artifact_is_told_beside_a_malformed_field() -> None:
    beside = {plant.code for field in FIELDS for plant, _ in breakable(field)}
    artifacts = {each.code for each in PLANTS if each.section in KINDS}
    assert artifacts - beside == codes_of(FORM) & artifacts


CONNECTED = """\
stripectl: 1
model: m
products:
  a:
    name: A
    features: [f]
    default_price: month
    prices:
      month: {charge: per_unit, meter: calls, included: 5, amount: {eur: 1, usd: 1}, every: month}
      tiers:
        charge: volume
        every: month
        tiers: [{up_to: 5, amount: {eur: 1, usd: 1}}, {up_to: inf, flat: {eur: 1, usd: 1}}]
      tip: {charge: custom, custom: {minimum: {chf: 5}, preset: {chf: 7}}}
meters: {calls: {name: Calls, event: calls, aggregation: sum}}
features: {f: {name: F}}
discounts:
  d:
    amount_off: {eur: 5}
    duration: {weeks: 2}
    products: [a]
    codes: {D: {minimum_amount: {eur: 9}, expires: 2027-01-02}}
  l: {combine: add, ladder: [{after: {weeks: 1}, percent_off: 5}, {after: {weeks: 2}, percent_off: 9}]}
commitments: {c: {type: term, duration: {months: 5}}}
offers: {o: {prices: [a.month, a.tiers], discounts: [d], commitment: c, trial_days: 5}}
configurations: {k: {customer: c, offer: o, prices: {a.month: {amount: {eur: 2}}}}}
profiles: {p: {offer: o, quantities: {a.tiers: 5}, usage: {calls: 5}, currencies: [usd]}}
accept: [{address: discount.d, code: discount-duration, reason: r}]
"""


def scalars(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of everything inside the value that a person may mistype."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from scalars(each, (*path, key))


def mistyped(path: tuple[str | int, ...], *, key: bool) -> str:
    document = yaml.safe_load(CONNECTED.replace("2027-01-02", "'2027-01-02'"))
    owner = document
    for part in path[:-1]:
        owner = owner[part]
    if key:
        entries = list(owner.items())
        owner.clear()
        owner.update((f"{name}_" if name == path[-1] else name, each) for name, each in entries)
    else:
        owner[path[-1]] = [[5]] if not isinstance(owner[path[-1]], list) else 5
    return yaml.safe_dump(document, sort_keys=False)


PATHS = tuple(scalars(yaml.safe_load(CONNECTED)))


@pytest.mark.parametrize("top", dict.fromkeys(path[0] for path in PATHS if len(path) > 1))
@pytest.mark.parametrize("key", [False, True], ids=["value", "name"])
def test_what_is_mistyped_anywhere_is_all_that_is_told(top: str, *, key: bool) -> None:
    assert reading(CONNECTED).diagnostics == ()
    for path in PATHS:
        if path[0] == top and not (key and isinstance(path[-1], int)):
            found = {each.code for each in reading(mistyped(path, key=key)).diagnostics}
            assert found <= codes_of(FORM), path


def test_a_malformed_field_hides_no_loss_of_its_artifact() -> None:
    text = CONNECTED.partition("accept:")[0]
    found = reading(text.replace("    duration:", "    name: 5\n    duration:"))
    assert [each.code for each in found.diagnostics] == ["wrong-type"]
    assert sorted((each.code, each.address) for each in found.forbidden) == [
        ("unsupported", "code.d.D"),
        ("unsupported", "discount.d"),
    ]
