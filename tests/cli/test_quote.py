"""`quote` says what was asked for, in three formats, and what is wrong with the question."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from stripectl.cli.commands.buying import Asked
from stripectl.cli.commands.planning import Choice, plans_of, rollback_plan
from stripectl.cli.commands.quoting import quote
from stripectl.cli.project import find_project
from stripectl.cli.rendering import QUOTES
from stripectl.cli.terminal import Terminal, terminal
from stripectl.cli.wiring import session
from stripectl.diagnostics import ExitCode, InvalidInput, UsageError
from stripectl.manifest.schemas import whole
from stripectl.operations.apply import apply

MANIFEST = """\
stripectl: 1
model: team
products:
  observatory:
    name: Observatory
    prices:
      monthly: {amount: {eur: 8.99, usd: 9.99}, every: month}
      seats: {charge: per_unit, amount: {eur: 5, usd: 6}, every: month}
      api:
        charge: per_unit
        meter: api-calls
        included: 10000
        amount: {eur: 0.0004, usd: 0.0005}
        every: month
      yearly: {amount: {eur: 100}, every: year}
      dollars: {amount: {usd: 100}, every: year}
      setup: {amount: {eur: 150, usd: 150}}
      retired: {amount: {eur: 1}, every: month, active: false}
      unsent: {charge: per_unit, meter: api-calls, included: 5, every: month}
meters: {api-calls: {name: API calls, event: api_calls, aggregation: sum}}
discounts:
  launch20: {percent_off: 20, duration: {months: 3}, codes: {LAUNCH20: {}}}
  ten: {amount_off: {usd: 10}}
offers:
  team:
    prices: [observatory.monthly, observatory.seats, observatory.api]
    setup: [observatory.setup]
    trial_days: 14
accept: [{address: price.observatory.unsent, code: allowance-without-overage, reason: counted by us}]
"""
PROFILES = """\
profiles:
  small:
    title: small team
    offer: team
    quantities: {observatory.seats: 5}
    usage: {api-calls: 25000}
    currencies: [eur, usd]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, MANIFEST)
    return tmp_path


def write(root: Path, text: str) -> None:
    folder = root / "catalogs" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "team.yaml").write_text(text, encoding="utf-8")


def said(root: Path, asked: Asked, capsys: pytest.CaptureFixture[str], format_: str = "text") -> str:
    assert quote(terminal([format_], formats=QUOTES), asked, root, None, None) is ExitCode.OK
    return capsys.readouterr().out


def refused(root: Path, asked: Asked) -> tuple[str, str]:
    with pytest.raises(UsageError) as problem:
        quote(Terminal(), asked, root, None, None)
    (diagnostic,) = problem.value.diagnostics
    return diagnostic.code, diagnostic.hint


ASKED = Asked(("team",), quantities=("observatory.seats=5",), usage=("api-calls=25000",))


def test_an_offer_is_told_line_by_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(root, ASKED, capsys) == (
        "team of acme, in EUR\n"
        "\n"
        "price.observatory.monthly   1 × 8.99                                    8.99\n"
        "price.observatory.seats     5 × 5.00                                   25.00\n"
        "price.observatory.api       25,000 units, 10,000 of 10,000 included     6.00\n"
        "  1 to 10,000               10,000 × 0.00                               0.00\n"
        "  from 10,001               15,000 × 0.0004                             6.00\n"
        "price.observatory.setup     1 × 150.00                                150.00\n"
        "\n"
        "Total, a month                                                         39.99\n"
        "Total, one-time                                                       150.00\n"
        "\n"
        "note: the first 14 days are free, where checkout sets up the trial\n"
    )


def test_json_has_the_same_in_minor_units(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sheet,) = json.loads(said(root, ASKED, capsys, "json"))["quotes"]
    assert (sheet["catalog"], sheet["currency"]) == ("acme", "eur")
    assert [(each["price"], each["quantity"], each["amount"]) for each in sheet["lines"]] == [
        ("price.observatory.monthly", 1, "899"),
        ("price.observatory.seats", 5, "2500"),
        ("price.observatory.api", 25000, "600"),
        ("price.observatory.setup", 1, "15000"),
    ]
    assert [each["amount"] for each in sheet["totals"]] == ["3999", "15000"]
    assert [each["every"] for each in sheet["totals"]] == [{"interval": "month", "interval_count": 1}, None]


def test_json_fits_its_schema(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, MANIFEST + PROFILES)
    for asked in (
        ASKED,
        Asked(discounts=("launch20",)),
        Asked(("team",), discounts=("launch20",)),
        Asked(("observatory.yearly",), every="month"),
    ):
        shown = json.loads(said(root, asked, capsys, "json"))
        assert list(Draft7Validator(whole("quote")).iter_errors(shown)) == []


def test_markdown_is_a_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(root, ASKED, capsys, "markdown")
    assert "| price.observatory.seats | 5 × 5.00 | 25.00 |\n" in text
    assert "| **Total, a month** |  | **39.99** |\n" in text


def test_a_discount_applies_where_it_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(root, Asked(("observatory.monthly",), discounts=("launch20",)), capsys)
    # 20 % of 8.99 is 1.798.
    assert "discount.launch20           20 % off for 3 months   -1.80\n" in text
    assert "Total, the first 3 months                            7.19\n" in text
    assert "Then, a month                                        8.99\n" in text


def test_a_discount_that_is_given_once_lowers_the_first_invoice_alone(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(
        ("observatory.seats",), currency="usd", discounts=("ten",), quantities=("observatory.seats=4",)
    )
    text = said(root, asked, capsys)
    assert "discount.ten                10.00 USD off once   -10.00\n" in text
    assert "Total, the first month                            14.00\n" in text
    assert "Then, a month                                     24.00\n" in text
    (total,) = json.loads(said(root, asked, capsys, "json"))["quotes"][0]["totals"]
    assert (total["discounts"][0]["duration"], total["amount"], total["then"]["amount"]) == (
        "once",
        "1400",
        "2400",
    )


def test_periods_are_kept_apart_and_spread_only_where_asked(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(("observatory.monthly", "observatory.yearly"))
    plain = said(root, asked, capsys)
    assert "Total, a month" in plain
    assert "Total, a year" in plain
    assert "Spread" not in plain
    spread = said(root, Asked(asked.what, every="month"), capsys)
    assert "Spread evenly, before discounts: 17.32 EUR a month, rounded; nobody is billed so\n" in spread


def test_what_is_paid_once_has_nothing_to_spread(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked(("observatory.setup",), every="month")
    text = said(root, asked, capsys)
    assert "Spread" not in text
    assert "note: nothing of it recurs, so there is nothing to spread over a month\n" in text
    assert json.loads(said(root, asked, capsys, "json"))["quotes"][0]["spread"] is None


def test_what_is_named_twice_is_billed_and_titled_once(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(root, Asked(("observatory.monthly", "price.observatory.monthly")), capsys)
    assert text.startswith("observatory.monthly of acme, in EUR\n")
    assert "Total, a month                         8.99\n" in text


def test_only_what_exists_in_different_catalogs_is_refused_as_not_sold_together(root: Path) -> None:
    folder = root / "catalogs" / "other"
    folder.mkdir()
    other = MANIFEST.replace("offers:\n  team:", "offers:\n  crew:").replace("observatory", "telescope")
    (folder / "team.yaml").write_text(other, encoding="utf-8")
    details = []
    for what in (("nope",), ("team", "nope"), ("team", "crew")):
        with pytest.raises(UsageError) as problem:
            quote(Terminal(), Asked(what), root, None, None)
        details.append(problem.value.diagnostics[0].detail)
    assert details == [
        "nope is no offer of acme, other.",
        "nope is no offer of acme, other.",
        "No catalog has all of team, crew: they cannot stand in one bill.",
    ]


def test_usage_that_was_not_given_is_nothing_and_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(root, Asked(("observatory.api",)), capsys)
    assert "Total, a month" in text
    assert "note: no usage of api-calls was given, so none is charged" in text


def test_without_arguments_every_profile_is_quoted_in_its_currencies(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, MANIFEST + PROFILES)
    text = said(root, Asked(), capsys)
    assert text.count("small team of acme") == 2
    assert "39.99\n" in text
    # 9.99 + 5 × 6.00 + 15,000 × 0.0005
    assert "47.49\n" in text


def test_a_profile_can_be_quoted_with_other_numbers(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, MANIFEST + PROFILES)
    text = said(root, Asked(profiles=("small",), quantities=("observatory.seats=1",), currency="eur"), capsys)
    assert "19.99\n" in text


def test_a_profile_gets_its_discounts_and_the_automatic_ones(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = MANIFEST.replace(
        "ten: {", "half: {percent_off: 50, duration: forever, apply: automatic}\n  ten: {"
    )
    write(root, manifest + "profiles: {one: {prices: [observatory.monthly], discounts: [launch20]}}\n")
    text = said(root, Asked(), capsys)
    # 8.99, 20 % off, and half of the rest
    assert "3.60\n" in text
    assert text.index("discount.launch20") < text.index("discount.half")


@pytest.mark.parametrize(
    ("terms", "accepted", "told"),
    [
        (
            "{type: minimum_spend, amount: {eur: 500}, every: month}",
            "minimum-spend",
            "pays at least 500.00 EUR every month, and is invoiced the difference",
        ),
        (
            "{type: prepayment, amount: {eur: 1000, usd: 1100}}",
            "prepayment",
            "pays 1,000.00 EUR or 1,100.00 USD in advance",
        ),
        ("{type: term, duration: {months: 12}}", "", "note: the customer is bound for 12 months"),
    ],
)
def test_what_an_offer_commits_to_is_mentioned_and_not_counted(
    root: Path, capsys: pytest.CaptureFixture[str], terms: str, accepted: str, told: str
) -> None:
    loss = f"{{address: commitment.bound, code: {accepted}, reason: by finance}}, " if accepted else ""
    manifest = MANIFEST.replace("trial_days: 14", "commitment: bound").replace(
        "accept: [", f"accept: [{loss}"
    )
    write(root, f"{manifest}commitments: {{bound: {terms}}}\n")
    text = said(root, Asked(("team",), currency="eur"), capsys)
    assert told in " ".join(text.split())


def test_the_prices_of_a_product_that_is_out_of_use_are_not_sold(root: Path) -> None:
    write(
        root,
        MANIFEST.replace("name: Observatory", "name: Observatory\n    active: false").split("offers:")[0],
    )
    with pytest.raises(UsageError) as refused:
        quote(Terminal(), Asked(("observatory.monthly",)), root, None, None)
    assert refused.value.diagnostics[0].code == "quote-not-sold"


def applied_twice(root: Path) -> None:
    """Seats are at 5 EUR in revision 1 and at 6 EUR in revision 2."""
    project = find_project(root)
    for manifest in (MANIFEST, DEARER):
        write(root, manifest)
        ((made, _),) = plans_of(Terminal(), Choice(root, None, None))
        apply(session(project, "acme", project.environment(None)), made)


DEARER = MANIFEST.replace("per_unit, amount: {eur: 5,", "per_unit, amount: {eur: 6,")


def test_a_rollback_is_quoted_by_the_profiles_of_today(root: Path) -> None:
    applied_twice(root)
    write(root, DEARER + PROFILES)
    made, _ = rollback_plan(Terminal(), Choice(root, None, None), 1)
    quoted = [(each.title, each.currency, each.before, each.after) for each in made.quotes]
    assert quoted[0] == ("small team", "eur", Decimal(4499), Decimal(3999))


def test_a_rollback_needs_no_sound_manifests(root: Path) -> None:
    applied_twice(root)
    write(root, DEARER + PROFILES + "products: {}\n")
    made, _ = rollback_plan(Terminal(), Choice(root, None, None), 1)
    assert (made.quotes, len(made.effective) > 0, made.blocked) == ((), True, False)


def test_a_quote_against_a_revision_tells_the_difference(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = find_project(root)
    for made, _ in plans_of(Terminal(), Choice(root, None, None)):
        apply(session(project, "acme", project.environment(None)), made)
    write(
        root,
        MANIFEST.replace(
            "seats: {charge: per_unit, amount: {eur: 5,", "seats: {charge: per_unit, amount: {eur: 6,"
        ),
    )
    text = said(root, Asked(ASKED.what, quantities=ASKED.quantities, usage=ASKED.usage, against="1"), capsys)
    assert text.startswith("team of acme, in EUR, against revision 1\n")
    assert "was 39.99 (+5.00, +12.5 %)" in text
    assert "44.99\n" in text


def test_a_revision_that_does_not_exist_is_an_error(root: Path) -> None:
    with pytest.raises(InvalidInput) as problem:
        quote(Terminal(), Asked(("team",), against="3"), root, None, None)
    assert problem.value.diagnostics[0].code == "unknown-revision"


TWICE = "name it once, and how many of it with --quantity NAME=2"


@pytest.mark.parametrize(
    ("asked", "code", "hint"),
    [
        (Asked(), "quote-nothing", "name an offer or a price, or declare profiles in a manifest"),
        (Asked(("taem",)), "quote-unknown", "did you mean team?"),
        (Asked(("observatory.montly",)), "quote-unknown", "did you mean observatory.monthly?"),
        (Asked(("price.observatory.montly",)), "quote-unknown", "did you mean price.observatory.monthly?"),
        (Asked(("observatory.retired",)), "quote-not-sold", "see why with `stripectl explain`"),
        (Asked(("observatory.unsent",)), "quote-not-sold", "see why with `stripectl explain`"),
        (Asked(("team",), currency="jpy"), "quote-currency", "write --currency eur"),
        (Asked(("team",), discounts=("ten",)), "quote-currency", "write --currency usd"),
        (Asked(("team",), discounts=("launch2",)), "unknown-discount", "did you mean launch20?"),
        (
            Asked(("team",), profiles=("small",)),
            "unknown-profile",
            "declare it under profiles: in a manifest",
        ),
        (
            Asked(("team",), quantities=("observatory.seat=5",)),
            "quote-not-bought",
            "did you mean observatory.seats?",
        ),
        (Asked(("team",), usage=("api-call=5",)), "quote-not-bought", "did you mean api-calls?"),
        (Asked(("team",), every="mont"), "unknown-period", "did you mean month?"),
        (
            Asked(("observatory.yearly", "observatory.dollars")),
            "quote-currency",
            "quote them one by one: they share no currency",
        ),
        (Asked(("observatory.nope",)), "quote-unknown", "see what there is with `stripectl explain`"),
        (Asked(("team", "team")), "quote-repeated", TWICE),
        (Asked(("team",), discounts=("launch20", "launch20")), "quote-repeated", TWICE),
        (
            Asked(("team",), quantities=("observatory.seats=5", "price.observatory.seats=6")),
            "quote-repeated",
            TWICE,
        ),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error_with_a_way_out(
    root: Path, asked: Asked, code: str, hint: str
) -> None:
    assert refused(root, asked) == (code, hint)


def test_an_empty_base_is_not_passed_over(root: Path) -> None:
    with pytest.raises(InvalidInput):
        quote(Terminal(), Asked(("team",), against=""), root, None, None)


@pytest.mark.parametrize("number", ["", "-1", "1.5", "five", "²", "9" * 5000])
def test_a_quantity_is_a_whole_number(root: Path, number: str) -> None:
    assert refused(root, Asked(("team",), quantities=(f"observatory.seats={number}",)))[0] == "quote-number"
