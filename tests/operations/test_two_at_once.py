"""Two applies at once: with one state the second waits or is refused; without, nothing exists twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import stripe

from stripectl.diagnostics import Locked, ProviderError, StalePlan
from stripectl.operations import apply as applying
from stripectl.pricing.model import Product
from stripectl.providers.shadow.account import ShadowAccount
from tests.faults import Answered
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench, actions

CATALOG = catalog(Product("pro", "Pro", default_price="monthly"), monthly())


class Overtaken(stripe.HTTPClient):
    """Lets somebody else act right before a certain write, counted from 1."""

    name = "overtaken"

    def __init__(self, inner: stripe.HTTPClient, write: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._inner, self._write, self._act, self._count = inner, write, act, 0

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> Answered:
        self._count += method != "get"
        if method != "get" and self._count == self._write:
            self._act()
        answered: Answered = self._inner.request(method, url, headers, post_data)
        return answered

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("write", [1, 2])
def test_whoever_loses_the_race_without_a_common_lock_leaves_the_winner_s_objects_alone(
    tmp_path: Path, account: ShadowAccount, clock: Clock, write: int
) -> None:
    winner = Workbench(tmp_path / "winner", account, clock)
    loser = Workbench(
        tmp_path / "loser",
        account,
        clock,
        wrap=lambda inner: Overtaken(inner, write, lambda: winner.apply(CATALOG)),
    )
    loser.ids = iter(range(500, 600))
    with pytest.raises(ProviderError) as refused:
        loser.apply(CATALOG)
    assert [each.code for each in refused.value.diagnostics] == ["stripe-refused", "put-back"]
    for each in (winner, loser):
        made = each.plan(CATALOG)
        assert actions(made) == {}
    assert set(winner.held("price", active=True)) == {winner.recorded.ids["price.pro.monthly"]}
    assert winner.held("product", active=True) == {"acme-pro": "product.pro"}
    assert len(winner.held("price")) == 1


def test_the_second_apply_is_told_who_holds_the_lock(bench: Workbench) -> None:
    made = bench.plan(CATALOG)
    with bench.lock.hold("run-of-another", 0), pytest.raises(Locked) as refused:
        bench.carry_out(made)
    (problem,) = refused.value.diagnostics
    assert (problem.code, "stripectl unlock run-of-another" in problem.hint) == ("locked", True)
    assert bench.log.writes == []


def test_the_lock_is_free_again_after_an_apply_that_failed(bench: Workbench) -> None:
    made = bench.plan(CATALOG)
    bench.apply(CATALOG)
    with pytest.raises(StalePlan):
        bench.carry_out(made)
    with bench.lock.hold("next", 0):
        pass


def test_of_two_plans_of_the_same_the_later_apply_is_stale(bench: Workbench) -> None:
    first, second = bench.plan(CATALOG), bench.plan(CATALOG)
    bench.carry_out(first)
    with pytest.raises(StalePlan):
        applying.apply(replace(bench.session(), lock_timeout=1.0), second)
    assert len(bench.held("price")) == 1
