"""Offers name what exists, commitments are complete, configurations change what their offer has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stripectl.diagnostics import Diagnostic, did_you_mean, error
from stripectl.pricing.checks.finding import Declared, Findings, placed, unknown
from stripectl.pricing.model import (
    Catalog,
    Charge,
    Commitment,
    CommitmentType,
    Configuration,
    Offer,
    Override,
    Price,
)


def check(catalog: Catalog, declared: Declared) -> Findings:
    for offer in catalog.offers.values():
        yield from _references(offer, declared)
    for commitment in catalog.commitments.values():
        yield from _commitment_fields(commitment)
        yield from _asked_for(commitment, catalog, declared)
    for configuration in catalog.configurations.values():
        yield from _configuration(configuration, catalog, declared)


def _references(offer: Offer, declared: Declared) -> Findings:
    for field, kind in (("prices", "price"), ("setup", "price"), ("discounts", "discount")):
        for index, name in enumerate(getattr(offer, field)):
            yield from unknown(offer, (field, index), f"{kind}.{name}", declared)
    if offer.commitment:
        yield from unknown(offer, ("commitment",), f"commitment.{offer.commitment}", declared)


_COMMITMENT_FIELDS: Mapping[CommitmentType, tuple[str, ...]] = {
    CommitmentType.TERM: ("duration",),
    CommitmentType.MINIMUM_SPEND: ("amount", "every"),
    CommitmentType.PREPAYMENT: ("amount",),
}


def _commitment_fields(commitment: Commitment) -> Findings:
    needed = _COMMITMENT_FIELDS[commitment.type]
    for name in ("duration", "amount", "every"):
        is_written = bool(getattr(commitment, name))
        if is_written == (name in needed):
            continue
        relation = "has no use for" if is_written else "needs"
        yield placed(
            error(
                "commitment-fields",
                "The fields of a commitment do not fit its type",
                f"{commitment.address} is of type {commitment.type}, which {relation} `{name}`.",
                hint=f"remove {name}" if is_written else f"add {name}",
            ),
            commitment,
            (name,) if is_written else ("type",),
        )


def _asked_for(commitment: Commitment, catalog: Catalog, declared: Declared) -> Findings:
    used = {offer.commitment for offer in catalog.offers.values()}
    if (
        commitment.type is CommitmentType.TERM
        and commitment.id not in used
        and not declared.unread.may_hold_any("offer")
    ):
        yield placed(
            error(
                "unused-commitment",
                "No offer asks for a commitment",
                f"{commitment.address} has no offer that it could be kept with.",
                hint="name it in an offer, or remove it",
            ),
            commitment,
        )


def _configuration(configuration: Configuration, catalog: Catalog, declared: Declared) -> Findings:
    yield from unknown(configuration, ("offer",), f"offer.{configuration.offer}", declared)
    offer = catalog.offers.get(configuration.offer)
    for override in configuration.prices:
        path = ("prices", override.price)
        if offer and override.price not in (*offer.prices, *offer.setup):
            yield placed(
                error(
                    "override-not-in-offer",
                    "A configuration changes a price that its offer does not have",
                    f"{override.price} is not part of {offer.address}.",
                    hint=did_you_mean(override.price, (*offer.prices, *offer.setup))
                    or "remove it, or add it to the offer",
                ),
                configuration,
                path,
            )
        elif price := catalog.prices.get(override.price):
            yield from _override(configuration, override, price)


def _override(configuration: Configuration, override: Override, price: Price) -> Iterator[Diagnostic]:
    path = ("prices", override.price, "amount")
    if price.charge in (Charge.GRADUATED, Charge.VOLUME, Charge.CUSTOM):
        yield placed(
            error(
                "override-charge",
                "A price has no single amount that could be changed",
                f"{price.address} charges {price.charge}.",
                hint="declare a price of its own for this customer",
            ),
            configuration,
            path,
        )
    elif foreign := [each for each in override.amount if each not in price.currencies]:
        yield placed(
            error(
                "override-currency",
                "A configuration uses a currency that the price does not have",
                f"{price.address} is sold in {', '.join(price.currencies)}, not in {', '.join(foreign)}.",
                hint="use a currency of the price, or add the currency to the price",
            ),
            configuration,
            (*path, foreign[0]),
        )
