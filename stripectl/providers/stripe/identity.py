"""Which account a key opens, in which mode, and how sure that is.

Importing this module imports the SDK.
"""

from __future__ import annotations

from dataclasses import dataclass

from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, error
from stripectl.engine.plan import Account
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.providers.stripe.failures import Denied
from stripectl.providers.stripe.gateway import API_VERSION, Gateway
from stripectl.providers.stripe.keys import Door, mode, other_mode, sort_of
from stripectl.providers.stripe.permissions import ACCOUNT

UNVERIFIED = "account-unverified"
MODE_UNVERIFIED = "mode-unverified"


@dataclass(frozen=True, slots=True)
class Opened:
    """The account behind a key."""

    account: Account
    gateway: Gateway
    """All its requests are about that account."""
    caveats: tuple[Diagnostic, ...] = ()
    """What could not be confirmed of it."""
    from_refusal: bool = False
    """The key may not read its account: the refusal named it."""


def opened(gateway: Gateway, door: Door) -> Opened:
    """Find the account out, and a gateway that names it where requests have to.

    Raises RequestFailed where it cannot be found out, InvalidInput where it is of the other mode.
    """
    found = _found(on_the_way(gateway, door), door)
    livemode, caveats = _livemode(found.gateway, door)
    account = Account(found.id, livemode, API_VERSION, gateway.api_base)
    return Opened(account, found.gateway, (*found.caveats, *caveats), found.from_refusal)


def on_the_way(gateway: Gateway, door: Door) -> Gateway:
    """As requests have to be sent before it is known whose the key is."""
    sort = sort_of(gateway.key)
    return gateway.about(context=door.account) if sort and sort.of_organization else gateway


@dataclass(frozen=True, slots=True)
class _Found:
    id: str
    gateway: Gateway
    from_refusal: bool = False
    caveats: tuple[Diagnostic, ...] = ()


def _found(gateway: Gateway, door: Door) -> _Found:
    """The wanted account where the key opens it, else the key's own."""
    try:
        own = _asked(gateway)
    except Denied as denied:
        if gateway.context:
            # A permission is missed on an account that the request got to.
            if denied.permission:
                return _Found(gateway.context, gateway, from_refusal=True)
            raise
        if door.account is None:
            raise _unknown(door, denied) from None
        return _Found(door.account, gateway, caveats=(_unverified(door, denied),))
    if gateway.context or door.account in (None, own.id):
        return own
    try:
        return _asked(gateway.about(account=door.account))
    except RequestFailed as problem:
        if problem.failure is Failure.REFUSED:
            # Not connected to it: whoever asked learns which account the key opens instead.
            return own
        raise


def _asked(gateway: Gateway) -> _Found:
    """The account that requests are about; raises Denied where neither answer nor refusal names it."""
    try:
        return _Found(str(gateway.get("/v1/account").answer["id"]), gateway)
    except Denied as denied:
        # A refusal to go to an account names it, too; one for want of a permission comes from there.
        if denied.account and (denied.permission or not (gateway.account or gateway.context)):
            return _Found(denied.account, gateway, from_refusal=True)
        raise


def _livemode(gateway: Gateway, door: Door) -> tuple[bool, tuple[Diagnostic, ...]]:
    """As the key says; else as an object says, which has to be what the environment says.

    What a key of an organization says by its beginning is not documented, and not enough.
    """
    sort = sort_of(gateway.key)
    if sort and sort.livemode is not None and not sort.of_organization:
        return sort.livemode, ()
    told = _told_mode(gateway)
    if told is None:
        # An account of which nothing tells is taken for a live one.
        return (True, ()) if door.livemode is None else (door.livemode, (_mode_unverified(door),))
    if door.livemode not in (None, told):
        raise InvalidInput(other_mode(door, f"the account of its key answers in {mode(live=told)} mode"))
    return told, ()


def _told_mode(gateway: Gateway) -> bool | None:
    match gateway.page("/v1/products", {"limit": 1})["data"]:
        case [{"livemode": bool(of_a_product)}, *_]:
            return of_a_product
    try:
        balance = gateway.get("/v1/balance", shape="object").answer.get("livemode")
    except RequestFailed as problem:
        if problem.failure is Failure.REFUSED:
            return None
        raise
    return balance if isinstance(balance, bool) else None


def _unknown(door: Door, denied: Denied) -> RequestFailed:
    told = error(
        "account-unknown",
        "Which account the key opens is not known",
        f"{denied.diagnostics[0].detail} The refusal does not name the account either.",
        hint=f"tick {ACCOUNT.ticked} for the key, or add `account: acct_…`"
        f" to {f'environment {door.name}' if door.name else 'the environment'}",
        source=door.source,
    )
    return RequestFailed(Failure.REFUSED, told, status=denied.status)


def _unverified(door: Door, denied: Denied) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        UNVERIFIED,
        "Which account the key opens is not confirmed",
        f"The key may not read its account ({denied.permission or 'Stripe names no permission'}), so"
        f" {door.account} is what `account` of environment {door.name} says. A key of another account would"
        " not be noticed.",
        hint=f"tick {ACCOUNT.ticked} for the key",
        source=door.source,
    )


def _mode_unverified(door: Door) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        MODE_UNVERIFIED,
        "The mode of the account is not confirmed",
        f"The key of an organization does not say it, and the account has no product that does: it is taken"
        f" for {mode(live=bool(door.livemode))} mode, as environment {door.name} says.",
        hint="tick Balance, read, for the key, or look at the key in the dashboard before you apply",
        source=door.source,
    )
