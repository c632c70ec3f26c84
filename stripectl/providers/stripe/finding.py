"""Finding what a create step already made, when its answer was lost. Never by search, which lags behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from stripectl.engine.steps import Request, Step
from stripectl.providers.stripe.answers import reading
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.kinds import ADDRESS_KEY, ENDPOINTS, KINDS, RUN_KEY
from stripectl.providers.stripe.names import binding_id
from stripectl.providers.stripe.requests import object_path
from stripectl.providers.stripe.wire import Answer, identifier

Made: TypeAlias = Callable[[Answer, Request], bool]
"""Whether an object is what a create request made."""


def find_made(gateway: Gateway, step: Step, asked: Request) -> tuple[str, ...]:
    """Ids of the objects that the request of a create step made; usually one or none.

    Marked kinds are known by the run and address in their metadata, the others by what names them.
    """
    if step.kind == "metadata_binding":
        return _bound(gateway, asked)
    made = _MADE.get(step.kind, _bears_our_marks)
    return tuple(str(each["id"]) for each in _candidates(gateway, step, asked) if made(each, asked))


def _candidates(gateway: Gateway, step: Step, asked: Request) -> Iterable[Answer]:
    """Objects that the step could have made, as few as Stripe's filters can narrow them down to."""
    if KINDS[step.kind].chosen_id and step.object_id:
        found = gateway.find(object_path(step.kind, step.object_id))
        return [found] if found else []
    narrow = {name: asked.params[name] for name in _FILTERS.get(step.kind, ())}
    listings = ENDPOINTS[step.kind].listings
    return [each for listing in listings for each in gateway.list_all(asked.path, {**listing, **narrow})]


_FILTERS: Mapping[str, tuple[str, ...]] = {
    "price": ("product",),
    "feature": ("lookup_key",),
    "promotion_code": ("code",),
}
"""Kind -> filters of its list that are set to the parameters of the same name."""


def _bears_our_marks(each: Answer, asked: Request) -> bool:
    held, sent = each.get("metadata"), asked.params["metadata"]
    if not isinstance(held, Mapping) or not isinstance(sent, Mapping):
        return False
    return all(held.get(mark) == sent[mark] for mark in (RUN_KEY, ADDRESS_KEY))


def _counts_the_event(each: Answer, asked: Request) -> bool:
    return each.get("status") == "active" and each.get("event_name") == asked.params["event_name"]


def _attaches_the_feature(each: Answer, asked: Request) -> bool:
    with reading(each):
        return identifier(each.get("entitlement_feature")) == asked.params["entitlement_feature"]


_MADE: Mapping[str, Made] = {"meter": _counts_the_event, "product_feature": _attaches_the_feature}


def _bound(gateway: Gateway, asked: Request) -> tuple[str, ...]:
    """A binding is there when its host holds the very value."""
    host, sent = gateway.find(asked.path), asked.params["metadata"]
    held = host.get("metadata") if host else None
    if host is None or not isinstance(held, Mapping) or not isinstance(sent, Mapping):
        return ()
    return tuple(binding_id(str(host["id"]), key) for key, value in sent.items() if held.get(key) == value)
