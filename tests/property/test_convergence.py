"""What holds for any two catalogs that follow each other on one account."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from stripectl.engine.diff import diff
from stripectl.engine.kinds import Mutability
from stripectl.engine.plan import Plan, Revision
from stripectl.engine.resource import Resource
from stripectl.engine.serial import plan_to_json
from stripectl.engine.values import equal, references
from stripectl.pricing.checks import check
from stripectl.pricing.model import Catalog
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.limits import check_limits
from stripectl.providers.stripe.mapping import map_catalog
from tests.faults import Crash, Faulty, crash, numbered
from tests.property.strategies import catalogs
from tests.workbench import Clock, Workbench, actions, opened

TODAY = date(2026, 11, 28)


@contextmanager
def workbench(*, dies_at: int = 0) -> Iterator[Workbench]:
    """A new account; the process dies after the write of that number."""
    faults = {dies_at: crash}
    with (
        TemporaryDirectory() as folder,
        opened(Path(folder), Clock(), lambda inner: Faulty(inner, numbered(faults))) as bench,
    ):
        yield bench


def apply(bench: Workbench, *every: Catalog) -> None:
    for each in every:
        bench.apply(each)
        assert isinstance(bench.clock, Clock)
        bench.clock.advance(60)


@given(catalogs())
def test_the_catalogs_that_are_drawn_are_valid(catalog: Catalog) -> None:
    desired = map_catalog(catalog).desired
    assert [each for each in (*check(catalog), *check_limits(catalog, desired, TODAY)) if each.is_error] == []


@given(catalogs())
def test_a_state_compared_with_itself_has_nothing_to_do(catalog: Catalog) -> None:
    desired = map_catalog(catalog).desired
    assert {row.action.value for row in diff(desired, desired, KINDS)} == {"no-op"}


@given(catalogs(), catalogs())
def test_a_plan_after_an_apply_is_empty_and_no_key_or_address_is_borne_twice(
    before: Catalog, after: Catalog
) -> None:
    with workbench() as bench:
        apply(bench, before, after)
        made = bench.plan(after)
        assert (actions(made), made.drift, made.blocked) == ({}, (), False)
        prices = bench.client.v1.prices.list({"active": True, "limit": 100}).data
        keys = Counter(each.lookup_key for each in prices)
        addresses = Counter(bench.held("price", active=True).values())
        assert {*keys.values(), *addresses.values()} <= {1}


@given(catalogs(), catalogs())
def test_a_rollback_restores_the_state_and_every_id_that_can_come_back(
    before: Catalog, after: Catalog
) -> None:
    """An id comes back unless one of these holds.

    - its kind cannot be revived, and the object was removed or replaced;
    - it was extended in place: a currency added or a tax behaviour set cannot be taken back;
    - it refers, in a field that cannot change, to something whose id did not come back.
    """
    with workbench() as bench:
        apply(bench, before, after)
        first, second = bench.revisions.get(1), bench.recorded
        bench.roll_back(1)
        made = bench.plan(before)
        assert (actions(made), made.drift) == ({}, ())
        now = {row.address: row.object_id for row in made.changes}
        lost = {each.address for each in first.desired if _lost(each, first, second)}
        assert {a: i for a, i in now.items() if a not in lost} == {
            a: i for a, i in first.ids.items() if a not in lost
        }


def _lost(each: Resource, first: Revision, second: Revision) -> bool:
    kind, later = KINDS[each.kind], second.desired.get(each.address)
    stays = second.ids.get(each.address) == first.ids[each.address]
    if not stays and not kind.revivable:
        return True
    if stays and later and _extended(each, later):
        return True
    held = (ref for field in kind.immutable for ref in references(each.fields.get(field)))
    return any(_lost(first.desired.resources[ref], first, second) for ref in held)


def _extended(before: Resource, after: Resource) -> bool:
    return any(
        not equal(before.fields.get(field.name, field.default), after.fields.get(field.name, field.default))
        for field in KINDS[before.kind].fields.values()
        if field.mutability in (Mutability.EXTEND, Mutability.ONCE)
    )


@given(catalogs(), catalogs(), st.integers(1, 30))
def test_a_run_that_died_and_was_resumed_equals_one_that_did_not(
    before: Catalog, after: Catalog, write: int
) -> None:
    with workbench() as calm, workbench(dies_at=write) as stormy:
        apply(calm, before, after)
        for each in (before, after):
            try:
                apply(stormy, each)
            except Crash:
                stormy.resume()
        assert held(stormy) == held(calm)
        assert actions(stormy.plan(after)) == {}
        assert stormy.journals.unfinished() == ()
        assert stormy.recorded.desired_digest == calm.recorded.desired_digest


def held(bench: Workbench) -> Counter[tuple[str, str, bool]]:
    """Kind, address and use of every object."""
    return Counter(
        (each.kind, each.address, each.active) for each in bench.provider.observe(bench.recorded.desired)
    )


@given(catalogs(), catalogs())
def test_a_plan_is_the_same_bytes_each_time_but_for_its_id_and_time(before: Catalog, after: Catalog) -> None:
    with workbench() as bench:
        apply(bench, before)
        first, second = bench.plan(after), bench.plan(after)
        assert text(first) == text(second)
        assert first.plan_id != second.plan_id


def text(made: Plan) -> str:
    document = plan_to_json(made)
    return json.dumps({key: value for key, value in document.items() if key not in ("plan_id", "created_at")})
