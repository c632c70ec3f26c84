"""What `validate` found as test results: a case for each file and each artifact, a failure for each error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from stripectl.diagnostics import Diagnostic, Location
from stripectl.views.findings import Examined, message
from stripectl.views.page import harmless

PROJECT = "project"
"""The suite of what belongs to no catalog."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, not even escaped."""


@dataclass(slots=True)
class _Suite:
    examined: Examined
    cases: dict[str, list[Diagnostic]] = field(default_factory=dict)

    @property
    def places(self) -> Mapping[str, Location | None]:
        files = {file: Location(file) for file in self.examined.files}
        return {**files, **self.examined.artifacts}

    def take(self, each: Diagnostic) -> None:
        """Put a diagnostic to its artifact, else to its file, else to the catalog as a whole."""
        name = each.address or (each.source.file if each.source else self.examined.catalog)
        self.cases.setdefault(name, []).append(each)


def junit(examined: Iterable[Examined], diagnostics: Iterable[Diagnostic]) -> str:
    """The results as XML: a suite a catalog. Warnings are told in the output of their case."""
    suites = [_Suite(each, {name: [] for name in (*each.files, *each.artifacts)}) for each in examined]
    rest = _Suite(Examined(PROJECT))
    for each in diagnostics:
        _suite_of(each, suites, rest).take(each)
    shown = [each for each in (*suites, rest) if each is not rest or rest.cases]
    top = Element("testsuites", _counts([case for suite in shown for case in suite.cases.values()]))
    top.set("name", "stripectl validate")
    for suite in shown:
        top.append(_suite(suite))
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _suite_of(each: Diagnostic, suites: Sequence[_Suite], rest: _Suite) -> _Suite:
    """The catalog that has the file, or else the address."""
    file = each.source.file if each.source else None
    for suite in suites:
        if file in suite.examined.files or (file is None and each.address in suite.examined.artifacts):
            return suite
    return rest


def _counts(cases: Sequence[Sequence[Diagnostic]]) -> dict[str, str]:
    failed = sum(any(each.is_error for each in case) for case in cases)
    return {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": "0", "time": "0"}


def _suite(suite: _Suite) -> Element:
    name, places = suite.examined.catalog, suite.places
    element = Element("testsuite", {"name": _legal(name), **_counts(list(suite.cases.values()))})
    for case, found in suite.cases.items():
        place = places.get(case) or next((each.source for each in found if each.source), None)
        element.append(_case(case, name, place, found))
    return element


def _case(name: str, catalog: str, place: Location | None, found: Sequence[Diagnostic]) -> Element:
    where = {"file": _legal(place.file), "line": str(place.line)} if place else {}
    case = Element("testcase", {"name": _legal(name), "classname": _legal(catalog), **where, "time": "0"})
    for each in found:
        if each.is_error:
            failure = SubElement(case, "failure", {"message": _legal(each.summary), "type": each.code})
            failure.text = _told(each)
    if remarks := [each for each in found if not each.is_error]:
        output = SubElement(case, "system-out")
        output.text = "\n\n".join(
            f"{each.severity}[{each.code}]: {each.summary}\n{_told(each)}" for each in remarks
        )
    return case


def _told(each: Diagnostic) -> str:
    told = message(each)
    return _ILLEGAL.sub("", f"{harmless(str(each.source))}\n{told}" if each.source else told)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", harmless(text))
