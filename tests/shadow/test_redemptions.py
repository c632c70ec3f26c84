"""Codes and coupons that end by themselves: by the clock, by redemptions, and with each other."""

from __future__ import annotations

import pytest
import stripe
from stripe import StripeClient

from tests.conftest import NOON, Clock

DAY = 24 * 3600


def a_price(client: StripeClient) -> str:
    product = client.v1.products.create({"name": "Pro"}).id
    made = client.v1.prices.create(
        {"product": product, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    return made.id


def a_code(client: StripeClient, coupon: str, **more: object) -> str:
    promotion = {"type": "coupon", "coupon": coupon}
    return client.v1.promotion_codes.create({"promotion": promotion, **more}).id  # type: ignore[typeddict-item]


def subscribe(client: StripeClient, price: str, *, customer: str = "", **discount: str) -> str:
    """Id of a new subscription of a customer, by default a new one, with a discount."""
    customer = customer or client.v1.customers.create({"name": "Ada"}).id
    made = client.v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "discounts": [discount]}  # type: ignore[arg-type]
    )
    assert len(made.discounts or ()) == 1
    return made.id


def active(client: StripeClient, code: str) -> bool:
    """Whether a code is active, which its answer and the list's filter have to say alike."""
    answered = client.v1.promotion_codes.retrieve(code).active
    assert [
        code in map(_id, client.v1.promotion_codes.list({"active": each}).data) for each in (True, False)
    ] == [
        answered,
        not answered,
    ]
    return answered


def _id(code: stripe.PromotionCode) -> str:
    return code.id


def test_a_redeemed_code_counts_with_its_coupon(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch", "percent_off": 20})
    code, price = a_code(either, "launch"), a_price(either)
    subscribe(either, price, promotion_code=code)
    subscribe(either, price, coupon="launch")
    assert either.v1.promotion_codes.retrieve(code).times_redeemed == 1
    assert either.v1.coupons.retrieve("launch").times_redeemed == 2


def test_a_code_is_active_until_its_last_redemption(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch", "percent_off": 20})
    code, price = a_code(either, "launch", code="TWICE", max_redemptions=2), a_price(either)
    subscribe(either, price, promotion_code=code)
    assert active(either, code)
    subscribe(either, price, promotion_code=code)
    assert not active(either, code)
    with pytest.raises(stripe.InvalidRequestError, match="redeemed as often as it may be"):
        subscribe(either, price, promotion_code=code)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be reactivated"):
        either.v1.promotion_codes.update(code, {"active": True})
    # Its text is free for another one.
    assert active(either, a_code(either, "launch", code="twice"))


def test_a_code_is_active_while_its_coupon_is_valid(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "once", "percent_off": 20, "max_redemptions": 1})
    code, price = a_code(either, "once"), a_price(either)
    assert active(either, code)
    subscribe(either, price, coupon="once")
    assert not active(either, code)
    with pytest.raises(stripe.InvalidRequestError, match="coupon is no longer valid"):
        either.v1.promotion_codes.update(code, {"active": True})
    with pytest.raises(stripe.InvalidRequestError, match="Coupon expired: once"):
        subscribe(either, price, coupon="once")


@pytest.mark.parametrize("ends", ["coupon", "code"])
def test_a_code_is_active_until_its_own_end_or_that_of_its_coupon(
    ends: str, either: StripeClient, clock: Clock
) -> None:
    end = {"redeem_by": NOON + DAY} if ends == "coupon" else {}
    either.v1.coupons.create({"id": "launch", "percent_off": 20, **end})  # type: ignore[arg-type]
    code = a_code(either, "launch", **({} if end else {"expires_at": NOON + DAY}))
    clock.advance(DAY - 1)
    assert active(either, code)
    clock.advance(1)
    assert not active(either, code)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be reactivated"):
        either.v1.promotion_codes.update(code, {"active": True})


def test_a_code_that_was_taken_out_of_use_is_not_redeemed(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch", "percent_off": 20})
    code, price = a_code(either, "launch"), a_price(either)
    either.v1.promotion_codes.update(code, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="taken out of use"):
        subscribe(either, price, promotion_code=code)


def test_a_code_for_one_customer_or_for_new_ones_is_kept_for_them(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch", "percent_off": 20})
    ada = either.v1.customers.create({"name": "Ada"}).id
    price = a_price(either)
    hers = a_code(either, "launch", customer=ada)
    with pytest.raises(stripe.InvalidRequestError, match="by this customer"):
        subscribe(either, price, promotion_code=hers)
    subscribe(either, price, customer=ada, promotion_code=hers)
    new = a_code(either, "launch", restrictions={"first_time_transaction": True})
    with pytest.raises(stripe.InvalidRequestError, match="without prior transactions"):
        subscribe(either, price, customer=ada, promotion_code=new)
    subscribe(either, price, promotion_code=new)


def test_a_refused_redemption_counts_nothing(either: StripeClient) -> None:
    either.v1.coupons.create({"id": "launch", "percent_off": 20})
    either.v1.coupons.create({"id": "once", "percent_off": 20, "max_redemptions": 1})
    price, customer = a_price(either), either.v1.customers.create({"name": "Ada"}).id
    subscribe(either, price, coupon="once")
    with pytest.raises(stripe.InvalidRequestError, match="Coupon expired"):
        either.v1.subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": price}],
                "discounts": [{"coupon": "launch"}, {"coupon": "once"}],
            }
        )
    assert either.v1.coupons.retrieve("launch").times_redeemed == 0
