"""What an account has once may be declared by one catalog."""

from __future__ import annotations

import pytest

from stripectl.engine.clashes import clashes
from stripectl.engine.resource import Resource, State
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import adopting, code, feature, meter, price, product, product_feature


def found(one: Resource, other: Resource) -> list[tuple[str, str, str]]:
    every = clashes({"a": State.of([one]), "b": State.of([other])}, KINDS)
    return [(name, each.code, each.address or "") for name, told in every.items() for each in told]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (price("x", lookup_key="pro"), price("y", lookup_key="pro")),
        (feature(), feature()),
        (code("LAUNCH"), code("launch")),
        (adopting(product(), "prod_1"), adopting(product("lite"), "prod_1")),
    ],
    ids=["lookup key", "feature", "code in another case", "id"],
)
def test_two_catalogs_cannot_have_the_same_thing(one: Resource, other: Resource) -> None:
    assert found(one, other) == [("b", "claimed-twice", other.address)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (meter(), meter()),
        (product_feature(), product_feature()),
        (price(), price(lookup_key="other")),
        (price(), price(active=False)),
    ],
    ids=["a meter that both count by", "references", "another key", "what is out of use"],
)
def test_what_may_be_there_twice_is_no_clash(one: Resource, other: Resource) -> None:
    assert found(one, other) == []
