"""What an address stood for, term by term: amounts, renames, gaps, what came back, and what is no change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from stripectl.engine.past import Past, known_addresses, pasts, standing
from stripectl.engine.plan import Revision
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value
from stripectl.providers.stripe.kinds import KINDS
from tests.views.samples import REVISION

MONTHLY, MONTH = "price.pro.monthly", "price.pro.month"
TERMS: Mapping[str, Value] = {"interval": "month"}


def price(amount: int, object_id: str, address: str = MONTHLY, **more: Value) -> Resource:
    known: dict[str, Value] = {"product": Ref("product.pro"), "currency": "eur", "recurring": TERMS}
    return Resource("price", address, {**known, "unit_amount": Decimal(amount), **more}, object_id)


def recorded(*each: tuple[Resource, ...], moved: Mapping[int, Mapping[str, str]] = {}) -> list[Revision]:
    """A revision for each of the states, numbered from 1; `moved` by number."""
    return [
        replace(
            REVISION,
            number=number,
            desired=State.of(replace(found, object_id=None) for found in state),
            ids={found.address: found.object_id for found in state if found.object_id},
            moved=moved.get(number, {}),
            annotations=(),
        )
        for number, state in enumerate(each, 1)
    ]


def told(past: Past) -> list[tuple[str | None, int, int | None]]:
    """Object id, first revision and the one that ended it, of each term."""
    return [
        (each.object_id, each.since.number, each.until.number if each.until else None) for each in past.terms
    ]


def only(address: str, revisions: list[Revision]) -> Past:
    (past,) = pasts(address, revisions, KINDS)
    return past


def test_each_amount_has_a_term_until_the_next_one() -> None:
    past = only(
        MONTHLY, recorded((price(900, "p1"),), (price(900, "p1"),), (price(950, "p2"),), (price(990, "p3"),))
    )
    assert told(past) == [("p1", 1, 3), ("p2", 3, 4), ("p3", 4, None)]
    assert [[(each.path, each.before, each.after) for each in term.changed] for term in past.terms] == [
        [],
        [(("unit_amount",), Decimal(900), Decimal(950))],
        [(("unit_amount",), Decimal(950), Decimal(990))],
    ]
    assert past.versions == 3


def test_an_amount_that_came_back_is_a_term_of_its_own_and_no_new_version() -> None:
    past = only(MONTHLY, recorded((price(900, "p1"),), (price(950, "p2"),), (price(900, "p1"),)))
    assert told(past) == [("p1", 1, 2), ("p2", 2, 3), ("p1", 3, None)]
    assert past.versions == 2
    assert [past.comes_back(each) for each in past.terms] == [past.terms[2], None, None]


def test_a_currency_that_is_added_to_the_object_begins_a_term() -> None:
    dollars: Value = {"usd": {"unit_amount": Decimal(990)}}
    past = only(MONTHLY, recorded((price(900, "p1"),), (price(900, "p1", currency_options=dollars),)))
    assert told(past) == [("p1", 1, 2), ("p1", 2, None)]
    assert past.versions == 2


def test_what_customers_do_not_notice_begins_no_term() -> None:
    named = price(900, "p1", nickname="new", lookup_key="other", metadata={"team": "x"})
    assert told(only(MONTHLY, recorded((price(900, "p1"),), (named,)))) == [("p1", 1, None)]
    named_product = [(Resource("product", "product.pro", {"name": name}, "pro"),) for name in ("Pro", "Pro+")]
    assert told(only("product.pro", recorded(*named_product))) == [("pro", 1, 2), ("pro", 2, None)]


def test_a_price_that_goes_out_of_use_begins_a_term() -> None:
    past = only(MONTHLY, recorded((price(900, "p1"),), (price(900, "p1", active=False),)))
    assert told(past) == [("p1", 1, 2), ("p1", 2, None)]


def test_a_gap_stands_between_the_terms_of_what_was_removed_and_came_again() -> None:
    past = only(MONTHLY, recorded((price(900, "p1"),), (), (price(900, "p1"),), ()))
    assert told(past) == [("p1", 1, 2), ("p1", 3, 4)]
    assert (past.last.in_force, past.versions) == (False, 1)
    assert [(end.number, back.number) for end, back in past.gaps] == [(2, 3)]
    assert only(MONTHLY, recorded((price(900, "p1"),), (price(950, "p2"),))).gaps == ()


def test_a_renamed_object_is_followed_by_its_id() -> None:
    revisions = recorded((price(900, "p1"),), (price(950, "p2"),), (price(950, "p2", MONTH),))
    past = only(MONTH, revisions)
    assert told(past) == [("p1", 1, 2), ("p2", 2, None)]
    assert [each.names for each in past.terms] == [(MONTHLY,), (MONTHLY, MONTH)]


def test_an_old_address_leads_to_the_one_of_today() -> None:
    revisions = recorded((price(900, "p1"),), (price(900, "p1", MONTH),), (price(990, "p3", MONTH),))
    assert only(MONTHLY, revisions) == only(MONTH, revisions)
    assert only(MONTHLY, revisions).address == MONTH


def test_a_price_that_is_renamed_and_replaced_at_once_is_followed_by_the_record() -> None:
    states = ((price(900, "p1"),), (price(950, "p2", MONTH),))
    with_record = recorded(*states, moved={2: {MONTHLY: MONTH}})
    assert told(only(MONTH, with_record)) == [("p1", 1, 2), ("p2", 2, None)]
    assert only(MONTHLY, with_record) == only(MONTH, with_record)
    assert told(only(MONTH, recorded(*states))) == [("p2", 2, None)]


def test_two_prices_that_swap_their_addresses_keep_their_own_past() -> None:
    revisions = recorded(
        (price(900, "p1"), price(100, "p2", MONTH)), (price(900, "p1", MONTH), price(100, "p2"))
    )
    assert told(only(MONTH, revisions)) == [("p1", 1, None)]
    assert told(only(MONTHLY, revisions)) == [("p2", 1, None)]


def test_an_address_that_went_to_something_else_has_the_past_of_that() -> None:
    revisions = recorded((price(900, "p1"),), (price(900, "p1", MONTH), price(500, "p9")))
    assert told(only(MONTHLY, revisions)) == [("p9", 2, None)]


def test_a_renamed_product_is_no_change_of_its_prices() -> None:
    def state(address: str) -> tuple[Resource, ...]:
        return Resource("product", address, {"name": "Pro"}, "pro"), price(900, "p1", product=Ref(address))

    assert told(only(MONTHLY, recorded(state("product.pro"), state("product.plus")))) == [("p1", 1, None)]


def test_ids_of_different_kinds_are_not_taken_for_one_another() -> None:
    coupon = Resource("coupon", "discount.pro", {"percent_off": Decimal(5)}, "acme-pro")
    product = Resource("product", "product.pro", {"name": "Pro"}, "acme-pro")
    assert told(only("product.pro", recorded((coupon,), (product,)))) == [("acme-pro", 2, None)]


def test_something_of_another_kind_begins_a_term() -> None:
    coupon = Resource("coupon", "discount.x", {"percent_off": Decimal(5)}, "acme-x")
    note = Resource("metadata_binding", "discount.x", {"host": "c", "key": "k", "value": "{}"}, "c#k")
    past = only("discount.x", recorded((coupon,), (note,)))
    assert (told(past), past.last.changed) == ([("acme-x", 1, 2), ("c#k", 2, None)], ())


def test_only_what_recurs_can_be_subscribed_to() -> None:
    once = replace(price(900, "p1"), fields={"currency": "eur", "unit_amount": Decimal(900)})
    product = Resource("product", "product.pro", {"name": "Pro"}, "pro")
    revisions = recorded((once, product), (price(900, "p2"), product))
    assert [each.subscribable for each in only(MONTHLY, revisions).terms] == [False, True]
    assert [each.subscribable for each in only("product.pro", revisions).terms] == [False]


def test_an_artifact_has_the_past_of_all_that_was_made_for_it() -> None:
    coupons = tuple(
        Resource("coupon", f"discount.loyalty.{number}", {}, f"c{number}", origin="discount.loyalty")
        for number in (1, 2)
    )
    note = Resource("metadata_binding", "discount.loyalty", {"host": "c1"}, "c1#k")

    def found(asked: str, revisions: list[Revision]) -> list[str]:
        return [each.address for each in pasts(asked, revisions, KINDS)]

    rungs = [each.address for each in coupons]
    assert found("discount.loyalty", recorded(coupons)) == rungs
    assert found("discount.loyalty", recorded((*coupons, note))) == ["discount.loyalty", *rungs]
    assert found("discount.loyalty.2", recorded((*coupons, note))) == ["discount.loyalty.2"]
    assert known_addresses(recorded(coupons)) == (rungs[0], "discount.loyalty", rungs[1])


def test_an_address_that_no_revision_knows_has_no_past() -> None:
    assert pasts(MONTH, recorded((price(900, "p1"),)), KINDS) == ()
    assert pasts(MONTH, [], KINDS) == ()


def test_what_stands_at_an_address_is_the_term_in_force() -> None:
    revisions = recorded((price(900, "p1"),), (price(950, "p2"),))
    found = standing((MONTHLY, MONTH), revisions, KINDS)
    assert found is not None
    assert (found.last.number, list(found.terms)) == (2, [MONTHLY])
    assert (found.terms[MONTHLY].object_id, found.terms[MONTHLY].since.number) == ("p2", 2)
    assert standing((MONTHLY,), [], KINDS) is None
