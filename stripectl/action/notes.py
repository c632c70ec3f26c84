"""The one comment on a pull request, and the one issue, that are kept up to date.

Each is known again by a marker in its first line, and by its author: a text that somebody else wrote is never
taken for ours, whatever it begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from stripectl.action.github import Entry, GitHub, Refused
from stripectl.action.inputs import Inputs
from stripectl.diagnostics import scrubbed
from stripectl.views import markup
from stripectl.views.markup import length

LIMIT = 65_536
"""Characters (see `markup.length`) that GitHub takes in a comment or an issue."""

TRIES = 3

_DIGESTS = re.compile(r"<!-- stripectl:digests((?: [^\s=]*=sha256:[0-9a-f]{64})+) -->")


def marker(inputs: Inputs, command: str | None = None) -> str:
    """The first line of what is kept for a command, an environment, a catalog (none for all) and a folder."""
    named = {
        "command": command or inputs.command,
        "environment": inputs.environment or "",
        "catalog": inputs.catalog or "",
        "folder": inputs.place,
    }
    return markup.marker("action", named)


def body(first: str, digests: Mapping[str, str], sections: Iterable[str], page: str) -> str:
    """A comment: the marker, the digests that a reviewer agrees to, what there is to read, its origin."""
    signed = "".join(f" {quote(name, safe='')}={digest}" for name, digest in digests.items())
    head = f"{first}\n<!-- stripectl:digests{signed} -->\n" if signed else f"{first}\n"
    foot = f"\n<sub>[The run that wrote this]({page})</sub>\n" if page else ""
    return fitted(head, scrubbed("\n".join(sections)), foot)


def fitted(head: str, text: str, foot: str) -> str:
    """The three, cut between two lines in the middle where they would be too long together."""
    room = LIMIT - length(head + foot)
    if length(text) <= room:
        return head + text + foot
    said = "> Too long for one comment: it ends early. The summary of the run has all of it.\n\n"
    kept = text
    while length(kept) > room - len(said):
        kept = kept[: len(kept) * (room - len(said)) // length(kept)]
    return head + said + kept.rpartition("\n")[0] + foot


def digests_in(text: str) -> Mapping[str, str]:
    """Catalog -> digest, as the second line of a comment tells them; none where it tells none."""
    second = text.splitlines()[1:2]
    match = _DIGESTS.fullmatch(second[0].strip()) if second else None
    pairs = (each.rpartition("=")[::2] for each in match[1].split()) if match else ()
    return {unquote(name): digest for name, digest in pairs}


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue of ours."""

    number: int
    """By which the API names it: the id of a comment, the number of an issue."""
    node: str
    """By which GraphQL names it."""
    text: str
    page: str


def note_in(entries: Iterable[Entry], first: str, author: str) -> Note | None:
    """The first entry that the author wrote and that begins with the marker."""
    return next((_note(each) for each in entries if _is_ours(each, first, author)), None)


def keep_comment(github: GitHub, number: int, first: str, text: str, *, wanted: bool) -> str | None:
    """Write the comment of a pull request, or bring it up to date; its address, None where there is none.

    `wanted` is whether one is worth making where there is none yet.
    """
    return _kept(github, f"issues/{number}/comments", "issues/comments", first, {"body": text}, wanted=wanted)


def keep_issue(github: GitHub, first: str, title: str, text: str, *, open_: bool) -> str | None:
    """Have one open issue while there is reason for it, and none after; its address, if there is one."""
    state = {} if open_ else {"state": "closed", "state_reason": "completed"}
    return _kept(github, "issues", "issues", first, {"title": title, "body": text, **state}, wanted=open_)


def _kept(
    github: GitHub, new: str, known: str, first: str, content: Mapping[str, str], *, wanted: bool
) -> str | None:
    author = github.viewer()
    for more in reversed(range(TRIES)):
        try:
            note = note_in(github.pages(new), first, author)
            if note is None and not wanted:
                return None
            if note is None:
                return _note(github.write("POST", new, content)).page
            github.write("PATCH", f"{known}/{note.number}", content)
            return note.page
        except Refused as refused:
            # What was asked for may have been done although the answer says otherwise: look again.
            if not (more and refused.passing):
                raise
    return None


def _is_ours(entry: Entry, first: str, author: str) -> bool:
    text = entry.get("body")
    is_pull_request = "pull_request" in entry
    written = isinstance(text, str) and text.startswith(first)
    return written and not is_pull_request and is_by(entry.get("user"), author)


def is_by(user: object, author: str) -> bool:
    """Whether a user, as the API shows one, is the author; a bot bears `[bot]` in some answers only."""
    if not isinstance(user, dict):
        return False
    bare = author.removesuffix("[bot]")
    names = (f"{bare}[bot]",) if user.get("type") == "Bot" else (author,)
    return user.get("login") in names


def _note(entry: Entry) -> Note:
    # A comment goes by its id; an issue has one as well, but goes by its number.
    number = entry.get("number", entry.get("id"))
    return Note(
        number if isinstance(number, int) else 0,
        str(entry.get("node_id") or ""),
        str(entry.get("body") or ""),
        str(entry.get("html_url") or ""),
    )
