"""How each thing that a run makes is found again and put away: deleted where possible, else archived."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.live.answers import Answer, Object
from tests.live.connection import Connection, Params
from tests.live.ledger import Entry, Ledger

PREFIX = "stripectl-probe"
MARK = "stripectl_probe"
"""Metadata key of everything that a run makes and that takes metadata."""

OWN = re.compile(rf"{PREFIX}-(?P<run>[0-9a-z]{{10}})")
"""The prefix of one run, wherever it stands in an answer."""

MOST_PAGES = 20

Find: TypeAlias = Callable[["Remover", Entry], list[str]]
Remove: TypeAlias = Callable[["Remover", Entry, str], Answer]


@dataclass(frozen=True, slots=True)
class Remover:
    """Asks an account, to put things away; also after a run was stopped."""

    connection: Connection

    def ask(self, method: str, path: str, params: Params | None = None) -> Answer:
        return self.connection.ask(method, path, params or {}, anyway=True)

    def listed(self, path: str, query: Params) -> Iterator[Object]:
        """Objects of a list, page after page; of an endless one the first pages."""
        asked = {**query, "limit": 100}
        for _ in range(MOST_PAGES):
            page = self.ask("GET", path, asked)
            yield from page.rows
            if not page.rows or page.body.get("has_more") is not True:
                return
            asked["starting_after"] = page.ids[-1]


@dataclass(frozen=True, slots=True)
class Made:
    """What a POST to a path makes. Those above are put away before those below in `KINDS`."""

    path: str
    """Of the collection; `{…}` stands for an id."""
    names: tuple[str, ...]
    """Parameters, dotted, that it is found by when nobody knows whether it was made."""
    find: Find
    remove: Remove
    metadata: bool = True

    def matches(self, path: str) -> bool:
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


def _archive(remover: Remover, entry: Entry, object_id: str) -> Answer:
    return remover.ask("POST", f"{entry.path}/{object_id}", {"active": "false"})


def _delete(remover: Remover, entry: Entry, object_id: str) -> Answer:
    return remover.ask("DELETE", f"{entry.path}/{object_id}")


def _deactivate(remover: Remover, entry: Entry, object_id: str) -> Answer:
    return remover.ask("POST", f"{entry.path}/{object_id}/deactivate")


def _delete_or_archive(remover: Remover, entry: Entry, object_id: str) -> Answer:
    deleted = _delete(remover, entry, object_id)
    return _archive(remover, entry, object_id) if deleted.status == 400 else deleted


def _by_id(_: Remover, entry: Entry) -> list[str]:
    return [entry.by["id"]] if "id" in entry.by else []


def _by(query: str, *names: str, **more: str) -> Find:
    """Find by a filter of the list."""

    def find(remover: Remover, entry: Entry) -> list[str]:
        value = next((entry.by[name] for name in names if name in entry.by), None)
        rows = remover.listed(entry.path, {query: value, **more}) if value else ()
        return [str(row["id"]) for row in rows]

    return find


def _meter(remover: Remover, entry: Entry) -> list[str]:
    rows = remover.listed(entry.path, {"status": "active"})
    return [str(row["id"]) for row in rows if row.get("event_name") == entry.by.get("event_name")]


def _link(remover: Remover, entry: Entry) -> list[str]:
    rows = remover.listed(entry.path, {"active": "true"})
    return [str(row["id"]) for row in rows if row.get("metadata") == {MARK: entry.by.get(f"metadata.{MARK}")}]


def _grants(remover: Remover, entry: Entry) -> list[str]:
    return [str(row["id"]) for row in remover.listed(entry.path, {})]


def _with_their_customer(_: Remover, __: Entry) -> list[str]:
    """Deleting a customer cancels what they subscribed to."""
    return []


KINDS: tuple[Made, ...] = (
    Made("/v1/subscriptions", (), _with_their_customer, _delete),
    Made("/v1/customers", ("email",), _by("email", "email"), _delete),
    Made("/v1/payment_links", (f"metadata.{MARK}",), _link, _archive),
    Made(
        "/v1/promotion_codes",
        ("promotion.coupon",),
        _by("coupon", "promotion.coupon", active="true"),
        _archive,
    ),
    Made("/v1/coupons", ("id",), _by_id, _delete),
    Made("/v1/products/{product}/features", (), _grants, _delete, metadata=False),
    Made(
        "/v1/prices",
        ("product", "product_data.id"),
        _by("product", "product", "product_data.id", active="true"),
        _archive,
    ),
    Made("/v1/products", ("id",), _by_id, _delete_or_archive),
    Made("/v1/entitlements/features", ("lookup_key",), _by("lookup_key", "lookup_key"), _archive),
    Made("/v1/billing/meters", ("event_name",), _meter, _deactivate, metadata=False),
)


def kind_of(path: str) -> Made | None:
    """What a POST to the path makes; None where it changes something that exists."""
    return next((made for made in KINDS if made.matches(path)), None)


def remove(connection: Connection, ledger: Ledger, entries: Iterable[Entry]) -> list[str]:
    """Put entries away; what could not be is told, and stays in the ledger."""
    left = []
    for entry, kept in _removals(Remover(connection), entries):
        left += kept
        if not kept:
            ledger.gone(entry)
    return left


def _removals(remover: Remover, entries: Iterable[Entry]) -> Iterator[tuple[Entry, list[str]]]:
    """Put entries away in their order; after each, the paths of what could not be."""
    for entry in sorted(entries, key=_order):
        made = kind_of(entry.path)
        assert made is not None, entry.path
        ids = [entry.id] if entry.id else made.find(remover, entry)
        kept = [object_id for object_id in ids if not _removed(remover, made, entry, object_id)]
        yield entry, [f"{entry.path}/{object_id}" for object_id in kept]


def _order(entry: Entry) -> tuple[int, int]:
    return [made.matches(entry.path) for made in KINDS].index(True), -entry.n


def _removed(remover: Remover, made: Made, entry: Entry, object_id: str) -> bool:
    answer = made.remove(remover, entry, object_id)
    if answer.ok or answer.status == 404:
        return True
    # Out of use already, or a product's default price, which goes out of use with its product.
    now = remover.ask("GET", f"{entry.path}/{object_id}")
    return now.status == 404 or made.path == "/v1/prices" or _is_out_of_use(now.body)


def _is_out_of_use(body: Object) -> bool:
    return any(
        (
            body.get("deleted") is True,
            body.get("active") is False,
            body.get("status") in ("inactive", "canceled"),
        )
    )


def sweep(connection: Connection, ledgers: Iterable[Ledger]) -> tuple[int, list[str]]:
    """Put away what earlier runs left; how much it was, and what is still there."""
    count, left = 0, []
    for ledger in ledgers:
        entries = ledger.open
        count += len(entries)
        left += remove(connection, ledger, entries)
        ledger.close()
    return count, left


SCANNED: Mapping[str, Params] = {
    "/v1/payment_links": {"active": "true"},
    "/v1/coupons": {},
    "/v1/products": {"active": "true"},
    "/v1/entitlements/features": {},
    "/v1/billing/meters": {"status": "active"},
    "/v1/customers": {},
}
"""Lists in which a run whose ledger is lost is known by its prefix."""


def scan(connection: Connection, is_over: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Collection and id of what runs left whose ledgers are lost; `is_over` says whether a run has ended."""
    remover = Remover(connection)
    return [
        (path, str(row["id"]))
        for path, query in SCANNED.items()
        for row in remover.listed(path, query)
        if (found := OWN.search(str(row))) and is_over(found["run"])
    ]


def remove_scanned(connection: Connection, found: Sequence[tuple[str, str]]) -> list[str]:
    """Put away what a scan found, prices first; what could not be is told."""
    entries = [Entry(0, path, {}, object_id) for path, object_id in found]
    entries += [
        Entry(0, "/v1/prices", {"product": object_id}) for path, object_id in found if path == "/v1/products"
    ]
    return [path for _, kept in _removals(Remover(connection), entries) for path in kept]
