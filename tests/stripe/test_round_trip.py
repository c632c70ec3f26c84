"""What is declared, sent to the shadow account and read back is what was declared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.engine.kinds import Phase, Write
from stripectl.engine.matching import linked
from stripectl.engine.resource import Resource, State
from stripectl.engine.steps import Step, Verb
from stripectl.engine.values import Fields, Value, equal
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.mapping import map_catalog
from stripectl.providers.stripe.provider import StripeProvider
from tests.openapi import ValidatingTransport
from tests.stripe.builders import EVERYTHING

RUN = "run-1"


@pytest.fixture
def provider(account: ShadowAccount) -> StripeProvider:
    """Speaks to the shadow account; every request and answer is held against Stripe's description."""
    return StripeProvider(Gateway("sk_test_1", transport=ValidatingTransport(ShadowTransport(account))))


def create(provider: StripeProvider, desired: State) -> dict[str, str]:
    """Make everything, in the order of the kinds table; address -> id."""
    ids: dict[str, str] = {}
    for kind in KINDS.rows:
        for each in desired:
            if each.kind == kind:
                step = creation(each)
                request = provider.request(step, ids, catalog="acme", run=RUN)
                ids[each.address] = provider.send(request, f"{RUN}-{each.address}").object_id
    for each in desired:
        later = {name: value for name, value in each.fields.items() if waits(each.kind, name)}
        if later:
            step = Step(1, Phase.SWITCH, Verb.UPDATE, each.kind, each.address, None, later)
            provider.send(provider.request(step, ids, catalog="acme", run=RUN), f"{RUN}-{each.address}-2")
    return ids


def creation(each: Resource) -> Step:
    fields = {name: value for name, value in each.fields.items() if not waits(each.kind, name)}
    return Step(1, Phase.EXPAND, Verb.CREATE, each.kind, each.address, each.object_id, fields)


def waits(kind: str, name: str) -> bool:
    return KINDS[kind].fields[name].write is Write.UPDATE_ONLY


def test_every_kind_reads_back_as_it_was_declared(provider: StripeProvider) -> None:
    desired = map_catalog(EVERYTHING).desired
    ids = create(provider, desired)
    bearers = {object_id: address for address, object_id in ids.items()}

    observed = {bearers[str(each.object_id)]: each for each in provider.observe(desired)}

    assert sorted(observed) == sorted(desired.resources)
    for each in desired:
        found = observed[each.address]
        assert differing(linked(found.fields, KINDS[each.kind], bearers), each.fields) == {}, each.address
        if KINDS[each.kind].marked:
            assert (found.owner, found.address) == ("acme", each.address)


def differing(observed: Fields, desired: Fields) -> dict[str, tuple[Value, Value]]:
    return {
        name: (observed.get(name), desired.get(name))
        for name in {*observed, *desired}
        if not equal(observed.get(name), desired.get(name))
    }


def test_every_creation_is_found_again_by_its_run(provider: StripeProvider) -> None:
    desired = map_catalog(EVERYTHING).desired
    ids = create(provider, desired)

    for each in desired:
        found = provider.find(creation(each), ids, catalog="acme", run=RUN)
        assert found == (ids[each.address],), each.address


def test_what_another_run_made_is_not_taken_for_ours(provider: StripeProvider) -> None:
    desired = map_catalog(EVERYTHING).desired
    ids = create(provider, desired)
    price = desired.get("price.pro.monthly")
    assert price is not None

    assert provider.find(creation(price), ids, catalog="acme", run="run-2") == ()


def test_nothing_is_found_of_what_was_never_made(provider: StripeProvider) -> None:
    desired = map_catalog(EVERYTHING).desired
    ids = create(provider, desired)
    missing = replace(creation(desired.resources["product.pro"]), object_id="acme-other")

    assert provider.find(missing, ids, catalog="acme", run=RUN) == ()
