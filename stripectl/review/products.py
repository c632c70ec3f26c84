"""Which product a price belongs to, whether it is in use before and after, and what it calls a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripectl.engine.plan import Action, Change, Plan
from stripectl.engine.resource import Resource
from stripectl.providers.stripe.rates import meter

_GOES = (Action.ARCHIVE, Action.DELETE)


@dataclass(frozen=True, slots=True)
class Products:
    """The products of a plan, by their addresses and by the ids of their objects."""

    rows: Mapping[str, Change]
    counted: Mapping[str, frozenset[str | None]]
    """Address -> the meters of its prices; None for what is bought."""

    @classmethod
    def of(cls, plan: Plan) -> Products:
        rows = [row for row in plan.changes if row.kind == "product"]
        # Where two objects are at an address, references lead to the one that stays.
        rows.sort(key=lambda row: row.after is not None)
        ids = {each.object_id: row for row in rows for each in (row.before, row.revives) if each}
        named = {name: row for name, row in ids.items() if name} | {row.address: row for row in rows}
        return cls(named, _counted(plan, named))

    def row(self, price: Resource | None) -> Change | None:
        """The row of the product that the price belongs to; None for one that the plan does not know."""
        return self.rows.get(str(price.fields.get("product"))) if price else None

    def in_use_before(self, price: Resource) -> bool:
        row = self.row(price)
        return row is None or (row.before is not None and row.before.active)

    def in_use_after(self, price: Resource) -> bool:
        row = self.row(price)
        later = later_of(row) if row else None
        return row is None or (later is not None and later.active)

    def retires(self, price: Resource) -> bool:
        """The product of a price that can be bought goes out of use."""
        return self.in_use_before(price) and not self.in_use_after(price)

    def switches(self, price: Resource) -> bool:
        """The product goes out of use, or comes into it."""
        return self.in_use_before(price) is not self.in_use_after(price)

    def unit(self, price: Resource) -> str:
        """What one unit is called, `seat`; empty where the product does not say.

        A product has one name for a unit: where its prices count different things, it fits none for sure.
        """
        row = self.row(price)
        if row is None or len(self.counted.get(row.address, ())) > 1:
            return ""
        return str(row.resource.fields.get("unit_label") or "")


def _counted(plan: Plan, products: Mapping[str, Change]) -> Mapping[str, frozenset[str | None]]:
    found: dict[str, set[str | None]] = {}
    for row in plan.changes:
        price = row.resource
        product = products.get(str(price.fields.get("product"))) if row.kind == "price" else None
        if product:
            found.setdefault(product.address, set()).add(meter(price.fields))
    return {address: frozenset(every) for address, every in found.items()}


def later_of(row: Change) -> Resource | None:
    """What the object will be: one that is only let go stays as it is, one that goes is none."""
    return row.after or (None if row.action in _GOES else row.before)
