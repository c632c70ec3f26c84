"""Ask a Stripe sandbox whether it is as stripectl believes: `STRIPE_SANDBOX_KEY=… make live`."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import stripe

from stripectl.providers.stripe.gateway import API_VERSION
from tests.live import page, recording, report
from tests.live.asking import HOUR, began, new_run
from tests.live.connection import Connection, LiveMode, Unreachable, is_local, is_test_key
from tests.live.facts.table import PROBES
from tests.live.ledger import Ledger
from tests.live.lifecycle import KEY_VARIABLE, Lifecycle, Step
from tests.live.probe import Finding, Probe, Verdict
from tests.live.removal import remove_scanned, scan, sweep
from tests.live.suite import AT_ONCE, Findings, ask_shadow, run

LEDGERS = Path(".stripectl/live")


class Exit(IntEnum):
    AS_BELIEVED = 0
    OTHERWISE = 1
    USAGE = 64
    INTERRUPTED = 130


class Refused(Exception):
    """The suite does not start; the message says why, and never holds a key."""


@dataclass(frozen=True, slots=True)
class Options:
    record: Path | None
    base_url: str | None
    ledgers: Path
    probes: tuple[Probe, ...]
    lifecycle: bool
    sweep_only: bool


@dataclass(slots=True)
class Results:
    """All that one run found out."""

    findings: Findings = field(default_factory=Findings)
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What could not be put away."""


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    transport: stripe.HTTPClient | None = None,
) -> Exit:
    """Run the suite; everything is told on stdout, progress on stderr. `transport` answers for Stripe."""
    options = _options(arguments)
    try:
        key = usable_key(environment, options.base_url)
        connection = _connection(key, options, transport)
        account = _account(connection, key)
    except Refused as problem:
        _say(str(problem))
        return Exit.USAGE
    except (Unreachable, LiveMode) as problem:
        _say(f"Stripe could not be asked: {problem}.")
        return Exit.OTHERWISE
    try:
        return _run(options, connection, account, key)
    finally:
        connection.close()


def usable_key(environment: Mapping[str, str], base_url: str | None = None) -> str:
    """The key of the sandbox. Raises `Refused` where there is none, or one that may open a live account."""
    key = environment.get(KEY_VARIABLE, "").strip()
    if not key:
        raise Refused(
            f"{KEY_VARIABLE} is not set, so no sandbox can be asked.\n\n"
            "hint: make a sandbox in Stripe's dashboard, copy its secret key, and run"
            f" `{KEY_VARIABLE}=… make live`;\n      without a key the same suite runs against the shadow"
            " account in `make test`"
        )
    if not is_test_key(key):
        raise Refused(
            f"The key in {KEY_VARIABLE} is not clearly a test key, so nothing was asked. Those of sandboxes"
            " begin with sk_test_ or rk_test_.\n\nhint: copy the key of a sandbox; this suite makes and"
            " archives objects, and has no business in a live account"
        )
    if base_url and not is_local(base_url):
        raise Refused("Another address than Stripe's can only be one on this machine.")
    return key


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep scrubbed exchanges as JSON lines")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PROBE", help="ask this one; repeat it"
    )
    parser.add_argument(
        "--no-lifecycle", action="store_true", help="leave out plan, apply, drift and rollback"
    )
    parser.add_argument("--sweep", action="store_true", help="only put away what earlier runs left")
    parser.add_argument("--base-url", metavar="URL", help="a server on this machine, for a trial")
    parser.add_argument("--ledgers", type=Path, default=LEDGERS, metavar="DIR", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    unknown = set(given.only) - {probe.id for probe in PROBES}
    if unknown:
        parser.error(f"no such probe: {', '.join(sorted(unknown))}")
    # What is at another address is a shadow, which has not all that Stripe has.
    there = [probe for probe in PROBES if probe.shadowed or not given.base_url]
    return Options(
        record=given.record,
        base_url=given.base_url,
        ledgers=given.ledgers,
        probes=tuple(probe for probe in there if not given.only or probe.id in given.only),
        lifecycle=not given.no_lifecycle and not given.only,
        sweep_only=given.sweep,
    )


def _connection(key: str, options: Options, transport: stripe.HTTPClient | None) -> Connection:
    if options.base_url:
        return Connection(key, base_url=options.base_url, rates=AT_ONCE)
    return Connection(key, transport=transport)


def _account(connection: Connection, key: str) -> str:
    """What ledgers know the account by. Raises `Refused` where the key opens nothing."""
    answer = connection.ask("GET", "/v1/account", {})
    if answer.status == 401:
        raise Refused("Stripe does not accept the key.")
    # A restricted key may not read the account.
    return str(answer.at("id")) if answer.ok else hashlib.sha256(key.encode()).hexdigest()[:16]


def _run(options: Options, connection: Connection, account: str, key: str) -> Exit:
    start = time.time()
    run_id = new_run(start)
    with _stopping(connection):
        try:
            left = _swept(options, connection, account)
            if options.sweep_only:
                return Exit.OTHERWISE if left else Exit.AS_BELIEVED
            ledger = Ledger.begin(options.ledgers, run_id, account)
            results = Results(left=left)
            _ask(options, connection, ledger, run_id, key, results)
            if not ledger.close():
                _say(f"Not everything could be put away; the next run tries again, by {ledger.path}.")
        except (Unreachable, LiveMode) as problem:
            _say(f"Stripe could not be asked any more: {problem}. The next run puts away what is left.")
            return Exit.OTHERWISE
    return _told(options, connection, run_id, results, time.time() - start)


def _swept(options: Options, connection: Connection, account: str) -> list[str]:
    """Put away what earlier runs left, by their ledgers and, where those are lost, by their prefix."""
    count, left = sweep(connection, Ledger.earlier(options.ledgers, account))
    found = scan(connection, lambda other: began(other) < time.time() - HOUR)
    left += remove_scanned(connection, found)
    if count or found:
        _say(f"Put away {count + len(found)} objects of earlier runs.")
    for line in left:
        _say(f"Could not put away {line}.")
    return left


def _ask(
    options: Options, connection: Connection, ledger: Ledger, run_id: str, key: str, results: Results
) -> None:
    results.findings = run(options.probes, connection, ledger, run_id, told=_progress)
    sys.stderr.write("\n")
    results.left += results.findings.left
    if not options.lifecycle or connection.stopping.is_set():
        return
    with TemporaryDirectory(prefix="stripectl-live-") as folder:
        cycle = Lifecycle(Path(folder), connection, ledger, run_id, key, options.base_url)
        for step in cycle.steps():
            results.steps.append(step)
            sys.stderr.write(f"{'failed' if step.problem else 'ok':8}{step.title}\n")


def _told(options: Options, connection: Connection, run_id: str, results: Results, seconds: float) -> Exit:
    """Tell everything, keep what was asked to be kept, and say it in an exit code."""
    interrupted = connection.stopping.is_set()
    rows = [row for row in results.findings.rows if not (interrupted and row.problem)]
    compared = None
    if not options.base_url and not interrupted:
        compared = report.differences(rows, ask_shadow(options.probes).rows)
        page.keep(rows, on=f"{datetime.now(UTC):%Y-%m-%d}", api_version=API_VERSION)
    for line in report.lines(rows, compared):
        _say(line)
    failed = [step for step in results.steps if step.problem]
    for step in failed:
        _say(f"The main job stopped at: {step.title}\n  {step.problem}\n")
    for line in results.left:
        _say(f"Still there: {line}")
    _say(report.summary(rows, connection.requests, seconds))
    if options.base_url:
        _say(f"{options.base_url} is not Stripe, so nothing of this was kept as an answer of Stripe's.")
    _record(options, run_id, results)
    if interrupted:
        _say("Interrupted; what was made is put away.")
        return Exit.INTERRUPTED
    otherwise = any(row.verdict is Verdict.CONTRADICTS for row in rows)
    return Exit.OTHERWISE if otherwise or compared or failed or results.left else Exit.AS_BELIEVED


def _record(options: Options, run_id: str, results: Results) -> None:
    if options.record:
        count = recording.write(
            options.record, recording.lines(results.findings.tapes, run_id, began(run_id))
        )
        _say(f"Recorded {count} exchanges in {options.record}.")


def _progress(finding: Finding) -> None:
    sys.stderr.write(_MARKS[finding.verdict])
    sys.stderr.flush()


_MARKS = {Verdict.AGREES: ".", Verdict.ANSWERED: "?", Verdict.CONTRADICTS: "X", Verdict.UNANSWERED: "-"}


@contextmanager
def _stopping(connection: Connection) -> Iterator[None]:
    """The first signal ends the asking and puts everything away; a second one ends at once."""

    def stop(*_: object) -> None:
        if connection.stopping.is_set():
            os._exit(Exit.INTERRUPTED)
        connection.stopping.set()
        sys.stderr.write("\nStopping: putting away what was made; once more stops at once.\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
