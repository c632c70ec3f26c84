"""The past of an address in words: what the text and the Markdown view both show, before it is laid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stripectl.engine.past import Counts, Past, Term
from stripectl.engine.plan import Audience, Revision
from stripectl.views import amounts, fields, noted, wording
from stripectl.views.audiences import subscriptions, worth
from stripectl.views.headlines import headline, headline_change

MANY = 6
"""So many values that differ are shown of one term; the rest are counted."""


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term in words."""

    title: str
    """`29.00 USD a month, also 22.00 EUR`."""
    delta: str
    """`(+5.00, +20.8 %)` where one amount changed, else empty."""
    state: str
    """`in force`, or empty."""
    differences: tuple[tuple[str, str], ...]
    """Label and `before → after` of what differs from the term before where the titles do not tell."""
    subscriptions: str
    """Who is on it and what they pay; empty where nobody can be, or nothing was counted."""
    when: str
    record: tuple[str, ...]
    """Revision, who applied it, commit, other names."""
    object_id: str
    lingers: bool
    """It is over, and somebody is still on it."""
    is_over: bool
    """It is over, and nobody is known to be on it."""


def term_rows(past: Past, counts: Counts) -> tuple[TermRow, ...]:
    """A row a term, the oldest first."""
    before = (None, *past.terms[:-1])
    return tuple(_row(past, *each, counts) for each in zip(before, past.terms, strict=True))


def _row(past: Past, before: Term | None, term: Term, counts: Counts) -> TermRow:
    title = headline(term.resource)
    delta = headline_change(before.resource, term.resource)[1] if before else ""
    back = past.comes_back(term)
    number = 0 if back or not term.subscribable else counts.of(term.object_id).subscriptions
    return TermRow(
        title=title,
        delta=delta,
        state="in force" if term.in_force and term.resource.active else "",
        differences=tuple(_differences(before, term)) if before and _hides(before, title, delta) else (),
        subscriptions=_subscriptions(term, back, counts),
        when=_when(term),
        record=tuple(_record(past, term)),
        object_id=term.object_id or "",
        lingers=not term.in_force and bool(number),
        is_over=not term.in_force and number == 0,
    )


def _hides(before: Term, title: str, delta: str) -> bool:
    """The titles alone do not tell what changed: they read alike, or sum tiers up."""
    return not delta and (headline(before.resource) == title or " tiers, " in title)


def _differences(before: Term, term: Term) -> Iterator[tuple[str, str]]:
    for each in term.changed[:MANY]:
        if (term.resource.kind, each.path) == ("metadata_binding", ("value",)):
            facts = noted.fact_changes(each.before, each.after)
            yield from ((name, f"{was} → {now}") for name, was, now in facts)
        else:
            told = fields.difference(each.path, each.before, each.after, before.resource, term.resource)
            yield fields.label(each.path), told
    if len(term.changed) > MANY:
        yield "and", f"{len(term.changed) - MANY:,} more"


def _subscriptions(term: Term, back: Term | None, counts: Counts) -> str:
    if not term.subscribable or not counts.held:
        return ""
    if back:
        return (
            f"the same {wording.noun(term.resource.kind)} as in revision {back.since.number}, counted there"
        )
    return held(counts.of(term.object_id))


def held(audience: Audience) -> str:
    """`12 active subscriptions, 288.00 USD a month in all`."""
    if audience.subscriptions is None:
        return "subscriptions unknown"
    return f"{subscriptions(audience.subscriptions, more=audience.more)}{worth((audience,))}"


def _when(term: Term) -> str:
    since = moment(term.since)
    return f"since {since}" if term.until is None else f"{since} to {moment(term.until)}"


def moment(revision: Revision) -> str:
    """`2026-11-21 09:00`, UTC; a time that is not ISO 8601 as it is."""
    at = revision.created_at
    return f"{at[:10]} {at[11:16]}" if at[10:11] == "T" else at


def came_from(revision: Revision, digits: int = 10) -> str:
    """`0123456789, and changes that were not committed`; empty where nobody knows."""
    if revision.commit is None:
        return ""
    return revision.commit[:digits] + (", and changes that were not committed" if revision.dirty else "")


def _record(past: Past, term: Term) -> Iterator[str]:
    made = term.since
    back = "" if made.rollback_of is None else f", rolled back to {made.rollback_of}"
    yield f"revision {made.number}{back}"
    yield f"by {made.by}"
    if made.commit:
        yield f"commit {came_from(made)}"
    if term.names != (past.address,):
        yield f"as {', then '.join(term.names)}"


# All terms together


def total(past: Past, counts: Counts) -> str:
    """`3 amounts since 2026-01-04; 14 active subscriptions are on earlier ones`."""
    noun = "amount" if past.last.resource.kind == "price" else "version"
    day = moment(past.terms[0].since)[:10]
    parts = [f"{amounts.count(past.versions, noun)} since {day}"]
    for end, back in past.gaps:
        parts.append(f"not declared from revision {end.number} until {back.number}, {moment(back)[:10]}")
    if past.last.until:
        end = past.last.until
        parts.append(f"not declared any more since revision {end.number}, {moment(end)[:10]}")
    return "; ".join((*parts, *_left_behind(past, counts)))


def _left_behind(past: Past, counts: Counts) -> Iterator[str]:
    """Who is on something that is not in force."""
    current = past.last.object_id if past.last.in_force else None
    ids = {each.object_id for each in past.terms if each.subscribable} - {current, None}
    found = [counts.of(each) for each in sorted(filter(None, ids))]
    known = [each for each in found if each.subscriptions is not None]
    number = sum(each.subscriptions or 0 for each in known)
    one, several = (
        ("an earlier one", "earlier ones") if current else ("it", "it" if len(ids) == 1 else "them")
    )
    if number:
        least = "at least " if len(known) < len(found) else ""
        more = any(each.more for each in known)
        are = "is" if number == 1 and not more else "are"
        yield f"{least}{subscriptions(number, more=more)} {are} on {several}{worth(known)}"
    elif known and len(known) == len(found):
        yield f"no active subscription is on {one}"
