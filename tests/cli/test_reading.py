"""What is wrong with a catalog before anything is sent, as cases from the field showed it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stripectl.cli.project import Project, find_project
from stripectl.cli.wiring import intent, read
from stripectl.diagnostics import InvalidInput, Severity
from stripectl.engine.policy import Policy

TODAY = date(2026, 11, 28)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "catalogs" / "main").mkdir(parents=True)
    return find_project(tmp_path)


def write(project: Project, text: str) -> None:
    path = project.catalogs_folder / "main" / "m.yaml"
    path.write_text(f"stripectl: 1\nmodel: m\n{text}", encoding="utf-8")


def found(project: Project, text: str) -> list[tuple[str, str, int]]:
    """Code, path and line of each diagnostic of a manifest, lines counted after its head."""
    write(project, text)
    told = read(project, "main", Policy(), TODAY).diagnostics
    return [(each.code, each.path, each.source.line - 2 if each.source else 0) for each in told]


SCHOOL = """\
products:
  school:
    name: School
    prices:
      monthly: {amount: {ugx: 20000, isk: 990}, every: month}
      kr: {amount: {isk: 990.50}, every: month}
discounts: {off: {amount_off: {ugx: 500}}}
"""


def test_f04_a_fraction_of_a_currency_without_fractions_is_an_error_at_its_place(project: Project) -> None:
    assert found(project, SCHOOL) == [("money-fraction", "products.school.prices.kr.amount.isk", 6)]


def test_f04_shillings_and_kronur_are_sent_in_hundredths(project: Project) -> None:
    write(project, SCHOOL.replace("990.50", "990.00"))
    desired = read(project, "main", Policy(), TODAY).mapped.desired.resources
    monthly = desired["price.school.monthly"].fields
    assert (monthly["currency"], monthly["unit_amount"]) == ("ugx", Decimal(2000000))
    assert monthly["currency_options"] == {"isk": {"unit_amount": Decimal(99000)}}
    assert desired["discount.off"].fields["amount_off"] == 50000


LET_THROUGH = """\
products:
  api:
    name: API
    prices:
      use: {charge: graduated, tiers: [{up_to: 10, flat: {usd: 0.005}}, {up_to: inf, amount: {usd: 0.001}}]}
      tip: {charge: custom, custom: {minimum: {usd: 0.10}}}
      huge: {amount: {usd: 12345678.90}}
discounts:
  far: {percent_off: 10, redeem_by: 2040-01-01}
  past: {percent_off: 10, redeem_by: 2024-01-01, codes: {PAST10: {expires: 2023-12-01}}}
"""


def test_f09_what_stripe_refuses_is_found_before_anything_is_sent(project: Project) -> None:
    assert found(project, LET_THROUGH) == [
        ("tiers-one-time", "products.api.prices.use.tiers", 5),
        ("money-precision", "products.api.prices.use.tiers[0].flat.usd", 5),
        ("charge-minimum", "products.api.prices.tip.custom.minimum.usd", 6),
        ("amount-digits", "products.api.prices.huge.amount.usd", 7),
        ("date-too-far", "discounts.far.redeem_by", 9),
        ("date-past", "discounts.past.redeem_by", 10),
        ("date-past", "discounts.past.codes.PAST10.expires", 10),
    ]


def test_f12_problems_of_the_model_and_of_the_provider_come_together(project: Project) -> None:
    text = """\
products:
  a: {name: A, prices: {m: {amount: {usd: 1}, every: {months: 37}}}}
  b: {name: B, default_price: nope}
discounts: {d: {name: "1234567890123456789012345678901234567890X", percent_off: 33.333}}
"""
    assert found(project, text) == [
        ("interval-too-long", "products.a.prices.m.every", 2),
        ("unknown-reference", "products.b.default_price", 3),
        ("text-too-long", "discounts.d.name", 4),
        ("percent-off", "discounts.d.percent_off", 4),
    ]


def test_a_currency_that_does_not_exist_is_no_matter_of_policy(project: Project) -> None:
    write(project, "products: {p: {name: P, prices: {x: {amount: {usd: 1, xyz: 1, eur: 1}}}}}\n")
    told = read(project, "main", Policy(currencies=("eur",)), TODAY).diagnostics
    assert [(each.code, each.path.rpartition(".")[2]) for each in told] == [
        ("currency-policy", "usd"),
        ("unknown-currency", "xyz"),
    ]


def test_a_date_that_no_object_can_have_yet_is_a_warning_until_something_is_planned(project: Project) -> None:
    write(project, "discounts: {far: {percent_off: 10, redeem_by: 2040-01-01}}\n")
    assert read(project, "main", Policy(), TODAY).valid
    with pytest.raises(InvalidInput) as raised:
        intent(project, "main", project.environment(None), TODAY)
    (told,) = raised.value.diagnostics
    assert (told.code, told.severity, told.path) == (
        "date-too-far",
        Severity.ERROR,
        "discounts.far.redeem_by",
    )


def test_a_date_that_has_gone_by_is_in_the_way_of_no_plan(project: Project) -> None:
    write(project, "discounts: {past: {percent_off: 10, redeem_by: 2024-01-01}}\n")
    wanted = intent(project, "main", project.environment(None), TODAY)
    assert [(each.code, each.severity) for each in wanted.diagnostics] == [("date-past", Severity.WARNING)]
