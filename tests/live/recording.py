"""Exchanges kept as JSON lines, without anything of the account's own; a new shadow can be asked the same.

A line has `method, path, params, status, body, bind` and `probe`, as recordings of others have: `bind` names
the id of the answer, and later lines refer to it as `$name`. Ids are stable placeholders of Stripe's shape,
moments are moved so that the run began at `START`, and the run's own prefix is that of a run that never was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stripectl.providers.stripe.gateway import API_VERSION
from tests.live.answers import Json, Object, plain
from tests.live.asking import DAY, HOUR
from tests.live.connection import Exchange
from tests.replay import ID, REDACTED, START

RUN = "0000000000"
"""The run that a recording names."""

_KEY = re.compile(r"\b(?:sk|rk|pk|whsec)_[A-Za-z0-9_*]+")
_BOUGHT = re.compile(r"https://(?:buy|dashboard|invoice|pay)\.stripe\.com/\S*")
_NEVER = ("/v1/account",)
_LOG = "request_log_url"
YEARS = 7 * 366 * DAY


@dataclass(slots=True)
class Scrub:
    """Puts placeholders in the places of what belongs to the account and to the moment."""

    run: str
    began: int
    ids: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Id -> the name that it was bound to."""

    def line(self, exchange: Exchange, probe: str) -> Object | None:
        """One line; None for what says more of the account than of Stripe, or cannot be asked again."""
        answer = exchange.answer
        if exchange.path in _NEVER or not _is_own(exchange):
            return None
        path, params = self._request(exchange.path), self._request(plain(dict(exchange.params)))
        asked = json.dumps([path, params])
        if ID.search(asked):
            return None
        if answer.body.get("data") == [] and "$" not in asked and RUN not in asked:
            # Empty for the account as a whole, which says something of the account.
            return None
        body = self._answer(answer.body)
        bind = self._bound(exchange, answer.body)
        return {
            "method": exchange.method,
            "path": path,
            "params": params,
            "status": answer.status,
            "body": body,
            "bind": bind,
            "probe": probe,
            "api_version": API_VERSION,
        }

    def _bound(self, exchange: Exchange, body: Object) -> str | None:
        made = body.get("id")
        if exchange.method != "POST" or not isinstance(made, str) or not ID.fullmatch(made):
            return None
        if made in self.names:
            return None
        self.names[made] = f"{made.partition('_')[0]}{len(self.names) + 1}"
        return self.names[made]

    def _request(self, value: Json) -> Json:
        """A request's value: ids that were bound become `$name`."""
        match value:
            case str():
                return self._words(ID.sub(lambda found: self._named(found[0]), value))
            case dict():
                return {self._words(key): self._request(item) for key, item in value.items()}
            case list():
                return [self._request(item) for item in value]
            case _:
                return self._moved(value)

    def _named(self, object_id: str) -> str:
        return f"${self.names[object_id]}" if object_id in self.names else object_id

    def _answer(self, value: Json, member: str = "") -> Json:
        match value:
            case str() if member == _LOG:
                return f"{REDACTED}{_LOG}>"
            case str():
                return self._words(ID.sub(lambda found: self._placeholder(found[0]), value))
            case dict():
                return {self._words(key): self._answer(item, key) for key, item in value.items()}
            case list():
                return [self._answer(item, member) for item in value]
            case _:
                return self._moved(value)

    def _placeholder(self, object_id: str) -> str:
        """The same for the same id: of its kind, and as long as Stripe's."""
        kind = object_id.partition("_")[0]
        return self.ids.setdefault(object_id, f"{kind}_Probe{len(self.ids) + 1:019}")

    def _words(self, text: str) -> str:
        own = text.replace(self.run, RUN).replace(self.run.upper(), RUN)
        return _BOUGHT.sub(f"{REDACTED}url>", _KEY.sub("sk_…", own))

    def _moved(self, value: Json) -> Json:
        """A moment, as if the run had begun at `START`; any other value as it is."""
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        if not self.began - DAY <= value <= self.began + YEARS:
            return value
        days, seconds = divmod(value - self.began, DAY)
        # A run takes minutes: what it did in them, it did at one moment.
        return START + days * DAY + (0 if seconds < HOUR else seconds)


def _is_own(exchange: Exchange) -> bool:
    """A list may hold what somebody else made: only those with nothing but the probe's own are kept."""
    rows = (json.dumps(row).lower() for row in exchange.answer.rows)
    return all(f"{exchange.own}-" in row for row in rows)


def lines(tapes: Mapping[str, Iterable[Exchange]], run: str, began: int) -> Iterator[Object]:
    """The lines of a run, probe after probe."""
    scrub = Scrub(run, began)
    for probe, tape in tapes.items():
        for exchange in tape:
            if line := scrub.line(exchange, probe):
                yield line


def write(path: Path, rows: Iterable[Object]) -> int:
    """Write a recording; how many lines it has."""
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return len(texts)
