"""What the account refuses, rule by rule: Stripe's code, the parameter, and a message that names the rule."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from stripe import StripeClient

from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.conftest import KEY, NOON, Clock

AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
YEARS = 366 * 86400


def send(account: ShadowAccount, method: str, path: str, form: str = "", **headers: str) -> Answer:
    """A request as it goes over the wire, so that also what the SDK would not send can be sent."""
    text = "&".join(
        "=".join(quote(part, safe="[]") for part in pair.split("=", 1)) for pair in form.split("&") if pair
    )
    query, body = ("", text) if method == "POST" else (text, "")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return account.handle(method, f"/v1/{path}", query, body, AUTHORIZED | named)


def made(account: ShadowAccount, path: str, form: str) -> dict[str, Any]:
    answer = send(account, "POST", path, form)
    assert answer.status == 200, answer.body
    body: dict[str, Any] = json.loads(answer.body)
    return body


def refusal(account: ShadowAccount, method: str, path: str, form: str = "") -> tuple[int, Any, Any, str]:
    """Status, code, parameter, message."""
    answer = send(account, method, path, form)
    problem = json.loads(answer.body)["error"]
    return answer.status, problem.get("code"), problem.get("param"), problem["message"]


@pytest.fixture
def catalog(account: ShadowAccount) -> ShadowAccount:
    """An account with a bit of everything."""
    made(account, "products", "id=pro&name=Pro")
    made(account, "products", "id=basic&name=Basic")
    made(account, "prices", "product=pro&currency=eur&unit_amount=100&lookup_key=taken")
    made(account, "billing/meters", "display_name=C&event_name=calls&default_aggregation[formula]=sum")
    made(account, "entitlements/features", "lookup_key=sso&name=SSO")
    made(account, "coupons", f"id=launch&percent_off=20&max_redemptions=10&redeem_by={NOON + 1000}")
    made(account, "promotion_codes", "promotion[type]=coupon&promotion[coupon]=launch&code=HELLO")
    made(account, "customers", "name=Ada")
    return account


MISSING, TAKEN, DEEP = "parameter_missing", "resource_already_exists", "property_expansion_max_depth"
INTEGER, GONE = "parameter_invalid_integer", "resource_missing"
CODE = "promotion[type]=coupon&promotion[coupon]=launch"
PRICE = "product=pro&currency=eur"
TIERED = f"{PRICE}&recurring[interval]=month&billing_scheme=tiered&tiers_mode=volume"

REFUSED = [
    # parameters
    ("POST", "products", "name=A&colour=red", "parameter_unknown", "colour", "unknown parameter: colour"),
    ("POST", "products", "", MISSING, "name", "Missing required param: name"),
    ("POST", "products", "name=", "parameter_invalid_empty", "name", "cannot be unset"),
    ("POST", "products", "name=A&active=maybe", None, "active", "Invalid boolean: maybe"),
    ("POST", "products", "name=A&images=x", None, "images", "Invalid array"),
    ("POST", "products", "name[a]=A", None, "name", "hash"),
    ("POST", "products", "name=A&name[a]=A", None, "name[a]", "both as a value and as a hash"),
    ("POST", "products", f"name={'x' * 5001}", None, "name", "at most 5000"),
    ("POST", "products", f"name=A&unit_label={'x' * 13}", None, "unit_label", "at most 12"),
    (
        "POST",
        "products",
        f"name=A&{'&'.join(f'images[{i}]=https://a.b' for i in range(9))}",
        None,
        "images",
        "8",
    ),
    ("POST", "products", f"name=A&url=https://a.b/{'x' * 799}", None, "url", "at most 799"),
    ("POST", "products", f"name=A&images[0]=https://a.b/{'x' * 2048}", None, "images[0]", "at most 2048"),
    ("POST", "products", "name=A&url=pro", "url_invalid", "url", "Not a valid URL"),
    ("POST", "products", "name=A&tax_code=abc", GONE, "tax_code", "No such tax code"),
    ("POST", "products", "name=A&statement_descriptor=A*", None, "statement_descriptor", "none of"),
    ("POST", "products", "name=A&tax_details[tax_code]=x", None, "tax_details", "does not carry out"),
    ("POST", "prices", f"{PRICE}&unit_amount=1.5", INTEGER, "unit_amount", "Invalid integer: 1.5"),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount_decimal=1E-7",
        None,
        "unit_amount_decimal",
        "without an exponent",
    ),
    ("POST", "prices", f"{PRICE}&unit_amount=-1", INTEGER, "unit_amount", "greater than or equal to 0"),
    (
        "POST",
        "prices",
        f"{PRICE}&tax_behavior=odd",
        None,
        "tax_behavior",
        "exclusive, inclusive or unspecified",
    ),
    ("POST", "prices", f"{PRICE}&recurring=month", None, "recurring", "Invalid object"),
    ("POST", "prices", f"{PRICE}&recurring[interval_count]=2", MISSING, "recurring[interval]", "Missing"),
    ("POST", "prices", f"{PRICE}&lookup_key={'k' * 201}", None, "lookup_key", "at most 200"),
    ("POST", "coupons", f"percent_off=5&name={'x' * 41}", None, "name", "at most 40"),
    ("POST", "entitlements/features", f"name=A&lookup_key={'x' * 81}", None, "lookup_key", "80"),
    ("POST", "products", f"name=A&metadata[{'k' * 41}]=v", None, f"metadata[{'k' * 41}]", "1 to 40"),
    ("POST", "products", f"name=A&metadata[k]={'v' * 501}", None, "metadata[k]", "up to 500"),
    (
        "POST",
        "products",
        f"name=A&{'&'.join(f'metadata[k{i}]=v' for i in range(51))}",
        None,
        "metadata",
        "50",
    ),
    # lists and expansion
    ("GET", "prices", "limit=abc", INTEGER, "limit", "Invalid integer: abc"),
    ("GET", "prices", "starting_after=price_x", GONE, "starting_after", "No such price: 'price_x'"),
    ("GET", "prices", "starting_after=a&ending_before=b", None, None, "pass in only one"),
    (
        "GET",
        "prices",
        f"{'&'.join(f'lookup_keys[{i}]=k' for i in range(11))}",
        None,
        "lookup_keys",
        "at most 10",
    ),
    (
        "GET",
        "prices",
        "expand[0]=data.colour",
        None,
        "expand",
        "This property cannot be expanded (data.colour).",
    ),
    ("GET", "prices", "expand[0]=tiers", None, "expand", "This property cannot be expanded (tiers)."),
    ("GET", "products/pro", "expand[0]=a.b.c.d.e", DEEP, None, "more than 4 levels"),
    ("GET", "subscriptions", "test_clock=x", None, "test_clock", "does not filter"),
    ("GET", "events", "type=a&types[0]=b", None, "type", "only specify one"),
    # products
    ("POST", "products", "id=pro&name=A", TAKEN, "id", "Product already exists."),
    (
        "DELETE",
        "products/pro",
        "",
        None,
        None,
        "This product cannot be deleted because it has one or more user-created prices",
    ),
    ("POST", "products/pro", "default_price=price_x", GONE, "default_price", "No such price"),
    ("POST", "products/pro/features", "entitlement_feature=feat_x", GONE, "entitlement_feature", "No such"),
    # prices
    ("POST", "prices", "currency=eur&unit_amount=1", None, None, "`product` or `product_data`"),
    ("POST", "prices", "product=x&currency=eur&unit_amount=1", GONE, "product", "No such product: 'x'"),
    ("POST", "prices", "product=pro&currency=xyz&unit_amount=1", None, "currency", "Invalid currency"),
    ("POST", "prices", PRICE, None, None, "require an `unit_amount`"),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount=1&unit_amount_decimal=1",
        None,
        "unit_amount",
        "only specify",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount=1&custom_unit_amount[enabled]=true",
        None,
        "custom_unit_amount",
        "only specify",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount_decimal=0.{'1' * 13}",
        None,
        "unit_amount_decimal",
        "maximum 12",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&custom_unit_amount[enabled]=false",
        None,
        "custom_unit_amount[enabled]",
        "true",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&custom_unit_amount[enabled]=true&custom_unit_amount[minimum]=5&custom_unit_amount[maximum]=1",
        None,
        "custom_unit_amount[preset]",
        "increasing order",
    ),
    ("POST", "prices", f"{PRICE}&unit_amount=1&lookup_key=taken", None, "lookup_key", "already uses that"),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount=1&recurring[interval]=month&recurring[interval_count]=37",
        None,
        "recurring[interval_count]",
        "longer than three years",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount=1&recurring[interval]=month&recurring[usage_type]=metered",
        None,
        None,
        "must be backed by meters",
    ),
    ("POST", "prices", f"{PRICE}&unit_amount=1&tiers[0][up_to]=inf", None, "tiers", "billing_scheme"),
    ("POST", "prices", TIERED, MISSING, "tiers", "Missing"),
    ("POST", "prices", f"{TIERED}&tiers[0][up_to]=inf&unit_amount=1", None, "unit_amount", "tiered price"),
    ("POST", "prices", f"{TIERED}&tiers[0][up_to]=inf", None, "tiers[0]", "Each tier"),
    (
        "POST",
        "prices",
        f"{TIERED}&tiers[0][up_to]=5&tiers[0][unit_amount]=1",
        None,
        "tiers[0][up_to]",
        "`inf`",
    ),
    (
        "POST",
        "prices",
        f"{TIERED}&tiers[0][up_to]=inf&tiers[0][flat_amount_decimal]=1.5",
        None,
        "tiers[0][flat_amount_decimal]",
        "maximum 0 decimal",
    ),
    (
        "POST",
        "prices",
        f"{TIERED}&tiers[0][up_to]=5&tiers[0][unit_amount]=1&tiers[1][up_to]=5&tiers[1][unit_amount]=1"
        "&tiers[2][up_to]=inf&tiers[2][unit_amount]=1",
        None,
        "tiers[1][up_to]",
        "increasing",
    ),
    (
        "POST",
        "prices",
        f"{TIERED}&tiers[0][up_to]=inf&tiers[0][unit_amount]=1"
        "&transform_quantity[divide_by]=2&transform_quantity[round]=up",
        None,
        "tiers",
        "only specify one",
    ),
    (
        "POST",
        "prices",
        f"{PRICE}&unit_amount=1&currency_options[eur][unit_amount]=1",
        None,
        "currency_options[eur]",
        "own currency",
    ),
    (
        "POST",
        "prices",
        f"{TIERED}&tiers[0][up_to]=inf&tiers[0][unit_amount]=1&currency_options[usd][unit_amount]=1",
        None,
        "currency_options[usd]",
        "needs `tiers`",
    ),
    # meters and features
    (
        "POST",
        "billing/meters",
        "display_name=D&event_name=calls&default_aggregation[formula]=sum",
        TAKEN,
        "event_name",
        "`calls` already exists",
    ),
    ("POST", "entitlements/features", "lookup_key=sso&name=Again", TAKEN, "lookup_key", "already exists"),
    # coupons
    ("POST", "coupons", "", MISSING, None, "Must provide percent_off or amount_off"),
    ("POST", "coupons", "percent_off=5&amount_off=5", None, None, "pass in only one"),
    ("POST", "coupons", "percent_off=101", None, "percent_off", "less than or equal to 100"),
    ("POST", "coupons", "percent_off=0", None, "percent_off", "0.01 (it currently is '0.0')"),
    ("POST", "coupons", "percent_off=33.333", None, "percent_off", "maximum 2 decimal"),
    ("POST", "coupons", "amount_off=0&currency=eur", INTEGER, "amount_off", "greater than or equal to 1"),
    ("POST", "coupons", "amount_off=5", None, "currency", "must pass currency"),
    ("POST", "coupons", "percent_off=5&duration=repeating", None, "duration", "duration_in_months param"),
    ("POST", "coupons", "percent_off=5&duration_in_months=3", None, "duration_in_months", "repeating"),
    ("POST", "coupons", f"percent_off=5&redeem_by={NOON}", None, "redeem_by", "future"),
    ("POST", "coupons", f"percent_off=5&redeem_by={NOON + 6 * YEARS}", None, "redeem_by", "five years"),
    ("POST", "coupons", "percent_off=5&id=launch", TAKEN, "id", "Coupon already exists."),
    ("POST", "coupons", "percent_off=5&applies_to[products][0]=x", GONE, "applies_to[products]", "No such"),
    (
        "POST",
        "coupons",
        "percent_off=5&currency_options[usd][amount_off]=5",
        None,
        "currency_options",
        "only specify one of these parameters: currency_options, percent_off",
    ),
    # promotion codes
    ("POST", "promotion_codes", "code=A", MISSING, "promotion", "Missing"),
    ("POST", "promotion_codes", "promotion[type]=coupon", MISSING, "promotion[coupon]", "Missing"),
    (
        "POST",
        "promotion_codes",
        "promotion[type]=coupon&promotion[coupon]=x",
        GONE,
        "promotion[coupon]",
        "No such coupon",
    ),
    ("POST", "promotion_codes", f"{CODE}&code=10 %25", None, "code", "letters, digits and dashes"),
    ("POST", "promotion_codes", f"{CODE}&code=hello", TAKEN, "code", "An active promotion code with"),
    ("POST", "promotion_codes", f"{CODE}&max_redemptions=11", None, "max_redemptions", "10 of the coupon"),
    ("POST", "promotion_codes", f"{CODE}&expires_at={NOON + 1001}", None, "expires_at", "redeem_by"),
    ("POST", "promotion_codes", f"{CODE}&expires_at={NOON + 6 * YEARS}", None, "expires_at", "five years"),
    (
        "POST",
        "promotion_codes",
        f"{CODE}&restrictions[minimum_amount]=5",
        MISSING,
        "restrictions[minimum_amount_currency]",
        "Missing",
    ),
    # what is bought
    ("POST", "subscriptions", "items[0][price]=x", MISSING, "customer", "Missing"),
    ("POST", "subscriptions", "customer=cus_x&items[0][price]=x", GONE, "customer", "No such customer"),
    ("POST", "customers", "test_clock=x", None, "test_clock", "does not carry out"),
]


@pytest.mark.parametrize(
    ("method", "path", "form", "code", "param", "words"),
    REFUSED,
    ids=[f"{number}-{row[1]}-{row[4]}" for number, row in enumerate(REFUSED)],
)
def test_a_request_against_a_rule_is_refused_with_code_and_parameter(
    catalog: ShadowAccount, method: str, path: str, form: str, code: str | None, param: str | None, words: str
) -> None:
    status, found_code, found_param, message = refusal(catalog, method, path, form)
    assert (status, found_code, found_param) == (400, code, param)
    assert words in message


@pytest.mark.parametrize(
    "field", ["unit_amount", "currency", "recurring[interval]", "product", "tiers[0][up_to]"]
)
def test_what_a_price_costs_cannot_be_updated(catalog: ShadowAccount, field: str) -> None:
    price = json.loads(send(catalog, "GET", "prices").body)["data"][0]["id"]
    status, code, param, _ = refusal(catalog, "POST", f"prices/{price}", f"{field}=1")
    assert (status, code, param) == (400, "parameter_unknown", field.partition("[")[0])


def test_a_refused_request_leaves_nothing_behind(catalog: ShadowAccount) -> None:
    before = send(catalog, "GET", "events", "limit=100").body
    form = "product_data[name]=Stray&currency=eur&unit_amount=1&lookup_key=taken"
    assert refusal(catalog, "POST", "prices", form)[2] == "lookup_key"
    assert send(catalog, "GET", "events", "limit=100").body == before
    assert [p["id"] for p in json.loads(send(catalog, "GET", "products").body)["data"]] == ["basic", "pro"]


def test_a_lookup_key_moves_to_the_price_that_asks_for_its_transfer(client: StripeClient) -> None:
    client.v1.products.create({"id": "pro", "name": "Pro"})
    flat: Any = {"product": "pro", "currency": "eur", "unit_amount": 1, "lookup_key": "k"}
    old = client.v1.prices.create(flat)
    new = client.v1.prices.create(flat | {"transfer_lookup_key": True})
    assert client.v1.prices.retrieve(old.id).lookup_key is None
    assert [price.id for price in client.v1.prices.list({"lookup_keys": ["k"]}).data] == [new.id]
    client.v1.prices.update(old.id, {"lookup_key": "k", "transfer_lookup_key": True})
    assert client.v1.prices.retrieve(new.id).lookup_key is None


def test_the_default_price_of_a_product_cannot_be_archived(catalog: ShadowAccount) -> None:
    price = made(catalog, "prices", f"{PRICE}&unit_amount=5")["id"]
    made(catalog, "products/pro", f"default_price={price}")
    assert refusal(catalog, "POST", f"prices/{price}", "active=false") == (
        400,
        None,
        "active",
        "This price cannot be archived because it is the default price of its product.",
    )


def test_a_default_price_is_active_and_of_its_own_product(catalog: ShadowAccount) -> None:
    other = made(catalog, "prices", "product=basic&currency=eur&unit_amount=5")["id"]
    assert "belongs to `basic`" in refusal(catalog, "POST", "products/pro", f"default_price={other}")[3]
    old = made(catalog, "prices", f"{PRICE}&unit_amount=5&active=false")["id"]
    assert "inactive" in refusal(catalog, "POST", "products/pro", f"default_price={old}")[3]


def test_a_product_with_an_archived_price_cannot_be_deleted(catalog: ShadowAccount) -> None:
    made(catalog, "prices", "product=basic&currency=eur&unit_amount=5&active=false")
    assert "user-created prices" in refusal(catalog, "DELETE", "products/basic")[3]


def test_a_tax_behaviour_is_set_once(catalog: ShadowAccount) -> None:
    price = made(catalog, "prices", f"{PRICE}&unit_amount=5")["id"]
    made(catalog, f"prices/{price}", "tax_behavior=inclusive")
    made(catalog, f"prices/{price}", "tax_behavior=inclusive")
    for word in ("exclusive", "unspecified"):
        assert refusal(catalog, "POST", f"prices/{price}", f"tax_behavior={word}")[2] == "tax_behavior"


def test_a_deactivated_meter_takes_no_new_price_and_frees_its_event_name(catalog: ShadowAccount) -> None:
    meter = json.loads(send(catalog, "GET", "billing/meters").body)["data"][0]["id"]
    made(catalog, f"billing/meters/{meter}/deactivate", "")
    metered = f"recurring[interval]=month&recurring[usage_type]=metered&recurring[meter]={meter}"
    found = refusal(catalog, "POST", "prices", f"{PRICE}&unit_amount=1&{metered}")
    assert found[2] == "recurring[meter]"
    assert "inactive" in found[3]
    made(catalog, "billing/meters", "display_name=D&event_name=calls&default_aggregation[formula]=sum")
    assert refusal(catalog, "POST", f"billing/meters/{meter}/reactivate")[1] == TAKEN


def test_an_archived_feature_stays_archived_and_frees_its_lookup_key(catalog: ShadowAccount) -> None:
    feature = json.loads(send(catalog, "GET", "entitlements/features").body)["data"][0]["id"]
    made(catalog, f"entitlements/features/{feature}", "active=false")
    assert refusal(catalog, "POST", f"entitlements/features/{feature}", "active=true")[2] == "active"
    assert made(catalog, "entitlements/features", "lookup_key=sso&name=New")["id"] != feature
    assert refusal(catalog, "POST", "entitlements/features", "lookup_key=sso&name=New")[1] == TAKEN
    form = f"entitlement_feature={feature}"
    assert "archived" in refusal(catalog, "POST", "products/pro/features", form)[3]


def test_a_feature_is_attached_to_a_product_once(catalog: ShadowAccount) -> None:
    feature = json.loads(send(catalog, "GET", "entitlements/features").body)["data"][0]["id"]
    made(catalog, "products/pro/features", f"entitlement_feature={feature}")
    found = refusal(catalog, "POST", "products/pro/features", f"entitlement_feature={feature}")
    assert found[:3] == (400, TAKEN, "entitlement_feature")


def test_deleting_a_coupon_stops_its_codes_for_good(catalog: ShadowAccount) -> None:
    code = json.loads(send(catalog, "GET", "promotion_codes").body)["data"][0]["id"]
    send(catalog, "DELETE", "coupons/launch")
    assert json.loads(send(catalog, "GET", f"promotion_codes/{code}").body)["active"] is False
    assert "coupon was deleted" in refusal(catalog, "POST", f"promotion_codes/{code}", "active=true")[3]


def test_a_code_is_not_reactivated_while_another_bears_its_text(catalog: ShadowAccount) -> None:
    old = json.loads(send(catalog, "GET", "promotion_codes").body)["data"][0]["id"]
    made(catalog, f"promotion_codes/{old}", "active=false")
    made(catalog, "promotion_codes", f"{CODE}&code=Hello")
    assert refusal(catalog, "POST", f"promotion_codes/{old}", "active=true")[1] == TAKEN


def test_a_coupon_and_its_code_expire_by_the_clock(catalog: ShadowAccount, clock: Clock) -> None:
    made(catalog, "promotion_codes", f"{CODE}&code=SOON&expires_at={NOON + 10}")
    clock.advance(10)
    codes = json.loads(send(catalog, "GET", "promotion_codes", "active=true").body)["data"]
    assert [code["code"] for code in codes] == ["HELLO"]
    made(catalog, "promotion_codes", f"{CODE}&code=soon")
    clock.advance(990)
    assert json.loads(send(catalog, "GET", "coupons/launch").body)["valid"] is False
    assert refusal(catalog, "POST", "promotion_codes", CODE)[1] == "coupon_expired"


def test_metadata_counts_what_is_there_after_the_update(catalog: ShadowAccount) -> None:
    made(catalog, "products/pro", "&".join(f"metadata[k{number}]=v" for number in range(50)))
    assert refusal(catalog, "POST", "products/pro", "metadata[more]=v")[2] == "metadata"
    assert len(made(catalog, "products/pro", "metadata[more]=v&metadata[k0]=")["metadata"]) == 50
    assert made(catalog, "products/pro", "metadata=")["metadata"] == {}


def test_a_change_that_changes_nothing_makes_no_event(catalog: ShadowAccount) -> None:
    before = send(catalog, "GET", "events", "limit=100").body
    made(catalog, "products/pro", "name=Pro")
    assert send(catalog, "GET", "events", "limit=100").body == before


def test_a_subscription_takes_active_recurring_prices_of_one_currency(catalog: ShadowAccount) -> None:
    customer = json.loads(send(catalog, "GET", "customers").body)["data"][0]["id"]
    once = json.loads(send(catalog, "GET", "prices").body)["data"][0]["id"]
    monthly = f"{PRICE}&unit_amount=5&recurring[interval]=month"
    euro = made(catalog, "prices", monthly)["id"]
    dollar = made(catalog, "prices", monthly.replace("eur", "usd"))["id"]
    old = made(catalog, "prices", f"{monthly}&active=false")["id"]

    def message(*prices: str) -> str:
        items = "&".join(f"items[{index}][price]={price}" for index, price in enumerate(prices))
        return refusal(catalog, "POST", "subscriptions", f"customer={customer}&{items}")[3]

    assert "type=one_time" in message(once)
    assert "inactive" in message(old)
    assert "same currency" in message(euro, dollar)
    assert "same price" in message(euro, euro)


def test_pages_cover_everything_once_in_both_directions(client: StripeClient) -> None:
    for number in range(23):
        client.v1.products.create({"id": f"p{number:02}", "name": "P"})
    newest_first = [f"p{number:02}" for number in reversed(range(23))]
    listed = client.v1.products.list({"limit": 5})
    assert listed.has_more is True
    assert [product.id for product in listed.auto_paging_iter()] == newest_first
    before = client.v1.products.list({"limit": 5, "ending_before": "p10"})
    assert [product.id for product in before.data] == ["p15", "p14", "p13", "p12", "p11"]
    assert before.has_more is True
    assert len(client.v1.products.list().data) == 10


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 401, "did not provide an API key"),
        ({"Authorization": "Bearer "}, 401, "did not provide an API key"),
        ({"Authorization": "Bearer sk_live_51Secret"}, 401, "test keys only"),
        ({"Authorization": "Basic c2tfdGVzdF9hOg=="}, 200, ""),
        ({"Authorization": "Basic ???"}, 401, "did not provide an API key"),
        ({"Authorization": "Bearer sk_test_x", "Stripe-Account": "acct_1Shadow"}, 200, ""),
        ({"Authorization": "Bearer rk_test_Secret", "Stripe-Account": "acct_other"}, 403, "'rk_test_****'"),
    ],
)
def test_only_test_keys_of_this_account_are_let_in(
    account: ShadowAccount, headers: dict[str, str], status: int, words: str
) -> None:
    answer = account.handle("GET", "/v1/account", "", "", headers)
    assert answer.status == status
    assert words in answer.body
    assert "Secret" not in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "invoices"), ("GET", "products/"), ("DELETE", "prices/price_1"), ("PUT", "prices")],
)
def test_an_unknown_endpoint_is_not_found(account: ShadowAccount, method: str, path: str) -> None:
    status, _, _, message = refusal(account, method, path)
    assert status == 404
    assert f"({method}: /v1/{path})" in message


def test_another_account_is_refused_by_its_id(account: ShadowAccount) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Stripe-Account": "acct_other"}
    error = json.loads(account.handle("POST", "/v1/products", "", "name=A", headers).body)["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "account_invalid")
    assert "'acct_other' (or that account does not exist)" in error["message"]


def test_every_answer_bears_a_request_id(account: ShadowAccount) -> None:
    for path in ("account", "products/none", "nowhere"):
        assert send(account, "GET", path).headers["Request-Id"].startswith("req_")
