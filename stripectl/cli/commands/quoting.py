"""`quote`: what a customer would pay, from the manifests, also against a commit or a revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from stripectl.cli.commands.applying import is_revision, revision_number
from stripectl.cli.commands.buying import Asked, Shop, baskets, currencies_of, shops_of
from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import ink
from stripectl.cli.repository import tree_at
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.versions import catalogs_of, version_of
from stripectl.cli.wiring import revisions
from stripectl.diagnostics import ExitCode
from stripectl.engine.quotes import Basket, Sale
from stripectl.manifest.config import Environment
from stripectl.pricing.model import Commitment, CommitmentType, Period
from stripectl.pricing.money import to_minor
from stripectl.pricing.quote import spread
from stripectl.providers.stripe import quoting, rates
from stripectl.views.amounts import money
from stripectl.views.quotes import Sheet


@dataclass(frozen=True, slots=True)
class Before:
    """What a quote is compared with."""

    name: str
    """`revision 3`, `main@1a2b3c4`."""
    sale: Callable[[str], Sale]
    """What it says of a catalog."""
    remarks: Callable[[str], Iterable[str]] = lambda _: ()
    """What there is to know of that."""


def quote(
    screen: Terminal, asked: Asked, folder: Path | None, env: str | None, catalog: str | None
) -> ExitCode:
    """Quote what was asked for, or every profile; raises UsageError for what no catalog has."""
    period = asked.period
    project = find_project(folder)
    environment = project.environment(env)
    before = _before(project, environment, asked.against) if asked.against is not None else None
    sheets = [
        _sheet(shop, bought, currency, before, period)
        for shop, bought in baskets(asked, shops_of(project, environment, catalog))
        for currency in currencies_of(bought, asked.currency, shop)
    ]
    for sink in screen.sinks:
        screen.write(_shown(screen, sink, sheets), sink)
    return ExitCode.OK


def _before(project: Project, environment: Environment, what: str) -> Before:
    """A revision of the environment by its number, or any commit that git knows by the name."""
    if is_revision(what):
        number = revision_number(what)

        def recorded(name: str) -> Sale:
            revision = revisions(project, name, environment).get(number)
            return Sale.of(revision.recorded, revision.annotations)

        return Before(f"revision {number}", recorded)
    catalogs = catalogs_of(project, tree_at(project.root, what))
    version = cache(partial(version_of, catalogs))
    return Before(
        catalogs.tree.name,
        lambda name: Sale.of(version(name)[0].declared, version(name)[0].annotations),
        lambda name: (each.detail for each in version(name)[1]),
    )


def _sheet(shop: Shop, bought: Basket, currency: str, before: Before | None, period: Period | None) -> Sheet:
    found = quoting.bill(bought, shop.sale, currency)
    assert found is not None, "what is bought was looked up, and the currency is one of its prices"
    # Its objects answer to the addresses that they have now, too.
    then = before.sale(shop.name).readdressed(shop.moved) if before else None
    evenly = spread(found, period) if period else None
    return Sheet(
        shop.name,
        bought.title,
        found,
        quoting.bill(bought, then, currency) if then else None,
        before.name if before else "",
        evenly,
        (
            *_remarks(bought, shop),
            *(before.remarks(shop.name) if before else ()),
            *(_idle(period) if period and not evenly else ()),
        ),
    )


def _remarks(bought: Basket, shop: Shop) -> Iterable[str]:
    state = shop.state
    unmeasured = dict.fromkeys(
        found.removeprefix("meter.")
        for address in quoting.prices(bought, state) or ()
        if (price := state.get(address))
        and (found := rates.meter(price.fields))
        and found not in bought.usage
    )
    for meter in unmeasured:
        yield f"no usage of {meter} was given, so none is charged; --usage {meter}=N says how much"
    facts = quoting.offer_facts(state, bought.offer) if bought.offer else None
    if facts and facts.get("trial_days"):
        yield f"the first {facts['trial_days']} days are free, where checkout sets up the trial"
    if commitment := shop.commitments.get(bought.offer or ""):
        yield _committed(commitment)


def _committed(commitment: Commitment) -> str:
    amounts = " or ".join(
        money(to_minor(amount, currency), currency) for currency, amount in commitment.amount.items()
    )
    every = f" every {commitment.every}" if commitment.every else ""
    match commitment.type:
        case CommitmentType.TERM:
            return f"the customer is bound for {commitment.duration}"
        case CommitmentType.MINIMUM_SPEND:
            return (
                f"the customer pays at least {amounts}{every}, and is invoiced the difference, which is not"
                " part of this bill"
            )
        case CommitmentType.PREPAYMENT:
            return f"the customer pays {amounts}{every} in advance, uses it up, and that is not in this bill"


def _idle(period: Period) -> Iterable[str]:
    yield f"nothing of it recurs, so there is nothing to spread over a {period}"


def _shown(screen: Terminal, sink: Sink, sheets: list[Sheet]) -> str:
    match sink.format:
        case "json":
            from stripectl.views.as_json import json_text, sheets_json

            return json_text(sheets_json(sheets))
        case "markdown":
            from stripectl.views.markdown import quote_markdown

            return "\n".join(map(quote_markdown, sheets))
    from stripectl.views.text import quote_text

    return "\n".join(quote_text(each, **ink(screen, sink)) for each in sheets)
