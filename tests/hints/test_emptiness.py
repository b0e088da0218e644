"""An answer that holds nothing is known by its bytes, in every format, as the engine writes them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph import formats
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.results import finds_nothing
from actiongraph.formats import Result
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

# Texts that look like the ends of empty answers.
TEXTS = ['"bindings":[]}}', "<results></results></sparql>", '">\n</rdf:RDF>', "[]", "\n", "", " "]
FULL = [f'SELECT ?o {{ ?s ?p ?o FILTER(STRLEN(?o) = {len(text)}) }}' for text in TEXTS] + [
    "SELECT * { <http://e/s> <http://e/p> '' }",  # a solution without variables
    "SELECT ?none { <http://e/s> <http://e/p> '' }",  # one that binds nothing
    "ASK { ?s ?p 'nothing' }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "PREFIX e: <http://e/> CONSTRUCT { e:s e:p '\">' } WHERE { }",
    "DESCRIBE <http://e/s>",
]  # fmt: skip
EMPTY = [
    "SELECT ?s ?o { ?s ?p ?o FILTER(STRLEN(?o) = 99) }",
    "SELECT * { <http://e/s> <http://e/p> 'nothing' }",
    "CONSTRUCT WHERE { ?s <http://e/none> ?o }",
    "PREFIX e: <http://e/> CONSTRUCT WHERE { ?s e:none ?o }",
    "DESCRIBE <http://e/none>",
]


@pytest.fixture(scope="module")
def engine() -> OxigraphEngine:
    node = ox.NamedNode
    quads = [ox.Quad(node("http://e/s"), node("http://e/p"), ox.Literal(text)) for text in TEXTS]
    return OxigraphEngine.in_memory(quads, union_default=False)


@pytest.mark.parametrize(("query", "is_empty"), [(q, False) for q in FULL] + [(q, True) for q in EMPTY])
def test_every_format_tells(engine, query, is_empty):
    checked = check_query(query, Settings())
    for chosen in formats.offers(checked.form.result):
        written = engine.answer(checked, chosen)
        assert finds_nothing(written, chosen, checked.form.result) is is_empty, (chosen.name, written)


def test_every_format_of_an_answer_is_known():
    for result in (Result.BINDINGS, Result.GRAPH):
        for chosen in formats.offers(result):
            finds_nothing(b"", chosen, result)
