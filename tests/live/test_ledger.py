"""Whatever a run makes can be found again, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.asking import HOUR, Asking, new_run
from tests.live.connection import Connection
from tests.live.ledger import Entry, Ledger
from tests.live.removal import remove_scanned, scan, sweep
from tests.waiting import SECONDS

ROOT = Path(__file__).parents[2]
ACCOUNT = "acct_1Shadow"
FEW = (
    "price-lookup-key-held",
    "code-unique",
    "meter-switching",
    "feature-grants",
    "link-lines",
    "list-pages",
)


def opened(folder: Path) -> list[Ledger]:
    return list(Ledger.earlier(folder, ACCOUNT))


def test_what_was_begun_and_not_put_away_is_known_to_the_next_run(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, "first", ACCOUNT)
    ledger.before("/v1/products", {"id": "maybe"})
    made = ledger.after(ledger.before("/v1/coupons", {"id": "made"}), "made")
    ledger.gone(ledger.after(ledger.before("/v1/coupons", {"id": "gone"}), "gone"))
    ledger.after(ledger.before("/v1/coupons", {"id": "refused"}), None)
    assert not ledger.close()
    [found] = opened(tmp_path)
    assert found.open == [Entry(1, "/v1/products", {"id": "maybe"}), made]


def test_a_line_that_a_kill_tore_is_passed_over(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, "first", ACCOUNT)
    ledger.before("/v1/products", {"id": "maybe"})
    ledger.close()
    with (tmp_path / "first.jsonl").open("a") as file:
        file.write('{"n": 2, "pa')
    [found] = opened(tmp_path)
    assert [entry.by for entry in found.open] == [{"id": "maybe"}]


def test_the_ledger_of_a_living_run_or_of_another_account_is_left_alone(tmp_path: Path) -> None:
    Ledger.begin(tmp_path, "alive", ACCOUNT)
    other = Ledger.begin(tmp_path, "other", "acct_1Other")
    other.before("/v1/products", {"id": "theirs"})
    other.close()
    assert opened(tmp_path) == []


def test_a_finished_run_leaves_no_file(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, "first", ACCOUNT)
    ledger.gone(ledger.before("/v1/products", {"id": "maybe"}))
    assert ledger.close()
    assert list(tmp_path.iterdir()) == []


def make_one_of_each(ask: Asking) -> None:
    product = ask.product(metadata={"a": "b"})
    price = ask.price(product, lookup_key=ask.unique(), recurring={"interval": "month"})
    ask.post(f"/v1/products/{product}", {"default_price": price})
    ask.price(product)
    ask.made("/v1/prices", {"currency": "eur", "unit_amount": 1, "product_data": {"name": "Inline"}})
    ask.code(ask.coupon())
    ask.meter()
    ask.made(f"/v1/products/{product}/features", {"entitlement_feature": ask.feature()["id"]})
    ask.link(ask.price(product))
    ask.made("/v1/subscriptions", {"customer": ask.customer(), "items": [{"price": price}]})


def in_use(connection: Connection, run: str) -> list[tuple[str, str]]:
    """What a run left that is still in use, customers apart: the shadow does not delete them."""
    found = scan(connection, lambda other: other == run)
    return [(path, name) for path, name in found if path != "/v1/customers"]


@pytest.fixture
def forgetful(served: Connection, ledger: Ledger, run_id: str) -> Asking:
    """Has made one of each, and is not going to put it away."""
    asking = Asking(served, ledger, run_id, 1)
    make_one_of_each(asking)
    return asking


def test_what_a_killed_run_made_is_put_away_by_its_ledger(forgetful: Asking, tmp_path: Path) -> None:
    path = forgetful.ledger.path
    text = path.read_text()
    forgetful.ledger.close()
    # As if it had been killed before any answer came: nothing has an id in the ledger.
    path.write_text(
        "".join(line for line in text.splitlines(keepends=True) if '"id": "' not in line or "by" in line)
    )
    assert in_use(forgetful.connection, forgetful.run) != []
    count, left = sweep(forgetful.connection, Ledger.earlier(path.parent, ACCOUNT))
    assert (count > 10, left, in_use(forgetful.connection, forgetful.run)) == (True, [], [])
    assert list(path.parent.iterdir()) == []


def test_without_its_ledger_a_run_is_known_by_its_prefix(served: Connection, ledger: Ledger) -> None:
    old, young = new_run(time.time() - 2 * HOUR), new_run(time.time())
    for number, run in enumerate((old, young), 1):
        make_one_of_each(Asking(served, ledger, run, number))
    assert remove_scanned(served, scan(served, lambda run: run == old)) == []
    assert in_use(served, old) == []
    assert in_use(served, young) != []
    remove_scanned(served, scan(served, lambda run: run == young))


def suite(url: str, ledgers: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.live", "--base-url", url, "--ledgers", str(ledgers), *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(ledgers), "STRIPE_SANDBOX_KEY": "sk_test_shadow"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_of(ledgers: Path, lines: int) -> str:
    """The run that is at work, once its ledger has some lines."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for path in ledgers.glob("*.jsonl"):
            if len(path.read_text().splitlines()) > lines:
                return path.stem
        time.sleep(0.01)
    raise AssertionError("no ledger was begun")


@pytest.mark.slow
def test_after_a_kill_the_next_run_begins_by_putting_away_what_was_left(
    url: str, served: Connection, tmp_path: Path
) -> None:
    killed = suite(url, tmp_path)
    run = run_of(tmp_path, 40)
    killed.kill()
    killed.communicate(timeout=SECONDS)
    assert in_use(served, run) != []
    swept = suite(url, tmp_path, "--sweep")
    told, _ = swept.communicate(timeout=SECONDS)
    assert (swept.returncode, in_use(served, run), list(tmp_path.glob("*.jsonl"))) == (0, [], [])
    assert "objects of earlier runs." in told


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_puts_everything_away_before_it_ends(
    url: str, served: Connection, tmp_path: Path, sent: signal.Signals
) -> None:
    child = suite(url, tmp_path)
    run = run_of(tmp_path, 40)
    child.send_signal(sent)
    told, _ = child.communicate(timeout=SECONDS)
    assert (child.returncode, in_use(served, run), list(tmp_path.glob("*.jsonl"))) == (130, [], [])
    assert "Interrupted; what was made is put away." in told
