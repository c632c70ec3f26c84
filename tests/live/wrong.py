"""Shadow accounts that are wrong on purpose: each contradicts a fact, and the probe of that fact notices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import stripe

from tests.live.answers import Json, Object, plain

Form: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it comes from the SDK."""

    method: str
    """In upper case."""
    path: str
    form: Form
    """Query or body."""
    headers: Mapping[str, str]

    @property
    def key(self) -> str:
        return self.headers.get("Idempotency-Key", "")


@dataclass(frozen=True, slots=True)
class Given:
    """One answer on its way back."""

    status: int
    body: Object
    headers: Mapping[str, str]


Next: TypeAlias = Callable[[Asked], Given]
Way: TypeAlias = Callable[[Asked, Next, "Memory"], Given]


@dataclass(slots=True)
class Memory:
    """What a wrong account remembers of earlier requests."""

    seen: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)

    def again(self, what: str) -> bool:
        """Whether it was seen before."""
        known = what in self.seen
        self.seen.add(what)
        return known


@dataclass(frozen=True, slots=True)
class Wrong:
    """One way to be wrong."""

    title: str
    caught_by: str
    """Id of the probe that notices."""
    way: Way


class WrongTransport(stripe.HTTPClient):
    """Stands between the SDK and a shadow account."""

    name = "wrong"

    def __init__(self, inner: stripe.HTTPClient, way: Way) -> None:
        super().__init__()
        self._inner, self._way, self._memory = inner, way, Memory()

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        text = str(post_data or "") if method.upper() == "POST" else parts.query
        form = dict(parse_qsl(text, keep_blank_values=True))
        given = self._way(Asked(method.upper(), parts.path, form, headers or {}), self._pass_on, self._memory)
        return json.dumps(given.body), given.status, given.headers

    def _pass_on(self, asked: Asked) -> Given:
        form, post = urlencode(asked.form), asked.method == "POST"
        url = f"https://api.stripe.com{asked.path}" + ("" if post or not form else f"?{form}")
        answer: tuple[str, int, Mapping[str, str]] = self._inner.request(
            asked.method.lower(), url, asked.headers, form if post else None
        )
        return Given(answer[1], cast("Object", json.loads(answer[0])), answer[2])

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


def _refusal(status: int, message: str, **more: str) -> Given:
    error: Object = {"type": "invalid_request_error", "message": message, **more}
    return Given(status, {"error": error}, {"Request-Id": "req_wrong"})


def _accepted(asked: Asked, pass_on: Next, **members: Json) -> Given:
    """As if the change had been made: the object as it is, with members of the answer's own."""
    read = pass_on(replace(asked, method="GET", form={}))
    return replace(read, body={**read.body, **members})


def _ignores_expand(asked: Asked, pass_on: Next, _: Memory) -> Given:
    kept = {name: value for name, value in asked.form.items() if not name.startswith("expand")}
    return pass_on(replace(asked, form=kept))


def _keeps_blanks(asked: Asked, pass_on: Next, memory: Memory) -> Given:
    given = pass_on(asked)
    name = asked.form.get("name", "")
    return replace(given, body={**given.body, "name": name}) if name != name.strip() else given


def _fails_in_a_replay(asked: Asked, pass_on: Next, memory: Memory) -> Given:
    if asked.key and memory.again(asked.key):
        return _refusal(500, "Something went wrong on our end.")
    return pass_on(asked)


def _refuses_limits(asked: Asked, pass_on: Next, _: Memory) -> Given:
    if asked.method == "GET" and not 1 <= int(asked.form.get("limit", "1")) <= 100:
        return _refusal(400, "Invalid integer", param="limit", code="parameter_invalid_integer")
    return pass_on(asked)


def _frees_lookup_keys(asked: Asked, pass_on: Next, _: Memory) -> Given:
    if asked.method == "POST" and "lookup_key" in asked.form and asked.path == "/v1/prices":
        return pass_on(replace(asked, form={**asked.form, "transfer_lookup_key": "true"}))
    return pass_on(asked)


def _archives_default_prices(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    if given.status == 400 and asked.form.get("active") == "false" and "/prices/" in asked.path:
        return _accepted(asked, pass_on, active=False)
    return given


def _deletes_sold_products(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    if given.status == 400 and asked.method == "DELETE":
        return Given(200, {"id": asked.path.rpartition("/")[2], "deleted": True}, given.headers)
    return given


def _holds_on_to_feature_keys(asked: Asked, pass_on: Next, memory: Memory) -> Given:
    key = asked.form.get("lookup_key")
    if asked.method == "POST" and asked.path == "/v1/entitlements/features" and key and memory.again(key):
        return _refusal(400, "A feature with this lookup key exists.", param="lookup_key")
    return pass_on(asked)


def _takes_tiers_once(asked: Asked, pass_on: Next, _: Memory) -> Given:
    tiered = "tiers[0][up_to]" in asked.form and "recurring[interval]" not in asked.form
    if asked.method == "POST" and tiered:
        return pass_on(replace(asked, form={**asked.form, "recurring[interval]": "month"}))
    return pass_on(asked)


def _shows_tiers_of_all_currencies(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    options = given.body.get("currency_options")
    if "currency_options.tiers" in asked.form.values() and isinstance(options, dict):
        tiers: Json = [{"up_to": None, "unit_amount": 1}]
        shown: Json = {
            code: {**option, "tiers": tiers} for code, option in options.items() if isinstance(option, dict)
        }
        return replace(given, body={**given.body, "currency_options": shown})
    return given


def _never_unsets_metadata(asked: Asked, pass_on: Next, _: Memory) -> Given:
    kept = {
        name: value
        for name, value in asked.form.items()
        if value or not re.fullmatch(r"metadata\[.*\]", name)
    }
    return pass_on(replace(asked, form=kept))


def _revives_orphaned_codes(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    if given.status == 400 and asked.form.get("active") == "true" and "/promotion_codes/" in asked.path:
        return _accepted(asked, pass_on, active=True)
    return given


def _tells_cases_apart(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    if given.status == 400 and asked.path == "/v1/promotion_codes" and asked.form.get("code", "").isupper():
        headers = {**asked.headers, "Idempotency-Key": f"{asked.key}2"}
        return pass_on(replace(asked, form={**asked.form, "code": f"{asked.form['code']}2"}, headers=headers))
    return given


def _rounds_amounts(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    amount = given.body.get("unit_amount_decimal")
    if isinstance(amount, str) and "." in amount:
        whole = str(round(float(amount)))
        return replace(given, body={**given.body, "unit_amount": int(whole), "unit_amount_decimal": whole})
    return given


def _says_inf(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    text = re.sub(r'"up_to": null', '"up_to": "inf"', json.dumps(given.body))
    body = plain(json.loads(text))
    return replace(given, body=body) if isinstance(body, dict) else given


def _lists_archived_features(asked: Asked, pass_on: Next, _: Memory) -> Given:
    given = pass_on(asked)
    if asked.method == "GET" and asked.path == "/v1/entitlements/features" and not given.body.get("data"):
        return pass_on(replace(asked, form={**asked.form, "archived": "true"}))
    return given


WAYS: tuple[Wrong, ...] = (
    Wrong("ignores what is to be expanded", "price-expansion", _ignores_expand),
    Wrong("keeps blanks around names", "product-blanks", _keeps_blanks),
    Wrong("answers 500 instead of a replay", "idempotency-replay", _fails_in_a_replay),
    Wrong("refuses limits instead of clamping them", "list-limit", _refuses_limits),
    Wrong("takes a held lookup key away by itself", "price-lookup-key-held", _frees_lookup_keys),
    Wrong("archives a default price", "product-default-price-archive", _archives_default_prices),
    Wrong("deletes a product that has prices", "product-deletion-with-prices", _deletes_sold_products),
    Wrong("keeps the key of an archived feature taken", "feature-key", _holds_on_to_feature_keys),
    Wrong("takes tiers of a price that is paid once", "price-one-time-tiers", _takes_tiers_once),
    Wrong("shows tiers of every currency at once", "currency-tiers", _shows_tiers_of_all_currencies),
    Wrong("never unsets a key of metadata", "metadata", _never_unsets_metadata),
    Wrong("reactivates a code without a coupon", "coupon-deletion-codes", _revives_orphaned_codes),
    Wrong("tells codes apart by their case", "code-unique", _tells_cases_apart),
    Wrong("rounds amounts with a fraction", "price-decimals", _rounds_amounts),
    Wrong("reads an unbounded tier back as inf", "price-last-tier", _says_inf),
    Wrong("lists archived features unasked", "feature-lists", _lists_archived_features),
)
