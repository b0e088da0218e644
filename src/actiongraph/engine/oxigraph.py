"""pyoxigraph as an engine on a store that is only read, and its terms and syntaxes as rdflib and our formats."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from operator import methodcaller
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib.term import Node

from actiongraph import formats
from actiongraph.engine.base import Dataset, QueryBudget, Solutions
from actiongraph.engine.results import TableReader
from actiongraph.errors import AnswerTooLarge, EngineError, NotAcceptable, QueryError, StoreError
from actiongraph.formats import Format
from actiongraph.sorted_lines import SortedLines
from actiongraph.sparql.advice import explain
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.vocabulary import IRI, PREFIXES

GRAPH_SYNTAXES = {
    formats.TURTLE: ox.RdfFormat.TURTLE,
    formats.N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    formats.N_QUADS: ox.RdfFormat.N_QUADS,
    formats.TRIG: ox.RdfFormat.TRIG,
    formats.RDF_XML: ox.RdfFormat.RDF_XML,
    formats.JSON_LD: ox.RdfFormat.JSON_LD,
}
_RESULTS = {
    formats.RESULTS_JSON: ox.QueryResultsFormat.JSON,
    formats.RESULTS_XML: ox.QueryResultsFormat.XML,
    formats.RESULTS_CSV: ox.QueryResultsFormat.CSV,
    formats.RESULTS_TSV: ox.QueryResultsFormat.TSV,
}
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters that XML 1.0 cannot hold, section 2.2; the serialiser writes them all the same."""
_XML = (formats.RESULTS_XML, formats.RDF_XML)
_TOO_LARGE = "os error 27"
_NO_LOCAL_NAME = b"<oxprefix: "
"""The start of the element that the serialiser writes for a predicate that has no XML name in it."""

_NOWHERE = ox.NamedNode("urn:x-actiongraph:nowhere")
"""A graph that no dataset has."""

OxTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class OxigraphEngine:
    """Answers from a pyoxigraph store. Queries may come from several threads at once.

    Results may be let go of only by the thread that made them, or the library prints an error. So no frame that an
    error passes through may hold them: the error of a request lives until memory is next collected, on any thread.
    """

    def __init__(self, store: ox.Store, *, union_default: bool) -> None:
        """Take `store` as it is; `union_default` makes the default graph the union of the named ones."""
        self._store = store
        self._union_default = union_default
        self._tables = TableReader()

    @classmethod
    def open(cls, path: Path, *, union_default: bool) -> OxigraphEngine:
        """Return an engine on the store at `path`, which is opened for reading only.

        Raises:
            StoreError: there is no store that can be read.
        """
        try:
            return cls(ox.Store.read_only(str(path)), union_default=union_default)
        except (OSError, RuntimeError) as error:  # RuntimeError where a file of the store is missing or cut off
            raise StoreError(f"The store {path} cannot be read: {error}.") from error

    @classmethod
    def in_memory(cls, quads: Iterable[ox.Quad], *, union_default: bool) -> OxigraphEngine:
        """Return an engine on a copy of `quads` in memory."""
        store = ox.Store()
        store.bulk_extend(quads)
        return cls(store, union_default=union_default)

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer in `format`; see `Engine.answer`.

        Nothing can end the query here, so no budget holds.
        """
        with _reading():
            written = write_results(self._run(query, dataset), query, format, None) or b""
        return mended(written, format)

    def write_answer(self, query: CheckedQuery, format: Format, dataset: Dataset, file: int) -> None:
        """Write the whole answer to the empty file with the descriptor `file`; see `Engine.answer`.

        The engine writes without going through Python, and the system's limit on file sizes holds.

        Raises:
            AnswerTooLarge: the answer is longer than the system lets this process write.
        """
        with _reading():
            write_results(self._run(query, dataset), query, format, f"/dev/fd/{file}")
            if format in _XML:
                written = os.pread(file, os.fstat(file).st_size, 0)
                instead = mended(written, format)
                if instead is not written:
                    os.ftruncate(file, 0)
                    os.pwrite(file, instead, 0)

    def parse(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> None:
        """Read the query and evaluate nothing; see `Parser.parse`. No budget holds here.

        The library has no call for this. But it parses a query before it looks at the dataset that goes
        with it, and refuses two ways of naming the default graph at once: so a query that comes that far
        has been read, to its last scope and IRI, and has been neither planned nor begun.
        """
        try:
            self._store.query(
                query.text, base_iri=query.base, use_default_graph_as_union=True, default_graph=[_NOWHERE]
            )
        except SyntaxError as error:
            raise explain(query.text, str(error)) from error
        except ValueError:
            return
        raise EngineError("The engine ran a query that it was only to read; use a version of pyoxigraph that is known.")

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions as terms; see `Engine.select`. No budget holds here."""
        if query.form is not QueryForm.SELECT:
            raise QueryError(f"A SELECT query was expected here, and this is {query.form.value}.")
        with _reading():
            written = write_results(self._run(query, Dataset()), query, formats.RESULTS_TSV, None)
            return self._tables.read(written or b"")

    def close(self) -> None:
        """Let go of the store; its files are closed when the last query on it has ended."""
        del self._store

    def graphs(self) -> Mapping[IRI, int]:
        """Return each named graph with its number of triples, by name."""
        names = sorted(graph.value for graph in self._store.named_graphs() if isinstance(graph, ox.NamedNode))
        return {
            IRI(name): sum(1 for _ in self._store.quads_for_pattern(None, None, None, ox.NamedNode(name)))
            for name in names
        }

    def _run(self, query: CheckedQuery, dataset: Dataset) -> _Results:
        union = self._union_default and not dataset and not query.names_dataset
        try:
            return self._store.query(
                query.text,
                base_iri=query.base,
                use_default_graph_as_union=union,
                default_graph=[*_graphs(dataset.default_graphs)] if dataset else None,
                named_graphs=[*_graphs(dataset.named_graphs)] if dataset else None,
            )
        except SyntaxError as error:
            raise explain(query.text, str(error)) from error
        except RuntimeError as error:
            raise _runtime_fault(error) from error
        except OSError as error:
            raise StoreError(f"The store could not be read: {error}.") from error


_LOADED_AT_ONCE = 64
"""Texts of a megabyte that are loaded at once: the loader holds all it is given until the end."""


def load(store: ox.Store, *lines: SortedLines) -> None:
    """Add N-Quads to `store`.

    Raises:
        OSError: the store cannot be written.
    """
    texts = chain.from_iterable(each.texts() for each in lines)
    while some := b"".join(islice(texts, _LOADED_AT_ONCE)):
        store.bulk_load(some, format=ox.RdfFormat.N_QUADS, lenient=True)


@contextmanager
def _reading() -> Iterator[None]:
    """Tell what goes wrong where solutions are read from the store and written."""
    try:
        yield
    except OSError as error:
        if _TOO_LARGE in str(error):
            raise AnswerTooLarge(resource.getrlimit(resource.RLIMIT_FSIZE)[0]) from error
        raise StoreError(f"The store could not be read while the query ran: {error}.") from error


def _graphs(names: Sequence[IRI]) -> list[ox.NamedNode]:
    return [ox.NamedNode(str(name)) for name in names]


def write_results(
    results: _Results | Iterable[ox.Quad], query: CheckedQuery, chosen: Format, output: str | None = None
) -> bytes | None:
    """Write `results` in the format that was chosen to the file `output`, or return them as bytes if that is None.

    Those of a graph may be quads. They are not yet `mended`.
    """
    if isinstance(results, ox.QuerySolutions | ox.QueryBoolean):
        return results.serialize(output, format=_RESULTS[chosen])
    return ox.serialize(results, output, format=GRAPH_SYNTAXES[chosen], prefixes=dict(query.prefixes))


def _runtime_fault(error: RuntimeError) -> QueryError | EngineError:
    text = str(error)
    if text.startswith("The custom function"):
        return QueryError(
            f"{text[: text.rindex('>') + 1].replace('custom function', 'function')} is not one this engine supports."
        )
    return EngineError(f"The engine could not run the query: {text}.")


def mended(written: bytes, chosen: Format) -> bytes:
    """Return `written`, or if it is XML, such XML that any parser reads back as it was meant.

    A bare carriage return would be read as a line feed (XML 1.0, section 2.11).

    Raises:
        NotAcceptable: the answer holds what XML cannot.
    """
    if chosen not in _XML:
        return written
    other = formats.RESULTS_JSON if chosen == formats.RESULTS_XML else formats.JSON_LD
    if found := _NOT_XML.search(written):
        reason = f"The answer contains U+{ord(found.group().decode()):04X}, a character not allowed in XML"
    elif _NO_LOCAL_NAME in written:
        reason = "A predicate in the answer has no name that RDF/XML can write"
    else:
        return written.replace(b"\r", b"&#13;")
    raise NotAcceptable(f"{reason}; request {other.media_type} instead.", available=(other.media_type,))


def to_rdflib(term: OxTerm) -> Node:
    """Return the same term as rdflib writes it; literals keep their lexical form.

    Raises:
        TypeError: a triple term of RDF 1.2, which rdflib does not have.
    """
    if isinstance(term, ox.NamedNode):
        return IRI(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, ox.Literal):
        if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        datatype = None if term.datatype.value == str(rdflib.XSD.string) else IRI(term.datatype.value)
        return rdflib.Literal(term.value, datatype=datatype, normalize=False)
    raise TypeError(f"rdflib has no triple terms, such as {term}.")


def to_rdflib_graph(quads: Iterable[ox.Quad]) -> rdflib.Graph:
    """Return the union of `quads`, whatever graph each is in."""
    graph = rdflib.Graph(bind_namespaces="none")
    for quad in quads:
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


def to_oxigraph(term: Node) -> OxTerm:
    """Return the term of rdflib as the engine's library has it; literals keep their lexical form."""
    if isinstance(term, rdflib.Literal):
        datatype = ox.NamedNode(term.datatype) if term.datatype else None
        return ox.Literal(str(term), language=term.language, datatype=datatype)
    return ox.BlankNode(str(term)) if isinstance(term, rdflib.BNode) else ox.NamedNode(str(term))


class TripleWriter:
    """Writes a graph of rdflib in RDF syntaxes, each in the same order, with the prefixes that it has use for."""

    def __init__(self, graph: rdflib.Graph) -> None:
        """Take the triples that are in `graph` now."""
        triples = sorted(graph, key=_order)
        names = {str(term) for triple in triples for term in triple if isinstance(term, rdflib.URIRef)}
        self._prefixes = {
            name: space for name, space in PREFIXES.items() if any(map(methodcaller("startswith", space), names))
        }
        self._triples = [ox.Triple(*map(to_oxigraph, triple)) for triple in triples]  # type: ignore[arg-type]

    def write(self, chosen: Format) -> bytes:
        """Return the graph in an RDF syntax.

        Raises:
            NotAcceptable: it has a character that XML cannot hold.
        """
        written = ox.serialize(self._triples, format=GRAPH_SYNTAXES[chosen], prefixes=self._prefixes)
        return mended(written or b"", chosen)


def _order(triple: tuple[Node, Node, Node]) -> tuple[object, ...]:
    """Return the key that triples are ordered by: a thing by its IRI, and of each its class first."""
    subject, predicate, object_ = triple
    language = getattr(object_, "language", None) or ""
    return str(subject), predicate != rdflib.RDF.type, str(predicate), str(object_), language
