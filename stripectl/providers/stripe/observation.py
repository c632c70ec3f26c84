"""Objects as Stripe holds them, whole: what an answer leaves out is asked for in further ones.

Importing this module imports the SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from stripectl.diagnostics import error
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.engine.resource import State
from stripectl.providers.stripe.expansion import completed, expansions, options_of, unread
from stripectl.providers.stripe.gateway import Gateway, Page, expanding
from stripectl.providers.stripe.kinds import ENDPOINTS, OWNER_KEY
from stripectl.providers.stripe.requests import object_path
from stripectl.providers.stripe.wire import Answer


def objects(gateway: Gateway, kind: str, listing: Mapping[str, str], wanted: State) -> Iterator[Answer]:
    """Every object of a list. `wanted` names the currencies that are asked for from the first page on.

    Raises RequestFailed where Stripe does not give all of an object that is marked or wanted.
    """
    path, ids = ENDPOINTS[kind].path, {each.object_id for each in wanted}
    known = dict.fromkeys(options_of(kind, (each.fields for each in wanted if each.kind == kind)))
    for page in gateway.pages(path, listing, lambda: expansions(kind, known)):
        for each in _whole_page(gateway, kind, page):
            answer = _again(gateway, kind, each) if unread(kind, each) else each
            if unread(kind, answer) and (_is_marked(answer) or answer["id"] in ids):
                raise _incomplete(kind, answer)
            yield answer
        # Later pages are likely to hold what this one did.
        known.update(dict.fromkeys(currency for each in page.objects for currency in unread(kind, each)))


def one(gateway: Gateway, kind: str, path: str, currencies: Iterable[str]) -> Answer | None:
    """The object at `path`, None where it is gone; `currencies` are those that its options are known to have.

    Raises RequestFailed where Stripe does not give all of it.
    """
    answer = gateway.find(path, expanding(expansions(kind, currencies), listed=False))
    if answer is None or not unread(kind, answer):
        return answer
    whole = _again(gateway, kind, answer)
    if unread(kind, whole):
        raise _incomplete(kind, whole)
    return whole


def _whole_page(gateway: Gateway, kind: str, page: Page) -> list[Answer]:
    def ask(fields: tuple[str, ...]) -> Iterable[Answer]:
        asked = {**page.query, **expanding(fields, listed=True)}
        return cast("list[Answer]", gateway.page(ENDPOINTS[kind].path, asked)["data"])

    return completed(kind, page.objects, ask)


def _again(gateway: Gateway, kind: str, answer: Answer) -> Answer:
    """One object that a list, or a first answer, did not give all of."""
    path = object_path(kind, str(answer["id"]))

    def ask(fields: tuple[str, ...]) -> Iterable[Answer]:
        found = gateway.find(path, expanding(fields, listed=False))
        return [found] if found else []

    return completed(kind, [answer], ask)[0]


def _is_marked(answer: Answer) -> bool:
    metadata = answer.get("metadata")
    return isinstance(metadata, Mapping) and OWNER_KEY in metadata


def _incomplete(kind: str, answer: Answer) -> RequestFailed:
    """Compared as it is, the object would look as if it had lost what was not told."""
    told = error(
        "stripe-incomplete",
        "Stripe does not tell all of an object",
        f"Of {kind} {answer['id']} the tiers in {', '.join(unread(kind, answer))} were asked for by name,"
        " and the answer is without them. What is not known cannot be compared.",
        hint="try again; if it stays so, look at the object in the dashboard, and ask Stripe's support",
    )
    return RequestFailed(Failure.SERVER, told, status=200)
