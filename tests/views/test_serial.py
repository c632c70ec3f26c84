"""Plan and revision files: exact inverses, one digest, and a calm word to whatever is no such file."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripectl.diagnostics import Diagnostic, InvalidInput, Severity, StalePlan
from stripectl.engine.consequences import pointed_to
from stripectl.engine.kinds import Reach
from stripectl.engine.nodes import parse_json
from stripectl.engine.plan import Action, Audience, Base, Change, FieldChange, Plan, Restores, Undo
from stripectl.engine.resource import Resource
from stripectl.engine.serial import (
    check_digest,
    plan_digest,
    plan_from_json,
    plan_to_json,
    revision_from_json,
    revision_to_json,
)
from stripectl.engine.values import Json, Ref, Value
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.chain import START
from stripectl.views.as_json import plan_json
from tests.views import samples

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


PLAN_SCHEMA, REVISION_SCHEMA = validator("plan"), validator("revision")

texts = st.text(max_size=12)
amounts = st.decimals(min_value=0, max_value=10**9, places=12, allow_nan=False, allow_infinity=False)
refs = texts.map(Ref)
option = st.fixed_dictionaries({"unit_amount": amounts})
tiers = st.lists(
    st.fixed_dictionaries({"up_to": st.none() | st.integers(1, 10**6), "flat_amount": amounts}), max_size=3
).map(tuple)
metadata = st.dictionaries(texts | st.sampled_from(["unit_amount", "$ref", "percent_off"]), texts, max_size=3)
price_fields: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        "unit_amount": st.none() | amounts,
        "product": refs | texts,
        "tiers": tiers,
        "currency_options": st.dictionaries(texts, option, max_size=2),
        "metadata": metadata,
        "active": st.booleans(),
    },
)
locations = st.none() | st.builds(samples.at, st.integers(1, 9))
prices = st.builds(
    Resource,
    kind=st.just("price"),
    address=texts,
    fields=price_fields,
    object_id=st.none() | texts,
    owner=st.none() | texts,
    created=st.integers(0, 9),
    adopts=st.booleans(),
    origin=st.none() | texts.filter(bool),
    protect=st.booleans(),
    ignore=st.lists(texts, max_size=2).map(tuple),
    source=locations,
)
bounds = st.integers(0, 10**14)
changed = st.one_of(
    st.builds(FieldChange, st.just(("unit_amount",)), st.none() | amounts, st.none() | amounts),
    st.builds(FieldChange, st.tuples(st.just("metadata"), texts), st.none() | texts, st.none() | texts),
    st.builds(FieldChange, st.just(("metadata",)), st.none() | metadata, metadata),
    st.builds(FieldChange, st.just(("tiers", 1, "flat_amount")), amounts, amounts),
    st.builds(FieldChange, st.just(("tiers", 1, "up_to")), st.none() | bounds, st.none() | bounds),
)
rows = st.builds(
    Change,
    address=texts,
    kind=st.just("price"),
    action=st.sampled_from([action for action in Action if action is not Action.NO_OP]),
    before=st.none() | prices,
    after=prices,
    revives=st.none() | prices,
    changed=st.lists(changed, max_size=3).map(tuple),
    replace_because=st.lists(texts, max_size=2).map(tuple),
    transfers=st.lists(texts, max_size=2).map(tuple),
    new_id=st.none() | texts,
    reach=st.sampled_from(Reach),
    undo=st.builds(Undo, st.sampled_from(Restores), st.lists(texts, max_size=2).map(tuple)),
    audience=st.none()
    | st.builds(
        Audience,
        st.none() | st.integers(0, 99),
        st.booleans(),
        st.none()
        | st.dictionaries(st.sampled_from(["eur", "jpy"]), st.decimals(0, 99, places=3), max_size=2),
    ),
)
plans = st.builds(
    lambda changes, revision, moved: samples.plan(
        *changes, base=Base(revision, samples.DIGEST), moved=moved, drift=samples.DRIFTED
    ),
    st.lists(rows, max_size=3),
    st.integers(0, 9),
    st.dictionaries(texts, texts, max_size=2),
)


def through_text(document: Json) -> Json:
    return parse_json(json.dumps(document), "plan")


@given(plans)
def test_a_plan_reads_back_as_it_was(plan: Plan) -> None:
    assert plan_from_json(through_text(plan_to_json(plan)), KINDS) == plan


@pytest.mark.parametrize("name", samples.PLANS)
def test_the_samples_read_back_as_they_were(name: str) -> None:
    plan = samples.PLANS[name]
    assert plan_from_json(through_text(plan_to_json(plan)), KINDS) == plan


def test_a_diff_reads_back_as_it_was_and_fits_the_schema() -> None:
    document = through_text(plan_to_json(samples.DIFF))
    PLAN_SCHEMA.validate(document)
    assert plan_from_json(document, KINDS) == samples.DIFF


def test_only_a_diff_is_without_an_account() -> None:
    document = plan_to_json(samples.RAISED) | {"account": None}
    with pytest.raises(InvalidInput):
        plan_from_json(document, KINDS)


def test_a_revision_reads_back_as_it_was() -> None:
    for revision in samples.REVISIONS:
        assert revision_from_json(through_text(revision_to_json(revision)), KINDS) == revision


@given(plans)
def test_every_plan_file_fits_its_schema(plan: Plan) -> None:
    PLAN_SCHEMA.validate(through_text(plan_to_json(plan)))
    PLAN_SCHEMA.validate(through_text(plan_json(plan)))


def test_every_revision_file_fits_its_schema() -> None:
    for revision in samples.REVISIONS:
        REVISION_SCHEMA.validate(through_text(revision_to_json(revision)))


@pytest.mark.parametrize("name", ["plan", "revision"])
def test_the_schemas_name_every_field_that_is_written(name: str) -> None:
    first, *others = samples.BUSY.changes
    full = replace(first, used=True, stays=True, given_back=first.resource)
    whole = replace(
        samples.BUSY,
        made_from=samples.MADE_FROM,
        compared=samples.COMPARED,
        changes=(full, *others),
        allowed=("archives",),
        targets=("price.team.monthly",),
    )
    rare = frozenset({"meter.calls"})
    record = replace(samples.REVISION, used=rare, former={"mtr_1": "meter.old"}, previous=START)
    printed: Any = plan_json(whole)
    written = printed if name == "plan" else revision_to_json(record)
    described = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert list(described["properties"]) == list(written)
    # Missing where there is nothing to tell.
    optional = {"made_from", "compared", "used", "former", "allowed", "targets", "previous", "review"}
    assert described["required"] == [field for field in written if field not in optional]
    if name == "plan":
        changes: Any = written["changes"]
        drift: Any = written["drift"]
        assert list(described["definitions"]["change"]["properties"]) == list(changes[0])
        assert list(described["definitions"]["drift"]["properties"]) == list(drift[0])


def test_a_plan_differs_in_id_and_time_only_when_it_is_made_again() -> None:
    first = plan_to_json(samples.BUSY)
    again = plan_to_json(replace(samples.BUSY, plan_id="other", created_at="2027-01-01T00:00:00Z"))
    assert {key for key in first if first[key] != again[key]} == {"plan_id", "created_at"}


def test_the_digest_leaves_out_how_many_subscribers_there_are() -> None:
    few, many = samples.plan(samples.raised(subscribers=3)), samples.plan(samples.raised(subscribers=400))
    assert plan_digest(few) == plan_digest(many)


def test_a_date_that_goes_by_while_a_plan_is_in_review_leaves_its_digest() -> None:
    plan = samples.RAISED
    gone, other = (Diagnostic(Severity.WARNING, code, "Now") for code in ("date-past", "blanks-around"))
    assert plan_digest(replace(plan, diagnostics=(*plan.diagnostics, gone))) == plan_digest(plan)
    assert plan_digest(replace(plan, diagnostics=(*plan.diagnostics, other))) != plan_digest(plan)


def test_the_digest_covers_amounts_accounts_and_verdicts() -> None:
    digests = {
        plan_digest(plan)
        for plan in (
            samples.RAISED,
            samples.plan(samples.raised(after_cents=2901), samples.kept(samples.product())),
            replace(samples.RAISED, account=samples.LIVE),
            replace(samples.RAISED, annotations=(samples.TRIAL,)),
            replace(samples.RAISED, base=Base(4, samples.DIGEST)),
        )
    }
    assert len(digests) == 5


def test_an_unchanged_row_leaves_out_before_and_gets_it_back_with_the_id_of_the_object() -> None:
    row = replace(
        samples.kept(samples.product()), before=replace(samples.product(), owner="acme", source=None)
    )
    document = plan_to_json(samples.plan(row))
    assert document["changes"][0]["before"] is None  # type: ignore[index,call-overload]
    read = plan_from_json(document, KINDS).changes[0].before
    assert read is not None
    assert (read.object_id, read.fields) == ("acme-pro", samples.product().fields)


def test_an_edited_plan_is_stale() -> None:
    document = plan_to_json(samples.RAISED)
    check_digest(document)
    document["environment"] = "live"
    with pytest.raises(StalePlan) as caught:
        check_digest(document)
    assert caught.value.diagnostics[0].code == "plan-edited"
    assert plan_digest(samples.RAISED) in caught.value.diagnostics[0].detail


def test_a_field_of_a_newer_minor_version_is_ignored_but_signed() -> None:
    document = plan_to_json(samples.RAISED) | {"format_version": "1.7", "approvals": ["ana"]}
    assert plan_from_json(document, KINDS) == samples.RAISED
    with pytest.raises(StalePlan):
        check_digest(document)


def test_another_major_version_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_from_json(plan_to_json(samples.RAISED) | {"format_version": "2.0"}, KINDS)
    assert caught.value.diagnostics[0].code == "format-version"


def spoiled(place: str, value: Json) -> Json:
    """The sample plan with one value set to another: `changes.0.action`."""
    document: Json = through_text(plan_to_json(samples.BUSY))
    target: Json = document
    *parents, last = place.split(".")
    for part in parents:
        target = target[int(part) if isinstance(target, list) else part]  # type: ignore[index]
    target[int(last) if isinstance(target, list) else last] = value  # type: ignore[index]
    return document


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        ("account", 3, "account"),
        ("account.livemode", "yes", "account.livemode"),
        ("base.revision", True, "base.revision"),
        ("changes", {}, "changes"),
        ("changes.0", "x", "changes[0]"),
        ("changes.0.action", "destroy", "changes[0].action"),
        ("changes.0.kind", "refund", "changes[0].kind"),
        ("changes.1.before.fields.unit_amount", "twelve", "changes[1].before.fields.unit_amount"),
        ("changes.1.before.fields.unit_amount", "NaN", "changes[1].before.fields.unit_amount"),
        ("changes.1.changed.0.path", [], "changes[1].changed[0].path"),
        ("drift.0.fields.0.path", [None], "drift[0].fields[0].path[0]"),
        ("diagnostics.0.source", {"file": "x"}, "diagnostics[0].source.line"),
    ],
)
def test_a_spoiled_plan_is_refused_with_the_place_of_what_is_wrong(
    place: str, value: Json, path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_from_json(spoiled(place, value), KINDS)
    found = caught.value.diagnostics[0]
    assert (found.code, found.path) == ("malformed-file", path)


def test_a_row_about_nothing_is_refused() -> None:
    document = plan_to_json(samples.plan(samples.created(samples.product())))
    document["changes"][0]["after"] = None  # type: ignore[index,call-overload]
    with pytest.raises(InvalidInput, match="a change with a before or an after"):
        plan_from_json(document, KINDS)


@pytest.mark.parametrize("text", ["", "{", "[1.5]", '{"a": NaN}', "\x00\x01", "[" * 100_000])
def test_what_is_no_exact_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_json(text, "plan")
    assert caught.value.diagnostics[0].code == "malformed-file"


@pytest.mark.parametrize("document", [None, 1, "plan", [], {}, {"format_version": "1.0"}])
def test_other_json_is_refused(document: Json) -> None:
    for read in (plan_from_json, revision_from_json):
        with pytest.raises(InvalidInput):
            read(document, KINDS)


def test_amounts_keep_every_digit() -> None:
    exact = Decimal("0.000000000001")
    plan = samples.plan(samples.created(samples.price(0, unit_amount=exact)))
    after = plan_from_json(through_text(plan_to_json(plan)), KINDS).changes[0].after
    assert after is not None
    assert after.fields["unit_amount"] == exact


def test_what_stops_with_an_object_moves_the_undo_and_not_the_digest() -> None:
    plain = samples.plan(samples.raised())
    stopped = replace(plain, changes=tuple(pointed_to(row, samples.LINKS) for row in plain.changes))
    assert stopped.changes != plain.changes
    assert plan_digest(stopped) == plan_digest(plain)


def test_an_undo_that_was_edited_is_noticed_also_where_something_stops() -> None:
    stopped = samples.plan(pointed_to(samples.gone(samples.COUPON, Action.DELETE), samples.LINKS))
    lasting = replace(stopped.changes[0], undo=stopped.changes[0].undo.less(("something else",)))
    assert plan_digest(replace(stopped, changes=(lasting,))) != plan_digest(stopped)


def test_what_stops_survives_the_file() -> None:
    assert plan_from_json(plan_to_json(samples.AFFECTED), KINDS).changes == samples.AFFECTED.changes
