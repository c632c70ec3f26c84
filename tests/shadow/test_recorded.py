"""The account answers recorded requests as the real Stripe did, and the client reads what Stripe answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.stripe.kinds import ENDPOINTS, KINDS
from stripectl.providers.stripe.normalise import normalise
from stripectl.providers.stripe.wire import Answer
from tests.conftest import KEY
from tests.openapi import check_answer, description, operation
from tests.references import STRIPE
from tests.replay import ASPECTS, START, Outcome, Replay, exchanges

RECORDINGS = (STRIPE / "recorded.jsonl", *sorted((Path(__file__).parents[1] / "recorded").glob("*.jsonl")))
"""Those beside the project, and those that `make live` recorded; each is asked of an account of its own."""

PRESENT = [file for file in RECORDINGS if file.exists()]
ABSENT = f"no recorded exchanges at {RECORDINGS[0]}"


@pytest.fixture(scope="module", params=PRESENT, ids=[file.stem for file in PRESENT])
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Outcome]]:
    """Every exchange of a recording, asked of a new account."""
    path = tmp_path_factory.mktemp("recorded") / "account.db"
    account = ShadowAccount(path, clock=lambda: START, account_id="acct_1Shadow")
    yield Replay(account, KEY).run(exchanges(request.param))
    account.close()


@pytest.mark.skipif(not PRESENT, reason=ABSENT)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_recorded_request_is_answered_with_the_same(outcomes: list[Outcome], aspect: str) -> None:
    different = [
        f"{outcome.exchange.title}\n    {line}"
        for outcome in outcomes
        for line in outcome.differences[aspect]
    ]
    assert outcomes, "a recording has lines"
    assert not different, "\n".join(different)


def answered_objects(files: Sequence[Path]) -> list[tuple[str, Answer]]:
    """Where each object of a catalog stands that the real Stripe answered with, and what it was."""
    rows = [
        (f"{file.name}:{number}", json.loads(line, parse_float=Decimal))
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]
    bodies = [(place, row["body"]) for place, row in rows if row["status"] == 200]
    found = [(place, item) for place, body in bodies for item in body.get("data", [body])]
    return [(place, item) for place, item in found if item["object"] in KIND_OF and "deleted" not in item]


KIND_OF = {endpoint.object_type: kind for kind, endpoint in ENDPOINTS.items()}

IMPLIED = {"interval_count": 1, "usage_type": "licensed"}
"""Members of `recurring` that go without saying."""


def leaves(value: object) -> Iterator[object]:
    """Every value that says something, numbers as numbers however they are written."""
    match value:
        case Mapping():
            for key, item in sorted(value.items()):
                if key not in IMPLIED or item != IMPLIED[key]:
                    yield from leaves(item)
        case list() | tuple():
            for item in value:
                yield from leaves(item)
        case int() | Decimal() if not isinstance(value, bool):
            yield Decimal(value)
        case str():
            yield Decimal(value) if value.replace(".", "", 1).isdecimal() else value
        case None:
            return
        case _:
            yield value


def at(answer: Answer, path: tuple[str, ...]) -> object:
    value: object = answer
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


@pytest.mark.skipif(not PRESENT, reason=ABSENT)
def test_the_client_reads_every_recorded_object() -> None:
    for place, answer in answered_objects(PRESENT):
        (resource, *_) = normalise(KIND_OF[str(answer["object"])], answer)
        assert resource.object_id == answer["id"], place


# What `make live` records is odd on purpose: names with blanks around, amounts in several spellings.
@pytest.mark.skipif(not RECORDINGS[0].exists(), reason=ABSENT)
def test_the_client_loses_nothing_of_a_recorded_object_that_it_claims_to_read() -> None:
    seen: Counter[str] = Counter()
    for place, answer in answered_objects(RECORDINGS[:1]):
        kind = KIND_OF[str(answer["object"])]
        (resource, *_) = normalise(kind, answer)
        for name, field in KINDS[kind].fields.items():
            told = list(leaves(at(answer, field.wire_path)))
            kept = resource.fields.get(name, field.default)
            assert list(leaves(kept)) == told, f"{place}: {name}"
        seen[kind] += 1
    assert seen.keys() >= {"product", "price", "coupon"}


@pytest.mark.skipif(not PRESENT or description() is None, reason=ABSENT)
def test_stripes_description_and_the_named_additions_cover_every_recorded_answer() -> None:
    for file in PRESENT:
        for exchange in exchanges(file):
            path = exchange.path.replace("$", "")
            if exchange.status == 200 and (described := operation(exchange.method.lower(), path)):
                check_answer(described[1], exchange.status, exchange.body)
