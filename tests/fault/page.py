"""The tables of docs/reliability.md, from what the suite is parametrized with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.fault import test_asleep as asleep
from tests.fault import test_full_disk as full_disk
from tests.fault import test_killed as killed
from tests.fault import test_recovering as recovering
from tests.fault import test_refused as refused
from tests.fault import test_two_processes as two
from tests.fault.matrix import CASES, READS, SEEDS, SIDE_BY_SIDE, WRITES, Case, Ending, Point


def tables() -> str:
    """Markdown: requests that fail, then everything else."""
    alone = [each for each in CASES if each.workers == 1]
    together = [each for each in CASES if each.workers > 1]
    storms = 2 * len(SEEDS)
    sections = (
        ("A request that changes something fails", _matrix([c for c in alone if c.point in WRITES], WRITES)),
        (f"The same with {SIDE_BY_SIDE} steps at work", _matrix(together, WRITES)),
        ("A request that reads fails", _matrix([c for c in alone if c.point in READS], READS)),
        ("Everything else", _scenarios()),
    )
    body = "\n\n".join(f"### {title}\n\n{table}" for title, table in sections)
    total = len(CASES) + storms + sum(number for _, _, number in SCENARIOS)
    return f"{total} cases in all.\n\n{body}"


def _matrix(cases: Sequence[Case], points: Iterable[Point]) -> str:
    """A row a fault, a column a point; in a cell how it ends and how many cases say so."""
    rows: dict[str, dict[Point, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        rows[case.trouble.name][case.point].append(case)
    shown = [point for point in points if any(point in row for row in rows.values())]
    return _table(
        ("fault", *shown),
        ((name, *(_cell(row.get(point, ())) for point in shown)) for name, row in rows.items()),
    )


def _cell(cases: Sequence[Case]) -> str:
    counted: dict[frozenset[Ending], int] = defaultdict(int)
    for case in cases:
        counted[case.endings] += 1
    return ", ".join(f"{_either(endings)} ({number})" for endings, number in counted.items()) or "–"


def _either(endings: frozenset[Ending]) -> str:
    return " or ".join(ending for ending in Ending if ending in endings)


SCENARIOS = (
    (
        "every fourth request of a run fails in passing, at random",
        "all of it is outlived, or ends as above",
        0,
    ),
    ("killed at any moment", "`--resume` finishes it", len(killed.EVERY)),
    ("killed at any moment before the revision", "`--unwind` puts it back", len(killed.BACK)),
    (
        "killed when the revision is written, its journal not closed",
        "`--resume` closes it; `--unwind` is refused",
        2,
    ),
    ("killed with 8 steps at work", "`--resume` finishes it", len(killed.SIDE_BY_SIDE)),
    ("killed with 8 steps at work", "`--unwind` puts it back", len(killed.SIDE_BY_SIDE_BACK)),
    ("killed, and the resume killed as well", "the next resume finishes it", len(killed.RESUMES)),
    ("killed, and the unwinding killed as well", "the next unwinding finishes it", len(killed.UNWINDINGS)),
    ("killed, and the last line of the journal torn", "`--resume` finishes it", len(killed.TORN)),
    ("two applies at once", "one comes through, nothing exists twice", 3 * len(two.ROUNDS)),
    (
        "asleep before a step is begun; somebody else resumes or unwinds",
        "wakes and sends nothing more",
        len(asleep.WAYS) * (len(asleep.NOT_BEGUN) + 1),
    ),
    (
        "asleep with a request in hand; somebody else resumes",
        "nothing is done twice",
        len(asleep.IN_HAND) + 1,
    ),
    (
        "asleep with a request in hand; somebody else unwinds",
        "one change comes too late; the next plan undoes it",
        len(asleep.IN_HAND) + 1,
    ),
    (
        "resumed or put back after the idempotency keys expired",
        "nothing is made twice",
        len(recovering.RESUMED_LATE) + len(recovering.UNWOUND_LATE),
    ),
    ("refused, with each `--on-error`", "stopped or put back as chosen", len(recovering.CHOICES) + 1),
    (
        "400 whenever it is asked, in the apply, its resume and its unwinding",
        "put back, or stopped; `--resume` stops again, `--unwind` puts it back",
        len(refused.FOR_EVER),
    ),
    (
        "a step back refused whenever it is asked",
        "all else is put back, what is left is named; the next apply comes through",
        len(refused.BACK),
    ),
    (
        "disk full or read-only, once or from then on",
        "nothing unrecorded is sent; `--resume` finishes it",
        len(full_disk.DISKS) * len(full_disk.APPLYING),
    ),
    (
        "disk full while putting back",
        "stopped; `--unwind` goes on",
        len(full_disk.PUTTING_BACK) + len(full_disk.FILLING),
    ),
    ("request log not writable", "stopped; `--resume` finishes it", len(full_disk.LOGGED)),
    ("object edited after the plan", "refused, nothing sent", 1),
    ("object edited before it is read again", "put back or stopped; the foreign value is kept", 3),
    ("object edited between that and the write", "overwritten, or found by the last look", 4),
)
"""What happens, how it ends, number of cases; those of the storm are counted from its seeds."""


def _scenarios() -> str:
    storms = 2 * len(SEEDS)
    rows = ((what, ending, str(number or storms)) for what, ending, number in SCENARIOS)
    return _table(("what happens", "ending", "cases"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(head)
    yield _line(["---"] * len(head))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
