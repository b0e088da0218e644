"""The W3C's SPARQL 1.1 test suite, as its manifests list it.

Everything is named by the address at which the suite is published, so that the graphs have the names, and
relative IRIs the base, that the expected results speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

HOME = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "w3c" / "sparql11"


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its IRI, the folder of its manifest, its kind, and the IRIs of the files it names."""

    iri: str
    group: str
    kind: str
    query: str
    result: str = ""
    data: tuple[str, ...] = ()
    graph_data: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.group}/{self.iri.partition('#')[2]}"


def path(iri: str) -> Path:
    """Return the file that is published at `iri`."""
    return FOLDER / iri.removeprefix(HOME)


def text(case: Case) -> str:
    """Return the query of a test, with the address of its file as BASE."""
    return f"BASE <{case.query}>\n{path(case.query).read_text('utf-8')}"


def quads(iri: str, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[ox.Quad]:
    """Yield the triples of a data file, in the graph `graph`."""
    for quad in ox.parse(path=path(iri), base_iri=iri, rename_blank_nodes=True):
        yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def cases() -> list[Case]:
    """Return the tests of all manifests, in the manifests' order; none where the suite is not here."""
    return [case for file in sorted(FOLDER.glob("*/manifest*.ttl")) for case in _read(file)]


def graphs() -> list[str]:
    """Return the data files of all tests that ask a query."""
    return sorted({graph for case in cases() if case.query.endswith(".rq") for graph in (*case.data, *case.graph_data)})


def _read(manifest: Path) -> Iterator[Case]:
    group, store = manifest.parent.name, ox.Store()
    store.load(path=manifest, base_iri=f"{HOME}{group}/{manifest.name}")

    def objects(subject: object, predicate: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal]:
        return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]

    def values(subject: object, predicate: str) -> tuple[str, ...]:
        return tuple(sorted(found.value for found in objects(subject, predicate)))

    for test in _entries(store):
        kind = objects(test, f"{RDF}type")[0].value.rpartition("#")[2]
        action = next(iter(objects(test, f"{MF}action")), None)
        queries = values(action, f"{QT}query") if isinstance(action, ox.BlankNode) else (getattr(action, "value", ""),)
        results = [found.value for found in objects(test, f"{MF}result") if isinstance(found, ox.NamedNode)]
        yield Case(
            test.value,
            group,
            kind,
            query=next(iter(queries), ""),
            result=next(iter(results), ""),
            data=values(action, f"{QT}data") if action else (),
            graph_data=values(action, f"{QT}graphData") if action else (),
        )


def _entries(store: ox.Store) -> Iterator[ox.NamedNode]:
    """Yield the members of the list mf:entries, in order."""
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{MF}entries"), None):
        place = quad.object
        while place != ox.NamedNode(f"{RDF}nil"):
            [first] = store.quads_for_pattern(place, ox.NamedNode(f"{RDF}first"), None)
            [rest] = store.quads_for_pattern(place, ox.NamedNode(f"{RDF}rest"), None)
            yield first.object
            place = rest.object
