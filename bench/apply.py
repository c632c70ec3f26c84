"""Figures of an apply against a server as slow and as strict as Stripe: 300 objects, and a plan afterwards.

    python bench/apply.py

The installed command runs as a process of its own, with provider `stripe`, against `stripectl shadow serve`
with 50 ms added to every answer. Wall seconds are those of the whole process: start, read, write, read again.

The limit of 25 a second for one endpoint allows 200 prices in 200 / 25 = 8 s; products go to another one. The
server's bucket gives a second's worth at once, so the very least is (200 - 25) / 25 = 7 s. Both ratios are
printed: wall seconds to the one and to the other.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

STRIPECTL = Path(sys.executable).with_name("stripectl")
PRODUCTS, PRICES_EACH = 100, 2
LATENCY = 50
"""Milliseconds that the server adds."""
LIMIT = 25
"""Requests a second for one endpoint."""
RUNS = 3

PRICES = PRODUCTS * PRICES_EACH
SUSTAINED = PRICES / LIMIT
"""Seconds for the prices at the pace of the limit."""
LEAST = (PRICES - LIMIT) / LIMIT
"""Seconds for the prices where the first second's worth goes at once."""


@dataclass(frozen=True)
class Case:
    """How strict the server is, and what the client is told of it."""

    name: str
    server: tuple[str, ...] = ()
    config: str = ""
    limited: bool = False


CASES = (
    Case("(a) no limit"),
    Case(
        f"(b) {LIMIT}/s an endpoint, configured",
        ("--rate-limit", str(LIMIT)),
        f", rate_limit: {{overall: 100, per_endpoint: {LIMIT}}}",
        limited=True,
    ),
    Case(f"(c) {LIMIT}/s an endpoint, to be found out", ("--rate-limit", str(LIMIT)), limited=True),
)


@dataclass
class Served:
    """A server at work, and afterwards what it counted."""

    url: str
    requests: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Figure:
    """One run of the command."""

    seconds: float
    served: Served
    ended: subprocess.CompletedProcess[str] = field(repr=False)


def main() -> None:
    print(f"{PRODUCTS + PRICES} objects, {PRICES} of them prices; {LATENCY} ms added; medians of {RUNS}")
    to_pace, to_least = f"/ {SUSTAINED:.1f} s", f"/ {LEAST:.1f} s"
    print(f"{'':<44}{'seconds':>8}{'requests':>10}{'429':>6}{'':>9}{to_pace:>9}{to_least:>9}")
    for case in CASES:
        applied, planned = zip(*(run(case) for _ in range(RUNS)), strict=True)
        show(f"apply {case.name}", applied, case)
        show("  plan without changes", planned, Case(case.name))


def run(case: Case) -> tuple[Figure, Figure]:
    """An apply to a new account, and the plan that finds nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("client", "server"):
            (root / name).mkdir()
        write_manifests(root / "client")
        applied = measured(root, case, "apply", "--yes", "--quiet", "--output", "text=plan.txt")
        planned = measured(root, case, "plan", "--detailed-exitcode")
        return applied, planned


def measured(root: Path, case: Case, *arguments: str) -> Figure:
    """One command against a server of its own, which counts nothing else."""
    client = root / "client"
    with serving(root / "server", case.server) as served:
        (client / "stripectl.yaml").write_text(
            "stripectl: 1\nenvironments:\n  server: {provider: stripe, api_key_env: BENCH_KEY,"
            f" base_url: '{served.url}'{case.config}}}\n",
            encoding="utf-8",
        )
        before = time.perf_counter()
        ended = subprocess.run(
            [STRIPECTL, *arguments, "--env", "server"],
            cwd=client,
            env={**os.environ, "BENCH_KEY": "sk_test_bench"},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - before
    return Figure(seconds, served, ended)


@contextmanager
def serving(root: Path, options: tuple[str, ...]) -> Iterator[Served]:
    """`shadow serve` on the account of a folder, as a process of its own."""
    asked = ["shadow", "serve", "--port", "0", "--latency", str(LATENCY), *options]
    with subprocess.Popen(
        [STRIPECTL, *asked], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        served = Served(server.stdout.readline().strip())
        try:
            yield served
        finally:
            server.terminate()
            _, said = server.communicate()
    counted = re.search(r"Answered (\d+) requests, (\d+) of them with 429", said)
    assert counted is not None, said
    served.requests, served.refused = int(counted[1]), int(counted[2])


def write_manifests(root: Path) -> None:
    """A file for each ten products, two prices each, in one catalog."""
    folder = root / "catalogs/large"
    folder.mkdir(parents=True)
    for file in range(PRODUCTS // 10):
        lines = ["stripectl: 1", f"model: model-{file}", "products:"]
        for number in range(file * 10, file * 10 + 10):
            lines += [f"  product-{number}:", f"    name: Product {number}", "    prices:"]
            lines += [
                f"      price-{each}: {{amount: {{eur: {number + 1}.{each}9}}, every: month}}"
                for each in range(PRICES_EACH)
            ]
        (folder / f"{file:02}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def show(name: str, figures: tuple[Figure, ...], case: Case) -> None:
    if wrong := next((each.ended for each in figures if each.ended.returncode), None):
        print(f"{name:<44}failed with exit code {wrong.returncode}: {wrong.stderr.strip().splitlines()[0]}")
        return
    seconds = median(each.seconds for each in figures)
    requests = median(each.served.requests for each in figures)
    refused = median(each.served.refused for each in figures)
    share = f"({refused / requests:.1%})"
    ratios = f"{seconds / SUSTAINED:>9.2f}{seconds / LEAST:>9.2f}" if case.limited else ""
    print(f"{name:<44}{seconds:>8.2f}{requests:>10.0f}{refused:>6.0f}{share:>9}{ratios}", flush=True)


if __name__ == "__main__":
    main()
