"""The whole main job on an account through the installed command, with a catalog that goes with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.connection import Connection, Stopped
from tests.live.ledger import Entry, Ledger
from tests.live.removal import PREFIX, remove

STRIPECTL = Path(sys.executable).with_name("stripectl")
KEY_VARIABLE = "STRIPE_SANDBOX_KEY"
SECONDS = 300.0
"""That a single command may take."""

CONFIG = """\
stripectl: 1
default_environment: sandbox
environments:
  sandbox: {{provider: stripe, api_key_env: {variable}{address}}}
policy: {{max_archive_percent: none, max_price_change_percent: none}}
"""

MANIFEST = """\
stripectl: 1
model: live
title: A catalog that is made to be removed
products:
  pro:
    name: Probe
    description: As written in the manifest
    features: [{name}-sso]
    default_price: monthly
    prices:
      monthly: {{amount: {{usd: {amount}, eur: 22}}, every: month, lookup_key: {name}-monthly}}
      calls:
        charge: graduated
        meter: calls
        tiers:
          - {{up_to: 100, amount: {{usd: 0, eur: 0}}}}
          - {{up_to: inf, amount: {{usd: 0.02, eur: 0.03}}}}
        every: month
        lookup_key: {name}-calls
meters:
  calls: {{name: Calls, event: {name}-calls, aggregation: sum}}
features:
  {name}-sso: {{name: Single sign-on}}
discounts:
  launch:
    name: Launch
    percent_off: 20
    duration: once
    codes: {{"{name}-CODE": {{}}}}
"""

EMPTY = "stripectl: 1\nmodel: live\ntitle: A catalog that is made to be removed\n"


class Unexpected(Exception):
    """A step ended otherwise than it has to."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it ended."""

    title: str
    problem: str = ""


@dataclass(slots=True)
class Lifecycle:
    """One catalog on one account, in a folder that holds its manifests and records."""

    folder: Path
    connection: Connection
    ledger: Ledger
    run: str
    key: str
    base_url: str | None = None
    _entries: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of the catalog, and the beginning of everything in it."""
        return f"{PREFIX}-{self.run}-life"

    def steps(self) -> Iterator[Step]:
        """Carry out one step after the other, up to the first that fails; then put everything away."""
        self._note()
        try:
            for title, step in self._plan().items():
                problem = self._problem(step)
                yield Step(title, problem)
                if problem:
                    break
        finally:
            left = remove(self.connection, self.ledger, self._entries)
        yield Step("everything removed", f"still there: {', '.join(left)}" if left else "")

    def _problem(self, step: Callable[[], None]) -> str:
        if self.connection.stopping.is_set():
            return "interrupted"
        try:
            step()
        except Stopped:
            return "interrupted"
        except Unexpected as problem:
            return str(problem)
        return ""

    def _plan(self) -> Mapping[str, Callable[[], None]]:
        """Title -> step."""
        found: list[str] = []
        return {
            "a plan has changes": self._begin,
            "they are applied": lambda: self._stripectl("apply", "--yes"),
            "the plan is empty, nothing drifted": self._at_rest,
            "the price is there": lambda: found.append(self._price()),
            "an edit of somebody else is drift": self._drift,
            "apply puts it back": lambda: self._stripectl("apply", "--yes"),
            "nothing drifted after that": lambda: self._stripectl("drift"),
            "a raise is planned and applied": self._raise,
            "the plan is empty after that": lambda: self._stripectl("plan", "--detailed-exitcode"),
            "the lookup key moved to another price": lambda: self._expect(self._price() != found[0]),
            "the first revision is rolled back to": lambda: self._stripectl("rollback", "1", "--yes"),
            "the original price is back": lambda: self._expect(self._price() == found[0]),
            "nothing drifted": lambda: self._stripectl("drift"),
            # The import of what the account holds belongs here, once there is a command for it.
            "an emptied manifest removes everything": self._empty,
        }

    def _note(self) -> None:
        """Everything that the commands will make is in the ledger before they start."""
        product, coupon = f"{self.name}-pro", f"{self.name}-launch"
        known: tuple[tuple[str, Mapping[str, str]], ...] = (
            ("/v1/products", {"id": product}),
            ("/v1/prices", {"product": product}),
            ("/v1/coupons", {"id": coupon}),
            ("/v1/promotion_codes", {"promotion.coupon": coupon}),
            ("/v1/entitlements/features", {"lookup_key": f"{self.name}-sso"}),
            ("/v1/billing/meters", {"event_name": f"{self.name}-calls"}),
        )
        self._entries = [self.ledger.before(path, by) for path, by in known]

    def _begin(self) -> None:
        address = f", base_url: '{self.base_url}'" if self.base_url else ""
        config = CONFIG.format(variable=KEY_VARIABLE, address=address)
        (self.folder / "stripectl.yaml").write_text(config, encoding="utf-8")
        self._write(MANIFEST.format(name=self.name, amount="24"))
        self._stripectl("plan", "--detailed-exitcode", code=2)

    def _write(self, text: str) -> None:
        manifest = self.folder / "catalogs" / self.name / "live.yaml"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(text, encoding="utf-8")

    def _at_rest(self) -> None:
        self._stripectl("plan", "--detailed-exitcode")
        self._stripectl("drift")

    def _drift(self) -> None:
        edited = {"description": "Edited by somebody else"}
        self.connection.ask("POST", f"/v1/products/{self.name}-pro", edited)
        self._stripectl("drift", code=2)

    def _raise(self) -> None:
        self._write(MANIFEST.format(name=self.name, amount="29"))
        self._stripectl("plan", "--detailed-exitcode", code=2)
        self._stripectl("apply", "--yes")

    def _empty(self) -> None:
        self._write(EMPTY)
        self._stripectl("apply", "--yes", "--allow", "irreversible", "--allow", "archives")
        self._stripectl("plan", "--detailed-exitcode")
        product = self.connection.ask("GET", f"/v1/products/{self.name}-pro", {})
        # Its default price cannot be archived: it goes out of use with the product.
        query = {"product": f"{self.name}-pro", "active": True}
        rest = {*self.connection.ask("GET", "/v1/prices", query).ids} - {product.at("default_price")}
        self._expect(product.at("active") is False and not rest)

    def _price(self) -> str:
        """Id of the price that bears the lookup key."""
        query = {"lookup_keys": [f"{self.name}-monthly"], "active": True}
        rows = self.connection.ask("GET", "/v1/prices", query).ids
        self._expect(len(rows) == 1)
        return rows[0]

    def _expect(self, holds: object) -> None:
        if not holds:
            raise Unexpected("the account does not hold what it should")

    def _stripectl(self, *arguments: str, code: int = 0) -> None:
        """Run the command to its end; an interrupted run is passed on to it. Raises `Unexpected`."""
        child = subprocess.Popen(
            [str(STRIPECTL), *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C reaches this process alone, which hands it on once.
            start_new_session=True,
        )
        told = self._attended(child)
        if self.connection.stopping.is_set():
            raise Stopped
        if child.returncode != code:
            words = " ".join(arguments)
            raise Unexpected(f"`stripectl {words}` ended with {child.returncode}, not {code}:\n{told}")

    def _attended(self, child: subprocess.Popen[str]) -> str:
        handed_on, waited = False, 0.0
        while True:
            with suppress(subprocess.TimeoutExpired):
                return child.communicate(timeout=0.2)[0]
            waited += 0.2
            if not handed_on and (self.connection.stopping.is_set() or waited > SECONDS):
                child.send_signal(signal.SIGINT)
                handed_on = True

    def _environment(self) -> Mapping[str, str]:
        kept = ("LANG", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": f"{STRIPECTL.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "HOME": str(self.folder),
            KEY_VARIABLE: self.key,
        }
