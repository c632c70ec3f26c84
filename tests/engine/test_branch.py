"""Whether the branch at hand holds what was applied last."""

from __future__ import annotations

from dataclasses import replace

from stripectl.diagnostics import Severity
from stripectl.engine.branch import on_branch
from stripectl.engine.plan import MadeFrom, Plan
from stripectl.engine.serial import plan_digest
from tests.engine.builders import codes, plan, product, revision

HERE = MadeFrom("b" * 40, dirty=False)
LAST = replace(revision(product()), number=4, commit="a" * 40)


def said(made: Plan) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, each.detail) for each in made.diagnostics]


def test_a_commit_that_head_does_not_build_on_is_a_warning_with_both_commits_and_the_revision() -> None:
    made = on_branch(plan([product()]), LAST, HERE, lambda _: False)
    assert said(made) == [
        (
            "stale-branch",
            Severity.WARNING,
            "Revision 4 was applied from commit aaaaaaa, which HEAD (bbbbbbb) does not build on; what it"
            " changed may be taken back here.",
        )
    ]
    assert not made.blocked


def test_what_cannot_be_told_is_a_remark() -> None:
    ((code, severity, _),) = said(on_branch(plan([product()]), LAST, HERE, lambda _: None))
    assert (code, severity) == ("branch-unknown", Severity.INFO)


def test_nothing_is_said_without_two_commits_to_compare() -> None:
    made = plan([product()])
    for last, here in ((None, HERE), (LAST, None), (replace(LAST, commit=None), HERE)):
        assert on_branch(made, last, here, lambda _: False) == made
    assert on_branch(made, LAST, MadeFrom("a" * 40, dirty=True), lambda _: False) == made
    assert on_branch(made, LAST, HERE, lambda _: True) == made


def test_nothing_is_said_of_a_rollback_which_follows_no_manifest() -> None:
    back = replace(plan([product()]), rollback_of=1)
    assert on_branch(back, LAST, HERE, lambda _: False) == back


def test_what_was_said_on_another_branch_is_replaced_and_no_part_of_the_digest() -> None:
    made = plan([product()])
    stale = on_branch(made, LAST, HERE, lambda _: False)
    assert plan_digest(stale) == plan_digest(made)
    assert plan_digest(replace(made, made_from=HERE)) == plan_digest(made)
    assert codes(on_branch(stale, LAST, HERE, lambda _: None)) == ["branch-unknown"]
    assert on_branch(stale, LAST, HERE, lambda _: True) == made
