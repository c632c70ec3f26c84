"""The facts that a note in metadata holds, in words: `observatory.monthly + observatory.seats, 14-day trial`.

A note is compact JSON that the mapping wrote. One that somebody else wrote, or that is no JSON, has no facts
to tell; it is shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from stripectl.engine.values import Fields, Json, Value
from stripectl.pricing.money import Money
from stripectl.views.amounts import percent

NONE = "none"

Fact: TypeAlias = tuple[str, str]
"""What a reader calls it, and what it says."""

_DURATION = re.compile(r"P(\d+)([DWMY])")
_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}


def facts(value: Value) -> tuple[Fact, ...]:
    """The facts of a note by their names, in the order of reading; empty for what is no note of ours."""
    noted = _read(value)
    return tuple((LABELS.get(name, name), _SAID[name](noted[name])) for name in _SAID if name in noted)


def summary(fields: Fields) -> str:
    """All facts of a note in one line, for its headline; empty for what is no note of ours."""
    noted = _read(fields.get("value"))
    said = (_SHORT.get(name, _SAID[name])(noted[name]) for name in _SAID if name in noted)
    return ", ".join(filter(None, said))


def fact_changes(before: Value, after: Value) -> tuple[tuple[str, str, str], ...]:
    """Name, before and after of each fact that differs; empty where one of the two is no note of ours."""
    old, new = dict(facts(before)), dict(facts(after))
    if not (old and new):
        return ()
    return tuple(
        (name, old.get(name, NONE), new.get(name, NONE))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    )


def _read(value: Value) -> Mapping[str, Json]:
    try:
        noted = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) and noted.keys() <= _SAID.keys() else {}


def _text(value: Json) -> str:
    return str(value)


def _words(value: Json) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _sum(value: Json) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def _prices(value: Json) -> str:
    """Prices of an offer, or a customer's own amounts by price."""
    if isinstance(value, dict):
        return ", ".join(f"{price} at {_money(amounts)}" for price, amounts in value.items())
    return _sum(value)


def _money(value: Json) -> str:
    if not isinstance(value, dict):
        return str(value)
    return " or ".join(_amount(str(amount), currency) for currency, amount in value.items())


def _amount(text: str, currency: str) -> str:
    try:
        return str(Money(Decimal(text), currency))
    except InvalidOperation:
        return f"{text} {currency.upper()}"


def length(value: Json) -> str:
    """`12 months` for `P12M`; what is no such duration stays as it is."""
    match = _DURATION.fullmatch(str(value))
    if match is None:
        return str(value)
    number, unit = match[1], _UNITS[match[2]]
    return f"{number} {unit}{'' if number == '1' else 's'}"


def _steps(value: Json) -> str:
    return ", then ".join(_step(step) for step in value) if isinstance(value, list) else str(value)


def _step(step: Json) -> str:
    if not isinstance(step, dict):
        return str(step)
    return f"{_percent(str(step.get('percent_off')))} off after {length(step.get('after'))}"


def _percent(text: str) -> str:
    try:
        return percent(Decimal(text))
    except InvalidOperation:
        return text


def _trial(value: Json) -> str:
    return "1 day" if value == 1 else f"{value} days"


LABELS: Mapping[str, str] = {
    "trial_days": "trial",
    "days": "trial",
    "setup": "once at the start",
    "steps": "ladder",
    "every": "each",
}
"""Key of a note -> how people call it, where that is not the key."""

_SAID: Mapping[str, Callable[[Json], str]] = {
    "customer": _text,
    "offer": _text,
    "type": lambda value: str(value).replace("_", " "),
    "duration": length,
    "amount": _money,
    "every": length,
    "prices": _prices,
    "setup": _sum,
    "days": _trial,
    "trial_days": _trial,
    "steps": _steps,
    "discounts": _words,
    "commitment": _text,
}
"""Key of a note -> its value in words, in the order of reading."""

_SHORT: Mapping[str, Callable[[Json], str]] = {
    "customer": lambda value: f"for {value}",
    "offer": lambda value: f"offer {value}",
    "type": lambda value: "" if value == "term" else str(value),
    "duration": lambda value: f"term of {length(value)}",
    "setup": lambda value: f"{_sum(value)} once",
    "days": lambda value: f"{value}-day trial",
    "trial_days": lambda value: f"{value}-day trial",
    "commitment": lambda value: f"commitment {value}",
}
"""The same where all facts share one line and have no names beside them."""
