"""Stripe's answers as resources: values as values, defaults left out, our marks taken off the metadata.

References stay the plain ids that Stripe reports; the engine finds out which object bears which address.
Pure: an answer is parsed JSON in which a number with a point is a `Decimal`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stripectl.engine.kinds import Kind
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Value, equal
from stripectl.providers.stripe.kinds import ADDRESS_KEY, ENDPOINTS, KINDS, MARK_PREFIX, OWNER_KEY, Endpoint
from stripectl.providers.stripe.names import binding_address, binding_id, binding_of
from stripectl.providers.stripe.wire import Answer, read

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
    """
    row, metadata = KINDS[kind], _metadata(answer)
    host = Resource(
        kind=kind,
        address=metadata.get(ADDRESS_KEY, "") if row.marked else "",
        fields=_fields(row, answer, metadata),
        object_id=str(answer["id"]),
        owner=metadata.get(OWNER_KEY) if row.marked else None,
        created=_created(answer),
        used=_used(ENDPOINTS[kind], answer),
        spent=_spent(ENDPOINTS[kind], answer),
    )
    return (host, *_bindings(host, metadata))


def without_defaults(kind: Kind, fields: Fields) -> Fields:
    """Only the fields that say something: both sides of a comparison leave defaults out."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and not equal(value, kind.fields[name].default)
    }


def _fields(row: Kind, answer: Answer, metadata: Mapping[str, str]) -> Fields:
    found: dict[str, Value] = {
        field.name: read(field.name, _dig(answer, field.wire_path)) for field in row.fields.values()
    }
    if "active" in row.fields:
        found["active"] = _active(ENDPOINTS[row.name], answer)
    if "metadata" in row.fields:
        found["metadata"] = {key: value for key, value in metadata.items() if not key.startswith(MARK_PREFIX)}
    return without_defaults(row, _without_base_option(row, found))


def _without_base_option(row: Kind, fields: dict[str, Value]) -> Fields:
    options = fields.get("currency_options")
    if isinstance(options, Mapping):
        base = fields.get(BASE_CURRENCY[row.name])
        fields["currency_options"] = {
            currency: option for currency, option in options.items() if currency != base
        }
    return fields


def _dig(answer: Answer, path: tuple[str, ...]) -> object:
    value: object = answer
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _active(endpoint: Endpoint, answer: Answer) -> bool:
    key, value = endpoint.active_from
    return answer.get(key) == value


def _used(endpoint: Endpoint, answer: Answer) -> int:
    count = answer.get(endpoint.uses) if endpoint.uses else None
    return count if isinstance(count, int) else 0


def _spent(endpoint: Endpoint, answer: Answer) -> str:
    """What Stripe says itself, which gives no reason; the engine finds the reason where there is one."""
    return "is no longer valid" if endpoint.valid and answer.get(endpoint.valid) is False else ""


def _metadata(answer: Answer) -> Mapping[str, str]:
    metadata = answer.get("metadata")
    return {key: str(value) for key, value in metadata.items()} if isinstance(metadata, Mapping) else {}


def _created(answer: Answer) -> int:
    """Unix seconds; 0 for the kinds that do not say."""
    created = answer.get("created")
    return created if isinstance(created, int) else 0


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
