"""The account's SQLite file: one table a kind, JSON bodies, and indexed columns computed from them.

Every request is one transaction in WAL mode with full syncing, so a killed process, or a lost machine, leaves
the last answered request whole and nothing of the next. Several processes may use the file at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from stripectl.diagnostics import InvalidInput, ProviderError, StripectlError, error
from stripectl.files import remove, require_plain, start_of
from stripectl.providers.shadow.errors import busy

APPLICATION_ID = 0x73_74_72_63
"""Bytes 68 to 71 of the file (`strc`): this is a shadow account and no other database."""

VERSION = 4
"""2 has payment links and portal configurations; 3 remembers where deleted objects stood; 4 knows
which prices were made inline."""

BUSY_SECONDS = 10.0
"""How long a request waits for another process before it is answered 429."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "product": {
        "active": "$.active",
        "shippable": "$.shippable",
        "url": "$.url",
        "type": "$.type",
        "default_price": "$.default_price",
    },
    "price": {
        "active": "$.active",
        "currency": "$.currency",
        "product": "$.product",
        "type": "$.type",
        "lookup_key": "$.lookup_key",
        "interval": "$.recurring.interval",
        "meter": "$.recurring.meter",
        "usage_type": "$.recurring.usage_type",
    },
    "billing.meter": {"status": "$.status", "event_name": "$.event_name"},
    "entitlements.feature": {"active": "$.active", "lookup_key": "$.lookup_key"},
    "product_feature": {"product": "$.product", "entitlement_feature": "$.entitlement_feature"},
    "coupon": {},
    "promotion_code": {
        "active": "$.active",
        "code": "$.code",
        "coupon": "$.promotion.coupon",
        "customer": "$.customer",
        "expires_at": "$.expires_at",
    },
    "customer": {"email": "$.email"},
    "subscription": {
        "status": "$.status",
        "customer": "$.customer",
        "collection_method": "$.collection_method",
    },
    "payment_link": {"active": "$.active"},
    "billing_portal.configuration": {"active": "$.active", "is_default": "$.is_default"},
    "event": {"type": "$.type"},
}
"""Kind -> columns that lists filter and rules look up -> where the value sits in the body."""

IGNORE_CASE = frozenset({"code"})
"""Columns that compare without regard to case."""

_EXTRA = (
    'CREATE TABLE IF NOT EXISTS "subscription_price" (price TEXT NOT NULL, subscription TEXT NOT NULL,'
    " PRIMARY KEY (price, subscription)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS inline_price (price TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS deleted (kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, created INTEGER NOT NULL,"
    " request TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency (created)",
    "CREATE TABLE IF NOT EXISTS account (id TEXT NOT NULL, created INTEGER NOT NULL)",
)


class Database:
    """One connection to the file. Not safe for threads by itself."""

    def __init__(self, path: Path, *, account_id: str, now: int) -> None:
        """Open the file, or make it, with `account_id` and `now` (Unix seconds) for a new account.

        Raises `InvalidInput` for a file that is no shadow account, `ProviderError` where it cannot be used.
        """
        self._path = path
        try:
            _require_plain(path)
        except OSError as problem:
            raise _unusable(path, problem.strerror or str(problem)) from problem
        with self._explained():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(account_id, now)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """All or nothing: committed at the end of the block, rolled back when it raises."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _prepare(self, account_id: str, now: int) -> None:
        found = self._pragma("application_id"), self._pragma("user_version")
        if found == (0, 0):
            self._create(account_id, now)
            found = self._pragma("application_id"), self._pragma("user_version")
        if found[0] != APPLICATION_ID:
            raise foreign_file(self._path)
        if found[1] > VERSION:
            raise _newer(self._path, found[1])
        if found[1] < VERSION:
            self._grow()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def _create(self, account_id: str, now: int) -> None:
        with self.transaction(write=True) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                for statement in _schema():
                    connection.execute(statement)
                connection.execute("INSERT INTO account VALUES (?, ?)", (account_id, now))

    def _grow(self) -> None:
        """Add what an account of an older format has not."""
        with self.transaction(write=True) as connection:
            for statement in _schema():
                connection.execute(statement)

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as problem:
            raise explained(problem, self._path) from problem


def _schema() -> Iterator[str]:
    for kind, columns in COLUMNS.items():
        computed = "".join(
            f", {name} {'TEXT COLLATE NOCASE ' if name in IGNORE_CASE else ''}"
            f"GENERATED ALWAYS AS (json_extract(body, '{where}')) VIRTUAL"
            for name, where in columns.items()
        )
        yield (
            f'CREATE TABLE IF NOT EXISTS "{kind}" (seq INTEGER PRIMARY KEY AUTOINCREMENT,'
            f" id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, body TEXT NOT NULL{computed})"
        )
        for name in ("created", *columns):
            yield f'CREATE INDEX IF NOT EXISTS "{kind}.{name}" ON "{kind}" ({name}, seq)'
    yield from _EXTRA
    yield f"PRAGMA application_id = {APPLICATION_ID}"
    yield f"PRAGMA user_version = {VERSION}"


def reset(path: Path) -> None:
    """Remove the account and its side files, so that the next use starts a new one.

    Raises `InvalidInput` when `path` is something else than a shadow account, `ProviderError` while another
    process uses it or where it cannot be removed.
    """
    try:
        _require_plain(path)
        if path.exists():
            _require_ours(path)
            _require_unused(path)
        for file in _files(path):
            remove(file, missing_ok=True)
    except OSError as problem:
        raise _unusable(path, problem.strerror or str(problem)) from problem


def _files(path: Path) -> tuple[Path, ...]:
    """All that SQLite may open for an account."""
    return tuple(path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm", "-journal"))


def _require_plain(path: Path) -> None:
    """Raise OSError where SQLite, which opens what it is given, would follow a link or wait for a pipe."""
    for file in _files(path):
        require_plain(file)


def _require_ours(path: Path) -> None:
    # Read as bytes, so that a damaged account can be reset too.
    header = start_of(path, 72)
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise foreign_file(path)


def _require_unused(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as connection:
        try:
            # Leaving WAL mode needs the file for oneself alone.
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as problem:
            if _name(problem).startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise _in_use(path) from problem


def explained(problem: sqlite3.Error, path: Path) -> Exception:
    """What a failure of SQLite means to a person, or to the client that has to try again."""
    name = _name(problem)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return busy()
    for prefix, explain in _EXPLANATIONS.items():
        if name.startswith(prefix):
            return explain(path, str(problem))
    return _unusable(path, f"{problem} ({name})")


def _name(problem: sqlite3.Error) -> str:
    return getattr(problem, "sqlite_errorname", None) or type(problem).__name__


def foreign_file(path: Path, _: str = "") -> StripectlError:
    return InvalidInput(
        error(
            "shadow-not-an-account",
            "The file is not a shadow account",
            f"{path} exists, but it was not made by stripectl, so it is left untouched.",
            hint="choose another path, or move the file away",
        )
    )


def _newer(path: Path, version: int) -> StripectlError:
    return InvalidInput(
        error(
            "shadow-newer",
            "The shadow account was made by a newer stripectl",
            f"{path} has format {version}; this stripectl reads formats up to {VERSION}.",
            hint="update stripectl, or start over with `stripectl shadow reset`",
        )
    )


def _corrupt(path: Path, reason: str) -> StripectlError:
    return ProviderError(
        error(
            "shadow-corrupt",
            "The shadow account is damaged",
            f"{path} cannot be read: {reason}.",
            hint="restore the file from a copy, or start over with `stripectl shadow reset`",
        )
    )


def _full(path: Path, reason: str) -> StripectlError:
    return ProviderError(
        error(
            "shadow-disk-full",
            "The shadow account cannot grow",
            f"{path}: {reason}. The request was undone; nothing of it was kept.",
            hint="free some space and run the command again",
        )
    )


def _read_only(path: Path, reason: str) -> StripectlError:
    return ProviderError(
        error(
            "shadow-read-only",
            "The shadow account cannot be written",
            f"{path}: {reason}.",
            hint="make the file and its folder writable, or choose another folder for the state",
        )
    )


def _unusable(path: Path, reason: str) -> StripectlError:
    folder = "" if path.parent.is_dir() else f" The folder {path.parent} does not exist."
    return ProviderError(
        error(
            "shadow-unusable",
            "The shadow account cannot be used",
            f"{path}: {reason}.{folder}",
            hint="check that the folder exists, is writable and lies on a local disk",
        )
    )


def _in_use(path: Path) -> StripectlError:
    return ProviderError(
        error(
            "shadow-in-use",
            "The shadow account is in use",
            f"Another process has {path} open, so it cannot be removed.",
            hint="stop `stripectl shadow serve` and other commands first",
        )
    )


_EXPLANATIONS: Mapping[str, Callable[[Path, str], StripectlError]] = {
    "SQLITE_NOTADB": foreign_file,
    "SQLITE_CORRUPT": _corrupt,
    "SQLITE_FULL": _full,
    "SQLITE_READONLY": _read_only,
    "SQLITE_CANTOPEN": _unusable,
    "SQLITE_IOERR_WRITE": _full,
}
