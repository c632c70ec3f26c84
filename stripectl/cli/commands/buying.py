"""What `quote` is asked for, looked up in the catalogs: offers, prices, profiles, quantities, currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stripectl.cli.project import Project
from stripectl.cli.wiring import basket, read
from stripectl.diagnostics import Diagnostic, InvalidInput, UsageError, by_importance, did_you_mean, error
from stripectl.engine.quotes import Basket, Sale
from stripectl.engine.resource import State
from stripectl.manifest.config import Environment
from stripectl.pricing.model import Catalog, Commitment, Period, Profile, Unit
from stripectl.providers.stripe import quoting, rates
from stripectl.providers.stripe.names import followed

DIGITS = 15
"""Of a quantity, at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments and options, as they were written."""

    what: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    discounts: tuple[str, ...] = ()
    currency: str | None = None
    every: str | None = None
    against: str | None = None

    @property
    def period(self) -> Period | None:
        if self.every is None:
            return None
        if self.every not in list(Unit):
            raise UsageError(_unknown_period(self.every))
        return Period(Unit(self.every))


@dataclass(frozen=True, slots=True)
class Shop:
    """A catalog, as one can buy from it."""

    name: str
    sale: Sale
    profiles: Mapping[str, Profile]
    moved: Mapping[str, str]
    declared: frozenset[str]
    """Every address, also of what is not sent."""
    commitments: Mapping[str, Commitment]
    """Address of an offer -> what it commits to."""

    @property
    def state(self) -> State:
        return self.sale.state

    def addresses(self, *sorts: str) -> tuple[str, ...]:
        return tuple(each.address for each in self.state if each.address.partition(".")[0] in sorts)


def shops_of(project: Project, environment: Environment, catalog: str | None) -> list[Shop]:
    """Every catalog that may be meant; raises InvalidInput where one is not sound."""
    readings = {
        name: read(project, name, project.config.policy_for(name, environment.name))
        for name in project.catalogs(catalog)
    }
    if problems := [each for reading in readings.values() for each in reading.diagnostics if each.is_error]:
        raise InvalidInput(*by_importance(problems))
    return [
        Shop(
            name,
            Sale.of(reading.mapped.desired, reading.mapped.annotations),
            reading.loaded.catalog.profiles,
            followed(
                {each.old: each.new for each in reading.loaded.catalog.moved},
                reading.mapped.desired.resources,
            ),
            frozenset(each.address for each in reading.loaded.catalog.artifacts()),
            _commitments(reading.loaded.catalog),
        )
        for name, reading in readings.items()
    ]


def _commitments(catalog: Catalog) -> Mapping[str, Commitment]:
    return {
        offer.address: found
        for offer in catalog.offers.values()
        if (found := catalog.commitments.get(offer.commitment or ""))
    }


def baskets(asked: Asked, shops: list[Shop]) -> list[tuple[Shop, Basket]]:
    """What is to be quoted, each with the catalog that has it."""
    _once("", asked.what)
    _once("--discount ", asked.discounts)
    if asked.what:
        shop, addresses = _found(asked.what, shops)
        offers = [each for each in addresses if each.startswith("offer.")]
        rest = tuple(each for each in addresses if each not in offers[:1])
        title = ", ".join(each.partition(".")[2] for each in addresses)
        bought = Basket("", title, next(iter(offers), None), tuple(_prices_of(rest, shop.state)))
        baskets = [(shop, bought)]
    else:
        baskets = []
    baskets += [(shop, basket(profile)) for shop, profile in _profiles(asked, shops)]
    if not baskets:
        raise UsageError(_nothing())
    return [(shop, _adjusted(each, asked, shop)) for shop, each in baskets]


def _prices_of(addresses: Iterable[str], state: State) -> Iterable[str]:
    """The prices that are named, and those of the offers that are."""
    for each in addresses:
        if each.startswith("offer."):
            yield from quoting.prices(Basket("", "", offer=each), state) or ()
        else:
            yield each


def _found(what: tuple[str, ...], shops: list[Shop]) -> tuple[Shop, tuple[str, ...]]:
    """The one catalog that has all that is named, with the addresses, each once."""
    for shop in shops:
        addresses = tuple(dict.fromkeys(_address(each, shop) for each in what))
        if all(each in shop.state for each in addresses):
            return shop, addresses
    known = [each for shop in shops for each in shop.addresses("offer", "price")]
    for shop in shops:
        if unsent := [
            name
            for each in what
            if (name := _address(each, shop)) in shop.declared - shop.state.resources.keys()
        ]:
            raise UsageError(_not_sold(unsent))
    missing = (each for each in what if not any(_address(each, shop) in shop.state for shop in shops))
    if unknown := next(missing, None):
        raise UsageError(_unknown_article(unknown, known, [shop.name for shop in shops]))
    raise UsageError(_not_together(what))


def _address(word: str, shop: Shop) -> str:
    """`team` is an offer, `pro.monthly` a price, `price.pro.monthly` is one already."""
    if word.partition(".")[0] in ("offer", "price") and word in shop.state:
        return word
    return f"price.{word}" if "." in word else f"offer.{word}"


def _profiles(asked: Asked, shops: list[Shop]) -> list[tuple[Shop, Profile]]:
    every = [(shop, profile) for shop in shops for profile in shop.profiles.values()]
    if not asked.profiles:
        return [] if asked.what else every
    known = {profile.id for _, profile in every}
    for name in asked.profiles:
        if name not in known:
            raise UsageError(_unknown_profile(name, sorted(known)))
    return [(shop, profile) for shop, profile in every if profile.id in asked.profiles]


def _adjusted(bought: Basket, asked: Asked, shop: Shop) -> Basket:
    """The basket with the quantities, usage and discounts of the command line."""
    addresses = quoting.prices(bought, shop.state) or ()
    prices = [price for address in addresses if (price := shop.state.get(address))]
    missing = [address for address in addresses if address not in shop.state]
    idle = [price.address for price in prices if not quoting.is_sold(price, shop.state)]
    if missing or idle or not prices:
        raise UsageError(_not_sold([*missing, *idle] or [bought.offer or bought.title]))
    counted = [each.address for each in prices if rates.meter(each.fields) is None]
    measured = [found for each in prices if (found := rates.meter(each.fields))]
    return replace(
        bought,
        quantities={**bought.quantities, **_numbers(asked.quantities, "price", counted)},
        usage={**bought.usage, **_numbers(asked.usage, "meter", measured)},
        discounts=tuple(
            dict.fromkeys((*bought.discounts, *(_discount(name, shop) for name in asked.discounts)))
        ),
    )


def _numbers(words: tuple[str, ...], sort: str, known: list[str]) -> dict[str, int]:
    """`pro.seats=5` by address; raises UsageError for what is not bought, and for what is no number."""
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        address = name if name in known else f"{sort}.{name}"
        # Digits of other scripts are digits to Python, too.
        if not (number.isascii() and number.isdigit() and len(number) <= DIGITS):
            raise UsageError(_no_number(word, sort))
        if address not in known:
            raise UsageError(_not_in_basket(name, sort, known))
        if address in found:
            raise UsageError(_repeated(name))
        found[address] = int(number)
    return found


def _once(option: str, words: tuple[str, ...]) -> None:
    for word in words:
        if words.count(word) > 1:
            raise UsageError(_repeated(f"{option}{word}"))


def _discount(name: str, shop: Shop) -> str:
    address = name if name in shop.state else f"discount.{name}"
    if address not in shop.state:
        raise UsageError(_unknown_discount(name, shop))
    return address


def currencies_of(bought: Basket, asked: str | None, shop: Shop) -> tuple[str, ...]:
    """What to quote in; raises UsageError for a currency that a price does not have."""
    addresses = quoting.prices(bought, shop.state) or ()
    sold = {each: rates.currencies(price.fields) for each in addresses if (price := shop.state.get(each))}
    base = next(iter(sold.values()), ())[:1]
    wanted = (asked,) if asked else bought.currencies or base
    shared = tuple(
        each for each in next(iter(sold.values()), ()) if all(each in known for known in sold.values())
    )
    for currency in wanted:
        for address, known in sold.items():
            if currency not in known:
                raise UsageError(_not_in_currency(address, currency, known, shared))
    for address in bought.discounts:
        coupon = shop.state.get(address)
        for currency in wanted:
            if coupon and quoting.reduction(coupon, shop.state, currency) is None:
                known = rates.currencies(coupon.fields)
                raise UsageError(_not_in_currency(address, currency, known, known))
    return wanted


def _nothing() -> Diagnostic:
    return error(
        "quote-nothing",
        "There is nothing to quote",
        "Neither an offer nor a price was named, and no manifest has a profile.",
        hint="name an offer or a price, or declare profiles in a manifest",
    )


NO_ARTICLE = "There is no such offer or price"


def _unknown_article(word: str, known: list[str], catalogs: list[str]) -> Diagnostic:
    sort = "price" if "." in word else "offer"
    alike = [each if word.startswith(f"{sort}.") else each.partition(".")[2] for each in known]
    return error(
        "quote-unknown",
        NO_ARTICLE,
        f"{word} is no {sort} of {', '.join(catalogs)}.",
        hint=did_you_mean(word, alike) or "see what there is with `stripectl explain`",
    )


def _not_together(what: tuple[str, ...]) -> Diagnostic:
    return error(
        "quote-unknown",
        NO_ARTICLE,
        f"No catalog has all of {', '.join(what)}: they cannot stand in one bill.",
        hint="quote them one by one",
    )


def _unknown_profile(name: str, known: list[str]) -> Diagnostic:
    return error(
        "unknown-profile",
        "There is no such profile",
        f"{name} was asked for; there are: {', '.join(known) or 'none'}.",
        hint=did_you_mean(name, known) or "declare it under profiles: in a manifest",
    )


def _unknown_discount(name: str, shop: Shop) -> Diagnostic:
    known = [each.partition(".")[2] for each in shop.addresses("discount")]
    return error(
        "unknown-discount",
        "There is no such discount",
        f"{name} was asked for; {shop.name} has: {', '.join(known) or 'none'}.",
        hint=did_you_mean(name, known) or "a ladder has one for each rung: NAME.1, NAME.2",
    )


def _unknown_period(word: str) -> Diagnostic:
    return error(
        "unknown-period",
        "There is no such period",
        f"--every {word} was given; there are: {', '.join(Unit)}.",
        hint=did_you_mean(word, Unit) or "write --every month",
    )


def _not_sold(addresses: list[str]) -> Diagnostic:
    return error(
        "quote-not-sold",
        "Something of it cannot be bought",
        f"{', '.join(addresses)}: inactive, or not sent to Stripe.",
        hint="see why with `stripectl explain`",
    )


def _no_number(word: str, sort: str) -> Diagnostic:
    option = "--quantity" if sort == "price" else "--usage"
    return error(
        "quote-number",
        "A quantity is a whole number",
        f"{option} {word} was given.",
        hint=f"write {option} NAME=5: digits only, {DIGITS} of them at most",
    )


def _repeated(word: str) -> Diagnostic:
    return error(
        "quote-repeated",
        "Something is named twice",
        f"{word} stands there more than once.",
        hint="name it once, and how many of it with --quantity NAME=2",
    )


def _not_in_basket(name: str, sort: str, known: list[str]) -> Diagnostic:
    names = [each.partition(".")[2] for each in known]
    way = "counts" if sort == "price" else "measures"
    return error(
        "quote-not-bought",
        "A quantity is given of something that is not bought",
        f"Nothing that is quoted {way} {name}; it {way}: {', '.join(names) or 'nothing'}.",
        hint=did_you_mean(name, names)
        or "--quantity is for prices that are bought by number, --usage for meters",
    )


def _not_in_currency(
    address: str, currency: str, known: tuple[str, ...], shared: tuple[str, ...]
) -> Diagnostic:
    """`shared` are the currencies that everything is sold in."""
    ways = f"write --currency {shared[0]}" if shared else "quote them one by one: they share no currency"
    return error(
        "quote-currency",
        "It is not sold in that currency",
        f"{address} is sold in {', '.join(known) or 'no currency'}, not in {currency}.",
        hint=ways if known else "see its amounts with `stripectl explain`",
    )
