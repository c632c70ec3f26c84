"""One request's view of the account: objects read and written, each change together with its event."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

from stripectl.providers.shadow.behaviour import Behaviour
from stripectl.providers.shadow.errors import no_such
from stripectl.providers.shadow.expansion import render
from stripectl.providers.shadow.objects import API_VERSION, NewId, Object, Value, text

NOUNS = {
    "billing.meter": "billing meter",
    "entitlements.feature": "entitlements feature",
    "product_feature": "product feature",
    "promotion_code": "promotion code",
    "payment_link": "payment link",
    "billing_portal.configuration": "configuration",
}
"""How messages call a kind, where it is not by its name."""

WITH_EVENTS = frozenset(
    {"product", "price", "billing.meter", "coupon", "promotion_code"}
    | {"payment_link", "billing_portal.configuration"}
)


@dataclass(slots=True)
class Session:
    """Reads and writes of one request.

    Kinds and conditions are constants of the account's own code, never parts of a request (hence S608).
    """

    connection: sqlite3.Connection
    now: int
    """Unix seconds."""
    new_id: NewId
    request_id: str
    idempotency_key: str | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    _read: dict[tuple[str, str], Object | None] = field(default_factory=dict)

    def find(self, kind: str, object_id: str) -> Object | None:
        """An object by its id, or None; callers do not change it in place."""
        key = kind, object_id
        if key not in self._read:
            self._read[key] = self.first(kind, "id = ?", object_id)
        return self._read[key]

    def get(self, kind: str, object_id: str, param: str, *, status: int = 400) -> Object:
        """An object by its id. Raises `Refusal` with `resource_missing`."""
        body = self.find(kind, object_id)
        if body is None:
            raise no_such(NOUNS.get(kind, kind), object_id, param, status=status)
        return body

    def first(self, kind: str, where: str, *values: str | int) -> Object | None:
        """The newest object for which an SQL condition holds, or None."""
        query = f'SELECT body FROM "{kind}" WHERE {where} ORDER BY seq DESC LIMIT 1'  # noqa: S608
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str, where: str, *values: str | int) -> list[Object]:
        """Every object for which an SQL condition holds, oldest first."""
        query = f'SELECT body FROM "{kind}" WHERE {where} ORDER BY seq'  # noqa: S608
        rows = self.connection.execute(query, values)
        return [json.loads(body) for (body,) in rows]

    def create(self, kind: str, body: Object) -> Object:
        """Keep a new object, with its event."""
        statement = f'INSERT INTO "{kind}" (id, created, body) VALUES (?, ?, ?)'  # noqa: S608
        self.connection.execute(statement, (text(body, "id"), self.now, _json(body)))
        self._read.clear()
        if kind in WITH_EVENTS:
            self._event(f"{kind}.created", self._plain(kind, body))
        return body

    def update(self, kind: str, before: Object, after: Object, event: str = "updated") -> Object:
        """Keep a changed object, with its event; nothing happens where nothing differs."""
        if after == before:
            return before
        if "updated" in after:
            after = {**after, "updated": self.now}
        statement = f'UPDATE "{kind}" SET body = ? WHERE id = ?'  # noqa: S608
        self.connection.execute(statement, (_json(after), text(after, "id")))
        self._read.clear()
        if kind in WITH_EVENTS:
            old, new = self._plain(kind, before), self._plain(kind, after)
            self._event(f"{kind}.{event}", new, _previous(old, new))
        return after

    def delete(self, kind: str, body: Object) -> Object:
        """Forget an object, with its event; answers Stripe's note of a deletion."""
        place = f'INSERT OR REPLACE INTO deleted SELECT ?, id, seq FROM "{kind}" WHERE id = ?'  # noqa: S608
        self.connection.execute(place, (kind, text(body, "id")))
        statement = f'DELETE FROM "{kind}" WHERE id = ?'  # noqa: S608
        self.connection.execute(statement, (text(body, "id"),))
        self._read.clear()
        if kind in WITH_EVENTS:
            self._event(f"{kind}.deleted", self._plain(kind, body))
        return {"id": body["id"], "object": body["object"], "deleted": True}

    def place(self, kind: str, object_id: str) -> int | None:
        """Where an object stands in the list of its kind, or stood until it was deleted; None: nowhere."""
        standing = f'SELECT seq FROM "{kind}" WHERE id = ?'  # noqa: S608
        row = self.connection.execute(standing, (object_id,)).fetchone()
        return self.past_place(kind, object_id) if row is None else int(row[0])

    def past_place(self, kind: str, object_id: str) -> int | None:
        """Where a deleted object stood; None for one that never was, or was deleted before this was kept."""
        query = "SELECT seq FROM deleted WHERE kind = ? AND id = ?"
        row = self.connection.execute(query, (kind, object_id)).fetchone()
        return None if row is None else int(row[0])

    def _plain(self, kind: str, body: Object) -> Object:
        return render(kind, body, {}, self.find, self.now)

    def _event(self, event_type: str, body: Object, previous: Object | None = None) -> None:
        detail: Object = {"object": body}
        if previous is not None:
            detail["previous_attributes"] = previous
        self.create(
            "event",
            {
                "id": self.new_id("event"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now,
                "data": detail,
                "livemode": False,
                "pending_webhooks": 0,
                "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
                "type": event_type,
            },
        )


def _json(body: Object) -> str:
    return json.dumps(body, ensure_ascii=False)


def _previous(before: Object, after: Object) -> Object:
    """The old values of what differs; inside a hash only the keys that differ, null for a key that is new."""
    keys = dict.fromkeys((*before, *after))
    return {key: _old(before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def _old(before: Value, after: Value) -> Value:
    if isinstance(before, dict) and isinstance(after, dict):
        return _previous(before, after)
    return before
