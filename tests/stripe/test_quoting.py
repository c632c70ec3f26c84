"""A basket comes to the same by declared, recorded and observed objects; a plan's quotes tell both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from stripectl.engine.quotes import Basket, Interval, Quote, Sale
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value
from stripectl.manifest.load import load_texts
from stripectl.pricing.model import Package, Period, Rounding, Unit
from stripectl.pricing.quote import Mode, RateTier
from stripectl.providers.stripe.mapping import map_catalog
from stripectl.providers.stripe.plan_quotes import edges, quotes
from stripectl.providers.stripe.quoting import bill, reduction
from stripectl.providers.stripe.rates import currencies, meter, rate

D = Decimal
MONTH = Interval("month")

SHOP = """\
stripectl: 1
model: team
products:
  pro:
    name: Pro
    prices:
      monthly: {amount: {eur: 8.99, usd: 9.99, jpy: 980, kwd: 2.750}, every: month}
      seats: {charge: per_unit, amount: {eur: 5, usd: 5.50}, every: month}
      api: {charge: per_unit, meter: calls, included: 10000, amount: {eur: 0.0004, usd: 0.0005}, every: month}
      storage:
        charge: volume
        tiers: [{up_to: 10, amount: {eur: 1}, flat: {eur: 2}}, {up_to: inf, amount: {eur: 0.5}}]
        every: {months: 3}
      bundle: {charge: package, package: {size: 100, round: down}, amount: {eur: 7}}
      tip: {charge: custom, custom: {minimum: {eur: 1}, preset: {eur: 10}}}
      retired: {amount: {eur: 1}, every: month, active: false}
  extra:
    name: Extra
    prices: {monthly: {amount: {eur: 10}, every: month}}
meters: {calls: {name: Calls, event: calls, aggregation: sum}}
discounts:
  launch: {percent_off: 20, duration: {months: 3}, products: [pro]}
  ten: {amount_off: {eur: 10, usd: 11}, duration: once, codes: {TEN: {}}}
offers:
  team: {prices: [pro.monthly, pro.seats, pro.api], setup: [pro.bundle]}
"""


def shop(text: str = SHOP) -> State:
    loaded = load_texts("acme", {"team.yaml": text})
    assert [each.code for each in loaded.diagnostics if each.is_error] == []
    return map_catalog(loaded.catalog).desired


def quoted(baskets: list[Basket], before: State, after: State) -> tuple[Quote, ...]:
    return quotes(baskets, Sale(before), Sale(after))


def price(name: str) -> Resource:
    found = shop().get(f"price.{name}")
    assert found is not None
    return found


TEAM = Basket(
    "profile.small",
    "small team",
    offer="offer.team",
    quantities={"price.pro.seats": 5, "price.pro.bundle": 250},
    usage={"meter.calls": 25_000},
)


def totals(basket: Basket, state: State, currency: str) -> list[int]:
    found = bill(basket, Sale(state), currency)
    assert found is not None
    return [int(each.amount) for each in found.totals]


@pytest.mark.parametrize(
    ("currency", "minor"), [("eur", "899"), ("usd", "999"), ("jpy", "980"), ("kwd", "2750")]
)
def test_a_price_has_a_rate_in_each_of_its_currencies(currency: str, minor: str) -> None:
    found = rate(price("pro.monthly").fields, currency)
    assert found is not None
    assert (found.currency, found.tiers[0].unit, found.every) == (currency, D(minor), Period(Unit.MONTH))


def test_a_price_has_no_rate_in_another_currency() -> None:
    assert rate(price("pro.monthly").fields, "gbp") is None
    assert currencies(price("pro.monthly").fields) == ("eur", "usd", "jpy", "kwd")


def test_tiers_packages_periods_and_chosen_amounts_are_read() -> None:
    storage, bundle, tip = (rate(price(f"pro.{name}").fields, "eur") for name in ("storage", "bundle", "tip"))
    assert storage is not None
    assert bundle is not None
    assert tip is not None
    assert (storage.mode, storage.every) == (Mode.VOLUME, Period(Unit.MONTH, 3))
    assert storage.tiers == (RateTier(10, D(100), D(200)), RateTier(None, D(50)))
    assert (bundle.package, bundle.every) == (Package(100, Rounding.DOWN), None)
    assert (tip.chosen, tip.tiers) == (True, (RateTier(None, D(1000)),))


def test_an_allowance_is_read_from_its_tiers() -> None:
    found = rate(price("pro.api").fields, "usd")
    assert found is not None
    assert (found.included, found.tiers[1].unit, meter(price("pro.api").fields)) == (
        10_000,
        D("0.05"),
        "meter.calls",
    )


def test_an_offer_comes_to_its_prices_and_setup_prices() -> None:
    # 8.99 + 5 × 5.00 + 15,000 × 0.0004, and two whole packages once.
    assert totals(replace(TEAM, currencies=("eur",)), shop(), "eur") == [3999, 1400]


def test_an_observed_price_comes_to_the_same_as_the_declared_one() -> None:
    fields: Mapping[str, Value] = {
        "currency": "eur",
        "product": "prod_1",
        "recurring": {"interval": "month", "interval_count": 1, "meter": Ref("meter.calls")},
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": (
            {"up_to": 10_000, "unit_amount": D(0), "flat_amount": None},
            {"up_to": None, "unit_amount": D("0.04"), "flat_amount": None},
        ),
    }
    observed = Resource("price", "price.pro.api", fields, "price_1", owner="acme")
    basket = Basket("", "", prices=("price.pro.api",), usage={"meter.calls": 25_000})
    assert totals(basket, State.of([observed]), "eur") == totals(basket, shop(), "eur") == [600]


def test_what_is_not_named_is_bought_once_and_not_used() -> None:
    assert totals(Basket("", "", prices=("price.pro.seats", "price.pro.api")), shop(), "eur") == [500]


@pytest.mark.parametrize(
    ("basket", "currency"),
    [
        (Basket("", "", offer="offer.gone"), "eur"),
        (Basket("", "", prices=("price.pro.gone",)), "eur"),
        (Basket("", "", prices=("price.pro.seats",)), "gbp"),
        (Basket("", "", prices=("price.pro.retired",)), "eur"),
        (Basket("", ""), "eur"),
    ],
)
def test_what_cannot_be_bought_has_no_bill(basket: Basket, currency: str) -> None:
    assert bill(basket, Sale(shop()), currency) is None


def test_an_offer_that_somebody_wrote_over_has_no_bill() -> None:
    state = shop()
    binding = state.get("offer.team")
    assert binding is not None
    spoilt = replace(binding, fields={**binding.fields, "value": "not JSON"})
    assert bill(TEAM, Sale(State({**state.resources, "offer.team": spoilt})), "eur") is None


def test_a_discount_lowers_the_prices_of_its_products_alone() -> None:
    basket = Basket("", "", prices=("price.pro.seats", "price.extra.monthly"), discounts=("discount.launch",))
    assert totals(basket, shop(), "eur") == [1400]


def test_an_amount_off_is_taken_in_the_currency_of_the_bill() -> None:
    basket = Basket("", "", prices=("price.pro.seats",), discounts=("discount.ten",))
    quantities = {"price.pro.seats": 4}
    assert totals(replace(basket, quantities=quantities), shop(), "eur") == [1000]
    assert totals(replace(basket, quantities=quantities), shop(), "usd") == [1100]
    coupon = shop().get("discount.ten")
    assert coupon is not None
    assert reduction(coupon, shop(), "jpy") is None


@pytest.mark.parametrize(
    ("name", "once", "months"), [("ten", True, None), ("launch", False, 3), ("loyal", False, None)]
)
def test_a_discount_lasts_as_long_as_it_is_declared(name: str, once: bool, months: int | None) -> None:
    state = shop(
        SHOP.replace("offers:", "  loyal: {percent_off: 5, duration: forever, codes: {L: {}}}\noffers:")
    )
    found = reduction(state.resources[f"discount.{name}"], state, "eur")
    assert found is not None
    assert (found.once, found.months) == (once, months)


def after(*changes: tuple[str, str]) -> State:
    text = SHOP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return shop(text)


def test_a_profile_is_quoted_before_and_after_in_each_of_its_currencies() -> None:
    basket = Basket("profile.s", "s", prices=("price.pro.seats",), currencies=("eur", "usd"))
    assert quoted([basket], shop(), after(("amount: {eur: 5,", "amount: {eur: 6,"))) == (
        Quote("profile.s", "s", None, "eur", MONTH, D(500), D(600)),
        Quote("profile.s", "s", None, "usd", MONTH, D(550), D(550)),
    )


def test_without_currencies_a_profile_is_quoted_in_the_base_currency_of_its_first_price() -> None:
    found = quoted([TEAM], shop(), shop())
    assert [(each.currency, each.every, each.before, each.changed) for each in found] == [
        ("eur", MONTH, D(3999), False),
        ("eur", None, D(1400), False),
    ]


def test_a_base_currency_that_changes_is_quoted_in_both() -> None:
    basket = Basket("profile.s", "s", prices=("price.extra.monthly",))
    found = quoted(
        [basket], shop(), after(("amount: {eur: 10}, every: month}}", "amount: {usd: 11}, every: month}}"))
    )
    assert [(each.currency, each.before, each.after) for each in found] == [
        ("usd", None, D(1100)),
        ("eur", D(1000), None),
    ]


def test_an_offer_is_quoted_with_the_prices_that_it_has_on_each_side() -> None:
    without = after(("prices: [pro.monthly, pro.seats, pro.api]", "prices: [pro.monthly, pro.seats]"))
    recurring = quoted([TEAM], shop(), without)[0]
    assert (recurring.before, recurring.after) == (D(3999), D(3399))


def test_a_first_plan_has_nothing_before() -> None:
    assert [(each.before, each.after) for each in quoted([TEAM], State(), shop())] == [
        (None, D(3999)),
        (None, D(1400)),
    ]


def test_a_profile_of_nothing_that_can_be_bought_is_left_out() -> None:
    assert quoted([Basket("profile.s", "s", offer="offer.gone")], shop(), shop()) == ()


def test_changed_tiers_are_quoted_around_the_bound_from_which_they_differ() -> None:
    found = quoted(
        [], shop(), after(("{up_to: inf, amount: {eur: 0.5}}", "{up_to: inf, amount: {eur: 0.4}}"))
    )
    assert [(each.address, each.quantity, each.before, each.after) for each in found] == [
        ("price.pro.storage", 9, D(1100), D(1100)),
        ("price.pro.storage", 10, D(1200), D(1200)),
        ("price.pro.storage", 11, D(550), D(440)),
    ]
    assert {each.every for each in found} == {Interval("month", 3)}


def test_tiers_that_stay_are_not_quoted_by_themselves() -> None:
    assert quoted([], shop(), after(("amount: {eur: 5,", "amount: {eur: 6,"))) == ()


def test_only_the_first_bounds_of_many_are_quoted() -> None:
    def tiers(cents: int) -> str:
        rows = ", ".join(f"{{up_to: {number * 10}, amount: {{eur: {cents}}}}}" for number in range(1, 9))
        return f"tiers: [{rows}, {{up_to: inf, amount: {{eur: 1}}}}]"

    old = "tiers: [{up_to: 10, amount: {eur: 1}, flat: {eur: 2}}, {up_to: inf, amount: {eur: 0.5}}]"
    before, now = after((old, tiers(2))), after((old, tiers(3)))
    was, is_ = (rate(state.resources["price.pro.storage"].fields, "eur") for state in (before, now))
    assert was is not None
    assert is_ is not None
    assert edges(was, is_) == (9, 10, 11, 19, 20, 21, 29, 30, 31)


def test_a_changed_package_is_quoted_at_its_edges() -> None:
    found = quoted([], shop(), after(("size: 100, round: down", "size: 50, round: down")))
    assert [(each.quantity, each.before, each.after) for each in found] == [
        (49, D(0), D(0)),
        (50, D(0), D(700)),
        (51, D(0), D(700)),
        (99, D(0), D(700)),
        (100, D(700), D(1400)),
        (101, D(700), D(1400)),
    ]


def test_a_state_answers_to_former_addresses_with_what_is_there_now() -> None:
    state = shop().also_under({"price.pro.month": "price.pro.monthly", "price.old": "price.gone"})
    former = state.get("price.pro.month")
    assert former is not None
    assert former.address == "price.pro.monthly"
    assert "price.old" not in state


AUTOMATIC = """\
stripectl: 1
model: team
products:
  pro: {name: Pro, prices: {monthly: {amount: {eur: 10}, every: month}}}
  old: {name: Old, prices: {monthly: {amount: {eur: 10}, every: month}}}
discounts:
  loyal: {percent_off: 20, duration: forever, apply: automatic, products: [pro]}
  partner: {percent_off: 50, duration: forever, apply: automatic}
  launch: {percent_off: 10, duration: forever, codes: {LAUNCH: {}}}
offers:
  team: {prices: [pro.monthly]}
  partners: {prices: [pro.monthly], discounts: [partner, launch]}
"""


def sale(text: str = AUTOMATIC) -> Sale:
    mapped = map_catalog(load_texts("acme", {"team.yaml": text}).catalog)
    return Sale.of(mapped.desired, mapped.annotations)


@pytest.mark.parametrize(
    ("basket", "amount"),
    [
        (Basket("", "", offer="offer.team"), 800),
        (Basket("", "", offer="offer.partners"), 400),
        (Basket("", "", prices=("price.pro.monthly",)), 800),
        (Basket("", "", prices=("price.old.monthly",)), 1000),
        (Basket("", "", offer="offer.team", discounts=("discount.launch",)), 720),
    ],
)
def test_automatic_discounts_come_off_by_themselves_where_no_other_offer_names_them(
    basket: Basket, amount: int
) -> None:
    found = bill(basket, sale(), "eur")
    assert found is not None
    assert [total.amount for total in found.totals] == [amount]


def test_an_automatic_discount_that_ends_is_part_of_what_changes() -> None:
    without = sale(AUTOMATIC.replace("apply: automatic, products: [pro]", "products: [pro]"))
    found = quotes([Basket("profile.s", "s", offer="offer.team")], sale(), without)
    assert [(each.before, each.after) for each in found] == [(D(800), D(1000))]


def test_nothing_of_a_product_that_is_out_of_use_can_be_bought() -> None:
    idle = sale(AUTOMATIC.replace("old: {name: Old,", "old: {name: Old, active: false,"))
    basket = Basket("profile.s", "s", prices=("price.old.monthly",))
    assert bill(basket, idle, "eur") is None
    assert [(each.before, each.after) for each in quotes([basket], sale(), idle)] == [(D(1000), None)]


@pytest.mark.parametrize(
    ("duration", "due"),
    [
        ("forever", [("s", 800, 800), ("s, after 3 months", 1000, 800)]),
        (
            "{months: 1}",
            [("s", 800, 800), ("s, after 1 month", 800, 1000), ("s, after 3 months", 1000, 1000)],
        ),
    ],
)
def test_a_discount_that_ends_at_another_time_is_quoted_until_then_and_after(
    duration: str, due: list[tuple[str, int, int]]
) -> None:
    text = AUTOMATIC.replace("percent_off: 20, duration: forever", "percent_off: 20, duration: {months: 3}")
    other = text.replace("percent_off: 20, duration: {months: 3}", f"percent_off: 20, duration: {duration}")
    found = quotes([Basket("profile.s", "s", offer="offer.team")], sale(text), sale(other))
    assert [(each.title, each.before, each.after) for each in found] == [
        (title, D(before), D(after)) for title, before, after in due
    ]
