"""`/sparql/check`: whether a query can be asked, and why it may find nothing. Nothing is run.

A query is read by the guard, and then by the engine's parser, which also knows the scopes of variables;
it is not planned and not evaluated (see `Parser`). What it names is looked up in the term index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

from flask import Flask, Response

from actiongraph import formats
from actiongraph.engine.base import Parser
from actiongraph.errors import QueryError, RequestError
from actiongraph.hints import Hint, hints_for
from actiongraph.sparql.advice import excerpt
from actiongraph.web import responses
from actiongraph.web.http.protocol import Operation, read_operation
from actiongraph.web.site import Site

_OFFERS = (formats.JSON, formats.PLAIN_TEXT, formats.HTML)
_NO_INDEX = "Hints are not available: they come from the term index of a release, and there is none here."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The query form if the query can be asked, else the error; `hints` is None without an index."""

    form: str | None = None
    error: Mapping[str, object] | None = None
    hints: tuple[Hint, ...] | None = ()

    @property
    def note(self) -> str | None:
        """A note on what was not looked at, if anything."""
        return _NO_INDEX if self.hints is None else None

    def document(self) -> dict[str, object]:
        """Return the verdict as it is written in JSON."""
        hints = [asdict(hint) for hint in self.hints or ()]
        document: dict[str, object] = {"ok": self.error is None, "form": self.form, "error": self.error, "hints": hints}
        return document | ({"note": self.note} if self.note else {})

    def text(self) -> str:
        """Return the verdict as people read it in a terminal."""
        if self.error is not None:
            return f"{self.error['message']}\n" + (f"\n{self.error['excerpt']}\n" if "excerpt" in self.error else "")
        lines = [f"The query can be asked; its form is {self.form}."]
        return "\n".join([*lines, *map(str, self.hints or ()), *([self.note] if self.note else [])]) + "\n"


def add_routes(app: Flask, site: Site) -> None:
    """Add the check of queries."""
    app.add_url_rule("/sparql/check", "sparql_check", partial(_answer, site), methods=["GET", "POST"])


def _answer(site: Site) -> Response:
    """Return the verdict on the query of the current request: 200 for any query, whatever is wrong with it.

    Raises:
        RequestError: there is no query, or more than one.
        LimitError: the engine had no time to read the query.
        StoreError: the release cannot be read.
    """
    operation = read_operation(site.request(), site.settings)
    if operation is None:
        raise RequestError("Give the query to check in the parameter 'query', or POST it as application/sparql-query.")
    chosen = responses.choose_named(operation.formats, _OFFERS)
    verdict = _verdict_on(site, operation)
    if chosen is formats.HTML:
        return responses.html("check.html", verdict=verdict, query=operation.query)
    if chosen is formats.PLAIN_TEXT:
        return responses.text(verdict.text())
    return responses.json_document(verdict.document())


def _verdict_on(site: Site, operation: Operation) -> Verdict:
    snapshot = site.at(operation.version)
    try:
        query = site.read_query(operation.query, snapshot, operation.timeout_s)
        if isinstance(snapshot.engine, Parser):
            snapshot.engine.parse(query, site.budget(operation.timeout_s))
    except QueryError as error:
        return Verdict(error=_error_document(error, operation.query), hints=())
    return Verdict(query.form.value, hints=hints_for(snapshot.terms, query, operation.dataset))


def _error_document(error: QueryError, query: str) -> dict[str, object]:
    """Return an error for programs; our messages say what is wrong, then `; ` and a suggestion."""
    message = str(error)
    document: dict[str, object] = {"code": error.code, "message": message, "line": error.line, "column": error.column}
    if error.line is not None and error.column is not None:
        document["excerpt"] = excerpt(query, error.line, error.column)
    return document | {"suggestion": message.partition("; ")[2] or None}
