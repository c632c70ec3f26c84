"""The price that a line of a payment link or an item of a subscription sells: one that exists, or its own."""

from __future__ import annotations

from stripectl.providers.shadow.errors import exclusive, missing, refuse
from stripectl.providers.shadow.objects import Object
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.prices import insert_inline
from stripectl.providers.shadow.session import Session


def sold(session: Session, line: Parameters) -> Object:
    """The price of a line, made where the line says what it costs. Raises `Refusal` for an archived one."""
    inline, price_id = line.record("price_data"), line.text("price")
    param = line.name("price")
    if inline is not None:
        if price_id is not None:
            raise exclusive(param, line.name("price_data"))
        return insert_inline(session, inline)
    if price_id is None:
        raise missing(param)
    price = session.get("price", price_id, param)
    if not price["active"]:
        raise refuse("The price specified is inactive. This field only accepts active prices.", param)
    return price
