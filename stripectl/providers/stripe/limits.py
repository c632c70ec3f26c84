"""Stripe's limits on lengths, counts, characters and numbers, checked before anything is sent. Pure.

One table: a row names an artifact's field and what it has to keep to. A second, short part checks what takes
more than one value to see: metadata with our own keys in it, bindings, chosen names, a ladder's percentages,
dates, how much an offer sells. What the checks of the pricing model say is not said again here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import TypeVar

from stripectl.diagnostics import Diagnostic, error
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref
from stripectl.pricing.model import (
    Artifact,
    Catalog,
    Code,
    Discount,
    Feature,
    Meter,
    Offer,
    Price,
    Product,
    place,
)
from stripectl.providers.stripe.amount_limits import (
    charged_amounts,
    custom_amounts,
    price_amounts,
    tier_amounts,
)
from stripectl.providers.stripe.limit_checks import (
    IMAGE_LENGTH,
    METADATA_KEY_LENGTH,
    METADATA_VALUE_LENGTH,
    URL_LENGTH,
    at_most,
    billed_within_years,
    blanks,
    code_characters,
    descriptor,
    dimensions,
    each_item,
    longest,
    longest_feature_key,
    longest_price_key,
    metadata_entries,
    percentage,
    recurs,
    tax_code,
    web_address,
)
from stripectl.providers.stripe.map_discounts import effective
from stripectl.providers.stripe.names import feature_key, lookup_key
from stripectl.providers.stripe.requests import NO_SEGMENTS
from stripectl.providers.stripe.spot import Check, Spot

A = TypeVar("A", Price, Feature)

METADATA_KEYS = 50
MARKS = 3
"""Metadata keys that mark an object as ours: catalog, address, run."""

LIMITS: Mapping[type[Artifact], tuple[tuple[str, Check], ...]] = {
    Product: (
        ("name", longest(5000)),
        ("name", blanks),
        ("description", longest(40000)),
        ("tax_code", tax_code),
        ("unit_label", longest(12)),
        ("statement_descriptor", descriptor),
        ("statement_descriptor", blanks),
        ("url", web_address(URL_LENGTH)),
        ("package_dimensions", dimensions),
        ("images", at_most(8)),
        ("images", each_item(web_address(IMAGE_LENGTH))),
        ("marketing_features", at_most(15)),
        ("marketing_features", each_item(longest(5000))),
        ("marketing_features", each_item(blanks)),
        ("metadata", metadata_entries),
    ),
    Price: (
        ("amount", price_amounts),
        ("included", recurs),
        ("tiers", recurs),
        ("tiers", tier_amounts),
        ("custom", custom_amounts),
        ("every", billed_within_years),
        ("nickname", longest(5000)),
        ("nickname", blanks),
        ("lookup_key", longest_price_key),
        ("metadata", metadata_entries),
    ),
    Meter: (
        ("name", longest(250)),
        ("name", blanks),
        ("event", longest(100)),
        ("customer_key", longest(100)),
        ("value_key", longest(100)),
    ),
    Feature: (
        ("name", longest(80)),
        ("name", blanks),
        ("lookup_key", longest_feature_key),
        ("metadata", metadata_entries),
    ),
    Discount: (
        ("name", longest(40)),
        ("name", blanks),
        ("percent_off", percentage),
        ("amount_off", charged_amounts),
        ("metadata", metadata_entries),
    ),
    Code: (
        ("code", longest(500)),
        ("code", code_characters),
        ("minimum_amount", charged_amounts),
        ("metadata", metadata_entries),
    ),
}
"""Sort of artifact -> its fields and what each has to keep to."""


def check_limits(catalog: Catalog, desired: State, today: date) -> tuple[Diagnostic, ...]:
    """What Stripe would refuse, or keep otherwise than declared, each at its place.

    `today` is the day in UTC. The catalog may be broken elsewhere: what is sound of it is looked at.
    """
    found = (
        *map(_of_fields, catalog.artifacts()),
        *map(_of_ladder, catalog.discounts.values()),
        *(_of_dates(each, today) for each in catalog.discounts.values()),
        *(_of_offer(each, catalog) for each in catalog.offers.values()),
        _of_metadata(desired),
        *(_of_binding(each) for each in desired if each.kind == "metadata_binding"),
        _shared(catalog.prices.values(), lookup_key, desired),
        _shared(catalog.features.values(), feature_key, desired),
    )
    return tuple(chain.from_iterable(found))


def _of_fields(artifact: Artifact) -> Iterator[Diagnostic]:
    for name, check in LIMITS.get(type(artifact), ()):
        yield from check(Spot(artifact, (name,)), getattr(artifact, name))
    lifecycle = getattr(artifact, "lifecycle", None)
    if lifecycle and lifecycle.id in NO_SEGMENTS:
        yield Spot(artifact, ("id",)).error(
            "id-leads-elsewhere",
            "An id cannot be asked for",
            f"It is `{lifecycle.id}`, which as a part of an address leads to something else.",
            "write the id of another object",
        )


def _of_ladder(discount: Discount) -> Iterator[Diagnostic]:
    in_range = all(0 < rung.percent_off <= 100 for rung in discount.ladder)
    for index, percent in enumerate(effective(discount) if in_range else ()):
        yield from percentage(Spot(discount, ("ladder", index, "percent_off")), percent)
    if discount.ladder and discount.lifecycle.id:
        yield Spot(discount, ("id",)).error(
            "ladder-adopts",
            "A ladder cannot adopt a coupon",
            "It becomes one coupon for each rung, so a single id cannot name them.",
            "leave `id` out",
        )


YEARS_AHEAD = 5


def _of_dates(discount: Discount, today: date) -> Iterator[Diagnostic]:
    yield from _last_day(Spot(discount, ("redeem_by",)), discount.redeem_by, today)
    for code in discount.codes:
        yield from _last_day(Spot(code, ("expires",)), code.expires, today)


def _last_day(spot: Spot, day: date | None, today: date) -> Iterator[Diagnostic]:
    """A warning only: a campaign that is over may stand in a manifest for as long as anyone likes."""
    if day is not None and day <= today:
        yield spot.warning(
            "date-past",
            "A date has gone by",
            f"{day} began before now; what exists already can no longer be redeemed, and nothing new can be"
            " made with it.",
            "nothing needs to be done about what is over; for a new campaign, write a later date",
        )
    if day is not None and day > _years_after(today):
        yield spot.warning(
            TOO_FAR,
            "A date is further ahead than Stripe allows",
            f"{day} is more than {YEARS_AHEAD} years ahead; Stripe refuses it, so no plan is made with it.",
            f"write {_years_after(today)} or earlier, or leave the date out",
        )


TOO_FAR = "date-too-far"


def _years_after(today: date) -> date:
    """The same day in five years; the day before where that is no leap year."""
    try:
        return today.replace(year=today.year + YEARS_AHEAD)
    except ValueError:
        return today.replace(year=today.year + YEARS_AHEAD, day=28)


ITEMS = 20
"""Recurring prices on one subscription, and as many one-time prices on its first invoice. Documented."""


def _of_offer(offer: Offer, catalog: Catalog) -> Iterator[Diagnostic]:
    known = [catalog.prices[name] for name in (*offer.prices, *offer.setup) if name in catalog.prices]
    recurring = sum(price.every is not None for price in known)
    for sort, count in (("recurring", recurring), ("one-time", len(known) - recurring)):
        if count > ITEMS:
            yield Spot(offer, ("prices",)).error(
                "offer-items",
                "An offer has more prices than a subscription holds",
                f"{offer.address} has {count} {sort} prices; Stripe takes {ITEMS} of them.",
                "sell less together, or join prices that are always bought together",
            )


def _of_metadata(desired: State) -> Iterator[Diagnostic]:
    """An object carries what is declared, our marks, and the bindings that sit on it."""
    hosts = Counter(host.address for each in desired if isinstance(host := each.fields.get("host"), Ref))
    for each in desired:
        declared = each.fields.get("metadata")
        count = len(declared) if isinstance(declared, Mapping) else 0
        if (total := count + hosts[each.address] + MARKS) > METADATA_KEYS:
            yield error(
                "metadata-full",
                "An object has more metadata than Stripe allows",
                f"{each.address} has {count} keys of its own and {hosts[each.address]} bindings; with"
                f" {MARKS} that mark it that makes {total}, and Stripe keeps {METADATA_KEYS}.",
                hint="declare less metadata, or spread offers over several products",
                address=each.address,
                source=each.source,
            )


def _of_binding(binding: Resource) -> Iterator[Diagnostic]:
    key, value = str(binding.fields["key"]), str(binding.fields["value"])
    if len(key) > METADATA_KEY_LENGTH:
        yield error(
            "binding-key",
            "An id is too long to be kept in metadata",
            f"{binding.address} would be kept under {key}, which has {len(key)} characters; Stripe takes"
            f" {METADATA_KEY_LENGTH}.",
            hint=f"shorten the id by {len(key) - METADATA_KEY_LENGTH}",
            address=binding.address,
            source=binding.source,
        )
    if len(value) > METADATA_VALUE_LENGTH:
        yield error(
            "binding-value",
            "A declaration is too long to be kept in metadata",
            f"{binding.address} is kept as {len(value)} characters of JSON; Stripe takes"
            f" {METADATA_VALUE_LENGTH}.",
            hint="split it into several",
            address=binding.address,
            source=binding.source,
        )


def _shared(artifacts: Iterable[A], name: Callable[[A], str], desired: State) -> Iterator[Diagnostic]:
    """Lookup keys that came out alike, by choice or because two ids differ only in a dash."""
    first: dict[str, A] = {}
    for each in artifacts:
        if each.address in desired.resources and (other := first.setdefault(name(each), each)) is not each:
            yield Spot(each, ("lookup_key",)).error(
                "lookup-key-clash",
                "Two artifacts have the same lookup key",
                f"{other.address} and {each.address} both have the lookup key {name(each)}"
                f"{f', the first at {place(other)}' if place(other) else ''}.",
                "set `lookup_key` on one of them",
            )
