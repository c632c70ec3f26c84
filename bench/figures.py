"""Figures: start-up, validation, ten thousand prices, and the requests of a plan without changes.

    python bench/figures.py

Nothing here is a test, because a figure depends on the machine. Each part of a large case runs in a process
of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import stripe

ROOT = Path(__file__).parents[1]
PRICES_PER_PRODUCT = 100
SIZES = (1_000, 10_000)
STARTS = 7
STARTED = (("--version",), ("--help",), ("plan", "--help"), ("validate",))
RUN = "from stripectl.cli.main import run; run()"


def main() -> None:
    match sys.argv[1:]:
        case ["seed", folder, size]:
            seed(Path(folder), int(size))
        case ["plan", folder]:
            plan(Path(folder))
        case _:
            everything()


def everything() -> None:
    print(f"cold start, median of {STARTS}")
    for arguments in STARTED:
        print(f"  {'stripectl ' + ' '.join(arguments):<24}{cold(arguments) * 1000:6.0f} ms")
    print(f"  --help imports stripe: {'yes' if 'stripe' in modules_of_help() else 'no'}")
    for size in SIZES:
        print(
            f"\n{size:,} prices of {size // PRICES_PER_PRODUCT} products, all of them in the account",
            flush=True,
        )
        with tempfile.TemporaryDirectory() as folder:
            for part in (["seed", folder, str(size)], ["plan", folder]):
                subprocess.run([sys.executable, __file__, *part], check=True)


def cold(arguments: tuple[str, ...]) -> float:
    """Seconds from the start of the process to its end."""
    seconds = []
    for _ in range(STARTS):
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", RUN, *arguments], cwd=ROOT, check=True, capture_output=True)
        seconds.append(time.perf_counter() - before)
    return median(seconds)


def modules_of_help() -> list[str]:
    code = f"import sys\ntry:\n    {RUN}\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stderr.split()


class Counting(stripe.HTTPClient):
    """Passes requests on and counts them by path."""

    name = "counting"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner
        self.counts: Counter[str] = Counter()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: object = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        self.counts[f"{method.upper()} {urlsplit(url).path}"] += 1
        return self._inner.request(method, url, headers, post_data)

    def close(self) -> None:
        """Nothing to close: the account belongs to whoever opened it."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    before = time.perf_counter()
    yield
    print(f"  {what:<24}{time.perf_counter() - before:6.2f} s", flush=True)


def write_manifests(root: Path, size: int) -> None:
    """A file for each product; tiers and second currencies are among its prices."""
    folder = root / "catalogs/large"
    folder.mkdir(parents=True)
    for number in range(size // PRICES_PER_PRODUCT):
        lines = ["stripectl: 1", f"model: model-{number}", "products:", f"  product-{number}:"]
        lines += [f"    name: Product {number}", "    prices:"]
        lines += [line for price in range(PRICES_PER_PRODUCT) for line in price_lines(price)]
        (folder / f"{number:04}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def price_lines(number: int) -> list[str]:
    if number % 10 == 0:
        return [
            f"      price-{number}:",
            "        charge: graduated",
            "        tiers:",
            f"          - {{up_to: {number + 1}, amount: {{eur: 1.5}}}}",
            "          - {up_to: inf, amount: {eur: 0.25}}",
            "        every: month",
        ]
    return [
        f"      price-{number}:",
        f"        amount: {{eur: {number}.99, usd: {number + 1}.49}}",
        "        every: month",
    ]


def seed(root: Path, size: int) -> None:
    """Bring everything into the account, past the journal: what is measured is the plan that follows."""
    from stripectl.cli.project import find_project
    from stripectl.cli.wiring import intent, shadow_file
    from stripectl.engine.ordering import steps
    from stripectl.engine.plan import Account
    from stripectl.engine.planner import Target, make_plan
    from stripectl.engine.policy import Policy
    from stripectl.engine.steps import Verb
    from stripectl.providers.shadow.account import ShadowAccount
    from stripectl.providers.shadow.transport import ShadowTransport
    from stripectl.providers.stripe.gateway import Gateway
    from stripectl.providers.stripe.kinds import KINDS
    from stripectl.providers.stripe.provider import StripeProvider

    write_manifests(root, size)
    project = find_project(root)
    environment = project.environment(None)
    path = shadow_file(project, environment)
    path.parent.mkdir(parents=True)
    account = ShadowAccount(path, clock=time.time)
    provider = StripeProvider(Gateway("sk_test_bench", transport=ShadowTransport(account)))
    target = Target("shadow", Account("acct", False, ""), (), None)
    made = make_plan(intent(project, "large", environment), target, KINDS, Policy())
    ids: dict[str, str] = {}
    with timed("seeding, not measured"):
        for step in steps(made.changes, KINDS):
            request = provider.request(step, ids, catalog="large", run="bench")
            outcome = provider.send(request, f"seed-{step.number}")
            if step.verb is Verb.CREATE:
                ids[step.address] = outcome.object_id
    account.close()


def plan(root: Path) -> None:
    """Load, check, map, read the account, compare: what `stripectl plan` does, part by part."""
    from stripectl.cli.project import find_project
    from stripectl.cli.wiring import now, shadow_file
    from stripectl.engine.planner import Intent, Target, make_plan
    from stripectl.engine.policy import Policy
    from stripectl.manifest.load import load_catalog
    from stripectl.providers.shadow.account import ShadowAccount
    from stripectl.providers.shadow.transport import ShadowTransport
    from stripectl.providers.stripe.gateway import Gateway
    from stripectl.providers.stripe.kinds import KINDS
    from stripectl.providers.stripe.limits import check_limits
    from stripectl.providers.stripe.mapping import map_catalog
    from stripectl.providers.stripe.provider import StripeProvider

    # As the program itself does.
    gc.set_threshold(100_000, 20, 100)
    start = time.perf_counter()
    project = find_project(root)
    with timed("load and check"):
        loaded = load_catalog(project.catalogs_folder / "large", root=root)
    with timed("map"):
        mapped = map_catalog(loaded.catalog)
        assert not check_limits(loaded.catalog, mapped.desired, now().date())
    account = ShadowAccount(shadow_file(project, project.environment(None)), clock=time.time)
    transport = Counting(ShadowTransport(account))
    provider = StripeProvider(Gateway("sk_test_bench", transport=transport, read_only=True))
    with timed("read the account"):
        target = Target("shadow", provider.account(), provider.observe(mapped.desired), None)
    with timed("compare"):
        made = make_plan(Intent("large", mapped.desired, mapped.annotations), target, KINDS, Policy())
    account.close()
    print(f"  {'in all':<24}{time.perf_counter() - start:6.2f} s")
    print(f"  {'peak memory':<24}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MiB")
    print(f"  {'changes found':<24}{len(made.effective):6}")
    print(f"  {'requests':<24}{transport.counts.total():6}   {dict(transport.counts.most_common(3))}")


if __name__ == "__main__":
    main()
