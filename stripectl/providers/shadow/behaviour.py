"""What the account does where Stripe could do one thing or another: a switch for each.

Some of it no source settles. A client that works against both answers need not know which one is Stripe's, so
tests run against both. The rest is known of Stripe, by the grade that its line gives; turned over, it makes
the account wrong on purpose, which whatever compares the account with Stripe has to find.

Grades: *recorded* in an exchange with the real API, *documented* by Stripe, *claimed* by several projects
that say they saw it, *unverified* where nothing settles it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stripectl.providers.shadow.fields import CURRENCIES


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Switches of an account. The defaults are Stripe's answers as far as they are known."""

    clears_nickname: bool = False
    """`nickname: ""` clears that of a price; else it is refused. Unverified."""
    clears_statement_descriptor: bool = False
    """`statement_descriptor: ""` clears that of a product; else it is refused. Unverified."""
    frees_event_names: bool = True
    """A new meter may use the event name of a deactivated one; else it stays taken for ever. Unverified."""
    revives_features: bool = False
    """An archived feature can be made active again; else archiving is for good, as documented. Unverified."""
    revives_links: bool = False
    """A price or product that comes back revives its payment links; else they stay off. Unverified."""
    frees_coupon_ids: bool = True
    """A new coupon may have the id of a deleted one; else it stays taken. Unverified."""
    strips_meter_names: bool = False
    """Blanks around the name of a meter are stripped; else they are kept. Unverified."""
    strips_feature_names: bool = False
    """Blanks around the name of a feature are stripped; else they are kept. Unverified."""
    clears_default_price: bool = True
    """`default_price: ""` clears it (claimed by Stripe's support; the SDK has no such value); else it is
    refused."""
    strips_names: bool = True
    """Blanks around names of products and marketing features, statement descriptors and nicknames are
    stripped (claimed); else they are kept."""
    stops_links: bool = True
    """Archiving a price or a product deactivates the payment links that sell it (documented); else they
    go on."""
    frees_feature_keys: bool = True
    """A new feature may have the lookup key of an archived one (documented); else it stays taken."""
    keeps_archived_lookup_keys: bool = True
    """An archived price still holds its lookup key (recorded); else another price may take it."""
    transfers_from_archived: bool = True
    """`transfer_lookup_key` takes a key from an archived price too (claimed); else it is refused."""
    guards_default_price: bool = True
    """A product's default price cannot be archived (claimed); else it can."""
    refuses_one_time_tiers: bool = True
    """A one-time price cannot have tiers (recorded); else it can."""
    expands_by_currency: bool = True
    """`currency_options.tiers` is accepted and ignored, `currency_options.eur.tiers` is not (claimed by three
    projects); else the first expands the tiers of every currency."""
    repeats_base_currency: bool = True
    """Expanded `currency_options` of a price hold its own currency too (claimed); else only the others."""
    hides_archived_prices: bool = True
    """A list of prices without `active` has the active ones alone (documented); else it has them all."""
    clamps_limit: bool = True
    """A `limit` outside 1 to 100 is taken as the nearest that is allowed (recorded); else it is refused."""
    keeps_cursors: bool = True
    """A deleted object still serves as a cursor (recorded); else it is refused as unknown."""

    def expansions(self, paths: Iterable[str]) -> Iterator[str]:
        """What an `expand` parameter asks for, spelled out where it asks for the tiers of every currency."""
        for path in paths:
            options, _, last = path.rpartition(".")
            if self.expands_by_currency or last != "tiers" or not options.endswith("currency_options"):
                yield path
            else:
                yield from (f"{options}.{code}.tiers" for code in sorted(CURRENCIES))

    @property
    def clearable(self) -> frozenset[str]:
        """Parameters, as `type.name`, that an empty string unsets although the SDK's types do not say so."""
        switches = {
            "ProductUpdateParams.default_price": self.clears_default_price,
            "PriceUpdateParams.nickname": self.clears_nickname,
            "ProductUpdateParams.statement_descriptor": self.clears_statement_descriptor,
        }
        return frozenset(name for name, on in switches.items() if on)


STRIPES = Behaviour()
"""Stripe's own, as far as it is known."""
