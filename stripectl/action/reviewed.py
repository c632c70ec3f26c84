"""The digests that a merged pull request was reviewed with, out of the comment that the action left there."""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.action.github import GitHub
from stripectl.action.inputs import Inputs
from stripectl.action.notes import Note, digests_in, marker, note_in
from stripectl.diagnostics import Blocked, Diagnostic, error

_COMMENT = """
query($node: ID!) {
  node(id: $node) { ... on IssueComment { viewerDidAuthor author { login } editor { login } } }
}
"""


AFTER_ALL = "look at the plan of this run, and start the workflow by hand with its digest as `expect-digest`"
"""The way out where no review fits."""


def reviewed_digests(github: GitHub, inputs: Inputs, commit: str) -> Mapping[str, str]:
    """Catalog -> digest, as the plan in the pull request that was merged as `commit` showed it.

    Raises Blocked where there is no such pull request, no such comment, or where somebody else changed it.
    """
    number = _merged_as(github, commit)
    comments = github.pages(f"issues/{number}/comments")
    note = note_in(comments, marker(inputs, "plan"), github.viewer())
    if note is None:
        raise Blocked(
            _not_reviewed(f"Pull request #{number} has no plan of the same inputs in a comment of ours.")
        )
    if not _is_untouched(github, note):
        raise Blocked(_not_reviewed(f"Somebody else changed the comment with the plan: {note.page}"))
    digests = digests_in(note.text)
    if not digests:
        raise Blocked(_not_reviewed(f"The last plan of pull request #{number} came to nothing: {note.page}"))
    return digests


def _merged_as(github: GitHub, commit: str) -> int:
    """The one pull request whose merge made the commit, be it by a merge, a squash or a rebase."""
    found = github.pages(f"commits/{commit}/pulls")
    numbers = [
        number
        for each in found
        if each.get("merged_at") and each.get("merge_commit_sha") == commit
        if isinstance(number := each.get("number"), int)
    ]
    if len(numbers) != 1:
        several = f"{len(numbers)} pull requests were" if numbers else "No pull request was"
        raise Blocked(_not_reviewed(f"{several} merged as commit {commit[:7]}."))
    return numbers[0]


def _is_untouched(github: GitHub, note: Note) -> bool:
    """Whoever may write to the repository may edit any comment; only GraphQL tells who did."""
    found = github.query(_COMMENT, node=note.node).get("node")
    if not isinstance(found, dict) or found.get("viewerDidAuthor") is not True:
        return False
    return found.get("editor") in (None, found.get("author"))


def _not_reviewed(detail: str) -> Diagnostic:
    return error(
        "not-reviewed",
        "No review tells which plan to apply",
        detail,
        hint=AFTER_ALL,
    )
