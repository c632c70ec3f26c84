"""Offers, commitments and configurations: metadata bindings on the product that the offer is about.

An offer sits on the product of its first price; a commitment and a configuration sit where their offer sits.
"""

from __future__ import annotations

from collections.abc import Mapping

from stripectl.engine.values import Json
from stripectl.pricing.model import Commitment, CommitmentType, Configuration, Offer
from stripectl.providers.stripe.bindings import amounts_json, binding_fields, iso_duration
from stripectl.providers.stripe.map_prices import trial_at_checkout
from stripectl.providers.stripe.rules import (
    Loss,
    Part,
    Rule,
    Scope,
    approximate,
    left_out,
    not_sent_either,
    unsupported,
)

WRITES = ("host", "key", "value")


def host_of(offer: Offer) -> str:
    """Address of the product that carries what is known of an offer."""
    return f"product.{offer.prices[0].partition('.')[0]}"


def _offer(offer: Offer, scope: Scope) -> Part:
    if not offer.prices:
        return Part()
    prices = tuple(f"price.{each}" for each in offer.prices)
    if all(scope.follows(price) for price in prices):
        return Part(losses=(not_sent_either(prices[0], scope.follows(*prices)),))
    facts: dict[str, Json] = {
        "prices": _sent("price", offer.prices, scope),
        "setup": _sent("price", offer.setup, scope),
        "trial_days": offer.trial_days,
        "discounts": _sent("discount", offer.discounts, scope),
        "commitment": next(iter(_sent("commitment", _commitments(offer), scope)), None),
    }
    value: dict[str, Json] = {name: fact for name, fact in facts.items() if fact}
    return Part(
        binding_fields(offer.address, host_of(offer), value),
        (_AS_METADATA, *_trial(offer), *_missing(offer, scope)),
    )


def _commitments(offer: Offer) -> tuple[str, ...]:
    return (offer.commitment,) if offer.commitment else ()


def _sent(sort: str, names: tuple[str, ...], scope: Scope) -> list[Json]:
    return [name for name in names if not scope.follows(f"{sort}.{name}")]


def _missing(offer: Offer, scope: Scope) -> tuple[Loss, ...]:
    parts = (
        *(f"price.{name}" for name in (*offer.prices, *offer.setup)),
        *(f"discount.{name}" for name in offer.discounts),
        *(f"commitment.{name}" for name in _commitments(offer)),
    )
    missing = tuple(address for address in parts if scope.follows(address))
    return (left_out(missing, scope.follows(*missing)),) if missing else ()


def _trial(offer: Offer) -> tuple[Loss, ...]:
    return (trial_at_checkout(offer.trial_days),) if offer.trial_days else ()


_AS_METADATA = approximate(
    "offer-as-metadata",
    "Stripe has no object for prices that are sold together: the bundle is kept in metadata, and checkout has"
    " to put it together.",
)

OFFER: tuple[Rule[Offer], ...] = (
    Rule(("prices", "setup", "trial_days", "discounts", "commitment"), _offer, WRITES),
)


def _commitment(commitment: Commitment, scope: Scope) -> Part:
    if commitment.type in _NOT_ENFORCED:
        return Part(losses=(_NOT_ENFORCED[commitment.type],))
    fields = {
        "type": commitment.type.value,
        "duration": iso_duration(commitment.duration) if commitment.duration else None,
        "amount": amounts_json(commitment.amount),
        "every": iso_duration(commitment.every) if commitment.every else None,
    }
    value: dict[str, Json] = {name: fact for name, fact in fields.items() if fact}
    offers = [each for each in scope.catalog.offers.values() if each.commitment == commitment.id]
    if not offers or not offers[0].prices:
        return Part(losses=(_TERM,))
    return Part(binding_fields(commitment.address, host_of(offers[0]), value), (_TERM,))


_TERM = approximate(
    "commitment-as-metadata",
    "Stripe has no object for a term that a customer commits to: it is kept in metadata, and a subscription"
    " schedule has to enforce it for each customer.",
)

_NOT_ENFORCED: Mapping[CommitmentType, Loss] = {
    CommitmentType.PREPAYMENT: unsupported(
        "prepayment",
        "Stripe's catalog cannot hold a sum that is paid in advance and used up; an invoice or credit grant"
        " for each customer has to.",
        ("type",),
    ),
    CommitmentType.MINIMUM_SPEND: unsupported(
        "minimum-spend",
        "Stripe's catalog cannot hold a customer to a minimum turnover; the difference has to be invoiced.",
        ("type",),
    ),
}

COMMITMENT: tuple[Rule[Commitment], ...] = (
    Rule(("type", "duration", "amount", "every"), _commitment, WRITES),
)


def _configuration(configuration: Configuration, scope: Scope) -> Part:
    offer = scope.catalog.offers.get(configuration.offer)
    if offer is None or not offer.prices:
        return Part()
    causes = scope.follows(offer.address)
    if causes:
        return Part(losses=(not_sent_either(offer.address, causes),))
    prices: dict[str, Json] = {each.price: amounts_json(each.amount) for each in configuration.prices}
    facts: dict[str, Json] = {
        "customer": configuration.customer,
        "offer": configuration.offer,
        "prices": prices,
    }
    value: dict[str, Json] = {name: fact for name, fact in facts.items() if fact}
    return Part(binding_fields(configuration.address, host_of(offer), value), (_FOR_ONE,))


_FOR_ONE = approximate(
    "configuration-as-metadata",
    "Stripe has no price for one customer only: the terms are kept in metadata, and whoever sets up the"
    " subscription has to apply them.",
)

CONFIGURATION: tuple[Rule[Configuration], ...] = (
    Rule(("customer", "offer", "prices"), _configuration, WRITES),
)
