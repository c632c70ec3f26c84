"""Plans, quotes and problems as GitHub's Markdown, for a pull request or the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from stripectl.diagnostics import Diagnostic
from stripectl.engine.branch import SHORT
from stripectl.engine.plan import Plan
from stripectl.engine.serial import plan_digest
from stripectl.review.reading import review
from stripectl.views import wording
from stripectl.views.affected import affected_in_all
from stripectl.views.amount_lines import amount_counts
from stripectl.views.amounts import count
from stripectl.views.comment import catalogs, problems, sections
from stripectl.views.diagnostic_lines import severity_counts
from stripectl.views.fitting import GAP, Section, fitted, shares
from stripectl.views.markup import cell, cell_code, code, length, marker, prose
from stripectl.views.quotes import Sheet, bill_rows, spread_text, total_rows

COMMENT = 60_000
"""Characters (see `markup.length`): GitHub takes a little more in one comment."""


def plan_markdown(plan: Plan, *, limit: int = COMMENT) -> str:
    """One plan as a comment: its marker, what it comes to, then section by section what it is about.

    To stay within `limit` characters details are left out first, then rows of the tables, the changes with
    the least risky ones. How much was left out is said; what sums the plan up always stays.
    """
    return plans_markdown((plan,), limit=limit)


def plans_markdown(plans: Sequence[Plan], *, limit: int = COMMENT) -> str:
    """The same for several: what they come to, a line for each, and of each as much as there is room for."""
    parts = tuple(map(_part, plans))
    begin, end = _marker(plans, parts), _rendered("footer.md.j2", _origin(plans[0]))
    room = limit - length(f"{begin}\n{GAP}{end}\n")
    body = parts[0].text(room) if len(parts) == 1 else _together(plans, parts, room)
    return GAP.join(filter(None, (f"{begin}\n{body}", end))) + "\n"


def quote_markdown(sheet: Sheet) -> str:
    """One basket as a table."""
    context = {
        "heading": sheet.heading,
        "rows": bill_rows(sheet.bill),
        "totals": tuple(total_rows(sheet)),
        "spread": spread_text(sheet.spread, sheet.bill.currency) if sheet.spread else "",
        "remarks": sheet.remarks,
    }
    return _rendered("quote.md.j2", context) + "\n"


def diagnostics_markdown(diagnostics: Iterable[Diagnostic], *, limit: int = COMMENT) -> str:
    """What stands in the way of a plan or a sound catalog; ends early to stay within `limit` characters."""
    every = tuple(dict.fromkeys(diagnostics))
    head = f"{marker('problems', {})}\n## {severity_counts(every) or 'No problems'}"
    body = problems(every).within(limit - length(f"{head}{GAP}\n"))
    return GAP.join(filter(None, (head, body))) + "\n"


def _marker(plans: Sequence[Plan], parts: Sequence[_Part]) -> str:
    """Names the catalog and the digest of one plan; of several there is none that stands for all."""
    first = plans[0]
    one = {"catalog": first.catalog, "digest": parts[0].digest} if len(plans) == 1 else {}
    facts = {"environment": first.environment, "created": first.created_at, **one}
    return marker("diff" if first.compared else "plan", facts)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a comment says of one plan."""

    digest: str
    head: str
    sections: tuple[Section, ...]

    def text(self, room: int) -> str:
        """Within so many characters, but never without its head."""
        return GAP.join((self.head, *filter(None, fitted(self.sections, room - length(self.head)))))

    @property
    def whole(self) -> str:
        return GAP.join((self.head, *(each.text(len(each.rows)) for each in self.sections)))


def _part(plan: Plan) -> _Part:
    digest = plan_digest(plan)
    nothing = "" if plan.effective or plan.blocked else wording.nothing_to_do(plan)
    context = {**_summary((plan,)), "facts": tuple(_facts(plan, digest)), "nothing": nothing}
    return _Part(digest, _rendered("plan.md.j2", context), sections(plan))


def _together(plans: Sequence[Plan], parts: Sequence[_Part], room: int) -> str:
    """What the plans come to, then of each its part, in equal shares where there is not room for all."""
    left_out = "… and what {} changes in detail: too much for one comment."
    summary = _rendered("plan.md.j2", {**_summary(plans), "facts": (), "nothing": ""})
    room -= length(GAP + left_out.format(count(len(plans), "catalog")) + GAP)
    head = GAP.join(filter(None, (summary, catalogs(plans).within(room - length(summary)))))
    rooms = shares([length(GAP + each.whole) for each in parts], room - length(head))
    texts = [each.text(given - len(GAP)) for each, given in zip(parts, rooms, strict=True)]
    fitting = [text for text, given in zip(texts, rooms, strict=True) if length(GAP + text) <= given]
    hidden = len(parts) - len(fitting)
    note = left_out.format(count(hidden, "more catalog")) if hidden else ""
    return GAP.join(filter(None, (head, *fitting, note)))


def _summary(plans: Sequence[Plan]) -> Mapping[str, object]:
    """What one plan comes to, or several of the same environment."""
    first, total = plans[0], Counter[str]()
    for plan in plans:
        total.update(plan.summary)
    every = replace(
        first,
        changes=tuple(change for plan in plans for change in plan.changes),
        unread=tuple(dict.fromkeys(kind for plan in plans for kind in plan.unread)),
    )
    approvals = dict.fromkeys(reach for plan in plans for reach in plan.approval)
    stand = sum(1 for plan in plans for each in plan.diagnostics if each.is_error)
    return {
        "title": wording.title(plans),
        "compared": bool(first.compared),
        "environment": first.environment,
        "counts": wording.action_counts(total),
        "drifted": count(total["drift"], "object") if total["drift"] else "",
        "fidelity": wording.fidelity_counts(total),
        "approval": wording.approval(replace(first, approval=tuple(approvals))),
        "blocked": count(stand, "problem stands", "problems stand") if stand else "",
        "held_up": count(sum(plan.blocked for plan in plans), "catalog") if len(plans) > 1 else "",
        "account": first.account.id if first.account else "",
        "livemode": bool(first.account and first.account.livemode),
        "place": wording.place(first.account, code) if first.account else "",
        "costs": amount_counts(tuple(each for plan in plans for each in review(plan).amounts)),
        "reach": wording.reach_counts(every.effective),
        "undo": wording.undo_counts(every.effective),
        "affected": "; ".join(affected_in_all(every)),
    }


def _facts(plan: Plan, digest: str) -> Iterator[str]:
    """What one plan starts from, and what it is applied by."""
    if not plan.compared:
        yield f"base: revision {plan.base.revision}" if plan.base.revision else "nothing was applied here yet"
        yield code(digest)


def _origin(plan: Plan) -> Mapping[str, object]:
    return {
        "at": wording.made_at(plan),
        "commit": plan.made_from.commit[:SHORT] if plan.made_from else "",
        "dirty": bool(plan.made_from and plan.made_from.dirty),
    }


def _rendered(template: str, context: Mapping[str, object]) -> str:
    return _templates().get_template(template).render(context).strip()


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("stripectl.views"),
        undefined=StrictUndefined,
        # Markdown is no HTML: the filters below escape, and the tests hold every value to one of them.
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": prose, "cell": cell, "code": code, "cell_code": cell_code}
    return environment
