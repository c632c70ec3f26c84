"""Who stays on what can no longer be bought: subscriptions of prices that go, or whose product goes."""

from __future__ import annotations

from stripectl.engine.plan import Change
from stripectl.providers.stripe.kinds import KINDS
from stripectl.review.products import Products


def left_by(row: Change, products: Products) -> str | None:
    """Id of the object that the row leaves its customers on; None where it leaves nobody."""
    before = row.before
    if before is None or not KINDS[row.kind].takes_subscriptions(before.fields):
        return None
    if row.retires:
        return row.retires
    return before.object_id if row.stays or (before.active and products.retires(before)) else None
