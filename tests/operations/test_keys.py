"""Keys that open less, or more, than one account of their own: what a plan is then made for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, StripectlError
from stripectl.engine.ports import RequestFailed
from stripectl.engine.serial import plan_digest
from stripectl.operations.session import Session
from stripectl.pricing.model import Product
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.keys import Door
from stripectl.providers.stripe.provider import StripeProvider
from tests.keyed import ACCOUNT, KYC, ORGANIZATION_KEY, Lacking, Organization, Restricted
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench, actions

CATALOG = catalog(Product("pro", "Pro", default_price="monthly"), monthly())
LACKS_ACCOUNT = {"/v1/account": KYC}


@dataclass
class Keyed(Workbench):
    """A workbench with another key, in an environment that says something of its account."""

    key: str = field(default="rk_test_1", kw_only=True)
    door: Door = field(default=Door("sandbox", livemode=False), kw_only=True)

    def at(self, **said: object) -> Keyed:
        """The same, in an environment that says something else."""
        bench = replace(self, door=replace(self.door, **said))  # type: ignore[arg-type]
        ticks = Clock(0)
        transport = ShadowTransport(self.account)
        gateway = Gateway(self.key, transport=transport, clock=ticks, sleep=ticks.advance)
        bench.provider = StripeProvider(gateway, bench.door)
        return bench

    def session(self) -> Session:
        return replace(super().session(), account_id=self.door.account)

    def warned(self, *codes: str) -> list[Diagnostic]:
        return [each for each in self.plan(CATALOG).diagnostics if each.code in codes]


@pytest.fixture
def restricted(tmp_path: Path, clock: Clock) -> Iterator[Restricted]:
    with closing(Restricted(tmp_path / "restricted.db", clock)) as account:
        yield account


@pytest.fixture
def organization(tmp_path: Path, clock: Clock) -> Iterator[Organization]:
    with closing(Organization(tmp_path / "organization.db", clock)) as account:
        yield account


@pytest.fixture
def bench(tmp_path: Path, restricted: Restricted, clock: Clock) -> Keyed:
    return Keyed(tmp_path / "acme", restricted, clock).at()


@pytest.fixture
def shared(tmp_path: Path, organization: Organization, clock: Clock) -> Keyed:
    return Keyed(tmp_path / "acme", organization, clock, key=ORGANIZATION_KEY).at(account=ACCOUNT)


def problem(run: Callable[[], object], kind: type[StripectlError]) -> Diagnostic:
    with pytest.raises(kind) as raised:
        run()
    (told,) = raised.value.diagnostics
    return told


@pytest.mark.parametrize(
    "lacking",
    [
        Lacking(LACKS_ACCOUNT),
        Lacking(LACKS_ACCOUNT, in_address=""),
        Lacking(LACKS_ACCOUNT, in_message=""),
    ],
    ids=["both", "message", "address"],
)
@pytest.mark.parametrize("named", [None, ACCOUNT])
def test_a_key_without_the_account_permission_plans_for_the_account_that_the_refusal_names(
    bench: Keyed, restricted: Restricted, lacking: Lacking, named: str | None
) -> None:
    restricted.lacking = lacking
    bench = bench.at(account=named)
    made = bench.plan(CATALOG)
    assert made.account is not None
    assert made.account.id == ACCOUNT
    assert [each for each in made.diagnostics if each.severity is not Severity.INFO] == []
    bench.carry_out(made)
    assert actions(bench.plan(CATALOG)) == {}


def test_the_account_of_a_refusal_is_guarded_as_any_other(bench: Keyed, restricted: Restricted) -> None:
    restricted.lacking = Lacking(LACKS_ACCOUNT)
    told = problem(lambda: bench.at(account="acct_1Other").plan(CATALOG), InvalidInput)
    assert told.code == "wrong-account"
    assert "acct_1Other" in told.detail
    assert ACCOUNT in told.detail
    assert {each.split()[0] for each in restricted.asked} == {"GET"}


@pytest.mark.parametrize(
    "lacking",
    [
        Lacking(LACKS_ACCOUNT, in_message="", in_address=""),
        Lacking(LACKS_ACCOUNT, in_address="acct_1Contradicts"),
        Lacking(LACKS_ACCOUNT, in_message="acct_", in_address=""),
    ],
    ids=["named nowhere", "named differently", "no id"],
)
def test_an_account_that_no_refusal_names_is_taken_from_the_environment_with_a_warning(
    bench: Keyed, restricted: Restricted, lacking: Lacking
) -> None:
    restricted.lacking = lacking
    (told,) = bench.at(account="acct_1Said").warned("account-unverified")
    assert told.severity is Severity.WARNING
    assert "acct_1Said is what `account` of environment sandbox says" in told.detail
    assert told.hint == f"tick Accounts, read ({KYC}) for the key"


def test_an_account_that_nobody_names_is_an_error_with_both_ways_out(
    bench: Keyed, restricted: Restricted
) -> None:
    restricted.lacking = Lacking(LACKS_ACCOUNT, in_message="", in_address="")
    told = problem(lambda: bench.plan(CATALOG), RequestFailed)
    assert told.code == "account-unknown"
    assert KYC in told.detail
    assert KYC in told.hint
    assert "add `account: acct_…` to environment sandbox" in told.hint


@pytest.mark.parametrize(
    "host", ["https://evil.example", "http://dashboard.stripe.com", "dashboard.stripe.com"]
)
def test_the_address_of_somebody_else_names_no_account(
    bench: Keyed, restricted: Restricted, host: str
) -> None:
    restricted.lacking = Lacking(LACKS_ACCOUNT, in_message="", host=host)
    assert problem(lambda: bench.plan(CATALOG), RequestFailed).code == "account-unknown"


def test_a_plan_has_the_same_digest_whether_the_key_may_read_its_account_or_not(
    bench: Keyed, restricted: Restricted
) -> None:
    bench = bench.at(account=ACCOUNT)
    reading = bench.plan(CATALOG)
    restricted.lacking = Lacking(LACKS_ACCOUNT, in_message="", in_address="")
    unverified = bench.at().plan(CATALOG)
    assert [each.code for each in unverified.diagnostics] == ["account-unverified"]
    assert plan_digest(unverified) == plan_digest(reading)


def test_every_request_of_an_organizations_key_names_the_account(
    shared: Keyed, organization: Organization
) -> None:
    made = shared.plan(CATALOG)
    assert made.account is not None
    assert made.account.id == ACCOUNT
    shared.carry_out(made)
    assert actions(shared.at().plan(CATALOG)) == {}
    assert organization.contexts == {ACCOUNT}


def test_an_account_outside_of_the_organization_is_refused(shared: Keyed) -> None:
    told = problem(lambda: shared.at(account="acct_1Other").plan(CATALOG), RequestFailed)
    assert told.code == "stripe-permission"
    assert "No access to account 'acct_1Other'" in told.detail


def test_the_mode_of_an_organizations_key_is_the_environments_and_confirmed_by_what_the_account_holds(
    shared: Keyed, organization: Organization
) -> None:
    assert [each.code for each in shared.warned("mode-unverified")] == ["mode-unverified"]
    organization.livemode = False
    shared = shared.at()
    assert shared.warned("mode-unverified") == []
    shared.apply(CATALOG)
    organization.livemode = None
    # A product tells it as well.
    assert shared.at().warned("mode-unverified") == []


@pytest.mark.parametrize("applied", [True, False])
def test_an_organizations_key_of_the_other_mode_is_refused_by_the_account_itself(
    shared: Keyed, organization: Organization, *, applied: bool
) -> None:
    if applied:
        shared.apply(CATALOG)
    organization.livemode = False
    told = problem(lambda: shared.at(livemode=True).plan(CATALOG), InvalidInput)
    assert told.code == "key-mode"
    assert "for live mode; the account of its key answers in test mode" in told.detail
