"""What stripectl tells a person: diagnostics with a place and a way out, the errors, the exit codes.

StripectlError
├── InvalidInput      1   manifests, config or files that cannot be used
├── ProviderError     1   the provider refused, or could not be reached
├── Blocked           3   fidelity, policy or guard says no
├── Locked            4   another apply holds the catalog
├── StalePlan         5   the account is no longer what was planned against
├── Incomplete        6   an apply stopped half-way: resume or unwind
├── UsageError       64   the command line cannot be understood
└── Interrupted     130   a person stopped it
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias


class ExitCode(IntEnum):
    """What the process says when it ends; a pipeline may rely on each."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    BLOCKED = 3
    LOCKED = 4
    STALE = 5
    INCOMPLETE = 6
    USAGE = 64
    INTERRUPTED = 130


class Severity(StrEnum):
    """How much a diagnostic matters; members stand in order, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file."""

    file: str
    """Path as shown to the reader, relative to the project where it lies inside it, `/` separated."""
    line: int = 1
    """1 or more."""
    column: int = 1
    """1 or more, counted in characters."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a document or an artifact to one value."""


def dotted(path: Path) -> str:
    """Write a path the way a reader writes it: `prices.api.tiers[2].up_to`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something to tell a person."""

    severity: Severity
    code: str
    """Stable, kebab-case; documented and never reused for something else."""
    summary: str
    """One constant sentence without data of the user's."""
    detail: str = ""
    """What was found and why it cannot work."""
    hint: str = ""
    """A way out; starts in lower case, no full stop."""
    address: str | None = None
    path: str = ""
    """Where inside the document, dotted."""
    source: Location | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def error(
    code: str,
    summary: str,
    detail: str = "",
    *,
    hint: str = "",
    address: str | None = None,
    path: str = "",
    source: Location | None = None,
) -> Diagnostic:
    """A diagnostic of severity error."""
    return Diagnostic(Severity.ERROR, code, summary, detail, hint, address, path, source)


def by_importance(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors first, then by place, so that a reader works from the top of a file down; no duplicates."""

    def key(diagnostic: Diagnostic) -> tuple[int, str, int, int, str, str]:
        place = diagnostic.source or Location("", 0, 0)
        return (
            diagnostic.severity.rank,
            place.file,
            place.line,
            place.column,
            diagnostic.code,
            diagnostic.detail,
        )

    return tuple(sorted(dict.fromkeys(diagnostics), key=key))


SECRET = re.compile(
    r"(?<![A-Za-z0-9])((?:sk|rk|rkcs|pk)_(?=live_|test_|org_)|whsec_)[A-Za-z0-9_*]+(?:\.{3}[A-Za-z0-9]+)?"
)
"""What looks like a key, or like one whose middle was left out. A lookup key may begin with `sk_`, too, but
goes on differently."""


def scrubbed(text: str) -> str:
    """The text without anything that looks like a key; its sort stays readable: `sk_…`."""
    return SECRET.sub(r"\1…", without_kept(text))


SHORTEST_SECRET = 8
"""Characters below which a value is no key, and words would go with it."""

_kept: dict[str, tuple[re.Pattern[str], str]] = {}
"""Keys in use, with what finds each, however it is written, and what is shown in its place."""


def keep_secret(secret: str) -> None:
    """From here on the value is left out of everything that is scrubbed, whatever it looks like."""
    if len(secret) >= SHORTEST_SECRET and secret not in _kept:
        sort = SECRET.match(secret)
        _kept[secret] = re.compile("|".join(_spellings(secret))), f"{sort[1] if sort else ''}…"


def without_kept(text: str) -> str:
    """The text without the keys in use, literally or encoded."""
    for pattern, shown in _kept.values():
        text = pattern.sub(shown, text)
    return text


def _percent(text: str) -> str:
    """As in an address; a hyphen and a dot may stay."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in "_.-~") else _escaped(each) for each in text
    )


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _spellings(secret: str) -> Iterator[str]:
    """Patterns of the ways in which a value is usually written, longest first."""
    plain = (secret, _percent(secret), _percent(secret).lower(), json.dumps(secret)[1:-1])
    yield from map(re.escape, sorted(set(plain), key=len, reverse=True))
    # Whole groups of three bytes are encoded alike, whatever follows: nothing, or the colon of Basic auth.
    whole = secret.encode()[: len(secret.encode()) // 3 * 3]
    for encode in (b64encode, urlsafe_b64encode):
        yield rf"{re.escape(encode(whole).decode())}[A-Za-z0-9+/_-]*={{0,2}}"


CLOSE = 0.6
"""Share of two words that has to be the same for one to be taken for the other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean NAME?` for the known name that is closest to `word`; empty where none is close."""
    from difflib import SequenceMatcher, get_close_matches

    def alike(name: str) -> bool:
        """Also without the dotted parts that both begin with, which say nothing of what was meant."""
        one, other = word.lower().split("."), name.split(".")
        while len(one) > 1 and len(other) > 1 and one[0] == other[0]:
            one, other = one[1:], other[1:]
        return SequenceMatcher(None, ".".join(one), ".".join(other)).ratio() >= CLOSE

    names = {name.lower(): name for name in known}
    close = filter(alike, get_close_matches(word.lower(), names, n=3, cutoff=CLOSE))
    return next((f"did you mean {names[each]}?" for each in close), "")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where each value of a declaration stands: path -> place.

    A path that was not written (a default) answers with the place of its nearest written parent.
    """

    places: Mapping[Path, Location] = field(default_factory=dict)

    def at(self, path: Path) -> Location | None:
        """The place of `path`, or of its nearest parent that has one."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return place
        return None


class StripectlError(Exception):
    """Base of every error that stripectl raises on purpose; carries at least one diagnostic."""

    exit_code = ExitCode.ERROR

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.summary}. {d.detail}".strip() for d in diagnostics))
        self.diagnostics = diagnostics


class InvalidInput(StripectlError):
    """Manifests, config or another file cannot be used."""


class ProviderError(StripectlError):
    """The provider refused a request or could not be reached."""


class Blocked(StripectlError):
    """Fidelity, policy or the guard forbids the plan."""

    exit_code = ExitCode.BLOCKED


class Locked(StripectlError):
    """Another apply holds the lock."""

    exit_code = ExitCode.LOCKED


class StalePlan(StripectlError):
    """The account, the catalog or the record changed since the plan was made."""

    exit_code = ExitCode.STALE


class Incomplete(StripectlError):
    """An apply stopped half-way; resume it or unwind it."""

    exit_code = ExitCode.INCOMPLETE


class UsageError(StripectlError):
    """The command line cannot be understood or lacks something."""

    exit_code = ExitCode.USAGE


class Interrupted(StripectlError):
    """A person asked to stop."""

    exit_code = ExitCode.INTERRUPTED
