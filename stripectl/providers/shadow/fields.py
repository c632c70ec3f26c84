"""Rules that several kinds share: metadata, currencies, amounts, copying of sent fields."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from stripectl.pricing.money import decimals, plain
from stripectl.providers.shadow.errors import exclusive, invalid, refuse
from stripectl.providers.shadow.objects import Object, Value, members
from stripectl.providers.shadow.parameters import METADATA_KEYS, Parameters

MINOR_DECIMALS = 12

CURRENCIES = frozenset(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn"
    " bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd"
    " gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak"
    " lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd"
    " omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl"
    " thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw".split()
)
"""The currencies that Stripe lists, in lower case."""


def merged_metadata(current: Object, params: Parameters) -> Object:
    """Metadata after an update: keys are set one by one, `""` unsets a key, `metadata=""` unsets all.

    Raises `Refusal` for more than fifty keys.
    """
    if "metadata" not in params:
        return current
    sent = params.values["metadata"]
    merged: Object = dict(current) if isinstance(sent, dict) else {}
    for key, value in (sent if isinstance(sent, dict) else {}).items():
        if value == "":
            merged.pop(key, None)
        elif isinstance(value, str):
            merged[key] = value
    if len(merged) > METADATA_KEYS:
        raise refuse(f"You can have up to {METADATA_KEYS} metadata keys, not {len(merged)}.", "metadata")
    return merged


def changed(body: Object, params: Parameters, fields: Iterable[str]) -> Object:
    """The body with the plain fields that were sent; an unset one becomes null."""
    return {**body, **{name: wire(params.values[name]) for name in fields if name in params}}


def with_metadata(body: Object, params: Parameters) -> Object:
    """The body after its metadata was updated."""
    return {**body, "metadata": merged_metadata(members(body, "metadata"), params)}


def wire(value: object) -> Value:
    """A parameter as it stands in an answer; the numbers that are no amounts are JSON numbers there."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [wire(item) for item in value]
        case dict():
            return {str(key): wire(item) for key, item in value.items()}
        case None | bool() | int() | str():
            return value
    raise TypeError(type(value))


def currency(code: str, param: str) -> str:
    """A currency in lower case. Raises `Unprocessed` for one that Stripe does not list."""
    if code.lower() not in CURRENCIES:
        raise invalid(f"Invalid currency: {code[:40]}", param)
    return code.lower()


def minimum(value: int | Decimal | None, least: int, param: str) -> None:
    """Raises `Unprocessed` for a number under `least`."""
    if value is not None and value < least:
        raise invalid(
            f"This value must be greater than or equal to {least}.", param, "parameter_invalid_integer"
        )


def amount(params: Parameters, name: str, *, whole: bool = False) -> Decimal | None:
    """An amount of minor units, sent as `name` or as its decimal twin.

    Raises for both at once, for a negative amount and for more decimals than twelve (none when `whole`).
    """
    twin = f"{name}_decimal"
    if name in params and twin in params:
        raise exclusive(params.name(name), params.name(twin))
    integer, number = params.integer(name), params.number(twin)
    value = number if integer is None else Decimal(integer)
    if value is None:
        return None
    param = params.name(name if number is None else twin)
    minimum(value, 0, param)
    places = 0 if whole else MINOR_DECIMALS
    if decimals(value) > places:
        raise refuse(f"Invalid decimal: {value:f}; must contain at maximum {places} decimal places.", param)
    return plain(value)


def spelled(name: str, value: Decimal | None) -> Object:
    """An amount as Stripe answers it: an integer, null where it has a fraction, and a decimal string."""
    if value is None:
        return {name: None, f"{name}_decimal": None}
    return {name: int(value) if value == int(value) else None, f"{name}_decimal": format(value, "f")}
