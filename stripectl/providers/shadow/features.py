"""Entitlement features."""

from __future__ import annotations

from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import exists, refuse
from stripectl.providers.shadow.fields import changed, with_metadata
from stripectl.providers.shadow.objects import Object
from stripectl.providers.shadow.session import Session

KIND = "entitlements.feature"


def create(session: Session, call: Call) -> Object:
    """`POST /v1/entitlements/features`

    The key of an archived feature is free again (documented).
    """
    key = call.params.text("lookup_key") or ""
    if session.first(KIND, "lookup_key = ? AND active", key):
        raise exists(f"A feature with the lookup key `{key}` already exists.", "lookup_key")
    body: Object = {
        "id": session.new_id(KIND),
        "object": KIND,
        "active": True,
        "livemode": False,
        "lookup_key": key,
        "metadata": {},
        "name": call.params.text("name"),
    }
    return session.create(KIND, with_metadata(body, call.params))


def update(session: Session, call: Call) -> Object:
    """`POST /v1/entitlements/features/{id}`; archiving is for good."""
    before = session.get(KIND, call.id, "id", status=404)
    if call.params.flag("active") and not before["active"]:
        raise refuse("A feature that was archived cannot be made active again.", "active")
    after = with_metadata(changed(before, call.params, ("active", "name")), call.params)
    return session.update(KIND, before, after)
