"""Read the text of a YAML file, refusing what a manifest has no use for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import yaml

from stripectl.diagnostics import Diagnostic, Location, error
from stripectl.manifest.compose import MOST_PROBLEMS, Composer, Refused, too_many
from stripectl.manifest.values import Table

MAX_BYTES = 5_000_000

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECRET = re.compile(r"(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test|org)|whsec)_[A-Za-z0-9_]{8,}")


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read."""

    file: str
    top: Table | None
    """None where the file cannot be used at all."""
    diagnostics: tuple[Diagnostic, ...] = ()


def read_bytes(file: str, content: bytes) -> Document:
    """Read the bytes of a file; UTF-8, with or without a byte order mark."""
    if len(content) > MAX_BYTES:
        return too_large(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        return _unusable(file, _not_text(file, content[: problem.start].decode("utf-8", "replace")))
    return read_text(file, text)


def too_large(file: str) -> Document:
    """A file of more than `MAX_BYTES`, which nobody reads."""
    return _unusable(
        file,
        error(
            "file-too-large",
            "The file is too large for a manifest",
            f"At most {MAX_BYTES:,} bytes are read from one file.",
            hint="split it into several files of the same catalog",
            source=Location(file),
        ),
    )


def read_text(file: str, text: str) -> Document:
    """Read one YAML document whose top is a mapping. Never raises."""
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        return _unusable(file, _not_text(file, text[: found.start()]))
    secrets = tuple(islice(_secrets(file, text), MOST_PROBLEMS))
    if len(secrets) == MOST_PROBLEMS:
        return _unusable(file, *secrets, too_many(file))
    # Nothing said later may repeat the key; the same length keeps every place.
    text = _SECRET.sub(lambda match: "x" * len(match.group()), text) if secrets else text
    composer = Composer(file)
    try:
        composer.read(text)
    except Refused as refusal:
        return _unusable(file, *secrets, *composer.diagnostics, refusal.diagnostic)
    except yaml.MarkedYAMLError as problem:
        why = _unmerged(file, text) or _syntax(file, text, problem)
        return _unusable(file, *secrets, *composer.diagnostics, why)
    return Document(file, composer.top, (*secrets, *composer.diagnostics))


def _unusable(file: str, *diagnostics: Diagnostic) -> Document:
    return Document(file, None, diagnostics)


def _after(file: str, text: str) -> Location:
    """The place right after `text`."""
    last = text.rfind("\n")
    return Location(file, text.count("\n") + 1, len(text) - last)


def _not_text(file: str, before: str) -> Diagnostic:
    return error(
        "file-not-text",
        "The file is not UTF-8 text",
        "It holds bytes or control characters that no YAML file may hold.",
        hint="save it as UTF-8, or move it out of the catalog if it is not a manifest",
        source=_after(file, before),
    )


def _secrets(file: str, text: str) -> Iterator[Diagnostic]:
    starts = [(match.start(), match.group()) for match in _SECRET.finditer(text)]
    for (_, found), place in zip(starts, _places(file, text, (start for start, _ in starts)), strict=True):
        yield error(
            "secret-in-file",
            "An API key stands in a file",
            f"The text that begins with {found[:7]} looks like a secret key. Files like this one are"
            " committed and read by many.",
            hint="revoke the key, remove it, and name a variable by api_key_env in stripectl.yaml instead",
            source=place,
        )


def _places(file: str, text: str, starts: Iterable[int]) -> Iterator[Location]:
    """The places of ascending positions, in one pass over the text."""
    line, begins, seen = 1, 0, 0
    for start in starts:
        line += text.count("\n", seen, start)
        begins = max(begins, text.rfind("\n", seen, start) + 1)
        seen = start
        yield Location(file, line, start - begins + 1)


_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?= |$)", re.M)


def _unmerged(file: str, text: str) -> Diagnostic | None:
    """What git left behind where two changes met; None where it did not."""
    match = _CONFLICT.search(text)
    if match is None:
        return None
    return error(
        "merge-conflict",
        "A merge was not finished",
        "Git marked here what two branches changed, each in its own way.",
        hint="keep what is meant, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>",
        source=_after(file, text[: match.start()]),
    )


def _syntax(file: str, text: str, problem: yaml.MarkedYAMLError) -> Diagnostic:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    at = lines[line][column : column + 1] if line < len(lines) else ""
    parts = [part for part in (problem.context, problem.problem) if part]
    return error(
        "yaml-syntax",
        "The file is not valid YAML",
        f"The reader stopped: {', '.join(parts)}.",
        hint=_SYNTAX_HINTS.get(at, "compare the indentation, quotes and brackets with the lines before it"),
        source=Location(file, line + 1, column + 1),
    )


_SYNTAX_HINTS = {
    "\t": "indent with spaces; YAML takes no tabs there",
    "@": "put quotes around a text that begins with @",
    "`": "put quotes around a text that begins with `",
    "%": "put quotes around a text that begins with %",
}
