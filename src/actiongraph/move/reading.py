"""What an engine elsewhere answers about the graphs of one release, and about nothing else that it has."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode

from actiongraph import formats
from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.engine.origin import Origin
from actiongraph.errors import EndpointError
from actiongraph.formats import Format
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_ALIASES = {formats.RESULTS_JSON.media_type: {"application/json"}, formats.N_TRIPLES.media_type: {"text/plain"}}
"""How engines call what they were asked for."""
_CUT = {"X-SPARQL-MaxRows": "as many rows as it gives at most", "X-SQL-State": "a part of the answer"}
"""Fields by which Virtuoso tells, besides 200, that an answer may not be whole."""


class MovedRelease(Engine):
    """Asks the endpoint of an engine by form POST, as SPARQL 1.1 Protocol, section 2.1.2 has it.

    The dataset of a query that names none is `graphs`, as its default graph and by their names: other graphs in the
    engine are not ours, and its own default graph may be anything.
    """

    def __init__(self, origin: Origin, address: str, graphs: Collection[IRI], max_bytes: int) -> None:
        """Name the endpoint; nothing is sent yet.

        Raises:
            SettingsError: `address` is on another server.
        """
        self._origin, self._address, self._max_bytes = origin, origin.locate(address), max_bytes
        self._dataset = Dataset(tuple(graphs), tuple(graphs))

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer of the engine; see `Engine.answer`."""
        asked = dataset or self._dataset
        form = [("query", query.text)]
        form += [("default-graph-uri", str(graph)) for graph in asked.default_graphs]
        form += [("named-graph-uri", str(graph)) for graph in asked.named_graphs]
        fields = {**_FORM, "Accept": format.media_type}
        reply = self._origin.send(
            "POST", self._address, urlencode(form).encode(), fields, max_bytes=self._max_bytes,
            timeout_s=budget.timeout_s,
        )  # fmt: skip
        if reply.status != 200:
            raise self._origin.refused(self._address, reply)
        if reply.media_type not in {format.media_type, *_ALIASES.get(format.media_type, ())}:
            raise EndpointError(f"{self._address} answered with {reply.media_type} instead of {format.media_type}.")
        for field, what in _CUT.items():
            if field in reply.fields:
                raise EndpointError(f"{self._address} gave {what} ({field}); raise its limits.")
        return reply.content

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions as terms; see `Engine.select`."""
        return solutions(self, query, self._dataset, budget)

    def of_all(self) -> MovedRelease:
        """Return what answers from all that the engine has, whosever it is."""
        return MovedRelease(self._origin, self._address, (), self._max_bytes)


def solutions(engine: Engine, query: CheckedQuery, dataset: Dataset, budget: QueryBudget = QueryBudget()) -> Solutions:
    """Return the solutions of a SELECT query on `dataset`.

    Raises:
        EndpointError: the engine answered with something else.
        EngineError: the engine failed.
    """
    content = engine.answer(query, formats.RESULTS_JSON, dataset, budget)
    try:
        return Solutions.read_json(content)
    except ValueError as error:
        raise EndpointError("The engine did not answer with SPARQL results in JSON.") from error
