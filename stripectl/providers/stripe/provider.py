"""Stripe as a provider: reads the account, spells steps out, sends them, finds what a lost answer made.

Importing this module imports the SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from datetime import datetime
from functools import partial
from itertools import islice
from threading import Lock
from urllib.parse import unquote

from stripectl.concurrency import at_once
from stripectl.diagnostics import Diagnostic
from stripectl.engine.checkup import Check
from stripectl.engine.customers import Customers
from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Account, Audience, Pointers
from stripectl.engine.ports import Failure, Gate, RequestFailed
from stripectl.engine.quotes import Basket, Quote, Sale
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.engine.values import Ref
from stripectl.providers.stripe.answers import joined
from stripectl.providers.stripe.audience import audience
from stripectl.providers.stripe.expansion import options_of
from stripectl.providers.stripe.failures import Taken
from stripectl.providers.stripe.finding import find_made
from stripectl.providers.stripe.gateway import Gateway, Reply
from stripectl.providers.stripe.identity import Opened, on_the_way, opened
from stripectl.providers.stripe.keys import Door
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from stripectl.providers.stripe.names import binding_of, split_binding_id
from stripectl.providers.stripe.normalise import normalise
from stripectl.providers.stripe.observation import objects, one
from stripectl.providers.stripe.permissions import CUSTOMERS
from stripectl.providers.stripe.plan_quotes import quotes
from stripectl.providers.stripe.pointing import pointers
from stripectl.providers.stripe.probing import probe
from stripectl.providers.stripe.requests import collection_path, outcome_id, request, segment

COUNTED = 1000
"""Subscriptions of one price that are counted; more are told as more."""

VERSIONS = range(2, 10)
"""Versions of an id that are tried where the id itself is given away no more."""

READERS = 8
"""Lists that are read side by side."""


class Access:
    """A key, and the account that it opens once that was asked."""

    def __init__(self, gateway: Gateway, door: Door, *, keep: bool) -> None:
        self.door, self.keep = door, keep
        self.kept: tuple[Resource, ...] | None = None
        """The lists of the account, where they are kept."""
        self._gateway = gateway
        self._known: Opened | None = None
        self._asking = Lock()

    def opened(self) -> Opened:
        """Asked once: a key opens the same account for as long as it lives."""
        with self._asking:
            self._known = self._known or opened(self._gateway, self.door)
            return self._known

    def probe(self, gate: Gate, now: Callable[[], datetime]) -> tuple[Check, ...]:
        """Each permission that plan and apply need, the API version and the clock."""
        return probe(on_the_way(self._gateway, self.door), self.opened, gate, self.door, now)


class StripeProvider:
    """The catalog part of one Stripe account, behind a gate."""

    def __init__(
        self,
        gateway: Gateway,
        door: Door = Door(),  # noqa: B008  frozen
        gate: Gate = lambda _: None,
        *,
        keep: bool = False,
    ) -> None:
        """`door` is what is known of the account to work on: the key's own, or one that it leads to.

        `keep` reads the lists of the account once: for a command that compares several catalogs with it.
        """
        self._guard(Access(gateway, door, keep=keep), gate)

    def _guard(self, access: Access, gate: Gate) -> None:
        self._access, self._gate = access, gate
        self._let_in: Opened | None = None
        self._entering = Lock()

    @property
    def kinds(self) -> Kinds:
        return KINDS

    def behind(self, gate: Gate) -> StripeProvider:
        other = copy(self)
        other._guard(self._access, gate)
        return other

    def enter(self) -> Account:
        return self._entered().account

    def account(self) -> Account:
        return self._access.opened().account

    def caveats(self) -> tuple[Diagnostic, ...]:
        return self._access.opened().caveats

    def _entered(self) -> Opened:
        with self._entering:
            if self._let_in is None:
                found = self._access.opened()
                self._gate(found.account)
                self._let_in = found
            return self._let_in

    @property
    def _gateway(self) -> Gateway:
        """The only way to send: requests are about the account that the gate let pass."""
        return self._entered().gateway

    def observe(self, wanted: State) -> tuple[Resource, ...]:
        """Every object of the catalog's kinds, in pages of 100; references are plain ids.

        Stripe lists product features one product at a time, so they are read only for products that
        `wanted` says have some: a feature attached by hand to another product stays unseen.
        """
        self.enter()
        access = self._access
        found = self._listed(wanted) if access.kept is None else access.kept
        access.kept = found if access.keep else None
        features = [partial(self._product_features, each) for each in _with_features(wanted, found)]
        found += tuple(each for listed in at_once(features, READERS) for each in listed)
        # An object that changes between the pages of two lists is met twice; the later answer counts.
        return tuple({(each.kind, each.object_id): each for each in found}.values())

    def _listed(self, wanted: State) -> tuple[Resource, ...]:
        """Every object of the kinds that are listed for the whole account."""
        listings = [(kind, each) for kind, found in ENDPOINTS.items() for each in found.listings]
        lists = [partial(self._objects, *each, wanted) for each in listings if each[0] != "product_feature"]
        return tuple(each for listed in at_once(lists, READERS) for each in listed)

    def _objects(self, kind: str, listing: Mapping[str, str], wanted: State) -> list[Resource]:
        answers = objects(self._gateway, kind, listing, wanted)
        return [each for answer in answers for each in normalise(kind, answer)]

    def _product_features(self, product: str) -> list[Resource]:
        answers = self._gateway.list_all(collection_path("product_feature", product=product))
        answers = (joined(answer, {"product": product}) for answer in answers)
        return [each for answer in answers for each in normalise("product_feature", answer)]

    def read(self, step: Step, ids: Mapping[str, str]) -> Resource | None:
        """The object that a step is to update, as it is at this moment; None where it is gone."""
        bound = step.kind == "metadata_binding" and binding_of(split_binding_id(str(step.object_id))[1])
        kind = bound.host if bound else step.kind
        path = self.request(step, ids, catalog="", run="").path
        answer = one(self._gateway, kind, path, options_of(kind, (step.before, step.fields)))
        found = normalise(kind, answer) if answer else ()
        return next((each for each in found if each.object_id == step.object_id), None)

    def request(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> Request:
        return request(step, ids, catalog=catalog, run=run)

    def send(self, request: Request, key: str) -> Outcome:
        """Execute a request; deleting what is gone already counts as done."""
        if request.method == "delete":
            deleted = self._gateway.delete(request.path)
            gone = unquote(request.path.rpartition("/")[2])
            return Outcome(gone, deleted.request_id if deleted else None)
        try:
            reply = self._gateway.post(request.path, request.params, key)
        except Taken as taken:
            reply = self._under_another_id(request, key, taken)
        return Outcome(outcome_id(request, reply.answer), reply.request_id)

    def _under_another_id(self, request: Request, key: str, taken: Taken) -> Reply:
        """Send a refused request again with the next version of its id, where nothing has the id any more.

        Whether Stripe gives the id of something deleted away again is unverified. Raises `taken` where the id
        is in use, and where the refusal is about something else than an id.
        """
        chosen = request.params.get("id")
        if not isinstance(chosen, str) or self._gateway.find(f"{request.path}/{segment(chosen)}"):
            raise taken
        for version in VERSIONS:
            with suppress(Taken):
                # With a key of its own, a repetition gets the object that the first try made.
                params = {**request.params, "id": f"{chosen}-{version}"}
                return self._gateway.post(request.path, params, f"{key}-{version}")
        raise taken

    def find(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> tuple[str, ...]:
        """Ids of what a create step of this run already made; none for other steps: they can be repeated."""
        if step.verb is not Verb.CREATE:
            return ()
        return find_made(self._gateway, step, self.request(step, ids, catalog=catalog, run=run))

    def audience(self, object_ids: Sequence[str]) -> Mapping[str, Audience]:
        """Who has an active subscription to each price; a price is left out where they may not be read."""
        found = at_once([partial(self._audience, each) for each in object_ids], READERS)
        return {each: held for each, held in zip(object_ids, found, strict=True) if held}

    def customers(self, ids: Collection[str]) -> Customers:
        """Which of the customers do not exist; those that may not be read are told."""
        asked = sorted(ids)
        found = at_once([partial(self._has_customer, each) for each in asked], READERS)
        there = dict(zip(asked, found, strict=True))
        missing, unread = (
            frozenset(each for each, has in there.items() if has is no) for no in (False, None)
        )
        return Customers(missing, unread, CUSTOMERS.ticked)

    def _has_customer(self, customer: str) -> bool | None:
        try:
            return self._gateway.find(f"{CUSTOMERS.path}/{segment(customer)}") is not None
        except RequestFailed as problem:
            if problem.failure is Failure.REFUSED:
                return None
            raise

    def pointers(self, object_ids: Collection[str]) -> Pointers:
        """Payment links and portal configurations in use that refer to the objects."""
        return pointers(self._gateway, object_ids)

    def quotes(self, baskets: Sequence[Basket], before: Sale, after: Sale) -> tuple[Quote, ...]:
        return quotes(baskets, before, after)

    def probe(self, now: Callable[[], datetime]) -> tuple[Check, ...]:
        return self._access.probe(self._gate, now)

    def _audience(self, price: str) -> Audience | None:
        query = {"price": price, "status": "active"}
        subscriptions = self._gateway.list_all("/v1/subscriptions", query)
        try:
            counted = list(islice(subscriptions, COUNTED))
            return audience(price, counted, more=next(subscriptions, None) is not None)
        except RequestFailed as problem:
            if problem.failure is Failure.REFUSED:
                return None
            raise


def _with_features(wanted: State, found: Iterable[Resource]) -> tuple[str, ...]:
    """Ids of the products, among those that exist, that are wanted to have features.

    Several objects may bear an address: of another catalog, or archived when one was adopted.
    """
    products = [each for each in found if each.kind == "product"]
    granting = {each.fields.get("product") for each in wanted if each.kind == "product_feature"}
    addresses = {each.address for each in granting if isinstance(each, Ref)}
    declared = {wanted.resources[address].object_id for address in addresses if address in wanted}
    ids = (
        each.object_id
        for each in products
        if each.address in addresses or each.object_id in declared or each.object_id in granting
    )
    return tuple(object_id for object_id in ids if object_id)
