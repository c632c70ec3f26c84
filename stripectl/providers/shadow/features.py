"""Entitlement features."""

from __future__ import annotations

from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import exists, refuse
from stripectl.providers.shadow.fields import changed, stripped, with_metadata
from stripectl.providers.shadow.objects import Object, text
from stripectl.providers.shadow.session import Session

KIND = "entitlements.feature"


def create(session: Session, call: Call) -> Object:
    """`POST /v1/entitlements/features`; the lookup key of an archived one is free again (documented)."""
    key = call.params.text("lookup_key") or ""
    _require_free(session, key)
    body: Object = {
        "id": session.new_id(KIND),
        "object": KIND,
        "active": True,
        "livemode": False,
        "lookup_key": key,
        "metadata": {},
        "name": call.params.text("name"),
    }
    return session.create(KIND, with_metadata(_named(session, body), call.params))


def update(session: Session, call: Call) -> Object:
    """`POST /v1/entitlements/features/{id}`

    Archiving is documented to be for good; that the way back is refused is unverified.
    """
    before = session.get(KIND, call.id, "id", status=404)
    if call.params.flag("active") and not before["active"]:
        if not session.behaviour.revives_features:
            raise refuse("A feature that was archived cannot be made active again.", "active")
        _require_free(session, text(before, "lookup_key"))
    after = with_metadata(changed(before, call.params, ("active", "name")), call.params)
    return session.update(KIND, before, _named(session, after))


def _named(session: Session, body: Object) -> Object:
    return stripped(body, ("name",)) if session.behaviour.strips_feature_names else body


def _require_free(session: Session, key: str) -> None:
    holders = "lookup_key = ? AND active" if session.behaviour.frees_feature_keys else "lookup_key = ?"
    if session.first(KIND, holders, key):
        raise exists(f"A feature with the lookup key `{key}` already exists.", "lookup_key")
