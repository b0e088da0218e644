"""Chains for the tools of others: whatever the data says, what is written can be read and says the same."""

import csv
import io
import re
import xml.etree.ElementTree as ET

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.chains.dates import Gap
from actiongraph.chains.formats import WRITERS
from actiongraph.chains.formats.csv_table import COLUMNS, as_csv
from actiongraph.chains.formats.mermaid_graphml import as_graphml, as_mermaid
from actiongraph.chains.formats.turtle import as_turtle
from actiongraph.chains.model import Chain, Evidence, Link, LinkKind, Named, Step, Team, Text
from actiongraph.errors import DataError
from actiongraph.vocabulary import IRI

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HOSTILE = (
    "<b>&\"'",
    "a\nb\r\nc",
    "=1+1",
    "]]>",
    '"] --> x',
    "end",
    "#35;",
    "a\x00\x1b[31m\ufffeb",
    "%% {x}",
    "1. `x`",
    "\u202e",
    ";|,",
)


def chain_of(title: str) -> Chain:
    """Three actions, the last following both others, with `title` wherever the data has text."""
    evidence = Evidence("inferred", Text(title, "en"), None, (), IRI("urn:statement"), IRI("urn:basis"))
    steps = (
        Step(IRI("urn:x/a"), "a", number=title, described=False, open_end=True),
        Step(IRI("urn:x/b"), "b", title="B"),
        Step(
            IRI("urn:x/c"),
            "c",
            title=Text(title, "en"),
            depth=1,
            countries=(Named(Text(title, "en"), IRI("urn:country")),),
            partners=(Named(title),),
            teams=(Team(None, (Named(title),)),),
        ),
    )
    links = (
        Link(IRI("urn:x/c"), IRI("urn:x/a"), LinkKind.STATED, gap=Gap(-3, 5)),
        Link(IRI("urn:x/c"), IRI("urn:x/b"), LinkKind.PROBABLE, (evidence,)),
    )
    return Chain("a", steps, links, iri=IRI("urn:chain"))


def seen(text: str) -> str:
    """What of a text a reader sees in one line."""
    return " ".join(re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]", " ", text).split())


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("name", WRITERS)
def test_no_text_breaks_a_format(name: str, title: str):
    assert WRITERS[name](chain_of(title)).encode("utf-8").endswith(b"\n")


@given(ANY)
def test_csv_has_a_row_for_each_action_and_keeps_every_text_in_its_cell(title: str):
    written = as_csv(chain_of(title))
    head, *rows = csv.reader(io.StringIO(written, newline=""))
    assert tuple(head) == COLUMNS
    assert [len(row) for row in rows] == [len(COLUMNS)] * 3
    assert written.count("\r\n") == 4
    assert "\n" not in written.replace("\r\n", "")
    last = dict(zip(head, rows[2], strict=True))
    assert last["title"].removeprefix("'") == seen(title).removeprefix("'")
    assert not last["title"].startswith(("=", "+", "-", "@"))


def test_a_join_has_its_links_in_one_order_in_each_cell():
    last = list(csv.DictReader(io.StringIO(as_csv(chain_of("Why")), newline="")))[2]
    assert (last["follows"], last["link_kinds"]) == ("a | b", "stated | probable")
    assert (last["least_days_since"], last["most_days_since"], last["days_since"]) == ("-3 | ", "5 | ", "end | ")
    assert last["reasons"] == " | Why"


@given(ANY)
def test_graphml_is_well_formed_and_keeps_what_can_be_seen(title: str):
    space = "{http://graphml.graphdrawing.org/xmlns}"
    root = ET.fromstring(as_graphml(chain_of(title)))
    keys = {key.attrib["id"]: key.attrib for key in root.iter(f"{space}key")}
    ids = [node.attrib["id"] for node in root.iter(f"{space}node")]
    assert len(set(ids)) == 3
    for edge in root.iter(f"{space}edge"):
        assert {edge.attrib["source"], edge.attrib["target"]} <= set(ids)
    read = {"boolean": lambda text: text in ("true", "false"), "int": int, "double": float, "string": str}
    for owner in ("graph", "node", "edge"):
        for element in root.iter(f"{space}{owner}"):
            for datum in element.findall(f"{space}data"):
                key = keys[datum.attrib["key"]]
                assert key["for"] == owner
                assert read[key["attr.type"]](datum.text or "") is not False
    last = list(root.iter(f"{space}node"))[2]
    titles = [datum.text for datum in last.iter(f"{space}data") if datum.attrib["key"] == "node-title"]
    assert titles == ([seen(title)] if seen(title) else titles)


def test_graphml_gives_gaps_as_numbers():
    written = as_graphml(chain_of("x"))
    assert '<data key="edge-gapLeastDays">-3</data>' in written
    assert '<data key="edge-gapFrom">end</data>' in written


@given(ANY)
def test_mermaid_has_nothing_of_the_data_but_letters_digits_and_codes(title: str):
    first, *lines = as_mermaid(chain_of(title)).splitlines()
    assert first == "flowchart LR"
    shapes = (
        r'  a\d\["(?:[^\W_]| |#\d+;|<br/>)*"\](:::stub)?',
        r'  ua\d\(\["not named"\]\):::stub',
        r'  (ua|a)\d (-->|-\.->)\|"(?:[^\W_]| |#\d+;)*"\| a\d',
        r"  %% a\d is urn:x/[abc]",
        r"  classDef stub stroke-dasharray: 4 3",
    )
    assert [line for line in lines if not any(re.fullmatch(shape, line) for shape in shapes)] == []
    label = next(line for line in lines if line.startswith("  a3["))
    decoded = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label[6:-2].split("<br/>")[0])
    assert decoded == (seen(title) or decoded)


@given(ANY)
def test_turtle_is_read_back_with_languages_and_without_blank_nodes(title: str):
    triples = list(ox.parse(as_turtle(chain_of(title)), format=ox.RdfFormat.TURTLE))
    said = {(triple.subject.value, triple.predicate.value.rpartition("/")[2]): triple.object for triple in triples}
    assert said["urn:x/c", "title"] == ox.Literal(title, language="en")
    assert not [term for triple in triples for term in triple.triple if isinstance(term, ox.BlankNode)]


def test_an_iri_that_cannot_be_written_is_the_data_at_fault():
    chain = Chain("a", (Step(IRI("urn:a"), "a", countries=(Named("x", IRI("urn:a b")),)),), ())
    with pytest.raises(DataError, match="urn:a b"):
        as_turtle(chain)


def test_without_probable_links_turtle_has_nothing_that_is_computed_with_them():
    chain = Chain("a", (Step(IRI("urn:a"), "a", title="A"),), (), probable=False)
    assert "chainDepth" not in as_turtle(chain)
    assert "chainDepth" in as_turtle(chain_of("x"))
