"""Whether an account is the one that an environment, its records and an unfinished run are of.

Asked before the first request that does more than tell whose the key is: see `Provider.enter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stripectl.diagnostics import Diagnostic, InvalidInput, error
from stripectl.engine.places import IN_A_FILE, same_place
from stripectl.engine.plan import Account, Plan, Revision
from stripectl.engine.ports import Gate, JournalRecord, Journals, Revisions


@dataclass(frozen=True, slots=True)
class RecordGate:
    """What is recorded of one catalog in one environment, and the account that the environment names."""

    catalog: str
    environment: str
    revisions: Revisions
    journals: Journals
    account_id: str | None = None
    """The only account that may be worked on; None is whichever the key opens."""

    def __call__(self, account: Account) -> None:
        """A gate; raises InvalidInput with all that is of another account, and what cannot be read."""
        wanted(self.environment, self.account_id)(account)
        if told := (*self.of_others(account),):
            raise InvalidInput(*told)

    def of_others(self, account: Account) -> Iterator[Diagnostic]:
        """What the records say against an account: the last revision, and every run that has not ended."""
        last = self.revisions.last()
        yield from self.revision(last, account) if last else ()
        for record in self.journals.unfinished():
            yield from self._run(record, account)

    def revision(self, revision: Revision, account: Account) -> Iterator[Diagnostic]:
        """Nothing for a revision of this catalog on this account.

        One of another environment on the same account is fine: environments get other names.
        """
        where = f"Revision {revision.number} of {self.catalog} in environment {self.environment}"
        if not revision.account.is_same(account):
            yield error(
                "records-of-another",
                "The records are of another account",
                f"{where} was applied to {revision.account}; the key opens {account}.",
                hint=_way_out(revision.account, account),
            )
        elif revision.catalog != self.catalog:
            yield error(
                "records-of-another",
                "The records are of another catalog",
                f"{where} is one of catalog {revision.catalog}.",
                hint="put back the state folder of this catalog; a copy belongs elsewhere",
            )

    def _run(self, record: JournalRecord, account: Account) -> Iterator[Diagnostic]:
        """Nothing for a run that was begun here: of this catalog, environment and account."""
        run = f"Run {record.run} of {self.catalog} in environment {self.environment} has not ended."
        if reason := self._elsewhere(record.plan, account):
            yield error(
                "run-of-another",
                "The unfinished run is not of this account",
                f"{run} {reason}",
                hint="finish or undo it there; a copy of a journal belongs outside of the state folder",
            )

    def _elsewhere(self, plan: Plan, account: Account) -> str:
        """Where else a run was begun, a sentence; empty for here."""
        begun = plan.account
        if begun is None or not begun.is_same(account):
            return f"It was begun on {begun or 'no account'}; the key opens {account}."
        if (plan.catalog, plan.environment) != (self.catalog, self.environment):
            return f"It was begun as one of catalog {plan.catalog} in environment {plan.environment}."
        if begun.api_base and not same_place(begun.api_base, account.api_base):
            return f"Its requests went to {begun.api_base}; now they would go to {account.api_base}."
        return ""


def wanted(environment: str, account_id: str | None) -> Gate:
    """The gate of what has no records: only the account that the environment names, where it names one."""

    def check(account: Account) -> None:
        if account_id not in (None, account.id):
            raise InvalidInput(wrong_account(environment, str(account_id), account.id))

    return check


def wrong_account(environment: str, expected: str, found: str) -> Diagnostic:
    return error(
        "wrong-account",
        "The key opens another account",
        f"Environment {environment} is for account {expected}; its key belongs to {found}.",
        hint="check which key the environment is given",
    )


def _way_out(recorded: Account, found: Account) -> str:
    if found.api_base == recorded.api_base == IN_A_FILE:
        return "put back the file of that account, or start over: stripectl shadow reset"
    return (
        f"give the environment the key of {recorded.id}; for {found.id}, declare an environment of its own,"
        " or another `state` folder"
    )
