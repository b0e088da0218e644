"""Code to copy that asks a query from elsewhere: curl, Python with SPARQLWrapper and with pandas, and R."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from actiongraph import formats
from actiongraph.formats import Result
from actiongraph.text import visible

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CodeSample:
    """A piece of code in one language, ready to be run."""

    label: str
    code: str


def code_samples(endpoint: str, pairs: Pairs, result: Result) -> tuple[CodeSample, ...]:
    """Return code that asks the query with the parameters `pairs` at `endpoint`, by POST, so that its length is free.

    A table is read by all of them, a boolean and a graph by those that have something for it.
    """
    samples = (
        CodeSample("curl", _curl(endpoint, pairs, result)),
        CodeSample("Python (SPARQLWrapper)", _python(endpoint, pairs, result)),
    )
    if result is not Result.BINDINGS:
        return samples
    return *samples, CodeSample("Python (pandas)", _pandas(endpoint, pairs)), CodeSample("R", _r(endpoint, pairs))


def _curl(endpoint: str, pairs: Pairs, result: Result) -> str:
    chosen = {Result.BINDINGS: formats.RESULTS_CSV, Result.BOOLEAN: formats.RESULTS_JSON}.get(result, formats.TURTLE)
    lines = [f"curl -s {shlex.quote(endpoint)}", f"-H {shlex.quote(f'Accept: {chosen.media_type}')}"]
    lines += [f"--data-urlencode {shlex.quote(f'{name}={_unix(value)}')}" for name, value in pairs]
    return " \\\n  ".join(lines)


def _python(endpoint: str, pairs: Pairs, result: Result) -> str:
    (_, query), *others = pairs
    name = "TURTLE" if result is Result.GRAPH else "JSON"
    lines = [
        f"from SPARQLWrapper import {name}, POST, SPARQLWrapper",
        "",
        f"query = {_python_text(query)}",
        f"endpoint = SPARQLWrapper({_python_text(endpoint)})",
        "endpoint.setMethod(POST)",
        "endpoint.setQuery(query)",
        f"endpoint.setReturnFormat({name})",
        *(f"endpoint.addParameter({_python_text(name)}, {_python_text(value)})" for name, value in others),
    ]
    if result is Result.BINDINGS:
        lines += ['for row in endpoint.queryAndConvert()["results"]["bindings"]:']
        lines += ['    print({name: term["value"] for name, term in row.items()})']
    elif result is Result.BOOLEAN:
        lines += ['print(endpoint.queryAndConvert()["boolean"])']
    else:
        lines += ["print(endpoint.query().convert().decode())"]
    return "\n".join(lines)


def _pandas(endpoint: str, pairs: Pairs) -> str:
    (_, query), *others = pairs
    form = ", ".join(
        ['("query", query)', *(f"({_python_text(name)}, {_python_text(value)})" for name, value in others)]
    )
    return "\n".join(
        [
            "from urllib.parse import urlencode",
            "from urllib.request import Request, urlopen",
            "",
            "import pandas",
            "",
            f"query = {_python_text(query)}",
            f"form = urlencode([{form}]).encode()",
            f'request = Request({_python_text(endpoint)}, form, {{"Accept": "text/csv"}})',
            "with urlopen(request) as response:",
            "    table = pandas.read_csv(response)",
            "print(table)",
        ]
    )


def _r(endpoint: str, pairs: Pairs) -> str:
    (_, query), *others = pairs
    form = ", ".join(["query = query", *(f"`{name}` = {_r_text(value)}" for name, value in others)])
    return "\n".join(
        [
            "library(httr2)",
            "",
            f"query <- {_r_text(query)}",
            f"response <- request({_r_text(endpoint)}) |>",
            '  req_headers(Accept = "text/csv") |>',
            f"  req_body_form({form}) |>",
            "  req_perform()",
            "table <- read.csv(text = resp_body_string(response))",
            "print(table)",
        ]
    )


def _unix(text: str) -> str:
    """Return `text` with the line ends of Unix, where a form has those of Windows."""
    return text.replace("\r\n", "\n")


def _python_text(text: str) -> str:
    """Return the Python literal of `text`: in lines as it is, unless something in it has to be escaped."""
    text = _unix(text)
    if visible(text) != text or text.endswith('"') or any(part in text for part in ("\\", '"""', "\r")):
        return repr(text)
    return f'"""{text}"""' if "\n" in text else json.dumps(text, ensure_ascii=False)


def _r_text(text: str) -> str:
    """Return the R literal of `text`: a raw string where it has lines, unless something in it cannot be seen."""
    text, dashes = _unix(text), ""
    if "\n" not in text or visible(text) != text:
        return '"{}"'.format("".join(map(_r_sign, text)))
    while f'){dashes}"' in text:
        dashes += "-"
    return f'r"{dashes}({text}){dashes}"'


def _r_sign(sign: str) -> str:
    if sign in '\\"':
        return f"\\{sign}"
    return sign if visible(sign) == sign else f"\\u{{{ord(sign):x}}}"
