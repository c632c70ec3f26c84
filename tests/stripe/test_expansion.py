"""What has to be asked for by name: how much of it goes into a request, and what is done about the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stripectl.providers.stripe.expansion import (
    LEVELS,
    MOST,
    completed,
    expansions,
    options_of,
    unread,
)
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.pointing import SOURCES

TIERS = [{"up_to": None, "unit_amount_decimal": "2"}]
MANY = tuple(f"x{letter}{other}" for letter in "abcde" for other in "abcd")
"""Twenty currencies that nobody has."""


def price(named: str = "price_1", /, **options: object) -> Mapping[str, object]:
    """A tiered price in EUR with options, `None` for one of which nothing is told."""
    told = {
        code: {"tax_behavior": "unspecified"} | ({"tiers": tiers} if tiers else {})
        for code, tiers in options.items()
    }
    return {
        "id": named,
        "currency": "eur",
        "billing_scheme": "tiered",
        "currency_options": told,
    }


def test_the_tiers_of_an_option_are_asked_for_currency_by_currency() -> None:
    assert expansions("price", ("usd", "gbp")) == (
        "tiers",
        "currency_options",
        "currency_options.usd.tiers",
        "currency_options.gbp.tiers",
    )


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_no_request_asks_for_more_or_deeper_than_stripe_takes(kind: str) -> None:
    asked = expansions(kind, MANY)
    assert len(asked) <= MOST
    assert all(len(["data", *each.split(".")]) <= LEVELS for each in asked)


@pytest.mark.parametrize("source", SOURCES, ids=lambda each: str(each.kind))
def test_what_leads_to_a_price_is_not_asked_for_deeper_than_stripe_takes(source: object) -> None:
    expand = getattr(source, "expand", "")
    assert 0 < len(["data", *expand.split(".")]) <= LEVELS


@pytest.mark.parametrize("kind", [kind for kind in ENDPOINTS if kind != "price"])
def test_only_prices_have_what_has_to_be_named_by_currency(kind: str) -> None:
    assert expansions(kind, MANY) == ENDPOINTS[kind].expand
    assert unread(kind, price(usd=None)) == ()
    assert options_of(kind, [{"currency_options": {"usd": {"tiers": ()}}}]) == ()


def test_currencies_come_from_options_with_tiers_alone() -> None:
    flat = {"currency_options": {"usd": {"unit_amount": 1}}}
    tiered = {"currency_options": {"gbp": {"tiers": ()}, "jpy": {"tiers": ()}}}
    assert options_of("price", [flat, tiered, tiered, {}]) == ("gbp", "jpy")


def test_an_option_that_does_not_say_what_it_costs_is_unread() -> None:
    assert unread("price", price(usd=None, gbp=TIERS, jpy=None)) == ("usd", "jpy")


def test_the_base_currency_is_never_unread_for_its_tiers_stand_beside_the_options() -> None:
    assert unread("price", price(eur=None)) == ()


@pytest.mark.parametrize(
    ("scheme", "option"),
    [
        ("per_unit", {}),
        ("tiered", {"unit_amount": 5}),
        ("tiered", {"unit_amount": None, "unit_amount_decimal": "0.5"}),
        ("tiered", {"custom_unit_amount": {"minimum": None}}),
        ("tiered", {"tiers": []}),
    ],
)
def test_an_option_that_tells_its_amount_otherwise_is_read(scheme: str, option: Mapping[str, object]) -> None:
    assert unread("price", {**price(), "billing_scheme": scheme, "currency_options": {"usd": option}}) == ()


def test_a_price_without_options_is_read() -> None:
    assert unread("price", {"id": "p", "currency": "eur", "billing_scheme": "tiered"}) == ()


def test_what_is_missing_is_taken_from_further_answers_as_many_as_it_takes() -> None:
    asked: list[tuple[str, ...]] = []
    options = dict.fromkeys(MANY, TIERS)

    def ask(fields: tuple[str, ...]) -> list[Mapping[str, object]]:
        asked.append(fields)
        named = [each.split(".")[1] for each in fields if each.endswith(".tiers")]
        return [price(**{code: options[code] if code in named else None for code in MANY})]

    first = price(**dict.fromkeys(MANY))
    assert completed("price", [first], ask) == [price(**options)]
    assert [len(each) for each in asked] == [MOST, MOST, 2 + 4]


def test_nothing_is_asked_again_where_nothing_is_missing() -> None:
    whole = [price(usd=TIERS), price("price_2")]
    assert completed("price", whole, lambda _: pytest.fail("asked again")) == whole


def test_an_object_that_is_not_in_the_second_answer_stays_as_it_was() -> None:
    assert completed("price", [price(usd=None)], lambda _: [price("price_2", usd=TIERS)]) == [price(usd=None)]
