"""Who is still on each price that an address has had, counted in the account as far as it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import stripe

from stripectl.engine.past import Past, pasts
from stripectl.engine.plan import Account, Audience
from stripectl.operations.history import REFUSED, count
from stripectl.pricing.model import Catalog, Moved, Product
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.gateway import API_VERSION
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.provider import StripeProvider
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Clock, Workbench

MONTHLY = "price.pro.monthly"
PRO = Product("pro", "Pro", default_price="monthly")
AMOUNTS = tuple(catalog(PRO, monthly(amount={"eur": D(each)})) for each in (9, 10, 11))


def past(bench: Workbench, address: str = MONTHLY) -> Past:
    (found,) = pasts(address, bench.revisions.all(), KINDS)
    return found


def apply(bench: Workbench, clock: Clock, *every: Catalog) -> None:
    for each in every:
        bench.apply(each)
        clock.advance(60)


def subscribe(bench: Workbench, number: int) -> str:
    """So many subscriptions to the price in force, whose id is returned."""
    price = bench.recorded.ids[MONTHLY]
    for _ in range(number):
        customer = bench.client.v1.customers.create()
        bench.client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
    return price


def test_each_price_is_counted_once_also_where_it_came_back(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, AMOUNTS[0])
    first = subscribe(bench, 2)
    apply(bench, clock, AMOUNTS[1])
    second = subscribe(bench, 1)
    bench.roll_back(1)
    bench.log.requests.clear()
    counts = count(bench.provider, [past(bench)])
    assert [each.object_id for each in past(bench).terms] == [first, second, first]
    assert counts.held == {
        first: Audience(2, monthly={"eur": D(1800)}),
        second: Audience(1, monthly={"eur": D(1000)}),
    }
    assert counts.unknown == ""
    assert sorted(path.partition("?")[0] for _, path in bench.log.requests) == ["/v1/subscriptions"] * 2


def test_a_rename_and_a_new_amount_in_one_apply_are_followed(bench: Workbench, clock: Clock) -> None:
    apply(bench, clock, AMOUNTS[0])
    renamed = catalog(replace(PRO, default_price="month"), monthly("month", amount={"eur": D(10)}))
    apply(bench, clock, replace(renamed, moved=(Moved(MONTHLY, "price.pro.month"),)))
    assert bench.recorded.moved == {MONTHLY: "price.pro.month"}
    found = past(bench, "price.pro.month")
    assert [each.names for each in found.terms] == [(MONTHLY,), ("price.pro.month",)]
    assert past(bench) == found


class Forbidding(stripe.HTTPClient):
    """A key that may not do what is below a path."""

    name = "forbidding"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self.inner = inner
        self.forbidden = "nothing"

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        if self.forbidden in url:
            return '{"error": {"type": "invalid_request_error", "message": "Not for this key"}}', 403, {}
        answered: tuple[str, int, Mapping[str, str]] = self.inner.request(method, url, headers, post_data)
        return answered

    def close(self) -> None:
        self.inner.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("forbidden", "unknown"),
    [
        ("/v1/subscriptions", REFUSED),
        ("/v1/account", "Which account the key opens is not known. GET /v1/account was answered"),
    ],
)
def test_a_refusal_is_told_as_the_reason(
    tmp_path: Path, account: ShadowAccount, clock: Clock, forbidden: str, unknown: str
) -> None:
    made: list[Forbidding] = []

    def wrap(inner: stripe.HTTPClient) -> stripe.HTTPClient:
        made.append(Forbidding(inner))
        return made[0]

    bench = Workbench(tmp_path / "acme", account, clock, wrap=wrap)
    apply(bench, clock, AMOUNTS[0])
    made[0].forbidden = forbidden
    counts = count(StripeProvider(bench.gateway()), [past(bench)])
    assert (counts.held, counts.unknown.startswith(unknown)) == ({}, True)
    assert counts.of("price_1") == Audience(None)


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        (Account("acct_1Other", livemode=False, api_version=API_VERSION), "acct_1Other in test mode"),
        (Account("acct_1Shadow", livemode=True, api_version=API_VERSION), "acct_1Shadow in live mode"),
    ],
)
def test_prices_of_another_account_are_not_asked_for(
    bench: Workbench, clock: Clock, recorded: Account, told: str
) -> None:
    apply(bench, clock, AMOUNTS[0])
    elsewhere = (replace(bench.revisions.get(1), account=recorded),)
    counts = count(bench.provider, pasts(MONTHLY, elsewhere, KINDS))
    assert counts.held == {}
    assert counts.unknown == (
        f"Revision 1 was applied to {told}, and the key opens acct_1Shadow in test mode."
    )
