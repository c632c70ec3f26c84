"""A catalog is loaded from its files: everything that it declares, and everything that is wrong."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.diagnostics import InvalidInput, Location
from stripectl.manifest.load import Loaded, load_catalog, load_texts
from stripectl.pricing.model import (
    Accept,
    Aggregation,
    Application,
    Charge,
    Combination,
    CommitmentType,
    CustomAmount,
    Dimensions,
    Included,
    Lifecycle,
    Moved,
    Override,
    Package,
    Period,
    PricingModel,
    Recurrence,
    Removed,
    Rounding,
    Rung,
    TaxBehavior,
    Tier,
    Unit,
    Window,
)

WHOLE = """\
stripectl: 1
model: gallery
title: Gallery
products:
  wall:
    name: Wall of Prints
    description: Shows and sells prints
    tax_code: txcd_10103001
    unit_label: frame
    statement_descriptor: GALLERY
    url: https://example.com/wall
    images: [https://example.com/wall.png]
    marketing_features: [Unlimited frames]
    shippable: true
    package_dimensions: {height: 2, length: 8.50, width: 6, weight: 12}
    features: [export, history]
    default_price: monthly
    metadata: {shelf: "7"}
    prices:
      monthly:
        amount: {eur: 8.99, usd: 9.99}
        every: month
        tax_behavior: inclusive
        trial_days: 7
        lookup_key: wall_now
        nickname: Monthly
        metadata: {kind: base}
      frames: {charge: per_unit, amount: {eur: 5}, every: {months: 3}}
      visits: {charge: per_unit, meter: visits, included: 10000, amount: {eur: 0.0004}, every: month}
      pooled:
        charge: per_unit
        meter: visits
        included: {quantity: 50, rollover: true, pooled: true}
        amount: {eur: 1}
        every: month
      space:
        charge: graduated
        meter: visits
        tiers:
          - {up_to: 100, amount: {eur: 0}, flat: {eur: 5}}
          - {up_to: inf, amount: {eur: 0.02}}
        every: month
      boxes: {charge: package, package: {size: 100, round: down}, amount: {eur: 7}, every: year}
      tip: {charge: custom, custom: {minimum: {eur: 1}, maximum: {eur: 500}, preset: {eur: 10}}}
      hanging: {amount: {eur: 90}, active: false, protect: true, ignore: [nickname], id: price_1Old}
      opening: {amount: {eur: 40}, tax_behavior: {eur: exclusive}}
      legacy: {amount: {eur: 40}, every: month, legacy_trial_days: 14}
meters:
  visits: {name: Visits, event: walls, aggregation: count, window: hour, customer_key: who, value_key: n}
features:
  export: {name: Export}
  history: {name: History, lookup_key: past, metadata: {level: full}}
discounts:
  spring:
    name: Spring
    percent_off: 12.5
    duration: {months: 3}
    products: [wall]
    redeem_by: 2027-01-31
    max_redemptions: 500
    codes:
      SPRING: {max_redemptions: 50, first_time_only: true, expires: 2027-01-01, minimum_amount: {eur: 20}}
      2027: {active: false, customer: cus_1}
  rebate: {amount_off: {eur: 10}, duration: forever, apply: automatic}
  loyal:
    ladder: [{after: {weeks: 1}, percent_off: 50}, {after: {months: 1}, percent_off: 50}]
    combine: multiply
commitments:
  yearly: {type: term, duration: {months: 12}}
  floor: {type: minimum_spend, amount: {eur: 500}, every: month}
  ahead: {type: prepayment, amount: {eur: 1000}}
offers:
  full:
    prices: [wall.monthly, wall.visits]
    setup: [wall.opening]
    trial_days: 14
    discounts: [spring]
    commitment: yearly
configurations:
  museum: {customer: "crm:4711", offer: full, prices: {wall.monthly: {amount: {eur: 4}}}}
accept:
  - {address: commitment.floor, code: minimum-spend, reason: invoiced by hand}
moved:
  - {from: price.wall.month, to: price.wall.monthly}
removed:
  - {address: product.poster, keep: true}
"""


def found(loaded: Loaded) -> list[tuple[str, str]]:
    return [(each.code, str(each.source)) for each in loaded.diagnostics]


def test_a_sound_catalog_has_nothing_to_say() -> None:
    assert load_texts("gallery", {"a.yaml": WHOLE}).diagnostics == ()


def test_prices_hold_what_the_manifest_says() -> None:
    prices = load_texts("gallery", {"a.yaml": WHOLE}).catalog.prices
    monthly = prices["wall.monthly"]
    assert monthly.address == "price.wall.monthly"
    assert monthly.charge is Charge.FLAT
    assert list(monthly.amount.items()) == [("eur", Decimal("8.99")), ("usd", Decimal("9.99"))]
    assert monthly.every == Period(Unit.MONTH)
    assert monthly.tax_behavior is TaxBehavior.INCLUSIVE
    assert (monthly.trial_days, monthly.lookup_key, monthly.nickname) == (7, "wall_now", "Monthly")
    assert monthly.metadata == {"kind": "base"}
    assert prices["wall.frames"].every == Period(Unit.MONTH, 3)
    assert prices["wall.visits"].included == Included(10000)
    assert prices["wall.pooled"].included == Included(50, rollover=True, pooled=True)
    assert prices["wall.space"].tiers == (
        Tier(100, {"eur": Decimal(0)}, {"eur": Decimal(5)}),
        Tier(None, {"eur": Decimal("0.02")}),
    )
    assert prices["wall.boxes"].package == Package(100, Rounding.DOWN)
    assert prices["wall.tip"].custom == CustomAmount(
        {"eur": Decimal(1)}, {"eur": Decimal(500)}, {"eur": Decimal(10)}
    )
    assert prices["wall.hanging"].lifecycle == Lifecycle(protect=True, ignore=("nickname",), id="price_1Old")
    assert not prices["wall.hanging"].active
    assert prices["wall.opening"].tax_behavior == {"eur": TaxBehavior.EXCLUSIVE}
    assert prices["wall.legacy"].legacy_trial_days == 14


def test_products_meters_and_features_hold_what_the_manifest_says() -> None:
    catalog = load_texts("gallery", {"a.yaml": WHOLE}).catalog
    product = catalog.products["wall"]
    assert (product.name, product.unit_label, product.default_price) == ("Wall of Prints", "frame", "monthly")
    assert (product.features, product.shippable) == (("export", "history"), True)
    assert product.package_dimensions == Dimensions(Decimal(2), Decimal("8.5"), Decimal(6), Decimal(12))
    assert product.images == ("https://example.com/wall.png",)
    assert product.metadata == {"shelf": "7"}
    meter = catalog.meters["visits"]
    assert (meter.event, meter.aggregation, meter.window) == ("walls", Aggregation.COUNT, Window.HOUR)
    assert (meter.customer_key, meter.value_key) == ("who", "n")
    assert catalog.features["history"].lookup_key == "past"
    assert catalog.features["export"].lookup_key is None


def test_discounts_hold_what_the_manifest_says() -> None:
    discounts = load_texts("gallery", {"a.yaml": WHOLE}).catalog.discounts
    spring = discounts["spring"]
    assert (spring.percent_off, spring.duration) == (Decimal("12.5"), Period(Unit.MONTH, 3))
    assert (spring.redeem_by, spring.max_redemptions) == (date(2027, 1, 31), 500)
    first, second = spring.codes
    assert (first.address, first.expires) == ("code.spring.SPRING", date(2027, 1, 1))
    assert (first.max_redemptions, first.first_time_only) == (50, True)
    assert first.minimum_amount == {"eur": Decimal(20)}
    assert (second.code, second.active, second.customer) == ("2027", False, "cus_1")
    assert discounts["rebate"].duration is Recurrence.FOREVER
    assert discounts["rebate"].apply is Application.AUTOMATIC
    assert discounts["loyal"].ladder == (
        Rung(Period(Unit.WEEK), Decimal(50)),
        Rung(Period(Unit.MONTH), Decimal(50)),
    )
    assert discounts["loyal"].combine is Combination.MULTIPLY


def test_what_is_sold_and_agreed_holds_what_the_manifest_says() -> None:
    catalog = load_texts("gallery", {"a.yaml": WHOLE}).catalog
    offer = catalog.offers["full"]
    assert (offer.prices, offer.setup) == (("wall.monthly", "wall.visits"), ("wall.opening",))
    assert (offer.trial_days, offer.discounts, offer.commitment) == (14, ("spring",), "yearly")
    assert catalog.commitments["floor"].type is CommitmentType.MINIMUM_SPEND
    assert catalog.commitments["floor"].every == Period(Unit.MONTH)
    assert catalog.commitments["yearly"].duration == Period(Unit.MONTH, 12)
    museum = catalog.configurations["museum"]
    assert (museum.customer, museum.offer) == ("crm:4711", "full")
    assert museum.prices == (Override("wall.monthly", {"eur": Decimal(4)}),)
    assert catalog.models == (PricingModel("gallery", "Gallery", "a.yaml"),)
    assert [(each.address, each.code, each.reason) for each in catalog.accepts] == [
        ("commitment.floor", "minimum-spend", "invoiced by hand")
    ]
    assert catalog.accepts == (
        Accept("commitment.floor", "minimum-spend", "invoiced by hand", catalog.accepts[0].source),
    )
    assert catalog.moved == (Moved("price.wall.month", "price.wall.monthly", catalog.moved[0].source),)
    assert catalog.removed == (Removed("product.poster", keep=True, source=catalog.removed[0].source),)


def test_every_value_of_an_artifact_knows_its_place() -> None:
    catalog = load_texts("gallery", {"a.yaml": WHOLE}).catalog
    monthly, space = catalog.prices["wall.monthly"].sources, catalog.prices["wall.space"].sources
    assert monthly.at(()) == Location("a.yaml", 20, 7)
    assert monthly.at(("amount",)) == Location("a.yaml", 21, 9)
    assert monthly.at(("amount", "usd")) == Location("a.yaml", 21, 34)
    assert monthly.at(("active",)) == Location("a.yaml", 20, 7), "left out: the price itself"
    assert space.at(("tiers", 1, "up_to")) == Location("a.yaml", 41, 21)
    assert catalog.discounts["spring"].codes[0].sources.at(("expires",)) == Location("a.yaml", 62, 69)
    override = catalog.configurations["museum"].sources
    assert override.at(("prices", "wall.monthly", "amount", "eur")) == Location("a.yaml", 80, 85)


@given(st.decimals(min_value=0, max_value=10**9, places=12, allow_nan=False, allow_infinity=False))
def test_an_amount_survives_from_text_to_model_to_text(amount: Decimal) -> None:
    prices = f"{{x: {{amount: {{eur: {amount:f}}}}}}}"
    text = f"stripectl: 1\nmodel: m\nproducts: {{p: {{name: P, prices: {prices}}}}}\n"
    kept = load_texts("c", {"a.yaml": text}).catalog.prices["p.x"].amount["eur"]
    assert kept == amount
    assert f"{kept:.12f}" == f"{amount:.12f}"


def test_references_reach_across_the_files_of_a_catalog() -> None:
    loaded = load_texts(
        "c",
        {
            "meters.yaml": "stripectl: 1\nmodel: a\nmeters: {calls: {name: C, event: c, aggregation: sum}}\n",
            "products.yaml": "stripectl: 1\nmodel: b\nproducts: {p: {name: P, prices: {x: {charge: per_unit,"
            " meter: calls, amount: {eur: 1}, every: month}}}}\n",
        },
    )
    assert loaded.diagnostics == ()


def test_an_id_declared_in_two_files_names_both_places() -> None:
    text = "stripectl: 1\nmodel: {model}\nfeatures:\n  sso: {name: Single sign-on}\n"
    loaded = load_texts("c", {name: text.replace("{model}", name[0]) for name in ("a.yaml", "b.yaml")})
    (diagnostic,) = loaded.diagnostics
    assert (diagnostic.code, diagnostic.address) == ("duplicate-id", "feature.sso")
    assert diagnostic.source == Location("b.yaml", 4, 3)
    assert "a.yaml:4:3" in diagnostic.detail


def test_two_pricing_models_of_a_catalog_cannot_have_one_id() -> None:
    text = "stripectl: 1\nmodel: same\n"
    loaded = load_texts("c", {"a.yaml": text, "b.yaml": text})
    assert found(loaded) == [("duplicate-id", "b.yaml:2:8")]


def test_all_problems_of_all_files_are_found_in_one_run() -> None:
    loaded = load_texts(
        "c",
        {
            "b.yaml": "stripectl: 1\nmodel: b\nmodel: c\nfeatures: {sso: {nam: S}}\n",
            "a.yaml": "stripectl: 1\nmodel: a\nproducts:\n  p:\n    name: P\n    default_price: x\n"
            "    features: [gone]\n",
        },
    )
    assert found(loaded) == [
        ("unknown-reference", "a.yaml:6:20"),
        ("unknown-reference", "a.yaml:7:16"),
        ("duplicate-key", "b.yaml:3:1"),
        ("missing-field", "b.yaml:4:12"),
        ("unknown-field", "b.yaml:4:18"),
    ]


def test_a_reference_to_something_that_is_declared_but_broken_is_not_reported_too() -> None:
    text = (
        "stripectl: 1\nmodel: a\n"
        "products: {p: {name: P, features: [sso]}}\n"
        "features: {sso: {name: S, nope: 1}}\n"
    )
    assert found(load_texts("c", {"a.yaml": text})) == [("unknown-field", "a.yaml:4:27")]


def test_a_file_that_cannot_be_read_hides_no_problem_and_invents_none() -> None:
    sound = "stripectl: 1\nmodel: a\nproducts: {p: {name: P, features: [sso], default_price: x}}\n"
    assert found(load_texts("c", {"a.yaml": sound, "b.yaml": "features: [\n"})) == [
        ("yaml-syntax", "b.yaml:2:1")
    ]


def test_a_problem_in_one_price_leaves_the_others_readable() -> None:
    text = (
        "stripectl: 1\nmodel: a\nproducts: {p: {name: P, prices: {x: {amount: 5}, y: {amount: {eur: 5}}}}}\n"
    )
    loaded = load_texts("c", {"a.yaml": text})
    assert found(loaded) == [("wrong-type", "a.yaml:3:46")]
    assert list(loaded.catalog.prices) == ["p.y"]


def test_a_file_with_hundreds_of_problems_is_not_listed_to_the_end() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(5000))
    codes = [each.code for each in load_texts("c", {"f.yaml": text}).diagnostics]
    assert len(codes) == 501
    assert codes.count("too-many-problems") == 1


@pytest.mark.parametrize("name", ["Acme", "a_b", "-a", "a b"])
def test_a_catalog_is_called_like_an_id(name: str) -> None:
    text = "stripectl: 1\nmodel: a\n"
    assert [each.code for each in load_texts(name, {"a.yaml": text}).diagnostics] == ["catalog-name"]


# Folders and files


def catalog_folder(root: Path) -> Path:
    folder = root / "catalogs" / "acme"
    folder.mkdir(parents=True)
    return folder


def test_files_are_read_in_the_order_of_their_names_at_any_depth(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    (folder / "deep").mkdir()
    for name, model in (("b.yml", "b"), ("a.yaml", "a"), ("deep/c.yaml", "c")):
        (folder / name).write_text(f"stripectl: 1\nmodel: {model}\n")
    (folder / ".hidden.yaml").write_text("nonsense: [")
    (folder / "notes.txt").write_text("nonsense: [")
    loaded = load_catalog(folder, root=tmp_path)
    assert loaded.diagnostics == ()
    assert loaded.catalog.name == "acme"
    assert [each.file for each in loaded.catalog.models] == [
        "catalogs/acme/a.yaml",
        "catalogs/acme/b.yml",
        "catalogs/acme/deep/c.yaml",
    ]


def test_folders_in_each_other_end_where_the_file_system_ends(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    (folder / "a.yaml").write_text("stripectl: 1\nmodel: a\n")
    descriptors = [os.open(folder, os.O_RDONLY)]
    try:
        for _ in range(1_500):
            os.mkdir("d", dir_fd=descriptors[-1])
            descriptors.append(os.open("d", os.O_RDONLY, dir_fd=descriptors[-1]))
            os.close(descriptors.pop(0))
        assert [each.id for each in load_catalog(folder, root=tmp_path).catalog.models] == ["a"]
    finally:
        for each in descriptors:
            os.close(each)
        # What Python offers calls itself once a level.
        subprocess.run(["rm", "-rf", folder], check=True)


def test_a_catalog_behind_a_link_is_called_like_the_link(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    (folder / "a.yaml").write_text("stripectl: 1\nmodel: a\n")
    (tmp_path / "catalogs" / "other").symlink_to(folder)
    loaded = load_catalog(tmp_path / "catalogs" / "other", root=tmp_path)
    assert (loaded.catalog.name, loaded.catalog.models[0].file) == ("other", "catalogs/other/a.yaml")


def test_an_empty_folder_is_an_error_that_says_what_to_write(tmp_path: Path) -> None:
    (diagnostic,) = load_catalog(catalog_folder(tmp_path), root=tmp_path).diagnostics
    assert (diagnostic.code, str(diagnostic.source)) == ("catalog-empty", "catalogs/acme:1:1")
    assert "stripectl init" in diagnostic.hint


def test_a_folder_that_does_not_exist_raises(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_catalog(tmp_path / "catalogs" / "gone", root=tmp_path)
    assert [each.code for each in caught.value.diagnostics] == ["folder-unreadable"]


def test_a_file_that_points_nowhere_is_reported(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    (folder / "a.yaml").symlink_to(folder / "gone.yaml")
    (folder / "b.yaml").symlink_to("b.yaml")
    assert [each.code for each in load_catalog(folder, root=tmp_path).diagnostics] == ["file-unreadable"] * 2


@pytest.mark.parametrize("in_repository", [False, True])
def test_a_link_is_followed_inside_the_repository_alone(in_repository: bool, tmp_path: Path) -> None:
    root = tmp_path / "top" / "project"
    folder = catalog_folder(root)
    (tmp_path / "secret.yaml").write_text("root: x")
    (tmp_path / "top" / "shared.yaml").write_text("stripectl: 1\nmodel: shared\n")
    (folder / "secret.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "shared.yaml").symlink_to(tmp_path / "top" / "shared.yaml")
    if in_repository:
        (tmp_path / "top" / ".git").mkdir()
    found = load_catalog(folder, root=root)
    outside = ["catalogs/acme/secret.yaml"] + ([] if in_repository else ["catalogs/acme/shared.yaml"])
    assert [each.source.file for each in found.diagnostics if each.source] == outside
    assert {each.code for each in found.diagnostics} == {"file-unreadable"}
    assert "root: x" not in str(found.diagnostics)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    os.mkfifo(folder / "a.yaml")
    assert [each.code for each in load_catalog(folder, root=tmp_path).diagnostics] == ["file-unreadable"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission_is_reported(tmp_path: Path) -> None:
    path = catalog_folder(tmp_path) / "a.yaml"
    path.write_text("stripectl: 1\n")
    path.chmod(0)
    assert [each.code for each in load_catalog(path.parent, root=tmp_path).diagnostics] == ["file-unreadable"]


def test_a_folder_outside_of_the_project_is_named_in_full(tmp_path: Path) -> None:
    folder = catalog_folder(tmp_path)
    (folder / "a.yaml").write_text("a: [")
    (diagnostic,) = load_catalog(folder, root=tmp_path / "elsewhere").diagnostics
    assert diagnostic.source is not None
    assert diagnostic.source.file == (folder / "a.yaml").as_posix()
