"""What every operation works with: one catalog in one environment, and the outside world as arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stripectl.diagnostics import Diagnostic, InvalidInput, error
from stripectl.engine.planner import Target
from stripectl.engine.policy import Policy
from stripectl.engine.ports import Journals, Lock, Provider, Revisions
from stripectl.engine.resource import State
from stripectl.engine.steps import Step

Progress = Callable[[Step, int], None]
"""Told of each step before it is sent, with the number of all steps."""


def _silent(_step: Step, _total: int) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Session:
    """One catalog in one environment."""

    catalog: str
    environment: str
    provider: Provider
    policy: Policy
    revisions: Revisions
    journals: Journals
    lock: Lock
    now: Callable[[], datetime]
    """UTC."""
    new_id: Callable[[], str]
    """Ids of plans and runs; later ones sort after earlier ones."""
    sleep: Callable[[float], None]
    by: str
    """Who applies."""
    commit: str | None = None
    """Of the manifests, where they are in version control."""
    account_id: str | None = None
    """The only account that may be worked on; None is whichever the key opens."""
    lock_timeout: float = 0.0
    """Seconds to wait for the lock."""
    progress: Progress = _silent
    stopping: Callable[[], bool] = _never
    """Whether a person asked to stop; looked at between steps."""

    def target(self, desired: State) -> Target:
        """What the account holds now, and what was last recorded. Reads only."""
        last = self.revisions.last()
        wanted = (*(last.recorded if last else ()), *desired)
        account = self.provider.account()
        if self.account_id not in (None, account.id):
            raise InvalidInput(_wrong_account(self.environment, str(self.account_id), account.id))
        return Target(self.environment, account, self.provider.observe(State.of(wanted)), last)


def _wrong_account(environment: str, expected: str, found: str) -> Diagnostic:
    return error(
        "wrong-account",
        "The key opens another account",
        f"Environment {environment} is for account {expected}; its key belongs to {found}.",
        hint="check which key the environment is given",
    )
