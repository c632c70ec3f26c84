"""A campaign ends, days after it was applied over HTTP: drift, edits and rollbacks go on as before."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe

from stripectl.providers.shadow.account import ShadowAccount
from tests.e2e.conftest import FILE, KEY, Desk, Ended
from tests.listening import listening
from tests.waiting import SECONDS

DAY = 24 * 3600

END = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"

MANIFEST = "catalogs/main/m.yaml"
PRO = "products:\n  pro: {name: Pro, prices: {monthly: {amount: {usd: 10}, every: month}}}\n"

AHEAD = """
import sys, time
real, ahead = time.time, float(sys.argv[1])
time.time = lambda: real() + ahead
from stripectl.__main__ import run
sys.argv = ["stripectl", *sys.argv[2:]]
run()
"""
"""The program with a clock that is so many seconds ahead."""


@dataclass
class Campaign:
    """A project on an account whose clock goes with that of the program."""

    desk: Desk
    client: stripe.StripeClient
    ahead: int = 0
    """Seconds."""

    def clock(self) -> float:
        return time.time() + self.ahead

    def declare(self, discounts: str) -> None:
        text = f"stripectl: 1\nmodel: m\n{PRO}{discounts}"
        (self.desk.root / MANIFEST).write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        """Run the command at the account's hour; a run that ends as it should exits with 0."""
        done = subprocess.run(
            [sys.executable, "-c", AHEAD, str(self.ahead), *arguments],
            cwd=self.desk.root,
            env=self.desk.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def prices(self) -> dict[str, int | None]:
        """Ids of the active prices with their amounts."""
        return {each.id: each.unit_amount for each in self.client.v1.prices.list({"active": True}).data}

    def redeem(self, code: str) -> None:
        """A customer subscribes with a code."""
        (found,) = self.client.v1.promotion_codes.list({"code": code, "active": True}).data
        (price,) = self.prices()
        customer = self.client.v1.customers.create({"name": "Ada"})
        self.client.v1.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price": price}],
                "discounts": [{"promotion_code": found.id}],
            }
        )


@pytest.fixture
def way() -> str:
    """Tests here say themselves where the account is."""
    return FILE


@pytest.fixture
def campaign(desk: Desk, tmp_path: Path) -> Iterator[Campaign]:
    """A project without a discount."""
    (desk.root / "catalogs/main").mkdir(parents=True)
    made = Campaign(desk, stripe.StripeClient(KEY))
    shadow = ShadowAccount(tmp_path / "account.db", clock=made.clock)
    with closing(shadow) as account, listening(account) as server:
        made.client = stripe.StripeClient(KEY, base_addresses={"api": server.url})
        made.desk = desk.with_variables(TEST_KEY=KEY)
        live = f"{{provider: stripe, api_key_env: TEST_KEY, base_url: '{server.url}'}}"
        (desk.root / "stripectl.yaml").write_text(
            f"stripectl: 1\ndefault_environment: live\nenvironments: {{live: {live}}}\n", encoding="utf-8"
        )
        yield made


COUPON = (
    f"discounts:\n  launch: {{name: Launch, percent_off: 10, redeem_by: {END}, codes: {{LAUNCH: {{}}}}}}\n"
)
CODES = f"""\
  few: {{name: Few, percent_off: 10, codes: {{FEW: {{max_redemptions: 1}}}}}}
  soon: {{name: Soon, percent_off: 10, codes: {{SOON: {{expires: {END}}}}}}}
"""


def test_what_is_over_is_in_nobodys_way(campaign: Campaign) -> None:
    campaign.declare(COUPON + CODES)
    campaign.run("apply", "--yes")
    (first,) = campaign.prices()
    campaign.redeem("FEW")
    campaign.ahead = 5 * DAY

    told = campaign.run("drift").out
    assert told.startswith("No drift.")
    assert "info[spent]: Something can no longer be used, and stays as it is (discount.launch, " in told
    report = json.loads(campaign.run("drift", "--output", "json").out)
    assert report["drift"] == []
    over = ("discount.launch", "code.launch.LAUNCH", "code.few.FEW", "code.soon.SOON")
    assert {(each["code"], each["address"]) for each in report["diagnostics"]} == {
        ("spent", each) for each in over
    }

    assert "No changes." in campaign.run("apply", "--yes").out

    campaign.desk.edit(MANIFEST, "usd: 10", "usd: 11")
    campaign.run("apply", "--yes")
    assert list(campaign.prices().values()) == [1100]
    assert "No apply stopped half-way" in campaign.run("apply", "--resume").err

    campaign.run("rollback", "1", "--yes")
    assert campaign.prices() == {first: 1000}
    assert campaign.run("drift").out.startswith("No drift.")


def test_a_rollback_names_the_coupon_that_it_leaves_out(campaign: Campaign) -> None:
    campaign.declare(COUPON)
    campaign.run("apply", "--yes")
    (first,) = campaign.prices()
    campaign.ahead = 5 * DAY
    campaign.declare("")
    campaign.desk.edit(MANIFEST, "usd: 10", "usd: 11")
    campaign.run("apply", "--yes")
    told = campaign.run("rollback", "1", "--yes").out
    assert "warning[left-out]: " in told
    assert f"discount.launch: redeem_by is {END}, which has gone by" in told
    assert campaign.prices() == {first: 1000}
    assert campaign.client.v1.coupons.list().data == []


def test_a_date_gone_by_is_told_at_its_line(campaign: Campaign) -> None:
    campaign.declare(COUPON)
    campaign.ahead = 5 * DAY
    with pytest.raises(AssertionError, match="date-gone-by") as refused:
        campaign.run("apply", "--yes")
    assert f"--> {MANIFEST}:6:" in str(refused.value)
