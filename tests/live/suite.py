"""Asks an account all facts, side by side, and puts everything away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as ended
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import stripe

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.behaviour import STRIPES, Behaviour
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.limiter import Rates
from tests.live.asking import Asking, CouldNotAsk, new_run
from tests.live.connection import Connection, Exchange, LiveMode, Stopped, Unreachable
from tests.live.ledger import Ledger
from tests.live.probe import Finding, Probe

SHADOW_KEY = "sk_test_shadow"
AT_ONCE = Rates()


@dataclass(slots=True)
class Findings:
    """What one account said to many probes."""

    rows: list[Finding] = field(default_factory=list)
    """In the order of the probes."""
    tapes: dict[str, list[Exchange]] = field(default_factory=dict)
    """Probe -> its exchanges, where a replay of them would be the same."""
    left: list[str] = field(default_factory=list)
    """What could not be put away."""


def applicable(probe: Probe, connection: Connection) -> str:
    """Why a probe cannot be asked here; empty where it can."""
    if probe.restricted and not connection.restricted:
        return "takes a restricted key"
    if probe.id == "account" and connection.restricted:
        return "takes a secret key"
    return ""


def run(
    probes: Iterable[Probe],
    connection: Connection,
    ledger: Ledger,
    run_id: str,
    *,
    workers: int = 8,
    now: Callable[[], float] = time.time,
    told: Callable[[Finding], None] = lambda _: None,
) -> Findings:
    """Ask every probe. After `connection.stopping` is set, what runs is put away and the rest left out."""
    findings = Findings()
    with ThreadPoolExecutor(workers) as pool:
        asked = [
            pool.submit(_ask, probe, Asking(connection, ledger, run_id, number, now), told, findings)
            for number, probe in enumerate(probes, 1)
        ]
        _attend(asked)
        findings.rows = [future.result() for future in asked]
    return findings


def _attend(asked: list[Future[Finding]]) -> None:
    """Wait in short pieces: a signal is handled between two of them only."""
    left = set(asked)
    while left:
        left = ended(left, timeout=0.2).not_done


def _ask(probe: Probe, asking: Asking, told: Callable[[Finding], None], findings: Findings) -> Finding:
    try:
        finding = _answered(probe, asking)
    finally:
        left = _put_away(asking)
    findings.left += left
    if probe.shadowed and not probe.waits and not asking.keyed:
        findings.tapes[probe.id] = asking.tape
    told(finding)
    return finding


def _answered(probe: Probe, asking: Asking) -> Finding:
    if problem := applicable(probe, asking.connection):
        return Finding(probe, {}, problem)
    try:
        return Finding(probe, probe.ask(asking))
    except (CouldNotAsk, Unreachable, LiveMode) as problem:
        return Finding(probe, {}, str(problem))
    except Stopped:
        return Finding(probe, {}, "interrupted")
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        # An answer of another shape than the probe can read is an answer that tells nothing.
        return Finding(probe, {}, f"an answer of another shape ({type(problem).__name__}: {problem})")


def _put_away(asking: Asking) -> list[str]:
    try:
        return asking.put_away()
    except (Unreachable, LiveMode) as problem:
        return [f"what {asking.unique()} made: {problem}"]


@dataclass(slots=True)
class MovedClock:
    """The time of a shadow in this process: it goes on by itself, and further where a probe waits."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def wait(self, seconds: float) -> None:
        self.ahead += seconds


def ask_shadow(
    probes: Iterable[Probe],
    *,
    wrap: Callable[[stripe.HTTPClient], stripe.HTTPClient] = lambda inner: inner,
    key: str = SHADOW_KEY,
    behaviour: Behaviour = STRIPES,
) -> Findings:
    """What a new shadow account in this process says; `wrap` may put something between it and the SDK."""
    clock = MovedClock()
    with TemporaryDirectory(prefix="stripectl-live-") as folder:
        account = ShadowAccount(Path(folder) / "account.db", clock=clock, behaviour=behaviour)
        try:
            transport = wrap(ShadowTransport(account))
            connection = Connection(key, transport=transport, rates=AT_ONCE, wait=clock.wait)
            run_id = new_run(time.time())
            ledger = Ledger.begin(Path(folder), run_id, account.id)
            # One after another: a probe that waits moves the clock of all.
            known = [probe for probe in probes if probe.shadowed]
            findings = run(known, connection, ledger, run_id, workers=1, now=clock)
            ledger.close()
            return findings
        finally:
            account.close()
