"""What Stripe leaves out of its answers unless it is asked for. Pure.

The tiers of a currency option come only where their currency is named: `currency_options.eur.tiers`. The
short `currency_options.tiers` is accepted and ignored. So the currencies that nobody expected are known after
a first answer only, and are asked for in a second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from stripectl.engine.values import Fields
from stripectl.providers.stripe.answers import joined
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.normalise import BASE_CURRENCY
from stripectl.providers.stripe.wire import Answer

LEVELS = 4
"""Names in one expansion, joined by dots, that Stripe takes at most; the `data` of a list is one of them."""

MOST = 10
"""Expansions in one request. How many Stripe takes is not documented (unverified)."""

OPTIONS = "currency_options"


def expansions(kind: str, currencies: Iterable[str] = ()) -> tuple[str, ...]:
    """What to expand of an object of the kind, in as many of the currencies as one request takes."""
    endpoint = ENDPOINTS[kind]
    named = (f"{OPTIONS}.{each}.{endpoint.within_options}" for each in currencies)
    return (*endpoint.expand, *islice(named, _room(kind)))


def options_of(kind: str, known: Iterable[Fields]) -> tuple[str, ...]:
    """Currencies that have to be named when objects of the kind with these fields are read."""
    name = ENDPOINTS[kind].within_options
    options = (fields.get(OPTIONS) for fields in known if name)
    return tuple(
        dict.fromkeys(
            currency
            for each in options
            if isinstance(each, Mapping)
            for currency, option in each.items()
            if isinstance(option, Mapping) and name in option
        )
    )


def unread(kind: str, answer: Answer) -> tuple[str, ...]:
    """Currencies whose option says nothing of what it costs: it was not asked for."""
    name, options = ENDPOINTS[kind].within_options, answer.get(OPTIONS)
    if not name or not isinstance(options, Mapping) or answer.get("billing_scheme") != "tiered":
        return ()
    base = answer.get(BASE_CURRENCY[kind])
    costs = (name, "unit_amount", "unit_amount_decimal", "custom_unit_amount")
    return tuple(
        currency
        for currency, option in options.items()
        # The base currency stands among its own options, and its tiers beside them.
        if currency != base and isinstance(option, Mapping)
        if all(option.get(each) is None for each in costs)
    )


def completed(
    kind: str, answers: Sequence[Answer], ask: Callable[[tuple[str, ...]], Iterable[Answer]]
) -> list[Answer]:
    """The answers, with what they leave out taken from others; `ask` gets those that expand what is named."""
    whole = list(answers)
    missing = dict.fromkeys(currency for each in answers for currency in unread(kind, each))
    for some in _portions(tuple(missing), _room(kind)):
        later = {each.get("id"): each for each in ask(expansions(kind, some))}
        whole = [_joined(each, later.get(each.get("id"), {}), kind) for each in whole]
    return whole


def _room(kind: str) -> int:
    endpoint = ENDPOINTS[kind]
    return MOST - len(endpoint.expand) if endpoint.within_options else 0


def _portions(names: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    return (names[start : start + size] for start in range(0, len(names), size or 1))


def _joined(answer: Answer, later: Answer, kind: str) -> Answer:
    missing, options, found = unread(kind, answer), answer.get(OPTIONS), later.get(OPTIONS)
    if not missing or not isinstance(options, Mapping) or not isinstance(found, Mapping):
        return answer
    return joined(answer, {OPTIONS: {**options, **{each: found[each] for each in missing if each in found}}})
