"""One reading of a plan: which amounts change, come and go, and who stays on what goes. From values alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.engine.plan import Action, Audience, Change, Plan
from stripectl.engine.resource import Resource
from stripectl.engine.values import Fields, Ref, Value
from stripectl.review.amounts import READ, Amount, Course, other_amounts, price_amounts
from stripectl.review.leaving import left_by
from stripectl.review.products import Products, later_of
from stripectl.review.terms import Terms, sold


@dataclass(frozen=True, slots=True)
class Review:
    """What a plan means to who reads it."""

    amounts: tuple[Amount, ...]
    """Of every object that says what is paid and that the plan touches, in the order of the plan; also those
    that stay the same."""
    staying: Mapping[str, tuple[tuple[Change, Audience], ...]]
    """Address of a product that goes out of use -> the prices that customers stay on, and who they are."""
    products: Products

    @property
    def moving(self) -> tuple[Amount, ...]:
        """Amounts that change, come or go."""
        return tuple(each for each in self.amounts if each.course is not Course.SAME)

    @property
    def changing(self) -> tuple[Amount, ...]:
        """Amounts that some quantity, paid before and after, is another one of."""
        return tuple(each for each in self.amounts if each.course is Course.CHANGES)

    def by_address(self) -> Mapping[str, tuple[Amount, ...]]:
        """The amounts of each address, in order."""
        found: dict[str, list[Amount]] = {}
        for each in self.amounts:
            found.setdefault(each.address, []).append(each)
        return {address: tuple(every) for address, every in found.items()}


def review(plan: Plan) -> Review:
    """Read a plan once, for every view."""
    products = Products.of(plan)
    return Review(tuple(_amounts(plan, products)), _staying(plan, products), products)


def _amounts(plan: Plan, products: Products) -> Iterator[Amount]:
    gone = {row.address: row for row in plan.changes if row.before and later_of(row) is None}
    later = {row.address for row in plan.changes if later_of(row)}
    bearers = ((each, row) for row in plan.changes for each in (row.before, row.revives) if each)
    named = {each.object_id: row.address for each, row in bearers}
    for row in plan.changes:
        # Of two objects at one address the later one takes the place of the other.
        succeeded = gone.get(row.address)
        if row is not succeeded or row.address not in later:
            before = succeeded.before if succeeded else row.before
            yield from _amounts_of(row, before, products, named)


def _amounts_of(
    row: Change, before: Resource | None, products: Products, named: Mapping[str | None, str]
) -> Iterator[Amount]:
    after = later_of(row)
    if row.kind == "price":
        if row.action is not Action.NO_OP or products.switches(row.resource):
            was = sold(before) if before and products.in_use_before(before) else {}
            now = sold(after) if after and products.in_use_after(after) else {}
            base = str(row.resource.fields.get("currency") or "")
            yield from price_amounts(row.address, _measured(was, named), _measured(now, named), base)
    elif row.kind in READ and row.action is not Action.NO_OP:
        sides = (_in_force(each, named) for each in (before, after))
        yield from other_amounts(row.address, row.kind, *sides)


def _in_force(resource: Resource | None, named: Mapping[str | None, str]) -> Fields | None:
    """The fields of what is in use, with addresses in place of the ids that the plan knows."""
    if resource is None or not resource.active:
        return None
    return {name: _referring(value, named) for name, value in resource.fields.items()}


def _measured(every: Mapping[str, Terms], named: Mapping[str | None, str]) -> Mapping[str, Terms]:
    """With the address of a meter in place of its id, where the plan knows it."""
    return {
        currency: replace(each, meter=named.get(each.meter, each.meter)) if each.meter else each
        for currency, each in every.items()
    }


def _referring(value: Value, named: Mapping[str | None, str]) -> Value:
    """References as addresses, whether they are references or ids."""
    match value:
        case tuple():
            return tuple(_referring(each, named) for each in value)
        case Ref(address):
            return address
        case str():
            return named.get(value, value)
    return value


def _staying(plan: Plan, products: Products) -> Mapping[str, tuple[tuple[Change, Audience], ...]]:
    found: dict[str, list[tuple[Change, Audience]]] = {}
    for row in plan.changes:
        product = products.row(row.before)
        if (
            product
            and row.before
            and row.audience
            and products.retires(row.before)
            and left_by(row, products)
        ):
            found.setdefault(product.address, []).append((row, row.audience))
    return {address: tuple(every) for address, every in found.items()}
