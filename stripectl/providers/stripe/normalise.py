"""Stripe's answers as resources: values as values, defaults left out, our marks taken off the metadata.

References stay the plain ids that Stripe reports; the engine finds out which object bears which address.
Pure: an answer is parsed JSON in which a number with a point is a `Decimal`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from stripectl.engine.kinds import Field, Kind
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Value, equal
from stripectl.providers.stripe.answers import Misread, reading
from stripectl.providers.stripe.coverage import unread
from stripectl.providers.stripe.kinds import (
    ADDRESS_KEY,
    ENDPOINTS,
    KINDS,
    MARK_PREFIX,
    OWNER_KEY,
    RUN_KEY,
    Endpoint,
)
from stripectl.providers.stripe.names import binding_address, binding_id, binding_of
from stripectl.providers.stripe.wire import Answer, moment, read, text, whole

BASE_CURRENCY: Mapping[str, str] = {
    "price": "currency",
    "coupon": "currency",
    "promotion_code": "minimum_amount_currency",
}
"""Kind -> the field that names the base currency, which Stripe repeats among the currency options."""


def normalise(kind: str, answer: Answer) -> tuple[Resource, ...]:
    """The resource that an answer describes, followed by the metadata bindings that it carries.

    `kind` is a row of the kinds table with an endpoint. A product feature's answer does not say which
    product it belongs to: the caller adds it under `product`. Fields at their default are left out.
    Raises NotUnderstood for a value that is none.
    """
    with reading(answer):
        return _normalised(kind, answer)


def _normalised(kind: str, answer: Answer) -> tuple[Resource, ...]:
    row, metadata = KINDS[kind], _metadata(answer)
    host = Resource(
        kind=kind,
        address=metadata.get(ADDRESS_KEY, "") if row.marked else "",
        fields=_fields(row, answer, metadata),
        object_id=str(answer["id"]),
        owner=metadata.get(OWNER_KEY) if row.marked else None,
        run=metadata.get(RUN_KEY, ""),
        created=_created(answer),
        unread=unread(kind, answer),
        uses=_uses(ENDPOINTS[kind], answer),
        spent=_spent(ENDPOINTS[kind], answer),
    )
    return (host, *_bindings(host, metadata))


def as_kept(kind: Kind, fields: Fields) -> Fields:
    """The fields as Stripe keeps them, without those at their default: both sides of a comparison are so."""
    kept = {name: kind.fields[name].kept(value) for name, value in fields.items() if value is not None}
    return {name: value for name, value in kept.items() if not equal(value, kind.fields[name].default)}


def _fields(row: Kind, answer: Answer, metadata: Mapping[str, str]) -> Fields:
    found: dict[str, Value] = {
        field.name: read(field.name, _dig(answer, field.wire_path))
        for field in row.fields.values()
        if field.name not in ("active", "metadata")
    }
    if "active" in row.fields:
        found["active"] = _active(ENDPOINTS[row.name], answer)
    if "metadata" in row.fields:
        found["metadata"] = {key: value for key, value in metadata.items() if not key.startswith(MARK_PREFIX)}
    return as_kept(row, _with_plain_options(row, found))


def _with_plain_options(row: Kind, fields: dict[str, Value]) -> Fields:
    """Without the base currency's option, and with what the others say of tax only where any is decided."""
    options = fields.get("currency_options")
    if isinstance(options, Mapping):
        base, tax = fields.get(BASE_CURRENCY[row.name]), row.fields.get("tax_behavior")
        others = {currency: option for currency, option in options.items() if currency != base}
        decided = tax is not None and fields.get(tax.name) not in (None, tax.default)
        fields["currency_options"] = {
            currency: _taxed(option, tax, decided=decided) if tax else option
            for currency, option in others.items()
        }
    return fields


def _taxed(option: Value, tax: Field, *, decided: bool) -> Value:
    if not isinstance(option, Mapping):
        return option
    own = option.get(tax.name) or tax.default
    rest = {name: value for name, value in option.items() if name != tax.name}
    return {**rest, tax.name: own} if decided or own != tax.default else rest


def _dig(answer: Answer, path: tuple[str, ...]) -> object:
    value: object = answer
    for key in path:
        if value is not None and not isinstance(value, Mapping):
            raise Misread(".".join(path), value, "an object was expected")
        value = value.get(key) if value else None
    return value


def _active(endpoint: Endpoint, answer: Answer) -> bool:
    key, value = endpoint.active_from
    found = answer.get(key)
    if found is not None and type(found) is not type(value):
        raise Misread(key, found, f"something like {json.dumps(value)} was expected")
    return found == value


def _uses(endpoint: Endpoint, answer: Answer) -> int:
    count = answer.get(endpoint.uses) if endpoint.uses else None
    return 0 if count is None else whole(str(endpoint.uses), count)


def _spent(endpoint: Endpoint, answer: Answer) -> str:
    """What Stripe says itself, which gives no reason; the engine finds the reason where there is one."""
    return "is no longer valid" if endpoint.valid and answer.get(endpoint.valid) is False else ""


def _metadata(answer: Answer) -> Mapping[str, str]:
    metadata = answer.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise Misread("metadata", metadata, "an object was expected")
    return {key: text(f"metadata.{key}", value) for key, value in (metadata or {}).items()}


def _created(answer: Answer) -> int:
    """Unix seconds; 0 for the kinds that do not say."""
    created = answer.get("created")
    return 0 if created is None else moment("created", created)


def _bindings(host: Resource, metadata: Mapping[str, str]) -> Iterator[Resource]:
    for key in sorted(metadata):
        binding = binding_of(key)
        if binding and binding.host == host.kind and host.object_id:
            yield Resource(
                kind="metadata_binding",
                address=binding_address(key, host.address),
                fields={"host": host.object_id, "key": key, "value": metadata[key]},
                object_id=binding_id(host.object_id, key),
                owner=host.owner,
                created=host.created,
            )
