"""docs/stripe-facts.md: every fact with its grade, and when and how it was last answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.live.answers import Json, Object
from tests.live.facts.table import PROBES, SECTIONS, UNASKED
from tests.live.probe import Finding, Probe, Verdict
from tests.live.report import shown

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/stripe-facts.md"
ANSWERS = Path(__file__).with_name("answers.json")
BEGIN, END = "<!-- written by tests/live: begin -->\n", "\n<!-- written by tests/live: end -->"

NEVER = "never asked of Stripe by this suite"


@dataclass(frozen=True, slots=True)
class Last:
    """How Stripe last answered a fact."""

    on: str
    """Day, as `2027-01-31`."""
    api_version: str
    verdict: str
    seen: Mapping[str, Json]
    contradicted: Sequence[str] = ()
    """Observations that are not as expected."""


Answers = Mapping[str, Last]


def known() -> Answers:
    """The kept answers: probe -> the last one."""
    kept: dict[str, dict[str, object]] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return {probe: _last(row) for probe, row in kept.items()}


def keep(findings: Iterable[Finding], *, on: str, api_version: str) -> None:
    """Keep what Stripe answered, and leave what was not answered this time as it was; write the page anew."""
    ids = {probe.id for probe in PROBES}
    answers = {probe: last for probe, last in known().items() if probe in ids}
    for finding in findings:
        if finding.verdict is not Verdict.UNANSWERED:
            answers[finding.probe.id] = Last(
                on, api_version, finding.verdict.value, finding.seen, tuple(finding.contradictions)
            )
    rows = {probe: asdict(last) for probe, last in sorted(answers.items())}
    ANSWERS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), answers), encoding="utf-8")


def written(text: str, answers: Answers) -> str:
    """The page with its tables as the suite knows them; what stands around them is kept."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{tables(answers)}\n{END}{after}"


def tables(answers: Answers) -> str:
    """Markdown: how far the suite has come, a table for each section, and what no run can find out."""
    asked = sum(probe.id in answers for probe in PROBES)
    total = f"{len(PROBES)} facts can be asked; {asked} of them have been, {len(PROBES) - asked} never."
    sections = [f"## {title}\n\n{_facts(probes, answers)}" for title, probes in SECTIONS.items()]
    rest = f"## What no run can find out\n\nAll of these were {NEVER}.\n\n{_unasked()}"
    return "\n\n".join((total, *sections, rest))


def _facts(probes: Sequence[Probe], answers: Answers) -> str:
    rows = (
        (
            f"`{probe.id}`",
            _cell(probe.fact),
            f"**{probe.grade}**: {_cell(probe.source)}",
            _cell(probe.builds),
            _answer(answers.get(probe.id)),
        )
        for probe in probes
    )
    return _table(("probe", "fact", "grade", "what stripectl builds on it", "last answer"), rows)


def _answer(last: Last | None) -> str:
    if last is None:
        return NEVER
    wrong = set(last.contradicted)
    seen = "; ".join(
        f"{'**' if name in wrong else ''}{_cell(name)}: {_cell(shown(value))}{'**' if name in wrong else ''}"
        for name, value in last.seen.items()
    )
    return f"{last.on}, API {last.api_version}: {last.verdict}. {seen}"


def _unasked() -> str:
    rows = ((f"`{row.id}`", _cell(row.fact), f"**{row.grade}**", _cell(row.why)) for row in UNASKED)
    return _table(("id", "fact", "grade", "why not"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _last(row: dict[str, object]) -> Last:
    seen, wrong = row["seen"], row["contradicted"]
    assert isinstance(seen, dict)
    assert isinstance(wrong, list)
    about: Object = {name: str(row[name]) for name in ("on", "api_version", "verdict")}
    return Last(str(about["on"]), str(about["api_version"]), str(about["verdict"]), seen, tuple(wrong))
