"""A headless Chromium that opens reports; without one, or its driver, the tests here are skipped."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from stripectl.engine.plan import Plan
from stripectl.views.report.document import plans_html

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a test does with a page."""

    driver: Chrome

    def tell(self, command: str, **parameters: object) -> Mapping[str, str]:
        """Send a command of the DevTools protocol."""
        answer: Mapping[str, str] = self.driver.execute_cdp_cmd(command, parameters)
        return answer

    def ask(self, script: str) -> object:
        """What a script gives once the page is drawn; before, it may tell of what was there earlier."""
        answer: object = self.driver.execute_async_script(
            f"requestAnimationFrame(() => setTimeout(() => arguments[0]({script})))"
        )
        return answer

    def printed(self) -> str:
        """The text on the sheets when the page is printed."""
        sheets = PdfReader(BytesIO(base64.b64decode(self.tell("Page.printToPDF")["data"]))).pages
        return "\n".join(sheet.extract_text() for sheet in sheets)

    def narrow(self, width: int) -> None:
        self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
        )

    def looks(self, *, dark: bool = False, printed: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", media="print" if printed else "", features=[scheme])

    def said(self) -> list[str]:
        """What the page wrote to the console since the last call: refusals of its policy, too."""
        return [str(entry["message"]) for entry in self._logged("browser")]

    def requested(self) -> list[str]:
        """Addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._logged("performance")]
        return [
            each["params"]["request"]["url"]
            for each in events
            if each["method"] == "Network.requestWillBeSent"
        ]

    def _logged(self, sort: str) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.driver.get_log(sort)  # type: ignore[no-untyped-call]
        return entries


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    program, service = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and service):
        pytest.skip("no chromium or no chromedriver here; `make browser` installs both where it may")
    options = ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, ChromeService(service))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Chrome) -> Browser:
    """The browser with an empty page, of which nothing was said yet."""
    page = Browser(chrome)
    chrome.get("about:blank")
    page.narrow(1280)
    page.looks()
    page.said()
    page.requested()
    return page


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[..., str]:
    """Open the report of plans, and give back its address."""

    def open_(*plans: Plan) -> str:
        path = tmp_path / "report.html"
        path.write_text(plans_html(plans), encoding="utf-8")
        browser.driver.get(path.as_uri())
        return path.as_uri()

    return open_


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.skip("no axe-core here; `make browser` installs it where there is npm")
    return AXE.read_text(encoding="utf-8")
