"""The comparison of results itself: it must tell apart what differs, or the tests beside it say nothing."""

from __future__ import annotations

import pytest
from w3c_results import Table, Term, literal, read_csv, read_json, read_tsv, read_xml, same

XSD = "http://www.w3.org/2001/XMLSchema#"
A, B, C = (Term("bnode", name) for name in "abc")
IRI = Term("iri", "urn:x")
ONE, ONE_POINT_0 = literal("1", XSD + "decimal"), literal("1.0", XSD + "decimal")


def table(*rows: tuple[Term | None, ...]) -> Table:
    return Table(tuple("xyz"[: len(rows[0])]), rows)


SAME = [
    (table((A, B)), table((B, A))),
    (table((A,), (B,)), table((C,), (A,))),
    (table((A, A), (B, IRI)), table((C, IRI), (A, A))),
    (table((ONE,)), table((ONE_POINT_0,))),
    (table((IRI,), (None,)), table((None,), (IRI,))),
    (table((literal("a", XSD + "string"),)), table((literal("a"),))),
    (table((literal("a", language="EN"),)), table((literal("a", language="en"),))),
]
DIFFERENT = [
    (table((A, B)), table((A, A))),
    (table((A, A)), table((A, B))),
    (table((A,)), table((IRI,))),
    (table((IRI,), (IRI,)), table((IRI,))),
    (table((IRI,), (IRI,), (None,)), table((IRI,), (None,), (None,))),
    (table((ONE,)), table((literal("1", XSD + "integer"),))),
    (table((ONE,)), table((literal("1"),))),
    (table((literal("a"),)), table((literal("a", language="en"),))),
    (table((literal("urn:x"),)), table((IRI,))),
    (table((None,)), table((literal(""),))),
    (table((IRI,)), Table(("other",), ((IRI,),))),
    (True, False),
    (True, table((IRI,))),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: Table | bool, other: Table | bool) -> None:
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: Table | bool, other: Table | bool) -> None:
    assert not same(one, other)


def test_order() -> None:
    one, other = table((IRI,), (ONE,)), table((ONE,), (IRI,))
    assert same(one, other)
    assert not same(one, other, is_ordered=True)


EVERY_KIND = Table(
    ("x", "y"),
    (
        (IRI, literal('a "b"\t\n', language="en")),
        (A, literal("1", XSD + "integer")),
        (None, literal("c,d", "urn:t")),
    ),
)
JSON = """{"head": {"vars": ["x", "y"]}, "results": {"bindings": [
  {"x": {"type": "uri", "value": "urn:x"}, "y": {"type": "literal", "value": "a \\"b\\"\\t\\n", "xml:lang": "en"}},
  {"x": {"type": "bnode", "value": "a"}, "y": {"type": "literal", "value": "1", "datatype": "%sinteger"}},
  {"y": {"type": "literal", "value": "c,d", "datatype": "urn:t"}}]}}""".replace("%s", XSD)
XML = """<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="x"/><variable name="y"/></head>
<results><result><binding name="x"><uri>urn:x</uri></binding>
<binding name="y"><literal xml:lang="en">a "b"&#9;&#10;</literal></binding></result>
<result><binding name="x"><bnode>a</bnode></binding>
<binding name="y"><literal datatype="%sinteger">1</literal></binding></result>
<result><binding name="y"><literal datatype="urn:t">c,d</literal></binding></result></results></sparql>"""
TSV = '?x\t?y\n<urn:x>\t"a \\"b\\"\\t\\n"@en\n_:a\t1\n\t"c,d"^^<urn:t>\n'
CSV = 'x,y\r\nurn:x,"a ""b""\t\n"\r\n_:a,1\r\n,"c,d"\r\n'


def test_every_format_is_read() -> None:
    assert read_json(JSON, "") == EVERY_KIND
    assert read_xml(XML.replace("%s", XSD), "") == EVERY_KIND
    assert read_tsv(TSV, "") == EVERY_KIND
    left = read_csv(CSV, "")
    assert isinstance(left, Table)
    assert left.rows[0] == (Term("text", "urn:x"), Term("text", 'a "b"\t\n'))
    assert same(EVERY_KIND, left)
    assert not same(EVERY_KIND, read_csv(CSV.replace("c,d", "c,e"), ""))
