"""What a run says at its end: what is not as believed, what is known now, what the shadow does otherwise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.live.answers import Json
from tests.live.probe import Finding, Verdict

_Below: TypeAlias = Callable[[Finding], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """An observation that two accounts answer differently."""

    probe: str
    fact: str
    observation: str
    real: str
    shadow: str


def shown(value: Json) -> str:
    """A value as a reader sees it; outcomes stand by themselves."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def differences(real: Iterable[Finding], shadow: Sequence[Finding]) -> list[Difference]:
    """Everything that a shadow says otherwise; what one of both could not be asked is one line of its own."""
    ours = {finding.probe.id: finding for finding in shadow}
    return [
        difference
        for finding in real
        if not finding.problem and (other := ours.get(finding.probe.id))
        for difference in _between(finding, other)
    ]


def _between(real: Finding, shadow: Finding) -> Iterator[Difference]:
    probe = real.probe
    if shadow.problem:
        yield Difference(probe.id, probe.fact, "the question", "answered", shadow.problem)
        return
    for name in dict.fromkeys((*real.seen, *shadow.seen)):
        one, other = real.seen.get(name), shadow.seen.get(name)
        if type(one) is not type(other) or one != other:
            yield Difference(probe.id, probe.fact, name, shown(one), shown(other))


def summary(findings: Sequence[Finding], requests: int, seconds: float) -> str:
    """How many facts were asked, and how they were answered."""
    count = Counter(finding.verdict for finding in findings)
    verdicts = ", ".join(f"{count[verdict]} {_COUNTED[verdict]}" for verdict in Verdict if count[verdict])
    facts = "1 fact" if len(findings) == 1 else f"{len(findings)} facts"
    return f"{facts}, {requests} requests, {seconds:.0f} s: {verdicts}."


_COUNTED = {
    Verdict.AGREES: "as believed",
    Verdict.CONTRADICTS: "otherwise",
    Verdict.ANSWERED: "open questions answered",
    Verdict.UNANSWERED: "not answered",
}


def lines(findings: Sequence[Finding], compared: Sequence[Difference] | None) -> Iterator[str]:
    """The report, without its summary; None where the account is a shadow itself."""
    yield from _section("Not as believed", findings, Verdict.CONTRADICTS, _contradicted)
    yield from _section("Open questions, answered", findings, Verdict.ANSWERED, _seen)
    yield from _section("Not answered", findings, Verdict.UNANSWERED, _problem)
    if compared is None:
        return
    yield f"The shadow answers differently ({len(compared)})"
    for row in compared:
        yield f"  {row.probe}: {row.observation}"
        yield f"    Stripe  {row.real}"
        yield f"    shadow  {row.shadow}"
    yield ""


def _section(title: str, findings: Sequence[Finding], verdict: Verdict, below: _Below) -> Iterator[str]:
    chosen = [finding for finding in findings if finding.verdict is verdict]
    if not chosen:
        return
    yield f"{title} ({len(chosen)})"
    for finding in chosen:
        yield f"  {finding.probe.id}: {finding.probe.fact}"
        yield from (f"    {line}" for line in below(finding))
    yield ""


def _contradicted(finding: Finding) -> Iterator[str]:
    for name, (expected, seen) in finding.contradictions.items():
        yield f"{name}: expected {shown(expected)}, answered {shown(seen)}"


def _seen(finding: Finding) -> Iterator[str]:
    yield from (f"{name}: {shown(value)}" for name, value in finding.seen.items())


def _problem(finding: Finding) -> Iterator[str]:
    yield finding.problem
