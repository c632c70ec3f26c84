"""The blast radius of a plan: who stays on what goes, what stops with it, and what still refers to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stripectl.engine.plan import Action, Audience, Change, Plan, Pointer
from stripectl.review.products import Products
from stripectl.views import wording
from stripectl.views.amounts import count, listed
from stripectl.views.audiences import paid, stay
from stripectl.views.headlines import headline

NAMED = 3
"""Pointers of one kind to one object that are named; more are counted."""

STOPPED = 20
"""The same, of those that stop working: somebody gave their addresses to customers."""

HEADS = ("What goes", "As it is", "Active subscriptions", "They pay a month", "What leads to it")
"""Of a table of `Affected`."""


@dataclass(frozen=True, slots=True)
class Affected:
    """An object that goes out of use while somebody is on it, or something leads to it."""

    address: str
    headline: str
    """`8.99 EUR a month`."""
    subscriptions: str
    """`14`, `1,000+`, `unknown`; empty for what nobody subscribes to."""
    monthly: str
    """`412.00 EUR`; empty where nothing is paid."""
    pointers: str
    """`payment link https://… stops working; referred to by promotion code SPRING`; empty where nothing leads
    to it."""

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """In the order of `HEADS`."""
        return self.address, self.headline, self.subscriptions, self.monthly, self.pointers


def affected(plan: Plan) -> tuple[Affected, ...]:
    """One for each object that anybody would miss, those with most subscriptions first."""
    found = (row for row in plan.changes if row.pointers or _anybody(row.audience))
    products = Products.of(plan)
    return tuple(_affected(row, products) for row in sorted(found, key=_weight))


def affected_in_all(plan: Plan) -> tuple[str, ...]:
    """The same over the whole plan, a clause each; empty where nothing goes that anybody could be on."""
    return (*staying(plan), *leading(plan))


def staying(plan: Plan) -> tuple[str, ...]:
    """Subscriptions on all that goes, counted; empty where nothing goes that one could subscribe to."""
    held = [row.audience for row in plan.changes if row.audience]
    return tuple(stay(held, "price that goes", "prices that go", "what goes"))


def leading(plan: Plan) -> tuple[str, ...]:
    """What stops with all that goes, what still refers to it, both counted, and what may do so unseen."""
    return (*ceasing(plan), *_referring(plan), *_unread(plan))


def ceasing(plan: Plan) -> tuple[str, ...]:
    """What stops with all that goes, counted; empty where nothing does."""
    number, told = _counted(plan, stops=True)
    stop = "stops" if number == 1 else "stop"
    return (f"{told} {stop} working and may not come back with a rollback",) if number else ()


def stopping(row: Change) -> str:
    """What stops working when the row takes its object out of use; empty where nothing does."""
    found = tuple(each for each in row.pointers if each.stops)
    if not found:
        return ""
    stop, anew = ("stops", "a new one") if len(found) == 1 else ("stop", "new ones")
    succeeded = (
        f"; what takes its place needs {anew}" if row.after and row.action is not Action.ARCHIVE else ""
    )
    return f"{_named(found, STOPPED)} {stop} working{succeeded}"


def referring(row: Change) -> str:
    """What still refers to the object that the row takes out of use; empty where nothing does."""
    found = tuple(each for each in row.pointers if not each.stops)
    return f"referred to by {_named(found, NAMED)}" if found else ""


def _anybody(audience: Audience | None) -> bool:
    return audience is not None and audience.subscriptions != 0


def _weight(row: Change) -> tuple[int, str]:
    held = row.audience.subscriptions if row.audience else 0
    return (0 if held is None else -held - 1, row.address)


def _affected(row: Change, products: Products) -> Affected:
    audience, gone = row.audience, row.before or row.resource
    return Affected(
        row.address,
        headline(gone, products.unit(gone)),
        _number(audience) if audience else "",
        _monthly(audience) if audience and audience.subscriptions else "",
        "; ".join(filter(None, (stopping(row), referring(row)))),
    )


def _number(audience: Audience) -> str:
    if audience.subscriptions is None:
        return "unknown: the key may not read them"
    return f"{audience.subscriptions:,}{'+' if audience.more else ''}"


def _monthly(audience: Audience) -> str:
    told = paid((audience,)) or "depends on usage or tiers"
    return f"{told} of those counted" if audience.monthly and audience.more else told


def _named(pointers: tuple[Pointer, ...], most: int) -> str:
    """`payment links https://…/1 and https://…/2; portal configuration Self service`"""
    kinds = dict.fromkeys(each.kind for each in pointers)
    return "; ".join(_of_kind(kind, [each for each in pointers if each.kind == kind], most) for kind in kinds)


def _of_kind(kind: str, pointers: list[Pointer], most: int) -> str:
    names = [each.name or each.object_id for each in pointers[:most]]
    more = len(pointers) - most
    noun = wording.noun(kind) if len(pointers) == 1 else f"{wording.noun(kind)}s"
    return f"{noun} {listed((*names, f'{more:,} more') if more > 0 else names)}"


def _referring(plan: Plan) -> Iterator[str]:
    number, told = _counted(plan, stops=False)
    if number:
        yield f"{told} still {'refers' if number == 1 else 'refer'} to what goes"


def _counted(plan: Plan, *, stops: bool) -> tuple[int, str]:
    """How many different pointers there are, in all and in words: one link may lead to several prices."""
    every = (each for row in plan.effective for each in row.pointers if each.stops is stops)
    kinds = Counter(kind for kind, _ in {(each.kind, each.object_id) for each in every})
    told = listed(count(number, wording.noun(kind)) for kind, number in sorted(kinds.items()))
    return kinds.total(), told


def _unread(plan: Plan) -> Iterator[str]:
    if plan.unread:
        kinds = listed(f"{wording.noun(each)}s" for each in plan.unread)
        yield f"whether {kinds} refer to what goes, or stop with it, is unknown: the key may not read them"
