"""Meters and features, which an account has for all of its catalogs, and which nothing deletes."""

from __future__ import annotations

from tests.live.answers import dig
from tests.live.asking import Asking, measured
from tests.live.probe import REFUSED, Grade, Probe, Seen

METERS = "/v1/billing/meters"
FEATURES = "/v1/entitlements/features"


def _event_name(ask: Asking) -> Seen:
    meter = ask.meter()
    name = str(meter["event_name"])
    while_active = ask.post(METERS, measured(name)).outcome
    ask.post(f"{METERS}/{meter['id']}/deactivate", {})
    return {
        "while its meter is active": while_active,
        "after its meter was deactivated": ask.post(METERS, measured(name)).outcome,
    }


def _switching(ask: Asking) -> Seen:
    path = f"{METERS}/{ask.meter()['id']}"
    off, off_again = (ask.post(f"{path}/deactivate", {}) for _ in range(2))
    on, on_again = (ask.post(f"{path}/reactivate", {}) for _ in range(2))
    return {
        "deactivated": off.at("status"),
        "deactivated once more": off_again.outcome,
        "reactivated": on.at("status"),
        "reactivated once more": on_again.outcome,
    }


def _meter_members(ask: Asking) -> Seen:
    meter = ask.meter()
    path = f"{METERS}/{meter['id']}"
    renamed = ask.post(path, {"display_name": " Calls "})
    return {
        "customer key": dig(meter, "customer_mapping", "event_payload_key"),
        "value key": dig(meter, "value_settings", "event_payload_key"),
        "another event name": ask.post(path, {"event_name": ask.unique()}).outcome,
        "an empty name": ask.post(path, {"display_name": ""}).outcome,
        "a name with blanks around, stored": renamed.at("display_name"),
    }


def _meter_lengths(ask: Asking) -> Seen:
    name = ask.unique()
    tries = {
        "name of 251": measured(name, display_name="n" * 251),
        "event name of 101": measured(name.ljust(101, "x"), display_name="n"),
        "value key of 101": measured(name, display_name="n", value_settings={"event_payload_key": "v" * 101}),
        "name of 250, event name of 100": measured(name.ljust(100, "x"), display_name="n" * 250),
    }
    return ask.outcomes(METERS, tries)


def _meter_filter(ask: Asking) -> Seen:
    meter = ask.meter()["id"]
    ask.post(f"{METERS}/{meter}/deactivate", {})
    newest = {status: ask.get(METERS, status=status, limit=100).ids for status in ("active", "inactive")}
    return {
        "among active ones": meter in newest["active"],
        "among inactive ones": meter in newest["inactive"],
    }


def _feature_key(ask: Asking) -> Seen:
    feature = ask.feature()
    sent = {"lookup_key": feature["lookup_key"], "name": "Again"}
    while_active = ask.post(FEATURES, sent).outcome
    ask.post(f"{FEATURES}/{feature['id']}", {"active": False})
    return {"while it is active": while_active, "after it was archived": ask.post(FEATURES, sent).outcome}


def _feature_back(ask: Asking) -> Seen:
    path = f"{FEATURES}/{ask.feature()['id']}"
    ask.post(path, {"active": False})
    back = ask.post(path, {"active": True})
    return {
        "made active again": back.outcome,
        "it is active then": back.at("active") if back.ok else False,
    }


def _feature_lists(ask: Asking) -> Seen:
    feature = ask.feature()
    key = feature["lookup_key"]
    before = ask.get(FEATURES, lookup_key=key)
    ask.post(f"{FEATURES}/{feature['id']}", {"active": False})
    return {
        "while it is active": len(before.rows),
        "archived, without a filter": len(ask.get(FEATURES, lookup_key=key).rows),
        "archived, with archived=true": len(ask.get(FEATURES, lookup_key=key, archived=True).rows),
    }


def _feature_members(ask: Asking) -> Seen:
    path = f"{FEATURES}/{ask.feature()['id']}"
    key = ask.unique()
    tries = {
        "key of 80, name of 80": {"lookup_key": key.ljust(80, "x"), "name": "n" * 80},
        "key of 81": {"lookup_key": key.ljust(81, "x"), "name": "n"},
        "name of 81": {"lookup_key": key, "name": "n" * 81},
    }
    return {
        "another key": ask.post(path, {"lookup_key": key}).outcome,
        "an empty name": ask.post(path, {"name": ""}).outcome,
        "a name with blanks around, stored": ask.post(path, {"name": " SSO "}).at("name"),
        **ask.outcomes(FEATURES, tries),
    }


def _grants(ask: Asking) -> Seen:
    product, feature = ask.product(), ask.feature()["id"]
    path = f"/v1/products/{product}/features"
    made = ask.made(path, {"entitlement_feature": feature})
    again = ask.post(path, {"entitlement_feature": feature}).outcome
    ask.post(f"{FEATURES}/{feature}", {"active": False})
    kept = len(ask.get(path).rows)
    detached = ask.delete(f"{path}/{made['id']}")
    return {
        "the feature is in the answer": dig(made, "entitlement_feature", "id") == feature,
        "the same once more": again,
        "still there after the feature was archived": kept == 1,
        "detached": detached.at("deleted"),
        "an archived feature": ask.post(path, {"entitlement_feature": feature}).outcome,
    }


PROBES = (
    Probe(
        "meter-event-name",
        "An event name is used by one meter; whether deactivating frees it is open.",
        Grade.DOCUMENTED,
        "API reference, meters; deactivating: contradicted there, and unproven",
        "a deactivated meter is reactivated; a replacement may need a new event name",
        _event_name,
        {"while its meter is active": REFUSED},
    ),
    Probe(
        "meter-switching",
        "A meter can be deactivated and reactivated; what happens to one that already is, is open.",
        Grade.DOCUMENTED,
        "API reference, meters; twice: no source",
        "a rollback reactivates meters; a meter that is in the wanted state is not asked",
        _switching,
        {"deactivated": "inactive", "reactivated": "active"},
    ),
    Probe(
        "meter-members",
        "Keys of a meter's events have defaults; its event name cannot be changed.",
        Grade.DOCUMENTED,
        "API reference, meters; blanks and clearing: no source",
        "the defaults are filled in on both sides",
        _meter_members,
        {
            "customer key": "stripe_customer_id",
            "value key": "value",
            "another event name": REFUSED,
            "an empty name": REFUSED,
        },
    ),
    Probe(
        "meter-lengths",
        "A meter's name has 250 characters at most, its event name and the keys of its events 100.",
        Grade.DOCUMENTED,
        "API description: maxLength",
        "`validate` refuses more",
        _meter_lengths,
        {
            "name of 251": REFUSED,
            "event name of 101": REFUSED,
            "value key of 101": REFUSED,
            "name of 250, event name of 100": "accepted",
        },
    ),
    Probe(
        "meter-filter",
        "Meters are listed by status, and a list is consistent at once.",
        Grade.DOCUMENTED,
        "API reference, meters",
        "an apply reads what it has just written",
        _meter_filter,
        {"among active ones": False, "among inactive ones": True},
    ),
    Probe(
        "feature-key",
        "A feature's lookup key is taken while the feature is active, and free once it is archived.",
        Grade.DOCUMENTED,
        "API reference, features",
        "a feature that cannot be brought back is made anew",
        _feature_key,
        {"while it is active": REFUSED, "after it was archived": "accepted"},
    ),
    Probe(
        "feature-reactivation",
        "An archived feature can be made active again.",
        Grade.UNKNOWN,
        "documented as permanent; the parameter exists",
        "archiving is irreversible in a plan; coming back is tried, and a refusal survived",
        _feature_back,
    ),
    Probe(
        "feature-lists",
        "A list of features hides archived ones unless it is asked for them.",
        Grade.DOCUMENTED,
        "API reference, features",
        "features are read twice",
        _feature_lists,
        {
            "while it is active": 1,
            "archived, without a filter": 0,
            "archived, with archived=true": 1,
        },
    ),
    Probe(
        "feature-members",
        "Name and lookup key of a feature have 80 characters at most; the key cannot be changed.",
        Grade.DOCUMENTED,
        "API reference, features; blanks: no source",
        "`validate` refuses more; another key makes another feature",
        _feature_members,
        {
            "another key": REFUSED,
            "an empty name": REFUSED,
            "key of 80, name of 80": "accepted",
            "key of 81": REFUSED,
            "name of 81": REFUSED,
        },
    ),
    Probe(
        "feature-grants",
        "A product grants features; a grant can be taken back.",
        Grade.DOCUMENTED,
        "API reference, product features; archived features and repetition: no source",
        "grants are matched by their pair",
        _grants,
        {"the feature is in the answer": True, "detached": True},
    ),
)
