"""What comes back from Stripe, parsed once at one boundary and asked for by type afterwards. Pure.

A number that is none, or beyond all reason, and a text that no terminal can show become `Odd` values: they
are of no type that a reader asks for, so whoever needs one says which field of which object it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Never

from stripectl.diagnostics import error, scrubbed
from stripectl.engine.ports import Failure, RequestFailed

MOST_BYTES = 16 * 2**20
"""Of one answer, unpacked. A page of 100 prices with 100 tiers in 8 currencies has some 12 million."""

DEEPEST = 40
"""Levels of one answer; Stripe's have about ten."""

MOST_DIGITS = 40
"""Of a number, and of its exponent's size. Stripe has 12 on either side of the point."""

LONGEST_SHOWN = 60
"""Characters of a value that a message shows."""

LONGEST_MESSAGE = 2000
"""Characters of a text that an error, or a header, says."""


class Unreadable(ValueError):
    """The body is no JSON: it may come from somebody in between, and the next try may fare better."""


class NotUnderstood(RequestFailed):
    """An answer that makes no sense, however often it is asked for; what was done is unknown."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is JSON, or nearly, and of no use: `NaN`, 400 digits, half of a character."""

    shown: str

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that brought an answer."""

    method: str = ""
    path: str = ""
    request_id: str | None = None

    def refuse(self, found: str) -> Never:
        """Raise NotUnderstood; `found` is a sentence without its full stop."""
        asked = f"{self.method.upper()} {self.path}".strip() or "A request"
        told = f" (request {self.request_id})" if self.request_id else ""
        raise NotUnderstood(
            Failure.SERVER,
            error(
                "answer-not-understood",
                "An answer of Stripe's makes no sense",
                printable(scrubbed(f"{asked} was answered{told}: {found}.")),
                hint="look at the object in the dashboard, and see what stands between here and Stripe, like"
                " `base_url` or a proxy; if Stripe itself answers so, a newer stripectl may know it",
            ),
            status=200,
        )


class Told(dict[str, object]):
    """One JSON object of an answer, which knows the request that brought it."""

    __slots__ = ("origin",)

    def __init__(self, held: Mapping[str, object], origin: Origin) -> None:
        super().__init__(held)
        self.origin = origin


def origin_of(answer: Mapping[str, object]) -> Origin:
    return answer.origin if isinstance(answer, Told) else Origin()


def joined(answer: Mapping[str, object], more: Mapping[str, object]) -> Mapping[str, object]:
    """The answer with other values for some keys, of the same origin."""
    return Told({**answer, **more}, origin_of(answer))


class Misread(Exception):
    """A value is not what its field should hold."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(field)
        self.field, self.value, self.expected = field, value, expected


@contextmanager
def reading(answer: Mapping[str, object]) -> Iterator[None]:
    """What is misread inside is told with the object and the request; raises NotUnderstood."""
    try:
        yield
    except Misread as odd:
        named = " ".join(str(answer.get(key) or "") for key in ("object", "id")).strip() or "the object"
        origin_of(answer).refuse(f"`{odd.field}` of {named} is {_shown(odd.value)}, but {odd.expected}")


def _shown(value: object) -> str:
    shown = str(value) if isinstance(value, Odd) else json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 3]}..."


def printable(text: str) -> str:
    """The text with a mark in the place of what cannot be encoded, such as half of a character."""
    return text.encode("utf-8", "replace").decode("utf-8")


def parse(body: str | bytes, origin: Origin) -> object:
    """The JSON value of a body, numbers with a point as decimals.

    Raises Unreadable for what is no JSON, NotUnderstood for what is too large or too deep to be an answer.
    """
    if len(body) > MOST_BYTES:
        origin.refuse(f"the body has more than {MOST_BYTES // 2**20} MiB")
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        value: object = json.loads(text, parse_float=_decimal, parse_int=_whole, parse_constant=Odd)
    except RecursionError:
        origin.refuse(f"it is nested more than {DEEPEST} levels deep")
    except ValueError as problem:
        raise Unreadable from problem
    if _deeper(value):
        origin.refuse(f"it is nested more than {DEEPEST} levels deep")
    # Half a character can be spelled as an escape only; searching for one is much cheaper than looking.
    return _without_halves(value) if r"\ud" in text or r"\uD" in text else value


def _decimal(text: str) -> Decimal | Odd:
    return bounded(text) or Odd(text[:LONGEST_SHOWN])


def _whole(text: str) -> int | Odd:
    return int(text) if len(text) <= MOST_DIGITS else Odd(text[:LONGEST_SHOWN])


def bounded(text: str) -> Decimal | None:
    """The finite number that a text spells within all reason; None where it spells none."""
    if len(text) > 3 * MOST_DIGITS or not text.isascii() or "_" in text or text != text.strip():
        return None
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    if not number.is_finite():
        return None
    _, digits, exponent = number.as_tuple()
    near = isinstance(exponent, int) and abs(exponent) <= MOST_DIGITS
    return number if near and len(digits) <= MOST_DIGITS else None


def _deeper(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _without_halves(value: object) -> object:
    match value:
        case dict():
            return {printable(key): _without_halves(item) for key, item in value.items()}
        case list():
            return [_without_halves(item) for item in value]
        case str() if printable(value) != value:
            return Odd(printable(value))
        case _:
            return value


_ERROR_TEXTS = ("type", "code", "param", "message", "doc_url", "request_log_url")


def error_body(body: str | bytes) -> str:
    """The body of a failure as Stripe spells one, whatever came: its texts, or that it is not Stripe's."""
    try:
        held = parse(body, Origin())
    except (Unreadable, NotUnderstood):
        held = None
    told = held.get("error") if isinstance(held, dict) else None
    if not isinstance(told, dict):
        told = {"message": "the answer was not one of Stripe's"}
    texts = {key: told[key][:LONGEST_MESSAGE] for key in _ERROR_TEXTS if isinstance(told.get(key), str)}
    return json.dumps({"error": texts})
