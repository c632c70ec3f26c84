"""Before environment, records and unfinished run are of its account, only that is asked: whose the key is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
import stripe

from stripectl.diagnostics import InvalidInput, StalePlan, StripectlError
from stripectl.engine.checkup import Health
from stripectl.engine.ordering import steps
from stripectl.engine.plan import Plan
from stripectl.engine.steps import Verb
from stripectl.operations import doctor
from stripectl.operations.apply import resume, unwind
from stripectl.operations.drift import drift
from stripectl.operations.session import Session
from stripectl.pricing.model import Product
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.keys import Door
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.provider import StripeProvider
from stripectl.store.revisions import load_revision, revision_text
from tests.faults import Crash
from tests.operations.connected import CONNECTED, PLATFORM, Routed
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench

FIRST = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
SECOND = catalog(Product("pro", "Pro for teams", default_price="monthly"), monthly())

OURS, OTHERS = "acct_1Ours", "acct_1Others"


class Dying(stripe.HTTPClient):
    """The process is gone after so many writes; the last one was carried out, and its answer is lost."""

    name = "dying"

    def __init__(self, inner: stripe.HTTPClient, writes: int) -> None:
        super().__init__()
        self._inner, self._left = inner, writes

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        answered: tuple[str, int, Mapping[str, str]] = self._inner.request(method, url, headers, post_data)
        self._left -= method != "get"
        if not self._left:
            raise Crash
        return answered

    def close(self) -> None:
        pass


@pytest.fixture
def ours(tmp_path: Path, clock: Clock) -> Iterator[ShadowAccount]:
    with closing(ShadowAccount(tmp_path / "ours.db", clock=clock, account_id=OURS)) as account:
        yield account


@pytest.fixture
def others(tmp_path: Path, clock: Clock) -> Iterator[ShadowAccount]:
    with closing(ShadowAccount(tmp_path / "others.db", clock=clock, account_id=OTHERS)) as account:
        yield account


@pytest.fixture
def bench(tmp_path: Path, ours: ShadowAccount, clock: Clock) -> Workbench:
    """With two revisions."""
    bench = Workbench(tmp_path / "acme", ours, clock)
    bench.apply(FIRST)
    bench.apply(SECOND)
    return bench


def interrupted(bench: Workbench) -> None:
    """A run that stopped after its first write."""
    made = bench.plan(FIRST)
    dying = replace(bench, wrap=partial(Dying, writes=1))
    with pytest.raises(Crash):
        dying.carry_out(made)


def find(session: Session) -> object:
    """What a lost answer may have made."""
    (record,) = session.journals.unfinished()
    step = replace(steps(record.plan.changes, KINDS)[0], verb=Verb.CREATE)
    return session.provider.find(step, {}, catalog="acme", run=record.run)


def send(session: Session) -> object:
    (record,) = session.journals.unfinished()
    step = steps(record.plan.changes, KINDS)[0]
    request = session.provider.request(step, {}, catalog="acme", run=record.run)
    return session.provider.send(request, "key")


Way: TypeAlias = Callable[[Workbench, Plan], object]

PATHS: Mapping[str, Way] = {
    "plan": lambda bench, _: bench.plan(FIRST),
    "plan a rollback": lambda bench, _: bench.plan_rollback(1),
    "drift": lambda bench, _: drift(bench.session()),
    "apply": lambda bench, made: bench.carry_out(made),
    "read": lambda bench, made: bench.session().target(made.desired),
    "count": lambda bench, _: bench.session().provider.audience(["price_1"]),
    "point": lambda bench, _: bench.session().provider.pointers(["price_1"]),
}

RECOVERIES: Mapping[str, Way] = {
    "resume": lambda bench, _: resume(bench.session()),
    "unwind": lambda bench, _: unwind(bench.session()),
    "plan over it": lambda bench, _: bench.plan(FIRST),
    "drift": lambda bench, _: drift(bench.session()),
    "send": lambda bench, _: send(bench.session()),
    "find": lambda bench, _: find(bench.session()),
}


def refused(bench: Workbench, path: Way, made: Plan) -> StripectlError:
    """The path ends before anything but the account was asked."""
    with pytest.raises(StripectlError) as told:
        path(bench, made)
    assert {path.partition("?")[0] for _, path in bench.log.requests} == {"/v1/account"}
    assert bench.log.writes == []
    return told.value


@pytest.mark.parametrize("path", PATHS)
def test_records_of_another_account_stop_every_path_and_both_ids_are_told(
    bench: Workbench, others: ShadowAccount, path: str
) -> None:
    made = bench.plan(FIRST)
    told = refused(replace(bench, account=others), PATHS[path], made)
    assert isinstance(told, StalePlan if path == "apply" else InvalidInput)
    assert told.diagnostics[0].code == ("stale-account" if path == "apply" else "records-of-another")
    assert OURS in told.diagnostics[0].detail
    assert OTHERS in told.diagnostics[0].detail
    assert told.diagnostics[0].hint


@pytest.mark.parametrize("path", RECOVERIES)
def test_a_run_of_another_account_is_neither_finished_nor_undone(
    bench: Workbench, others: ShadowAccount, path: str
) -> None:
    interrupted(bench)
    told = refused(replace(bench, account=others), RECOVERIES[path], begun(bench))
    assert [each.code for each in told.diagnostics] == ["records-of-another", "run-of-another"]
    assert all(OURS in each.detail and OTHERS in each.detail for each in told.diagnostics)


def begun(bench: Workbench) -> Plan:
    (record,) = bench.journals.unfinished()
    return record.plan


@pytest.mark.parametrize("path", RECOVERIES)
def test_a_journal_of_another_environment_is_neither_finished_nor_undone(bench: Workbench, path: str) -> None:
    interrupted(bench)

    class Elsewhere(Workbench):
        def session(self) -> Session:
            return replace(super().session(), environment="staging")

    copied = Elsewhere(bench.folder, bench.account, bench.clock)
    told = refused(copied, RECOVERIES[path], begun(bench))
    assert told.diagnostics[0].code == "run-of-another"
    assert "environment shadow" in told.diagnostics[0].detail
    assert "environment staging" in told.diagnostics[0].detail


@pytest.mark.parametrize("path", RECOVERIES)
def test_an_environment_for_another_account_stops_every_path(bench: Workbench, path: str) -> None:
    interrupted(bench)

    class Named(Workbench):
        def session(self) -> Session:
            return replace(super().session(), account_id=OTHERS)

    told = refused(Named(bench.folder, bench.account, bench.clock), RECOVERIES[path], begun(bench))
    assert told.diagnostics[0].code == "wrong-account"


@pytest.mark.parametrize("way", [resume, unwind])
def test_a_run_goes_on_where_it_was_begun(bench: Workbench, way: Callable[[Session], object]) -> None:
    interrupted(bench)
    way(replace(bench).session())
    assert bench.journals.unfinished() == ()
    assert bench.plan(FIRST if way is resume else SECOND).effective == ()


@pytest.mark.parametrize("way", [resume, unwind])
def test_a_run_on_a_connected_account_goes_on_there_and_never_at_the_platform(
    tmp_path: Path, clock: Clock, way: Callable[[Session], object]
) -> None:
    with (
        closing(ShadowAccount(tmp_path / "platform.db", clock=clock, account_id=PLATFORM)) as platform,
        closing(ShadowAccount(tmp_path / "connected.db", clock=clock, account_id=CONNECTED)) as connected,
    ):
        routed = Routed(platform, connected)
        bench = Workbench(tmp_path / "acme", platform, clock, wrap=lambda _: routed)
        bench.provider = StripeProvider(bench.gateway(), Door(account=CONNECTED))
        bench.apply(SECOND)
        dying = replace(bench, wrap=lambda _: Dying(routed, 1))
        dying.provider = StripeProvider(dying.gateway(), Door(account=CONNECTED))
        with pytest.raises(Crash):
            dying.carry_out(dying.plan(FIRST))
        routed.asked.clear()
        # A new process knows nothing of what the one before it asked.
        bench.provider = StripeProvider(bench.gateway(), Door(account=CONNECTED))
        way(bench.session())
        assert routed.asked[0] == (None, "get")
        assert {account for account, _ in routed.asked[1:]} == {CONNECTED}
        assert bench.journals.unfinished() == ()


def test_a_revision_of_another_account_is_not_rolled_back_to(
    bench: Workbench, others: ShadowAccount, tmp_path: Path
) -> None:
    elsewhere = Workbench(tmp_path / "elsewhere", others, bench.clock)
    elsewhere.apply(FIRST)
    made = bench.plan(FIRST)
    # As records are whose revisions do not name the one before.
    for source, name in ((elsewhere.folder, "000001"), (bench.folder, "000002")):
        record = load_revision(source / f"revisions/{name}.json", KINDS)
        (bench.folder / f"revisions/{name}.json").write_text(revision_text(replace(record, previous=None)))
    told = refused(replace(bench), lambda at, _: at.plan_rollback(1), made)
    assert told.diagnostics[0].code == "records-of-another"
    assert "Revision 1" in told.diagnostics[0].detail


def test_records_of_another_catalog_are_not_taken_for_ours(bench: Workbench) -> None:
    renamed = replace(bench, catalog="apex")
    told = refused(renamed, lambda at, _: at.plan(FIRST), bench.plan(FIRST))
    assert told.diagnostics[0].code == "records-of-another"
    assert "catalog acme" in told.diagnostics[0].detail


def test_a_doctor_fails_the_account_and_asks_nothing_more(bench: Workbench, others: ShadowAccount) -> None:
    at = replace(bench, account=others)
    records = [doctor.Records("acme", at.revisions, at.journals, lambda: None)]
    provider = at.provider.behind(doctor.gate("shadow", None, records))
    checks = provider.probe(at.now)
    assert {path for _, path in at.log.requests} == {"/v1/account"}
    (told,) = (each for each in checks if each.health is Health.FAILED)
    assert OURS in told.found
    assert OTHERS in told.found
    assert told.hint


def test_a_plan_says_where_it_is_sent_and_is_applied_nowhere_else(bench: Workbench) -> None:
    made = bench.plan(FIRST)
    assert made.account
    assert made.account.api_base == "shadow"
    elsewhere = replace(made, account=replace(made.account, api_base="https://api.stripe.com"))
    with pytest.raises(StalePlan, match="api_base"):
        replace(bench).carry_out(elsewhere)
