"""A SPARQL endpoint somewhere else as an engine, queried by SPARQLWrapper."""

from __future__ import annotations

from ast import literal_eval
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from SPARQLWrapper import POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import (
    EndPointInternalError,
    EndPointNotFound,
    QueryBadFormed,
    SPARQLWrapperException,
    Unauthorized,
    URITooLong,
)

from actiongraph import formats
from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.errors import EndpointError, NotAcceptable, QueryError, SettingsError
from actiongraph.formats import Format
from actiongraph.iris import mended_url
from actiongraph.sparql.query import CheckedQuery
from actiongraph.text import complaint

_EXAMPLE = "http://127.0.0.1:8000/sparql"
_MOST_READ = 65_536
"""Of the body of an error; what says more is cut down."""
_STATUSES = {QueryBadFormed: 400, Unauthorized: 401, EndPointNotFound: 404, URITooLong: 414, EndPointInternalError: 500}
_ELSEWHERE = {404, 405}
"""Statuses that an address other than the endpoint's answers to a query."""


class RemoteEngine(Engine):
    """Asks the endpoint at `url` by form POST, as SPARQL 1.1 Protocol, section 2.1.2 has it."""

    def __init__(self, url: str, *, timeout_s: int = 60) -> None:
        """Name the endpoint; nothing is sent yet.

        Raises:
            SettingsError: `url` is not an http or https address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            advice = f"did you mean {mended}?" if (mended := mended_url(url)) else f"use one such as {_EXAMPLE}."
            raise SettingsError(f"The endpoint {url!r} is not an http or https address; {advice}")
        self._url = url
        self._timeout_s = timeout_s

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the answer of the endpoint, as it wrote it; see `Engine.answer`."""
        request = SPARQLWrapper(self._url)
        request.setQuery(query.text)
        request.queryType = query.form.value  # SPARQLWrapper guesses it, from words in comments too
        request.setMethod(POST)
        request.setTimeout(self._timeout_s)
        request.setOnlyConneg(True)
        request.addCustomHttpHeader("Accept", format.media_type)
        for name, graphs in (("default-graph-uri", dataset.default_graphs), ("named-graph-uri", dataset.named_graphs)):
            for graph in graphs:
                request.addParameter(name, str(graph))
        try:
            response = request.query().response
            content: bytes = response.read()
        except (SPARQLWrapperException, HTTPError) as error:
            raise _refused(self._url, error) from error
        except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise EndpointError(
                f"The endpoint {self._url} does not answer ({reason}); check the address and whether it is running."
            ) from error
        if response.headers.get_content_type() == "text/html":
            raise _no_endpoint(self._url, self._url, "with a web page")
        return content

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions as terms; see `Engine.select`."""
        content = self.answer(query, formats.RESULTS_JSON, budget=budget)
        try:
            return Solutions.read_json(content)
        except ValueError as error:
            raise EndpointError(
                f"The endpoint {self._url} did not answer with SPARQL results in JSON; "
                "check that the address is that of the endpoint itself."
            ) from error


def _refused(url: str, error: SPARQLWrapperException | HTTPError) -> QueryError | NotAcceptable | EndpointError:
    status = error.code if isinstance(error, HTTPError) else _STATUSES[type(error)]
    if isinstance(error, HTTPError):
        content = error.read(_MOST_READ)
    else:  # SPARQLWrapper shows the body as a Python literal at the end of what it says
        shown = str(error).partition("\nResponse:\n")[2]
        content = literal_eval(shown) if shown else b""
    said = complaint(content)
    if status == 400:
        return QueryError(f"The endpoint {url} refused the query: {said}")
    if status in _ELSEWHERE and not _is_named(url):
        # Nothing is at this path, so nothing is below it either.
        return _no_endpoint(urljoin(url, "/") if status == 404 else url, url, str(status))
    message = f"The endpoint {url} answered with an error, {status}: {said or 'no reason given'}"
    return NotAcceptable(message, available=()) if status == 406 else EndpointError(message)


def _no_endpoint(site: str, url: str, answered: str) -> EndpointError:
    advice = "check the address" if _is_named(url) else f"try {site.rstrip('/')}/sparql"
    return EndpointError(f"{url} is not a SPARQL endpoint (it answered {answered}); {advice}.")


def _is_named(url: str) -> bool:
    return urlsplit(url).path.rstrip("/").endswith("/sparql")
