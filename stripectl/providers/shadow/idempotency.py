"""Idempotency keys: the first answer under a key is kept and given again for a day."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from stripectl.providers.shadow.errors import invalid, reused_key

KEY_LENGTH = 255
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given under a key."""

    status: int
    body: str
    request_id: str
    """The request that was answered first."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One key together with the request that it was sent with."""

    key: str
    request: str
    """Digest of method, path and parameters."""

    @classmethod
    def of(cls, key: str, method: str, path: str, form: str) -> Slot:
        """Raises `Unprocessed` for a key that is too long."""
        if len(key) > KEY_LENGTH:
            raise invalid(f"Idempotency keys can have up to {KEY_LENGTH} characters, not {len(key)}.")
        request = "\n".join((method, path, form))
        return cls(key, hashlib.sha256(request.encode()).hexdigest())

    def kept(self, connection: sqlite3.Connection, now: int) -> Kept | None:
        """The answer kept under the key, or None. Raises `Unprocessed` if it was for another request."""
        connection.execute("DELETE FROM idempotency WHERE created <= ?", (now - KEPT_SECONDS,))
        row = connection.execute(
            "SELECT request, status, body, request_id FROM idempotency WHERE key = ?", (self.key,)
        ).fetchone()
        if row is None:
            return None
        if row[0] != self.request:
            raise reused_key(self.key)
        return Kept(*row[1:])

    def keep(self, connection: sqlite3.Connection, answer: Kept, now: int) -> None:
        """Remember the answer."""
        connection.execute(
            "INSERT INTO idempotency (key, created, request, request_id, status, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (self.key, now, self.request, answer.request_id, answer.status, answer.body),
        )
