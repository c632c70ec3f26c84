"""From a catalog to Stripe: the desired state, and an honest note of what is lost on the way. Pure.

This is the one place where annotations are born. The rules stand beside it by sort of artifact
(`map_products`, `map_prices`, `map_discounts`, `map_offers`); here they are run in order of dependency, so
that whatever cannot exist without something unsent is not sent either, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from stripectl.diagnostics import Diagnostic, Severity, error
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.resource import Resource, State
from stripectl.pricing.model import (
    Accept,
    Artifact,
    Catalog,
    Code,
    Commitment,
    Configuration,
    Discount,
    Feature,
    Meter,
    Offer,
    Price,
    Product,
    place,
)
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.map_discounts import CODE, DISCOUNT, coupons
from stripectl.providers.stripe.map_offers import COMMITMENT, CONFIGURATION, OFFER
from stripectl.providers.stripe.map_prices import PRICE
from stripectl.providers.stripe.map_products import FEATURE, METER, PRODUCT
from stripectl.providers.stripe.names import coupon_id, product_id
from stripectl.providers.stripe.normalise import as_kept
from stripectl.providers.stripe.rules import Cause, Loss, Part, Scope, apply, claimed, lifecycle


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of a catalog."""

    desired: State
    annotations: tuple[Annotation, ...]
    """At least one for each artifact, in the catalog's order; `exact` where nothing is lost."""
    diagnostics: tuple[Diagnostic, ...]


CLAIMS: Mapping[type[Artifact], tuple[str, ...]] = {
    Product: claimed(PRODUCT),
    Price: claimed(PRICE),
    Meter: claimed(METER),
    Feature: claimed(FEATURE),
    Discount: claimed(DISCOUNT),
    Code: claimed(CODE),
    Commitment: claimed(COMMITMENT),
    Offer: claimed(OFFER),
    Configuration: claimed(CONFIGURATION),
}
"""Artifact -> the fields that its rules claim, as often as they do; the rest of its fields is its head."""

KIND_OF: Mapping[type[Artifact], str] = {
    Product: "product",
    Price: "price",
    Meter: "meter",
    Feature: "feature",
    Discount: "coupon",
    Code: "promotion_code",
    Commitment: "metadata_binding",
    Offer: "metadata_binding",
    Configuration: "metadata_binding",
}


def map_catalog(catalog: Catalog) -> Mapped:
    """The desired state of an account that holds the catalog, with a verdict on every artifact.

    References that lead nowhere are passed over: the checks of the pricing model report them.
    """
    unsent: dict[str, tuple[Cause, ...]] = {}
    scope = Scope(catalog, unsent)
    parts: dict[str, Part] = {}
    for artifact in _by_dependency(catalog):
        part = parts[artifact.address] = _part(artifact, scope)
        if causes := _unsent_because(artifact, part):
            unsent[artifact.address] = causes
    artifacts = tuple(catalog.artifacts())
    reasons = {(each.address, each.code): each.reason for each in catalog.accepts}
    annotations = tuple(
        note for each in artifacts for note in _annotations(each, parts[each.address], reasons)
    )
    noted = {(note.address, note.code) for note in annotations}
    return Mapped(
        State.of(each for one in artifacts for each in _resources(one, parts[one.address], scope)),
        annotations,
        (
            *(_unused(each) for each in catalog.accepts if (each.address, each.code) not in noted),
            *(found for each in artifacts for found in _unknown_to_ignore(each)),
        ),
    )


def _by_dependency(catalog: Catalog) -> Iterator[Artifact]:
    """Whatever an artifact cannot exist without comes before it."""
    yield from catalog.meters.values()
    yield from catalog.features.values()
    yield from catalog.prices.values()
    yield from catalog.products.values()
    for discount in catalog.discounts.values():
        yield discount
        yield from discount.codes
    yield from catalog.commitments.values()
    yield from catalog.offers.values()
    yield from catalog.configurations.values()


def _part(artifact: Artifact, scope: Scope) -> Part:
    match artifact:
        case Product():
            return apply(PRODUCT, artifact, scope)
        case Price():
            return apply(PRICE, artifact, scope)
        case Meter():
            return apply(METER, artifact, scope)
        case Feature():
            return apply(FEATURE, artifact, scope)
        case Discount():
            return apply(DISCOUNT, artifact, scope)
        case Code():
            return apply(CODE, artifact, scope)
        case Commitment():
            return apply(COMMITMENT, artifact, scope)
        case Offer():
            return apply(OFFER, artifact, scope)
        case Configuration():
            return apply(CONFIGURATION, artifact, scope)
    assert_never(artifact)


def _unsent_because(artifact: Artifact, part: Part) -> tuple[Cause, ...]:
    """First causes: what follows from another loss points there, so that accepting that one is enough."""
    losses = [loss for loss in part.losses if loss.fidelity is Fidelity.UNSUPPORTED]
    return tuple(
        dict.fromkeys(cause for loss in losses for cause in loss.causes or ((artifact.address, loss.code),))
    )


def _resources(artifact: Artifact, part: Part, scope: Scope) -> tuple[Resource, ...]:
    """The artifact's own resource and those beside it; none when it cannot be held or leads nowhere."""
    if artifact.address in scope.unsent or not part.fields:
        return ()
    head = _head(artifact, part)
    own: tuple[Resource, ...]
    match artifact:
        case Product():
            own = (replace(head, object_id=product_id(scope.catalog.name, artifact)),)
        case Discount():
            chosen = replace(head, object_id=coupon_id(scope.catalog.name, artifact))
            own = coupons(artifact, chosen, scope.catalog.name)
        case _:
            own = (head,)
    return (*own, *part.beside)


def _head(artifact: Artifact, part: Part) -> Resource:
    kind = KINDS[KIND_OF[type(artifact)]]
    handling = lifecycle(artifact)
    return Resource(
        kind=kind.name,
        address=artifact.address,
        fields=as_kept(kind, part.fields),
        object_id=handling.id,
        adopts=handling.id is not None,
        protect=handling.protect,
        ignore=part.ignore,
        source=place(artifact),
    )


def _annotations(artifact: Artifact, part: Part, reasons: Mapping[Cause, str]) -> Iterator[Annotation]:
    for loss in part.losses or (_EXACT,):
        yield Annotation(
            artifact.address,
            loss.fidelity,
            loss.code,
            loss.detail,
            accepted=_reason(reasons, loss, (artifact.address, loss.code)),
            source=place(artifact, loss.path),
        )


_EXACT = Loss(Fidelity.EXACT, "exact", "")


def _reason(reasons: Mapping[Cause, str], loss: Loss, own: Cause) -> str | None:
    """Why the loss was accepted, itself or in everything that it follows from."""
    if own in reasons:
        return reasons[own]
    inherited = [reasons.get(cause) for cause in loss.causes]
    return inherited[0] if inherited and None not in inherited else None


def _unused(accept: Accept) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "accept-unused",
        "An accepted loss does not occur",
        f"Nothing at {accept.address} is noted as `{accept.code}`, so there is nothing to accept.",
        hint="remove the entry, or correct its address or code",
        address=accept.address,
        source=accept.source,
    )


def _unknown_to_ignore(artifact: Artifact) -> Iterator[Diagnostic]:
    known = {*CLAIMS[type(artifact)], *KINDS[KIND_OF[type(artifact)]].fields}
    for index, name in enumerate(lifecycle(artifact).ignore):
        if name not in known:
            yield error(
                "ignore-unknown",
                "A field that is to be ignored does not exist",
                f"{artifact.address} has no field {name}; there are {', '.join(sorted(known))}.",
                address=artifact.address,
                source=place(artifact, ("ignore", index)),
            )
