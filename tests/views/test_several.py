"""Several catalogs at once, the lines of an apply, and what notes in metadata hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.engine.fidelity import Fidelity
from stripectl.engine.kinds import Phase
from stripectl.engine.plan import Action, FieldChange
from stripectl.engine.resource import Resource
from stripectl.engine.steps import Step, Verb
from stripectl.engine.values import Ref
from stripectl.providers.stripe.kinds import KINDS
from stripectl.views.progress import applied_lines, step_line
from stripectl.views.text import plan_text, plans_text, validation_text
from tests.views import samples


def test_several_plans_end_with_their_totals_and_name_the_blocked_one() -> None:
    plans = (replace(samples.QUIET, catalog="calm"), samples.RAISED, replace(samples.BUSY, catalog="busy"))
    totals = plans_text(plans, width=100, colour=False).rpartition("=\n")[2]
    assert totals.startswith("\nAll 3 catalogs: 1 to delete, 2 to archive, 4 to replace, ")
    assert totals.endswith("BLOCKED: busy\nReady to apply: acme\nNo changes: calm\n")


def test_one_plan_stands_without_totals() -> None:
    plain = plan_text(samples.RAISED, width=80, colour=False)
    assert plans_text([samples.RAISED], width=80, colour=False) == plain


def test_validation_is_a_table_of_verdicts() -> None:
    counts = {Fidelity.EXACT: 17, Fidelity.APPROXIMATE: 8, Fidelity.UNSUPPORTED: 1}
    rows = {"coulomb": (0, counts, True), "pack": (0, {Fidelity.EXACT: 3}, False), "bad": (2, {}, False)}
    assert validation_text(rows, width=100, colour=False) == (
        "                         exact approximate    not sent\n"
        "coulomb  blocked            17           8           1\n"
        "pack     valid               3           0           0\n"
        "bad      2 problems\n"
    )


@pytest.mark.parametrize(
    ("verb", "kind", "address", "words"),
    [
        (Verb.CREATE, "price", "price.pro.monthly", "create price.pro.monthly"),
        (Verb.REVIVE, "price", "price.pro.monthly", "reactivate price.pro.monthly  id_1"),
        (Verb.REMOVE, "price", "price.pro.monthly", "archive price.pro.monthly  id_1"),
        (Verb.REMOVE, "meter", "meter.calls", "deactivate meter.calls  id_1"),
        (Verb.REMOVE, "coupon", "discount.launch", "delete coupon discount.launch  id_1"),
        (Verb.CREATE, "promotion_code", "code.launch.GO", "create code.launch.GO"),
        (Verb.CREATE, "product_feature", "product_feature.pro.sso", "attach product_feature.pro.sso"),
        (Verb.REMOVE, "product_feature", "product_feature.pro.sso", "detach product_feature.pro.sso  id_1"),
        (Verb.CREATE, "metadata_binding", "offer.team", "set metadata binding offer.team"),
        (Verb.REMOVE, "metadata_binding", "offer.team", "unset metadata binding offer.team  id_1"),
    ],
)
def test_a_step_says_what_really_happens(verb: Verb, kind: str, address: str, words: str) -> None:
    assert step_line(Step(3, Phase.EXPAND, verb, kind, address, "id_1"), 12, KINDS) == f" 3/12  {words}"


def test_a_moved_lookup_key_is_called_so() -> None:
    step = Step(
        1, Phase.SWITCH, Verb.UPDATE, "price", "price.pro.monthly", "price_1", transfer=("lookup_key",)
    )
    assert step_line(step, 4, KINDS) == "1/4  move lookup key to price.pro.monthly"


def test_an_apply_ends_with_what_is_in_force_and_the_way_back() -> None:
    assert applied_lines(samples.REVISION, 4) == (
        "Applied: acme, revision 3. 1 replaced, 2 created.\n"
        "2 objects of acme in force in sandbox. To go back: stripectl rollback 2 --catalog acme --env sandbox"
    )
    assert "rollback" not in applied_lines(samples.EARLIER, 2)


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (
            "offer.team",
            '{"prices":["a.b","a.c"],"trial_days":14,"discounts":["x"]}',
            "a.b + a.c, 14-day trial, x",
        ),
        ("commitment.annual", '{"type":"term","duration":"P12M"}', "term of 12 months"),
        (
            "configuration.acme",
            '{"customer":"crm:1","offer":"team","prices":{"a.b":{"eur":"4"}}}',
            "for crm:1, offer team, a.b at 4.00 EUR",
        ),
        ("trial.pro.monthly", '{"days":7}', "7-day trial"),
        ("discount.loyal", '{"steps":[{"after":"P1W","percent_off":"50"}]}', "50 % off after 1 week"),
        ("offer.odd", "[1", "noted in the metadata of product.a"),
        ("offer.odd", '{"else":1}', "noted in the metadata of product.a"),
    ],
)
def test_a_note_in_metadata_is_told_by_its_facts(address: str, value: str, words: str) -> None:
    note = Resource("metadata_binding", address, {"host": Ref("product.a"), "key": "k", "value": value})
    text = plan_text(samples.plan(samples.created(note)), width=116, colour=False)
    assert f"+ {address}   {words} " in text


def test_a_changed_note_is_told_fact_by_fact() -> None:
    before, after = '{"prices":["a.b"],"trial_days":14}', '{"prices":["a.b"],"trial_days":7}'
    old = replace(samples.OFFER, fields={**samples.OFFER.fields, "value": before})
    new = replace(samples.OFFER, fields={**samples.OFFER.fields, "value": after})
    row = samples.updated(old, new, FieldChange(("value",), before, after))
    text = plan_text(samples.plan(row), width=100, colour=False)
    assert "    trial   14 days → 7 days\n" in text
    assert "{" not in text


def test_a_default_that_follows_its_price_takes_one_line() -> None:
    moved = samples.updated(
        samples.product(),
        samples.product(),
        FieldChange(("default_price",), "price_1OLD", Ref("price.pro.monthly")),
    )
    text = plan_text(samples.plan(samples.raised(), moved), width=116, colour=False)
    assert "Acme Pro: its default moves to the successor of price.pro.monthly" in text
    assert text.count("price_1OLD") == 0
    back = replace(samples.raised(), action=Action.REACTIVATE)
    text = plan_text(samples.plan(back, moved), width=116, colour=False)
    assert "Acme Pro: its default moves to the earlier price.pro.monthly" in text


def test_a_price_that_becomes_free_says_so() -> None:
    text = plan_text(samples.plan(samples.raised(0)), width=100, colour=False)
    assert "24.00 USD → 0.00 USD a month  (-24.00, -100.0 %, now free)" in text


def test_what_was_bought_once_has_no_subscriptions_to_count() -> None:
    once = samples.price(1000, recurring=None, object_id="price_1")
    text = plan_text(samples.plan(samples.gone(once, subscribers=0)), width=100, colour=False)
    assert "who     what was bought stays bought\n" in text
