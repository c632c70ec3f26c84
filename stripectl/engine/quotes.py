"""Baskets that are quoted with every plan, and what each comes to before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from stripectl.engine.fidelity import Annotation
from stripectl.engine.resource import State

NEEDS_ATTACHING = "discount-needs-attaching"
"""Code of the annotation on a discount that comes off without a code."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What can be bought, and what comes off by itself."""

    state: State
    automatic: tuple[str, ...] = ()
    """Addresses of the discounts that come off without a code, in the order of the catalog."""

    @classmethod
    def of(cls, state: State, annotations: Iterable[Annotation]) -> Sale:
        """`annotations` are those that the state was made or recorded with."""
        found = (note.address for note in annotations if note.code == NEEDS_ATTACHING)
        return cls(state, tuple(dict.fromkeys(found)))

    def readdressed(self, moved: Mapping[str, str]) -> Sale:
        """From before a move: its resources answer to the addresses that they have now and had then."""
        state = State.of(each.renamed(moved) for each in self.state).also_under(moved)
        return Sale(state, tuple(moved.get(address, address) for address in self.automatic))


@dataclass(frozen=True, slots=True)
class Basket:
    """What a customer is taken to buy."""

    address: str
    """`profile.small`; empty for one that was put together on the command line."""
    title: str
    """For readers."""
    offer: str | None = None
    """Address of the offer whose prices are bought."""
    prices: tuple[str, ...] = ()
    """Addresses of prices that are bought besides."""
    quantities: Mapping[str, int] = field(default_factory=dict)
    """Address of a price -> quantity, 0 or more; one that is not named is bought once."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Address of a meter -> units measured in a period, 0 or more; one that is not named measured none."""
    currencies: tuple[str, ...] = ()
    """Lower-case codes; empty is the base currency of the first price."""
    discounts: tuple[str, ...] = ()
    """Addresses of the discounts that apply, in order, besides those that come off by themselves."""

    def renamed(self, moved: Mapping[str, str]) -> Basket:
        """The same under the new addresses, where there are some."""

        def now(address: str) -> str:
            return moved.get(address, address)

        return replace(
            self,
            offer=now(self.offer) if self.offer else None,
            prices=tuple(map(now, self.prices)),
            quantities={now(each): number for each, number in self.quantities.items()},
            usage={now(each): number for each, number in self.usage.items()},
            discounts=tuple(map(now, self.discounts)),
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """How often something is billed."""

    unit: str
    """`day`, `week`, `month` or `year`."""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """A total before and after a plan."""

    address: str
    """Of the profile, or of the price that is quoted at the edges of its tiers or packages."""
    title: str
    """Of the profile; the address of the price otherwise."""
    quantity: int | None
    """Units of the price; None for a profile."""
    currency: str
    every: Interval | None
    """None is paid once."""
    before: Decimal | None
    """Whole minor units; None where it could not be bought."""
    after: Decimal | None
    """Whole minor units; None where it can no longer be bought."""

    @property
    def changed(self) -> bool:
        return self.before != self.after
