"""Tiers in other currencies, of which Stripe tells nothing unless each currency is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe

from stripectl.diagnostics import ProviderError
from stripectl.engine.resource import State
from stripectl.operations.drift import drift
from stripectl.pricing.model import Catalog, Charge, Price, Tier
from stripectl.providers.stripe.expansion import MOST
from tests.stripe.builders import catalog, monthly
from tests.workbench import Log, Workbench, actions

TWO = ("eur", "usd")
SEVEN = ("eur", "usd", "gbp", "jpy", "kwd", "chf", "sek")
TWELVE = (*SEVEN, "nok", "dkk", "pln", "czk", "cad")
"""More than one request asks for."""

ADDRESS = "price.pro.tiered"


def tiered(currencies: tuple[str, ...], charge: Charge = Charge.GRADUATED, raised: str = "") -> Price:
    """Two tiers in each currency; the last one is dearer in the currency that is `raised`."""
    amounts = {code: Decimal(4 if code == raised else 2) for code in currencies}
    return monthly(
        "tiered",
        charge=charge,
        amount={},
        tiers=(
            Tier(10, {code: Decimal(3) for code in currencies}, {code: Decimal(5) for code in currencies}),
            Tier(None, amounts),
        ),
    )


def asked(log: Log, path: str = "/v1/prices") -> list[Mapping[str, str]]:
    """Queries of the reads of a path."""
    parts = [urlsplit(url) for method, url in log.requests if method == "get"]
    return [dict(parse_qsl(each.query)) for each in parts if each.path == path]


def named(query: Mapping[str, str]) -> list[str]:
    """Currencies whose tiers a query asks for."""
    return [each.split(".")[-2] for each in query.values() if each.endswith(".tiers") and "options" in each]


@pytest.mark.parametrize("charge", [Charge.GRADUATED, Charge.VOLUME])
@pytest.mark.parametrize("currencies", [TWO, SEVEN, TWELVE], ids=len)
def test_tiers_in_many_currencies_converge_and_stay(
    bench: Workbench, charge: Charge, currencies: tuple[str, ...]
) -> None:
    wanted = catalog(tiered(currencies, charge))
    bench.apply(wanted)
    assert actions(bench.plan(wanted)) == {}
    assert drift(bench.session()).rows == ()
    # Nothing is known of it but what the account itself tells.
    without_record = replace(bench, folder=bench.folder / "lost")
    assert actions(without_record.plan(wanted)) == {}


@pytest.mark.parametrize("currencies", [TWO, TWELVE], ids=len)
def test_a_changed_tier_of_one_option_replaces_the_price(
    bench: Workbench, currencies: tuple[str, ...]
) -> None:
    bench.apply(catalog(tiered(currencies)))
    last = currencies[-1]
    dearer = catalog(tiered(currencies, raised=last))
    made = bench.plan(dearer)
    assert actions(made)[ADDRESS] == "replace"
    (row,) = [each for each in made.changes if each.address == ADDRESS]
    assert {each.path[:2] for each in row.changed} == {("currency_options", last)}
    bench.carry_out(made)
    assert actions(bench.plan(dearer)) == {}


def test_declared_currencies_are_asked_for_at_once_and_cost_no_further_request(bench: Workbench) -> None:
    wanted = catalog(tiered(SEVEN))
    bench.apply(wanted)
    bench.log.requests.clear()
    bench.plan(wanted)
    queries = asked(bench.log)
    assert sorted(query["active"] for query in queries) == ["false", "true"]
    assert [named(query) for query in queries] == [list(SEVEN[1:])] * 2


def test_a_catalog_without_tiers_in_other_currencies_asks_for_none(bench: Workbench) -> None:
    wanted = catalog(tiered(("eur",)), monthly(amount={"eur": Decimal(9), "usd": Decimal(10)}))
    bench.apply(wanted)
    bench.log.requests.clear()
    bench.plan(wanted)
    expand = {"expand[0]": "data.tiers", "expand[1]": "data.currency_options"}
    assert sorted(asked(bench.log), key=lambda query: query["active"]) == [
        {"active": "false", "limit": "100", **expand},
        {"active": "true", "limit": "100", **expand},
    ]


def by_hand(bench: Workbench, currency: str = "gbp", count: int = 1) -> None:
    """Prices that no manifest knows, in a currency that nobody declared."""
    product = bench.client.v1.products.create({"name": "By hand"})
    for _ in range(count):
        bench.client.v1.prices.create(
            {
                "product": product.id,
                "currency": "eur",
                "billing_scheme": "tiered",
                "tiers_mode": "volume",
                "recurring": {"interval": "month"},
                "tiers": [{"up_to": "inf", "unit_amount_decimal": Decimal(7)}],
                "currency_options": {
                    currency: {"tiers": [{"up_to": "inf", "unit_amount_decimal": Decimal(7)}]}
                },
            }
        )


def test_a_currency_that_is_only_met_is_asked_for_in_a_second_request_a_page(bench: Workbench) -> None:
    by_hand(bench, count=130)
    observed = bench.provider.observe(State())
    options = [each.fields["currency_options"] for each in observed if each.kind == "price"]
    assert options == [{"gbp": {"tiers": ({"up_to": None, "unit_amount": Decimal(7)},)}}] * 130
    active = [query for query in asked(bench.log) if query["active"] == "true"]
    # The second page is asked with what the first one taught.
    assert [("starting_after" in query, named(query)) for query in active] == [
        (False, []),
        (False, ["gbp"]),
        (True, ["gbp"]),
    ]
    assert all(len([each for each in query if each.startswith("expand")]) <= MOST for query in active)


def test_the_read_before_an_update_knows_the_tiers_of_every_currency(bench: Workbench) -> None:
    bench.apply(catalog(tiered(TWELVE)))
    bench.log.requests.clear()
    renamed = catalog(replace(tiered(TWELVE), nickname="By usage"))
    made = bench.plan(renamed)
    assert actions(made) == {ADDRESS: "update"}
    bench.carry_out(made)
    assert actions(bench.plan(renamed)) == {}


@contextmanager
def reticent(bench: Workbench, *currencies: str) -> Iterator[None]:
    """Stripe does not tell the tiers of some currencies, however they are asked for."""
    inner = bench.log.inner

    class Reticent(stripe.HTTPClient):
        name = "reticent"

        def request(  # type: ignore[override]
            self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
        ) -> tuple[str, int, Mapping[str, str]]:
            body, status, about = inner.request(method, url, headers, post_data)
            answer = json.loads(body)
            for each in answer.get("data", [answer]):
                for code in currencies:
                    (each.get("currency_options") or {}).get(code, {}).pop("tiers", None)
            return json.dumps(answer), status, about

    bench.log.inner = Reticent()
    try:
        yield
    finally:
        bench.log.inner = inner


def test_a_price_of_ours_whose_tiers_are_not_told_is_never_compared(bench: Workbench) -> None:
    wanted = catalog(tiered(TWO))
    bench.apply(wanted)
    with reticent(bench, "usd"), pytest.raises(ProviderError) as refused:
        bench.plan(wanted)
    (told,) = refused.value.diagnostics
    assert told.code == "stripe-incomplete"
    assert "the tiers in usd were asked for by name" in told.detail
    assert actions(bench.plan(wanted)) == {}


def test_a_price_of_others_whose_tiers_are_not_told_is_in_nobodys_way(bench: Workbench) -> None:
    wanted: Catalog = catalog(monthly())
    by_hand(bench)
    with reticent(bench, "gbp"):
        bench.apply(wanted)
        assert actions(bench.plan(wanted)) == {}
