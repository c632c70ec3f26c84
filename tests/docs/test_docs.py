"""The pages under docs/ and the README say what the program does: commands, codes, links and samples."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from stripectl.cli.main import app
from stripectl.manifest.load import load_catalog, load_texts

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted((ROOT / "stripectl").rglob("*.py"))

KEBAB = re.compile(r"[a-z]+(-[a-z]+)+")
NOT_CODES = frozenset(
    "cat-file comment-url commit-tree endpoint-rate exit-code expect-digest get-url global-rate"
    " idempotency-key issue-url ls-files ls-remote ls-tree merge-base new-customers no-op one-time"
    " price-changes read-tree request-id require-accept retry-after rev-parse step-ended step-started"
    " endpoint-concurrency global-concurrency resource-specific stripe-should-retry stripe-context"
    " stripe-account stripe-rate-limited-reason stripe-version stripectl-read-only stripectl-shadow"
    " check-ref-format diff-tree hash-object rev-list"
    " symbolic-ref system-out touches-existing update-index update-only working-directory write-tree".split()
)
"""Literals with a hyphen that name something else: values of fields, headers, arguments."""


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def every_page() -> list[object]:
    return [pytest.param(page, id=shown(page)) for page in PAGES]


# Commands and options

Command: TypeAlias = TyperCommand | TyperGroup


@cache
def program() -> TyperGroup:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    return command


def below(group: TyperGroup) -> Mapping[str, Command]:
    return {
        name: each for name, each in group.commands.items() if isinstance(each, TyperCommand | TyperGroup)
    }


def commands_in(page: Path) -> Iterator[str]:
    """Every `stripectl …` in code blocks that show a shell, and in code spans."""
    text = page.read_text(encoding="utf-8")
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S):
        if language in ("sh", "console"):
            lines = block.replace("\\\n", " ").splitlines()
            yield from (line.removeprefix("$ ") for line in lines if is_command(line.removeprefix("$ ")))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    yield from (span for span in re.findall(r"`([^`\n]+)`", prose) if is_command(span))


def is_command(line: str) -> bool:
    return re.match(r"stripectl( |$)", line) is not None


def misunderstood(line: str) -> str | None:
    """What the program does not know of a command line; None where it knows all of it."""
    group: Command = program()
    known = options_of(group)
    for word in shlex.split(line, comments=True)[1:]:
        if word in ("…", "..."):
            continue
        if word.startswith("-"):
            if word.partition("=")[0] not in known:
                return f"{word} of `{group.name}`"
        elif isinstance(group, TyperGroup):
            if word not in below(group):
                return f"command {word}"
            group = below(group)[word]
            known |= options_of(group)
    return None


def options_of(command: Command) -> set[str]:
    return {
        "--help",
        *(name for option in command.params for name in (*option.opts, *option.secondary_opts)),
    }


@pytest.mark.parametrize("page", every_page())
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    assert [problem for line in commands_in(page) if (problem := misunderstood(line))] == []


@pytest.mark.parametrize("page", every_page())
def test_every_option_that_a_page_names_alone_exists_somewhere(page: Path) -> None:
    known = options_of(program())
    for command in below(program()).values():
        inner = below(command).values() if isinstance(command, TyperGroup) else ()
        known |= {name for each in (command, *inner) for name in options_of(each)}
    spans = re.findall(r"`(--[a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    assert [name for name in spans if name not in known] == []


def test_the_plan_and_apply_page_lists_every_exit_code() -> None:
    from stripectl.diagnostics import ExitCode

    text = (ROOT / "docs/plan-and-apply.md").read_text(encoding="utf-8")
    section = text.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.M)] == sorted(ExitCode)


# Diagnostic codes


def literals(tree: ast.AST) -> Iterator[str]:
    """String literals that are not docstrings."""
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def takes_code(tree: ast.AST) -> Mapping[str, int]:
    """Functions with a parameter called `code`, and its position."""
    return {
        node.name: names.index("code")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "code" in (names := [each.arg for each in node.args.args if each.arg != "self"])
    }


def single_words(tree: ast.AST, positions: Mapping[str, int]) -> Iterator[str]:
    """Codes of one word, which only a call can tell from other words."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        at = positions.get(name)
        if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
            yield str(ast.literal_eval(node.args[at]))


@cache
def codes_of_the_source() -> frozenset[str]:
    trees = {source: ast.parse(source.read_text(encoding="utf-8")) for source in SOURCES}
    found = {text for tree in trees.values() for text in literals(tree) if KEBAB.fullmatch(text)}
    # The shadow speaks Stripe's codes besides our own, some of them of one word.
    ours = [tree for source, tree in trees.items() if "shadow" not in source.parts]
    positions = {"Diagnostic": 1}
    for tree in ours:
        positions |= takes_code(tree)
    found |= {code for tree in ours for code in single_words(tree, positions) if code.isalpha()}
    return frozenset(found - NOT_CODES)


def documented_codes() -> list[str]:
    text = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z-]+)` \|", text, re.M)


def test_every_code_of_the_source_is_documented() -> None:
    assert codes_of_the_source() - set(documented_codes()) == frozenset()


def test_every_documented_code_is_in_the_source() -> None:
    assert set(documented_codes()) - codes_of_the_source() == set()


def test_no_code_is_documented_twice() -> None:
    codes = documented_codes()
    assert sorted(codes) == sorted(set(codes))


# Links


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", every_page())
def test_every_link_resolves(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", every_page())
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    spans = re.findall(r"`((?:docs|catalogs|schemas|plans|tests|bench)/[\w./-]+)`", page.read_text("utf-8"))
    assert [name for name in spans if not (ROOT / name).exists()] == []


# Samples and facts


def samples() -> Iterator[object]:
    text = (ROOT / "docs/manifest.md").read_text(encoding="utf-8")
    for block in re.finditer(r"^```yaml\n(.*?)^```", text, re.M | re.S):
        if "environments:" not in block[1] and not block[1].startswith("# yaml-language-server"):
            line = text[: block.start()].count("\n") + 1
            yield pytest.param(block[1], id=f"line-{line}")


HARMLESS = frozenset({"unknown-reference", "move-clash"})
"""What a sample that shows one section alone cannot help."""


@pytest.mark.parametrize("sample", list(samples()))
def test_every_sample_of_the_manifest_page_is_valid(sample: str) -> None:
    if sample.startswith("prices:"):
        sample = "products:\n  sample:\n    name: Sample\n" + re.sub(r"^", "    ", sample, flags=re.M)
    if not sample.startswith("stripectl:"):
        sample = "stripectl: 1\nmodel: sample\n" + sample
    loaded = load_texts("sample", {"sample.yaml": sample})
    errors = [each for each in loaded.diagnostics if each.is_error and each.code not in HARMLESS]
    assert errors == []


def table(page: str, heading: str) -> list[list[str]]:
    """Rows of the first table below a heading, its own heading left out."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    block = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert block, heading
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block[0].splitlines()]
    return rows[2:]


def test_the_account_states_page_grants_what_the_catalog_grants() -> None:
    catalog = load_catalog(ROOT / "catalogs/dataface", root=ROOT).catalog
    rows = table("docs/account-states.md", "Plans and entitlements")
    for column, product in enumerate(("free", "pro", "business"), start=1):
        granted = [row[0].strip("`") for row in rows if row[column] == "yes"]
        assert granted == list(catalog.products[product].features)


def test_the_account_states_page_names_the_amounts_of_the_catalog() -> None:
    from stripectl.pricing.money import Money

    catalog = load_catalog(ROOT / "catalogs/dataface", root=ROOT).catalog
    text = (ROOT / "docs/account-states.md").read_text(encoding="utf-8")
    for price in catalog.prices.values():
        amounts = ", ".join(str(Money(amount, currency)) for currency, amount in price.amount.items())
        key = f"{price.product}_{price.id}"
        assert re.search(rf"\| `{key}` \| {re.escape(amounts)} ", text), key


def test_the_coulomb_catalog_shows_every_fidelity_code() -> None:
    from stripectl.providers.stripe.mapping import map_catalog

    text = (ROOT / "docs/fidelity.md").read_text(encoding="utf-8")
    documented = {
        code
        for heading in ("Approximate", "Unsupported")
        for code in re.findall(
            r"^\| `([a-z-]+)` \|", re.split(r"\n##+ ", text.partition(f"\n## {heading}\n")[2])[0], re.M
        )
    }
    mapped = map_catalog(load_catalog(ROOT / "catalogs/coulomb", root=ROOT).catalog)
    assert {note.code for note in mapped.annotations} - {"exact"} == documented
