"""Revisions, the history of a catalog, and how an artifact is mapped, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stripectl.diagnostics import Diagnostic
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.past import Standing
from stripectl.engine.plan import Drift, Revision
from stripectl.engine.resource import Resource, State
from stripectl.views import wording
from stripectl.views.amounts import count
from stripectl.views.diagnostic_lines import aside_lines, diagnostic_lines
from stripectl.views.headlines import headline
from stripectl.views.page import BLANK, Line, Span, columns, line
from stripectl.views.pasts import came_from, moment
from stripectl.views.plan_lines import drift_section, pairs, target_lines
from stripectl.views.rows import field_lines


def revision_lines(revision: Revision) -> Iterator[Line]:
    """One revision: who, when, what was done, and every object with its id."""
    yield line((f"Revision {revision.number} of {revision.catalog} in {revision.environment}", "title"))
    yield from target_lines(revision.account)
    facts = (
        ("applied", f"{moment(revision)} by {revision.by}"),
        ("commit", came_from(revision, 64)),
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
        commit = (f"  commit {came_from(each)}" if each.commit else "", "dim")
        back: Span = (
            (f"  rolled back to {each.rollback_of}", "reactivate")
            if each.rollback_of is not None
            else ("", "")
        )
        yield line(
            (f"{each.number:>{column}}", "strong"),
            f"  {moment(each)}  {wording.past_counts(each.changes)}",
            back,
            (f"  by {each.by}", "dim"),
            commit,
            indent=2,
            hang=column + 4,
        )


def explain_lines(
    desired: State, annotations: Iterable[Annotation], address: str | None, record: Standing | None
) -> Iterator[Line]:
    """How each artifact, or the one at `address`, becomes objects, how faithfully, and what is lost.

    Of one artifact also what is in force, where there is a record.
    """
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
        resources, said = made.get(each_address, []), notes.get(each_address, [])
        yield from _artifact(each_address, resources, said, record, full=address is not None)
    if address and record and record.terms:
        yield BLANK
        where = f"--catalog {record.last.catalog} --env {record.last.environment}"
        yield Line((("More: ", "strong"), (f"stripectl history {address} {where}", "hint")), whole=True)


def _artifact(
    address: str,
    resources: list[Resource],
    notes: list[Annotation],
    record: Standing | None,
    *,
    full: bool,
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
            yield from pairs((*field_lines(each), *_in_force(each, record)))
    if not resources:
        yield line("is not sent", indent=2)
    for note in notes:
        yield from _note(note)


def _in_force(resource: Resource, record: Standing | None) -> Iterator[tuple[str, str]]:
    """What is in force at its address, and since when; nothing where there is no record."""
    if record is None:
        return
    where = f"in {record.last.environment}"
    term = record.terms.get(resource.address)
    if term is None:
        yield where, f"not yet: revision {record.last.number} does not have it"
        return
    known, declared = headline(term.resource), headline(resource)
    held = "in force" if known == declared else f"in force is {known},"
    named = f", {term.object_id}" if term.object_id else ""
    yield where, f"{held} since {moment(term.since)}, revision {term.since.number}{named}"


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


def drift_report_lines(
    drift: tuple[Drift, ...], revision: Revision, remarks: tuple[Diagnostic, ...] = (), *, verbose: bool
) -> Iterator[Line]:
    """What differs from a revision, or that nothing does; then what is no drift, in full where asked for."""
    yield from _drift(drift, revision)
    if remarks:
        yield BLANK
        yield from diagnostic_lines(remarks) if verbose else aside_lines(remarks)


def _drift(drift: tuple[Drift, ...], revision: Revision) -> Iterator[Line]:
    where = f"{revision.catalog} in {revision.environment}"
    if not drift:
        same = count(len(revision.desired), "object")
        yield line(("No drift.", "good"), f" {where} is as revision {revision.number} left it ({same}).")
        return
    yield line((where, "title"))
    yield from target_lines(revision.account)
    yield BLANK
    yield from drift_section(drift, revision.recorded, revision.number)
