"""Who is on a price, in words: how many subscriptions, and what they pay in an average month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from stripectl.engine.plan import Audience
from stripectl.views.amounts import about, count, listed


def subscriptions(number: int, *, more: bool = False) -> str:
    """`12 active subscriptions`, `1,000+ active subscriptions`, `no active subscription`."""
    if not number:
        return "no active subscription"
    return f"{number:,}+ active subscriptions" if more else count(number, "active subscription")


def paid(every: Sequence[Audience]) -> str:
    """`288.00 USD` a month, of all together; empty where no part of it is known."""
    sums: dict[str, Decimal] = {}
    for currency, amount in (pair for each in every for pair in (each.monthly or {}).items()):
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return listed(about(amount, currency) for currency, amount in sorted(sums.items()))


def worth(every: Sequence[Audience]) -> str:
    """`, 288.00 USD a month in all`; what depends on usage or tiers is said to be missing."""
    told = paid(every)
    depends = any(each.monthly is None and each.subscriptions for each in every)
    if not told:
        return ", what they pay depends on usage or tiers" if depends else ""
    of_whom = "of those counted" if any(each.more for each in every) else "in all"
    return f", {told} a month {of_whom}{', besides what depends on usage or tiers' if depends else ''}"


def stay(held: Sequence[Audience], one: str, several: str, whole: str) -> Iterator[str]:
    """`12 active subscriptions stay on 1 price that goes, …`, and whether it is known of all that are held.

    `one` and `several` name prices; `whole` names all of them together.
    """
    known = [each for each in held if each.subscriptions]
    unread = sum(1 for each in held if each.subscriptions is None)
    if known:
        number, more = sum(each.subscriptions or 0 for each in known), any(each.more for each in known)
        verb = "stays" if number == 1 and not more else "stay"
        prices = count(len(known), one, several)
        yield f"{subscriptions(number, more=more)} {verb} on {prices}{worth(known)}"
    if unread:
        rest = count(unread, "more price") if known else whole
        yield f"how many subscriptions stay on {rest} is unknown: the key may not read them"
    elif held and not known:
        yield f"no active subscription is on {whole}"
