"""An account in which others work, too: what they made stays theirs, and what they did is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from tests.e2e.conftest import KEY, MANIFEST, Desk

PRICE = {"product": "main-pro", "currency": "usd", "unit_amount": 3100, "recurring": {"interval": "month"}}


@contextmanager
def dashboard(desk: Desk) -> Iterator[stripe.StripeClient]:
    """What a colleague works with."""
    with desk.serving() as url:
        yield stripe.StripeClient(KEY, base_addresses={"api": url})


def words(text: str) -> str:
    return " ".join(text.split())


def test_an_id_on_an_address_in_force_adopts_that_object_and_archives_the_former_one(applied: Desk) -> None:
    with dashboard(applied) as client:
        found = client.v1.products.create({"name": "Pro (by hand)"})
    applied.edit(MANIFEST, "    name: Pro\n", f"    name: Pro\n    id: {found.id}\n")
    plan = applied.run("plan").out
    assert "from now on this catalog manages it" in plan
    assert "another object takes its place, by the `id` that is declared" in plan
    applied.run("apply", "--yes")
    with dashboard(applied) as client:
        adopted, former = client.v1.products.retrieve(found.id), client.v1.products.retrieve("main-pro")
    assert (adopted.active, adopted.name, former.active) == (True, "Pro", False)
    assert applied.run("drift").out.startswith("No drift.")
    assert "No changes." in applied.run("plan").out


def test_objects_that_equal_ours_are_in_the_way_and_stay_as_they_are(started: Desk) -> None:
    with dashboard(started) as client:
        client.v1.products.create({"id": "main-pro", "name": "Something else"})
        feature = client.v1.entitlements.features.create({"lookup_key": "sso", "name": "Other"})
    ended = started.refused("apply", "--yes", exit=3, code="plan-blocked")
    assert "write `id: main-pro` to adopt it, or choose another id with `new_id:`" in words(ended.out)
    assert f"write `id: {feature.id}` to adopt it, or choose another lookup key" in words(ended.out)
    with dashboard(started) as client:
        assert client.v1.products.retrieve("main-pro").name == "Something else"
        assert client.v1.entitlements.features.retrieve(feature.id).name == "Other"


def test_a_feature_of_the_account_that_fits_is_used_and_never_archived(started: Desk) -> None:
    with dashboard(started) as client:
        feature = client.v1.entitlements.features.create({"lookup_key": "sso", "name": "Single sign-on"})
    assert "used-as-it-is" in started.run("plan", "-v").out
    started.run("apply", "--yes")
    started.edit(MANIFEST, "    features: [sso]\n", "")
    started.edit(MANIFEST, "features:\n  sso: {name: Single sign-on}\n", "")
    started.run("apply", "--yes")
    with dashboard(started) as client:
        held = client.v1.entitlements.features.retrieve(feature.id)
    assert (held.active, held.to_dict()["metadata"]) == (True, {})


def test_an_adoption_that_cannot_fit_names_both_values_and_the_line(started: Desk) -> None:
    with dashboard(started) as client:
        client.v1.products.create({"id": "prod_LEG", "name": "Legacy"})
        price = client.v1.prices.create(
            {
                "product": "prod_LEG",
                "currency": "usd",
                "unit_amount": 2400,
                "recurring": {"interval": "month", "interval_count": 12},
                "currency_options": {"eur": {"unit_amount": 2200}},
            }
        )
    started.edit(MANIFEST, "    name: Pro\n", "    name: Pro\n    id: prod_LEG\n")
    started.edit(MANIFEST, "usd: 24.00, eur: 22.00}\n", f"usd: 24.00, eur: 22.00}}\n        id: {price.id}\n")
    ended = started.refused("apply", "--yes", exit=3, code="plan-blocked")
    assert ended.out.count("error[adoption-does-not-fit]") == 1
    assert "The account holds `every: {months: 12}`, the manifest says `every: month`." in words(ended.out)
    assert "write `every: {months: 12}`, or leave `id:` out" in words(ended.out)


def test_a_mistyped_id_creates_nothing(started: Desk) -> None:
    started.edit(MANIFEST, "    name: Pro\n", "    name: Pro\n    id: prod_mistyped\n")
    ended = started.run("apply", "--yes", exit=3)
    assert "write `new_id: prod_mistyped` to have one made under that id" in words(ended.out)
    started.edit(MANIFEST, "    id: prod_mistyped\n", "    new_id: chosen\n")
    started.run("apply", "--yes")
    with dashboard(started) as client:
        assert client.v1.products.retrieve("chosen").name == "Pro"


def test_a_mark_that_was_wiped_is_drift_and_a_removal_still_finds_its_object(applied: Desk) -> None:
    with dashboard(applied) as client:
        (price,) = client.v1.prices.list({"lookup_keys": ["pro_yearly"]}).data
        client.v1.prices.update(price.id, {"metadata": ""})
    assert f"lost its mark  {price.id}" in applied.run("drift", exit=2).out
    assert "price.pro.yearly" in applied.run("plan").out
    applied.run("apply", "--yes")
    with dashboard(applied) as client:
        assert client.v1.prices.retrieve(price.id).metadata["stripectl_address"] == "price.pro.yearly"
    assert applied.run("drift").out.startswith("No drift.")


def test_without_records_a_copy_made_in_the_dashboard_never_wins_over_its_original(applied: Desk) -> None:
    with dashboard(applied) as client:
        original = client.v1.products.retrieve("main-pro")
        copy = client.v1.products.create({"name": "Pro (copy)", "metadata": original.to_dict()["metadata"]})
    for file in (applied.root / ".stripectl").glob("shadow/main/revisions/*.json"):
        file.unlink()
    plan = applied.run("plan").out
    assert f"product {copy.id} bears the mark of product.pro" in words(plan)
    applied.run("apply", "--yes")
    with dashboard(applied) as client:
        assert client.v1.products.retrieve(copy.id).name == "Pro (copy)"
        assert client.v1.products.retrieve("main-pro").active


def test_a_price_edited_in_the_dashboard_is_put_back_in_one_apply_under_its_own_id(applied: Desk) -> None:
    with dashboard(applied) as client:
        (price,) = client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
        successor = client.v1.prices.create(
            {
                **PRICE,  # type: ignore[typeddict-item]
                "lookup_key": "pro_monthly",
                "transfer_lookup_key": True,
                "metadata": price.to_dict()["metadata"],
            }
        )
        client.v1.products.update("main-pro", {"default_price": successor.id})
        client.v1.prices.update(price.id, {"active": False})
    applied.run("apply", "--yes")
    with dashboard(applied) as client:
        back, gone = client.v1.prices.retrieve(price.id), client.v1.prices.retrieve(successor.id)
    assert (back.active, back.lookup_key, gone.active) == (True, "pro_monthly", False)


def test_a_price_edited_in_the_dashboard_without_our_mark_is_told_with_the_line_to_write(
    applied: Desk,
) -> None:
    with dashboard(applied) as client:
        (price,) = client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
        successor = client.v1.prices.create(
            {**PRICE, "lookup_key": "pro_monthly", "transfer_lookup_key": True}  # type: ignore[typeddict-item]
        )
        client.v1.products.update("main-pro", {"default_price": successor.id})
        client.v1.prices.update(price.id, {"active": False})
    ended = applied.refused("apply", "--yes", exit=3, code="plan-blocked")
    told = f"write `id: {successor.id}` and `amount: {{usd: 31}}`, or take the lookup key off {successor.id}"
    assert told in words(ended.out)
    applied.edit(MANIFEST, "{usd: 24.00, eur: 22.00}\n", f"{{usd: 31}}\n        id: {successor.id}\n")
    applied.run("apply", "--yes")
    assert "No changes." in applied.run("plan").out
    with dashboard(applied) as client:
        assert client.v1.prices.retrieve(successor.id).metadata["stripectl_address"] == "price.pro.monthly"
