"""Time passes and customers redeem: what ends by itself is left where it is, and is in nobody's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from stripectl.diagnostics import Blocked, Incomplete, StalePlan
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_digest
from stripectl.operations.drift import drift
from stripectl.pricing.model import Catalog, Code, Discount, Lifecycle, Moved, Product
from tests.conftest import NOON, Clock
from tests.faults import Crash, Faulty, crash, numbered
from tests.stripe.builders import D, catalog, monthly
from tests.workbench import Workbench, actions, opened

DAY = 24 * 3600.0
SOON = datetime.fromtimestamp(NOON, UTC).date() + timedelta(days=2)
LATER = SOON + timedelta(days=30)

PRO = Product("pro", "Pro")
LAUNCH = Discount("launch", percent_off=D(10), codes=(Code("SOON", "launch", expires=SOON),))
"""A coupon without an end, whose code has one."""
SEASON = Discount("season", percent_off=D(10), redeem_by=SOON, codes=(Code("SEASON", "season"),))
"""A coupon that ends, and its code with it."""
FEW = Discount("few", percent_off=D(10), codes=(Code("FEW", "few", max_redemptions=1),))
"""A code that can be redeemed once."""
ONCE = Discount("once", percent_off=D(10), max_redemptions=1, codes=(Code("ONCE", "once"),))
"""A coupon that can be redeemed once."""

SPENT = {
    "code.launch.SOON": "promotion code promo_ expired 2026-09-23.",
    "discount.season": "coupon acme-season expired 2026-09-23.",
    "code.season.SEASON": "promotion code promo_ belongs to coupon acme-season, which expired 2026-09-23.",
    "code.few.FEW": "promotion code promo_ was used 1 of 1 times.",
    "discount.once": "coupon acme-once was used 1 of 1 times.",
    "code.once.ONCE": "promotion code promo_ belongs to coupon acme-once, which was used 1 of 1 times.",
}
"""Address -> what the remark on it says, without the ids that Stripe chooses."""


def selling(*discounts: Discount, price: int = 10) -> Catalog:
    return catalog(PRO, monthly(amount={"eur": D(price)}), *discounts)


def redeem(bench: Workbench, code: str) -> None:
    """A customer subscribes with a code."""
    client = bench.client.v1
    (found,) = client.promotion_codes.list({"code": code, "active": True}).data
    client.subscriptions.create(
        {
            "customer": client.customers.create({"name": "Ada"}).id,
            "items": [{"price": bench.recorded.ids["price.pro.monthly"]}],
            "discounts": [{"promotion_code": found.id}],
        }
    )


ALL = (LAUNCH, SEASON, FEW, ONCE)


@pytest.fixture
def spent(bench: Workbench, clock: Clock) -> Workbench:
    """All four are applied, and over."""
    bench.apply(selling(*ALL))
    redeem(bench, "FEW")
    redeem(bench, "ONCE")
    clock.advance(5 * DAY)
    return bench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run that stops leaves its account and its state."""
    made = tmp_path / "stopped"
    made.mkdir()
    return made


def remarks(made: Plan) -> dict[str | None, str]:
    return {each.address: each.detail for each in made.diagnostics if each.code == "spent"}


def test_what_is_spent_is_no_drift_and_remarked_on(spent: Workbench) -> None:
    found = drift(spent.session())
    assert found.rows == ()
    told = {str(each.address): each.detail for each in found.remarks}
    assert told.keys() == SPENT.keys()
    for address, detail in told.items():
        before, _, after = SPENT[address].partition("promo_")
        assert detail.startswith(before)
        assert detail.endswith(after)


def test_what_is_spent_needs_no_step(spent: Workbench) -> None:
    made = spent.plan(selling(*ALL))
    assert (actions(made), made.drift, made.blocked) == ({}, (), False)
    assert remarks(made).keys() == SPENT.keys()
    assert spent.carry_out(made).steps == 0


def test_a_price_is_edited_and_put_back_beside_what_is_spent(spent: Workbench) -> None:
    first = spent.recorded.ids["price.pro.monthly"]
    assert actions(spent.plan(selling(*ALL, price=11))) == {"price.pro.monthly": "replace"}
    spent.apply(selling(*ALL, price=11))
    assert len(spent.held("price", active=True)) == 1
    assert actions(spent.plan_rollback(1)) == {"price.pro.monthly": "reactivate"}
    spent.roll_back(1)
    assert spent.held("price", active=True) == {first: "price.pro.monthly"}
    assert drift(spent.session()).rows == ()


def test_a_plan_that_was_saved_before_something_ends_is_applied_after_it(
    bench: Workbench, clock: Clock
) -> None:
    bench.apply(selling(*ALL))
    before = bench.plan(selling(*ALL, price=11))
    redeem(bench, "ONCE")
    clock.advance(5 * DAY)
    after = bench.plan(selling(*ALL, price=11))
    assert remarks(before) == {}
    assert remarks(after).keys() == SPENT.keys() - {"code.few.FEW"}
    assert plan_digest(before) == plan_digest(after)
    bench.carry_out(before)
    assert actions(bench.plan(selling(*ALL, price=11))) == {}


def test_a_plan_that_would_make_what_ends_meanwhile_is_stale(bench: Workbench, clock: Clock) -> None:
    bench.apply(selling())
    made = bench.plan(selling(SEASON))
    clock.advance(5 * DAY)
    with pytest.raises(StalePlan) as refused:
        bench.carry_out(made)
    assert "redeem_by is 2026-09-23, which has gone by" in refused.value.diagnostics[0].detail
    assert bench.log.writes[-1][1] != "/v1/coupons"


def test_an_edit_that_renews_nothing_leaves_what_is_spent(spent: Workbench) -> None:
    edited = [replace(each, percent_off=D(20), name="Off") for each in ALL]
    made = spent.plan(selling(*edited))
    # Of those two only the code is spent: the coupon gets a successor, and the code stays where it is.
    assert actions(made) == {"discount.launch": "replace", "discount.few": "replace"}
    assert remarks(made).keys() == SPENT.keys()
    waits = "What is declared otherwise waits until it is renewed: name, percent_off."
    assert remarks(made)["discount.season"] == f"coupon acme-season expired 2026-09-23. {waits}"
    assert remarks(made)["code.season.SEASON"].endswith("which expired 2026-09-23.")
    spent.carry_out(made)
    assert actions(spent.plan(selling(*edited))) == {}
    assert drift(spent.session()).rows == ()


RENEWED = [
    (replace(LAUNCH, codes=(Code("SOON", "launch", expires=LATER),)), {"code.launch.SOON"}),
    (replace(LAUNCH, codes=(Code("SOON", "launch"),)), {"code.launch.SOON"}),
    (replace(SEASON, redeem_by=LATER), {"discount.season", "code.season.SEASON"}),
    (replace(FEW, codes=(Code("FEW", "few", max_redemptions=2),)), {"code.few.FEW"}),
    (replace(ONCE, max_redemptions=2), {"discount.once", "code.once.ONCE"}),
]


@pytest.mark.parametrize(("renewed", "addresses"), RENEWED)
def test_what_is_renewed_is_made_anew(renewed: Discount, addresses: set[str], spent: Workbench) -> None:
    after = selling(*(renewed if each.id == renewed.id else each for each in ALL))
    made = spent.plan(after)
    assert actions(made).keys() == addresses
    assert remarks(made).keys() == SPENT.keys() - addresses
    spent.carry_out(made)
    (code,) = renewed.codes
    assert len(spent.client.v1.promotion_codes.list({"code": code.code, "active": True}).data) == 1
    assert actions(spent.plan(after)) == {}
    assert drift(spent.session()).rows == ()


def test_what_is_spent_is_removed_like_anything_else(spent: Workbench) -> None:
    made = spent.plan(selling())
    # A code that is over needs no step; a coupon is deleted, spent or not.
    assert actions(made) == {f"discount.{each.id}": "delete" for each in ALL}
    spent.carry_out(made)
    assert spent.held("coupon") == {}
    assert actions(spent.plan(selling())) == {}


def test_a_code_that_is_taken_out_of_use_when_it_is_over_needs_no_step(spent: Workbench) -> None:
    off = replace(LAUNCH, codes=(Code("SOON", "launch", expires=SOON, active=False),))
    made = spent.plan(selling(off, *ALL[1:]))
    assert actions(made) == {}
    assert "code.launch.SOON" not in remarks(made)


def test_without_a_record_what_is_spent_is_known_by_its_mark(spent: Workbench) -> None:
    for each in (spent.folder / "revisions").iterdir():
        each.unlink()
    made = spent.plan(selling(*ALL))
    assert (actions(made), made.blocked) == ({}, False)


@pytest.mark.parametrize("discount", [LAUNCH, SEASON])
def test_what_would_end_in_the_past_cannot_be_made(
    discount: Discount, bench: Workbench, clock: Clock
) -> None:
    clock.advance(5 * DAY)
    made = bench.plan(selling(discount))
    problems = [(each.code, each.address) for each in made.diagnostics if each.is_error]
    assert ("date-gone-by", "code.launch.SOON" if discount is LAUNCH else "discount.season") in problems
    with pytest.raises(Blocked):
        bench.carry_out(made)


def test_a_code_whose_end_is_moved_into_the_past_cannot_be_made_anew(bench: Workbench, clock: Clock) -> None:
    bench.apply(selling(replace(LAUNCH, codes=(Code("SOON", "launch", expires=LATER),))))
    clock.advance(5 * DAY)
    made = bench.plan(selling(LAUNCH))
    assert [(each.code, each.address) for each in made.diagnostics] == [("date-gone-by", "code.launch.SOON")]


def test_a_new_code_of_a_spent_coupon_cannot_be_made(spent: Workbench) -> None:
    more = replace(ONCE, codes=(*ONCE.codes, Code("MORE", "once")))
    made = spent.plan(selling(LAUNCH, SEASON, FEW, more))
    (problem,) = (each for each in made.diagnostics if each.is_error)
    assert (problem.code, problem.address) == ("needs-spent", "code.once.MORE")
    assert "belongs to coupon discount.once, which was used 1 of 1 times" in problem.detail


def test_what_cannot_be_made_is_not_in_the_way_of_a_target(bench: Workbench, clock: Clock) -> None:
    bench.apply(selling())
    clock.advance(5 * DAY)
    made = bench.plan(selling(SEASON, price=11), targets=("price.pro.monthly",))
    assert (actions(made), made.blocked) == ({"price.pro.monthly": "replace"}, False)


def test_a_rollback_leaves_out_what_can_no_longer_exist_and_names_it(bench: Workbench, clock: Clock) -> None:
    bench.apply(selling(SEASON, LAUNCH))
    first = bench.recorded.ids["price.pro.monthly"]
    clock.advance(5 * DAY)
    bench.apply(selling(price=11))
    made = bench.plan_rollback(1)
    left_out = [each for each in made.diagnostics if each.code == "left-out"]
    assert [each.address for each in left_out] == ["code.season.SEASON", "discount.season"]
    assert "redeem_by is 2026-09-23, which has gone by" in left_out[1].detail
    assert not made.blocked
    assert actions(made) == {"price.pro.monthly": "reactivate", "discount.launch": "create"}
    assert {each.address for each in made.annotations} == {
        "product.pro",
        "price.pro.monthly",
        "discount.launch",
        "code.launch.SOON",
    }
    bench.carry_out(made)
    assert bench.held("price", active=True) == {first: "price.pro.monthly"}
    assert drift(bench.session()).rows == ()
    assert actions(bench.plan_rollback(3)) == {}


def test_a_rollback_leaves_the_successor_of_what_can_no_longer_exist(bench: Workbench, clock: Clock) -> None:
    bench.apply(selling(SEASON))
    clock.advance(5 * DAY)
    bench.apply(selling(replace(SEASON, redeem_by=LATER), price=11))
    made = bench.plan_rollback(1)
    assert actions(made) == {"price.pro.monthly": "reactivate"}
    assert "A rollback leaves what has its address now." in made.diagnostics[0].detail
    bench.carry_out(made)
    assert list(bench.held("coupon").values()) == ["discount.season"]
    assert len(bench.held("promotion_code", active=True)) == 1


def test_a_rollback_brings_no_code_back_on_the_successor_of_its_coupon(
    bench: Workbench, clock: Clock
) -> None:
    bench.apply(selling(SEASON))
    clock.advance(5 * DAY)
    other = Discount("season", percent_off=D(50), redeem_by=LATER, codes=(Code("HALF", "season"),))
    bench.apply(selling(other))
    made = bench.plan_rollback(1)
    assert actions(made) == {"code.season.HALF": "archive"}


def test_a_rollback_beyond_a_renewal_takes_the_renewed_code_out_of_use(
    bench: Workbench, clock: Clock
) -> None:
    bench.apply(selling(LAUNCH))
    clock.advance(5 * DAY)
    bench.apply(selling(replace(LAUNCH, codes=(Code("SOON", "launch", expires=LATER),))))
    made = bench.plan_rollback(1)
    assert actions(made) == {"code.launch.SOON": "archive"}
    assert remarks(made).keys() == {"code.launch.SOON"}
    bench.carry_out(made)
    assert bench.held("promotion_code", active=True) == {}
    assert actions(bench.plan(selling(LAUNCH))) == {}


def stops_at(folder: Path, clock: Clock, step: int, before: Catalog, after: Catalog) -> None:
    """The process is gone with the answer to that step of the apply from one catalog to the other."""
    with opened(folder, clock) as bench:
        bench.apply(before)
        made = bench.plan(after)
    faults = numbered({step: crash})
    with opened(folder, clock, lambda inner: Faulty(inner, faults)) as bench, pytest.raises(Crash):
        bench.carry_out(made)


@pytest.mark.parametrize("step", range(1, 8))
def test_a_run_is_put_back_after_what_it_replaced_has_ended(step: int, clock: Clock, folder: Path) -> None:
    renewed = selling(replace(SEASON, redeem_by=LATER), price=11)
    stops_at(folder, clock, step, selling(SEASON), renewed)
    clock.advance(5 * DAY)
    with opened(folder, clock) as bench:
        done = bench.unwind()
        assert done is not None
        assert done.unfinished == ()
        assert bench.journals.unfinished() == ()
        assert len(bench.held("price", active=True)) == 1
        bench.apply(renewed)
        assert actions(bench.plan(renewed)) == {}


def test_what_was_deleted_and_has_ended_meanwhile_is_named_by_the_put_back(
    clock: Clock, folder: Path
) -> None:
    # The last step deletes the coupon.
    stops_at(folder, clock, 4, selling(SEASON), selling(price=11))
    clock.advance(5 * DAY)
    with opened(folder, clock) as bench:
        done = bench.unwind()
        assert done is not None
        assert [(each.code, each.address) for each in done.lost] == [("date-gone-by", "discount.season")]
        assert bench.journals.unfinished() == ()
        assert len(bench.held("price", active=True)) == 1


def test_a_run_whose_code_ends_before_it_is_resumed_can_be_put_back(clock: Clock, folder: Path) -> None:
    stops_at(folder, clock, 1, selling(), selling(SEASON, price=11))
    clock.advance(5 * DAY)
    with opened(folder, clock) as bench:
        with pytest.raises(Incomplete):
            bench.resume()
        assert bench.unwind() is not None
        assert actions(bench.plan(selling())) == {}


def test_a_code_that_moves_with_its_discount_is_marked_with_its_new_address(spent: Workbench) -> None:
    discount = replace(SEASON, id="autumn", codes=(Code("SEASON", "autumn"),))
    moved = (Moved("discount.season", "discount.autumn"), Moved("code.season.SEASON", "code.autumn.SEASON"))
    after = replace(selling(LAUNCH, discount, FEW, ONCE), moved=moved)
    made = spent.plan(after)
    assert actions(made) == {"discount.autumn": "update", "code.autumn.SEASON": "update"}
    spent.carry_out(made)
    assert {"discount.autumn", "code.autumn.SEASON"} <= {
        *spent.held("coupon").values(),
        *spent.held("promotion_code").values(),
    }
    assert actions(spent.plan(replace(after, moved=()))) == {}


def test_a_spent_code_that_nobody_marked_is_adopted_as_it_is(bench: Workbench, clock: Clock) -> None:
    client = bench.client.v1
    coupon = client.coupons.create({"percent_off": 10}).id
    code = client.promotion_codes.create(
        {
            "promotion": {"type": "coupon", "coupon": coupon},
            "code": "SOON",
            "expires_at": int(datetime.combine(SOON, time(), UTC).timestamp()),
        }
    )
    clock.advance(5 * DAY)
    adopted = replace(
        LAUNCH,
        lifecycle=Lifecycle(id=coupon),
        codes=(Code("SOON", "launch", expires=SOON, lifecycle=Lifecycle(id=code.id)),),
    )
    made = bench.plan(selling(adopted))
    assert actions(made)["code.launch.SOON"] == "adopt"
    bench.carry_out(made)
    assert actions(bench.plan(selling(adopted))) == {}
    assert drift(bench.session()).rows == ()


def test_a_code_whose_coupon_is_gone_is_made_anew_on_the_new_one(bench: Workbench) -> None:
    bench.apply(selling(LAUNCH))
    bench.client.v1.coupons.delete("acme-launch")
    made = bench.plan(selling(LAUNCH))
    assert actions(made) == {"discount.launch": "create", "code.launch.SOON": "create"}
    bench.carry_out(made)
    assert actions(bench.plan(selling(LAUNCH))) == {}


def test_a_code_that_was_removed_and_comes_back_counts_from_0(spent: Workbench) -> None:
    spent.apply(selling(LAUNCH, SEASON, ONCE))
    again = selling(LAUNCH, SEASON, FEW, ONCE)
    assert actions(spent.plan(again)) == {"discount.few": "create", "code.few.FEW": "create"}
    spent.apply(again)
    redeem(spent, "FEW")
    assert actions(spent.plan(again)) == {}
