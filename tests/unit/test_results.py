"""Solutions read back from TSV are the terms that JSON gives, whatever they hold."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import XSD, Literal
from rdflib.term import Node

from actiongraph.engine.base import Solutions
from actiongraph.engine.results import TableReader
from actiongraph.vocabulary import IRI

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LITERALS = st.one_of(
    st.builds(ox.Literal, TEXT),
    st.builds(ox.Literal, TEXT, language=st.sampled_from(["en", "pt-br"])),
    st.builds(
        ox.Literal,
        st.one_of(TEXT, st.sampled_from(["7", "-0.50", "1e3", "1.E5", "true", "false", "1", "INF", ".5", "5.", "+1"])),
        datatype=st.sampled_from([XSD.integer, XSD.decimal, XSD.double, XSD.boolean, XSD.date]).map(ox.NamedNode),
    ),
)


def answer(term: ox.Literal | ox.NamedNode | ox.BlankNode, syntax: ox.QueryResultsFormat) -> bytes:
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), term))
    results = store.query("SELECT ?unbound ?s ?o ?more { ?s ?p ?o }")
    written = results.serialize(format=syntax)  # type: ignore[union-attr]
    assert written is not None
    return written


def known(term: Node) -> tuple[object, ...]:
    return (type(term), str(term), *((term.language, term.datatype) if isinstance(term, Literal) else ()))


@given(LITERALS)
def test_a_table_says_what_json_says(term: ox.Literal):
    table = TableReader().read(answer(term, ox.QueryResultsFormat.TSV))
    document = Solutions.read_json(answer(term, ox.QueryResultsFormat.JSON))
    assert table.variables == document.variables == ("unbound", "s", "o", "more")
    assert [{name: known(cell) for name, cell in row.items()} for row in table] == [
        {name: known(cell) for name, cell in row.items()} for row in document
    ]


def test_iris_and_blank_nodes_are_what_they_are():
    [iri] = TableReader().read(answer(ox.NamedNode("urn:o"), ox.QueryResultsFormat.TSV))
    [blank] = TableReader().read(answer(ox.BlankNode("b1"), ox.QueryResultsFormat.TSV))
    assert iri["o"] == IRI("urn:o")
    assert blank["o"].n3() == "_:b1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("content", "rows"), [(b"?a\n", []), (b"?a\n\n", [{}]), (b"\n\n\n", [{}, {}])])
def test_rows_without_terms_are_counted(content: bytes, rows: list[dict[str, Node]]):
    assert list(TableReader().read(content)) == rows


def test_terms_are_made_once_and_forgotten_when_there_are_too_many():
    reader = TableReader(most=2)
    first = reader.read(b"?a\n<urn:a>\n<urn:a>\n<urn:b>\n<urn:c>\n")
    assert first[0]["a"] is first[1]["a"]
    assert reader.read(b"?a\n<urn:a>\n")[0]["a"] is not first[0]["a"]


def test_a_triple_term_has_no_term_in_rdflib():
    with pytest.raises(TypeError, match="triple terms"):
        TableReader().read(b"?a\n<<( <urn:s> <urn:p> <urn:o> )>>\n")
