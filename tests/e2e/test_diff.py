"""`diff`: what a branch changes, in real repositories, without key, network or state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from stripectl.manifest.schemas import schema
from tests.e2e.conftest import FILE, MANIFEST, Desk
from tests.repositories import cloned, committed, git, needs_git

pytestmark = needs_git

RAISED = "± price.pro.monthly   24.00 USD → 29.00 USD a month  (+5.00, +20.8 %)"


@pytest.fixture
def way() -> str:
    """No account is asked, so it does not matter where one is."""
    return FILE


@pytest.fixture
def repository(started: Desk) -> Desk:
    """A new project, committed on `main`."""
    committed(started.root, "the catalog")
    return started


def raised(desk: Desk) -> Desk:
    desk.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
    return desk


def document(desk: Desk, *arguments: str, exit: int = 0) -> dict[str, object]:
    shape = json.loads(desk.run("diff", "--output", "json", *arguments, exit=exit).out)
    assert isinstance(shape, dict)
    assert list(Draft7Validator(schema("plan")).iter_errors(shape)) == []
    return shape


def codes(shape: dict[str, object]) -> list[str]:
    found = shape["diagnostics"]
    assert isinstance(found, list)
    return [each["code"] for each in found]


def quoted(shape: dict[str, object]) -> list[tuple[str, str, str]]:
    found = shape["quotes"]
    assert isinstance(found, list)
    return [(each["address"], each["before"], each["after"]) for each in found]


def test_what_is_not_committed_is_compared_with_the_last_commit(repository: Desk) -> None:
    assert "\nNo changes. Both versions declare the same (5 objects).\n" in repository.run("diff").out
    before = raised(repository).files()
    out = repository.run("diff").out
    commit = git(repository.root, "rev-parse", "HEAD")[:7]
    assert out.startswith(f"Diff of main: base HEAD@{commit} → working tree\n")
    assert RAISED in out
    assert "subscriptions that exist stay on the old price" in " ".join(out.split())
    assert "\nDiff: 1 to replace, 1 to update; 3 stay as they are\n" in out
    assert "acct_" not in out
    assert repository.files() == before, "a diff writes nothing"


def test_a_branch_is_compared_with_another_commit_and_the_exit_code_can_say_so(repository: Desk) -> None:
    git(repository.root, "switch", "--quiet", "--create", "dearer")
    committed(raised(repository).root)
    assert "No changes." in repository.run("diff", "--detailed-exitcode").out
    ended = repository.run("diff", "--base", "main", "--detailed-exitcode", exit=2)
    assert "Diff of main: base main@" in ended.out
    assert RAISED in ended.out


def test_markdown_and_json_say_what_is_compared_and_show_no_account(repository: Desk) -> None:
    commit = git(repository.root, "rev-parse", "HEAD")
    raised(repository).run("diff", "--base", "main", "--output", "markdown=diff.md")
    text = (repository.root / "diff.md").read_text(encoding="utf-8")
    assert "## Diff of main: base main@" in text
    assert "No account was asked" in text
    shape = document(repository, "--base", "main")
    assert (shape["account"], shape["plan_id"]) == (None, "")
    assert shape["compared"] == {"base": f"main@{commit[:7]}", "commit": commit, "fidelity": []}
    assert shape["made_from"] == {"commit": commit, "dirty": True}
    assert {row["object_id"] for row in shape["changes"]} == {None}  # type: ignore[attr-defined]


def test_both_versions_are_quoted_by_the_profiles_of_the_working_tree(repository: Desk) -> None:
    raised(repository)
    paid = "24.00 → 29.00 USD a month"
    assert f"small team: {paid}  (+5.00, +20.8 %)" in repository.run("diff").out
    assert f"| small team | {paid} |" in repository.run("diff", "--output", "markdown").out
    assert quoted(document(repository)) == [("profile.small-team", "2400", "2900")]


def test_a_price_under_a_new_address_is_quoted_as_the_same(repository: Desk) -> None:
    manifest = repository.root / MANIFEST
    old, new = "prices: [pro.monthly]", "prices: [pro.each-month]"
    renamed = manifest.read_text("utf-8").replace("default_price: monthly", "default_price: each-month")
    renamed = renamed.replace(old, new)
    renamed = renamed.replace("      monthly:\n", "      each-month:\n        lookup_key: pro_monthly\n")
    moved = "moved: [{from: price.pro.monthly, to: price.pro.each-month}]\n"
    manifest.write_text(renamed + moved, encoding="utf-8")
    raised(repository)
    assert quoted(document(repository)) == [("profile.small-team", "2400", "2900")]


def test_a_diff_that_was_saved_is_shown_again_and_never_applied(repository: Desk) -> None:
    raised(repository).run("diff", "--output", "json=diff.json")
    assert RAISED in repository.run("show", "diff.json").out
    repository.refused("apply", "diff.json", "--yes", exit=1, code="diff-not-applied")


def test_needs_neither_key_nor_state(repository: Desk) -> None:
    remote = repository.at("http://127.0.0.1:9").with_variables(TEST_KEY="")
    raised(remote)
    assert RAISED in remote.run("diff").out


def test_the_base_is_where_the_branch_left_the_one_that_it_goes_to(repository: Desk, tmp_path: Path) -> None:
    fork = replace(repository, root=cloned(repository.root, tmp_path / "clone"))
    git(fork.root, "switch", "--quiet", "--create", "dearer")
    committed(raised(fork).root)
    # Meanwhile the upstream goes on: that is no change of this branch.
    repository.edit(MANIFEST, "Everything a team needs", "Everything")
    committed(repository.root)
    git(fork.root, "fetch", "--quiet")
    start = git(fork.root, "merge-base", "HEAD", "origin/main")[:7]
    for desk in (fork, fork.with_variables(GITHUB_BASE_REF="main")):
        out = desk.run("diff").out
        assert out.startswith(f"Diff of main: base main@{start} → working tree\n")
        assert "Diff: 1 to replace, 1 to update; 3 stay as they are" in out
        assert "Everything" not in out


def test_a_shallow_clone_that_does_not_know_its_target_is_no_all_clear(
    repository: Desk, tmp_path: Path
) -> None:
    git(repository.root, "branch", "dearer")
    shallow = cloned(repository.root, tmp_path / "clone", "--depth=1", "--branch", "dearer")
    desk = replace(repository, root=shallow)
    ended = desk.run("diff", exit=1)
    assert "error[base-missing]" in ended.err
    assert "--base main; or compare with the last commit: --base HEAD" in ended.err
    assert "No changes" in desk.run("diff", "--base", "HEAD").out


def test_a_shallow_clone_says_what_to_fetch(repository: Desk, tmp_path: Path) -> None:
    git(repository.root, "switch", "--quiet", "--create", "dearer")
    committed(raised(repository).root)
    shallow = cloned(repository.root, tmp_path / "clone", "--depth=1", "--branch", "dearer")
    desk = replace(repository, root=shallow).with_variables(CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    ended = desk.refused("diff", exit=1, code="base-missing")
    command = "git fetch --depth=1000 origin main:refs/remotes/origin/main"
    assert "The clone is shallow" in ended.err
    assert command in " ".join(ended.err.split())
    git(shallow, *command.split()[1:])
    git(shallow, "fetch", "--quiet", "--depth=1000", "origin", "dearer")
    assert RAISED in desk.run("diff").out


@pytest.mark.parametrize(
    "ref", ["nowhere", "--output=x", "-h", "--upload-pack=touch x", "", "main:catalogs", "a\nb"]
)
def test_a_ref_that_names_no_commit_is_told_and_is_no_option(repository: Desk, ref: str) -> None:
    repository.refused("diff", f"--base={ref}", exit=1, code="base-missing")


def test_outside_a_repository_and_without_git_it_says_so(started: Desk) -> None:
    started.refused("diff", exit=1, code="no-repository")
    started.refused("diff", exit=1, code="git-missing", PATH="/nonexistent")


def test_a_project_in_a_sub_folder_and_a_linked_worktree_find_their_base(
    started: Desk, tmp_path: Path
) -> None:
    top = tmp_path / "top"
    (top / "billing of *").mkdir(parents=True)
    started.root.rename(top / "billing of *" / "shop")
    committed(top)
    git(top, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "dearer")
    for root in (top, tmp_path / "linked"):
        desk = raised(replace(started, root=root / "billing of *" / "shop"))
        out = desk.run("diff").out
        assert RAISED in out
        assert "Changes  sources in catalogs/main/" in out


def test_each_side_names_its_own_folder_of_catalogs(repository: Desk) -> None:
    (repository.root / "catalogs").rename(repository.root / "pricing")
    config = repository.root / "stripectl.yaml"
    config.write_text(config.read_text("utf-8") + "\ncatalogs_folder: pricing\n", encoding="utf-8")
    assert "No changes." in repository.run("diff").out


def test_a_catalog_that_is_new_and_one_that_is_gone_are_told(repository: Desk) -> None:
    (repository.root / "catalogs/main").rename(repository.root / "catalogs/shop")
    new = repository.run("diff", "--catalog", "shop", "-v").out
    assert "info[base-empty]" in new
    assert "Diff: 5 to create" in new
    both = repository.run("diff", "--detailed-exitcode", exit=2).out
    assert "Diff of shop: " in both
    assert "Diff of main: " in both
    lost = document(repository, "--catalog", "main")
    assert codes(lost) == ["catalog-gone"]
    repository.refused("diff", "--catalog", "other", exit=64, code="unknown-catalog")


def test_an_invalid_base_is_told_with_its_places_and_the_review_goes_on(repository: Desk) -> None:
    repository.edit(MANIFEST, "every: month", "every: fortnight")
    committed(repository.root)
    repository.edit(MANIFEST, "every: fortnight", "every: month")
    ended = repository.run("diff", "--base", "main")
    assert "warning[base-invalid]" in ended.out
    assert "--> main:catalogs/main/team.yaml:16:" in ended.out
    assert "+ price.pro.monthly" in ended.out


def test_an_invalid_working_tree_is_an_error(repository: Desk) -> None:
    repository.edit(MANIFEST, "usd: 24.00", "usd: -24.00")
    assert "--> catalogs/main/team.yaml:" in repository.run("diff", exit=1).err


def test_limits_hold_for_the_files_of_the_base_too(repository: Desk) -> None:
    bomb = ["stripectl: 1", "model: bomb", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (repository.root / "catalogs/main/bomb.yaml").write_text("\n".join(bomb), encoding="utf-8")
    (repository.root / "catalogs/main/large.yaml").write_text("# " + "x" * 5_000_000, encoding="utf-8")
    committed(repository.root)
    for name in ("bomb", "large"):
        (repository.root / f"catalogs/main/{name}.yaml").unlink()
    found = codes(document(repository))
    assert {"base-invalid", "yaml-alias-size", "file-too-large"} <= set(found)


def test_links_of_the_base_are_followed_inside_the_commit_alone(repository: Desk, tmp_path: Path) -> None:
    manifest, moved = repository.root / MANIFEST, repository.root / "shared.yaml"
    manifest.rename(moved)
    manifest.symlink_to("../../shared.yaml")
    committed(repository.root)
    moved.write_text(moved.read_text("utf-8").replace("usd: 24.00", "usd: 29.00"), encoding="utf-8")
    assert RAISED in repository.run("diff").out
    outside = tmp_path / "outside.yaml"
    outside.write_text("stripectl: 1\nmodel: other\n", encoding="utf-8")
    link = repository.root / "catalogs/main/other.yaml"
    link.symlink_to(outside)
    committed(repository.root)
    link.unlink()
    shape = document(repository)
    assert {"base-invalid", "file-unreadable"} <= set(codes(shape))
    assert "model: other" not in json.dumps(shape)


def test_what_is_held_less_exactly_is_told_also_where_nothing_is_sent(repository: Desk) -> None:
    manifest = repository.root / MANIFEST
    floor = "commitments:\n  floor: {type: minimum_spend, amount: {usd: 500}, every: month}\n"
    offers = "offers:\n  team: {prices: [pro.monthly], commitment: floor}\n"
    manifest.write_text(manifest.read_text("utf-8") + floor + offers, encoding="utf-8")
    committed(repository.root)
    accept = "accept:\n  - {address: commitment.floor, code: minimum-spend, reason: invoiced by finance}\n"
    manifest.write_text(manifest.read_text("utf-8") + accept, encoding="utf-8")
    out = repository.run("diff", "--detailed-exitcode", exit=2).out
    assert "Fidelity that changes\n" in out
    assert "commitment.floor  not sent (minimum-spend) → not sent (minimum-spend), accepted" in out


def test_a_diff_is_blocked_by_what_needs_no_account(repository: Desk) -> None:
    repository.edit(MANIFEST, "usd: 24.00", "usd: 240.00")
    ended = repository.run("diff", exit=3)
    assert "error[price-change]" in ended.out
    assert "BLOCKED: a problem stands in the way" in ended.out
    assert "Not blocked" in repository.run("diff", "--allow", "price-changes").out


def test_a_hostile_base_breaks_out_of_nothing(repository: Desk) -> None:
    name = "v1_`x`_|_<b>@team"
    git(repository.root, "tag", name)
    assert f"base {name}@" in raised(repository).run("diff", "--base", name).out
    text = repository.run("diff", "--base", name, "--output", "markdown").out
    assert "<b>" not in text
    assert "@team" not in text


def test_the_last_catalog_that_goes_is_told_like_any_other(repository: Desk) -> None:
    for path in sorted((repository.root / "catalogs").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert codes(document(repository, exit=0)) == ["catalog-gone"]
    (repository.root / "catalogs").rmdir()
    assert codes(document(repository)) == ["catalog-gone"]
    committed(repository.root)
    repository.refused("diff", exit=1, code="no-catalog")


def test_a_quote_is_compared_with_a_commit_or_with_a_revision(repository: Desk) -> None:
    repository.run("apply", "--yes")
    commit = git(repository.root, "rev-parse", "HEAD")[:7]
    raised(repository)
    for against, name in (("HEAD", f"HEAD@{commit}"), ("main", f"main@{commit}"), ("1", "revision 1")):
        out = repository.run("quote", "pro.monthly", "--against", against).out
        assert f"against {name}\n" in out
        assert "was 24.00 (+5.00, +20.8 %)" in out
    ended = repository.refused("quote", "--against", "nowhere", exit=1, code="base-missing")
    assert "nowhere" in ended.err


def test_a_quote_against_a_commit_that_is_not_sound_says_so(repository: Desk) -> None:
    repository.edit(MANIFEST, "every: month", "every: moon")
    broken = committed(repository.root)
    repository.edit(MANIFEST, "every: moon", "every: month")
    out = " ".join(repository.run("quote", "pro.monthly", "--against", broken).out.split())
    assert f"{broken[:7]} has one problem in main." in out


def test_an_apply_warns_when_the_last_one_is_not_part_of_the_branch(repository: Desk) -> None:
    repository.run("apply", "--yes")
    git(repository.root, "switch", "--quiet", "--create", "dearer")
    applied = committed(raised(repository).root)
    assert "stale-branch" not in repository.run("apply", "--yes").out
    git(repository.root, "switch", "--quiet", "main")
    repository.edit(MANIFEST, "Everything a team needs", "Everything")
    here = committed(repository.root)
    out = repository.run("plan", "-o", ".stripectl/plan.json").out
    assert "warning[stale-branch]" in out
    sentence = f"Revision 2 was applied from commit {applied[:7]}, which HEAD ({here[:7]}) does not build on"
    assert sentence in " ".join(out.split())
    assert f"  commit   {here[:7]}\n" in out
    digest = json.loads((repository.root / ".stripectl/plan.json").read_text("utf-8"))["digest"]
    git(repository.root, "merge", "--quiet", "--strategy", "ours", "dearer")
    ended = repository.run("apply", "--yes", "--expect-digest", digest)
    assert "stale-branch" not in ended.out, "the branch was merged, and the digest is still the same"


def test_whether_a_shallow_clone_holds_what_was_applied_is_unknown(repository: Desk, tmp_path: Path) -> None:
    repository.run("apply", "--yes")
    committed(raised(repository).root)
    shallow = cloned(repository.root, tmp_path / "clone", "--depth=1")
    (repository.root / ".stripectl").rename(shallow / ".stripectl")
    desk = replace(repository, root=shallow)
    shape = json.loads(desk.run("plan", "--output", "json").out)
    assert [each["code"] for each in shape["diagnostics"]] == ["branch-unknown"]
    assert "info[branch-unknown]" in desk.run("apply", "--yes").out
