"""The shapes behind the HTML report, and that nothing that a user wrote is anything but text in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Action, Base, Change, FieldChange, Plan
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Ref, Value
from stripectl.review.reading import review
from stripectl.review.terms import terms
from stripectl.views.headlines import headline_change
from stripectl.views.report.answers import Subject, answers, lead
from stripectl.views.report.chart import Chart, chart
from stripectl.views.report.curves import Curve, Piece, spread
from stripectl.views.report.document import plans_html
from stripectl.views.report.prices import PriceCard, price_cards
from stripectl.views.report.sections import FULL_ROWS, LISTED_ROWS, listing
from stripectl.views.rows import rows
from tests.views import samples


def tier(up_to: int | None, unit: str, flat: str = "0") -> Value:
    return {"up_to": up_to, "unit_amount": Decimal(unit), "flat_amount": Decimal(flat)}


def curve(*tiers: Value, mode: str = "graduated", currency: str = "eur") -> Curve:
    fields: Fields = {"currency": currency, "tiers_mode": mode, "tiers": tiers}
    found = Curve.of(terms(fields)[currency])
    assert found
    return found


GRADUATED = curve(tier(100, "0", "500"), tier(500, "4"), tier(None, "3", "200"))
VOLUME = curve(tier(1000, "1"), tier(None, "0.8"), mode="volume")


# Curves


@pytest.mark.parametrize(
    ("units", "cents"), [(1, 500), (100, 500), (101, 504), (500, 2100), (501, 2303), (600, 2600)]
)
def test_a_graduated_price_adds_up_the_tiers_that_are_reached(units: int, cents: int) -> None:
    assert GRADUATED.cost(units) == cents


@pytest.mark.parametrize(("units", "cents"), [(1, "1"), (1000, "1000"), (1001, "800.8"), (2000, "1600")])
def test_a_volume_price_has_one_price_for_all_units(units: int, cents: str) -> None:
    assert VOLUME.cost(units) == Decimal(cents)


def test_a_volume_price_jumps_at_its_bound() -> None:
    assert VOLUME.pieces(2000) == (
        Piece(0, 1000, Decimal(0), Decimal(1000)),
        Piece(1000, 2000, Decimal(800), Decimal(1600)),
    )


def test_a_graduated_price_jumps_only_where_a_flat_amount_is_added() -> None:
    costs = [(str(each.cost_at_start), str(each.cost_at_end)) for each in GRADUATED.pieces(600)]
    assert costs == [("500", "500"), ("500", "2100"), ("2300", "2600")]


def test_what_is_not_reached_is_not_drawn() -> None:
    assert [(each.start, each.end) for each in GRADUATED.pieces(300)] == [(0, 100), (100, 300)]


@pytest.mark.parametrize(
    "fields",
    [
        {"unit_amount": Decimal(5), "transform_quantity": {"divide_by": 10, "round": "up"}},
        {"custom_unit_amount": {"minimum": Decimal(5)}},
    ],
)
def test_packages_and_amounts_of_choice_have_no_curve(fields: Fields) -> None:
    assert Curve.of(terms({"currency": "eur", **fields})["eur"]) is None


def test_the_spread_is_found_on_both_sides_of_a_bound() -> None:
    flat = curve(tier(None, "1"), mode="volume")
    assert spread(flat, VOLUME, 2000) == ((2000, Decimal(-400)), (1, Decimal(0)))


counts = st.integers(min_value=1, max_value=60)


@given(st.lists(counts, min_size=1, max_size=4, unique=True), st.lists(counts, max_size=4, unique=True))
def test_no_number_of_units_lies_outside_the_spread(bounds: list[int], others: list[int]) -> None:
    before = curve(*(tier(each, str(each % 7), str(each % 3)) for each in sorted(bounds)), tier(None, "2"))
    after = curve(*(tier(each, str(each % 5)) for each in sorted(others)), tier(None, "3"), mode="volume")
    (_, least), (_, most) = spread(before, after, 80)
    every = [after.cost(units) - before.cost(units) for units in range(1, 81)]
    assert (min(every), max(every)) == (least, most)


# Charts


def both(before: Curve, after: Curve) -> Chart:
    return chart({"before": before, "after": after}, "price.pro.storage")


def test_an_axis_has_round_numbers_that_hold_the_whole_curve() -> None:
    found = both(GRADUATED, GRADUATED)
    assert [tick.text for tick in found.across] == ["0", "200", "400", "600", "800"]
    assert [tick.text for tick in found.up] == ["0", "10", "20", "30", "40"]


def test_large_numbers_on_an_axis_are_short() -> None:
    found = chart({"after": curve(tier(1_000_000, "1"), tier(None, "0.5"))}, "price.pro.api")
    assert [tick.text for tick in found.across] == ["0", "500k", "1M", "1.5M"]


def test_a_single_unbounded_tier_is_drawn_to_a_hundred_and_fifty_units() -> None:
    found = chart({"after": curve(tier(None, "2"))}, "price.pro.api")
    assert found.across[-1].text == "150"


def test_a_price_for_nothing_can_be_drawn() -> None:
    assert [tick.text for tick in chart({"after": curve(tier(None, "0"))}, "x").up] == ["0", "1"]


def test_a_line_goes_through_the_exact_places() -> None:
    (trace,) = chart({"after": VOLUME}, "price.pro.snapshots").traces
    assert trace.path == "M66 224 L304.67 92 M304.67 118.4 L424 65.6"
    assert [(jump.x, jump.start, jump.end) for jump in trace.jumps] == [("304.67", "92", "118.4")]


def test_the_figures_are_those_at_both_sides_of_each_bound() -> None:
    found = both(curve(tier(1000, "1"), tier(None, "1")), VOLUME)
    assert [(each.units, each.before, each.after, each.change) for each in found.figures] == [
        ("1", "0.01 EUR", "0.01 EUR", "the same"),
        ("1,000", "10.00 EUR", "10.00 EUR", "the same"),
        ("1,001", "10.01 EUR", "8.008 EUR", "-2.002, -20.0 %"),
        ("1,500", "15.00 EUR", "12.00 EUR", "-3.00, -20.0 %"),
    ]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            curve(tier(100, "0", "500"), tier(None, "3")),
            "For 1 to 150 units it costs at most 0.50 EUR more (at 150 units), never less;"
            " beyond, 0.01 EUR more with each unit.",
        ),
        (
            curve(tier(100, "0", "400"), tier(None, "2")),
            "For 1 to 150 units it costs at most 1.00 EUR less (at 1 unit), never more.",
        ),
        (
            curve(tier(100, "0", "400"), tier(None, "5")),
            "For 1 to 150 units it costs at most 0.50 EUR more (at 150 units) and at most 1.00 EUR less"
            " (at 1 unit); beyond, 0.03 EUR more with each unit.",
        ),
        (curve(tier(100, "0", "500"), tier(None, "2")), "For 1 to 150 units it costs the same."),
    ],
)
def test_a_chart_says_by_how_much_the_cost_changes(after: Curve, said: str) -> None:
    assert both(curve(tier(100, "0", "500"), tier(None, "2")), after).said == said


def test_yen_have_no_cents_on_the_axis() -> None:
    found = chart({"after": curve(tier(10, "100"), tier(None, "50"), currency="jpy")}, "price.pro.api")
    assert (found.figures[1].after, found.up[-1].text, found.currency) == ("1,000 JPY", "1,500", "JPY")


# Cards


def cards(*changes: Change) -> tuple[PriceCard, ...]:
    made = samples.plan(samples.kept(samples.product()), *changes)
    return price_cards(made, rows(made))


def repriced(before: Value, after: Value) -> Change:
    raised = samples.raised()
    assert raised.before
    assert raised.after
    return replace(
        raised,
        before=with_fields(raised.before, currency_options=before),
        after=with_fields(raised.after, currency_options=after),
    )


def with_fields(resource: Resource, **fields: Value) -> Resource:
    return replace(resource, fields={**resource.fields, **fields})


BY_VOLUME: dict[str, Value] = {
    "unit_amount": None,
    "tiers_mode": "volume",
    "tiers": (tier(10, "5"), tier(None, "4")),
}


def test_a_price_has_a_line_for_each_currency() -> None:
    euros: Value = {"unit_amount": Decimal(2200)}
    (card,) = cards(repriced({"eur": euros}, {"eur": euros, "gbp": {"unit_amount": Decimal(2500)}}))
    assert [(each.before, each.after, each.delta) for each in card.amounts] == [
        ("24.00 USD", "29.00 USD", "+5.00, +20.8 %"),
        ("22.00 EUR", "22.00 EUR", ""),
        ("", "25.00 GBP", ""),
    ]
    assert card.name == "Acme Pro, monthly"


def test_a_currency_that_goes_has_no_amount_afterwards() -> None:
    (card,) = cards(repriced({"eur": {"unit_amount": Decimal(2200)}}, {}))
    assert (card.amounts[1].before, card.amounts[1].after) == ("22.00 EUR", "")


def test_a_currency_with_tiers_has_a_chart_of_its_own() -> None:
    options: Value = {"eur": {"tiers": (tier(20, "5"), tier(None, "3"))}}
    (card,) = cards(samples.created(with_fields(samples.price(), **BY_VOLUME, currency_options=options)))
    assert [(each.currency, each.across[-1].text) for each in card.charts] == [("USD", "15"), ("EUR", "30")]
    tables = [each.tiers.rows if each.tiers else None for each in card.amounts]
    assert tables == [
        (("1 to 10: 0.05 USD per unit",), ("11 and more: 0.04 USD per unit",)),
        (("1 to 20: 0.05 EUR per unit",), ("21 and more: 0.03 EUR per unit",)),
    ]


def test_another_interval_is_no_curve_beside_the_old_one() -> None:
    before = with_fields(samples.price(object_id="price_1"), **BY_VOLUME)
    after = with_fields(samples.price(), **BY_VOLUME, recurring={"interval": "year"})
    (card,) = cards(replace(samples.raised(), before=before, after=after))
    assert card.charts == ()


def test_a_price_whose_amount_stays_has_no_card() -> None:
    before, after = samples.price(object_id="price_1", nickname="A"), samples.price(nickname="B")
    assert cards(samples.updated(before, after, FieldChange(("nickname",), "A", "B"))) == ()


def test_an_archived_price_has_no_amount_afterwards() -> None:
    (card,) = cards(samples.gone(samples.price(object_id="price_1")))
    assert [(each.before, each.after) for each in card.amounts] == [("29.00 USD", "")]


# Answers


def subject(made: Plan) -> Subject:
    every = rows(made)
    return Subject(made, every, price_cards(made, every), review(made))


def said(made: Plan) -> dict[str, str]:
    return {each.question: " ".join(each.sentences) for each in answers(subject(made))}


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (samples.RAISED, "Acme Pro, monthly: 24.00 USD → 29.00 USD a month (+20.8 %)"),
        (samples.QUIET, "No changes. The account holds what is declared."),
        (samples.BUSY, "2 prices change; 1 price goes out of use; 1 discount changes; 6 other changes"),
        (
            samples.ROLLBACK,
            "Back to revision 1: Acme Pro, monthly: 29.00 USD → 24.00 USD a month (-17.2 %)",
        ),
        (samples.HOSTILE, "1 change, none to an amount"),
        (samples.large(20, 50), "1,000 prices change"),
    ],
)
def test_a_plan_is_led_by_what_it_comes_to(made: Plan, text: str) -> None:
    assert lead(subject(made)) == text


def test_a_raised_price_is_answered_for_in_full() -> None:
    assert said(samples.RAISED) == {
        "What changes?": "1 to replace; 1 stays as it is.",
        "For whom?": "New checkouts pay 29.00; 12 active subscriptions stay on 24.00.",
        "How much?": "1 amount changes. Acme Pro, monthly: 24.00 → 29.00 USD a month (+5.00, +20.8 %).",
        "Can it be undone?": "Yes. Nothing in it is irreversible;"
        " a rollback to revision 3 restores what that revision recorded.",
        "Who must approve?": "Whoever reviews it; the policy asks for no further approval.",
    }


def test_what_is_irreversible_is_never_called_undoable() -> None:
    answer = said(samples.BUSY)["Can it be undone?"]
    assert answer.startswith("Not all of it. Usage already reported stays with the old meter. A rollback ")
    assert answer.endswith(" and 1 not at all.")


def test_a_blocked_plan_cannot_be_approved() -> None:
    assert said(samples.BUSY)["Who must approve?"] == "Nobody can, as it is: 1 problem stands in the way."


def test_a_first_apply_has_no_revision_to_go_back_to() -> None:
    first = samples.plan(samples.created(samples.price()), base=Base(0, samples.DIGEST))
    assert "revision" not in said(first)["Can it be undone?"]


def test_new_prices_touch_nobody_who_buys_today() -> None:
    first = samples.plan(samples.created(samples.price()))
    assert (
        said(first)["For whom?"]
        == "Only for those who buy something new: nothing that is sold today changes."
    )


GRANTED = replace(
    samples.created(
        Resource(
            "product_feature",
            "product_feature.pro.sso",
            {"product": Ref("product.pro"), "entitlement_feature": Ref("feature.sso")},
        )
    ),
    reach=Reach.EXISTING_CUSTOMERS,
)


def test_what_reaches_existing_customers_is_never_called_new_alone() -> None:
    assert said(samples.plan(GRANTED))["For whom?"] == (
        "No price that anybody pays changes. 1 reaches existing customers."
    )


def test_a_raised_price_beside_it_does_not_hide_whom_a_change_reaches() -> None:
    raised = replace(samples.raised(), reach=Reach.NEW_CUSTOMERS)
    assert said(samples.plan(raised, GRANTED))["For whom?"] == (
        "New checkouts pay 29.00; 12 active subscriptions stay on 24.00."
        " 1 reaches existing customers, 1 reaches new customers only."
    )


def test_each_change_in_the_list_says_whom_it_reaches() -> None:
    final = replace(samples.gone(samples.product()), irreversible=("for ever",), reach=Reach.IRREVERSIBLE)
    every = listing(rows(samples.plan(samples.created(samples.product()), GRANTED, final))).open
    assert {each.row.change.kind + each.row.symbol: each.reach for each in every} == {
        "product+": "is cosmetic",
        "product_feature+": "reaches existing customers",
        "product−": "",
    }
    assert "reaches existing customers</span>" in plans_html([samples.plan(GRANTED)])


def test_a_price_that_is_let_go_stays_on_sale() -> None:
    row = samples.updated(samples.price(object_id="price_1"), samples.price())
    let_go = replace(row, after=None, changed=(FieldChange(("managed",), True, False),))
    assert cards(let_go) == ()
    assert lead(subject(samples.plan(let_go))) == "1 change, none to an amount"


def test_a_blocked_plan_without_changes_is_not_called_done() -> None:
    blocked = samples.plan(samples.kept(samples.product()), diagnostics=samples.BUSY.diagnostics)
    assert lead(subject(blocked)) == "Nothing can be applied: 1 problem stands in the way."


def test_a_name_keeps_its_small_letter_at_the_start_of_a_sentence() -> None:
    code = samples.gone(replace(samples.CODE, object_id="promo_1"))
    assert said(samples.plan(code))["For whom?"] == (
        "No price that anybody pays changes. code.launch20.LAUNCH20: it can no longer be redeemed."
    )


def test_several_amounts_are_summed_up_by_direction() -> None:
    every = (2500, 3000, 2600, 2000)
    changes = (replace(samples.raised(each), address=f"price.pro.at-{each}") for each in every)
    assert said(samples.plan(*changes))["How much?"] == (
        "4 amounts change. 3 amounts go up by 4.2 % to 25.0 %, most of all product.pro, at-3000."
        " 1 amount goes down by 16.7 %."
    )


def test_what_is_paid_for_another_time_or_package_is_told_as_a_change_of_amount() -> None:
    before = samples.price(700, transform_quantity={"divide_by": 100, "round": "up"})
    after = samples.price(700, transform_quantity={"divide_by": 1, "round": "up"})
    made = samples.plan(Change(before.address, "price", Action.REPLACE, before=before, after=after))
    assert said(made)["How much?"] == (
        "1 amount changes. product.pro, monthly: 7.00 USD per 100 units a month → 7.00 USD per unit a month."
    )


def test_amounts_for_two_intervals_are_never_subtracted() -> None:
    before = samples.price(2700, recurring={"interval": "month", "interval_count": 3})
    after = samples.price(9600, recurring={"interval": "year", "interval_count": 1})
    differing = (
        FieldChange(("unit_amount",), Decimal(2700), Decimal(9600)),
        FieldChange(("recurring", "interval"), "month", "year"),
    )
    change = Change(
        before.address,
        "price",
        Action.REPLACE,
        before=before,
        after=after,
        changed=differing,
        replace_because=("unit_amount", "recurring"),
    )
    (row,) = rows(samples.plan(change))
    assert row.fields[0] == ("amount", "27.00 USD → 96.00 USD")
    assert row.reasons[0] == ("why", "amount and interval cannot change in Stripe; a successor is created")


def test_amounts_of_two_currencies_are_never_subtracted() -> None:
    before, after = samples.price(1000), samples.price(1600, currency="jpy")
    differing = (
        FieldChange(("unit_amount",), Decimal(1000), Decimal(1600)),
        FieldChange(("currency",), "usd", "jpy"),
    )
    change = Change(before.address, "price", Action.REPLACE, before=before, after=after, changed=differing)
    assert headline_change(before, after) == ("10.00 USD a month → 1,600 JPY a month", "")
    (row,) = rows(samples.plan(change))
    assert row.fields == (
        ("price in JPY", "not sold → 1,600 JPY a month"),
        ("price in USD", "10.00 USD a month → not sold"),
        ("currency", "usd → jpy"),
    )


# The page


class Elements(HTMLParser):
    """The names of all elements, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", samples.PLANS)
def test_a_page_has_nothing_that_runs_or_is_fetched(name: str) -> None:
    page = Elements(plans_html([samples.PLANS[name]]))
    assert page.names & {"script", "img", "link", "iframe", "object", "embed", "form", "a", "b"} == set()
    assert {each for each in page.attributes if each.startswith("on")} == set()
    assert page.attributes & {"src", "style", "href"} == set()


def test_the_policy_of_a_page_lets_its_own_style_through_and_nothing_else() -> None:
    page = plans_html([samples.RAISED])
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert style
    assert policy
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@given(st.text())
@settings(max_examples=60)
def test_what_a_user_wrote_is_text_and_nothing_else(text: str) -> None:
    evil = f'{text}"><script>alert(1)</script><b onclick=x>'
    made = samples.plan(
        samples.updated(samples.product("Pro"), samples.product(evil), FieldChange(("name",), "Pro", evil)),
        samples.raised(),
        catalog=evil,
        environment=evil,
        moved={evil: evil},
    )
    page = Elements(plans_html([made]))
    assert page.names & {"script", "b"} == set()
    assert "onclick" not in page.attributes
    assert "<script>alert(1)</script>" in page.text


def test_direction_marks_and_control_characters_are_spelled_out() -> None:
    page = plans_html([samples.HOSTILE])
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert r"\u202eevil" in page


def test_equal_plans_give_equal_bytes() -> None:
    assert plans_html([samples.BUSY]) == plans_html([replace(samples.BUSY)])


def test_the_page_of_a_diff_tells_of_versions_and_of_no_account() -> None:
    page = Elements(plans_html([samples.DIFF])).text
    assert "Diff of acme: base main@1a2b3c4 → working tree" in page
    assert "main@1a2b3c4, as if an account held what it declares" in page
    assert "no account was asked" in page
    assert "test mode" not in page
    assert "nothing was applied" not in page


def test_a_diff_without_differences_speaks_of_versions() -> None:
    same = replace(samples.QUIET, account=None, compared=samples.COMPARED)
    assert "No changes. Both versions declare the same." in Elements(plans_html([same])).text


def test_several_plans_share_one_page() -> None:
    page = plans_html([samples.RAISED, samples.QUIET])
    assert "<title>Plan for 2 catalogs in sandbox</title>" in page
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)


def test_every_id_that_is_referred_to_exists() -> None:
    page = plans_html([samples.BUSY, samples.FIRST])
    used = re.findall(r'aria-(?:labelledby|describedby)="([^"]*)"', page)
    assert used
    assert set(used) <= set(re.findall(r' id="([^"]*)"', page))


def test_of_very_many_changes_some_are_brief_and_some_are_counted() -> None:
    found = listing(rows(samples.large(100, 25)))
    assert found.brief == LISTED_ROWS - FULL_ROWS
    assert found.left_out == 500


@pytest.mark.slow
def test_a_page_stays_small_however_long_the_plan() -> None:
    page = plans_html([samples.large(100, 100)])
    assert len(page.encode()) < 1_000_000
    assert "8,000 more changes; the plan file has every one." in page


def test_a_long_text_is_cut_in_the_list_of_fields() -> None:
    made = samples.plan(samples.created(samples.product(description="x" * 40_000)))
    assert len(plans_html([made])) < 40_000


def test_a_thousand_changes_read_as_reviewed(golden: Callable[[str, str], None]) -> None:
    """Only what stands there before the cards and behind the list: the rest is a thousand times the same."""
    page = plans_html([samples.large(20, 50)])
    assert len(page.encode()) < 600_000
    body = page.partition("<body>\n")[2]
    top, _, rest = body.partition("<h3>Prices</h3>")
    notes = re.findall(r"<summary>[\d,]+ more .*|.*more prices have no card.*", rest)
    end = rest[rest.index("<footer>") :]
    golden("thousand.html", "\n".join((top, *notes, end)))
