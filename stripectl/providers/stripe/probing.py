"""Find out what a key may do on an account, by reads that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial

from stripectl.concurrency import at_once
from stripectl.engine.checkup import Check, Health
from stripectl.engine.plan import Account
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.providers.stripe.gateway import API_VERSION, Gateway, Reply
from stripectl.providers.stripe.kinds import ENDPOINTS
from stripectl.providers.stripe.pointing import SOURCES
from stripectl.providers.stripe.requests import collection_path

PROBERS = 12
"""Probes that run side by side: all of them."""

TOLERATED = 60
"""Seconds that this machine's clock may be off."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that a restricted key is given by itself."""

    name: str
    """As the dashboard lists it."""
    path: str
    query: Mapping[str, object]
    """As a plan asks, but for one object."""
    lost: str = ""
    """What a plan lacks without it; empty where there is no plan at all."""


_NAMES: Mapping[str, str] = {
    "product": "Products",
    "price": "Prices",
    "coupon": "Coupons",
    "promotion_code": "Promotion codes",
    "meter": "Billing meters",
    "feature": "Entitlements",
}
"""Kind -> the permission that its requests need; product features go with their feature's."""


def _permission(kind: str, name: str) -> Permission:
    endpoint = ENDPOINTS[kind]
    expand = {"expand": [f"data.{each}" for each in endpoint.expand]} if endpoint.expand else {}
    return Permission(name, endpoint.path, {**endpoint.listings[0], **expand, "limit": 1})


PERMISSIONS = (
    *(_permission(kind, name) for kind, name in _NAMES.items()),
    Permission(
        "Subscriptions",
        "/v1/subscriptions",
        {"status": "active", "limit": 1},
        "Without it a plan does not say how many subscribers stay on a price that goes.",
    ),
    *(
        Permission(
            each.permission,
            each.path,
            {"active": "true", "expand": [f"data.{each.expand}"], "limit": 1},
            "Without it a plan does not say which of them still lead to a price that goes.",
        )
        for each in SOURCES
    ),
)

WRITTEN = ", ".join(_NAMES.values())
"""What an apply needs write access to."""


def probe(
    gateway: Gateway, reach: Callable[[], Account], wanted: str | None, now: Callable[[], datetime]
) -> tuple[Check, ...]:
    """Ask everything that plan and apply will ask for; what is refused does not keep the rest from running.

    `reach` finds the account, `wanted` is the id that the environment names, `now` tells the local time.
    """
    try:
        account = reach()
    except RequestFailed as problem:
        first = _not_reached(problem)
        if problem.failure is not Failure.REFUSED or problem.status == 401:
            return (
                first,
                Check("permissions", Health.UNKNOWN, "Nothing more was asked, as the account cannot be."),
            )
    else:
        first = _reached(account, wanted, connected=gateway.account is not None)
    tasks: list[Callable[[], tuple[Check, ...]]] = [
        partial(_answer, gateway, now),
        *(partial(_readable, gateway, each) for each in PERMISSIONS),
        partial(_product_features, gateway),
    ]
    found = at_once(tasks, PROBERS)
    return (first, *(each for checks in found for each in checks), _writable(gateway.key))


def _reached(account: Account, wanted: str | None, *, connected: bool) -> Check:
    mode = "live" if account.livemode else "test"
    what = f"{account.id} in {mode} mode"
    if wanted not in (None, account.id):
        return Check(
            "account",
            Health.FAILED,
            f"The environment is for {wanted}; the key opens {what}, and {wanted} is not connected to it.",
            "give the environment a key of that account, or of a platform that it is connected to",
        )
    if connected:
        return Check(
            "account", Health.OK, f"{what}, connected to the key's own account and named as `account`."
        )
    return Check("account", Health.OK, f"{what}, the key's own{' and named as `account`' if wanted else ''}.")


def _not_reached(problem: RequestFailed) -> Check:
    told = problem.diagnostics[0]
    hint = told.hint
    if problem.status == 403:
        # Which permission that takes, Stripe does not document: unverified. Its answers name what is missing.
        hint = "give the restricted key the permission to read its own account; the answer above names it"
    return Check("account", Health.FAILED, f"{told.summary}. {told.detail}", hint)


def _answer(gateway: Gateway, now: Callable[[], datetime]) -> tuple[Check, ...]:
    """What any answer tells: the version that it is in, and the time."""
    try:
        reply = gateway.get("/v1/account")
    except RequestFailed:
        return (Check("API version", Health.UNKNOWN, f"{API_VERSION} is sent; no answer told its own."),)
    return (_version(reply), *_clock(reply, now()))


def _version(reply: Reply) -> Check:
    found = reply.headers.get("stripe-version")
    if found == API_VERSION:
        return Check("API version", Health.OK, f"{API_VERSION} is sent, and answered.")
    if found is None:
        return Check(
            "API version", Health.UNKNOWN, f"{API_VERSION} is sent; the answer does not name its own."
        )
    return Check(
        "API version",
        Health.WARNING,
        f"{API_VERSION} is sent, but answered is {found}: fields may be missing or mean something else.",
        "see what stands between here and Stripe, such as `base_url` or a proxy",
    )


def _clock(reply: Reply, now: datetime) -> Iterator[Check]:
    """Nothing for an account in a file, which has no clock but this machine's."""
    try:
        off = (now - parsedate_to_datetime(reply.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return
    if abs(off) <= TOLERATED:
        yield Check("clock", Health.OK, f"This machine and Stripe agree within {TOLERATED} seconds.")
        return
    yield Check(
        "clock",
        Health.WARNING,
        f"This machine is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} Stripe. Journals and"
        " locks tell wrong times, and whether an idempotency key still holds is judged wrongly by as much.",
        "set the clock, by NTP for example",
    )


def _readable(gateway: Gateway, permission: Permission, what: str = "") -> tuple[Check, ...]:
    subject = f"read {what or permission.name}"
    try:
        gateway.page(permission.path, permission.query)
    except RequestFailed as problem:
        return (_refused(subject, permission, problem),)
    return (Check(subject, Health.OK, "Allowed."),)


def _refused(subject: str, permission: Permission, problem: RequestFailed) -> Check:
    told = problem.diagnostics[0]
    if problem.failure is not Failure.REFUSED:
        return Check(subject, Health.UNKNOWN, f"{told.summary}. {told.detail}", told.hint)
    health = Health.WARNING if permission.lost else Health.FAILED
    lost = permission.lost or "Without it there is no plan."
    return Check(subject, health, f"{lost} {told.detail}", f"give the key read access to {permission.name}")


def _product_features(gateway: Gateway) -> tuple[Check, ...]:
    """They are listed a product at a time, so nothing is told where there is no product to ask about."""
    try:
        products = gateway.page("/v1/products", {"limit": 1})["data"]
    except RequestFailed:
        return ()
    match products:
        case [{"id": str(product)}, *_]:
            path = collection_path("product_feature", product=product)
            permission = Permission(_NAMES["feature"], path, {"limit": 1})
            return _readable(gateway, permission, "product features")
        case _:
            return ()


def _writable(key: str) -> Check:
    if key.startswith("sk_"):
        return Check("write", Health.OK, "A secret key may write everything that an apply writes.")
    return Check(
        "write",
        Health.UNKNOWN,
        f"No read can tell whether the key may write. A plan does not need it; an apply needs: {WRITTEN}.",
    )
