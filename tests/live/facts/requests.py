"""Requests: idempotency keys, what refusals say, headers, and which account it is."""

from __future__ import annotations

import re

from stripectl.providers.stripe.gateway import API_VERSION
from tests.live.answers import dig
from tests.live.asking import Asking, sold
from tests.live.facts.prices import PRICES
from tests.live.facts.products import PRODUCTS
from tests.live.probe import REFUSED, Grade, Probe, Seen

ACCOUNT = re.compile(r"acct_\w+")


def _replay(ask: Asking) -> Seen:
    key, sent = ask.unique(), {"id": ask.unique(), "name": "Once"}
    first, second = (ask.post(PRODUCTS, sent, key) for _ in range(2))
    ask.post(f"{PRODUCTS}/{sent['id']}", {"name": "Changed"})
    third = ask.post(PRODUCTS, sent, key)
    return {
        "the same answer": second.ok and first.body == second.body,
        "told in a header": second.headers.get("idempotent-replayed"),
        "after a change, the answer of then": third.at("name"),
    }


def _other_parameters(ask: Asking) -> Seen:
    key = ask.unique()
    ask.post(PRODUCTS, {"id": ask.unique(), "name": "One"}, key)
    other = ask.post(PRODUCTS, {"id": ask.unique(), "name": "Other"}, key)
    return {"other parameters": other.outcome, "type": other.at("error", "type")}


def _key_length(ask: Asking) -> Seen:
    key = ask.unique()
    return {
        f"{length} characters": ask.post(PRODUCTS, {"name": "Long"}, key.ljust(length, "x")).outcome
        for length in (255, 256)
    }


def _invalid_first(ask: Asking) -> Seen:
    key = ask.unique()
    return {
        "without a name": ask.post(PRODUCTS, {"description": "d"}, key).outcome,
        "with one, same key": ask.post(PRODUCTS, {"name": "Named"}, key).outcome,
    }


def _refused_first(ask: Asking) -> Seen:
    product, lookup, key = ask.product(), ask.unique(), ask.unique()
    holder = ask.price(product, lookup_key=lookup)
    sent = sold(product, lookup_key=lookup)
    refused = ask.post(PRICES, sent, key)
    ask.post(f"{PRICES}/{holder}", {"lookup_key": ""})
    again = ask.post(PRICES, sent, key)
    return {
        "while the lookup key is held": refused.outcome,
        "once it is free, same request and key": again.outcome,
        "told as a replay": again.headers.get("idempotent-replayed"),
    }


def _refusals(ask: Asking) -> Seen:
    product = ask.product()
    path = f"{PRODUCTS}/{product}"
    unknown = ask.post(path, {"nonsense": "1"})
    return {
        "unknown parameter": unknown.outcome,
        "empty value": ask.post(path, {"name": ""}).outcome,
        "unknown address": ask.get("/v1/nonsense").outcome,
        "type": unknown.at("error", "type"),
    }


def _headers(ask: Asking) -> Seen:
    product = ask.product()
    made, refused = ask.post(f"{PRODUCTS}/{product}", {"name": "New"}), ask.post(PRODUCTS, {})
    read = ask.get(f"{PRODUCTS}/{product}")
    return {
        "request id": read.headers.get("request-id", "").startswith("req_"),
        "version": read.headers.get("stripe-version") == API_VERSION,
        "Stripe-Should-Retry of a POST": made.headers.get("stripe-should-retry"),
        "Stripe-Should-Retry of a refusal": refused.headers.get("stripe-should-retry"),
        "request log in a refusal": dig(refused.body, "error", "request_log_url") != "absent",
    }


def _account(ask: Asking) -> Seen:
    read = ask.get("/v1/account")
    return {"read": read.outcome, "an id": ACCOUNT.fullmatch(str(read.at("id"))) is not None}


def _restricted(ask: Asking) -> Seen:
    read = ask.get("/v1/account")
    return {
        "read": read.outcome,
        "names its permission": "rak_accounts_kyc_basic_read" in read.message,
        "the account in the message": ACCOUNT.search(read.message) is not None,
        "the account in the log's address": ACCOUNT.search(str(read.at("error", "request_log_url")))
        is not None,
    }


PROBES = (
    Probe(
        "idempotency-replay",
        "The same request under the same key is answered as the first time, and done once.",
        Grade.DOCUMENTED,
        "API reference, idempotent requests",
        "a request whose answer was lost is repeated under its key",
        _replay,
        {
            "the same answer": True,
            "told in a header": "true",
            "after a change, the answer of then": "Once",
        },
    ),
    Probe(
        "idempotency-parameters",
        "Another request under the same key is an error.",
        Grade.DOCUMENTED,
        "API reference, idempotent requests",
        "a key is made of run, step and epoch",
        _other_parameters,
        {"other parameters": REFUSED, "type": "idempotency_error"},
    ),
    Probe(
        "idempotency-length",
        "A key has 255 characters at most.",
        Grade.DOCUMENTED,
        "API reference, idempotent requests",
        "keys are hashes",
        _key_length,
        {"255 characters": "accepted", "256 characters": REFUSED},
    ),
    Probe(
        "idempotency-invalid",
        "A request whose parameters are refused leaves its key unused.",
        Grade.DOCUMENTED,
        "API reference, idempotent requests",
        "nothing: a refused step is never sent again under its key",
        _invalid_first,
        {"without a name": REFUSED, "with one, same key": "accepted"},
    ),
    Probe(
        "idempotency-refused",
        "A request that a rule of the account refuses is answered so again under its key.",
        Grade.UNKNOWN,
        "no source says which refusals are kept",
        "nothing: a refused step is never sent again under its key",
        _refused_first,
    ),
    Probe(
        "refusal-codes",
        "Unknown and empty parameters are refused with code and name, an unknown address with neither.",
        Grade.DOCUMENTED,
        "Stripe's page on error codes; the address recorded in 2026-09",
        "a refusal is shown with its code and parameter",
        _refusals,
        {
            "unknown parameter": "refused 400, code parameter_unknown, param nonsense",
            "empty value": "refused 400, code parameter_invalid_empty, param name",
            "unknown address": REFUSED,
            "type": "invalid_request_error",
        },
    ),
    Probe(
        "answer-headers",
        "Answers have a request id and the version that was asked for; a refusal says whether to retry"
        " and has the address of its log.",
        Grade.RECORDED,
        "log recorded in 2026-09; retry claimed and recorded; the rest documented",
        "the request id is kept; the log's address is one way to the account's id",
        _headers,
        {
            "request id": True,
            "version": True,
            "Stripe-Should-Retry of a refusal": "false",
            "request log in a refusal": True,
        },
    ),
    Probe(
        "account",
        "A secret key reads the account that it opens.",
        Grade.DOCUMENTED,
        "API reference, accounts",
        "a plan is bound to the account's id",
        _account,
        {"read": "accepted", "an id": True},
    ),
    Probe(
        "account-restricted",
        "A restricted key may not read the account; the refusal names the permission and the account.",
        Grade.CLAIMED,
        "many times, in public reports",
        "the account's id is taken from the refusal",
        _restricted,
        {
            "read": "refused 403",
            "names its permission": True,
            "the account in the message": True,
            "the account in the log's address": True,
        },
        restricted=True,
    ),
)
