"""Rules that several kinds share: metadata, currencies, amounts, copying of sent fields."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from stripectl.pricing.money import decimals, plain
from stripectl.providers.shadow.errors import exclusive, invalid, refuse
from stripectl.providers.shadow.objects import Object, Value, members
from stripectl.providers.shadow.parameters import METADATA_KEYS, Parameters

MINOR_DECIMALS = 12

TWO_ZEROS = frozenset({"isk", "ugx"})
"""Currencies without a minor unit that are sent with two decimals all the same, always 00 (documented)."""

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


def stripped(body: Object, names: Iterable[str]) -> Object:
    """The body without the blanks around these texts; of one that is nothing else, null is left."""
    return {**body, **{name: _stripped(body[name]) for name in names}}


def _stripped(value: Value) -> Value:
    match value:
        case str():
            return value.strip() or None
        case list():
            return [_stripped(item) for item in value]
        case dict():
            return {name: _stripped(item) for name, item in value.items()}
        case _:
            return value


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
    """A currency. Raises `Unprocessed` for one that Stripe does not list.

    Stripe documents lower case as the only one; that it refuses any other is unverified.
    """
    if code not in CURRENCIES:
        raise invalid(f"Invalid currency: {code[:40]}", param)
    return code


def key_currency(option: Parameters) -> str:
    """The currency that an entry of `currency_options` is for. Raises for one that is not in lower case."""
    *path, code = option.path
    if code != code.lower():
        raise refuse(
            "Currencies must be lowercase when used as keys in a map."
            f" Use `{code.lower()}` instead of `{code}`.",
            Parameters(path=tuple(path)).name(),
        )
    return currency(code, option.name())


def minimum(value: int | Decimal | None, least: int | Decimal, param: str) -> None:
    """Raises `Unprocessed` for a number under `least`; only a whole one has a code."""
    if value is None or value >= least:
        return
    words = f"This value must be greater than or equal to {least}"
    if isinstance(value, int):
        raise invalid(f"{words}.", param, "parameter_invalid_integer")
    raise invalid(f"{words} (it currently is '{float(value)}').", param)


def whole_units(value: int | Decimal | None, code: str, param: str) -> None:
    """Raises `Refusal` for a fraction of a currency that is sent with two decimals and has none.

    The rule is documented; the text, and that it holds for every amount of the catalog, are unverified.
    """
    if value is not None and code in TWO_ZEROS and value % 100:
        raise refuse(f"{code.upper()} has no minor unit: the last two digits of an amount are 00.", param)


def amount(params: Parameters, name: str, code: str, *, whole: bool = False) -> Decimal | None:
    """An amount of minor units of the currency `code`, sent as `name` or as its decimal twin.

    Raises for both at once, for a negative amount, for more decimals than twelve (none when `whole`), and for
    a fraction of a currency that has none.
    """
    twin = f"{name}_decimal"
    if name in params and twin in params:
        raise exclusive(params.name(name), params.name(twin))
    integer, number = params.integer(name), params.number(twin)
    value = number if integer is None else Decimal(integer)
    if value is None:
        return None
    param = params.name(name if number is None else twin)
    minimum(value if integer is None else integer, 0, param)
    places = 0 if whole else MINOR_DECIMALS
    if decimals(value) > places:
        raise refuse(f"Invalid decimal: {value:f}; must contain at maximum {places} decimal places.", param)
    whole_units(value, code, param)
    return plain(value)


def spelled(name: str, value: Decimal | None) -> Object:
    """An amount as Stripe answers it: an integer, null where it has a fraction, and a decimal string."""
    if value is None:
        return {name: None, f"{name}_decimal": None}
    return {name: int(value) if value == int(value) else None, f"{name}_decimal": format(value, "f")}
