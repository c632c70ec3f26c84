"""The schema files are sound, say what each field means, agree with the model and with the quick check."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from stripectl.cli.commands.starting import SCHEMAS
from stripectl.manifest.config import Environment, PolicyChange
from stripectl.manifest.schemas import conforms, is_date, schema, whole
from stripectl.manifest.values import Table
from stripectl.manifest.yaml_source import read_text
from stripectl.pricing import model

NAMES = ["manifest", "config"]

SAMPLE = """
stripectl: 1
model: team
title: Team
products:
  scope:
    name: Scope
    features: [sso]
    default_price: monthly
    metadata: {team: growth}
    package_dimensions: {height: 2, length: 8.5, width: 6, weight: 12.25}
    prices:
      monthly: {amount: {eur: 8.99, usd: "9.99"}, every: month, tax_behavior: inclusive}
      taxed: {amount: {eur: 8, usd: 9}, tax_behavior: {usd: exclusive}, every: month, legacy_trial_days: 14}
      calls: {charge: per_unit, meter: calls, included: 100, amount: {eur: 0.0004}, every: {months: 3}}
      disk:
        charge: graduated
        tiers: [{up_to: 10, amount: {eur: 0}, flat: {eur: 5}}, {up_to: inf, amount: {eur: 1}}]
      tip: {charge: custom, custom: {minimum: {eur: 1}}}
      packs:
        {charge: package, package: {size: 5, round: down}, amount: {eur: 1}, protect: true, ignore: [url]}
      pooled: {charge: per_unit, meter: calls, included: {quantity: 5, pooled: true}, every: month}
meters: {calls: {name: Calls, event: calls, aggregation: sum, window: day}}
features: {sso: {name: Single sign-on}}
discounts:
  launch: {percent_off: 20, duration: {months: 3}, redeem_by: 2027-01-31, codes: {GO: {customer: cus_1}}}
  loyal: {ladder: [{after: {weeks: 1}, percent_off: 12.5}], combine: add}
commitments: {annual: {type: term, duration: {years: 1}}}
offers: {team: {prices: [scope.monthly], setup: [], trial_days: 14, discounts: [launch], commitment: annual}}
configurations: {acme: {customer: "crm:1", offer: team, prices: {scope.monthly: {amount: {eur: 4}}}}}
accept: [{address: offer.team, code: offer-as-metadata, reason: fine}]
moved: [{from: price.scope.month, to: price.scope.monthly}]
removed: [{address: product.old, keep: true}]
"""


def fields(node: object, path: str = "#") -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every schema that a reader meets as a field, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                for name, field in value.items():
                    yield f"{path}/{name}", field
            if key not in ("examples", "default"):
                yield from fields(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from fields(item, f"{path}/{index}")


def reference_validator(name: str) -> Draft7Validator:
    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or is_date(value))
    return Draft7Validator(dict(schema(name)), format_checker=formats)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_valid_draft_07(name: str) -> None:
    assert schema(name)["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(dict(schema(name)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_printed_schema_needs_no_other_file_and_says_what_each_field_means(name: str) -> None:
    printed = whole(name)
    Draft7Validator.check_schema(dict(printed))
    text = json.dumps(printed)
    assert set(re.findall(r'"\$ref": "(urn:[^"#]+)', text)) <= set(re.findall(r'"\$id": "([^"]+)"', text))
    assert [
        path for path, field in fields(printed) if not (field.get("title") and field.get("description"))
    ] == []


def test_every_schema_file_can_be_printed() -> None:
    folder = Path(__file__).parents[2] / "schemas"
    assert {path.name.partition(".")[0] for path in folder.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_a_title_a_description_and_examples(name: str) -> None:
    lacking = [
        (path, word)
        for path, field in fields(schema(name))
        for word in ("title", "description", "examples")
        if not field.get(word)
    ]
    assert lacking == []


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_has_a_title_a_description_and_examples(name: str) -> None:
    definitions = schema(name)["definitions"]
    assert isinstance(definitions, dict)
    lacking = [
        (key, word)
        for key, definition in definitions.items()
        for word in ("title", "description", "examples")
        if not definition.get(word)
    ]
    assert lacking == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_and_defaults_of_fields_conform_to_their_own_schema(name: str) -> None:
    root = dict(schema(name))
    for path, field in fields(root):
        validator = Draft7Validator({**field, "definitions": root["definitions"]})
        assert isinstance(field["examples"], list)
        for example in field["examples"] + ([field["default"]] if "default" in field else []):
            assert validator.is_valid(example), (path, example)


@pytest.mark.parametrize("name", NAMES)
def test_mappings_with_fixed_fields_refuse_others(name: str) -> None:
    root = schema(name)

    def objects(node: object) -> Iterator[Mapping[str, object]]:
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict) and "type" in node:
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for item in node:
                yield from objects(item)

    assert [
        node.get("title") for node in objects(root) if node.get("additionalProperties") is not False
    ] == []


def properties(name: str, definition: str) -> set[str]:
    definitions = schema(name)["definitions"]
    assert isinstance(definitions, dict)
    return set(definitions[definition]["properties"])


LIFECYCLE = {field.name for field in dataclasses.fields(model.Lifecycle)}
INSIDE = {"sources", "lifecycle"}
"""Fields that carry what the manifest says elsewhere."""


@pytest.mark.parametrize(
    ("definition", "artifact", "named_by_key", "declared_inside"),
    [
        ("product", model.Product, {"id"}, {"prices"}),
        ("price", model.Price, {"id", "product"}, set()),
        ("meter", model.Meter, {"id"}, set()),
        ("feature", model.Feature, {"id"}, set()),
        ("discount", model.Discount, {"id"}, set()),
        ("code", model.Code, {"code", "discount"}, set()),
        ("commitment", model.Commitment, {"id"}, set()),
        ("offer", model.Offer, {"id"}, set()),
        ("configuration", model.Configuration, {"id"}, set()),
        ("override", model.Override, {"price"}, set()),
        ("tier", model.Tier, set(), set()),
        ("rung", model.Rung, set(), set()),
    ],
)
def test_the_schema_has_exactly_the_fields_of_the_model(
    definition: str, artifact: type, named_by_key: set[str], declared_inside: set[str]
) -> None:
    modelled = {field.name for field in dataclasses.fields(artifact)}
    expected = (modelled - named_by_key - INSIDE) | declared_inside
    if "lifecycle" in modelled:
        expected |= LIFECYCLE
    assert properties("manifest", definition) == expected


def test_the_config_schema_has_exactly_the_fields_of_an_environment_and_a_policy() -> None:
    assert properties("config", "environment") == {f.name for f in dataclasses.fields(Environment)} - {
        "name",
        "source",
    }
    assert properties("config", "policy") == {f.name for f in dataclasses.fields(PolicyChange)}


@pytest.mark.parametrize(
    ("definition", "field", "words"),
    [
        ("price", "charge", model.Charge),
        ("meter", "aggregation", model.Aggregation),
        ("meter", "window", model.Window),
        ("discount", "apply", model.Application),
        ("discount", "combine", model.Combination),
        ("commitment", "type", model.CommitmentType),
    ],
)
def test_the_schema_offers_exactly_the_words_of_the_model(
    definition: str, field: str, words: type[model.Charge]
) -> None:
    definitions = schema("manifest")["definitions"]
    assert isinstance(definitions, dict)
    assert definitions[definition]["properties"][field]["enum"] == [word.value for word in words]


def test_the_schema_offers_exactly_the_tax_behaviours_of_the_model() -> None:
    definitions = schema("manifest")["definitions"]
    assert isinstance(definitions, dict)
    assert definitions["tax_word"]["enum"] == [word.value for word in model.TaxBehavior]


def test_a_parcel_has_exactly_the_measures_of_the_model() -> None:
    definitions = schema("manifest")["definitions"]
    assert isinstance(definitions, dict)
    parcel = definitions["product"]["properties"]["package_dimensions"]
    assert list(parcel["properties"]) == [field.name for field in dataclasses.fields(model.Dimensions)]


def test_a_schema_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.schema\.json"):
        schema("nothing")


def sample() -> Table:
    top = read_text("f", SAMPLE).top
    assert top is not None
    return top


def test_the_sample_conforms_by_both_judges() -> None:
    assert conforms("manifest")(sample())
    assert reference_validator("manifest").is_valid(sample())


JUNK: list[object] = [
    None, True, 0, 1, -1, 10**20, Decimal("0.5"), Decimal("5.0"), "", "x", "5", "1e3", "inf", "month", "once",
    "2027-02-30", "a.b", "A", [], ["x", "x"], [1], {}, {"x": 1}, {"months": 3}, {"months": 0}, {"eur": 1},
    {"EUR": 1}, {"quantity": 1}, {"a": "b"},
]  # fmt: skip


def spots(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield from spots(inner, (*path, key))


SPOTS = [path for path in spots(sample()) if path]


@settings(max_examples=400)
@given(st.sampled_from(SPOTS), st.sampled_from(JUNK), st.sampled_from(["replace", "add", "remove"]))
def test_the_quick_check_agrees_with_jsonschema(path: tuple[str | int, ...], junk: object, way: str) -> None:
    document: dict[str, object] = copy.deepcopy(dict(sample()))
    parent: object = document
    for part in path[:-1]:
        parent = parent[part]  # type: ignore[index]
    assert isinstance(parent, (dict, list))
    match way, parent:
        case "replace", _:
            parent[path[-1]] = junk  # type: ignore[index]
        case "remove", _:
            del parent[path[-1]]  # type: ignore[arg-type]
        case _, dict():
            parent["x-other"] = junk
        case _, list():
            parent.append(junk)
    assert conforms("manifest")(document) == reference_validator("manifest").is_valid(document)
