"""Stripe's limits on lengths, counts, characters and numbers, checked before anything is sent. Pure.

One table: a row names an artifact's field and what it has to keep to. A second, short part checks what only
the desired state can show: metadata with our own keys in it, bindings, chosen names, a ladder's percentages.
Limits that need a clock (`redeem_by` at most five years out) are left to Stripe's own refusal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from stripectl.diagnostics import Diagnostic, error
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value
from stripectl.pricing.model import (
    Artifact,
    Catalog,
    Code,
    Discount,
    Feature,
    Meter,
    Price,
    Product,
)
from stripectl.providers.stripe.limit_checks import (
    METADATA_KEY_LENGTH,
    METADATA_VALUE_LENGTH,
    Check,
    Spot,
    amounts_fit,
    at_most,
    billed_within_years,
    code_characters,
    descriptor,
    dimensions,
    each_longest,
    each_web_address,
    flat_amounts,
    longest,
    longest_feature_key,
    longest_price_key,
    metadata_entries,
    percentage,
    tax_code,
    web_address,
    whole_amounts,
)
from stripectl.providers.stripe.map_discounts import effective

METADATA_KEYS = 50
MARKS = 3
"""Metadata keys that mark an object as ours: catalog, address, run."""

LIMITS: Mapping[type[Artifact], tuple[tuple[str, Check], ...]] = {
    Product: (
        ("name", longest(5000)),
        ("description", longest(40000)),
        ("tax_code", tax_code),
        ("unit_label", longest(12)),
        ("statement_descriptor", descriptor),
        ("url", web_address),
        ("package_dimensions", dimensions),
        ("images", at_most(8)),
        ("images", each_web_address),
        ("marketing_features", at_most(15)),
        ("marketing_features", each_longest(5000)),
        ("metadata", metadata_entries),
    ),
    Price: (
        ("amount", amounts_fit),
        ("tiers", flat_amounts),
        ("custom", whole_amounts),
        ("every", billed_within_years),
        ("nickname", longest(5000)),
        ("lookup_key", longest_price_key),
        ("metadata", metadata_entries),
    ),
    Meter: (
        ("name", longest(250)),
        ("event", longest(100)),
        ("customer_key", longest(100)),
        ("value_key", longest(100)),
    ),
    Feature: (
        ("name", longest(80)),
        ("lookup_key", longest_feature_key),
        ("metadata", metadata_entries),
    ),
    Discount: (
        ("name", longest(40)),
        ("percent_off", percentage),
        ("amount_off", whole_amounts),
        ("metadata", metadata_entries),
    ),
    Code: (
        ("code", longest(500)),
        ("code", code_characters),
        ("minimum_amount", whole_amounts),
        ("metadata", metadata_entries),
    ),
}
"""Sort of artifact -> its fields and what each has to keep to."""


def check_limits(catalog: Catalog, desired: State) -> tuple[Diagnostic, ...]:
    """What Stripe would refuse, or keep otherwise than declared; errors, each at its place."""
    return (
        *(found for each in catalog.artifacts() for found in _of_fields(each)),
        *(found for each in catalog.discounts.values() for found in _of_ladder(each)),
        *_of_metadata(desired),
        *(found for each in desired if each.kind == "metadata_binding" for found in _of_binding(each)),
        *(found for kind, name in CHOSEN for found in _shared(desired, kind, name)),
    )


def _of_fields(artifact: Artifact) -> Iterator[Diagnostic]:
    for name, check in LIMITS.get(type(artifact), ()):
        yield from check(Spot(artifact, (name,)), getattr(artifact, name))


def _of_ladder(discount: Discount) -> Iterator[Diagnostic]:
    for index, percent in enumerate(effective(discount)):
        yield from percentage(Spot(discount, ("ladder", index, "percent_off")), percent)
    if discount.ladder and discount.lifecycle.id:
        yield Spot(discount, ("id",)).error(
            "ladder-adopts",
            "A ladder cannot adopt a coupon",
            "It becomes one coupon for each rung, so a single id cannot name them.",
            "leave `id` out",
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


CHOSEN = (("price", "lookup_key"), ("feature", "lookup_key"))
"""Kinds and the names that we choose for them, of which no two in an account may be alike."""


def _shared(desired: State, kind: str, name: str) -> Iterator[Diagnostic]:
    """Names that came out alike, by choice or because two ids differ only in a dash."""
    bearers: dict[Value, list[Resource]] = defaultdict(list)
    for each in desired:
        if each.kind == kind:
            bearers[each.fields.get(name)].append(each)
    for key, (first, *others) in bearers.items():
        for other in others:
            yield error(
                "lookup-key-clash",
                "Two artifacts have the same lookup key",
                f"{first.address} and {other.address} both have the lookup key {key}"
                f"{f', the first at {first.source}' if first.source else ''}.",
                hint="set `lookup_key` on one of them",
                address=other.address,
                source=other.source,
            )
