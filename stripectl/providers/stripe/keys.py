"""What a key says of itself by how it begins, and whether it fits an environment. Pure; shows no key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stripectl.diagnostics import Diagnostic, Location, error


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of key."""

    noun: str
    """With its article: `a secret key`."""
    livemode: bool | None
    """What the key says; None for nothing."""
    has_permissions: bool = False
    """May do what was ticked for it, and not everything."""
    of_organization: bool = False
    """Opens every account of an organization: a request says which one it is about."""


_ORGANIZATION = "a key of an organization"

SORTS: Mapping[str, Sort] = {
    "sk_test_": Sort("a secret key", livemode=False),
    "sk_live_": Sort("a secret key", livemode=True),
    "rk_test_": Sort("a restricted key", livemode=False, has_permissions=True),
    "rk_live_": Sort("a restricted key", livemode=True, has_permissions=True),
    # Of a sandbox that nobody has claimed yet (unverified).
    "rkcs_test_": Sort("a restricted key", livemode=False, has_permissions=True),
    # Documented is the beginning `sk_org` alone; that a mode follows is claimed (unverified).
    "sk_org_test_": Sort(_ORGANIZATION, livemode=False, has_permissions=True, of_organization=True),
    "sk_org_live_": Sort(_ORGANIZATION, livemode=True, has_permissions=True, of_organization=True),
    "sk_org_": Sort(_ORGANIZATION, livemode=None, has_permissions=True, of_organization=True),
}
"""How a key begins -> its sort; a beginning that goes on in another one stands after it."""

_OTHERS: Mapping[str, str] = {
    "pk_": "It is a publishable key, which may not read a catalog.",
    "whsec_": "It is the secret of a webhook, which opens no account.",
    "acct_": "It is the id of an account.",
}
"""How something of Stripe's begins that is often taken for a key -> what it is."""

_BODY = re.compile(r"[A-Za-z0-9_]+")


def sort_of(key: str) -> Sort | None:
    """None for what is no key of Stripe's."""
    start = next((each for each in SORTS if key.startswith(each)), None)
    return SORTS[start] if start and _BODY.fullmatch(key) and key != start else None


@dataclass(frozen=True, slots=True)
class Door:
    """What an environment says of the account that its key is to open."""

    name: str = ""
    """Of the environment."""
    livemode: bool | None = None
    """Whether it is for live mode; None leaves it to the key and the account."""
    account: str | None = None
    source: Location | None = None
    """Where the environment is declared."""
    place: str = ""
    """What holds the key: `the variable STRIPE_LIVE_KEY`."""


def misfit(key: str, door: Door) -> Diagnostic | None:
    """Why a key cannot be used in an environment, found out before anything is sent."""
    sort = sort_of(key)
    if sort is None:
        return _no_key(key, door)
    return next((told for rule in _RULES for told in rule(sort, door)), None)


def other_mode(door: Door, what: str) -> Diagnostic:
    """The error for a key, or for an account, that is of the other mode; `what` says which."""
    return error(
        "key-mode",
        "The key is of the other mode",
        f"Environment {door.name} is for {mode(live=bool(door.livemode))} mode; {what}.",
        hint="give it the other key, or set `livemode` as it is meant",
        source=door.source,
    )


def mode(*, live: bool) -> str:
    return "live" if live else "test"


def _no_key(key: str, door: Door) -> Diagnostic:
    known = (told for start, told in _OTHERS.items() if key.startswith(start))
    what = next(known, "It does not begin with `sk_` or `rk_` and a mode, or has characters that no key has.")
    return error(
        "key-shape",
        "The key is none of Stripe's",
        f"{what} Environment {door.name} takes it from {door.place or 'elsewhere'}. Nothing was sent.",
        hint="put a secret or restricted key of the account there, without quotes or blanks",
        source=door.source,
    )


def _of_the_mode(sort: Sort, door: Door) -> Iterator[Diagnostic]:
    if None not in (sort.livemode, door.livemode) and sort.livemode is not door.livemode:
        yield other_mode(door, f"its key is one for {mode(live=bool(sort.livemode))} mode")


def _with_an_account(sort: Sort, door: Door) -> Iterator[Diagnostic]:
    if sort.of_organization and not door.account:
        yield error(
            "key-without-account",
            "The key of an organization needs an account",
            f"It opens every account of the organization, and environment {door.name} does not say which"
            " one is meant.",
            hint=f"add `account: acct_…` to environment {door.name}, or give it a key of the account itself",
            source=door.source,
        )


_RULES: tuple[Callable[[Sort, Door], Iterator[Diagnostic]], ...] = (_of_the_mode, _with_an_account)
