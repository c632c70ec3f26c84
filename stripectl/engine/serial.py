"""Plans and revisions as JSON and back: the formats of `schemas/plan.schema.json` and `revision.schema.json`.

A writer raises the minor version when it adds a field and the major one when it changes the meaning of one;
a reader ignores fields that it does not know and refuses another major version.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

from stripectl import __version__
from stripectl.diagnostics import Diagnostic, InvalidInput, Location, Path, Severity, StalePlan, error
from stripectl.engine.fidelity import Annotation
from stripectl.engine.kinds import Kinds, Reach
from stripectl.engine.nodes import Node
from stripectl.engine.plan import (
    UNKNOWN,
    Account,
    Action,
    Audience,
    Base,
    Change,
    Compared,
    Drift,
    FieldChange,
    MadeFrom,
    Plan,
    Reassessed,
    Restores,
    Revision,
    not_promised,
)
from stripectl.engine.quotes import Quote
from stripectl.engine.reading import (
    read_account,
    read_allowance,
    read_annotation,
    read_change,
    read_compared,
    read_diagnostic,
    read_drift,
    read_made_from,
    read_quote,
    read_resource,
)
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Json, canonical, digest, plain_text, to_json

FORMAT_VERSION = "1.1"

LONGEST = 120
"""Characters of a value that a message repeats."""

UNSIGNED = frozenset(
    {
        "format_version",
        "stripectl_version",
        "plan_id",
        "created_at",
        "made_from",
        "compared",
        "unread",
        "review",
        "digest",
    }
)
"""Top-level fields of a plan file that its digest leaves out: an apply neither reads nor records them, and
equal inputs must come to equal digests."""

UNSIGNED_CODES = frozenset(
    {"account-unverified", "customer-unread", "date-past", "mode-unverified", "stale-branch"}
)
"""Warnings that the digest leaves out: a day, a merge, or the key of the applying job makes them come or go,
and the plan does the same."""

UNSIGNED_IN_ROWS = frozenset({"source", "audience", "pointers"})
"""Fields of a row that the digest leaves out: they move while a plan is in review, and decide nothing. What
pointers take from the undo of a row moves with them."""


def plan_to_json(plan: Plan) -> dict[str, Json]:
    """The plan file. Equal plans give equal JSON but for `plan_id` and `created_at`.

    The row of a change that changes nothing leaves out `before`, which equals `after`.
    """
    document: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "stripectl_version": __version__,
        "plan_id": plan.plan_id,
        "created_at": plan.created_at,
        "catalog": plan.catalog,
        "environment": plan.environment,
        "account": _account(plan.account) if plan.account else None,
        "base": {"revision": plan.base.revision, "observed_digest": plan.base.observed_digest},
        "desired_digest": plan.desired_digest,
        "rollback_of": plan.rollback_of,
        "moved": dict(plan.moved),
        "released": list(plan.released),
        "approval": [each.value for each in plan.approval],
        **_rare(allowed=list(plan.allowed), targets=list(plan.targets)),
        "unread": list(plan.unread),
        "changes": [_change(change) for change in plan.changes],
        "drift": [drift_to_json(drift) for drift in plan.drift],
        "quotes": [_quote(quote) for quote in plan.quotes],
        "annotations": [annotation_to_json(note) for note in plan.annotations],
        "diagnostics": [diagnostic_to_json(diagnostic) for diagnostic in plan.diagnostics],
        "summary": dict(plan.summary),
    }
    if plan.made_from:
        document["made_from"] = _made_from(plan.made_from)
    if plan.compared:
        document["compared"] = _compared(plan.compared)
    return {**document, "digest": document_digest(document)}


def plan_digest(plan: Plan) -> str:
    """What a reviewer signs: `sha256:` and 64 hex digits over all of the plan that decides what is done."""
    return document_digest(plan_to_json(plan))


def document_digest(document: dict[str, Json]) -> str:
    """The digest of a plan file's content, including fields that this version does not know."""
    return digest(signed(document))


def signed(document: Mapping[str, Json]) -> dict[str, Json]:
    """What of a plan file its digest is taken of."""
    return {key: _signed_rows(value) for key, value in document.items() if key not in UNSIGNED}


def signed_plan(plan: Plan) -> Json:
    """What of a plan its digest is taken of."""
    return signed(plan_to_json(plan))


def signed_change(change: Change) -> Json:
    """What of a row the digest of its plan is taken of."""
    return _signed_row(_change(change))


def first_difference(one: Json, other: Json, path: Path = ()) -> tuple[Path, Json, Json] | None:
    """Where two JSON values first differ, and what stands there; None stands for what is missing."""
    pairs: list[tuple[str | int, Json, Json]]
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(key, one.get(key), other.get(key)) for key in dict.fromkeys((*one, *other))]
    elif isinstance(one, list) and isinstance(other, list):
        pairs = [(place, *pair) for place, pair in enumerate(zip_longest(one, other))]
    else:
        return None if type(one) is type(other) and one == other else (path, one, other)
    found = (first_difference(old, new, (*path, key)) for key, old, new in pairs)
    return next(filter(None, found), None)


def shortened(value: Json) -> str:
    """A value as messages repeat it."""
    if value in (None, [], {}):
        return "not set"
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def check_digest(document: Json) -> None:
    """Raise StalePlan where a plan file is not what it was when it was written."""
    node = Node(document, "plan")
    written, found = node["digest"].text(), document_digest(node.object())
    if written != found:
        raise StalePlan(
            error(
                "plan-edited",
                "The plan file was changed after it was made",
                f"Its digest says {written}, but its content has {found}.",
                hint="make the plan again; a plan file is never edited",
            )
        )


def revision_to_json(revision: Revision) -> dict[str, Json]:
    """The file of one revision."""
    return {
        "format_version": FORMAT_VERSION,
        "revision": revision.number,
        "catalog": revision.catalog,
        "environment": revision.environment,
        "account": _account(revision.account),
        "created_at": revision.created_at,
        "by": revision.by,
        "commit": revision.commit,
        "dirty": revision.dirty,
        "run": revision.run,
        "rollback_of": revision.rollback_of,
        "moved": dict(revision.moved),
        "plan_digest": revision.plan_digest,
        "desired_digest": revision.desired_digest,
        "changes": dict(revision.changes),
        "desired": [_resource(resource) for resource in revision.desired],
        "ids": dict(revision.ids),
        **_rare(used=[*sorted(revision.used)], former=dict(revision.former), previous=revision.previous),
        "annotations": [annotation_to_json(note) for note in revision.annotations],
    }


def diagnostic_to_json(diagnostic: Diagnostic) -> Json:
    """One diagnostic, as in plan files and under `--output json`."""
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
        "address": diagnostic.address,
        "path": diagnostic.path,
        "source": _source(diagnostic.source),
    }


def _signed_rows(value: Json) -> Json:
    """A list of rows without unsigned remarks, and without what moves; anything else as it is."""
    return [_signed_row(row) for row in value if not _is_remark(row)] if isinstance(value, list) else value


def _is_remark(row: Json) -> bool:
    if not isinstance(row, dict) or "severity" not in row:
        return False
    return row["severity"] == Severity.INFO.value or row.get("code") in UNSIGNED_CODES


def _signed_row(row: Json) -> Json:
    """A row without what moves, also in the resources and notes that it holds; their fields stay whole."""
    if not isinstance(row, dict):
        return row
    undo = {"undo": _own_undo(row["undo"], row.get("pointers"))} if "undo" in row else {}
    inner = {key: _signed_inner(key, value) for key, value in row.items() if key not in UNSIGNED_IN_ROWS}
    return {**inner, **undo}


def _own_undo(undo: Json, pointers: Json) -> Json:
    """What undoing a row comes to by itself, whatever stops with its object, or could."""
    because = undo.get("because") if isinstance(undo, dict) else None
    if not (isinstance(undo, dict) and isinstance(because, list)):
        return undo
    found = pointers if isinstance(pointers, list) else []
    stopped = [each for each in found if isinstance(each, dict) and each.get("stops")]
    taken = {not_promised(str(each.get("kind"))) for each in stopped}
    own = [each for each in because if each not in taken and not str(each).endswith(UNKNOWN)]
    return {**undo, "because": own, **({} if own else {"restores": Restores.EXACTLY.value})}


def _signed_inner(key: str, value: Json) -> Json:
    if key in ("before", "after", "revives", "given_back"):
        return _signed_row(value)
    return _signed_rows(value) if key == "annotations" else value


def _account(account: Account) -> Json:
    return {
        "id": account.id,
        "livemode": account.livemode,
        "api_version": account.api_version,
        "api_base": account.api_base,
    }


def _made_from(made_from: MadeFrom) -> Json:
    return {"commit": made_from.commit, "dirty": made_from.dirty}


def _compared(compared: Compared) -> Json:
    return {
        "base": compared.base,
        "commit": compared.commit,
        "fidelity": [_reassessed(each) for each in compared.reassessed],
    }


def _reassessed(each: Reassessed) -> Json:
    return {
        "address": each.address,
        "before": [annotation_to_json(note) for note in each.before],
        "after": [annotation_to_json(note) for note in each.after],
    }


def _source(source: Location | None) -> Json:
    return {"file": source.file, "line": source.line, "column": source.column} if source else None


def _path(path: Path) -> Json:
    return list(path)


def _resource(resource: Resource | None) -> Json:
    """Like the resource's own JSON, which digests use, and what only a reader of the file needs."""
    if resource is None:
        return None
    shape = resource.to_json()
    assert isinstance(shape, dict)
    if resource.owner is not None:
        shape["owner"] = resource.owner
    if resource.created:
        shape["created"] = resource.created
    if resource.source:
        shape["source"] = _source(resource.source)
    return shape


def _change(change: Change) -> Json:
    return {
        "address": change.address,
        "kind": change.kind,
        "action": change.action.value,
        "object_id": change.object_id,
        "fidelity": change.fidelity.value,
        "annotations": [annotation_to_json(note) for note in change.annotations],
        "before": _resource(None if change.action is Action.NO_OP and change.after else change.before),
        "after": _resource(change.after),
        "revives": _resource(change.revives),
        "changed": [field_change_to_json(each) for each in change.changed],
        "replace_because": list(change.replace_because),
        "irreversible": list(change.irreversible),
        "notes": list(change.notes),
        "transfers": list(change.transfers),
        "new_id": change.new_id,
        **_rare(used=change.used, stays=change.stays, given_back=_resource(change.given_back)),
        "reach": change.reach.value,
        "undo": {"restores": change.undo.restores.value, "because": list(change.undo.because)},
        "audience": audience_to_json(change.audience),
        "pointers": [
            {"kind": each.kind, "object_id": each.object_id, "name": each.name, "stops": each.stops}
            for each in change.pointers
        ],
        "source": _source(change.resource.source),
    }


def _rare(**members: Json) -> dict[str, Json]:
    """Members that are left out where they say nothing."""
    return {name: value for name, value in members.items() if value}


def field_change_to_json(change: FieldChange) -> Json:
    """One value that differs, as in plan files."""
    return {"path": _path(change.path), "before": to_json(change.before), "after": to_json(change.after)}


def audience_to_json(audience: Audience | None) -> Json:
    """Who is on a price, as in plan files."""
    if audience is None:
        return None
    monthly = audience.monthly
    return {
        "subscriptions": audience.subscriptions,
        "more": audience.more,
        "monthly": None if monthly is None else {key: to_json(each) for key, each in monthly.items()},
    }


def drift_to_json(drift: Drift) -> Json:
    """One drifted object, as in plan files."""
    return {
        "address": drift.address,
        "kind": drift.kind,
        "object_id": drift.object_id,
        "change": drift.change.value,
        "fields": [
            {"path": _path(each.path), "recorded": to_json(each.recorded), "observed": to_json(each.observed)}
            for each in drift.fields
        ],
    }


def _quote(quote: Quote) -> Json:
    every = quote.every
    return {
        "address": quote.address,
        "title": quote.title,
        "quantity": quote.quantity,
        "currency": quote.currency,
        "every": {"interval": every.unit, "interval_count": every.count} if every else None,
        "before": None if quote.before is None else plain_text(quote.before),
        "after": None if quote.after is None else plain_text(quote.after),
        "changed": quote.changed,
    }


def annotation_to_json(note: Annotation) -> Json:
    """One verdict, as in plan files."""
    return {
        "address": note.address,
        "fidelity": note.fidelity.value,
        "code": note.code,
        "detail": note.detail,
        "accepted": note.accepted,
        "source": _source(note.source),
    }


def plan_from_json(document: Json, kinds: Kinds) -> Plan:
    """The plan that a file holds: the inverse of `plan_to_json`.

    A row that changes nothing gets back a `before` that is its `after` with the object's id. Raises
    InvalidInput for anything that is no plan, or one of another major version; the digest is not looked at
    (see `check_digest`).
    """
    node = Node(document, "plan")
    _check_version(node)
    base = node["base"]
    compared = read_compared(node["compared"])
    return Plan(
        catalog=node["catalog"].text(),
        environment=node["environment"].text(),
        account=None if compared else read_account(node["account"]),
        base=Base(base["revision"].whole(), base["observed_digest"].text()),
        desired_digest=node["desired_digest"].text(),
        changes=tuple(read_change(each, kinds) for each in node["changes"].items()),
        drift=tuple(read_drift(each, kinds) for each in node["drift"].items()),
        quotes=tuple(read_quote(each) for each in node["quotes"].items()),
        annotations=tuple(read_annotation(each) for each in node["annotations"].items()),
        diagnostics=tuple(read_diagnostic(each) for each in node["diagnostics"].items()),
        rollback_of=node["rollback_of"].maybe_whole(),
        moved={key: each.text() for key, each in node["moved"].entries().items()},
        released=node["released"].texts(),
        approval=tuple(each.one_of(Reach) for each in node["approval"].items()),
        allowed=tuple(map(read_allowance, node["allowed"].items())),
        targets=node["targets"].texts(),
        unread=node["unread"].texts(),
        plan_id=node["plan_id"].text(),
        created_at=node["created_at"].text(),
        made_from=read_made_from(node["made_from"]),
        compared=compared,
    )


def revision_from_json(document: Json, kinds: Kinds) -> Revision:
    """The revision that a file holds: the inverse of `revision_to_json`; raises InvalidInput likewise."""
    node = Node(document, "revision")
    _check_version(node)
    return Revision(
        number=node["revision"].whole(),
        catalog=node["catalog"].text(),
        environment=node["environment"].text(),
        account=read_account(node["account"]),
        desired=State.of(read_resource(each, kinds) for each in node["desired"].items()),
        ids={key: each.text() for key, each in node["ids"].entries().items()},
        used=frozenset(node["used"].texts()),
        former={key: each.text() for key, each in node["former"].entries().items()},
        annotations=tuple(read_annotation(each) for each in node["annotations"].items()),
        plan_digest=node["plan_digest"].text(),
        desired_digest=node["desired_digest"].text(),
        run=node["run"].text(),
        created_at=node["created_at"].text(),
        by=node["by"].text(),
        commit=node["commit"].maybe_text(),
        dirty=node["dirty"].flag(),
        rollback_of=node["rollback_of"].maybe_whole(),
        moved={key: each.text() for key, each in node["moved"].entries().items()},
        changes={key: each.whole() for key, each in node["changes"].entries().items()},
        previous=node["previous"].maybe_text(),
    )


def _check_version(node: Node) -> None:
    version = node["format_version"].text()
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise InvalidInput(
            error(
                "format-version",
                "The file has a format that this version of stripectl cannot read",
                f"This {node.noun} has format {version}; stripectl {__version__} reads {FORMAT_VERSION}.",
                hint="use the version of stripectl that wrote it",
            )
        )
