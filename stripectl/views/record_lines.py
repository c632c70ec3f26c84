"""Revisions, the history of a catalog and of a price, and how an artifact is mapped, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.plan import Drift, Revision
from stripectl.engine.resource import Resource, State
from stripectl.views import wording
from stripectl.views.amounts import count
from stripectl.views.headlines import headline, headline_change
from stripectl.views.page import BLANK, Line, Span, columns, line
from stripectl.views.plan_lines import drift_section, pairs, target_lines
from stripectl.views.rows import field_lines


def revision_lines(revision: Revision) -> Iterator[Line]:
    """One revision: who, when, what was done, and every object with its id."""
    yield line((f"Revision {revision.number} of {revision.catalog} in {revision.environment}", "title"))
    yield from target_lines(revision.account)
    facts = (
        ("applied", f"{_day(revision.created_at)} by {revision.by}"),
        ("commit", revision.commit or ""),
        ("restores", f"revision {revision.rollback_of}" if revision.rollback_of is not None else ""),
        ("changes", wording.past_counts(revision.changes)),
        ("plan", revision.plan_digest),
        ("run", revision.run),
    )
    for label, text in facts:
        if text:
            yield line((f"{label:<9}", "dim"), text, indent=2, hang=11)
    yield BLANK
    yield line((count(len(revision.desired), "object"), "title"))
    yield from _objects(revision.recorded)


def _objects(state: State) -> Iterator[Line]:
    column = max((columns(each.address) for each in state), default=0)
    for each in state:
        pad = " " * (column - columns(each.address) + 3)
        shown_id = (f"  {each.object_id}" if each.object_id else "", "dim")
        yield line((each.address, "strong"), pad, headline(each), shown_id, indent=2, hang=6)


def history_lines(revisions: Iterable[Revision]) -> Iterator[Line]:
    """Whose history it is, then one line a revision, the newest first; times are UTC."""
    every = sorted(revisions, key=lambda each: -each.number)
    if not every:
        yield line("No revisions: nothing was applied here yet.")
        return
    last = every[0]
    yield line(
        (f"{last.catalog} in {last.environment}", "title"),
        (f"  {count(len(every), 'revision')}, {last.number} is in force; times are UTC", "dim"),
    )
    column = len(str(last.number))
    for each in every:
        commit = (f"  commit {each.commit[:10]}" if each.commit else "", "dim")
        back: Span = (
            (f"  rolled back to {each.rollback_of}", "reactivate")
            if each.rollback_of is not None
            else ("", "")
        )
        yield line(
            (f"{each.number:>{column}}", "strong"),
            f"  {_day(each.created_at)}  {wording.past_counts(each.changes)}",
            back,
            (f"  by {each.by}", "dim"),
            commit,
            indent=2,
            hang=column + 4,
        )


def price_history_lines(address: str, revisions: Iterable[Revision]) -> Iterator[Line]:
    """What stood at an address, revision by revision, oldest first; only where it became another object."""
    yield line((f"History of {address}", "title"))
    last: Resource | None = None
    seen = False
    for revision in sorted(revisions, key=lambda each: each.number):
        now = revision.recorded.get(address)
        if now is not None and not _alike(last, now):
            title, delta = headline_change(last, now) if last else (headline(now), "")
            yield _moment(revision, f"{title}  {delta}".rstrip(), now.object_id)
        elif now is None and last is not None:
            yield _moment(revision, "no longer declared", None)
        seen, last = seen or now is not None, now
    if not seen:
        yield line("No revision has it.", indent=2)


def _alike(last: Resource | None, now: Resource) -> bool:
    return last is not None and last.object_id == now.object_id and headline(last) == headline(now)


def _moment(revision: Revision, text: str, object_id: str | None) -> Line:
    shown_id = (f"  {object_id}" if object_id else "", "dim")
    back = "" if revision.rollback_of is None else f", rolled back to {revision.rollback_of}"
    place = f"revision {revision.number}{back}"
    return line((place, "strong"), f"  {_day(revision.created_at)}  {text}", shown_id, indent=2, hang=6)


def explain_lines(desired: State, annotations: Iterable[Annotation], address: str | None) -> Iterator[Line]:
    """How each artifact, or the one at `address`, becomes objects, how faithfully, and what is lost."""
    notes: dict[str, list[Annotation]] = {}
    for note in annotations:
        notes.setdefault(note.address, []).append(note)
    made: dict[str, list[Resource]] = {}
    for each in desired:
        made.setdefault(each.artifact, []).append(each)
    wanted = [address] if address else list(dict.fromkeys((*notes, *made)))
    for place, each_address in enumerate(wanted):
        if place:
            yield BLANK
        yield from _artifact(
            each_address, made.get(each_address, []), notes.get(each_address, []), full=address is not None
        )


def _artifact(
    address: str, resources: list[Resource], notes: list[Annotation], *, full: bool
) -> Iterator[Line]:
    verdict = max((note.fidelity for note in notes), key=lambda each: each.rank, default=Fidelity.EXACT)
    yield line((address, "title"), right=((wording.VERDICTS[verdict], verdict.value),))
    for each in resources:
        named = f" {each.address}" if each.address != address else ""
        yield line(
            f"becomes {wording.article(each.kind)} ",
            (wording.noun(each.kind), "strong"),
            f"{_on(each)}{named}: {headline(each)}",
            indent=2,
            hang=6,
        )
        if full:
            yield from pairs(field_lines(each))
    if not resources:
        yield line("is not sent", indent=2)
    for note in notes:
        yield from _note(note)


def _on(resource: Resource) -> str:
    """` of product.pro` for a note in metadata."""
    host = resource.fields.get("host")
    return f" of {host}" if host and resource.kind == "metadata_binding" else ""


def _note(note: Annotation) -> Iterator[Line]:
    if note.fidelity is Fidelity.EXACT:
        return
    told = [(wording.VERDICTS[note.fidelity], note.code)]
    if note.detail:
        told.append(("lost", note.detail))
    if note.accepted is not None:
        told.append(("accepted", note.accepted))
    if note.source:
        told.append(("source", f"{note.source.file}:{note.source.line}"))
    yield from pairs(tuple(told))


def drift_report_lines(drift: tuple[Drift, ...], revision: Revision) -> Iterator[Line]:
    """What differs from a revision; or that nothing does."""
    where = f"{revision.catalog} in {revision.environment}"
    if not drift:
        same = count(len(revision.desired), "object")
        yield line(("No drift.", "good"), f" {where} is as revision {revision.number} left it ({same}).")
        return
    yield line((where, "title"))
    yield from target_lines(revision.account)
    yield BLANK
    yield from drift_section(drift, revision.recorded, revision.number)


def _day(moment: str) -> str:
    """`2026-11-21 09:00` of an ISO 8601 time; anything else as it is."""
    return f"{moment[:10]} {moment[11:16]}" if moment[10:11] == "T" else moment
