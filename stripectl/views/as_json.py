"""The same things for machines: JSON values in versioned formats, and their text.

`plan_json` is the plan file itself; everything else carries `format_version` and follows the same rules:
a new field raises the minor version, a changed meaning the major one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from stripectl.diagnostics import Diagnostic
from stripectl.engine.checkup import Check, Health
from stripectl.engine.fidelity import Annotation
from stripectl.engine.logged import Logged
from stripectl.engine.past import Counts, Past, Standing, Term
from stripectl.engine.plan import Drift, Plan, Revision
from stripectl.engine.resource import State
from stripectl.engine.serial import (
    FORMAT_VERSION,
    annotation_to_json,
    audience_to_json,
    diagnostic_to_json,
    drift_to_json,
    field_change_to_json,
    plan_to_json,
    revision_to_json,
)
from stripectl.engine.values import Json, plain_text, to_json
from stripectl.pricing.model import Period
from stripectl.pricing.quote import Line, Reduction, Spread, Total
from stripectl.review.amounts import Amount, Part
from stripectl.review.reading import Review, review
from stripectl.views.amount_lines import amount_counts
from stripectl.views.headlines import one_text
from stripectl.views.quotes import Sheet


def plan_json(plan: Plan) -> Json:
    """One plan: the plan file of `schemas/plan.schema.json`, and what it means under `review`.

    `review` is worked out from the rest: no plan file has it, no digest holds it, and nothing reads it.
    """
    return {**plan_to_json(plan), "review": review_json(review(plan))}


def review_json(found: Review) -> Json:
    """Every amount that changes, comes or goes, what they are in all, and who stays on products that go."""
    return {
        "summary": amount_counts(found.amounts),
        "amounts": [_amount(each) for each in found.moving],
        "staying": [
            {"product": product, "price": row.address, "audience": audience_to_json(held)}
            for product, every in found.staying.items()
            for row, held in every
        ],
    }


def _amount(each: Amount) -> Json:
    return {
        "address": each.address,
        "currency": each.currency or None,
        "change": each.course.value,
        "before": one_text(each.before) if each.before else None,
        "after": one_text(each.after) if each.after else None,
        "values": [_value(part) for part in each.parts if part.path],
    }


def _value(part: Part) -> Json:
    """Amounts are minor units; `percent` is rounded to a thousandth, null where nothing can be divided."""
    share = part.share
    return {
        "path": list(part.path),
        "before": to_json(part.before),
        "after": to_json(part.after),
        "percent": None if share is None else plain_text(Decimal(round(share * 1000)).scaleb(-3)),
    }


def plans_json(plans: Iterable[Plan]) -> Json:
    """One plan as itself; none or several under `plans`."""
    every = [plan_json(plan) for plan in plans]
    return every[0] if len(every) == 1 else _versioned(plans=list(every))


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> Json:
    """Diagnostics in the order given, under `diagnostics`."""
    return _versioned(diagnostics=[diagnostic_to_json(each) for each in diagnostics])


def drift_json(
    catalog: str,
    environment: str,
    revision: int,
    drift: Iterable[Drift],
    remarks: Iterable[Diagnostic] = (),
) -> Json:
    """Drift of one catalog against its last revision under `drift`, what is no drift under `diagnostics`."""
    return _versioned(
        catalog=catalog,
        environment=environment,
        revision=revision,
        drift=[drift_to_json(each) for each in drift],
        diagnostics=[diagnostic_to_json(each) for each in remarks],
    )


def drifts_json(reports: Iterable[Json]) -> Json:
    """Several reports of `drift_json`, under `catalogs`."""
    return _versioned(catalogs=list(reports))


def revision_json(revision: Revision) -> Json:
    """One revision: the file of `schemas/revision.schema.json`."""
    return revision_to_json(revision)


def history_json(revisions: Iterable[Revision]) -> Json:
    """Revisions, the oldest first, under `revisions`."""
    ordered = sorted(revisions, key=lambda each: each.number)
    return _versioned(revisions=[revision_to_json(each) for each in ordered])


def pasts_json(pasts: Iterable[Past], counts: Counts) -> Json:
    """Everything that each address has stood for, the oldest first, under `addresses`."""
    return _versioned(addresses=[_past(each, counts) for each in pasts], unknown=counts.unknown or None)


def _past(past: Past, counts: Counts) -> Json:
    made = past.last.since
    return {
        "catalog": made.catalog,
        "environment": made.environment,
        "address": past.address,
        "terms": [_term(each, counts) for each in past.terms],
    }


def _term(term: Term, counts: Counts) -> Json:
    return {
        "names": list(term.names),
        "resource": term.resource.to_json(),
        "since": _moment(term.since),
        "until": _moment(term.until) if term.until else None,
        "changed": [field_change_to_json(each) for each in term.changed],
        "audience": audience_to_json(counts.of(term.object_id) if term.subscribable else None),
    }


def _moment(revision: Revision) -> Json:
    return {
        "revision": revision.number,
        "created_at": revision.created_at,
        "by": revision.by,
        "commit": revision.commit,
        "dirty": revision.dirty,
        "rollback_of": revision.rollback_of,
    }


def locks_json(locks: Iterable[Json]) -> Json:
    """Who holds which catalog."""
    return _versioned(locks=list(locks))


def requests_json(
    catalog: str, environment: str, revision: int | None, run: str, lines: Iterable[Logged], damaged: int
) -> Json:
    """What a run has sent, as the log has it, under `requests`; `damaged` lines of the log are left out."""
    return _versioned(
        catalog=catalog,
        environment=environment,
        revision=revision,
        run=run,
        requests=[each.to_json() for each in lines],
        damaged=damaged,
    )


def explain_json(
    desired: State,
    annotations: Iterable[Annotation],
    *,
    address: str | None = None,
    records: Iterable[Standing] = (),
) -> Json:
    """Artifacts with the objects that they become and the verdicts on them, under `artifacts`.

    `in_force` is what each record has at the addresses of the one artifact that is asked for.
    """
    notes: dict[str, list[Json]] = {}
    made: dict[str, list[Json]] = {}
    for note in annotations:
        notes.setdefault(note.address, []).append(annotation_to_json(note))
    for resource in desired:
        made.setdefault(resource.artifact, []).append(resource.to_json())
    wanted = [address] if address else list(dict.fromkeys((*notes, *made)))
    artifacts: list[Json] = [
        {"address": each, "resources": made.get(each, []), "annotations": notes.get(each, [])}
        for each in wanted
    ]
    return _versioned(artifacts=artifacts, in_force=[_standing(each) for each in records])


def _standing(record: Standing) -> Json:
    return {
        "catalog": record.last.catalog,
        "environment": record.last.environment,
        "revision": record.last.number,
        "objects": [
            {"resource": each.resource.to_json(), "since": _moment(each.since)}
            for each in record.terms.values()
        ],
    }


def checkup_json(environment: str, checks: Iterable[Check]) -> Json:
    """What `doctor` found in an environment, check by check, under `checks`."""
    every = list(checks)
    rows: list[Json] = [
        {
            "subject": each.subject,
            "health": each.health.value,
            "found": each.found,
            "hint": each.hint,
            "link": each.link,
        }
        for each in every
    ]
    healthy = all(each.health is not Health.FAILED for each in every)
    return _versioned(environment=environment, healthy=healthy, checks=rows)


def sheets_json(sheets: Iterable[Sheet]) -> Json:
    """Baskets with their lines and totals, under `quotes`; amounts are minor units as texts."""
    return _versioned(quotes=[_sheet(each) for each in sheets])


def _sheet(sheet: Sheet) -> Json:
    return {
        "catalog": sheet.catalog,
        "title": sheet.title,
        "currency": sheet.bill.currency,
        "lines": [_bill_line(each) for each in sheet.bill.lines],
        "totals": [_bill_total(each) for each in sheet.bill.totals],
        "against": sheet.against or None,
        "totals_before": [_bill_total(each) for each in sheet.before.totals] if sheet.before else None,
        "spread": _spread(sheet.spread) if sheet.spread else None,
        "remarks": list(sheet.remarks),
    }


def _bill_line(each: Line) -> Json:
    return {
        "price": each.name,
        "every": _every(each.rate.every),
        "quantity": each.quantity,
        "units": each.units,
        "included": each.rate.included,
        "included_used": each.allowance_used,
        "tiers": [
            {
                "first": taken.first,
                "up_to": taken.tier.up_to,
                "units": taken.units,
                "unit_amount": plain_text(taken.tier.unit),
                "flat_amount": plain_text(taken.tier.flat),
                "amount": plain_text(taken.exact),
            }
            for taken in each.taken
        ],
        "exact": plain_text(each.exact),
        "amount": plain_text(each.amount),
    }


def _bill_total(each: Total) -> Json:
    return {
        "every": _every(each.every),
        "subtotal": plain_text(each.subtotal),
        "discounts": [
            {
                "discount": reduction.name,
                "duration": _duration(reduction),
                "duration_in_months": reduction.months,
                "amount": plain_text(off),
            }
            for reduction, off in each.reductions
        ],
        "amount": plain_text(each.amount),
        "lasts": _every(each.lasts),
        "then": _bill_total(each.then) if each.then else None,
    }


def _duration(each: Reduction) -> str:
    """In Stripe's words."""
    return "once" if each.once else "repeating" if each.months else "forever"


def _spread(spread: Spread) -> Json:
    return {
        "every": _every(spread.every),
        "amount": plain_text(spread.amount),
        "exact": spread.is_exact,
    }


def _every(every: Period | None) -> Json:
    return {"interval": every.unit.value, "interval_count": every.count} if every else None


def json_text(value: Json) -> str:
    """The JSON as text: two blanks of indent, keys in their own order, a newline at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _versioned(**members: Json) -> Json:
    return {"format_version": FORMAT_VERSION, **members}
