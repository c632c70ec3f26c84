"""Customers whom objects are to be made for: they stand outside of every catalog, and have to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Action, Change
from stripectl.engine.resource import Resource
from stripectl.engine.spent import Settled

CUSTOMER_MISSING = "customer-missing"
"""Code of the error that something would be made for a customer who does not exist."""

CUSTOMER_UNREAD = "customer-unread"
"""Code of the warning that the key may not read whether a customer exists."""


@dataclass(frozen=True, slots=True)
class Customers:
    """What an account says of some customers."""

    missing: frozenset[str] = frozenset()
    """Ids of those that do not exist, or no longer."""
    unread: frozenset[str] = frozenset()
    """Ids of those that the key may not read."""
    permission: str = ""
    """What the key would need to read them."""


_MAKES = (Action.CREATE, Action.REPLACE, Action.REACTIVATE)
"""What brings an object into use; whether an old one comes back without its customer is unverified."""


def named(rows: Iterable[Change], kinds: Kinds) -> frozenset[str]:
    """Ids of the customers whom the rows would bring objects into use for."""
    return frozenset(customer for _, customer in _named(rows, kinds))


def _named(rows: Iterable[Change], kinds: Kinds) -> Iterator[tuple[Resource, str]]:
    for row in rows:
        wanted = row.after if row.action in _MAKES else None
        for field in kinds[row.kind].fields.values() if wanted else ():
            customer = wanted.fields.get(field.name) if wanted and field.is_customer else None
            if wanted and isinstance(customer, str):
                yield wanted, customer


def without_missing(settled: Settled, missing: Collection[str], kinds: Kinds) -> Settled:
    """The rows with what cannot be made, because the customer whom it would be for is missing."""
    every = _named(settled.rows, kinds) if missing else ()
    found = (_missing(wanted, customer) for wanted, customer in every if customer in missing)
    return replace(settled, impossible=(*settled.impossible, *found))


def _missing(wanted: Resource, customer: str) -> Diagnostic:
    return error(
        CUSTOMER_MISSING,
        "A customer does not exist",
        f"{wanted.address} is for customer {customer}; the account has none with that id, or no longer, so"
        " it would be for nobody.",
        hint="write the id of a customer of this account and mode, or take `customer` out to let everybody"
        " use it",
        address=wanted.address,
        source=wanted.source,
    )


def unread(rows: Iterable[Change], found: Customers, kinds: Kinds) -> Iterator[Diagnostic]:
    """What a plan says of customers that the key may not read."""
    for wanted, customer in _named(rows, kinds):
        if customer in found.unread:
            yield Diagnostic(
                Severity.WARNING,
                CUSTOMER_UNREAD,
                "Whether a customer exists was not checked",
                f"{wanted.address} is for customer {customer}, and the key may not read customers. Where"
                " there is none with that id, the apply stops half-way.",
                hint=f"tick {found.permission} for the key, or look the customer up",
                address=wanted.address,
                source=wanted.source,
            )
