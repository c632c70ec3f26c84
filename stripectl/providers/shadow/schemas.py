"""Schemas of endpoints, derived from the SDK's own parameter types.

What the SDK can send is what the account takes: a name that the SDK's type lacks is unknown, a key without
`NotRequired` is required, `Literal['']` in a type says that the parameter can be unset. Only what the types
do not carry, lengths and counts, is written down here.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any, ForwardRef, Literal, NotRequired, Required, Union, get_args, get_origin

from stripectl.providers.shadow.parameters import (
    Boolean,
    Choice,
    Integer,
    ListOf,
    MapOf,
    Metadata,
    Number,
    OneOf,
    Record,
    Schema,
    Slot,
    Text,
)

LENGTHS: Mapping[str, Mapping[str, int]] = {
    "Product": {
        "description": 40_000,
        "images": 2048,
        "url": 799,
        "unit_label": 12,
        "statement_descriptor": 22,
        "product_data.unit_label": 12,
    },
    "Price": {"lookup_key": 200, "product_data.unit_label": 12, "product_data.statement_descriptor": 22},
    "Coupon": {"name": 40},
    "PromotionCode": {"code": 500},
    "Meter": {
        "display_name": 250,
        "event_name": 100,
        "customer_mapping.event_payload_key": 100,
        "value_settings.event_payload_key": 100,
    },
    "Feature": {"lookup_key": 80, "name": 80},
    "Customer": {"email": 512, "name": 256, "phone": 20},
    "Subscription": {"description": 500},
    "PaymentLink": {
        "line_items.price_data.product_data.description": 40_000,
        "line_items.price_data.product_data.unit_label": 12,
    },
}
"""Most characters of a text, where it is not 5000."""

COUNTS: Mapping[str, Mapping[str, int]] = {
    "Product": {"images": 8, "marketing_features": 15},
    "Price": {"lookup_keys": 10},
    "Event": {"types": 20},
    "Subscription": {"items": 20},
    "PaymentLink": {"line_items": 20},
    "Configuration": {"features.subscription_update.products": 10},
}
"""Most items of a list, where there is a limit."""

_SCALARS: Mapping[object, Schema] = {
    bool: Boolean(),
    int: Integer(),
    float: Number(),
    Decimal: Number(),
}


CLEARABLE = frozenset({"PriceUpdateParams.lookup_key"})
"""Parameters, as `type.name`, that an empty string unsets (recorded); the SDK's types do not say so."""


@cache
def schema(name: str, clearable: frozenset[str] = frozenset()) -> Record:
    """The schema of an endpoint by the name of its type in `stripe.params`: `billing.MeterCreateParams`.

    `clearable` are more parameters that an empty string unsets, as `type.name`. Safe for threads.
    """
    # While Python loads a package, it is gone from `sys.modules` for a moment: another thread that imports
    # one of its modules fails then.
    with _IMPORTING:
        return _derived(name, clearable)


_IMPORTING = Lock()


def _derived(name: str, clearable: frozenset[str]) -> Record:
    module, _, type_name = name.rpartition(".")
    params = import_module(f"stripe.params.{module}" if module else "stripe.params")
    resource = next(key for key in sorted(_RESOURCES, key=len, reverse=True) if type_name.startswith(key))
    slots = _record(getattr(params, type_name), resource, ()).slots
    more = {slot for slot in slots if f"{type_name}.{slot}" in CLEARABLE | clearable}
    return Record(
        {slot: replace(item, clearable=item.clearable or slot in more) for slot, item in slots.items()}
    )


_RESOURCES = frozenset(
    {"Account", "Product", "ProductFeature", "Price", "Meter", "Feature", "Coupon", "PromotionCode"}
    | {"Customer", "Subscription", "Event", "PaymentLink", "Configuration"}
)


# The types of the SDK are data here, so `Any` ends where a schema begins.
def _record(params: Any, resource: str, path: tuple[str, ...]) -> Record:
    options = import_module("stripe._request_options").RequestOptions.__annotations__
    names = vars(sys.modules[params.__module__])
    slots = {
        name: _slot(annotation, names, resource, (*path, name))
        for name, annotation in params.__annotations__.items()
        if path or name not in options
    }
    return Record(slots)


def _slot(annotation: Any, names: Mapping[str, Any], resource: str, path: tuple[str, ...]) -> Slot:
    required = get_origin(annotation) is not NotRequired
    if get_origin(annotation) in (NotRequired, Required):
        (annotation,) = get_args(annotation)
    options = _options(_resolved(annotation, names), names)
    kept = [option for option in options if _words(option) != ("",)]
    if path[-1] == "metadata":
        return Slot(Metadata(), required, clearable=True)
    return Slot(_either(kept, names, resource, path), required, clearable=len(kept) < len(options))


def _options(annotation: Any, names: Mapping[str, Any]) -> list[Any]:
    """The members of a union, nested ones too, without the SDK's second spelling of a dict."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return [annotation]
    members = [option for part in get_args(annotation) for option in _options(_resolved(part, names), names)]
    return [
        member for member in members if getattr(get_origin(member), "__name__", "") != "UntypedStripeObject"
    ]


def _either(options: list[Any], names: Mapping[str, Any], resource: str, path: tuple[str, ...]) -> Schema:
    # The SDK types an open choice as `Literal[...] | str`; the words are all that the account knows.
    closed = [option for option in options if option is not str] if any(map(_words, options)) else options
    schemas = tuple(_schema(option, names, resource, path) for option in closed)
    return schemas[0] if len(schemas) == 1 else OneOf(schemas)


def _schema(annotation: Any, names: Mapping[str, Any], resource: str, path: tuple[str, ...]) -> Schema:
    dotted = ".".join(part for part in path if part)
    if annotation is str:
        return Text(LENGTHS.get(resource, {}).get(dotted, 5000))
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if hasattr(annotation, "__required_keys__"):
        return _record(annotation, resource, path)
    if words := _words(annotation):
        return Choice(tuple(word for word in words if word))
    return _container(annotation, names, resource, path)


def _container(annotation: Any, names: Mapping[str, Any], resource: str, path: tuple[str, ...]) -> Schema:
    inner = _resolved(get_args(annotation)[-1], names)
    item = _either(_options(inner, names), names, resource, (*path, ""))
    if get_origin(annotation) is list:
        return ListOf(item, COUNTS.get(resource, {}).get(".".join(path)))
    return MapOf(item)


def _words(annotation: Any) -> tuple[str, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _resolved(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Look up a forward reference in the SDK module that wrote it."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    return eval(annotation, dict(names)) if isinstance(annotation, str) else annotation  # noqa: S307  SDK source
