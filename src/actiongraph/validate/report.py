"""The report of a validation, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
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
    `line`, counted from 1, where the thing is described.
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

    def sort_key(self) -> tuple[int, str, int, str, str, str, str]:
        """Order results by severity, location, thing, rule, value and message."""
        return (
            list(Severity).index(self.severity),
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
    """Return the report for a curator: per result the location, the thing, what is wrong, what is allowed."""
    blocks = ["\n".join(_lines(result, base)) for result in report.results]
    validator = f"\nCore rules validated by {report.validator}." if report.validator else ""
    return "\n\n".join([*blocks, report.summary() + validator]) + "\n"


def _lines(result: ValidationResult, base: str) -> list[str]:
    location = f"{result.file}:{result.line}: " if result.file else ""
    path = f" {short(result.path, base)}" if result.path else ""
    message = _IRI.sub(lambda found: short(IRI(found.group()), base), result.message)
    lines = [f"{result.severity.value}  {location}{short(result.focus, base)}{path}", f"    {message}"]
    if result.value is not None and result.value != result.focus:
        lines.append(f"    Found: {short(result.value, base)}")
    if result.allowed:
        lines.append(f"    Allowed: {result.allowed}")
    lines.append(f"    Rule: {short(result.shape, base)}")
    return lines


def as_json(report: Report) -> str:
    """Return the report as JSON: `publishable`, `counts`, `validator` and `findings` with IRIs in full."""
    document = {
        "publishable": report.publishable,
        "counts": {severity.value: count for severity, count in report.counts().items()},
        "passages": {"compared": report.compared, "not_compared": report.not_compared},
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
