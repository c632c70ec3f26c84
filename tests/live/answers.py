"""Answers as they came: status, body and headers, and how an answer is told in a word or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
Object: TypeAlias = dict[str, Json]

ABSENT = "absent"
"""Stands for a member that an answer does not have, which is not the same as null."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an account."""

    status: int
    body: Object
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def outcome(self) -> str:
        """`accepted`, or `refused 400, code …, param …` with what the refusal names."""
        if self.ok:
            return "accepted"
        error = self.body.get("error")
        known = error if isinstance(error, dict) else {}
        named = [f", {name} {known[name]}" for name in ("code", "param") if known.get(name)]
        return f"refused {self.status}{''.join(named)}"

    @property
    def message(self) -> str:
        """Of a refusal; empty elsewhere."""
        return str(self.at("error", "message")) if not self.ok else ""

    @property
    def rows(self) -> list[Object]:
        """Objects of a list; none where the answer is no list."""
        rows = self.body.get("data")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    @property
    def ids(self) -> list[str]:
        return [str(row.get("id")) for row in self.rows]

    def at(self, *path: str | int) -> Json:
        """A member below the body, or `ABSENT`."""
        return dig(self.body, *path)


def dig(node: Json, *path: str | int) -> Json:
    """The member of a JSON value to which a path leads, or `ABSENT`."""
    for part in path:
        if isinstance(node, dict) and part in node:
            node = node[str(part)]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return ABSENT
    return node


def plain(value: object) -> Json:
    """What was parsed from JSON, typed as such."""
    return cast("Json", value)
