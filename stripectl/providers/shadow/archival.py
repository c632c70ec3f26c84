"""What goes out of use along with a price or a product that is archived."""

from __future__ import annotations

from stripectl.providers.shadow.objects import Object, Value, members, text
from stripectl.providers.shadow.session import Session

LINK = "payment_link"


def take_along(session: Session, before: Object, after: Object) -> None:
    """Deactivate the payment links that sell a price or a product that is archived."""
    back = after["active"] is True
    if after["active"] == before["active"]:
        return
    if not (session.behaviour.revives_links if back else session.behaviour.stops_links):
        return
    for link in session.all(LINK, "NOT active" if back else "active"):
        if after["id"] in _sold(session, link):
            session.update(LINK, link, {**link, "active": back})


def _sold(session: Session, link: Object) -> frozenset[Value]:
    """The ids of the prices of a link and of their products."""
    every = members(link, "line_items")["data"]
    assert isinstance(every, list)
    prices = [session.find("price", text(row, "price")) for row in every if isinstance(row, dict)]
    return frozenset(price[name] for price in prices if price for name in ("id", "product"))
