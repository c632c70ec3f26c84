"""Two versions of the manifests: a plan as if an account held the first, without what only it could tell."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from stripectl.engine.comparing import Version, compare_versions, differs, gone
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.plan import Action, FieldChange, Plan
from stripectl.engine.planner import Intent
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref
from stripectl.manifest.load import load_texts
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.mapping import map_catalog
from tests.engine.builders import (
    ANYTHING,
    FREE,
    D,
    actions,
    adopting,
    code,
    codes,
    coupon,
    feature,
    meter,
    price,
    product,
    product_feature,
    row,
)

GOLDEN = Path(__file__).parents[1] / "golden"
COMMIT = "1a2b3c4" + "0" * 33
DEFAULT = product(default_price=Ref("price.pro.monthly"))


def version(*declared: Resource, notes: tuple[Annotation, ...] = ()) -> Version:
    return Version("main@1a2b3c4", COMMIT, State.of(declared), notes)


def diff(
    before: Version,
    *declared: Resource,
    notes: tuple[Annotation, ...] = (),
    moved: dict[str, str] | None = None,
    released: tuple[str, ...] = (),
) -> Plan:
    intent = Intent("acme", State.of(declared), notes, moved=moved or {}, released=released)
    return compare_versions(before, intent, "shadow", KINDS, FREE, allow=ANYTHING)


def note(address: str, code: str = "exact", accepted: str | None = None) -> Annotation:
    verdict = Fidelity.EXACT if code == "exact" else Fidelity.APPROXIMATE
    return Annotation(address, verdict, code, accepted=accepted)


def test_a_version_compared_with_itself_changes_nothing() -> None:
    every = (DEFAULT, price(), coupon(), code(), meter(), feature(), product_feature())
    made = diff(version(*every), *every)
    assert actions(made) == {}
    assert len(made.changes) == 7
    assert (made.account, made.drift, made.diagnostics, differs(made)) == (None, (), (), False)


def test_what_the_base_declares_is_updated_replaced_and_taken_out_of_use() -> None:
    before = version(product(), price(), price("yearly"), meter(), feature(), product_feature())
    made = diff(before, product(name="New"), price(unit_amount=D(1200)), price("weekly"))
    assert actions(made) == {
        "product.pro": "update",
        "price.pro.monthly": "replace",
        "price.pro.yearly": "archive",
        "price.pro.weekly": "create",
        "meter.calls": "archive",
        "feature.sso": "archive",
        "product_feature.pro.sso": "delete",
    }


def test_no_row_has_an_id_and_what_was_declared_stands_in_it() -> None:
    made = diff(
        version(DEFAULT, price(), coupon()), DEFAULT, price(unit_amount=D(1200)), coupon(percent_off=D(30))
    )
    assert [(each.object_id, each.new_id, each.audience) for each in made.changes] == [(None, None, None)] * 3
    assert row(made, "price.pro.monthly").before == price()
    moves = row(made, "product.pro")
    assert moves.changed == (
        FieldChange(("default_price",), Ref("price.pro.monthly"), Ref("price.pro.monthly")),
    )
    assert moves.before
    assert moves.before.fields == DEFAULT.fields


def test_a_renamed_thing_keeps_its_object() -> None:
    lite = Resource("product", "product.lite", {"name": "Pro"}, object_id="acme-pro")
    made = diff(version(product()), lite, moved={"product.pro": "product.lite", "product.x": "product.y"})
    assert actions(made) == {"product.lite": "update"}
    assert made.moved == {"product.pro": "product.lite"}


def test_what_is_let_go_stays_as_it_is() -> None:
    made = diff(version(product(), price()), product(), released=("price.pro.monthly",))
    assert row(made, "price.pro.monthly").changed == (FieldChange(("managed",), True, False),)


def test_what_is_newly_named_by_its_id_is_taken_to_be_there() -> None:
    made = diff(version(product()), product(), adopting(price(), "price_known"))
    assert actions(made) == {"price.pro.monthly": "adopt"}
    assert codes(made) == []


def test_a_default_price_that_goes_without_a_successor_is_told_without_an_id() -> None:
    made = diff(version(DEFAULT, price()), product())
    (told,) = [each for each in made.diagnostics if each.code == "still-referred-to"]
    assert told.detail.startswith("price.pro.monthly is the default_price of product.pro")


def test_verdicts_that_change_are_told_under_the_present_address() -> None:
    old = (note("product.pro"), note("offer.solo", "offer-as-metadata"), note("offer.gone"))
    now = (note("product.lite", "trial"), note("offer.solo", "offer-as-metadata"), note("offer.new", "trial"))
    lite = Resource("product", "product.lite", {"name": "Pro"}, object_id="acme-pro")
    made = diff(version(product(), notes=old), lite, notes=now, moved={"product.pro": "product.lite"})
    assert made.compared
    assert [(each.address, each.after) for each in made.compared.reassessed] == [
        ("product.lite", (note("product.lite", "trial"),))
    ]


def test_an_acceptance_alone_is_a_difference() -> None:
    before = version(product(), notes=(note("product.pro", "trial"),))
    made = diff(before, product(), notes=(note("product.pro", "trial", accepted="agreed"),))
    assert actions(made) == {}
    assert differs(made)


def test_a_catalog_that_is_gone_changes_nothing_and_is_told() -> None:
    made = gone(version(product(), price()), "acme", "shadow")
    assert (made.changes, codes(made), made.blocked, differs(made)) == ((), ["catalog-gone"], False, True)


def mapped(path: Path) -> tuple[State, tuple[Annotation, ...]]:
    found = map_catalog(load_texts("acme", {path.name: path.read_text(encoding="utf-8")}).catalog)
    return found.desired, found.annotations


def edited() -> Iterable[Path]:
    """Cases whose account holds exactly what one earlier manifest declares."""
    for case in sorted(each.parent for each in GOLDEN.glob("*/before.yaml")):
        by_hand = (case / "by-hand.json").exists()
        if len(list(case.glob("before*.yaml"))) == 1 and (case / "plan.json").exists() and not by_hand:
            yield case


@pytest.mark.parametrize("case", list(edited()), ids=lambda case: case.name)
def test_the_rows_are_those_of_a_plan_for_an_account_that_holds_the_base(case: Path) -> None:
    loaded = load_texts("acme", {"m": (case / "manifest.yaml").read_text(encoding="utf-8")}).catalog
    desired, notes = mapped(case / "manifest.yaml")
    before, old = mapped(case / "before.yaml")
    made = diff(
        version(*before, notes=old),
        *desired,
        notes=notes,
        moved={each.old: each.new for each in loaded.moved},
        released=tuple(each.address for each in loaded.removed if each.keep),
    )
    kept = json.loads((case / "plan.json").read_text(encoding="utf-8"))["changes"]
    assert [(each.address, each.action) for each in made.changes] == [
        (each["address"], Action(each["action"])) for each in kept
    ]
