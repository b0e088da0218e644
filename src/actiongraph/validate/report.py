"""The report of a validation, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rdflib import RDF, SH, Literal
from rdflib.term import Node

from actiongraph.iris import prefixed_name
from actiongraph.text import counted
from actiongraph.vocabulary import IRI, PREFIXES


class Severity(Enum):
    """The severity of a result (SHACL, section 2.1.4); only a Violation keeps data from being published."""

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"

    @property
    def iri(self) -> IRI:
        """The term of SHACL."""
        return IRI(SH[self.value])

    @classmethod
    def of(cls, term: Node | None) -> Severity:
        """Return the severity that `term` names; a shape without one means Violation (SHACL, section 2.1.4)."""
        return next((severity for severity in cls if severity.iri == term), cls.VIOLATION)


_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]*[^\s<>\"{}|\\^`.,;:!?)]")
_ANY_NAME = re.compile(r"(?s).+")


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One rule that one thing does not keep.

    `shape` is the rule, `focus` the thing, `path` the property and `value` the term
    that is wrong, each where the rule has one. `allowed` says what would be right; `file` and
    `line`, counted from 1, where the thing is described. What `explains` others comes before them.
    """

    severity: Severity
    shape: IRI
    focus: Node
    message: str
    path: IRI | None = None
    value: Node | None = None
    allowed: str | None = None
    file: str | None = None
    line: int | None = None
    explains: bool = False

    def sort_key(self) -> tuple[int, bool, str, int, str, str, str, str]:
        """Order results by severity, those first that explain others, location, thing, rule, value and message."""
        return (
            list(Severity).index(self.severity),
            not self.explains,
            self.file or "",
            self.line or 0,
            str(self.focus),
            str(self.shape),
            str(self.value or ""),
            self.message,
        )


@dataclass(frozen=True, slots=True)
class Validator:
    """The validator of SHACL Core with its version, and, where another had a part in it, which and why."""

    name: str
    note: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True, slots=True)
class Report:
    """All results, worst first; the same data gives the same report, whoever validated it.

    `compared` and `not_compared` count the passages that were held against the text of their source, and those whose
    text was not there.
    """

    results: tuple[ValidationResult, ...] = ()
    compared: int = 0
    not_compared: int = 0
    validator: Validator | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        results: Iterable[ValidationResult],
        compared: int = 0,
        not_compared: int = 0,
        validator: Validator | None = None,
    ) -> Report:
        """Return a report with `results` in their order, each once."""
        return cls(tuple(sorted(set(results), key=ValidationResult.sort_key)), compared, not_compared, validator)

    @property
    def publishable(self) -> bool:
        """Tell whether no result is a Violation."""
        return not any(result.severity is Severity.VIOLATION for result in self.results)

    def counts(self) -> dict[Severity, int]:
        """Return the number of results of each severity."""
        found = Counter(result.severity for result in self.results)
        return {severity: found[severity] for severity in Severity}

    def by_rule(self) -> list[list[ValidationResult]]:
        """Return the results by rule and severity, in the order of the first of each."""
        groups: dict[tuple[Severity, IRI], list[ValidationResult]] = {}
        for result in self.results:
            groups.setdefault((result.severity, result.shape), []).append(result)
        return list(groups.values())

    def summary(self) -> str:
        """Return one line: `1 violation, 2 warnings, 0 notes; 72 passages not compared with their source`."""
        counts = ", ".join(
            f"{count} {'note' if severity is Severity.INFO else severity.value.lower()}{'' if count == 1 else 's'}"
            for severity, count in self.counts().items()
        )
        if not self.not_compared:
            return counts
        return f"{counts}; {counted(self.not_compared, 'passage')} not compared with their source"


def as_text(report: Report, base: str) -> str:
    """Return the report for a curator: per rule what is wrong and what is allowed, per result location and thing."""
    blocks = ["\n".join(_lines(results, base)) for results in report.by_rule()]
    validator = f"Core rules validated by {report.validator}.\n" if report.validator else ""
    return "\n\n".join([*blocks, validator + report.summary()]) + "\n"


_MOST_LISTED = 20
"""Of more results of one rule, the text says how many there are; the other formats list all."""


def _lines(results: Sequence[ValidationResult], base: str) -> list[str]:
    """Return the lines on the `results` of one rule: a single one in full, several under what they have in common."""
    first, rule = results[0], short(results[0].shape, base)
    if len(results) == 1:
        lines = [f"{first.severity.value}  {_where(first, base)}", f"    {_readable(first.message, base)}"]
        if _tells_value(first):
            lines.append(f"    Found: {_value(first, base)}")
        return [*lines, *_allowed(first), f"    Rule: {rule}"]
    messages = {result.message for result in results}
    lines = [f"{first.severity.value}  {len(results):,} results of the rule {rule}"]
    if len(messages) == 1:
        lines.append(f"    {_readable(first.message, base)}")
    lines += _allowed(first)
    for result in results[:_MOST_LISTED]:
        lines.append(f"    - {_where(result, base)}" + (f", found: {_value(result, base)}" * _tells_value(result)))
        if len(messages) > 1:
            lines.append(f"      {_readable(result.message, base)}")
    if len(results) > _MOST_LISTED:
        lines.append(f"    - and {len(results) - _MOST_LISTED:,} more, which --format csv lists")
    return lines


def _where(result: ValidationResult, base: str) -> str:
    """Return file and line, the thing, and the property."""
    line = f"{result.line}:" if result.line else ""
    location = f"{result.file}:{line} " if result.file else ""
    return f"{location}{short(result.focus, base)}" + (f" {short(result.path, base)}" if result.path else "")


def _readable(message: str, base: str) -> str:
    return _IRI.sub(lambda found: short(IRI(found.group()), base), message)


def _tells_value(result: ValidationResult) -> bool:
    return result.value is not None and result.value != result.focus


def _value(result: ValidationResult, base: str) -> str:
    return "" if result.value is None else short(result.value, base)


def _allowed(result: ValidationResult) -> list[str]:
    return [f"    Allowed: {result.allowed}"] if result.allowed else []


def as_json(report: Report) -> str:
    """Return the report as JSON: `publishable`, `counts`, `rules` with theirs, `validator`, and `findings`."""
    document = {
        "publishable": report.publishable,
        "counts": {severity.value: count for severity, count in report.counts().items()},
        "passages": {"compared": report.compared, "not_compared": report.not_compared},
        "rules": [
            {"shape": str(found[0].shape), "severity": found[0].severity.value, "count": len(found)}
            for found in report.by_rule()
        ],
        "validator": report.validator and {"core": report.validator.name, "note": report.validator.note},
        "findings": [_record(result) for result in report.results],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


_COLUMNS = ("severity", "file", "line", "focus", "path", "value", "message", "allowed", "shape")


def as_csv(report: Report) -> str:
    """Return the report as CSV (RFC 4180) with one line per result."""
    written = io.StringIO()
    table = csv.DictWriter(written, _COLUMNS)
    table.writeheader()
    table.writerows(_record(result) for result in report.results)
    return written.getvalue()


def _record(result: ValidationResult) -> dict[str, Any]:
    record = {name: getattr(result, name) for name in _COLUMNS}
    terms = {name: str(value) for name, value in record.items() if isinstance(value, Node)}
    return record | terms | {"severity": result.severity.value}


def as_turtle(report: Report) -> str:
    """Return a SHACL validation report (SHACL, section 3.6) whose results are named, not blank, nodes."""
    conforms = Literal(not report.results).n3()
    names = [f"<#result-{number}>" for number in range(1, len(report.results) + 1)]
    results = f" ;\n  sh:result {', '.join(names)}" if names else ""
    head = f"@prefix sh: <{SH}> .\n\n<#report> a sh:ValidationReport ;\n  sh:conforms {conforms}{results} .\n"
    return head + "".join(f"\n{name} {_result(result)} .\n" for name, result in zip(names, report.results, strict=True))


def _result(result: ValidationResult) -> str:
    facts = {
        "focusNode": result.focus,
        "resultSeverity": result.severity.iri,
        "sourceShape": result.shape,
        "resultMessage": Literal(result.message, lang="en"),
        "resultPath": result.path,
        "value": result.value,
    }
    written = [f"sh:{name} {term.n3()}" for name, term in facts.items() if term is not None]
    return " ;\n  ".join(["a sh:ValidationResult", *written])


def short(term: Node, base: str) -> str:
    """Return `term` for people: `action/2014-12` for things, a prefixed name for terms, else as in Turtle."""
    if not isinstance(term, IRI):
        return term.n3() if isinstance(term, Literal) else str(term)
    text = str(term)
    if text.startswith(base + "id/"):
        return text.removeprefix(base + "id/")
    if text == str(RDF.type):
        return "a"
    return prefixed_name(text, PREFIXES, _ANY_NAME) or f"<{text}>"
