"""Billing meters."""

from __future__ import annotations

from stripectl.providers.shadow.calls import Call
from stripectl.providers.shadow.errors import exists
from stripectl.providers.shadow.fields import changed, stripped
from stripectl.providers.shadow.objects import Object, text
from stripectl.providers.shadow.parameters import Parameters
from stripectl.providers.shadow.session import Session

KIND = "billing.meter"


def create(session: Session, call: Call) -> Object:
    """`POST /v1/billing/meters`"""
    params = call.params
    event_name = params.text("event_name") or ""
    _require_free(session, event_name, "", "event_name")
    body: Object = {
        "id": session.new_id(KIND),
        "object": KIND,
        "created": session.now,
        "customer_mapping": {
            "event_payload_key": _payload_key(params, "customer_mapping") or "stripe_customer_id",
            "type": "by_id",
        },
        "default_aggregation": {"formula": (params.record("default_aggregation") or params).text("formula")},
        "display_name": params.text("display_name"),
        "event_name": event_name,
        "event_time_window": params.text("event_time_window"),
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": session.now,
        "value_settings": {"event_payload_key": _payload_key(params, "value_settings") or "value"},
    }
    return session.create(KIND, _named(session, body))


def update(session: Session, call: Call) -> Object:
    """`POST /v1/billing/meters/{id}`"""
    before = session.get(KIND, call.id, "id", status=404)
    return session.update(KIND, before, _named(session, changed(before, call.params, ("display_name",))))


def deactivate(session: Session, call: Call) -> Object:
    """`POST /v1/billing/meters/{id}/deactivate`; an inactive meter stays as it is (unverified)."""
    before = session.get(KIND, call.id, "id", status=404)
    if before["status"] == "inactive":
        return before
    after: Object = {
        **before,
        "status": "inactive",
        "status_transitions": {"deactivated_at": session.now},
    }
    return session.update(KIND, before, after, "deactivated")


def reactivate(session: Session, call: Call) -> Object:
    """`POST /v1/billing/meters/{id}/reactivate`; an active meter stays as it is (unverified)."""
    before = session.get(KIND, call.id, "id", status=404)
    if before["status"] == "active":
        return before
    _require_free(session, text(before, "event_name"), call.id)
    after: Object = {**before, "status": "active", "status_transitions": {"deactivated_at": None}}
    return session.update(KIND, before, after, "reactivated")


def _payload_key(params: Parameters, name: str) -> str | None:
    settings = params.record(name)
    return settings.text("event_payload_key") if settings else None


def _named(session: Session, body: Object) -> Object:
    return stripped(body, ("display_name",)) if session.behaviour.strips_meter_names else body


def _require_free(session: Session, event_name: str, own_id: str, param: str | None = None) -> None:
    active = " AND status = 'active'" if session.behaviour.frees_event_names else ""
    if session.first(KIND, f"event_name = ? AND id <> ?{active}", event_name, own_id):
        raise exists(f"A meter with the event name `{event_name}` already exists.", param)
