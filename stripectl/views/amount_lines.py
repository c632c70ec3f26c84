"""Amounts that differ, in words: a line each, the names of what differs, and how many there are in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from stripectl.diagnostics import Path
from stripectl.engine.resource import Resource
from stripectl.review.amounts import Amount, Course, Part
from stripectl.review.terms import Terms
from stripectl.views import fields
from stripectl.views.amounts import count, listed
from stripectl.views.headlines import one_text

PARTS = 2
"""So many parts of an amount are named; of more it is the whole that differs."""

AMOUNTS = frozenset({"unit_amount", "tiers", "custom_unit_amount", "currency_options"})
"""Fields of a price that hold its amounts."""

NONE = "no amount changes"
"""Said of a plan after which every quantity of everything costs what it did."""


def amount_lines(
    amounts: Iterable[Amount], before: Resource | None, after: Resource, unit: str
) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Path, label and `before → after` of every value that differs; of another shape, the whole price."""
    for each in amounts:
        if each.before and each.after:
            for part in each.parts:
                yield part.path, _line(each, part, before, after, unit)
        else:
            label = f"price in {each.currency.upper()}"
            yield (), (label, f"{_side(each.before, unit)} → {_side(each.after, unit)}")


def _line(amount: Amount, part: Part, before: Resource | None, after: Resource, unit: str) -> tuple[str, str]:
    if _is_whole(part):
        assert amount.before
        assert amount.after
        return (
            fields.label(part.path) if part.path else "price",
            f"{one_text(amount.before, unit)} → {one_text(amount.after, unit)}",
        )
    return fields.label(part.path), fields.difference(part.path, part.before, part.after, before, after)


def _is_whole(part: Part) -> bool:
    """Both sides charge in another way, so that no value stands beside another one."""
    return not part.path or (part.path[0] == "currency_options" and len(part.path) == 2)


def _side(terms: Terms | None, unit: str) -> str:
    return one_text(terms, unit) if terms else "not sold"


def other_currencies(amounts: Iterable[Amount], unit: str) -> Iterator[tuple[str, str]]:
    """Of a new price, what the headline only names: tiers and bounds in further currencies."""
    for each in tuple(amounts)[1:]:
        if each.after and each.after.amount is None:
            yield f"in {each.currency.upper()}", one_text(each.after, unit)


def names(amounts: Sequence[Amount]) -> Iterator[str]:
    """What differs, by its currencies: `amount in EUR and GBP`, `tier 2 amount`, `price in CHF`."""
    found: dict[Path, list[str]] = {}
    for each in amounts:
        if each.course is Course.GOES:
            found.setdefault(("price",), []).append(each.currency.upper())
        for part in each.parts:
            found.setdefault(_without_currency(part.path), []).append(each.currency.upper())
    base = amounts[0].currency.upper() if amounts else ""
    together: dict[tuple[str, ...], list[str]] = {}
    for path, currencies in found.items():
        together.setdefault(tuple(dict.fromkeys(currencies)), []).append(fields.label(path or ("price",)))
    for where, labels in together.items():
        told = labels if len(labels) <= PARTS else [_sum(labels)]
        yield listed(told) + ("" if where == (base,) and labels != ["price"] else f" in {listed(where)}")


def _without_currency(path: Path) -> Path:
    return path[2:] if path[:1] == ("currency_options",) else path


def _sum(labels: Sequence[str]) -> str:
    return f"{len(labels)} values of its tiers" if labels[0].startswith("tier") else "amount of choice"


# All of them


_COUNTED = (
    (Course.CHANGES, "changes", "change"),
    (Course.COMES, "is new", "are new"),
    (Course.GOES, "is no longer offered", "are no longer offered"),
)


def amount_counts(amounts: Iterable[Amount]) -> str:
    """`3 amounts change, 1 amount is new, 1 discount changes`; that none changes, where none does."""
    every = tuple(amounts)
    sums = {
        "amount": Counter(each.course for each in every if each.kind != "coupon"),
        "discount": Counter(_discounts(every)),
    }
    parts = [
        f"{count(number, noun)} {one if number == 1 else several}"
        for course, one, several in _COUNTED
        for noun, found in sums.items()
        if (number := found[course])
    ]
    same = not any(found[Course.CHANGES] for found in sums.values())
    return ", ".join(([NONE] if same else []) + parts)


def _discounts(amounts: Iterable[Amount]) -> Iterator[Course]:
    """What becomes of each discount, whatever its currencies: one that gains or loses one changes."""
    found: dict[str, set[Course]] = {}
    for each in amounts:
        if each.kind == "coupon":
            found.setdefault(each.address, set()).add(each.course)
    for courses in found.values():
        yield courses.pop() if len(courses) == 1 else Course.CHANGES
