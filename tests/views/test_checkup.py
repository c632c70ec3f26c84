"""The table of `doctor`."""

from __future__ import annotations

import pytest

from stripectl.engine.checkup import Check, Health
from stripectl.views.as_json import checkup_json
from stripectl.views.text import checkup_text

CHECKS = (
    Check("key", Health.OK, "A restricted key for live mode, from the variable STRIPE_LIVE_KEY."),
    Check("read Prices", Health.FAILED, "Without it there is no plan.", "give the key read access to Prices"),
    Check("write", Health.UNKNOWN, "No read can tell."),
)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (
            100,
            "Environment live\n"
            "ok       key          A restricted key for live mode, from the variable STRIPE_LIVE_KEY.\n"
            "failed   read Prices  Without it there is no plan.\n"
            "                      hint: give the key read access to Prices\n"
            "unknown  write        No read can tell.\n"
            "\n"
            "3 checks: 1 failed and 1 unknown, the rest ok.\n",
        ),
        (
            60,
            "Environment live\n"
            "ok       key          A restricted key for live mode, from\n"
            "                      the variable STRIPE_LIVE_KEY.\n"
            "failed   read Prices  Without it there is no plan.\n"
            "                      hint: give the key read access to\n"
            "                        Prices\n"
            "unknown  write        No read can tell.\n"
            "\n"
            "3 checks: 1 failed and 1 unknown, the rest ok.\n",
        ),
    ],
)
def test_the_table_wraps_below_what_was_found(width: int, text: str) -> None:
    assert checkup_text("live", CHECKS, width=width, colour=False) == text


def test_nothing_to_complain_about_is_said_in_a_word() -> None:
    text = checkup_text("live", CHECKS[:1], width=100, colour=False)
    assert text.endswith("\n\n1 check, all well.\n")


def test_machines_get_the_verdict_and_every_check() -> None:
    assert checkup_json("live", CHECKS[1:2]) == {
        "format_version": "1.1",
        "environment": "live",
        "healthy": False,
        "checks": [
            {
                "subject": "read Prices",
                "health": "failed",
                "found": "Without it there is no plan.",
                "hint": "give the key read access to Prices",
                "link": "",
            }
        ],
    }


def test_a_link_stands_on_a_line_of_its_own_and_is_never_broken() -> None:
    link = "https://dashboard.stripe.com/apikeys/create?name=stripectl+plan&permissions%5B%5D=rak_plan_read"
    checks = (Check("write", Health.UNKNOWN, "No read can tell.", "make one with this form", link),)
    text = checkup_text("live", checks, width=40, colour=False)
    assert text.splitlines()[1:-2] == [
        "unknown  write  No read can tell.",
        "                hint: make one with this",
        "                  form",
        link,
    ]
