"""A price change from the branch to the account and back, as a team with a pipeline does it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import stripe

from tests.e2e.conftest import FILE, KEY, MANIFEST, Desk
from tests.repositories import cloned, committed, git, needs_git

pytestmark = needs_git

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Team:
    """A repository, whoever writes in it, and a pipeline that keeps the records."""

    origin: Path
    author: Desk
    runner: Desk

    def checkout(self, ref: str) -> Desk:
        """The runner on the newest commit of a branch; its records stay where they are."""
        git(self.runner.root, "fetch", "--quiet", "origin")
        git(self.runner.root, "checkout", "--quiet", "--detach", f"origin/{ref}")
        return self.runner


@pytest.fixture
def team(applied: Desk, tmp_path: Path) -> Team:
    """A catalog that was applied from `main`, and a change of its price on a branch."""
    committed(applied.root, "the catalog")
    origin = cloned(applied.root, tmp_path / "origin.git", "--bare")
    author = replace(applied, root=cloned(origin, tmp_path / "author"))
    git(applied.root, "remote", "add", "origin", f"file://{origin}")
    git(author.root, "switch", "--quiet", "--create", "dearer")
    author.edit(MANIFEST, "{usd: 24.00, eur: 22.00}", "{usd: 29.00, eur: 27.00}")
    committed(author.root, "Team costs 29")
    git(author.root, "push", "--quiet", "origin", "dearer")
    return Team(origin, author, applied)


@contextmanager
def by_hand(place: Desk) -> Iterator[stripe.StripeClient]:
    """The account as everybody else reaches it."""
    http = stripe.RequestsClient()
    with place.serving() as url:
        yield stripe.StripeClient(KEY, http_client=http, base_addresses={"api": url})
    http.close()  # type: ignore[no-untyped-call]


def price_in_force(place: Desk) -> str:
    with by_hand(place) as client:
        (found,) = client.v1.prices.list({"lookup_keys": ["pro_monthly"]}).data
    return found.id


def sold(place: Desk, price: str) -> str:
    """Two customers subscribe, and a payment link sells the price; the link's address."""
    with by_hand(place) as client:
        for _ in range(2):
            customer = client.v1.customers.create()
            client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
        return client.v1.payment_links.create({"line_items": [{"price": price, "quantity": 1}]}).url


def test_a_price_change_is_reviewed_applied_and_taken_back(team: Team, tmp_path: Path) -> None:
    original = price_in_force(team.runner)
    link = sold(team.runner, original)

    # A fork's pipeline has no key: it shows what the branch changes.
    fork = replace(team.author, root=cloned(team.origin, tmp_path / "fork"), url=None)
    git(fork.root, "checkout", "--quiet", "--detach", "origin/dearer")
    keyless = replace(fork, variables={"GITHUB_BASE_REF": "main"})
    shown = keyless.run("diff", "--output", "text", "--output", "markdown=diff.md").out
    assert "24.00 USD → 29.00 USD a month  (+5.00, +20.8 %)" in shown
    assert "small team" in (fork.root / "diff.md").read_text("utf-8")

    # The pipeline of the repository plans, and comments.
    runner = team.checkout("dearer")
    runner.run("validate")
    runner.run("plan", "-o", ".stripectl/plan.json", "--output", "markdown=.stripectl/comment.md")
    reviewed = json.loads((runner.root / ".stripectl/plan.json").read_text("utf-8"))["digest"]
    comment = (runner.root / ".stripectl/comment.md").read_text("utf-8")
    assert reviewed in comment
    assert "2 active subscriptions stay on" in comment
    assert link.rpartition("_")[2] in comment
    assert "24.00 → 29.00 USD" in comment or "24.00 USD → 29.00 USD" in comment

    # While it is in review, somebody else subscribes, which changes nothing of it.
    sold(team.runner, original)

    # It is merged, and applied as it was reviewed.
    git(team.author.root, "switch", "--quiet", "main")
    git(team.author.root, "merge", "--quiet", "--no-ff", "--message", "Merge dearer", "dearer")
    git(team.author.root, "push", "--quiet", "origin", "main")
    runner = team.checkout("main")
    assert "revision 2." in runner.run("apply", "--yes", "--expect-digest", reviewed).err
    assert "No changes." in runner.run("plan", "--detailed-exitcode").out
    merged = git(runner.root, "rev-parse", "HEAD")
    assert f"commit {merged[:10]}" in runner.run("history").out
    successor = price_in_force(runner)
    assert successor != original

    # Somebody edits the account by hand; the nightly job sees it.
    with by_hand(runner) as client:
        client.v1.products.update("main-pro", {"name": "Pro (new!)"})
    drifted = runner.run("drift", exit=2).out
    assert '"Pro" → "Pro (new!)"' in drifted
    assert "revision 3." in runner.run("apply", "--yes").err

    # Nobody buys; back to where it was, with the very price of then.
    planned = runner.run("rollback", "1", "-o", ".stripectl/back.json").out
    assert "4 active subscriptions" not in planned, "nobody came to the successor"
    runner.run("apply", ".stripectl/back.json", "--yes")
    assert price_in_force(runner) == original
    assert "redoes-rollback" in runner.run("plan").out
    git(team.author.root, "revert", "--no-edit", "--mainline", "1", "HEAD")
    git(team.author.root, "push", "--quiet", "origin", "main")
    assert "No changes." in team.checkout("main").run("plan", "--detailed-exitcode").out


@pytest.mark.parametrize("way", [FILE], indirect=True)
def test_the_rehearsal_of_the_guide_has_customers(applied: Desk) -> None:
    guide = (ROOT / "docs/reviewing.md").read_text("utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    with applied.serving() as address:
        exec(script.replace("http://127.0.0.1:12111", address), {})
    applied.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    shown = " ".join(applied.run("plan").out.split())
    assert "12 active subscriptions stay on the old price" in shown
    assert "1 payment link stops working and may not come back with a rollback" in shown


def test_a_plan_that_changed_after_the_review_is_not_applied(team: Team) -> None:
    runner = team.checkout("dearer")
    reviewed = json.loads(runner.run("plan", "--output", "json").out)["digest"]
    team.author.edit(MANIFEST, "usd: 29.00", "usd: 35.00")
    committed(team.author.root, "Team costs 35")
    git(team.author.root, "push", "--quiet", "origin", "dearer")
    runner = team.checkout("dearer")
    runner.refused("apply", "--yes", "--expect-digest", reviewed, exit=5, code="other-digest")
    assert "revision 2" not in runner.run("history").out
