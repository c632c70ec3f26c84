"""Recordings asked again of a shadow: same status, code and parameter, same members and types of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.answers import Json, Object, dig, plain
from tests.live.connection import Connection

FREE = frozenset({"metadata", "currency_options"})
"""Members whose keys are the owner's, or follow from the request."""

_NAME = re.compile(r"\$(\w+)")


@dataclass(slots=True)
class Replay:
    """One recording against one account, which has to be new."""

    connection: Connection
    names: dict[str, str] = field(default_factory=dict)

    def differences(self, rows: Iterable[Object]) -> list[str]:
        """What is answered otherwise, line by line."""
        return [difference for row in rows for difference in self._of(row)]

    def _of(self, row: Object) -> Iterator[str]:
        path, params = self._named(row["path"]), self._named(row["params"])
        assert isinstance(params, dict)
        answer = self.connection.ask(str(row["method"]), str(path), params)
        if isinstance(row.get("bind"), str) and answer.ok:
            self.names[str(row["bind"])] = str(answer.at("id"))
        recorded = row["body"]
        where = f"{row.get('probe', '')} {row['method']} {row['path']}".strip()
        if answer.status != row["status"]:
            yield f"{where}: {row['status']}, answered {answer.status} {answer.message}"
        elif not answer.ok:
            for name in ("code", "param"):
                wanted, given = dig(recorded, "error", name), answer.at("error", name)
                if wanted != given:
                    yield f"{where}: {name} {wanted}, answered {given}"
        else:
            yield from (f"{where}: {line}" for line in shapes("", recorded, answer.body))

    def _named(self, value: Json) -> Json:
        text = json.dumps(value)
        return plain(json.loads(_NAME.sub(lambda found: self.names.get(found[1], found[0]), text)))


def shapes(where: str, recorded: Json, answered: Json) -> Iterator[str]:
    """Members that one of both lacks, and values of different types."""
    match recorded, answered:
        case dict(), dict():
            free = where.rpartition(".")[2] in FREE
            for name in sorted(recorded.keys() ^ answered.keys()):
                if not free:
                    yield f"{where or 'body'}: {name} is in one of both"
            for name in sorted(recorded.keys() & answered.keys()):
                yield from shapes(f"{where}.{name}", recorded[name], answered[name])
        case list(), list():
            for index, pair in enumerate(zip(recorded, answered, strict=False)):
                yield from shapes(f"{where}[{index}]", *pair)
        case _ if type(recorded) is not type(answered):
            yield f"{where}: {json.dumps(recorded)}, answered {json.dumps(answered)}"


def rows(file: Path) -> list[Object]:
    """The lines of a recording."""
    parsed = [plain(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    return [row for row in parsed if isinstance(row, dict)]
