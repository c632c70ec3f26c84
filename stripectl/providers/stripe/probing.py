"""Find out what a key may do on an account, by reads that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeAlias

from stripectl.concurrency import at_once
from stripectl.diagnostics import InvalidInput
from stripectl.engine.checkup import Check, Health, failed
from stripectl.engine.plan import Account
from stripectl.engine.ports import Failure, Gate, RequestFailed
from stripectl.providers.stripe.failures import Denied
from stripectl.providers.stripe.gateway import API_VERSION, Gateway
from stripectl.providers.stripe.identity import Opened
from stripectl.providers.stripe.keys import Door, Sort, sort_of
from stripectl.providers.stripe.permissions import (
    ACCOUNT,
    EVERY,
    FEATURES,
    PERMISSIONS,
    Permission,
    form,
    ticks,
)
from stripectl.providers.stripe.requests import collection_path

PROBERS = 12
"""Probes that run side by side: all of them."""

TOLERATED = 60
"""Seconds that this machine's clock may be off."""


Headers: TypeAlias = Mapping[str, str]
"""Of an answer, names in lower case."""


def probe(
    gateway: Gateway, reach: Callable[[], Opened], gate: Gate, door: Door, now: Callable[[], datetime]
) -> tuple[Check, ...]:
    """Ask everything that plan and apply will ask for; what is refused does not keep the rest from running.

    `reach` finds the account, which the `gate` has to let pass, `door` says which one is wanted, `now` tells
    the local time. `gateway` asks where the key may not say whose it is.
    """
    try:
        opened = reach()
    except RequestFailed as problem:
        first: tuple[Check, ...] = (failed("account", problem),)
        if problem.failure is not Failure.REFUSED or problem.status == 401:
            return (*first, _not_asked("the account cannot be"))
    else:
        gateway, first = opened.gateway, _reached(opened, door)
        if door.account in (None, opened.account.id):
            first = (*first, *_speaking_against(opened.account, gate))
        if any(each.health is Health.FAILED for each in first):
            return (*first, _not_asked("it is not the account to work on"))
    tasks: list[Callable[[], tuple[Check, ...]]] = [
        partial(_answer, gateway, now),
        *(partial(_readable, gateway, each) for each in PERMISSIONS),
        partial(_product_features, gateway),
    ]
    found = [check for checks in at_once(tasks, PROBERS) for check in checks]
    return (*first, *found, *_to_tick(found, gateway.key, door), _writable(gateway.key, door))


def _not_asked(why: str) -> Check:
    return Check("permissions", Health.UNKNOWN, f"Nothing more was asked, as {why}.")


def _speaking_against(account: Account, gate: Gate) -> tuple[Check, ...]:
    """What the gate has to say against the account; nothing where it lets it pass."""
    try:
        gate(account)
    except InvalidInput as told:
        return tuple(failed("account", InvalidInput(each)) for each in told.diagnostics)
    return ()


def _reached(found: Opened, door: Door) -> tuple[Check, ...]:
    """The account itself, and what could not be confirmed of it."""
    account, wanted = found.account, door.account
    if wanted not in (None, account.id):
        told = Check(
            "account",
            Health.FAILED,
            f"The environment is for {wanted}; the key opens {account}, and {wanted} is not connected to it.",
            "give the environment a key of that account, or of a platform that it is connected to",
        )
        return (told,)
    if found.caveats:
        return tuple(
            Check("account", Health.WARNING, f"{account}. {each.detail}", each.hint) for each in found.caveats
        )
    source = " Stripe named it where it refused to tell more." if found.from_refusal else ""
    return (Check("account", Health.OK, f"{account}, {_whose(found.gateway, wanted)}.{source}"),)


def _whose(gateway: Gateway, wanted: str | None) -> str:
    if gateway.context:
        return "of the key's organization and named as `account`"
    if gateway.account:
        return "connected to the key's own account and named as `account`"
    return f"the key's own{' and named as `account`' if wanted else ''}"


def _answer(gateway: Gateway, now: Callable[[], datetime]) -> tuple[Check, ...]:
    """What any answer tells, a refusal too: the version that it is in, and the time."""
    try:
        headers: Headers = gateway.get(ACCOUNT.path).headers
        allowed = Check(_subject(ACCOUNT.name), Health.OK, "Allowed.")
    except RequestFailed as problem:
        headers = problem.headers if isinstance(problem, Denied) else {}
        allowed = _refused(_subject(ACCOUNT.name), ACCOUNT, problem)
    return (_version(headers), *_clock(headers, now()), allowed)


def _version(headers: Headers) -> Check:
    found = headers.get("stripe-version")
    if found == API_VERSION:
        return Check("API version", Health.OK, f"{API_VERSION} is sent, and answered.")
    if found is None:
        return Check("API version", Health.UNKNOWN, f"{API_VERSION} is sent; no answer names its own.")
    return Check(
        "API version",
        Health.WARNING,
        f"{API_VERSION} is sent, but answered is {found}: fields may be missing or mean something else.",
        "see what stands between here and Stripe, such as `base_url` or a proxy",
    )


def _clock(headers: Headers, now: datetime) -> Iterator[Check]:
    """Nothing for an account in a file, which has no clock but this machine's."""
    try:
        off = (now - parsedate_to_datetime(headers["date"])).total_seconds()
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
    subject = _subject(what or permission.name)
    try:
        gateway.page(permission.path, permission.query)
    except RequestFailed as problem:
        return (_refused(subject, permission, problem),)
    return (Check(subject, Health.OK, "Allowed."),)


def _subject(name: str) -> str:
    return f"read {name}"


def _refused(subject: str, permission: Permission, problem: RequestFailed) -> Check:
    told = problem.diagnostics[0]
    if problem.failure is not Failure.REFUSED:
        return Check(subject, Health.UNKNOWN, f"{told.summary}. {told.detail}", told.hint)
    health = Health.WARNING if permission.lost else Health.FAILED
    lost = permission.lost or "Without it there is no plan."
    asked = problem.permission if isinstance(problem, Denied) else None
    found = f"{lost} {f'Stripe asks for {asked}.' if asked else told.detail}"
    return Check(subject, health, found, f"tick {permission.ticked}")


def _product_features(gateway: Gateway) -> tuple[Check, ...]:
    """They are listed a product at a time, so nothing is told where there is no product to ask about."""
    try:
        products = gateway.page("/v1/products", {"limit": 1})["data"]
    except RequestFailed:
        return ()
    match products:
        case [{"id": str(product)}, *_]:
            path = collection_path("product_feature", product=product)
            return _readable(gateway, replace(FEATURES, path=path, query={"limit": 1}), "product features")
        case _:
            return ()


def _to_tick(found: Sequence[Check], key: str, door: Door) -> tuple[Check, ...]:
    """What a restricted key lacks for a plan, and the form for one that does not."""
    sort = sort_of(key)
    refused = {each.subject for each in found if each.health in (Health.WARNING, Health.FAILED)}
    missing = [each for each in EVERY if _subject(each.name) in refused]
    if not missing or not (sort and sort.has_permissions):
        return ()
    health = Health.WARNING if all(each.lost for each in missing) else Health.FAILED
    needed, wished = ([each for each in missing if bool(each.lost) is lost] for lost in (False, True))
    parts = (("needs", needed), ("tells more with", wished))
    told = " ".join(f"A plan {verb} {ticks(each)}." for verb, each in parts if each)
    return (Check("permissions", health, told, *_way_to_tick(sort, door, write=False)),)


def _writable(key: str, door: Door) -> Check:
    sort = sort_of(key)
    if sort is None or not sort.has_permissions:
        return Check("write", Health.OK, "A secret key may write everything that an apply writes.")
    found = (
        "No read can tell whether the key may write. A plan does not need it; an apply needs"
        f" {ticks(EVERY, write=True)}."
    )
    return Check("write", Health.UNKNOWN, found, *_way_to_tick(sort, door, write=True))


def _way_to_tick(sort: Sort, door: Door, *, write: bool) -> tuple[str, str]:
    """A hint, and the address of a form that has the ticks; that of an organization takes none."""
    if sort.of_organization:
        return "tick what is missing for the key, on the page of the organization's keys", ""
    what = "apply" if write else "plan"
    livemode = bool(door.livemode if sort.livemode is None else sort.livemode)
    hint = f"tick what is missing for the key, or make one with this form, which has the ticks for `{what}`"
    return hint, form(f"stripectl {what}", livemode=livemode, write=write)
