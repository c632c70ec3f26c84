"""Whatever is written in Stripe's spelling reads back as the same value, to the last decimal."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stripectl.engine.values import Value, equal
from stripectl.providers.stripe.kinds import DIMENSIONS
from stripectl.providers.stripe.wire import read, spell

AMOUNTS = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=12)
COUNTS = st.integers(1, 10**9)


@st.composite
def tiers(draw: st.DrawFn) -> Value:
    bounds: list[int | None] = [*sorted(draw(st.sets(COUNTS, max_size=4))), None]
    return tuple(draw(tier(bound)) for bound in bounds)


@st.composite
def tier(draw: st.DrawFn, bound: int | None) -> dict[str, Value]:
    fields: dict[str, Value] = {"up_to": bound, "unit_amount": draw(AMOUNTS)}
    flat = draw(AMOUNTS)
    return {**fields, "flat_amount": flat} if flat else fields


OPTION = st.one_of(
    st.fixed_dictionaries({"unit_amount": AMOUNTS}, optional={"tax_behavior": st.just("inclusive")}),
    st.fixed_dictionaries({"tiers": tiers()}),
    st.fixed_dictionaries({"custom_unit_amount": st.dictionaries(st.sampled_from(["minimum"]), COUNTS)}),
)
FIELDS: st.SearchStrategy[tuple[str, Value]] = st.one_of(
    st.tuples(st.just("unit_amount"), AMOUNTS),
    st.tuples(st.just("tiers"), tiers()),
    st.tuples(
        st.just("currency_options"),
        st.dictionaries(st.sampled_from(["eur", "jpy", "kwd"]), OPTION, min_size=1),
    ),
    st.tuples(
        st.just("package_dimensions"),
        st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, st.decimals(0, 1000, places=2))),
    ),
    st.tuples(st.just("percent_off"), st.decimals(0, 100, places=2)),
    st.tuples(st.just("marketing_features"), st.lists(st.text(), min_size=1).map(tuple)),
)


@given(FIELDS)
def test_what_is_spelled_reads_back_as_the_same_value(field: tuple[str, Value]) -> None:
    name, value = field
    assert equal(read(name, answered(spell(name, value, {}))), value)


@given(AMOUNTS)
def test_an_amount_is_never_spelled_with_an_exponent(amount: Decimal) -> None:
    spelled = spell("unit_amount", amount, {})
    assert isinstance(spelled, str)
    assert set(spelled) <= set("0123456789.")


def answered(spelled: object) -> object:
    """As the answer would give it: through JSON, with the open bound of a tier as null."""
    text = json.dumps(spelled).replace('"inf"', "null")
    return json.loads(text, parse_float=Decimal)
