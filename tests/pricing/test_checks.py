"""Each rule of the pricing model, shown by a manifest that breaks it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from stripectl.diagnostics import Severity
from stripectl.manifest.load import load_texts
from stripectl.pricing.checks import Unread, check
from stripectl.pricing.model import (
    Accept,
    Catalog,
    Charge,
    Commitment,
    CommitmentType,
    CustomAmount,
    Discount,
    Feature,
    Moved,
    Offer,
    Period,
    Price,
    Product,
    Removed,
    Unit,
)

HEAD = "stripectl: 1\nmodel: m\n"
METER = "meters: {calls: {name: Calls, event: calls, aggregation: sum}}\n"


def found(text: str) -> list[tuple[str, str]]:
    """Codes with line and column; lines count from the first one after the head."""
    return [
        (each.code, f"{each.source.line - 2}:{each.source.column}" if each.source else "nowhere")
        for each in load_texts("c", {"f.yaml": HEAD + text}).diagnostics
    ]


def of_price(fields: str, more: str = METER) -> list[tuple[str, str]]:
    """The price stands in line 4, its fields from column 11 on."""
    return found(f"products:\n  p:\n    name: P\n    prices:\n      x: {{{fields}}}\n{more}")


def test_the_four_ways_to_charge_by_quantity_are_sound_with_what_they_need() -> None:
    for fields in (
        "amount: {eur: 5}",
        "charge: per_unit, amount: {eur: 5}, every: month",
        "charge: per_unit, meter: calls, included: 5, every: month",
        "charge: package, package: {size: 5}, amount: {eur: 5}, meter: calls, every: month",
        "charge: graduated, every: week, tiers: [{up_to: 5, flat: {eur: 0}}, {up_to: inf, amount: {eur: 1}}]",
        "charge: volume, meter: calls, every: month, tiers: [{up_to: inf, amount: {eur: 1}}]",
        "charge: custom, custom: {preset: {eur: 5}}",
    ):
        assert of_price(fields) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("every: month", [("charge-incomplete", "5:7")]),
        ("charge: package, amount: {eur: 1}", [("charge-incomplete", "5:19")]),
        ("charge: package, package: {size: 2}", [("charge-incomplete", "5:19")]),
        ("charge: volume", [("charge-incomplete", "5:19")]),
        ("charge: custom", [("charge-incomplete", "5:19")]),
        ("charge: per_unit, every: month", [("charge-incomplete", "5:19")]),
        ("amount: {eur: 1}, package: {size: 2}", [("unfit-field", "5:29")]),
        ("amount: {eur: 1}, meter: calls, every: month", [("unfit-field", "5:36")]),
        ("charge: per_unit, amount: {eur: 1}, custom: {preset: {eur: 1}}", [("unfit-field", "5:47")]),
        ("charge: volume, amount: {eur: 1}, tiers: [{up_to: inf, amount: {eur: 1}}]",
         [("unfit-field", "5:27")]),
        ("charge: custom, amount: {eur: 1}, custom: {preset: {eur: 1}}", [("unfit-field", "5:27")]),
    ],
)  # fmt: skip
def test_a_way_of_charging_has_the_fields_it_needs_and_no_others(
    fields: str, expected: list[tuple[str, str]]
) -> None:
    assert of_price(fields) == expected


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ("{up_to: 5, amount: {eur: 1}}, {up_to: 5, amount: {eur: 1}}, {up_to: inf, flat: {eur: 1}}",
         [("tier-order", "1:41")]),
        ("{up_to: 9, amount: {eur: 1}}, {up_to: 5, amount: {eur: 1}}, {up_to: 8, amount: {eur: 1}}, "
         "{up_to: inf, flat: {eur: 1}}", [("tier-order", "1:41"), ("tier-order", "1:71")]),
        ("{up_to: 5, amount: {eur: 1}}", [("tier-bounded", "1:11")]),
        ("{up_to: inf, amount: {eur: 1}}, {up_to: inf, amount: {eur: 1}}", [("tier-unbounded", "1:11")]),
        ("{up_to: inf, amount: {eur: 1}}, {up_to: 5, amount: {eur: 1}}",
         [("tier-unbounded", "1:11"), ("tier-bounded", "1:43")]),
        ("{up_to: 5}, {up_to: inf, amount: {eur: 1}}", [("tier-empty", "1:3")]),
        ("{up_to: 5, amount: {eur: 1, usd: 1}}, {up_to: inf, amount: {eur: 1}}",
         [("currency-mismatch", "1:54")]),
        ("{up_to: 5, amount: {eur: 1}}, {up_to: inf, amount: {eur: 1, usd: 1}}",
         [("currency-mismatch", "1:68")]),
        ("{up_to: 5, amount: {eur: 1}, flat: {usd: 1}}, {up_to: inf, amount: {eur: 1}}",
         [("currency-mismatch", "1:32"), ("currency-mismatch", "1:44")]),
        ("{up_to: 5, amount: {eur: 1, usd: 1}}, {up_to: inf, amount: {usd: 1, eur: 1}}",
         [("base-currency", "1:54")]),
    ],
)  # fmt: skip
def test_tiers_climb_end_open_and_share_their_currencies(tiers: str, expected: list[tuple[str, str]]) -> None:
    text = f"products: {{p: {{name: P, prices: {{x: {{charge: graduated, tiers: [\n  {tiers}]}}}}}}}}\n"
    moved = [(code, f"{int(place.split(':')[0]) - 1}:{place.split(':')[1]}") for code, place in found(text)]
    assert moved == expected


def test_a_disordered_tier_names_both_bounds() -> None:
    text = HEAD + (
        "products: {p: {name: P, prices: {x: {charge: volume, tiers: [{up_to: 5000, amount: {eur: 1}},"
        " {up_to: 1000, amount: {eur: 1}}, {up_to: inf, amount: {eur: 1}}]}}}}\n"
    )
    (diagnostic,) = load_texts("c", {"f.yaml": text}).diagnostics
    assert diagnostic.detail == (
        "Tier 2 ends at 1000, but one before it already ends at 5000, so tier 2 could never apply."
    )
    assert diagnostic.hint == "raise up_to above 5000, or remove the tier"
    assert diagnostic.path == "products.p.prices.x.tiers[1].up_to"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("charge: per_unit, included: 5, amount: {eur: 1}, every: month",
         [("included-without-meter", "5:39")]),
        ("charge: per_unit, meter: calls, amount: {eur: 1}", [("metered-one-time", "5:36")]),
        ("charge: per_unit, meter: cals, amount: {eur: 1}, every: month", [("unknown-reference", "5:36")]),
        ("amount: {eur: 1}, trial_days: 5", [("trial-one-time", "5:41")]),
        ("amount: {eur: 1}, legacy_trial_days: 5", [("trial-one-time", "5:48")]),
        ("amount: {eur: 1, usd: 1}, tax_behavior: {usd: exclusive, eur: inclusive}", []),
        ("amount: {eur: 1}, tax_behavior: {usd: exclusive, eur: inclusive}", [("tax-currency", "5:49")]),
        ("charge: custom, custom: {minimum: {eur: 5}}, every: month", [("custom-recurring", "5:63")]),
        ("charge: custom, custom: {minimum: {eur: 5}, maximum: {eur: 1}}", [("custom-bounds", "5:70")]),
        ("charge: custom, custom: {minimum: {eur: 5}, preset: {eur: 1}}", [("custom-bounds", "5:69")]),
        ("charge: custom, custom: {minimum: {eur: 5}, preset: {usd: 9}}",
         [("currency-mismatch", "5:55"), ("currency-mismatch", "5:69")]),
    ],
)  # fmt: skip
def test_usage_trials_and_chosen_amounts_make_sense(fields: str, expected: list[tuple[str, str]]) -> None:
    assert of_price(fields) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("eur: 0.00000000000001", []),
        ("eur: 0.000000000000001", [("money-precision", "5:25")]),
        ("jpy: 0.000000000001", []),
        ("jpy: 0.0000000000001", [("money-precision", "5:25")]),
        ("kwd: 0.000000000000001", []),
        ("eur: 8.990000000000000000000000000", []),
        ("eur: -1", [("negative-amount", "5:25")]),
        ("eur: 999999999999999", []),
        ("eur: 1000000000000000", [("money-range", "5:25")]),
        ("eru: 5", [("unknown-currency", "5:25")]),
        ("eur: 5, usd: -1, xxx: 1", [("negative-amount", "5:33"), ("unknown-currency", "5:42")]),
    ],
)
def test_an_amount_is_exact_not_negative_and_in_a_currency_that_exists(
    amount: str, expected: list[tuple[str, str]]
) -> None:
    assert of_price(f"amount: {{{amount}}}") == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("discounts: {d: {amount_off: {eur: 0.005}}}", "money-precision"),
        ("discounts: {d: {amount_off: {jpy: 10.5}}}", "money-precision"),
        ("discounts: {d: {percent_off: 5, codes: {C: {minimum_amount: {eur: 0.005}}}}}", "money-precision"),
        ("commitments: {c: {type: prepayment, amount: {eur: 0.005}}}", "money-precision"),
        ("products: {p: {name: P, prices: {x: {charge: custom, custom: {preset: {eur: 0.005}}}}}}",
         "money-precision"),
        ("products: {p: {name: P, prices: {x: {charge: volume, every: month,"
         " tiers: [{up_to: inf, flat: {eur: 0.005}}]}}}}", "money-precision"),
        ("discounts: {d: {amount_off: {eur: 0}}}", "discount-nothing"),
    ],
)  # fmt: skip
def test_what_is_paid_as_it_stands_has_no_part_of_a_cent(text: str, code: str) -> None:
    assert [each for each, _ in found(text + "\n")] == [code]


WHEREVER = [
    "products: {p: {name: P, prices: {x: {amount: AMOUNT}}}}",
    "products: {p: {name: P, prices: {x: {amount: {eur: 1, CURRENCY: 0.5}}}}}",
    "products: {p: {name: P, prices: {x: {charge: per_unit, meter: calls, amount: AMOUNT, every: month}}}}",
    "products: {p: {name: P, prices: {x: {charge: per_unit, meter: calls, included: 5, amount: AMOUNT,"
    " every: month}}}}",
    "products: {p: {name: P, prices: {x: {charge: package, package: {size: 5}, amount: AMOUNT}}}}",
    "products: {p: {name: P, prices: {x: {charge: volume, every: month, tiers: [{up_to: inf,"
    " amount: AMOUNT}]}}}}",
    "products: {p: {name: P, prices: {x: {charge: graduated, every: month, tiers: [{up_to: inf,"
    " flat: AMOUNT}]}}}}",
    "products: {p: {name: P, prices: {x: {charge: custom, custom: {minimum: AMOUNT}}}}}",
    "products: {p: {name: P, prices: {x: {charge: custom, custom: {maximum: AMOUNT}}}}}",
    "products: {p: {name: P, prices: {x: {charge: custom, custom: {preset: AMOUNT}}}}}",
    "discounts: {d: {amount_off: AMOUNT}}",
    "discounts: {d: {percent_off: 5, codes: {C: {minimum_amount: AMOUNT}}}}",
    "commitments: {c: {type: prepayment, amount: AMOUNT}}",
    "commitments: {c: {type: minimum_spend, amount: AMOUNT, every: month}}",
    "products: {p: {name: P, prices: {x: {amount: {CURRENCY: 1}, every: month}}}}\n"
    "offers: {o: {prices: [p.x]}}\n"
    "configurations: {k: {customer: c, offer: o, prices: {p.x: {amount: AMOUNT}}}}",
]


@pytest.mark.parametrize("text", WHEREVER)
@pytest.mark.parametrize("currency", ["isk", "ugx"])
def test_a_currency_without_fractions_has_none_wherever_an_amount_may_stand(text: str, currency: str) -> None:
    def codes_with(amount: str) -> list[str]:
        written = text.replace("AMOUNT", f"{{CURRENCY: {amount}}}").replace("CURRENCY", currency)
        return [code for code, _ in found(f"{written.replace('0.5}', amount + '}')}\n{METER}")]

    assert [codes_with(amount) for amount in ("0.5", "0.005", "5")] == [["money-fraction"]] * 2 + [[]]


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("features: [sso, audit]", [("unknown-reference", "1:41")]),
        ("default_price: y, prices: {x: {amount: {eur: 1}}}", [("unknown-reference", "1:40")]),
        ("default_price: x, prices: {x: {amount: {eur: 1}, active: false}}", [("inactive-default", "1:40")]),
        ("default_price: x, prices: {x: {amount: {eur: 1}}}", []),
    ],
)
def test_a_product_grants_and_shows_what_exists(product: str, expected: list[tuple[str, str]]) -> None:
    assert found(f"products: {{p: {{name: P, {product}}}}}\nfeatures: {{sso: {{name: S}}}}\n") == expected


def test_a_default_price_of_another_product_is_refused() -> None:
    text = "products: {a: {name: A, prices: {x: {amount: {eur: 1}}}}, b: {name: B, default_price: x}}\n"
    assert found(text) == [("unknown-reference", "1:87")]


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        ("{}", [("discount-value", "1:13")]),
        ("{percent_off: 5, amount_off: {eur: 5}}", [("discount-value", "1:33")]),
        ("{percent_off: 5, ladder: [{after: {days: 1}, percent_off: 5}]}", [("discount-value", "1:33")]),
        ("{percent_off: 5, products: [q]}", [("unknown-reference", "1:44")]),
        ("{percent_off: 5, combine: add}", [("combine-without-ladder", "1:42")]),
        ("{percent_off: 5, redeem_by: 2027-01-01, codes: {A: {expires: 2027-01-02}}}",
         [("code-outlives-discount", "1:77")]),
        ("{percent_off: 5, redeem_by: 2027-01-01, codes: {A: {expires: 2027-01-01}}}", []),
        ("{amount_off: {eur: 1, usd: 1}, codes: {A: {minimum_amount: {usd: 5, eur: 5}}}}",
         [("code-base-currency", "1:59")]),
        ("{amount_off: {eur: 1, usd: 1}, codes: {A: {minimum_amount: {eur: 5}}}}", []),
        ("{percent_off: 5, max_redemptions: 5, codes: {A: {max_redemptions: 6}}}",
         [("code-exceeds-discount", "1:82")]),
        ("{percent_off: 5, codes: {AbC: {}, ABC: {}}}", [("duplicate-code", "1:50")]),
        ("{percent_off: 5, codes: {AbC: {}, ABC: {active: false}}}", []),
    ],
)  # fmt: skip
def test_a_discount_says_once_what_it_takes_off_and_its_codes_fit(
    discount: str, expected: list[tuple[str, str]]
) -> None:
    assert found(f"discounts: {{d: {discount}}}\n") == expected


@pytest.mark.parametrize(
    ("first", "second", "follows"),
    [
        ("weeks: 1", "months: 1", True),
        ("months: 1", "weeks: 1", False),
        ("weeks: 4", "months: 1", False),
        ("days: 27", "months: 1", True),
        ("months: 1", "months: 1", False),
        ("months: 11", "years: 1", True),
        ("months: 12", "years: 1", False),
        ("years: 1", "months: 13", True),
        ("days: 366", "years: 1", False),
        ("days: 14", "weeks: 2", False),
        ("days: 13", "weeks: 2", True),
    ],
)
def test_a_rung_begins_later_than_the_one_before_it_whatever_the_calendar(
    first: str, second: str, *, follows: bool
) -> None:
    rungs = ", ".join(f"{{after: {{{length}}}, percent_off: 5}}" for length in (first, second))
    codes = [code for code, _ in found(f"discounts: {{d: {{combine: multiply, ladder: [{rungs}]}}}}\n")]
    assert codes == ([] if follows else ["ladder-order"])


LADDER = "ladder: [{after: {weeks: 1}, percent_off: 50}, {after: {months: 1}, percent_off: 60}]"


def test_a_ladder_that_does_not_say_how_it_combines_is_warned_of_with_each_outcome() -> None:
    (diagnostic,) = load_texts("c", {"f.yaml": HEAD + f"discounts: {{d: {{{LADDER}}}}}\n"}).diagnostics
    assert (diagnostic.severity, diagnostic.code) == (Severity.WARNING, "ladder-combination")
    assert "replace gives 60 %, multiply 80 %, add 110 % off" in diagnostic.detail
    assert str(diagnostic.source) == "f.yaml:3:17"


def test_rungs_that_are_added_take_no_more_than_the_whole_price() -> None:
    assert found(f"discounts: {{d: {{combine: add, {LADDER}}}}}\n") == [("ladder-sum", "1:31")]


PRICES = """\
products:
  p:
    name: P
    prices:
      month: {amount: {eur: 1}, every: month}
      year: {amount: {eur: 1}, every: year}
      once: {amount: {eur: 1}}
      dollars: {amount: {usd: 1}, every: month}
      gone: {amount: {eur: 1}, every: month, active: false}
      tiers: {charge: volume, every: month, tiers: [{up_to: inf, amount: {eur: 1}}]}
      both: {amount: {usd: 1, eur: 1}}
  q: {name: Q, active: false, prices: {month: {amount: {eur: 1}, every: month}}}
"""
DISCOUNTS = """\
discounts: {percent: {percent_off: 5}, dollars: {amount_off: {usd: 1, eur: 1}},
  coded: {percent_off: 5, codes: {A: {minimum_amount: {usd: 1}}}}}
"""


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        ("{prices: [p.month], setup: [p.once], trial_days: 7}", []),
        ("{prices: [p.mont]}", [("unknown-reference", "15:23")]),
        ("{prices: [p.month], setup: [p.other]}", [("unknown-reference", "15:41")]),
        ("{prices: [p.month], discounts: [d]}", [("unknown-reference", "15:45")]),
        ("{prices: [p.month], commitment: c}", [("unknown-reference", "15:45")]),
        ("{prices: [p.month, p.gone]}", [("offer-inactive-price", "15:32")]),
        ("{prices: [p.month], setup: [p.year]}", [("setup-recurs", "15:41")]),
        ("{prices: [p.once], trial_days: 7}", [("trial-one-time", "15:44")]),
        ("{prices: [p.month, p.dollars]}", [("offer-base-currency", "15:32")]),
        ("{prices: [p.month, p.both]}", [("offer-base-currency", "15:32")]),
        ("{prices: [p.month], setup: [p.both]}", [("offer-base-currency", "15:41")]),
        ("{prices: [p.both], discounts: [dollars, percent]}", []),
        ("{prices: [p.month], discounts: [percent, dollars]}", [("offer-base-currency", "15:54")]),
        ("{prices: [p.month], discounts: [coded]}", [("offer-base-currency", "15:45")]),
        ("{prices: [p.month, q.month]}", [("offer-inactive-product", "15:32")]),
        ("{prices: [p.month, p.year]}", [("offer-intervals", "15:14")]),
    ],
)
def test_an_offer_can_be_bought(offer: str, expected: list[tuple[str, str]]) -> None:
    assert found(f"{PRICES}{DISCOUNTS}offers: {{o: {offer}}}\n") == expected


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("offer: o, prices: {p.month: {amount: {eur: 2}}}", []),
        ("offer: x", [("unknown-reference", "14:44")]),
        ("offer: o, prices: {p.yeer: {amount: {eur: 2}}}", [("override-not-in-offer", "14:56")]),
        ("offer: o, prices: {p.month: {amount: {usd: 2}}}", [("override-currency", "14:80")]),
        ("offer: o, prices: {p.tiers: {amount: {eur: 2}}}", [("override-charge", "14:66")]),
        ("offer: o, prices: {p.month: {amount: {eur: -2}}}", [("negative-amount", "14:80")]),
    ],
)
def test_a_configuration_changes_what_its_offer_has(
    configuration: str, expected: list[tuple[str, str]]
) -> None:
    text = f"{PRICES}offers: {{o: {{prices: [p.month, p.tiers]}}}}\n"
    assert found(f"{text}configurations: {{k: {{customer: 'a', {configuration}}}}}\n") == expected


@pytest.mark.parametrize(
    ("commitment", "expected"),
    [
        ("{type: term}", [("commitment-fields", "14:25")]),
        ("{type: term, duration: {months: 1}, amount: {eur: 1}}", [("commitment-fields", "14:54")]),
        ("{type: minimum_spend, amount: {eur: 1}}", [("commitment-fields", "14:25")]),
        ("{type: prepayment, amount: {eur: 1}, every: month}", [("commitment-fields", "14:62")]),
    ],
)
def test_a_commitment_has_the_fields_of_its_type(commitment: str, expected: list[tuple[str, str]]) -> None:
    text = f"{PRICES}offers: {{o: {{prices: [p.month], commitment: k}}}}\n"
    assert found(f"{text}commitments: {{k: {commitment}}}\n") == expected


def test_a_term_that_no_offer_asks_for_is_refused_and_other_types_stand_alone() -> None:
    text = (
        "commitments:\n  a: {type: term, duration: {months: 1}}\n  b: {type: prepayment, amount: {eur: 1}}\n"
    )
    assert found(text) == [("unused-commitment", "2:3")]


def test_names_that_must_be_unique_are() -> None:
    text = """\
products:
  p:
    name: P
    prices:
      a: {amount: {eur: 1}}
meters:
  c: {name: C, event: e, aggregation: sum}
  d: {name: D, event: e, aggregation: sum}
discounts:
  h: {percent_off: 5, codes: {GO: {}}}
  i: {percent_off: 5, codes: {go: {}}}
"""
    assert found(text) == [
        ("duplicate-event", "8:23"),
        ("duplicate-code", "11:31"),
    ]


def test_what_customers_read_holds_no_invisible_signs() -> None:
    hidden = (
        'products: {p: {name: "Pr\\u202eo", description: "two\\nlines", marketing_features: [a, "b\\a"]}}\n'
        'meters: {m: {name: "M \N{FAMILY}\\u200d\N{BOY}", event: e, aggregation: sum}}\n'
    )
    assert found(hidden) == [("invisible-text", "1:22"), ("invisible-text", "1:86")]
    (first, _) = load_texts("c", {"f.yaml": HEAD + hidden}).diagnostics
    assert (first.severity, first.path) == (Severity.WARNING, "products.p.name")
    assert "It has U+202E RIGHT-TO-LEFT OVERRIDE;" in first.detail


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("accept: [{address: product.q, code: c-d, reason: r}]", [("unknown-reference", "2:10")]),
        ("accept: [{address: product.p, code: c-d, reason: r}, {address: product.p, code: c-d, reason: s}]",
         [("duplicate-accept", "2:54")]),
        ("accept: [{address: product.p, code: c-d, reason: r}]", []),
        ("moved: [{from: product.old, to: product.p}]", []),
        ("moved: [{from: product.p, to: product.p}]", [("move-clash", "2:9")]),
        ("moved: [{from: product.old, to: product.q}]", [("move-clash", "2:9")]),
        ("moved: [{from: meter.old, to: product.p}]", [("move-clash", "2:9")]),
        ("moved: [{from: product.q, to: product.p}, {from: product.q, to: product.p}]",
         [("move-clash", "2:9"), ("move-clash", "2:43")]),
        ("moved: [{from: product.q, to: product.p}, {from: product.r, to: product.p}]",
         [("move-clash", "2:9"), ("move-clash", "2:43")]),
        ("removed: [{address: product.old}]", []),
        ("removed: [{address: product.p, keep: true}]", [("removal-clash", "2:11")]),
        ("moved: [{from: product.q, to: product.p}]\nremoved: [{address: product.q}]",
         [("removal-clash", "3:11")]),
    ],
)  # fmt: skip
def test_accepted_losses_moves_and_removals_name_what_makes_sense(
    entry: str, expected: list[tuple[str, str]]
) -> None:
    assert found(f"products: {{p: {{name: P}}}}\n{entry}\n") == expected


def test_an_unknown_reference_offers_the_nearest_name() -> None:
    text = (
        HEAD + "products: {p: {name: P, features: [single-signon]}}\nfeatures: {single-sign-on: {name: S}}\n"
    )
    (diagnostic,) = load_texts("c", {"f.yaml": text}).diagnostics
    assert diagnostic.hint == "did you mean single-sign-on?"


# Catalogs that no file stands behind


MONTH = Period(Unit.MONTH)


def codes(catalog: Catalog) -> list[str]:
    return [each.code for each in check(catalog)]


def catalog_of(*prices: Price, **others: dict[str, object]) -> Catalog:
    base = Catalog("c", products={"p": Product("p", "P")}, prices={each.reference: each for each in prices})
    return replace(base, **others)  # type: ignore[arg-type]


def test_a_catalog_without_files_is_held_to_the_same_rules() -> None:
    price = Price("x", "p", amount={"eur": Decimal(5)}, every=MONTH)
    assert codes(catalog_of(price)) == []
    assert codes(catalog_of(replace(price, id="X y"))) == ["id-format"]
    assert codes(
        catalog_of(replace(price, charge=Charge.CUSTOM, amount={}, every=None, custom=CustomAmount()))
    ) == ["charge-incomplete"]
    assert codes(catalog_of(offers={"o": Offer("o", ())})) == ["offer-empty"]
    assert codes(catalog_of(discounts={"d": Discount("d", percent_off=Decimal(101))})) == ["percent-range"]
    assert codes(catalog_of(discounts={"d": Discount("d", percent_off=Decimal(0))})) == ["percent-range"]


def test_addresses_that_no_file_was_held_to_are_checked_for_their_form() -> None:
    assert codes(Catalog("c", accepts=(Accept("product", "x-y", "because"),))) == ["address-format"]
    assert codes(Catalog("c", moved=(Moved("price.a", "price.a.b.c"),))) == ["address-format"] * 2
    assert codes(Catalog("c", removed=(Removed("thing.x"),))) == ["address-format"]


def test_what_was_not_read_is_no_unknown_reference() -> None:
    product = Product("p", "P", features=("sso", "audit"))
    catalog = Catalog("c", products={"p": product}, features={"audit": Feature("audit", "Audit")})
    assert codes(catalog) == ["unknown-reference"]
    assert check(catalog, Unread(frozenset({"feature.sso"}))) == ()
    assert check(catalog, Unread(everything=True)) == ()


def test_an_offer_that_was_not_read_may_ask_for_a_term() -> None:
    term = Commitment("t", CommitmentType.TERM, duration=MONTH)
    catalog = Catalog("c", commitments={"t": term})
    assert codes(catalog) == ["unused-commitment"]
    assert check(catalog, Unread(frozenset({"offer.o"}))) == ()


SOLD = """\
products:
  pro:
    name: Pro
    prices:
      monthly: {amount: {eur: 5, usd: 6}, every: month}
      api: {charge: per_unit, meter: calls, amount: {eur: 1}, every: month}
      other: {amount: {eur: 1}, every: month}
meters:
  calls: {name: Calls, event: calls, aggregation: sum}
  idle: {name: Idle, event: idle, aggregation: sum}
offers: {team: {prices: [pro.monthly, pro.api]}}
"""


def of_profile(fields: str) -> list[tuple[str, str]]:
    """What is found of a profile with these fields."""
    return found(f"{SOLD}profiles: {{small: {{{fields}}}}}\n")


def test_a_profile_of_what_is_sold_is_sound() -> None:
    fields = (
        "offer: team, prices: [pro.other], quantities: {pro.monthly: 0}, usage: {calls: 9}, currencies: [eur]"
    )
    assert of_profile(fields) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("title: nobody", "profile-empty"),
        ("offer: taem", "unknown-reference"),
        ("prices: [pro.weekly]", "unknown-reference"),
        ("offer: team, usage: {cals: 5}", "unknown-reference"),
        ("offer: team, quantities: {pro.other: 5}", "profile-quantity"),
        ("offer: team, quantities: {pro.api: 5}", "profile-quantity"),
        ("offer: team, usage: {idle: 5}", "profile-usage"),
        ("offer: team, currencies: [usd]", "profile-currency"),
        ("offer: team, quantities: {pro.monthly: -1}", "value-range"),
        ("offer: team, usage: {calls: 1.5}", "wrong-type"),
    ],
)
def test_a_profile_that_makes_no_sense_is_one_error(fields: str, code: str) -> None:
    assert [name for name, _ in of_profile(fields)] == [code]


def test_a_profile_is_placed_where_it_is_wrong() -> None:
    (diagnostic,) = load_texts("c", {"f.yaml": f"{HEAD}{SOLD}profiles: {{s: {{offer: taem}}}}\n"}).diagnostics
    assert (diagnostic.address, diagnostic.path) == ("profile.s", "profiles.s.offer")
    assert diagnostic.hint == "did you mean team?"


def test_nothing_is_said_of_a_profile_of_what_could_not_be_read() -> None:
    broken = SOLD.replace("{amount: {eur: 1}, every: month}", "{amount: {eur: x}, every: month}", 1)
    text = f"{broken}profiles: {{small: {{prices: [pro.other], quantities: {{pro.other: 5}}}}}}\n"
    assert "profile-quantity" not in [code for code, _ in found(text)]
