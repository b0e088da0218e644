"""Formats and their negotiation: the tables are read off RFC 9110, sections 12.4.2, 12.4.3, 12.5.1 and 5.6."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph import formats
from actiongraph.errors import NotAcceptable
from actiongraph.formats import Format, Result, by_name, negotiate, offers, split_suffix

ROWS = offers(Result.BINDINGS)
GRAPHS = offers(Result.GRAPH)
PAGES = (formats.HTML, formats.JSON, *GRAPHS)
EVERY = [value for value in vars(formats).values() if isinstance(value, Format)]


def test_results_offer_what_the_contract_says_in_its_order() -> None:
    assert [f.label for f in GRAPHS] == ["Turtle", "N-Triples", "N-Quads", "TriG", "RDF/XML", "JSON-LD"]
    assert [f.name for f in ROWS] == ["json", "xml", "csv", "tsv"]
    assert offers(Result.BOOLEAN) == ROWS


@pytest.mark.parametrize(
    ("format_", "content_type"),
    [
        (formats.RESULTS_JSON, "application/sparql-results+json"),
        (formats.RESULTS_XML, "application/sparql-results+xml"),
        (formats.RESULTS_CSV, "text/csv; charset=utf-8"),
        (formats.RESULTS_TSV, "text/tab-separated-values; charset=utf-8"),
        (formats.TURTLE, "text/turtle; charset=utf-8"),
        (formats.N_TRIPLES, "application/n-triples"),
        (formats.RDF_XML, "application/rdf+xml"),
        (formats.JSON_LD, "application/ld+json"),
        (formats.HTML, "text/html; charset=utf-8"),
        (formats.PROBLEM_JSON, "application/problem+json"),
        (formats.PLAIN_TEXT, "text/plain; charset=utf-8"),
    ],
)
def test_the_charset_is_sent_where_the_media_type_has_one(format_: Format, content_type: str) -> None:
    assert format_.content_type == content_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        # 12.4.1 and 12.5.1: without the field anything will do
        (None, "text/turtle"),
        ("", "text/turtle"),
        ("  ", "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/*", "text/turtle"),
        # one range
        ("application/n-triples", "application/n-triples"),
        ("Application/LD+JSON", "application/ld+json"),
        ("application/*", "application/n-triples"),
        # 12.4.2: quality
        ("text/turtle;q=0.5, application/trig;q=0.8", "application/trig"),
        ("text/turtle; q=0.5, application/trig", "application/trig"),
        ("text/turtle;q=0.001, application/trig;q=0.002", "application/trig"),
        ("text/turtle;q=1.000, application/trig;q=0.999", "text/turtle"),
        ("text/turtle;Q=0.1, application/trig;Q=0.2", "application/trig"),
        ("text/turtle ; q=0.1 , application/trig ; q=0.2", "application/trig"),
        ("text/turtle;q=0. , application/trig;q=0.2", "application/trig"),
        # 12.4.2: a quality of 0 is not acceptable
        ("text/turtle;q=0, */*", "application/n-triples"),
        ("text/turtle;q=0.000, */*;q=0.1", "application/n-triples"),
        ("text/*;q=0, */*", "application/n-triples"),
        ("application/*;q=0, */*;q=0.1", "text/turtle"),
        # 12.5.1: the most specific range decides
        ("*/*, text/turtle;q=0.1", "application/n-triples"),
        ("text/*;q=0.9, text/turtle;q=0.2, application/trig;q=0.5", "application/trig"),
        ("application/*;q=0.3, application/trig;q=0.4, text/turtle;q=0.35", "application/trig"),
        ("text/turtle;charset=utf-8;q=0.1, text/turtle;q=0.9, application/trig;q=0.5", "application/trig"),
        # the most specific by far, with quality 0
        ("application/ld+json;q=0, application/*;q=0.2, */*;q=0.1", "application/n-triples"),
        # equal quality: what is named, then our order
        ("application/trig, application/n-quads", "application/n-quads"),
        ("*/*, application/trig", "application/trig"),
        ("application/xml, application/ld+json", "application/ld+json"),
        ("application/xml, */*", "application/rdf+xml"),
        # aliases
        ("application/json", "application/ld+json"),
        ("application/xml", "application/rdf+xml"),
        ("text/xml", "application/rdf+xml"),
        ("application/x-turtle", "text/turtle"),
        ("text/plain", "text/turtle"),
        ("application/json, text/turtle;q=0.9", "application/ld+json"),
        ("application/json;q=0, */*;q=0.1", "text/turtle"),
        ("application/ld+json;q=0, application/json, application/trig;q=0.1", "application/trig"),
        # parameters other than q say nothing about our formats
        ("text/turtle;charset=utf-8", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ('application/trig;x="a,b;q=0";q=0.5, text/turtle;q=0.4', "application/trig"),
        ('application/trig;x="a\\",b";q=0.5, text/turtle;q=0.4', "application/trig"),
        ("application/trig;version=1.2, text/html", "application/trig"),
        # members that are none are passed over
        ("nonsense, application/trig", "application/trig"),
        ("text/turtle;q=2, application/trig;q=0.1", "application/trig"),
        ("text/turtle;q=0.1234, application/trig;q=0.1", "application/trig"),
        ("text/turtle;q=-1, application/trig;q=0.1", "application/trig"),
        ("text/turtle;q=, application/trig;q=0.1", "application/trig"),
        ("*/turtle, application/trig;q=0.1", "application/trig"),
        (",, ,application/trig,", "application/trig"),
        ('"text/turtle", application/trig;q=0.1', "application/trig"),
        ("text/turtle;;q=0.1, application/trig;q=0.2", "application/trig"),
        # what rdflib and Jena send
        ("text/turtle,application/n-triples;q=0.9,application/rdf+xml;q=0.7,*/*;q=0.1", "text/turtle"),
        ("application/rdf+xml, application/ld+json;q=0.9, text/html;q=0.5", "application/rdf+xml"),
    ],
)
def test_negotiation_of_a_graph(accept: str | None, media_type: str) -> None:
    assert negotiate(accept, GRAPHS).media_type == media_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/xml", "application/sparql-results+xml"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/*", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        # SPARQLWrapper asks for JSON and for XML like this
        ("application/sparql-results+json,application/json,text/javascript", "application/sparql-results+json"),
        ("application/javascript", "application/sparql-results+json"),
        ("application/json;q=0.5, application/sparql-results+xml;q=0.5", "application/sparql-results+xml"),
        ("application/sparql-results+json;version=1.1", "application/sparql-results+json"),
    ],
)
def test_negotiation_of_rows(accept: str | None, media_type: str) -> None:
    assert negotiate(accept, ROWS).media_type == media_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/xhtml+xml", "text/html"),
        ("application/json", "application/json"),
        ("text/turtle, text/html;q=0.5", "text/turtle"),
        ("application/ld+json, application/json;q=0.9", "application/ld+json"),
    ],
)
def test_negotiation_of_a_page(accept: str | None, media_type: str) -> None:
    assert negotiate(accept, PAGES).media_type == media_type


@pytest.mark.parametrize(
    "accept", ["image/png", "text/turtle;q=0", "*/*;q=0", "text/csv", "nonsense", "text/*;q=0, image/*"]
)
def test_nothing_that_fits_is_an_error_that_lists_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiate(accept, GRAPHS)
    assert caught.value.available == tuple(f.media_type for f in GRAPHS)
    assert all(f.media_type in str(caught.value) for f in GRAPHS)


@pytest.mark.parametrize(
    ("name", "offered", "expected"),
    [
        ("json", ROWS, formats.RESULTS_JSON),
        ("json", GRAPHS, formats.JSON_LD),
        ("json", PAGES, formats.JSON),
        ("JSON", ROWS, formats.RESULTS_JSON),
        ("srj", ROWS, formats.RESULTS_JSON),
        ("application/json", ROWS, formats.RESULTS_JSON),
        ("application/sparql-results+json", ROWS, formats.RESULTS_JSON),
        ("application/sparql-results+json; charset=utf-8", ROWS, formats.RESULTS_JSON),
        ("xml", ROWS, formats.RESULTS_XML),
        ("xml", GRAPHS, formats.RDF_XML),
        ("csv", ROWS, formats.RESULTS_CSV),
        ("text/csv", ROWS, formats.RESULTS_CSV),
        ("csv", GRAPHS, None),
        ("turtle", GRAPHS, formats.TURTLE),
        ("Turtle", GRAPHS, formats.TURTLE),
        ("ttl", GRAPHS, formats.TURTLE),
        (".ttl", GRAPHS, formats.TURTLE),
        ("n3", GRAPHS, formats.TURTLE),
        ("text/turtle", GRAPHS, formats.TURTLE),
        ("nt", GRAPHS, formats.N_TRIPLES),
        ("ntriples", GRAPHS, formats.N_TRIPLES),
        ("N-Triples", GRAPHS, formats.N_TRIPLES),
        ("nquads", GRAPHS, formats.N_QUADS),
        ("trig", GRAPHS, formats.TRIG),
        ("rdf", GRAPHS, formats.RDF_XML),
        ("rdfxml", GRAPHS, formats.RDF_XML),
        ("rdf+xml", GRAPHS, formats.RDF_XML),
        ("rdf/xml", GRAPHS, formats.RDF_XML),
        ("json-ld", GRAPHS, formats.JSON_LD),
        ("jsonld", GRAPHS, formats.JSON_LD),
        ("JSON-LD", GRAPHS, formats.JSON_LD),
        ("json", (formats.JSON_LD, formats.JSON), formats.JSON),
        ("html", PAGES, formats.HTML),
        ("html", GRAPHS, None),
        ("", GRAPHS, None),
        ("banana", GRAPHS, None),
    ],
)
def test_names_people_use(name: str, offered: tuple[Format, ...], expected: Format | None) -> None:
    assert by_name(name, offered) is expected


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (".ttl", formats.TURTLE),
        (".nt", formats.N_TRIPLES),
        (".nq", formats.N_QUADS),
        (".trig", formats.TRIG),
        (".rdf", formats.RDF_XML),
        (".owl", formats.RDF_XML),
        (".xml", formats.RDF_XML),
        (".jsonld", formats.JSON_LD),
        (".json", formats.JSON_LD),
        (".csv", None),
        ("", None),
    ],
)
def test_suffixes_of_rdf_files(suffix: str, expected: Format | None) -> None:
    assert formats.RDF_SUFFIXES.get(suffix) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("action/2014-12.ttl", ("action/2014-12", formats.TURTLE)),
        ("a.b.jsonld", ("a.b", formats.JSON_LD)),
        ("action/2014-12", ("action/2014-12", None)),
        ("a.html", ("a.html", None)),
        (".ttl", ("", formats.TURTLE)),
        ("", ("", None)),
    ],
)
def test_a_name_may_end_in_a_suffix(name: str, expected: tuple[str, Format | None]) -> None:
    assert split_suffix(name, GRAPHS) == expected


@pytest.mark.parametrize("offered", [ROWS, GRAPHS, PAGES])
def test_every_format_is_found_by_all_its_own_names(offered: tuple[Format, ...]) -> None:
    for format_ in offered:
        for name in (format_.name, format_.suffix, format_.media_type, format_.media_type.upper()):
            assert by_name(name, offered) is format_
        assert negotiate(format_.media_type, offered) is format_


def test_formats_are_spelled_in_lower_case_and_once() -> None:
    for format_ in EVERY:
        assert {format_.media_type, *format_.aliases, *format_.names} == {
            spelling.lower() for spelling in (format_.media_type, *format_.aliases, *format_.names)
        }
    assert len({(f.media_type, f.label) for f in EVERY}) == len(EVERY)


HEADERS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet='text/urlpicaon*,;=q."\\ 01', max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from([f.media_type for f in EVERY] + ["*/*", "text/*", "application/*", "image/png"]),
            st.sampled_from(["", ";q=0", ";q=0.5", ";q=1", ";q=x", ";charset=utf-8", ';a="b,c";q=0.3']),
        ).map("".join),
        max_size=6,
    ).map(", ".join),
)


@given(HEADERS, st.sampled_from([ROWS, GRAPHS, PAGES]))
def test_whatever_the_header_an_offer_is_chosen_or_all_are_listed(accept: str, offered: tuple[Format, ...]) -> None:
    try:
        assert negotiate(accept, offered) in offered
    except NotAcceptable as error:
        assert error.available == tuple(f.media_type for f in offered)


@pytest.mark.long("load")
@pytest.mark.parametrize("part", ['"', '\\"', '"\\"', "a/", ";", "; ", ";a=", ",", "a/b;c=d;", " "])
def test_a_long_header_takes_no_long_time(part: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(NotAcceptable):
        negotiate(part * 20_000, GRAPHS)
    assert time.perf_counter() - started < 1


@given(HEADERS)
def test_what_is_excluded_is_never_chosen(accept: str) -> None:
    others = accept.replace("text/turtle", "text/other")
    with contextlib.suppress(NotAcceptable):
        assert negotiate(f"text/turtle;q=0, {others}", GRAPHS) is not formats.TURTLE


@given(HEADERS, st.sampled_from(GRAPHS))
def test_a_range_for_everything_makes_every_header_acceptable(accept: str, format_: Format) -> None:
    lowest = f"{format_.media_type}, {accept}"
    assert negotiate(lowest, GRAPHS) in GRAPHS
