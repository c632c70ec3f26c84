"""Metadata bindings: facts that Stripe has no object for, as compact JSON on the object that they concern."""

from __future__ import annotations

import json

from stripectl.diagnostics import Location
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Json, Ref
from stripectl.pricing.model import Amounts, Period, Unit
from stripectl.pricing.money import plain
from stripectl.providers.stripe.names import binding_key

_DURATIONS = {Unit.DAY: "D", Unit.WEEK: "W", Unit.MONTH: "M", Unit.YEAR: "Y"}


def binding(
    address: str, host: str, value: Json, source: Location | None, *, origin: str | None = None
) -> Resource:
    """The binding of `address` on the object that bears the address `host`.

    `origin` is the artifact that it is made for, where that has another address.
    """
    fields = binding_fields(address, host, value)
    return Resource("metadata_binding", address, fields, origin=origin, source=source)


def binding_fields(address: str, host: str, value: Json) -> Fields:
    return {"host": Ref(host), "key": binding_key(address), "value": compact(value)}


def compact(value: Json) -> str:
    """One spelling for one value, as short as JSON can be: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def iso_duration(period: Period) -> str:
    """ISO 8601: `P12M`, `P1W`."""
    return f"P{period.count}{_DURATIONS[period.unit]}"


def amounts_json(amounts: Amounts) -> dict[str, Json]:
    """Currency -> major units, as strings so that no reader makes them binary: `{"eur": "4"}`."""
    return {currency: format(plain(amount), "f") for currency, amount in amounts.items()}
