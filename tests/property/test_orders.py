"""Steps of a phase may come in any order that their prerequisites allow: the account ends up the same."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from stripectl.engine.ordering import steps
from stripectl.engine.plan import Plan
from stripectl.engine.steps import Step, Verb
from stripectl.pricing.model import Catalog
from stripectl.providers.stripe.kinds import KINDS
from tests.fault.catalogs import prepare
from tests.property.strategies import catalogs
from tests.workbench import Clock, Workbench, actions, opened


def any_order(todo: tuple[Step, ...], chance: random.Random) -> list[Step]:
    """The steps in an order drawn from all that their phases and prerequisites allow."""
    left, ordered = list(todo), list[Step]()
    while left:
        phase, numbers = left[0].phase, {each.number for each in left}
        ready = [each for each in left if each.phase == phase and not each.after & numbers]
        ordered.append(chance.choice(ready))
        left.remove(ordered[-1])
    return ordered


def carry_out(bench: Workbench, made: Plan, chance: random.Random) -> None:
    """Send the requests of a plan, past the journal: what is tried is their order."""
    ids = {row.before.address: row.before.object_id for row in made.changes if row.before}
    known = {address: each for address, each in ids.items() if each}
    for step in any_order(steps(made.changes, KINDS), chance):
        request = bench.provider.request(step, known, catalog=bench.catalog, run="run")
        outcome = bench.provider.send(request, f"{made.plan_id}-{step.number}")
        if step.verb in (Verb.CREATE, Verb.REVIVE):
            known[step.address] = outcome.object_id


@given(catalogs(), catalogs(), st.integers(0, 2**32))
def test_any_order_that_the_prerequisites_allow_comes_to_the_same(
    before: Catalog, after: Catalog, seed: int
) -> None:
    with TemporaryDirectory() as folder, opened(Path(folder), Clock()) as bench:
        bench.apply(before)
        carry_out(bench, bench.plan(after), random.Random(seed))
        assert actions(bench.plan(after)) == {}


@given(st.integers(0, 2**32))
def test_a_plan_with_every_action_can_be_carried_out_in_any_order(seed: int) -> None:
    clock = Clock()
    with TemporaryDirectory() as folder, opened(Path(folder), clock) as bench:
        after = prepare(bench, clock.advance)
        carry_out(bench, bench.plan(after), random.Random(seed))
        assert actions(bench.plan(after)) == {}
