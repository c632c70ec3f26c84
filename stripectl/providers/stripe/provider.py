"""Stripe as a provider: reads the account, spells steps out, sends them, finds what a lost answer made.

Importing this module imports the SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from stripectl.engine.kinds import Kinds
from stripectl.engine.plan import Account
from stripectl.engine.ports import Failure, RequestFailed
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Outcome, Request, Step, Verb
from stripectl.engine.values import Ref, Value
from stripectl.providers.stripe.finding import find_made
from stripectl.providers.stripe.gateway import API_VERSION, Gateway
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from stripectl.providers.stripe.normalise import normalise
from stripectl.providers.stripe.requests import collection_path, outcome_id, request

MODES: Mapping[str, bool] = {"_live_": True, "_test_": False}
"""What a key says about itself."""


class StripeProvider:
    """The catalog part of one Stripe account."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def kinds(self) -> Kinds:
        return KINDS

    def account(self) -> Account:
        return Account(str(self._gateway.get("/v1/account")["id"]), self._livemode(), API_VERSION)

    def _livemode(self) -> bool:
        """As the key says; else as an object says; an account that tells neither is taken for a live one."""
        for part, livemode in MODES.items():
            if part in self._gateway.key:
                return livemode
        page = self._gateway.get("/v1/products", {"limit": 1})
        match page.get("data"):
            case [{"livemode": bool(livemode)}, *_]:
                return livemode
            case _:
                return True

    def observe(self, wanted: State) -> tuple[Resource, ...]:
        """Every object of the catalog's kinds, in pages of 100; references are plain ids.

        Stripe lists product features one product at a time, so they are read only for products that
        `wanted` says have some: a feature attached by hand to another product stays unseen.
        """
        found = [each for kind in ENDPOINTS if kind != "product_feature" for each in self._objects(kind)]
        products = _with_features(wanted, found)
        found += [each for product in products for each in self._product_features(product)]
        # An object that changes between the pages of two lists is met twice; the later answer counts.
        return tuple({(each.kind, each.object_id): each for each in found}.values())

    def _objects(self, kind: str) -> Iterator[Resource]:
        endpoint = ENDPOINTS[kind]
        for listing in endpoint.listings:
            for answer in self._gateway.list_all(endpoint.path, listing, endpoint.expand):
                yield from normalise(kind, answer)

    def _product_features(self, product: str) -> Iterator[Resource]:
        for answer in self._gateway.list_all(collection_path("product_feature", product=product)):
            yield from normalise("product_feature", {**answer, "product": product})

    def request(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> Request:
        return request(step, ids, catalog=catalog, run=run)

    def send(self, request: Request, key: str) -> Outcome:
        """Execute a request; deleting what is gone already counts as done."""
        if request.method == "delete":
            deleted = self._gateway.delete(request.path)
            gone = unquote(request.path.rpartition("/")[2])
            return Outcome(gone, deleted.request_id if deleted else None)
        reply = self._gateway.post(request.path, request.params, key)
        return Outcome(outcome_id(request, reply.answer), reply.request_id)

    def find(self, step: Step, ids: Mapping[str, str], *, catalog: str, run: str) -> tuple[str, ...]:
        """Ids of what a create step of this run already made; none for other steps: they can be repeated."""
        if step.verb is not Verb.CREATE:
            return ()
        return find_made(self._gateway, step, self.request(step, ids, catalog=catalog, run=run))

    def subscribers(self, object_ids: Sequence[str]) -> Mapping[str, int]:
        """Active subscriptions on each price; a price is left out where the key may not read them."""
        counts = {each: self._count(each) for each in object_ids}
        return {each: count for each, count in counts.items() if count is not None}

    def _count(self, price: str) -> int | None:
        query = {"price": price, "status": "active"}
        try:
            return sum(1 for _ in self._gateway.list_all("/v1/subscriptions", query))
        except RequestFailed as problem:
            if problem.failure is Failure.REFUSED:
                return None
            raise


def _with_features(wanted: State, found: Iterable[Resource]) -> tuple[str, ...]:
    """Ids of the products, among those that exist, that are wanted to have features."""
    known = {each.object_id for each in found if each.kind == "product"}
    addressed = {each.address: each.object_id for each in found if each.kind == "product" and each.address}
    products = dict.fromkeys(each.fields.get("product") for each in wanted if each.kind == "product_feature")
    ids = (_product_id(each, wanted, addressed) for each in products)
    return tuple(dict.fromkeys(each for each in ids if each in known and each))


def _product_id(product: Value, wanted: State, addressed: Mapping[str, str | None]) -> str | None:
    match product:
        case Ref(address):
            declared = wanted.get(address)
            return addressed.get(address) or (declared.object_id if declared else None)
        case str():
            return product
        case _:
            return None
