"""The approval that a policy asks for: who gives it, and what goes without."""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.conftest import MANIFEST, Desk
from tests.e2e.test_terminal import QUESTION, on_a_terminal, read_until
from tests.waiting import SECONDS

ASKED = "approval: [touches-existing, irreversible]"


@pytest.fixture
def gated(applied: Desk) -> Desk:
    """A project that was applied once, and whose policy asks for approval now."""
    applied.edit("stripectl.yaml", "max_archive_percent: 30\n", f"max_archive_percent: 30\n  {ASKED}\n")
    return applied


def rename(place: Desk) -> None:
    """A change that reaches existing customers: the name stands on their invoices."""
    place.edit(MANIFEST, "name: Pro\n", "name: Team Pro\n")


def digest(place: Desk) -> str:
    found = json.loads(place.run("plan", "--output", "json").out)["digest"]
    assert isinstance(found, str)
    return found


def test_a_change_that_needs_approval_says_so_everywhere(gated: Desk) -> None:
    rename(gated)
    assert "Approval: needed, because the policy asks for it: touches-existing" in gated.run("plan").out
    assert "**Approval needed**" in gated.run("plan", "--output", "markdown").out
    assert json.loads(gated.run("plan", "--output", "json").out)["approval"] == ["touches-existing"]
    assert "the policy asks for it: touches-existing" in gated.run("plan", "--output", "html").out


def test_yes_alone_is_no_approval_and_nothing_is_sent(gated: Desk) -> None:
    rename(gated)
    before = gated.run("plan", "--output", "json").out
    ended = gated.refused("apply", "--yes", exit=3, code="needs-approval")
    assert "touches-existing" in ended.err
    assert json.loads(gated.run("plan", "--output", "json").out)["digest"] == json.loads(before)["digest"]
    assert "2 revisions" not in gated.run("history").out


def test_the_digest_that_was_reviewed_is_an_approval(gated: Desk) -> None:
    rename(gated)
    reviewed = digest(gated)
    gated.edit(MANIFEST, "description: Everything a team needs", "description: All that a team needs")
    gated.refused("apply", "--yes", "--expect-digest", reviewed, exit=5, code="other-digest")
    assert "revision 2." in gated.run("apply", "--yes", "--expect-digest", digest(gated)).err


def test_a_saved_plan_is_an_approval(gated: Desk) -> None:
    rename(gated)
    gated.run("plan", "-o", "reviewed.json")
    assert "revision 2." in gated.run("apply", "reviewed.json", "--yes").err


def test_an_answer_at_the_terminal_is_an_approval(gated: Desk) -> None:
    rename(gated)
    with on_a_terminal(gated, "apply") as (terminal, child):
        shown = read_until(terminal, QUESTION)
        os.write(terminal, b"yes\n")
        read_until(terminal, None)
        assert (child.wait(SECONDS), "touches-existing" in shown) == (0, True)


def test_what_reaches_less_far_goes_without(gated: Desk) -> None:
    gated.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    assert json.loads(gated.run("plan", "--output", "json").out)["approval"] == []
    assert "revision 2." in gated.run("apply", "--yes").err


def test_a_rollback_has_the_same_gate(gated: Desk) -> None:
    rename(gated)
    gated.run("apply", "--yes", "--expect-digest", digest(gated))
    gated.refused("rollback", "1", "--yes", exit=3, code="needs-approval")
    gated.run("rollback", "1", "-o", "back.json")
    assert "revision 3." in gated.run("apply", "back.json", "--yes").err
