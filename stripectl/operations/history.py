"""How many subscriptions sit on each object that an address has borne; a record is told without them, too."""

from __future__ import annotations

from collections.abc import Iterable

from stripectl.diagnostics import Diagnostic, InvalidInput, ProviderError, scrubbed
from stripectl.engine.past import Counts, Past, Term
from stripectl.engine.plan import Account, Revision
from stripectl.engine.ports import Provider

REFUSED = "The account does not tell of all of them: the key has to be able to read subscriptions."


def count(provider: Provider, pasts: Iterable[Past]) -> Counts:
    """Ask the account once for each object. Whatever stands in the way is told as the reason, not raised."""
    terms = [term for past in pasts for term in past.terms if term.subscribable and term.object_id]
    try:
        account = provider.account()
        here = {str(term.object_id) for term in terms if _is_of(account, term)}
        held = provider.audience(sorted(here))
    except (InvalidInput, ProviderError) as problem:
        return Counts(unknown=reason(problem.diagnostics[0]))
    elsewhere = next((term.since for term in terms if not _is_of(account, term)), None)
    if elsewhere:
        return Counts(held, _other_account(elsewhere, account))
    return Counts(held, "" if here <= held.keys() else REFUSED)


def reason(problem: Diagnostic) -> str:
    """What stands in the way, in whole sentences."""
    detail = problem.detail if problem.detail.endswith(".") else f"{problem.detail}."
    return scrubbed(f"{problem.summary}. {detail}")


def _is_of(account: Account, term: Term) -> bool:
    return account.is_same(term.since.account)


def _other_account(revision: Revision, account: Account) -> str:
    return f"Revision {revision.number} was applied to {revision.account}, and the key opens {account}."
