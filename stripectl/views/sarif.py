"""Diagnostics in SARIF 2.1.0, the format of code scanners: one run, a rule a code, a result a diagnostic."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from stripectl.diagnostics import Diagnostic, Location, Severity
from stripectl.engine.values import Json
from stripectl.views.findings import NOWHERE, fingerprints, message

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}

FINGERPRINT = "stripectl/v1"
"""Names how results are told apart; another way gets another number."""

_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}-._~/".encode())


def sarif(diagnostics: Sequence[Diagnostic], version: str) -> Json:
    """The log, with the results in the order given; `version` is that of stripectl."""
    first = {each.code: each for each in reversed(diagnostics)}
    codes = sorted(first)
    named = zip(diagnostics, fingerprints(diagnostics), strict=True)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "stripectl",
                        "version": version,
                        "rules": [_rule(first[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, codes.index(each.code), name) for each, name in named],
            }
        ],
    }


def _rule(each: Diagnostic) -> Json:
    return {
        "id": each.code,
        "shortDescription": {"text": each.summary},
        "defaultConfiguration": {"level": LEVELS[each.severity]},
    }


def _result(each: Diagnostic, rule: int, fingerprint: str) -> Json:
    return {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": LEVELS[each.severity],
        "message": {"text": _plain(f"{each.summary}\n{message(each)}")},
        "locations": [_location(each)],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }


def _plain(text: str) -> str:
    """Text in which nothing is a link: SARIF reads `[words](target)` as one."""
    return text.replace("[", r"\[").replace("]", r"\]") if "](" in text else text


def _location(each: Diagnostic) -> Json:
    """Scanners refuse a result without a place: what has none stands in the config as a whole."""
    source = each.source or NOWHERE
    physical: dict[str, Json] = {"artifactLocation": _artifact(source)}
    if each.source:
        physical["region"] = {"startLine": source.line, "startColumn": source.column}
    place: dict[str, Json] = {"physicalLocation": physical}
    if each.address:
        place["logicalLocations"] = [{"fullyQualifiedName": each.address}]
    return place


def _artifact(source: Location) -> Json:
    """A path in the project is relative to wherever that is checked out; any other is a whole address."""
    path = "".join(
        chr(byte) if byte in _PLAIN else f"%{byte:02X}"
        for byte in source.file.encode("utf-8", "surrogatepass")
    )
    return {"uri": f"file://{path}"} if path.startswith("/") else {"uri": path, "uriBaseId": "%SRCROOT%"}
