"""What is known of real accounts, and the switches that turn each answer over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from tests.conftest import Clock
from tests.shadow.test_rules import PRICE, TAKEN, TIERED, made, refusal, send

Open: TypeAlias = Callable[[Behaviour], ShadowAccount]

TIERS = "tiers[0][up_to]=inf&tiers[0][unit_amount]=1"
METER = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum"


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Open]:
    """Makes an account of a behaviour, with a product in it."""
    accounts: list[ShadowAccount] = []

    def opener(behaviour: Behaviour = STRIPES) -> ShadowAccount:
        account = ShadowAccount(
            tmp_path / f"{len(accounts)}.db", clock=clock, account_id="acct_1Shadow", behaviour=behaviour
        )
        accounts.append(account)
        made(account, "products", "id=pro&name=Pro")
        return account

    yield opener
    for account in accounts:
        account.close()


def read(account: ShadowAccount, path: str, form: str = "") -> dict[str, Any]:
    answer = send(account, "GET", path, form)
    assert answer.status == 200, answer.body
    body: dict[str, Any] = json.loads(answer.body)
    return body


def listed(account: ShadowAccount, path: str, form: str = "") -> list[str]:
    return [row["id"] for row in read(account, path, form)["data"]]


def status(account: ShadowAccount, method: str, path: str, form: str = "") -> int:
    return send(account, method, path, form).status


def price(account: ShadowAccount, form: str = "") -> str:
    return str(made(account, "prices", f"{PRICE}&unit_amount=5&{form}")["id"])


# Each probe answers whether the account acts as the switch of its name says.


def clears_default_price(account: ShadowAccount) -> bool:
    default = price(account)
    made(account, "products/pro", f"default_price={default}")
    if status(account, "POST", "products/pro", "default_price=") != 200:
        return False
    return read(account, "products/pro")["default_price"] is None


def clears_nickname(account: ShadowAccount) -> bool:
    one = price(account, "nickname=Monthly")
    if status(account, "POST", f"prices/{one}", "nickname=") != 200:
        return False
    return read(account, f"prices/{one}")["nickname"] is None


def clears_statement_descriptor(account: ShadowAccount) -> bool:
    made(account, "products/pro", "statement_descriptor=ACME")
    if status(account, "POST", "products/pro", "statement_descriptor=") != 200:
        return False
    return read(account, "products/pro")["statement_descriptor"] is None


def frees_event_names(account: ShadowAccount) -> bool:
    meter = made(account, "billing/meters", METER)["id"]
    assert refusal(account, "POST", "billing/meters", METER)[1] == TAKEN
    made(account, f"billing/meters/{meter}/deactivate", "")
    made(account, f"billing/meters/{meter}/reactivate", "")
    made(account, f"billing/meters/{meter}/deactivate", "")
    return status(account, "POST", "billing/meters", METER) == 200


def revives_features(account: ShadowAccount) -> bool:
    feature = made(account, "entitlements/features", "lookup_key=sso&name=SSO")["id"]
    made(account, f"entitlements/features/{feature}", "active=false")
    return status(account, "POST", f"entitlements/features/{feature}", "active=true") == 200


def link_of(account: ShadowAccount, price_id: str) -> str:
    form = f"line_items[0][price]={price_id}&line_items[0][quantity]=1"
    return str(made(account, "payment_links", form)["id"])


def stops_links(account: ShadowAccount) -> bool:
    first, second = link_of(account, one := price(account)), link_of(account, price(account))
    made(account, f"prices/{one}", "active=false")
    after_price = [read(account, f"payment_links/{link}")["active"] for link in (first, second)]
    made(account, "products/pro", "active=false")
    after_product = [read(account, f"payment_links/{link}")["active"] for link in (first, second)]
    assert (after_price, after_product) in (
        ([False, True], [False, False]),
        ([True, True], [True, True]),
    )
    return after_product == [False, False]


def revives_links(account: ShadowAccount) -> bool:
    link = link_of(account, one := price(account))
    for active in ("false", "true"):
        made(account, f"prices/{one}", f"active={active}")
    return read(account, f"payment_links/{link}")["active"] is True


def frees_coupon_ids(account: ShadowAccount) -> bool:
    made(account, "coupons", "id=launch&percent_off=5")
    assert status(account, "DELETE", "coupons/launch") == 200
    return status(account, "POST", "coupons", "id=launch&percent_off=5") == 200


def strips_meter_names(account: ShadowAccount) -> bool:
    meter = made(account, "billing/meters", METER.replace("Calls", " Calls "))
    renamed = made(account, f"billing/meters/{meter['id']}", "display_name= API calls ")
    assert (meter["display_name"] == "Calls") is (renamed["display_name"] == "API calls")
    return str(meter["display_name"]) == "Calls"


def strips_feature_names(account: ShadowAccount) -> bool:
    feature = made(account, "entitlements/features", "lookup_key=sso&name= SSO ")
    renamed = made(account, f"entitlements/features/{feature['id']}", "name= Single ")
    assert (feature["name"] == "SSO") is (renamed["name"] == "Single")
    return str(feature["name"]) == "SSO"


def strips_names(account: ShadowAccount) -> bool:
    product = made(
        account,
        "products",
        "name= Pro\t&statement_descriptor= ACME &marketing_features[0][name]= Fast \n"
        "&description= Fast &unit_label= seat &metadata[a]= b ",
    )
    assert (product["description"], product["unit_label"], product["metadata"]) == (
        " Fast ",
        " seat ",
        {"a": " b "},
    )
    renamed = made(account, "products/pro", "name= Pro Max ")
    one = read(account, f"prices/{price(account, 'nickname= Monthly ')}")
    texts = (
        product["name"],
        product["statement_descriptor"],
        product["marketing_features"][0]["name"],
        renamed["name"],
        one["nickname"],
    )
    stripped = ("Pro", "ACME", "Fast", "Pro Max", "Monthly")
    assert texts in (stripped, (" Pro\t", " ACME ", " Fast \n", " Pro Max ", " Monthly "))
    return texts == stripped


def frees_feature_keys(account: ShadowAccount) -> bool:
    feature = made(account, "entitlements/features", "lookup_key=sso&name=SSO")["id"]
    made(account, f"entitlements/features/{feature}", "active=false")
    return status(account, "POST", "entitlements/features", "lookup_key=sso&name=New") == 200


def keeps_archived_lookup_keys(account: ShadowAccount) -> bool:
    price(account, "lookup_key=monthly&active=false")
    return status(account, "POST", "prices", f"{PRICE}&unit_amount=5&lookup_key=monthly") == 400


def transfers_from_archived(account: ShadowAccount) -> bool:
    old = price(account, "lookup_key=monthly&active=false")
    form = f"{PRICE}&unit_amount=5&lookup_key=monthly&transfer_lookup_key=true"
    if status(account, "POST", "prices", form) != 200:
        return False
    return read(account, f"prices/{old}")["lookup_key"] is None


def guards_default_price(account: ShadowAccount) -> bool:
    default = price(account)
    made(account, "products/pro", f"default_price={default}")
    return status(account, "POST", f"prices/{default}", "active=false") == 400


def refuses_one_time_tiers(account: ShadowAccount) -> bool:
    return (
        status(account, "POST", "prices", f"{TIERED}&{TIERS}".replace("recurring[interval]=month&", ""))
        == 400
    )


def repeats_base_currency(account: ShadowAccount) -> bool:
    one = price(account, "currency_options[usd][unit_amount]=6")
    options = read(account, f"prices/{one}", "expand[0]=currency_options")["currency_options"]
    assert options["usd"]["unit_amount"] == 6
    return "eur" in options


def expands_by_currency(account: ShadowAccount) -> bool:
    dollars = f"{TIERS}&{TIERS}".replace("tiers", "currency_options[usd][tiers]")
    one = made(account, "prices", f"{TIERED}&{TIERS}&{dollars}")["id"]
    for path, form in ((f"prices/{one}", "expand[0]="), ("prices", "expand[0]=data.")):
        named = options_of(account, path, f"{form}currency_options.usd.tiers")
        assert ("tiers" in named["usd"], "tiers" in named["eur"]) == (True, False)
    short = [
        "tiers" in option
        for path, form in ((f"prices/{one}", "expand[0]="), ("prices", "expand[0]=data."))
        for option in options_of(account, path, f"{form}currency_options.tiers").values()
    ]
    assert short in ([False] * 4, [True] * 4)
    return short == [False] * 4


def options_of(account: ShadowAccount, path: str, form: str) -> dict[str, Any]:
    body = read(account, path, form)
    options: dict[str, Any] = (body["data"][0] if "data" in body else body)["currency_options"]
    return options


def hides_archived_prices(account: ShadowAccount) -> bool:
    old = price(account, "active=false")
    assert listed(account, "prices", "active=false") == [old]
    return old not in listed(account, "prices")


def clamps_limit(account: ShadowAccount) -> bool:
    made(account, "products", "id=basic&name=Basic")
    if status(account, "GET", "products", "limit=0") != 200:
        return False
    assert listed(account, "products", "limit=-3") == listed(account, "products", "limit=0") == ["basic"]
    return listed(account, "products", "limit=101") == ["basic", "pro"]


def keeps_cursors(account: ShadowAccount) -> bool:
    for name in ("a", "b", "c"):
        made(account, "products", f"id={name}&name=P")
    assert status(account, "DELETE", "products/b") == 200
    if status(account, "GET", "products", "starting_after=b") != 200:
        return False
    after = listed(account, "products", "starting_after=b"), listed(account, "products", "ending_before=b")
    assert status(account, "GET", "products", "starting_after=never") == 400
    return after == (["a", "pro"], ["c"])


PROBES: dict[str, Callable[[ShadowAccount], bool]] = {
    probe.__name__: probe
    for probe in (
        clears_default_price,
        clears_nickname,
        clears_statement_descriptor,
        frees_event_names,
        revives_features,
        revives_links,
        frees_coupon_ids,
        strips_meter_names,
        strips_feature_names,
        strips_names,
        stops_links,
        frees_feature_keys,
        keeps_archived_lookup_keys,
        transfers_from_archived,
        guards_default_price,
        refuses_one_time_tiers,
        expands_by_currency,
        repeats_base_currency,
        hides_archived_prices,
        clamps_limit,
        keeps_cursors,
    )
}
SWITCHES = [field.name for field in fields(Behaviour)]


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("on", [True, False])
def test_a_switch_decides_what_the_account_does(opened: Open, switch: str, on: bool) -> None:
    assert PROBES[switch](opened(Behaviour(**{switch: on}))) is on


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_account_acts_as_stripe_does_as_far_as_that_is_known(opened: Open, switch: str) -> None:
    known = {
        "clears_default_price",
        "strips_names",
        "stops_links",
        "frees_feature_keys",
        "keeps_archived_lookup_keys",
        "transfers_from_archived",
        "guards_default_price",
        "refuses_one_time_tiers",
        "expands_by_currency",
        "repeats_base_currency",
        "hides_archived_prices",
        "clamps_limit",
        "keeps_cursors",
    }
    unsettled = {"frees_event_names", "frees_coupon_ids"}
    assert PROBES[switch](opened(STRIPES)) is (switch in known | unsettled)


def test_an_archived_product_takes_active_prices(opened: Open) -> None:
    account = opened(STRIPES)
    made(account, "products/pro", "active=false")
    assert made(account, "prices", f"{PRICE}&unit_amount=5")["active"] is True


def test_a_lookup_key_that_was_cleared_is_free(opened: Open) -> None:
    account = opened(STRIPES)
    old = price(account, "lookup_key=monthly")
    assert made(account, f"prices/{old}", "lookup_key=")["lookup_key"] is None
    price(account, "lookup_key=monthly")


def test_a_name_of_blanks_is_refused_as_an_empty_one(opened: Open) -> None:
    found = refusal(opened(STRIPES), "POST", "products", "name=  ")
    assert found[:3] == (400, "parameter_invalid_empty", "name")


@pytest.mark.parametrize(
    ("path", "form", "param"),
    [
        ("prices", "product=pro&currency=ugx&unit_amount=5", "unit_amount"),
        ("prices", "product=pro&currency=isk&unit_amount_decimal=100.5", "unit_amount_decimal"),
        (
            "prices",
            f"{PRICE}&unit_amount=5&currency_options[ugx][unit_amount]=150",
            "currency_options[ugx][unit_amount]",
        ),
        (
            "prices",
            "product=pro&currency=isk&custom_unit_amount[enabled]=true&custom_unit_amount[preset]=150",
            "custom_unit_amount[preset]",
        ),
        (
            "prices",
            f"{TIERED}&tiers[0][up_to]=inf&tiers[0][flat_amount]=50".replace("eur", "isk"),
            "tiers[0][flat_amount]",
        ),
        ("coupons", "amount_off=50&currency=ugx", "amount_off"),
    ],
)
def test_currencies_without_a_minor_unit_take_no_fraction(
    opened: Open, path: str, form: str, param: str
) -> None:
    found = refusal(opened(STRIPES), "POST", path, form)
    assert found[:3] == (400, None, param)
    assert "last two digits" in found[3]


def test_currencies_without_a_minor_unit_are_sent_with_two_decimals(opened: Open) -> None:
    account = opened(STRIPES)
    assert made(account, "prices", "product=pro&currency=ugx&unit_amount=500")["unit_amount"] == 500
    assert made(account, "coupons", "amount_off=500&currency=isk")["amount_off"] == 500


@pytest.mark.parametrize(
    ("path", "form", "param"),
    [
        ("prices", f"{PRICE}&unit_amount=5&currency_options[USD][unit_amount]=5", "currency_options"),
        ("prices", "product=pro&currency=EUR&unit_amount=5", "currency"),
        ("coupons", "amount_off=5&currency=EUR", "currency"),
    ],
)
def test_currencies_are_written_in_lower_case(opened: Open, path: str, form: str, param: str) -> None:
    assert refusal(opened(STRIPES), "POST", path, form)[:3] == (400, None, param)
