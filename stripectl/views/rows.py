"""A plan as rows of words: what the text and the Markdown view both show, before it is laid out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stripectl.diagnostics import Path
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Action, Change, Drift, FieldChange, FieldDrift, Plan
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value, leaves
from stripectl.review.amounts import Amount, side_by_side
from stripectl.review.terms import terms
from stripectl.views import amount_lines, fields, noted, wording
from stripectl.views.affected import referring, stopping
from stripectl.views.headlines import headline, headline_change
from stripectl.views.wording import Setting


@dataclass(frozen=True, slots=True)
class Row:
    """One change in words."""

    change: Change
    symbol: str
    headline: str
    sides: tuple[str, str]
    """What it is before and after, in a few words; empty where it is not there."""
    moved: str
    """`its default moves to …` where it only follows what happens to another row, else empty."""
    delta: str
    """`(+5.00, +20.8 %)` where one amount changes, else empty."""
    fields: tuple[tuple[str, str], ...]
    """Label and `before → after` of everything that differs and the headline does not already say."""
    reasons: tuple[tuple[str, str], ...]
    """Why, then, who, what stops, notes: label and sentence."""
    source: str
    amounts: tuple[Amount, ...]
    """What it asks for, by currency; empty for what says nothing of what is paid."""

    leaves_somebody: bool
    """Somebody is known to be on what it takes out of use."""

    @property
    def verdict(self) -> str:
        return wording.VERDICTS[self.change.fidelity]

    @property
    def stops(self) -> str:
        """`payment link https://… stops working`; empty where nothing stops."""
        return stopping(self.change)

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        return (*self.fields, *self.reasons)


def rows(plan: Plan, setting: Setting | None = None) -> tuple[Row, ...]:
    """A row for each change that changes something, riskiest first, else in the order of the plan."""
    setting = setting or Setting.of(plan)
    return tuple(_row(change, setting) for change in sorted(plan.effective, key=_risk))


def _risk(change: Change) -> tuple[bool, bool, int]:
    """What cannot be taken back, then what reaches those who pay already, then by what is done."""
    return (
        not change.irreversible,
        change.reach is not Reach.EXISTING_CUSTOMERS,
        wording.RISK.index(change.action),
    )


def _row(change: Change, setting: Setting) -> Row:
    title, delta = _title(change, setting)
    moved = _moves_along(change, setting)
    return Row(
        change,
        wording.SYMBOLS[change.action],
        f"{title}: {moved}" if moved else title,
        _headlines(change, setting),
        moved,
        delta,
        () if moved else tuple(_fields(change, setting, delta=bool(delta))),
        () if moved else tuple(_reasons(change, setting)),
        wording.source(change, setting),
        setting.paid(change),
        wording.leaves_somebody(change, setting),
    )


def _title(change: Change, setting: Setting) -> tuple[str, str]:
    unit = setting.unit(change)
    if change.before and change.after:
        return headline_change(_named(change.before, change.after, setting), change.after, unit)
    return headline(change.resource, unit), ""


def _headlines(change: Change, setting: Setting) -> tuple[str, str]:
    unit = setting.unit(change)
    before = _named(change.before, change.after or change.before, setting) if change.before else None
    return headline(before, unit) if before else "", headline(change.after, unit) if change.after else ""


def _named(before: Resource, after: Resource, setting: Setting) -> Resource:
    """With addresses in place of the ids that the plan knows, where the successor has an address, too."""
    known = {
        name: setting.named(value)
        for name, value in before.fields.items()
        if isinstance(after.fields.get(name), Ref)
    }
    return replace(before, fields={**before.fields, **known})


def _moves_along(change: Change, setting: Setting) -> str:
    """Where it goes, in words, of a row that only follows what happens to another one; else empty."""
    changed = [(each.path, setting.named(each.before), each.after) for each in change.changed]
    match change.action, changed:
        case Action.UPDATE, [(("default_price",), before, Ref(after))] if before == Ref(after):
            return f"its default moves to {setting.follower(after)}"
        case Action.UPDATE, [(("default_price",), Ref(before), Ref(after))]:
            return f"its default moves from {before} to {after}"
        case Action.REPLACE, [(("host",), before, Ref(after))] if before == Ref(after):
            return f"moves along to {setting.follower(after)}"
    return ""


def _fields(change: Change, setting: Setting, *, delta: bool) -> Iterator[tuple[str, str]]:
    if change.kind == "price":
        yield from _amounts(change, setting, delta=delta)
    for each in _besides_amounts(change, setting):
        if facts := _facts(change, each):
            yield from ((name, f"{was} → {now}") for name, was, now in facts)
        else:
            yield fields.label(each.path), _difference(each, change, setting)


def _amounts(change: Change, setting: Setting, *, delta: bool) -> Iterator[tuple[str, str]]:
    """What differs of a price that is sold before and after; what the headline leaves out of a new one."""
    found, unit = setting.paid(change), setting.unit(change)
    if change.before is None:
        yield from amount_lines.other_currencies(found, unit)
    elif side_by_side(found):
        said = _said_by_headline(change) if delta else None
        lines = amount_lines.amount_lines(found, change.before, change.resource, unit)
        yield from (pair for each, pair in lines if each != said)


def _besides_amounts(change: Change, setting: Setting) -> Iterator[FieldChange]:
    """The values that differ, without those of amounts that stand side by side."""
    told = change.kind == "price" and side_by_side(setting.paid(change))
    for each in change.changed:
        if not told or each.path[0] not in amount_lines.AMOUNTS or each.path[-1] == "tax_behavior":
            yield each


def _facts(change: Change, each: FieldChange) -> tuple[tuple[str, str, str], ...]:
    """A note in metadata, fact by fact: name, before and after; empty for anything else."""
    if (change.kind, each.path) != ("metadata_binding", ("value",)):
        return ()
    return noted.fact_changes(each.before, each.after)


def _difference(each: FieldChange, change: Change, setting: Setting) -> str:
    was, now = _sides(each, change, setting)
    return f"{was} → {now}{fields.moved(each.path, each.before, each.after, change.before, change.resource)}"


def _sides(each: FieldChange, change: Change, setting: Setting) -> tuple[str, str]:
    """An id that a row of this plan knows is shown by its address, and who takes its place by a word."""
    before = setting.named(each.before)
    if isinstance(before, Ref) and isinstance(each.after, Ref) and before == each.after:
        return before.address, setting.follower(before.address)
    return fields.around(
        fields.shown(before, each.path, change.before), fields.shown(each.after, each.path, change.resource)
    )


def field_diff(change: Change, setting: Setting) -> tuple[tuple[str, str, str], ...]:
    """Label, before and after of each value that differs; the absent side of what is new or goes is empty."""
    if change.before is None:
        return tuple((label, "", value) for label, value in field_lines(change.resource))
    if change.after is None and change.action is not Action.UPDATE:
        return tuple((label, value, "") for label, value in field_lines(change.before))
    return tuple(row for each in change.changed for row in _compared(change, each, setting))


def _compared(change: Change, each: FieldChange, setting: Setting) -> Iterable[tuple[str, str, str]]:
    was, now = _sides(each, change, setting)
    alone = (
        fields.label(each.path),
        was if _is_set(each.before, each) else "",
        now if _is_set(each.after, each) else "",
    )
    return _facts(change, each) or (alone,)


def _is_set(value: Value, each: FieldChange) -> bool:
    """A bound that is not set is one without end."""
    return value is not None or each.path[-1] == "up_to"


def _said_by_headline(change: Change) -> Path:
    """The path of the one amount that the headline shows."""
    first = next(iter(terms(change.resource.fields).values()), None)
    return ("tiers", 1, "unit_amount") if first and first.allowance else ("unit_amount",)


def _reasons(change: Change, setting: Setting) -> Iterator[tuple[str, str]]:
    sentences = (
        ("why", wording.why(change, setting)),
        ("then", wording.then(change, setting)),
        ("who", wording.who(change, setting)),
        ("reach", wording.reach(change)),
        ("stops", stopping(change)),
        ("still", referring(change)),
        ("undo", wording.undo(change)),
    )
    yield from ((label, text) for label, text in sentences if text)
    yield from (("irreversible", reason) for reason in change.irreversible)
    yield from (("note", note) for note in change.notes)


def field_lines(resource: Resource) -> tuple[tuple[str, str], ...]:
    """Every value that is set, for a reader who wants all of it."""
    return tuple(
        (fields.label(path), fields.shown(value, path, resource))
        for path, value in leaves(resource.fields)
        if value not in ((), {}) and (value is not None or path[-1] == "up_to")
    )


def drift_values(drift: Drift, known: State) -> tuple[tuple[str, str, str], ...]:
    """Label, recorded and observed of each value of a drifted object; `known` tells its currency."""
    return tuple(_drifted(each, known.get(drift.address)) for each in drift.fields)


def _drifted(each: FieldDrift, resource: Resource | None) -> tuple[str, str, str]:
    recorded = fields.shown(each.recorded, each.path, resource)
    observed = fields.shown(each.observed, each.path, resource)
    return fields.label(each.path), *fields.around(recorded, observed)


@dataclass(frozen=True, slots=True)
class Loss:
    """Verdicts that say the same of one or several artifacts."""

    fidelity: Fidelity
    code: str
    detail: str
    accepted: str | None
    addresses: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        return self.fidelity is Fidelity.UNSUPPORTED and self.accepted is None


def losses(annotations: tuple[Annotation, ...]) -> tuple[Loss, ...]:
    """What is not exact, worst first; artifacts of which the same is said stand together."""
    groups: dict[tuple[Fidelity, str, str, str | None], list[str]] = {}
    for note in annotations:
        if note.fidelity is not Fidelity.EXACT:
            groups.setdefault((note.fidelity, note.code, note.detail, note.accepted), []).append(note.address)
    found = [Loss(*key, tuple(dict.fromkeys(addresses))) for key, addresses in groups.items()]
    return tuple(sorted(found, key=lambda loss: (not loss.blocks, -loss.fidelity.rank)))


def reassessments(plan: Plan) -> tuple[tuple[str, str, str], ...]:
    """Address, verdict before and after of each artifact that a diff finds held otherwise."""
    found = plan.compared.reassessed if plan.compared else ()
    return tuple((each.address, _assessed(each.before), _assessed(each.after)) for each in found)


def _assessed(notes: tuple[Annotation, ...]) -> str:
    """`approximate (offer-as-metadata), accepted`, for each loss; `exact` where there is none."""
    said = (
        f"{wording.VERDICTS[note.fidelity]} ({note.code}){', accepted' if note.accepted is not None else ''}"
        for note in notes
        if note.fidelity is not Fidelity.EXACT
    )
    return "; ".join(said) or wording.VERDICTS[Fidelity.EXACT]


def losses_of(plan: Plan) -> tuple[tuple[Loss, ...], tuple[Loss, ...]]:
    """What is not exact in the part of the catalog that changes, and what the record knows already.

    What is not sent has no row that could tell whether it is new, so it is always told.
    """
    same: dict[str, bool] = {}
    for change in plan.changes:
        artifact = change.resource.artifact
        same[artifact] = same.get(artifact, True) and change.action is Action.NO_OP
    same |= {address: False for address, _, _ in reassessments(plan)}
    found = losses(plan.annotations)
    known = tuple(
        loss
        for loss in found
        if loss.fidelity is Fidelity.APPROXIMATE and all(same.get(each, False) for each in loss.addresses)
    )
    return tuple(loss for loss in found if loss not in known), known


def by_product(every: tuple[Row, ...]) -> Mapping[str, tuple[Row, ...]]:
    """Rows grouped by the product that their address names, in the order of the first row of each."""
    groups: dict[str, list[Row]] = {}
    for row in every:
        groups.setdefault(_product(row.change), []).append(row)
    return {name: tuple(found) for name, found in groups.items()}


def _product(change: Change) -> str:
    sort, _, rest = change.address.partition(".")
    return f"product.{rest.partition('.')[0]}" if sort in _OF_A_PRODUCT else f"{sort}s"


_OF_A_PRODUCT = frozenset({"product", "price", "product_feature", "trial"})
