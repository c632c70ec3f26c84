"""Find where a document departs from its schema, and give each departure its place in the file.

jsonschema finds the departures and `wording` words them. Where a value may take several shapes, the one that
the writer was after is explained instead of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jsonschema import Draft7Validator, FormatChecker, ValidationError

from stripectl.diagnostics import Diagnostic, Path, dotted
from stripectl.manifest.compose import MOST_PROBLEMS
from stripectl.manifest.schemas import is_date, schema
from stripectl.manifest.sections import address_of
from stripectl.manifest.suspects import suspect
from stripectl.manifest.values import Places, Table
from stripectl.manifest.wording import Departure, Finding, in_words, misspelt, no_shape


def departures(name: str, file: str, top: Table) -> tuple[tuple[Path, Diagnostic], ...]:
    """The departures of `top` from the schema `name`, with the path of the value that is wrong.

    All of them, unless there are `MOST_PROBLEMS` or more.
    """
    places = Places(file, (1, 1), top)
    doubtful = suspect(top) if name == "manifest" else top
    findings = (found for problem in _validator(name).iter_errors(doubtful) for found in _explained(problem))
    worded: dict[Finding, None] = {}
    for finding in findings:
        worded[finding] = None
        if len(worded) == MOST_PROBLEMS:
            break
    return tuple((each.path, _placed(each, places)) for each in worded)


def _placed(finding: Finding, places: Places) -> Diagnostic:
    return replace(
        finding.diagnostic,
        address=address_of(finding.path),
        path=dotted(finding.path),
        source=places.key(finding.path) if finding.on_key else places[finding.path],
    )


def _validator(name: str) -> Draft7Validator:
    # Its own notion of numbers fits: a Decimal is a number, and never an integer.
    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or is_date(value))
    return Draft7Validator(dict(schema(name)), format_checker=formats)


def _explained(problem: ValidationError) -> Iterator[Finding]:
    departure = Departure(
        keyword=str(problem.validator),
        operand=problem.validator_value,
        schema=problem.schema if isinstance(problem.schema, dict) else {},
        found=problem.instance,
        path=tuple(problem.absolute_path),
    )
    if "propertyNames" in problem.absolute_schema_path:
        yield misspelt(replace(departure, path=(*departure.path, str(problem.instance))), on_key=True)
    elif departure.keyword == "oneOf":
        yield from _shapes(problem, departure)
    else:
        yield from in_words(departure)


def _shapes(problem: ValidationError, departure: Departure) -> Iterator[Finding]:
    """Explain the shape that was meant: the one whose kind of value stands there; else name them all."""
    branches: dict[object, list[ValidationError]] = {}
    for each in problem.context or ():
        branches.setdefault(each.relative_schema_path[0], []).append(each)
    for branch in branches.values():
        if not any(_is_of_another_kind(each) for each in branch):
            for each in branch:
                yield from _explained(each)
            return
    words: list[str] = []
    for each in problem.context or ():
        if each.validator in ("enum", "const"):
            operand: object = each.validator_value
            words += map(str, operand if isinstance(operand, list) else [operand])
    yield no_shape(departure, words)


def _is_of_another_kind(problem: ValidationError) -> bool:
    return not problem.relative_path and problem.validator in ("type", "enum", "const")
