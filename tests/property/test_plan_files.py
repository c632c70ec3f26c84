"""A plan file is a claim: whatever one says, nothing but the honest plan is ever carried out."""

from __future__ import annotations

import io
import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stripectl.cli.leaving import guarded
from stripectl.cli.main import app
from stripectl.engine.derived import derived
from stripectl.engine.plan import Action, Base, Change
from stripectl.engine.serial import (
    UNSIGNED,
    UNSIGNED_IN_ROWS,
    document_digest,
    plan_from_json,
    plan_to_json,
)
from stripectl.providers.shadow.transport import ShadowTransport
from stripectl.providers.stripe.kinds import KINDS

SEED = 11
EXAMPLES = 60
"""Leaves that are forged, of some 1,500."""

BEFORE = """\
stripectl: 1
model: main
products:
  team:
    name: Team
    description: For teams
    features: [sso]
    prices:
      monthly: {amount: {eur: 20, usd: 22}, every: month}
      seats:
        charge: graduated
        every: month
        tiers: [{up_to: 5, amount: {eur: 4}}, {up_to: inf, amount: {eur: 3}}]
      calls: {charge: per_unit, meter: calls, amount: {eur: 0.01}, every: month}
      once: {amount: {eur: 5}}
      pack: {charge: package, package: {size: 100, round: up}, amount: {eur: 7}, every: month}
  old: {name: Old, prices: {only: {amount: {eur: 1}, every: year}}}
features: {sso: {name: Sign-on}}
meters: {calls: {name: Calls, event: calls, aggregation: sum}}
discounts:
  launch: {percent_off: 20, duration: {months: 3}, apply: code, codes: {LAUNCH: {max_redemptions: 5}}}
offers: {bundle: {prices: [team.monthly], trial_days: 14}}
profiles: {small: {prices: [team.monthly, team.seats], quantities: {team.seats: 3}}}
"""

EDITS = (
    ("eur: 20, usd: 22", "eur: 30, usd: 33"),
    ("For teams", "For large teams"),
    ("amount: {eur: 4}", "amount: {eur: 6}"),
    ("percent_off: 20", "percent_off: 30"),
    ("  old: {name: Old, prices: {only: {amount: {eur: 1}, every: year}}}\n", ""),
    ("trial_days: 14", "trial_days: 7"),
    ("once: {amount: {eur: 5}}", "once: {amount: {eur: 5}, nickname: Once}"),
)
"""What the later manifests say otherwise."""

FREE = "policy: {max_price_change_percent: 40, max_archive_percent: 100}\n"

Leaf = tuple[str | int, ...]
Json = Any


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A project with the plan `plan.json` that waits to be applied, and what an honest apply sends."""

    root: Path
    plan: Mapping[str, Json]
    pristine: Path
    honest: tuple[str, ...] = ()

    def run(self, *arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with chdir(self.root), redirect_stdout(out), redirect_stderr(err):
            code = guarded(app, list(arguments))
        ended = Ended(int(code), out.getvalue(), err.getvalue())
        assert "unexpected" not in ended.err, ended.err
        assert "Traceback" not in ended.out + ended.err
        return ended

    def again(self, root: Path) -> Desk:
        """The same project before the plan was applied, somewhere else."""
        return replace(self, root=Path(shutil.copytree(self.pristine, root)))

    def claim(self, forged: dict[str, Json]) -> None:
        """Put a forged plan, with a digest that fits it, in place of the real one."""
        document = {**forged, "digest": document_digest(forged)}
        (self.root / "plan.json").write_text(json.dumps(document), encoding="utf-8")


SENT: list[str] = []
"""What was written to any account since it was last cleared, without what names the run."""


def requests() -> tuple[str, ...]:
    """What was sent, with a number in place of each id that the account chose."""
    ids: dict[str, str] = {}

    def number(hit: re.Match[str]) -> str:
        return ids.setdefault(hit[0], f"{hit[1]}_{len(ids)}")

    return tuple(re.sub(r"\b([a-z]+)_[A-Za-z0-9]{20,}", number, each) for each in SENT)


@pytest.fixture(autouse=True)
def listened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hear every request that is sent to an account in a file."""
    request = ShadowTransport.request

    def heard(self: ShadowTransport, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        if method != "get":
            SENT.append(re.sub(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{10}", "RUN", f"{method} {url} {post_data}"))
        return request(self, method, url, headers, post_data)

    monkeypatch.setattr(ShadowTransport, "request", heard)
    SENT.clear()
    yield
    SENT.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("made") / "project"
    desk = Desk(root, {}, root)
    manifest = root / "catalogs" / "main" / "team.yaml"
    manifest.parent.mkdir(parents=True)
    (root / "stripectl.yaml").write_text(f"stripectl: 1\n{FREE}", encoding="utf-8")
    manifest.write_text(BEFORE, encoding="utf-8")
    assert desk.run("apply", "--yes").code == 0
    text = BEFORE
    for old, new in EDITS:
        assert text.count(old) == 1
        text = text.replace(old, new)
    manifest.write_text(text, encoding="utf-8")
    ended = desk.run("plan", "-o", "plan.json", "--allow", "price-changes", "--allow", "irreversible")
    assert ended.code == 0, ended.out
    return replace(desk, plan=json.loads((root / "plan.json").read_text(encoding="utf-8")))


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    honest = made.again(tmp_path / "honest")
    SENT.clear()
    assert honest.run("apply", "plan.json", "--yes").code == 0
    sent = requests()
    assert len(sent) > 10
    SENT.clear()
    return replace(made, honest=sent).again(tmp_path / "project")


def leaves(value: Json, path: Leaf = ()) -> Iterator[Leaf]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from leaves(each, (*path, key))
    if not isinstance(value, dict | list) or not value:
        yield path


def at(document: Json, path: Leaf) -> Json:
    for key in path:
        document = document[key]
    return document


def put(document: Mapping[str, Json], path: Leaf, value: Json) -> dict[str, Json]:
    forged: dict[str, Json] = deepcopy(dict(document))
    at(forged, path[:-1])[path[-1]] = value
    return forged


WRITTEN_ANEW: tuple[Leaf, ...] = (("format_version",), ("stripectl_version",))
"""What every output says of itself."""

NASTY: tuple[Json, ...] = (
    "1",
    "-1",
    "9" * 400,
    int("9" * 400),
    0,
    -3,
    10**14,
    "1e999999",
    "NaN",
    None,
    True,
    [],
    {},
    [None],
    {"$ref": [None]},
    {"$ref": "product.nowhere"},
    {"$ref": "product.team", "other": 1},
    "",
    "fortnight",
    "\x1b[2J",
    "x" * 5000,
)


def is_unsigned(document: Json, path: Leaf) -> bool:
    """Whether a leaf is one of those that a plan may differ in, and that no apply reads."""
    row = at(document, path[:2]) if path[0] == "diagnostics" else {}
    remark = row.get("severity") == "info"
    # Pointers have their part in what undoing comes to, and move with it.
    return path[0] in UNSIGNED or bool(set(path) & UNSIGNED_IN_ROWS) or remark


def forgeries(plan: Mapping[str, Json]) -> Iterator[tuple[Leaf, Json]]:
    chance = random.Random(SEED)
    every = [path for path in leaves(plan) if path != ("digest",)]
    yield ("plan_id",), "another"
    place = next(place for place, row in enumerate(plan["changes"]) if row["after"])
    yield ("changes", place, "after", "source", "line"), 10**14
    for path in chance.sample(every, EXAMPLES):
        old = at(plan, path)
        yield path, chance.choice([each for each in NASTY if each != old or type(each) is not type(old)])


def test_a_forged_leaf_is_refused_or_shown_and_never_carried_out(desk: Desk, tmp_path: Path) -> None:
    used = 0
    for number, (path, value) in enumerate(forgeries(desk.plan)):
        forged = (path, value)
        desk.claim(put(desk.plan, path, value))
        shown = desk.run("show", "plan.json", "--output", "json")
        if shown.code == 0:
            assert at(json.loads(shown.out), path) == value or path in WRITTEN_ANEW, forged
            for form in ("text", "markdown", "html"):
                assert desk.run("show", "plan.json", "--output", form).code == 0, forged
        SENT.clear()
        applied = desk.run("apply", "plan.json", "--yes")
        if applied.code:
            assert {applied.code, shown.code} <= {0, 1, 5}, (forged, applied, shown)
            assert "hint:" in applied.err, (forged, applied)
            assert SENT == [], forged
        else:
            assert is_unsigned(desk.plan, path), forged
            assert requests() == desk.honest, forged
            used += 1
            desk = desk.again(tmp_path / f"project-{number}")
    assert used


def consistent(plan: Mapping[str, Json], **members: Any) -> dict[str, Json]:
    """A forger's best: the plan with other members, and all that follows from them."""
    made = replace(plan_from_json(dict(plan), KINDS), **members)
    return plan_to_json(replace(derived(made, KINDS), desired_digest=made.desired.digest()))


def with_after(plan: Mapping[str, Json], address: str, **fields: Any) -> dict[str, Json]:
    """The plan in which a row comes to other values, said alike everywhere."""
    rows = plan_from_json(dict(plan), KINDS).changes
    assert [row.action for row in rows if row.address == address] != [Action.NO_OP]
    return consistent(
        plan, changes=tuple(_with_after(row, fields) if row.address == address else row for row in rows)
    )


def _with_after(row: Change, fields: Mapping[str, Any]) -> Change:
    assert row.after
    return replace(row, after=replace(row.after, fields={**row.after.fields, **fields}))


@pytest.mark.parametrize(
    ("address", "fields", "said", "honest"),
    [
        ("price.team.monthly", {"unit_amount": Decimal(1)}, "1", "3000"),
        ("product.team", {"description": "Free for ever"}, "Free for ever", "For large teams"),
        ("product.team", {"metadata": {"plan": "enterprise"}}, "enterprise", "not set"),
        ("product.team", {"url": "https://example.com"}, "https://example.com", "not set"),
        ("price.team.once", {"nickname": "Twice"}, "Twice", "Once"),
    ],
)
def test_a_forged_value_that_fits_the_whole_file_is_shown_and_refused_with_both_values(
    desk: Desk, address: str, fields: Mapping[str, Any], said: str, honest: str
) -> None:
    desk.claim(with_after(desk.plan, address, **fields))
    shown = desk.run("show", "plan.json", "--output", "json")
    assert shown.code == 0, shown.err
    assert said in shown.out
    applied = desk.run("apply", "plan.json", "--yes")
    assert (applied.code, SENT) == (5, [])
    assert "error[stale-object]" in applied.err
    assert said in applied.err
    assert honest in applied.err


def test_a_value_that_only_the_row_says_is_refused_before_it_is_shown(desk: Desk) -> None:
    place = next(n for n, row in enumerate(desk.plan["changes"]) if row["address"] == "price.team.monthly")
    desk.claim(put(desk.plan, ("changes", place, "after", "fields", "unit_amount"), "1"))
    for command in (("show", "plan.json"), ("apply", "plan.json", "--yes")):
        ended = desk.run(*command)
        assert ended.code == 1
        assert "error[plan-contradicts-itself]" in ended.err
        assert SENT == []


@pytest.mark.parametrize(
    "members",
    [
        {"diagnostics": (), "approval": ()},
        {"diagnostics": ()},
        {"quotes": ()},
        {"annotations": ()},
        {"released": ("product.team",)},
        {"moved": {"product.team": "product.crew"}},
        {"targets": ("price.team.monthly",)},
        {"drift": (), "base": Base(1, "sha256:" + "0" * 64)},
    ],
    ids=lambda members: "-".join(members),
)
def test_whatever_is_signed_is_the_same_when_the_plan_is_made_again(
    desk: Desk, members: Mapping[str, Any]
) -> None:
    desk.claim(consistent(desk.plan, **members))
    ended = desk.run("apply", "plan.json", "--yes")
    assert (ended.code, SENT) == (5, []), ended


def test_a_blocked_plan_is_not_made_ready_by_a_file_that_says_so(desk: Desk) -> None:
    """A raise beyond the policy, without the allowance, and without the verdict."""
    desk.run("plan", "-o", "plan.json")
    blocked = json.loads((desk.root / "plan.json").read_text(encoding="utf-8"))
    assert any(each["severity"] == "error" for each in blocked["diagnostics"])
    for members in ({"diagnostics": ()}, {"diagnostics": (), "approval": ()}):
        desk.claim(consistent(blocked, **members))
        ended = desk.run("apply", "plan.json", "--yes")
        assert (ended.code, SENT) == (5, [])
        assert "The plan is blocked now" in ended.err


def test_what_was_allowed_is_recorded_and_nothing_else_is_let_through(desk: Desk) -> None:
    assert desk.plan["allowed"] == ["price-changes"]
    for allowed in ([], ["price-changes", "archives"], ["anything"]):
        desk.claim({**desk.plan, "allowed": allowed})
        assert desk.run("show", "plan.json").code == 1
        ended = desk.run("apply", "plan.json", "--yes")
        assert (ended.code, SENT) == (1, [])


def test_a_partial_plan_is_made_again_for_the_same_targets(desk: Desk) -> None:
    target = ("--target", "product.team", "--allow", "price-changes")
    assert desk.run("plan", "-o", "plan.json", *target).code == 0
    partial = json.loads((desk.root / "plan.json").read_text(encoding="utf-8"))
    assert partial["targets"] == ["product.team"]
    desk.claim({**partial, "targets": ["product.team", "price.team.monthly"]})
    assert desk.run("apply", "plan.json", "--yes").code in (1, 5)
    assert SENT == []
    desk.claim(partial)
    ended = desk.run("apply", "plan.json", "--yes")
    assert ended.code == 0, ended.err
    assert not any("/v1/coupons" in each for each in SENT)


def test_a_rollback_is_made_again_from_its_revision(desk: Desk) -> None:
    assert desk.run("apply", "plan.json", "--yes").code == 0
    SENT.clear()
    assert desk.run("rollback", "1", "-o", "back.json", "--allow", "price-changes").code == 0
    back = json.loads((desk.root / "back.json").read_text(encoding="utf-8"))
    desk.claim(with_after(back, "product.team", description="Forged"))
    assert desk.run("apply", "plan.json", "--yes").code == 5
    assert SENT == []
    desk.claim(back)
    assert desk.run("apply", "plan.json", "--yes").code == 0
    assert any("For+teams" in each or "For teams" in each for each in SENT)


def test_the_policy_of_today_holds_for_the_plan_of_yesterday(desk: Desk) -> None:
    config = desk.root / "stripectl.yaml"
    config.write_text("stripectl: 1\npolicy: {currencies: [usd]}\n", encoding="utf-8")
    ended = desk.run("apply", "plan.json", "--yes")
    assert (ended.code in (1, 5), SENT) == (True, [])


def test_other_manifests_make_another_plan(desk: Desk) -> None:
    manifest = desk.root / "catalogs" / "main" / "team.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("eur: 30", "eur: 31"), encoding="utf-8")
    ended = desk.run("apply", "plan.json", "--yes")
    assert (ended.code, SENT) == (5, [])
    assert "3000" in ended.err
    assert "3100" in ended.err


def test_a_plan_without_its_manifests_is_refused_with_the_way_out(desk: Desk) -> None:
    (desk.root / "catalogs" / "main").rename(desk.root / "catalogs" / "other")
    ended = desk.run("apply", "plan.json", "--yes")
    assert (ended.code, SENT) == (1, [])
    assert "error[manifests-needed]" in ended.err
    assert "--dir" in ended.err


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 900 + "1" + "}" * 900,
        "9" * 5000,
        '{"format_version": "1.0", "catalog": "\\ud800"}',
        "",
        "null",
    ],
    ids=["lists", "objects", "digits", "surrogate", "empty", "null"],
)
def test_what_is_no_plan_is_told_calmly(desk: Desk, text: str) -> None:
    (desk.root / "plan.json").write_text(text, encoding="utf-8")
    for command in (("show", "plan.json"), ("apply", "plan.json", "--yes")):
        ended = desk.run(*command)
        assert ended.code == 1
        assert "error[malformed-file]" in ended.err


def test_a_plan_that_nobody_touched_is_carried_out(desk: Desk) -> None:
    assert desk.run("apply", "plan.json", "--yes").code == 0
    assert requests() == desk.honest
