"""Steps as the requests that Stripe is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stripectl.engine.kinds import Phase
from stripectl.engine.steps import Request, Step, Verb
from stripectl.engine.values import Fields, Ref
from stripectl.providers.stripe.requests import outcome_id, request

IDS = {
    "product.pro": "acme-pro",
    "price.pro.monthly": "price_1",
    "meter.calls": "mtr_1",
    "feature.sso": "feat_1",
    "discount.launch": "acme-launch",
    "discount.loyal.1": "acme-loyal_1",
    "code.launch.LAUNCH": "promo_1",
}
MARKS = {"stripectl_catalog": "acme", "stripectl_run": "run-1"}


def asked(
    verb: Verb, kind: str, address: str, fields: Fields | None = None, object_id: str | None = None
) -> Request:
    return spelled(Step(1, Phase.EXPAND, verb, kind, address, object_id, fields or {}))


def spelled(step: Step) -> Request:
    return request(step, IDS, catalog="acme", run="run-1")


def test_a_product_is_created_under_our_id_with_our_marks() -> None:
    fields: Fields = {"name": "Pro", "marketing_features": ("Fast",), "metadata": {"team": "core"}}
    assert asked(Verb.CREATE, "product", "product.pro", fields, "acme-pro") == Request(
        "post",
        "/v1/products",
        {
            "id": "acme-pro",
            "name": "Pro",
            "marketing_features": [{"name": "Fast"}],
            "metadata": {"team": "core", "stripectl_address": "product.pro", **MARKS},
        },
    )


def test_amounts_travel_as_plain_decimal_strings_at_every_depth() -> None:
    tiers: tuple[Fields, ...] = (
        {"up_to": 100, "unit_amount": Decimal(0), "flat_amount": Decimal(500)},
        {"up_to": None, "unit_amount": Decimal("0.0000001")},
    )
    fields: Fields = {
        "product": Ref("product.pro"),
        "currency": "eur",
        "tiers": tiers,
        "currency_options": {"usd": {"tiers": tiers}, "jpy": {"unit_amount": Decimal("1E+3")}},
    }
    params = asked(Verb.CREATE, "price", "price.pro.monthly", fields).params
    sent = [
        {"up_to": 100, "unit_amount_decimal": "0", "flat_amount_decimal": "500"},
        {"up_to": "inf", "unit_amount_decimal": "0.0000001"},
    ]
    assert params["product"] == "acme-pro"
    assert params["tiers"] == sent
    assert params["currency_options"] == {"usd": {"tiers": sent}, "jpy": {"unit_amount_decimal": "1000"}}


def test_a_top_level_amount_is_sent_exactly() -> None:
    params = asked(Verb.CREATE, "price", "price.pro.monthly", {"unit_amount": Decimal("0.04")}).params
    assert params["unit_amount_decimal"] == "0.04"
    assert "unit_amount" not in params


def test_a_price_on_a_meter_is_metered() -> None:
    fields: Fields = {"recurring": {"interval": "month", "meter": Ref("meter.calls")}}
    assert asked(Verb.CREATE, "price", "price.pro.monthly", fields).params["recurring"] == {
        "interval": "month",
        "meter": "mtr_1",
        "usage_type": "metered",
    }


def test_an_amount_of_choice_is_enabled_in_every_currency() -> None:
    fields: Fields = {
        "custom_unit_amount": {},
        "currency_options": {"usd": {"custom_unit_amount": {"minimum": 100}}},
    }
    params = asked(Verb.CREATE, "price", "price.pro.monthly", fields).params
    assert params["custom_unit_amount"] == {"enabled": True}
    assert params["currency_options"] == {"usd": {"custom_unit_amount": {"minimum": 100, "enabled": True}}}


def test_a_lookup_key_is_taken_from_its_holder_when_the_step_says_so() -> None:
    step = Step(
        1,
        Phase.SWITCH,
        Verb.UPDATE,
        "price",
        "price.pro.monthly",
        "price_2",
        {"lookup_key": "pro_monthly"},
        transfer=("lookup_key",),
    )
    assert spelled(step) == Request(
        "post", "/v1/prices/price_2", {"lookup_key": "pro_monthly", "transfer_lookup_key": True}
    )


def test_a_meter_has_no_marks_and_sends_the_sections_that_it_needs() -> None:
    fields: Fields = {"display_name": "Calls", "event_name": "api_calls", "aggregation": "sum"}
    assert asked(Verb.CREATE, "meter", "meter.calls", fields).params == {
        "display_name": "Calls",
        "event_name": "api_calls",
        "default_aggregation": {"formula": "sum"},
    }
    keyed = asked(Verb.CREATE, "meter", "meter.calls", {**fields, "customer_key": "customer"})
    assert keyed.params["customer_mapping"] == {"event_payload_key": "customer", "type": "by_id"}


def test_a_promotion_code_names_its_coupon_in_a_section() -> None:
    fields: Fields = {
        "code": "LAUNCH",
        "coupon": Ref("discount.launch"),
        "first_time_only": True,
        "minimum_amount": 2000,
        "minimum_amount_currency": "eur",
        "currency_options": {"usd": {"minimum_amount": 2200}},
    }
    assert asked(Verb.CREATE, "promotion_code", "code.launch.LAUNCH", fields).params == {
        "code": "LAUNCH",
        "promotion": {"type": "coupon", "coupon": "acme-launch"},
        "restrictions": {
            "first_time_transaction": True,
            "minimum_amount": 2000,
            "minimum_amount_currency": "eur",
            "currency_options": {"usd": {"minimum_amount": 2200}},
        },
        "metadata": {"stripectl_address": "code.launch.LAUNCH", **MARKS},
    }


def test_a_coupon_lists_its_products_in_a_section() -> None:
    fields: Fields = {"percent_off": Decimal("12.5"), "applies_to": (Ref("product.pro"),)}
    params = asked(Verb.CREATE, "coupon", "discount.launch", fields, "acme-launch").params
    assert (params["id"], params["percent_off"]) == ("acme-launch", "12.5")
    assert params["applies_to"] == {"products": ["acme-pro"]}


def test_a_feature_is_attached_below_its_product() -> None:
    fields: Fields = {"product": Ref("product.pro"), "entitlement_feature": Ref("feature.sso")}
    assert asked(Verb.CREATE, "product_feature", "product_feature.pro.sso", fields) == Request(
        "post", "/v1/products/acme-pro/features", {"entitlement_feature": "feat_1"}
    )


def test_a_feature_is_detached_from_the_product_that_its_address_names() -> None:
    assert asked(Verb.REMOVE, "product_feature", "product_feature.pro.sso", None, "prodft_1") == Request(
        "delete", "/v1/products/acme-pro/features/prodft_1", {}
    )


def test_an_update_writes_what_it_is_given_and_clears_with_an_empty_string() -> None:
    fields: Fields = {"description": None, "images": (), "url": "https://x.example"}
    assert asked(Verb.UPDATE, "product", "product.pro", fields) == Request(
        "post", "/v1/products/acme-pro", {"description": "", "images": "", "url": "https://x.example"}
    )


def test_metadata_is_written_key_by_key() -> None:
    fields: Fields = {"metadata": {"kept": "yes", "gone": None}}
    assert asked(Verb.UPDATE, "product", "product.pro", fields).params == {
        "metadata": {"kept": "yes", "gone": ""}
    }


def test_a_metadata_key_may_be_called_like_a_field_of_stripes() -> None:
    fields: Fields = {"metadata": {"unit_amount": "5", "recurring": "no"}}
    assert asked(Verb.UPDATE, "product", "product.pro", fields).params == {
        "metadata": {"unit_amount": "5", "recurring": "no"}
    }


def test_adopting_marks_without_a_run_and_letting_go_takes_every_mark_off() -> None:
    adopt = Step(1, Phase.EXPAND, Verb.UPDATE, "product", "product.pro", "prod_1", mark=True)
    assert spelled(adopt).params == {
        "metadata": {"stripectl_catalog": "acme", "stripectl_address": "product.pro"}
    }
    release = Step(1, Phase.SWITCH, Verb.UPDATE, "product", "product.pro", "prod_1", unmark=True)
    assert spelled(release).params == {
        "metadata": {"stripectl_catalog": "", "stripectl_address": "", "stripectl_run": ""}
    }


@pytest.mark.parametrize(
    ("kind", "address", "expected"),
    [
        ("product", "product.pro", Request("post", "/v1/products/x%2Fy", {"active": False})),
        ("price", "price.pro.monthly", Request("post", "/v1/prices/x%2Fy", {"active": False})),
        ("feature", "feature.sso", Request("post", "/v1/entitlements/features/x%2Fy", {"active": False})),
        ("promotion_code", "code.a.B", Request("post", "/v1/promotion_codes/x%2Fy", {"active": False})),
        ("meter", "meter.calls", Request("post", "/v1/billing/meters/x%2Fy/deactivate", {})),
        ("coupon", "discount.launch", Request("delete", "/v1/coupons/x%2Fy", {})),
    ],
)
def test_each_kind_is_taken_out_of_use_in_its_own_way(kind: str, address: str, expected: Request) -> None:
    assert asked(Verb.REMOVE, kind, address, None, "x/y") == expected


def test_what_was_archived_comes_back() -> None:
    assert asked(Verb.REVIVE, "price", "price.pro.monthly") == Request(
        "post", "/v1/prices/price_1", {"active": True}
    )
    assert asked(Verb.REVIVE, "meter", "meter.calls") == Request(
        "post", "/v1/billing/meters/mtr_1/reactivate", {}
    )


BINDINGS = [
    ("offer.team", "product.pro", "stripectl_offer.team", "/v1/products/acme-pro"),
    ("trial.pro.monthly", "price.pro.monthly", "stripectl_trial", "/v1/prices/price_1"),
    ("discount.loyal", "discount.loyal.1", "stripectl_ladder", "/v1/coupons/acme-loyal_1"),
]


@pytest.mark.parametrize(("address", "host", "key", "path"), BINDINGS)
def test_a_binding_is_a_metadata_key_of_its_host(address: str, host: str, key: str, path: str) -> None:
    fields: Fields = {"host": Ref(host), "key": key, "value": "{}"}
    written = asked(Verb.CREATE, "metadata_binding", address, fields)
    assert written == Request("post", path, {"metadata": {key: "{}"}})
    bound = f"{IDS[host]}#{key}"
    assert outcome_id(written, {"id": IDS[host]}) == bound
    assert asked(Verb.UPDATE, "metadata_binding", address, {"value": "[]"}, bound) == Request(
        "post", path, {"metadata": {key: "[]"}}
    )
    assert asked(Verb.REMOVE, "metadata_binding", address, None, bound) == Request(
        "post", path, {"metadata": {key: ""}}
    )


def test_a_binding_is_removed_from_the_object_that_bears_it_and_not_from_its_successor() -> None:
    removed = Step(
        1,
        Phase.CONTRACT,
        Verb.REMOVE,
        "metadata_binding",
        "trial.pro.monthly",
        "price_old#stripectl_trial",
        before={"host": Ref("price.pro.monthly"), "key": "stripectl_trial"},
    )
    assert spelled(removed).path == "/v1/prices/price_old"


def test_the_id_of_an_outcome_is_the_objects_own_unless_a_binding_was_written() -> None:
    plain = Request("post", "/v1/products/acme-pro", {"metadata": {"team": "core"}})
    assert outcome_id(plain, {"id": "acme-pro"}) == "acme-pro"


def test_a_step_that_refers_to_what_does_not_exist_yet_cannot_be_spelled_out() -> None:
    with pytest.raises(KeyError, match=r"product\.other"):
        asked(Verb.CREATE, "price", "price.other.x", {"product": Ref("product.other")})
