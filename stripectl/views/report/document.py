"""The report as one self-contained HTML file: no script, no font, picture or style from anywhere else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from stripectl.engine.plan import Plan
from stripectl.views import wording
from stripectl.views.amounts import count
from stripectl.views.page import harmless
from stripectl.views.report import chart
from stripectl.views.report.answers import Subject, answers, lead
from stripectl.views.report.prices import price_cards
from stripectl.views.report.sections import Found, listing, lost, provenance, tables, tiles
from stripectl.views.rows import rows
from stripectl.views.text import default_command

OPEN_CARDS = 12
"""Prices that are shown at once; more are folded."""

CARDS = 60
"""Prices that have a card at all; every one stands in the list of changes."""


def plans_html(plans: Sequence[Plan]) -> str:
    """One page for one plan or several; equal plans give equal bytes.

    However long the plans are, the page stays within some megabytes: what is left out is counted on it.
    """
    templates = _templates()
    style = _style(templates)
    context = {
        "title": wording.title(plans),
        "style": style,
        "policy": f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
        "plans": [_shape(each) for each in plans],
        "frame": _FRAME,
    }
    return templates.get_template("report.html.j2").render(context)


def _shape(plan: Plan) -> Mapping[str, object]:
    setting = wording.Setting.of(plan)
    every = rows(plan, setting)
    cards = price_cards(plan, every)
    subject = Subject(plan, every, cards, setting.review)
    return {
        "catalog": plan.catalog,
        "environment": plan.environment,
        "account": plan.account,
        "place": wording.place(plan.account) if plan.account else "",
        "blocked": subject.problems,
        "lead": lead(subject),
        "answers": answers(subject),
        "tiles": tiles(plan),
        "problems": Found.of(plan, errors=True),
        "remarks": Found.of(plan, errors=False),
        "cards": cards[:OPEN_CARDS],
        "folded_cards": cards[OPEN_CARDS:CARDS],
        "cards_left_out": max(0, len(cards) - CARDS),
        "tables": tables(plan),
        "lost": lost(plan),
        "listing": listing(every),
        "count": count(len(every), "change"),
        "provenance": provenance(plan),
        "command": default_command(plan),
    }


_FRAME: Mapping[str, int] = {
    "width": chart.WIDTH,
    "height": chart.HEIGHT,
    "left": chart.LEFT,
    "right": chart.WIDTH - chart.RIGHT,
    "top": chart.TOP,
    "bottom": chart.HEIGHT - chart.BOTTOM,
}
"""Where the axes of every chart stand."""


def _style(templates: Environment) -> str:
    assert templates.loader is not None
    return templates.loader.get_source(templates, "report.css")[0]


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalized(value: object) -> object:
    """Every text that the template places: control characters and direction marks are spelled out."""
    return harmless(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("stripectl.views"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
