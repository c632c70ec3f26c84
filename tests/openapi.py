"""A transport that holds every request and every answer against Stripe's published description.

The description is not part of the project. Where it is absent, `description()` is None and nothing is
checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import stripe

from tests.references import STRIPE

DESCRIPTION = STRIPE / "catalog-openapi.json"
ABSENT = f"Stripe's description is not at {DESCRIPTION}"

NEWER_IN_THE_SDK: Mapping[tuple[str, str], frozenset[str]] = {
    # The description dates from API 2026-08-26; the SDK, written for 2026-10-28, has these as well.
    ("get", "/v1/products"): frozenset({"type"}),
    ("get", "/v1/subscriptions"): frozenset({"plan"}),
    ("post", "/v1/prices"): frozenset({"recurring.trial_period_days"}),
}
"""Method and path -> parameters, dotted, that the description lacks and the SDK's types have."""

_TEXT: Mapping[str, Any] = {"type": ["string", "null"]}

AMENDED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    # All of these were recorded at API 2026-08-26, but for the length of a product's description: requests
    # are described to take 40,000 characters, answers to hold 5,000.
    "product": {
        "attributes": {"type": "array", "items": {"type": "string"}},
        "tax_details": {
            "type": ["object", "null"],
            "properties": {"performance_location": _TEXT, "tax_code": _TEXT},
            "additionalProperties": False,
        },
        "type": {"enum": ["good", "service"]},
        "description": {**_TEXT, "maxLength": 40_000},
    },
    "recurring": {"trial_period_days": {"type": ["integer", "null"]}},
}
"""Schema -> members of answers that it lacks or bounds too narrowly; any other is held as described."""


class Mismatch(AssertionError):
    """A request or an answer is not what Stripe describes."""


class ValidatingTransport(stripe.HTTPClient):
    """Passes requests on to another transport and checks both directions."""

    name = "validating"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner
        self.seen: set[tuple[str, str]] = set()
        """Method and described path of every request that was checked."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        answer: tuple[str, int, Mapping[str, str]] = self._inner.request(method, url, headers, post_data)
        body, status, _ = answer
        parts = urlsplit(url)
        form = cast("str", post_data or "")
        described = operation(method.lower(), parts.path)
        if described is not None:
            template, schema = described
            self.seen.add((method.lower(), template))
            if status == 200:
                # A refused request is often wrong on purpose.
                check_request(method.lower(), template, schema, parts.query, form)
            check_answer(schema, status, json.loads(body))
        return answer

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


@cache
def description() -> dict[str, Any] | None:
    """The OpenAPI document with `nullable` written as JSON Schema knows it, or None where it is absent."""
    if not DESCRIPTION.exists():
        return None
    document = cast("dict[str, Any]", _with_nulls(json.loads(DESCRIPTION.read_text())))
    for name, schema in document["components"]["schemas"].items():
        _close(schema)
        schema.get("properties", {}).update(AMENDED.get(name, {}))
    return document


def operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The described path and operation of a request; None without a description.

    Raises `Mismatch` for a request to something that Stripe does not describe.
    """
    document = description()
    if document is None:
        return None
    for template in sorted(document["paths"], key=lambda path: path.count("{")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method in document["paths"][template]:
            return template, document["paths"][template][method]
    raise Mismatch(f"{method} {path} is not described")


def check_request(method: str, template: str, schema: dict[str, Any], query: str, form: str) -> None:
    newer = NEWER_IN_THE_SDK.get((method, template), frozenset())
    sent = {parameter["name"]: parameter["schema"] for parameter in schema.get("parameters", [])}
    pairs = parse_qsl(query, keep_blank_values=True)
    _check_tree(_tree(pairs, newer), {"type": "object", "properties": sent, "additionalProperties": False})
    if form:
        content = schema["requestBody"]["content"]["application/x-www-form-urlencoded"]
        _check_tree(_tree(parse_qsl(form, keep_blank_values=True), newer), content["schema"])


def check_answer(schema: dict[str, Any], status: int, body: object) -> None:
    answers = schema["responses"]
    described = answers.get(str(status), answers["default"])["content"]["application/json"]["schema"]
    _validate(body, described)


def _check_tree(tree: object, schema: dict[str, Any]) -> None:
    _validate(_typed(tree, schema), schema)


def _validate(value: object, schema: dict[str, Any]) -> None:
    document = description()
    assert document is not None
    whole = {**schema, "components": document["components"]}
    problems = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
    if problems:
        worst = jsonschema.exceptions.best_match(problems)
        raise Mismatch(f"{worst.json_path}: {worst.message[:500]}")


def _close(node: object) -> None:
    """Allow the members that a schema describes and no others."""
    if isinstance(node, list):
        for item in node:
            _close(item)
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        _close(list(node.values()))


def _with_nulls(node: object) -> object:
    """OpenAPI 3.0 says `nullable`; JSON Schema lists null among the alternatives."""
    if isinstance(node, list):
        return [_with_nulls(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _with_nulls(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


def _tree(pairs: Sequence[tuple[str, str]], newer: frozenset[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in pairs:
        parts = [part.rstrip("]") for part in name.split("[")]
        if ".".join(parts) in newer:
            continue
        branch = tree
        for part in parts[:-1]:
            branch = branch.setdefault(part, {})
        branch[parts[-1]] = value
    return tree


def _typed(node: Any, schema: dict[str, Any]) -> Any:
    """A form value as the JSON that its schema describes: text to numbers, numbered hashes to lists."""
    for option in _options(schema):
        kind = str(option.get("type"))
        if isinstance(node, dict) and kind == "array":
            return [_typed(value, option["items"]) for _, value in sorted(node.items(), key=_position)]
        if isinstance(node, dict) and kind == "object":
            return {key: _typed(value, _member(option, key)) for key, value in node.items()}
        if isinstance(node, str) and kind in _PARSERS and (parsed := _PARSERS[kind](node)) is not None:
            return parsed
    return node


def _options(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _options(option)
    else:
        yield schema


def _member(schema: dict[str, Any], key: str) -> dict[str, Any]:
    extra = schema.get("additionalProperties")
    return cast(
        "dict[str, Any]", schema.get("properties", {}).get(key, extra if isinstance(extra, dict) else {})
    )


def _position(item: tuple[str, object]) -> int:
    return int(item[0])


def _number(kind: type[int] | type[float]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            return None

    return parse


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _number(int),
    "number": _number(float),
    "boolean": {"true": True, "false": False}.get,
}
