"""Names with blanks around them converge, whether the provider strips them or keeps what it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import stripe

from stripectl.pricing.model import Aggregation, Discount, Feature, Meter, Product
from tests.stripe.builders import catalog, monthly
from tests.workbench import Clock, Workbench, actions, opened

NAMES = ("name", "display_name", "nickname", "statement_descriptor")
"""Keys of answers whose texts Stripe may strip, at any depth."""

PRO = Product(
    "pro",
    " Pro ",
    description=" For teams ",
    unit_label=" seat ",
    statement_descriptor="ACME PRO ",
    marketing_features=(" Fast", "Safe "),
    metadata={"team": " core "},
)
BLANKS = catalog(
    PRO,
    monthly(nickname=" Monthly\t"),
    Meter("calls", "Calls ", "api_calls", Aggregation.SUM),
    Feature("sso", " Single sign-on"),
    Discount("launch", name=" Launch ", percent_off=Decimal(5)),
)


class Renaming(stripe.HTTPClient):
    """Answers with names as a provider keeps them."""

    name = "renaming"

    def __init__(self, inner: stripe.HTTPClient, keeps: Callable[[str], str]) -> None:
        super().__init__()
        self.inner, self.keeps = inner, keeps

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        body, status, more = self.inner.request(method, url, headers, post_data)
        return json.dumps(self.renamed(json.loads(body))), status, more

    def renamed(self, node: object) -> object:
        match node:
            case dict():
                return {
                    key: self.keeps(value) if key in NAMES and isinstance(value, str) else self.renamed(value)
                    for key, value in node.items()
                }
            case list():
                return list(map(self.renamed, node))
            case _:
                return node

    def close(self) -> None:
        self.inner.close()  # type: ignore[no-untyped-call]


def strips(text: str) -> str:
    return text.strip()


def keeps_blanks(text: str) -> str:
    return f" {text.strip()}\t"


@pytest.fixture(params=[strips, keeps_blanks])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    with opened(tmp_path, Clock(), lambda inner: Renaming(inner, request.param)) as opened_:
        yield opened_


def test_names_with_blanks_around_converge_on_either_provider(bench: Workbench) -> None:
    bench.apply(BLANKS)
    again = bench.plan(BLANKS)
    assert (actions(again), again.drift, again.blocked) == ({}, (), False)
    tidy = bench.plan(
        catalog(replace(PRO, name="Pro"), *(each for each in BLANKS.artifacts() if each is not PRO))
    )
    assert actions(tidy) == {}


def test_a_changed_name_with_blanks_around_converges_on_either_provider(bench: Workbench) -> None:
    bench.apply(catalog(PRO))
    changed = catalog(replace(PRO, name=" Professional ", marketing_features=("Safe ", " New ")))
    assert actions(bench.plan(changed)) == {"product.pro": "update"}
    bench.apply(changed)
    assert actions(bench.plan(changed)) == {}


def test_names_are_sent_without_blanks_and_other_texts_as_they_are(bench: Workbench) -> None:
    bench.apply(BLANKS)
    product = bench.client.v1.products.retrieve("acme-pro")
    sent = (product.name, product.statement_descriptor, [each.name for each in product.marketing_features])
    assert sent == ("Pro", "ACME PRO", ["Fast", "Safe"])
    assert (product.description, product.unit_label) == (" For teams ", " seat ")
    assert product.metadata["team"] == " core "
    (price,) = bench.client.v1.prices.list({"active": True}).data
    assert price.nickname == "Monthly"


def test_blanks_that_somebody_types_around_a_name_are_no_drift(bench: Workbench) -> None:
    bench.apply(BLANKS)
    bench.client.v1.products.update("acme-pro", {"name": "  Pro", "statement_descriptor": "ACME PRO  "})
    made = bench.plan(BLANKS)
    assert (actions(made), made.drift) == ({}, ())
    bench.client.v1.products.update("acme-pro", {"description": "For teams"})
    assert [each.address for each in bench.plan(BLANKS).drift] == ["product.pro"]
