"""Recorded exchanges with the real Stripe, asked again of a shadow account and held against its answers.

A recording is a file of JSON lines in the order in which the requests were made. Each has `method`, `path`,
`params`, `status` and `body`; `bind` names the id of the answer, and later lines refer to it as `$name`.
`<redacted:…>` stands for a text that belongs to the account that was recorded.

`python -m tests.replay FILE` says how many answers are the same.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

from stripectl.providers.shadow.account import ShadowAccount

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

ASPECTS = ("status", "code", "param", "type", "message", "keys", "types", "values")
"""What has to be the same in an answer: the first five of a refusal, the others of a success."""

START = 1_790_000_000
"""Unix seconds: the moment at which `make live` says that each of its recordings began."""

MOMENTS = frozenset({"created", "updated"})
"""Members whose values are of the day of the recording."""

REDACTED = "<redacted:"

ID = re.compile(
    r"\b(?:acct|price|prod|prodft|promo|mtr|feat|cus|sub|si|plink|li|in|il|req|evt|bpc|txr|di)"
    r"_(?:test_)?[A-Za-z0-9]{8,}\b"
)
"""What Stripe gives to an object, and to a request."""

_NAME = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    place: str
    """`file:line`"""
    method: str
    path: str
    params: dict[str, Json]
    status: int
    body: dict[str, Json]
    bind: str | None

    @property
    def title(self) -> str:
        return f"{self.place} {self.method} {self.path} {json.dumps(self.params)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an account answered an exchange."""

    exchange: Exchange
    differences: Mapping[str, tuple[str, ...]]
    """Aspect -> what is not as recorded; empty where all of it is."""


@dataclass(slots=True)
class Replay:
    """One recording against one account, which has to be new."""

    account: ShadowAccount
    key: str
    names: dict[str, str] = field(default_factory=dict)
    """Name that a line bound -> the id that the account gave."""
    ids: dict[str, str] = field(default_factory=dict)
    """Recorded id -> the account's own."""

    def run(self, exchanges: Iterable[Exchange]) -> list[Outcome]:
        return [self._ask(exchange) for exchange in exchanges]

    def _ask(self, exchange: Exchange) -> Outcome:
        form = urlencode(list(_pairs(self._with_ids(exchange.params))))
        path = self._with_names(exchange.path)
        query, body = ("", form) if exchange.method == "POST" else (form, "")
        answer = self.account.handle(
            exchange.method, path, query, body, {"Authorization": f"Bearer {self.key}"}
        )
        answered = json.loads(answer.body)
        if exchange.bind and answer.status == 200:
            self.names[exchange.bind] = answered["id"]
        found: dict[str, list[str]] = {aspect: [] for aspect in ASPECTS}
        if answer.status != exchange.status:
            found = {aspect: [f"{exchange.status}, answered {answer.body}"] for aspect in ASPECTS}
        elif exchange.status == 200:
            self._compare("", exchange.body, answered, found)
        else:
            self._compare_refusals(_object(exchange.body["error"]), answered["error"], found)
        return Outcome(exchange, {aspect: tuple(lines) for aspect, lines in found.items()})

    def _with_ids(self, value: Json) -> Json:
        match value:
            case str():
                return self._with_names(value)
            case list():
                return [self._with_ids(item) for item in value]
            case dict():
                return {key: self._with_ids(item) for key, item in value.items()}
            case _:
                return value

    def _with_names(self, words: str) -> str:
        """What an account refused to make keeps its name, so that the next line is refused as well."""
        return _NAME.sub(lambda name: self.names.get(name[1], name[0]), words)

    def _compare_refusals(
        self, recorded: dict[str, Json], answered: dict[str, Json], found: dict[str, list[str]]
    ) -> None:
        for name in ("code", "param", "type", "message"):
            if self._ours(recorded.get(name)) != answered.get(name):
                found[name].append(f"{recorded.get(name)!r}, answered {answered.get(name)!r}")
        if recorded.keys() != answered.keys():
            found["keys"].append(f"{sorted(recorded)}, answered {sorted(answered)}")

    def _compare(self, where: str, recorded: Json, answered: Json, found: dict[str, list[str]]) -> None:
        match recorded, answered:
            case dict(), dict():
                if recorded.keys() != answered.keys():
                    found["keys"].append(f"{where or 'body'}: {sorted(recorded.keys() ^ answered.keys())}")
                for key in sorted(recorded.keys() & answered.keys()):
                    self._compare(f"{where}.{key}", recorded[key], answered[key], found)
            case list(), list():
                if len(recorded) != len(answered):
                    found["values"].append(f"{where}: {len(recorded)} items, answered {len(answered)}")
                for index, pair in enumerate(zip(recorded, answered, strict=False)):
                    self._compare(f"{where}[{index}]", *pair, found)
            case _ if type(recorded) is not type(answered):
                found["types"].append(f"{where}: {recorded!r}, answered {answered!r}")
            case _ if not self._same(where, recorded, answered):
                found["values"].append(f"{where}: {recorded!r}, answered {answered!r}")

    def _same(self, where: str, recorded: Json, answered: Json) -> bool:
        name = where.rpartition(".")[2]
        if name in MOMENTS or str(recorded).startswith(REDACTED):
            return True
        is_text = isinstance(recorded, str) and isinstance(answered, str)
        if is_text and (name == "id" or ID.fullmatch(str(recorded))):
            # The same thing has the same id wherever it is met.
            return self.ids.setdefault(str(recorded), str(answered)) == answered
        return self._ours(recorded) == answered

    def _ours(self, recorded: Json) -> Json:
        """A recorded value with the account's ids in the places of the recorded ones."""
        if not isinstance(recorded, str):
            return recorded
        for theirs, ours in self.ids.items():
            recorded = recorded.replace(theirs, ours)
        return recorded


def exchanges(file: Path) -> list[Exchange]:
    """The lines of a recording."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [_exchange(f"{file.name}:{number}", json.loads(line)) for number, line in enumerate(lines, 1)]


def figures(outcomes: Iterable[Outcome]) -> str:
    """How many exchanges are answered as recorded, aspect by aspect."""
    known = list(outcomes)
    rows = {aspect: sum(not outcome.differences[aspect] for outcome in known) for aspect in ASPECTS}
    return "\n".join(f"{aspect:8} {count} of {len(known)}" for aspect, count in rows.items())


def _exchange(place: str, row: dict[str, Json]) -> Exchange:
    status, bind = row["status"], row.get("bind")
    assert isinstance(status, int)
    return Exchange(
        place=place,
        method=str(row["method"]),
        path=str(row["path"]),
        params=_object(row["params"]),
        status=status,
        body=_object(row["body"]),
        bind=bind if isinstance(bind, str) else None,
    )


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value


def _pairs(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Stripe's form encoding of parameters."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _pairs(item, f"{name}[{key}]" if name else key)
        case list():
            for index, item in enumerate(value):
                yield from _pairs(item, f"{name}[{index}]")
        case bool():
            yield name, "true" if value else "false"
        case _:
            yield name, str(value)


def main(file: str) -> None:
    """Print the figures of a recording, replayed against a new account."""
    with tempfile.TemporaryDirectory() as folder:
        account = ShadowAccount(Path(folder) / "account.db", clock=lambda: START)
        sys.stdout.write(figures(Replay(account, "sk_test_replay").run(exchanges(Path(file)))) + "\n")
        account.close()


if __name__ == "__main__":
    main(sys.argv[1])
