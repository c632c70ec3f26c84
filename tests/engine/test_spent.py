"""What the clock and the customers take out of use: how it is noticed, and what a plan makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from stripectl.engine.drift import drift
from stripectl.engine.kinds import Limit
from stripectl.engine.plan import Action, Plan, Revision
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.resource import Resource, State
from stripectl.engine.spent import day, with_spent
from stripectl.engine.values import Value
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import ACCOUNT, FREE, actions, code, coupon, held, revision, row

NOW = 1_790_640_000
"""2026-09-29, midnight UTC."""
PAST, FUTURE = NOW - 24 * 3600, NOW + 24 * 3600


def reasons(*objects: Resource, now: int = NOW) -> list[str]:
    return [each.spent for each in with_spent(objects, KINDS, now)]


def planned(
    desired: Iterable[Resource],
    objects: Iterable[Resource],
    *,
    last: Revision | None = None,
    rollback_of: Revision | None = None,
) -> Plan:
    target = Target("shadow", ACCOUNT, with_spent(objects, KINDS, NOW), last, now=NOW)
    return make_plan(Intent("acme", State.of(desired), rollback_of=rollback_of), target, KINDS, FREE)


def told(made: Plan) -> list[tuple[str, str | None]]:
    return [(each.code, each.address) for each in made.diagnostics]


def test_the_kinds_that_end_by_themselves_say_by_which_fields() -> None:
    limits = {name: {each.name: each.limit for each in kind.limits} for name, kind in KINDS.rows.items()}
    assert {name: each for name, each in limits.items() if each} == {
        "coupon": {"max_redemptions": Limit.USES, "redeem_by": Limit.MOMENT},
        "promotion_code": {
            "coupon": Limit.CARRIER,
            "expires_at": Limit.MOMENT,
            "max_redemptions": Limit.USES,
        },
    }


@pytest.mark.parametrize(
    ("fields", "used", "reason"),
    [
        ({}, 1000, ""),
        ({"redeem_by": NOW + 1}, 0, ""),
        ({"redeem_by": NOW}, 0, "expired 2026-09-29"),
        ({"redeem_by": PAST + 60}, 0, "expired 2026-09-28 00:01 UTC"),
        ({"max_redemptions": 50}, 49, ""),
        ({"max_redemptions": 50}, 50, "was used 50 of 50 times"),
    ],
)
def test_an_object_is_spent_at_its_moment_and_with_its_last_use(
    fields: dict[str, Value], used: int, reason: str
) -> None:
    assert reasons(replace(held(coupon(**fields)), uses=used)) == [reason]


def test_a_code_is_spent_with_its_coupon_and_once_that_is_gone() -> None:
    ended = held(coupon(redeem_by=PAST))
    assert reasons(held(code(), "promo_1"), ended)[0] == (
        "belongs to coupon acme-launch, which expired 2026-09-28"
    )
    assert reasons(held(code(), "promo_1")) == ["belongs to coupon acme-launch, which is gone"]
    assert reasons(held(code(), "promo_1"), held(coupon())) == ["", ""]


def test_what_the_provider_says_itself_stands_where_no_reason_is_found() -> None:
    invalid = replace(held(coupon()), spent="is no longer valid")
    assert reasons(invalid, held(code(), "promo_1")) == [
        "is no longer valid",
        "belongs to coupon acme-launch, which is no longer valid",
    ]
    assert reasons(replace(held(coupon(redeem_by=PAST)), spent="is no longer valid")) == [
        "expired 2026-09-28"
    ]


def test_a_day_is_told_with_its_hour_where_it_is_not_midnight() -> None:
    assert (day(0), day(3661)) == ("1970-01-01", "1970-01-01 01:01 UTC")


def test_nothing_is_said_of_it_in_plans_and_records() -> None:
    spent = replace(held(coupon()), spent="expired 2026-09-28", uses=3)
    assert spent.to_json() == held(coupon()).to_json()


def test_a_spent_code_that_is_out_of_use_is_not_brought_back() -> None:
    ended = code(expires_at=PAST)
    made = planned([coupon(), ended], [held(coupon()), held(ended, "promo_1", active=False)])
    assert (actions(made), told(made)) == ({}, [("spent", "code.launch.LAUNCH")])
    kept = row(made, "code.launch.LAUNCH")
    assert (kept.action, kept.object_id, kept.after) == (Action.NO_OP, "promo_1", ended)


def test_what_is_spent_is_no_drift_even_where_more_than_its_use_differs() -> None:
    ended = code(expires_at=PAST, metadata={"team": "core"})
    last = revision(coupon(), ended, ids={"discount.launch": "acme-launch", ended.address: "promo_1"})
    now = held(ended, "promo_1", active=False, metadata={})
    assert [each.address for each in drift(last, [held(coupon()), now], KINDS)] == [ended.address]
    assert drift(last, with_spent([held(coupon()), now], KINDS, NOW), KINDS) == ()


def test_without_a_clock_nothing_has_gone_by() -> None:
    ended = coupon(redeem_by=PAST)
    target = Target("shadow", ACCOUNT, (), None)
    made = make_plan(Intent("acme", State.of([ended])), target, KINDS, FREE)
    assert (actions(made), told(made)) == ({"discount.launch": "create"}, [])


def test_of_several_spent_objects_the_recorded_one_is_at_the_address() -> None:
    ended = code(max_redemptions=1)
    last = revision(coupon(), ended, ids={"discount.launch": "acme-launch", ended.address: "promo_2"})
    spent = [
        replace(held(ended, name, active=False, created=at, first_time_only=True), uses=1)
        for name, at in (("promo_1", 9), ("promo_2", 5), ("promo_3", 9))
    ]
    made = planned([coupon(), ended], [held(coupon()), *spent], last=last)
    assert row(made, ended.address).object_id == "promo_2"
    assert actions(made) == {}


def test_the_digest_of_a_plan_does_not_depend_on_what_ended_meanwhile() -> None:
    ended = code(expires_at=NOW)
    before, after = (
        planned([coupon(), ended], [held(coupon()), held(ended, "promo_1", active=active)])
        for active in (True, False)
    )
    assert before.base.observed_digest == after.base.observed_digest


def test_a_rollback_to_what_is_recorded_and_gone_leaves_it_out() -> None:
    gone = coupon(redeem_by=PAST)
    last = revision(gone)
    made = planned([gone], [], last=last, rollback_of=last)
    assert (actions(made), told(made)) == ({}, [("left-out", "discount.launch")])
    assert made.desired == State()


def test_a_rollback_leaves_out_what_needs_what_is_left_out() -> None:
    ids = {"discount.launch": "acme-launch", "code.launch.LAUNCH": "promo_1"}
    before = revision(coupon(redeem_by=PAST), code(), ids=ids)
    made = planned(before.desired, [], last=revision(number=2), rollback_of=before)
    assert {address for _, address in told(made)} == {"discount.launch", "code.launch.LAUNCH"}
    assert (actions(made), made.blocked) == ({}, False)
