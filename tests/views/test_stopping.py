"""What stops working with a plan is named wherever the plan is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stripectl.engine.consequences import pointed_to
from stripectl.engine.plan import Change, Plan, Pointer
from stripectl.views.as_json import json_text, plan_json
from stripectl.views.markdown import plan_markdown
from stripectl.views.report.document import plans_html
from stripectl.views.text import plan_text
from tests.views import samples

LINK = Pointer("payment_link", "plink_1", "https://buy.stripe.com/one", stops=True)
OTHER = replace(LINK, object_id="plink_2", name="https://buy.stripe.com/two")
PORTAL = Pointer("portal_configuration", "bpc_1", "Self service")


def text(plan: Plan) -> str:
    return " ".join(plan_text(plan, width=80, colour=False).split())


def markdown(plan: Plan) -> str:
    return plan_markdown(plan).replace("\u200b", "")


def page(plan: Plan) -> str:
    return plans_html([plan])


@pytest.mark.parametrize("view", [text, markdown, page])
def test_a_link_that_stops_is_named_counted_and_not_promised_back(view: Callable[[Plan], str]) -> None:
    shown = view(samples.plan(pointed_to(samples.raised(), (LINK, OTHER, PORTAL))))
    both = "payment links https://buy.stripe.com/one and https://buy.stripe.com/two stop working"
    assert f"{both}; what takes its place needs new ones" in shown
    assert "2 payment links stop working and may not come back with a rollback" in shown
    assert "a rollback restores 1 approximately" in shown.lower()
    assert "payment links that stop may not come back by themselves" in shown
    assert "referred to by portal configuration Self service" in shown


def test_the_file_says_of_each_whether_it_stops() -> None:
    shown = json_text(plan_json(samples.plan(pointed_to(samples.raised(), (LINK, PORTAL)))))
    assert [line.strip(' ,\n"') for line in shown.splitlines() if '"stops"' in line] == [
        'stops": true',
        'stops": false',
    ]


def test_what_is_archived_without_a_successor_needs_no_new_link() -> None:
    shown = text(
        samples.plan(pointed_to(samples.gone(samples.price(900, "price.lite.monthly", "p")), (LINK,)))
    )
    assert "payment link https://buy.stripe.com/one stops working undo" in shown


@pytest.mark.parametrize("view", [text, markdown, page])
def test_a_portal_that_goes_on_takes_nothing_from_the_undo(view: Callable[[Plan], str]) -> None:
    shown = view(samples.plan(pointed_to(samples.raised(), (PORTAL,))))
    assert "stop working" not in shown
    assert "approximately" not in shown


def test_every_link_that_stops_is_named_up_to_a_number_that_a_reader_takes_in() -> None:
    links = tuple(
        replace(LINK, object_id=f"plink_{n}", name=f"https://buy.stripe.com/{n}") for n in range(25)
    )
    shown = text(samples.plan(pointed_to(samples.raised(), links)))
    assert "https://buy.stripe.com/19 and 5 more stop working" in shown


def test_a_link_that_stops_is_named_also_where_each_change_takes_one_line() -> None:
    every = samples.large(3, 20)
    rows: list[Change] = [pointed_to(row, (LINK,)) for row in every.changes]
    assert text(replace(every, changes=tuple(rows))).count("https://buy.stripe.com/one stops") == len(rows)
