"""What a probe gets: requests to the account, names of its own, and the certainty that all is put away."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from tests.live.answers import ABSENT, Answer, Json, Object, dig, plain
from tests.live.connection import Connection, Exchange
from tests.live.ledger import Entry, Ledger
from tests.live.removal import MARK, PREFIX, Made, kind_of, remove

Tries: TypeAlias = Mapping[str, Mapping[str, object]]
"""Name -> the parameters of a request."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
DAY = 24 * 3600
HOUR = 3600


class CouldNotAsk(Exception):
    """Something that the question needs was refused."""


def new_run(now: float) -> str:
    """Ten letters and digits: when it began, in seconds, and four at random."""
    rest, moment = int(now), ""
    while rest:
        rest, digit = divmod(rest, 36)
        moment = DIGITS[digit] + moment
    return moment + "".join(secrets.choice(DIGITS) for _ in range(10 - len(moment)))


def began(run: str) -> int:
    """Unix seconds at which a run began."""
    return int(run[:6], 36)


@dataclass(slots=True)
class Asking:
    """One probe's requests. Everything that it makes is in the ledger before, and gone after `put_away`."""

    connection: Connection
    ledger: Ledger
    run: str
    number: int
    """Of the probe in its run."""
    now: Callable[[], float] = time.time
    tape: list[Exchange] = field(default_factory=list)
    keyed: bool = False
    """A key was chosen by the probe itself, so that a replay of the tape would not be the same."""
    _names: count[int] = field(default_factory=lambda: count(1))
    _entries: dict[int, Entry] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """How every name of this probe begins."""
        return f"{PREFIX}-{self.run}-{self.number:03}"

    def unique(self) -> str:
        """A name that nothing else bears."""
        return f"{self.own}-{next(self._names)}"

    def in_seconds(self, seconds: int) -> int:
        """A moment to come, in Unix seconds."""
        return int(self.now()) + seconds

    def wait(self, seconds: float) -> None:
        self.connection.wait(seconds)

    def get(self, path: str, **query: object) -> Answer:
        return self._ask("GET", path, query)

    def delete(self, path: str) -> Answer:
        return self._ask("DELETE", path, {})

    def post(self, path: str, params: Mapping[str, object], key: str | None = None) -> Answer:
        """Change or make something; what is made is marked as this run's."""
        self.keyed |= key is not None
        made = kind_of(path)
        if made is None:
            return self._ask("POST", path, params, key)
        marked = self._marked(made, params)
        entries = [self.ledger.before(path, _found_by(made, marked))]
        if inline := _inline_product(marked):
            entries.append(self.ledger.before("/v1/products", {"id": inline}))
        # Until there is an answer, it may or may not exist.
        self._entries |= {entry.n: entry for entry in entries}
        answer = self._ask("POST", path, marked, key)
        ids = [str(answer.at("id")), inline]
        for entry, made_id in zip(entries, ids, strict=False):
            self._entries[entry.n] = self.ledger.after(entry, made_id if answer.ok else None)
            if not answer.ok:
                del self._entries[entry.n]
        return answer

    def outcomes(self, path: str, tries: Tries) -> dict[str, Json]:
        """Name of a try -> how its POST ended."""
        return {name: self.post(path, sent).outcome for name, sent in tries.items()}

    def made(self, path: str, params: Mapping[str, object]) -> Object:
        """Make something that a question needs. Raises `CouldNotAsk`."""
        answer = self.post(path, params)
        if not answer.ok:
            raise CouldNotAsk(f"POST {path}: {answer.outcome}: {answer.message}")
        return answer.body

    def product(self, **params: object) -> str:
        """The id of a new product."""
        return str(self.made("/v1/products", {"name": self.unique(), **params})["id"])

    def price(self, product: str, /, **params: object) -> str:
        """The id of a new price: of 5 USD once, unless it is told otherwise."""
        return str(self.made("/v1/prices", sold(product, **params))["id"])

    def coupon(self, **params: object) -> str:
        """The id of a new coupon: 10 % once, unless it is told otherwise."""
        standard = {} if "amount_off" in params else {"percent_off": 10}
        return str(self.made("/v1/coupons", {**standard, "duration": "once", **params})["id"])

    def code(self, coupon: str, **params: object) -> Object:
        """A new promotion code."""
        sent = {"promotion": {"type": "coupon", "coupon": coupon}, "code": self.unique(), **params}
        return self.made("/v1/promotion_codes", sent)

    def meter(self, **params: object) -> Object:
        """A new meter that sums."""
        return self.made("/v1/billing/meters", measured(self.unique(), **params))

    def feature(self, **params: object) -> Object:
        name = self.unique()
        return self.made("/v1/entitlements/features", {"lookup_key": name, "name": name, **params})

    def customer(self) -> str:
        return str(self.made("/v1/customers", {"name": self.unique()})["id"])

    def link(self, *prices: str) -> Object:
        """A new payment link."""
        lines = [{"price": price, "quantity": 1} for price in prices]
        return self.made("/v1/payment_links", {"line_items": lines})

    def put_away(self) -> list[str]:
        """Delete or archive all that this probe made; what could not be is told."""
        return remove(self.connection, self.ledger, self._entries.values())

    def _ask(self, method: str, path: str, params: Mapping[str, object], key: str | None = None) -> Answer:
        answer = self.connection.ask(method, path, params, key)
        self.tape.append(Exchange(self.own, method, path, params, answer))
        return answer

    def _marked(self, made: Made, params: Mapping[str, object]) -> dict[str, object]:
        """With the run's mark, and with a name of ours wherever the kind can bear one."""
        marked = dict(params)
        if made.metadata:
            given = params.get("metadata")
            marked["metadata"] = {**(given if isinstance(given, dict) else {}), MARK: self.run}
        if made.names == ("id",) and "id" not in params:
            marked["id"] = self.unique()
        if made.names == ("email",):
            marked["email"] = f"{self.unique()}@example.com"
        if isinstance(data := params.get("product_data"), dict):
            marked["product_data"] = {"id": self.unique(), **data}
        return marked


def sold(product: str, /, **params: object) -> dict[str, object]:
    """Parameters of a price: of 5 USD once, unless told otherwise; None leaves a parameter out."""
    standard = {"product": product, "currency": "usd", "unit_amount": 500}
    return {name: value for name, value in {**standard, **params}.items() if value is not None}


def measured(event_name: str, **params: object) -> dict[str, object]:
    """Parameters of a meter."""
    sums = {"formula": "sum"}
    return {"display_name": event_name, "event_name": event_name, "default_aggregation": sums, **params}


def _found_by(made: Made, params: Mapping[str, object]) -> dict[str, str]:
    body = plain(dict(params))
    found: dict[str, Json] = {name: dig(body, *name.split(".")) for name in made.names}
    return {name: value for name, value in found.items() if isinstance(value, str) and value != ABSENT}


def _inline_product(params: Mapping[str, object]) -> str | None:
    data = params.get("product_data")
    return str(data["id"]) if isinstance(data, dict) else None
