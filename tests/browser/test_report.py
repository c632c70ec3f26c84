"""The report in a real browser: it fetches nothing, fits, can be used without a mouse, and prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Keys

from stripectl.engine.plan import Plan
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.plans import load_plan
from tests.browser.conftest import Browser
from tests.views import samples

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
Opened = Callable[..., str]

NEW_PRICING = load_plan(GOLDEN / "new-pricing" / "plan.json", KINDS)
LONG = samples.plan(
    samples.raised(),
    samples.updated(samples.product("Pro"), samples.product("W" * 200)),
    samples.created(samples.price(address="price." + "x" * 100 + "." + "y" * 100)),
    catalog="c" * 60,
    drift=samples.DRIFTED,
)
PLANS = {
    "busy": samples.BUSY,
    "first": samples.FIRST,
    "hostile": samples.HOSTILE,
    "live-rollback": samples.ROLLBACK,
    "long-names": LONG,
    "new-pricing": NEW_PRICING,
    "nothing": samples.QUIET,
}
EVERY = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


BEYOND_THE_EDGE = """[...document.querySelectorAll('main *')].filter(each =>
    !each.closest('.wide:has(.numbers), .said, thead')
    && each.getBoundingClientRect().right > document.documentElement.clientWidth
).map(each => each.outerHTML.slice(0, 200))"""
"""Elements that reach beyond the page, but for tables of figures, which can be scrolled by themselves."""


@EVERY
def test_a_report_asks_for_nothing_and_complains_of_nothing(
    plan: Plan, opened: Opened, browser: Browser
) -> None:
    address = opened(plan)
    assert set(browser.requested()) == {address}
    assert browser.said() == []


@EVERY
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_report_never_scrolls_sideways(plan: Plan, width: int, opened: Opened, browser: Browser) -> None:
    browser.narrow(width)
    opened(plan)
    browser.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert browser.ask(BEYOND_THE_EDGE) == []


@EVERY
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_report_is_accessible(plan: Plan, dark: bool, opened: Opened, browser: Browser, axe: str) -> None:
    browser.looks(dark=dark)
    opened(plan)
    browser.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert violations(browser, axe) == []


def test_several_plans_on_one_page_are_accessible(opened: Opened, browser: Browser, axe: str) -> None:
    opened(samples.BUSY, samples.FIRST, samples.QUIET)
    assert violations(browser, axe) == []


def violations(browser: Browser, axe: str) -> object:
    """What axe finds in the page: each rule with the first elements that break it."""
    browser.driver.execute_script(axe)
    return browser.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run().then(found => done(found.violations.map("
        "each => [each.id, each.nodes.map(node => node.html).slice(0, 3)])))"
    )


def test_the_fields_of_a_change_open_from_the_keyboard(opened: Opened, browser: Browser) -> None:
    opened(samples.RAISED)
    for _ in range(20):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.ask("document.activeElement.matches('.entry > summary')"):
            break
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    assert browser.ask("document.querySelector('.entry').open") is True
    assert browser.ask("document.querySelector('.entry .facts').checkVisibility()") is True


def test_dark_and_light_follow_the_reader(opened: Opened, browser: Browser) -> None:
    opened(samples.RAISED)
    script = "getComputedStyle(document.body).backgroundColor"
    light = browser.ask(script)
    browser.looks(dark=True)
    assert (light, browser.ask(script)) == ("rgb(245, 246, 248)", "rgb(15, 18, 24)")


def test_paper_shows_what_is_folded_on_a_screen(opened: Opened, browser: Browser) -> None:
    opened(NEW_PRICING)
    figures = "501 21.03 EUR 22.03 EUR +1.00, +4.8 %"
    assert figures not in str(browser.ask("document.body.innerText")).replace("\t", " ")
    assert figures in browser.printed()


def test_paper_is_white_even_for_who_reads_in_the_dark(opened: Opened, browser: Browser) -> None:
    opened(NEW_PRICING)
    browser.looks(dark=True, printed=True)
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_name_written_from_right_to_left_does_not_turn_what_stands_beside_it(
    opened: Opened, browser: Browser
) -> None:
    arabic = replace(samples.RAISED, changes=(samples.raised(), samples.kept(samples.product("مرصد السعر"))))
    opened(arabic)
    assert browser.ask("getComputedStyle(document.querySelector('h4 bdi')).direction") == "rtl"
    assert browser.ask("getComputedStyle(document.querySelector('.figure')).direction") == "ltr"


def test_markup_in_a_name_is_text(opened: Opened, browser: Browser) -> None:
    evil = "<img src=x onerror=alert(1)><script>document.title='owned'</script>"
    opened(samples.plan(samples.updated(samples.product("Pro"), samples.product(evil))))
    assert browser.ask("document.querySelectorAll('img, script, a').length") == 0
    assert browser.ask("document.title") == "Plan for acme in sandbox"


@pytest.mark.slow
@pytest.mark.slow
def test_of_a_thousand_changes_a_page_shows_the_first(opened: Opened, browser: Browser) -> None:
    opened(samples.large(20, 50))
    assert browser.ask("document.querySelectorAll('.entry').length") == 1_000
    visible = "[...document.querySelectorAll('.entry')].filter(each => each.checkVisibility()).length"
    assert browser.ask(visible) == 25
