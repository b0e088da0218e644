"""What every engine must answer, to the letter of the SPARQL result formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from traceback import walk_tb
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

from actiongraph import formats
from actiongraph.engine.base import Dataset, Engine
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import NotAcceptable, QueryError, QuerySyntaxError
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.vocabulary import IRI

DATA = """
@prefix x: <http://x/> .
x:s x:p "plain" , "tag"@en , 42 , 1.5 .
x:one { x:s x:q x:a . }
x:two { x:s x:q x:b . }
"""
Make = Callable[..., Engine]


@pytest.fixture
def make(opener) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(data: str, *, union_default: bool = False) -> Engine:
            quads = ox.parse(data, format=ox.RdfFormat.TRIG)
            return stack.enter_context(opener(quads, union_default=union_default))

        yield make


def ask(engine: Engine, text: str, format_: formats.Format, dataset: Dataset | None = None) -> bytes:
    return engine.answer(check_query(text, Settings()), format_, dataset or Dataset())


VALUES = "SELECT ?o WHERE { <http://x/s> <http://x/p> ?o } ORDER BY STR(?o)"


def test_json_follows_its_specification(make: Make):
    answer = json.loads(ask(make(DATA), VALUES, formats.RESULTS_JSON))
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert answer == {
        "head": {"vars": ["o"]},
        "results": {
            "bindings": [
                {"o": {"type": "literal", "value": "1.5", "datatype": xsd + "decimal"}},
                {"o": {"type": "literal", "value": "42", "datatype": xsd + "integer"}},
                {"o": {"type": "literal", "value": "plain"}},
                {"o": {"type": "literal", "value": "tag", "xml:lang": "en"}},
            ]
        },
    }


def test_words_of_updates_in_comments_do_not_make_a_query_one(make: Make):
    text = "# What is there?\n# Addresses are left out: load, insert, delete and clear nothing.\n" + VALUES
    assert len(json.loads(ask(make(DATA), text, formats.RESULTS_JSON))["results"]["bindings"]) == 4


def test_xml_follows_its_specification(make: Make):
    root = ElementTree.fromstring(ask(make(DATA), VALUES, formats.RESULTS_XML))
    names = {"r": "http://www.w3.org/2005/sparql-results#"}
    assert [v.get("name") for v in root.findall("r:head/r:variable", names)] == ["o"]
    literals = root.findall("r:results/r:result/r:binding/r:literal", names)
    assert [literal.text for literal in literals] == ["1.5", "42", "plain", "tag"]
    assert literals[3].get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_csv_and_tsv_follow_their_specification(make: Make):
    engine = make(DATA)
    assert list(csv.reader(io.StringIO(ask(engine, VALUES, formats.RESULTS_CSV).decode()))) == [
        ["o"], ["1.5"], ["42"], ["plain"], ["tag"],
    ]  # fmt: skip
    assert ask(engine, VALUES, formats.RESULTS_TSV).decode() == '?o\n1.5\n42\n"plain"\n"tag"@en\n'


@pytest.mark.parametrize(("text", "value"), [("ASK { ?s ?p 42 }", "true"), ("ASK { ?s ?p 43 }", "false")])
def test_ask_in_every_format(make: Make, text: str, value: str):
    engine = make(DATA)
    assert json.loads(ask(engine, text, formats.RESULTS_JSON))["boolean"] is (value == "true")
    boolean = ElementTree.fromstring(ask(engine, text, formats.RESULTS_XML)).find("{*}boolean")
    assert boolean is not None
    assert boolean.text == value
    assert ask(engine, text, formats.RESULTS_CSV).decode().strip() == value
    assert ask(engine, text, formats.RESULTS_TSV).decode().strip() == value


@pytest.mark.parametrize("format_", formats.offers(formats.Result.GRAPH), ids=lambda f: f.name)
def test_a_graph_is_the_same_in_every_format(make: Make, format_: formats.Format):
    written = ask(make(DATA), "CONSTRUCT WHERE { ?s ?p ?o }", format_)
    names = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld", "nq": "nquads"}
    read = rdflib.Dataset()
    read.parse(data=written, format=names.get(format_.name, format_.name))
    got = rdflib.Graph()
    got += ((s, p, o) for s, p, o, _ in read.quads())
    wanted = rdflib.Graph().parse(
        data='@prefix x: <http://x/> . x:s x:p "plain" , "tag"@en , 42 , 1.5 .', format="turtle"
    )
    assert isomorphic(got, wanted)


def test_turtle_is_written_with_the_prefixes_of_the_query(make: Make):
    written = ask(make(DATA), "PREFIX x: <http://x/> CONSTRUCT { ?s x:p 42 } WHERE { ?s x:p 42 }", formats.TURTLE)
    assert "x:s x:p 42 ." in written.decode()


OBJECTS = "SELECT ?o WHERE { <http://x/s> <http://x/q> ?o } ORDER BY ?o"
ONE, TWO = IRI("http://x/one"), IRI("http://x/two")


@pytest.mark.parametrize(
    ("union", "query", "dataset", "wanted"),
    [
        (False, OBJECTS, Dataset(), []),
        (True, OBJECTS, Dataset(), ["a", "b"]),
        (True, OBJECTS.replace("WHERE", "FROM <http://x/one> WHERE"), Dataset(), ["a"]),
        (True, OBJECTS.replace("WHERE", "FROM <http://x/one> FROM <http://x/two> WHERE"), Dataset(), ["a", "b"]),
        (True, OBJECTS.replace("WHERE", "FROM NAMED <http://x/one> WHERE"), Dataset(), []),
        (True, OBJECTS, Dataset(default_graphs=(TWO,)), ["b"]),
        (True, OBJECTS, Dataset(default_graphs=(ONE, TWO)), ["a", "b"]),
        (True, OBJECTS, Dataset(named_graphs=(ONE,)), []),
        (True, OBJECTS.replace("WHERE", "FROM <http://x/one> WHERE"), Dataset(default_graphs=(TWO,)), ["b"]),
        (True, OBJECTS, Dataset(default_graphs=(IRI("http://x/none"),)), []),
        (True, "SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o", Dataset(named_graphs=(TWO,)), ["b"]),
        (True, "SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o", Dataset(default_graphs=(ONE,)), []),
    ],
)  # fmt: skip
def test_the_dataset_is_the_one_that_was_named(
    make: Make, union: bool, query: str, dataset: Dataset, wanted: list[str]
):
    """SPARQL 1.1 Query, section 13.2, and Protocol, section 2.1.4: the protocol's dataset wins over the query's."""
    answer = ask(make(DATA, union_default=union), query, formats.RESULTS_CSV, dataset).decode().split()[1:]
    assert answer == [f"http://x/{name}" for name in wanted]


@pytest.mark.parametrize("graph", ["file:///etc/hostname", "http://127.0.0.1:9/x"])
def test_from_reads_nothing_but_the_store(make: Make, graph: str):
    query = f"SELECT * FROM <{graph}> WHERE {{ ?s ?p ?o }}"
    assert json.loads(ask(make(DATA), query, formats.RESULTS_JSON))["results"]["bindings"] == []


@pytest.fixture
def unwritable(opener) -> Callable[[str, str], AbstractContextManager[object]]:
    """Expects that an answer cannot be written as asked; of what an endpoint says, the beginning is told."""

    def expect(why: str, instead: str) -> AbstractContextManager[object]:
        return pytest.raises(NotAcceptable, match=f"406.*{why}" if opener.is_remote else f"{why}.*{instead}")

    return expect


def test_what_xml_cannot_hold_is_an_error_that_names_json(make: Make, unwritable):
    engine = make(r'<http://x/s> <http://x/p> "a\u0001b" .')
    with unwritable(r"U\+0001", r"sparql-results\+json"):
        ask(engine, "SELECT ?o WHERE { ?s ?p ?o }", formats.RESULTS_XML)
    with unwritable(r"U\+0001", r"ld\+json"):
        ask(engine, "CONSTRUCT WHERE { ?s ?p ?o }", formats.RDF_XML)
    assert "a\\u0001b" in ask(engine, "SELECT ?o WHERE { ?s ?p ?o }", formats.RESULTS_JSON).decode()


def test_no_error_keeps_the_results_that_only_their_own_thread_may_let_go_of():
    """An error may be let go of anywhere, as when memory is collected."""
    engine = OxigraphEngine.in_memory(
        ox.parse(r'<http://x/s> <http://x/p> "a\u0001b" .', format=ox.RdfFormat.TRIG), union_default=False
    )
    for text, chosen in (
        ("SELECT * WHERE { ?s ?p ?o }", formats.RESULTS_XML),
        ("CONSTRUCT WHERE { ?s ?p ?o }", formats.RDF_XML),
    ):
        with pytest.raises(NotAcceptable) as caught:
            ask(engine, text, chosen)
        held = [value for frame, _ in walk_tb(caught.tb) for value in frame.f_locals.values()]
        assert any(value is engine for value in held)
        assert not any(isinstance(value, ox.QuerySolutions | ox.QueryTriples) for value in held)


def test_a_carriage_return_survives_xml(make: Make):
    root = ElementTree.fromstring(
        ask(make(r'<http://x/s> <http://x/p> "a\r\nb" .'), "SELECT ?o WHERE { ?s ?p ?o }", formats.RESULTS_XML)
    )
    literal = root.find(".//{*}literal")
    assert literal is not None
    assert literal.text == "a\r\nb"


def test_a_predicate_without_a_local_name_cannot_be_rdf_xml(make: Make, unwritable):
    with unwritable("predicate", r"ld\+json"):
        ask(make('<http://x/s> <http://x/1> "o" .'), "CONSTRUCT WHERE { ?s ?p ?o }", formats.RDF_XML)


def test_a_query_the_engine_cannot_read_has_its_place(make: Make, opener):
    with pytest.raises(QueryError, match="Line 2, column 15") as caught:
        make(DATA).answer(CheckedQuery("SELECT ?s\nWHERE { ?s ?p }", QueryForm.SELECT), formats.RESULTS_JSON)
    if not opener.is_remote:
        assert isinstance(caught.value, QuerySyntaxError)
        assert caught.value.line == 2


def test_a_function_that_nobody_knows_is_named(make: Make):
    with pytest.raises(QueryError, match="<http://x/f> is not one"):
        ask(make(DATA), "SELECT (<http://x/f>(1) AS ?y) WHERE {}", formats.RESULTS_JSON)


def test_solutions_keep_the_order_of_rows_and_variables(make: Make):
    solutions = make(DATA).select(check_query(f"SELECT ?o ?none WHERE {{ {VALUES[18:]}", Settings()))
    assert solutions.variables == ("o", "none")
    assert [str(row["o"]) for row in solutions] == ["1.5", "42", "plain", "tag"]
    assert "none" not in solutions[0]
