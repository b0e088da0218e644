"""Evidence in its compact form: what one line means in a release."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

from actiongraph.engine.files import read_file
from actiongraph.errors import DataError
from actiongraph.release.evidence import expand
from actiongraph.vocabulary import AG, CANONICAL_BASE

HEAD = """
@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix bs: <https://w3id.org/actiongraph/concept/basis/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
"""
KEPT = '<id/source/page> a ag:Source ; ag:sha256 "00"^^xsd:hexBinary .'
READ = "<id/source/page> a ag:Source ."
TEAM = "<id/team/t> ag:sendingCountry <id/country/ITA>, <id/country/ESP> ."
WORDS = 'oa:start 633 ; oa:exact "Experts from Italy and Spain"'
PASSAGE = """
<id/source/page#char=633,661> a oa:SpecificResource ; oa:hasSource <id/source/page> ;
  oa:hasSelector <id/source/page#char=633,661-position>, <id/source/page#char=633,661-quote> .
<id/source/page#char=633,661-position> a oa:TextPositionSelector ; oa:start 633 ; oa:end 661 .
<id/source/page#char=633,661-quote> a oa:TextQuoteSelector ; oa:exact "Experts from Italy and Spain" .
"""


def statement(name: str, subject: str, predicate: str, value: str, more: str) -> str:
    return f"""<{name}> a ag:SourceStatement ;
      rdf:subject <{subject}> ; rdf:predicate {predicate} ; rdf:object {value} ; {more} ."""


def expanded(tmp_path: Path, *files: str) -> list[rdflib.Graph]:
    read = {}
    for number, text in enumerate(files):
        path = tmp_path / f"file-{number}.ttl"
        path.write_text(HEAD + text, "utf-8")
        read[path] = list(read_file(path, base=CANONICAL_BASE))
    return [
        rdflib.Graph().parse(
            data=ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES), format="nt"
        )
        for quads in expand(read).values()
    ]


def turtle(text: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=HEAD + text, format="turtle")


def test_one_line_is_a_statement_for_each_value_and_a_passage_that_they_share(tmp_path):
    line = f"<id/team/t> ag:stated [ rdf:predicate ag:sendingCountry ; {WORDS} ] ."
    basis = "ag:basis bs:stated ; ag:evidence <id/source/page#char=633,661>"
    wanted = turtle(
        KEPT + TEAM + PASSAGE
        + statement("id/team/t#sendingCountry-ITA", "id/team/t", "ag:sendingCountry", "<id/country/ITA>", basis)
        + statement("id/team/t#sendingCountry-ESP", "id/team/t", "ag:sendingCountry", "<id/country/ESP>", basis)
    )  # fmt: skip
    [found] = expanded(tmp_path, KEPT + TEAM + line)
    assert isomorphic(found, wanted)


def test_a_plain_stated_fact_costs_seven_triples_and_the_passage_belongs_to_the_source(tmp_path):
    fact = "<id/action/a> ag:country <id/country/ITA> ."
    line = f"<id/action/a> ag:stated [ rdf:predicate ag:country ; {WORDS} ] ."
    [found] = expanded(tmp_path, KEPT + fact + line)
    of_the_source = len(turtle(KEPT + PASSAGE))
    assert len(found) - of_the_source == 7


def test_a_value_can_be_named_and_the_other_gets_no_statement(tmp_path):
    line = (
        "<id/team/t> ag:stated [ rdf:predicate ag:sendingCountry ; rdf:object <id/country/ITA> ; "
        'oa:start 633 ; oa:exact "Experts from Italy and Spain" ] .'
    )
    basis = "ag:basis bs:stated ; ag:evidence <id/source/page#char=633,661>"
    wanted = statement("id/team/t#sendingCountry-ITA", "id/team/t", "ag:sendingCountry", "<id/country/ITA>", basis)
    [found] = expanded(tmp_path, KEPT + TEAM + line)
    assert isomorphic(found, turtle(KEPT + TEAM + PASSAGE + wanted))


def test_a_reason_and_a_confidence_make_it_a_conclusion_from_one_or_more_passages(tmp_path):
    fact = "<id/action/a> ag:country <id/country/ITA> ."
    line = """<id/action/a> ag:stated [ rdf:predicate ag:country ; ag:confidence 0.9 ; ag:reason "As read."@en ;
      ag:evidence [ oa:start 633 ; oa:exact "Experts from Italy and Spain" ] ] ."""
    more = (
        'ag:basis bs:inferred ; ag:confidence 0.9 ; ag:reason "As read."@en ; ag:evidence <id/source/page#char=633,661>'
    )
    wanted = statement("id/action/a#country-ITA", "id/action/a", "ag:country", "<id/country/ITA>", more)
    [found] = expanded(tmp_path, KEPT + fact + line)
    assert isomorphic(found, turtle(KEPT + fact + PASSAGE + wanted))


def test_a_page_that_was_read_and_not_kept_needs_no_words(tmp_path):
    fact = "<id/action/a> ag:actionNumber '2014-25' ."
    page = "<id/source/page#page> a oa:SpecificResource ; oa:hasSource <id/source/page> ."
    more = "ag:basis bs:read-at ; ag:evidence <id/source/page#page>"
    wanted = statement("id/action/a#actionNumber-2014-25", "id/action/a", "ag:actionNumber", "'2014-25'", more)
    [found] = expanded(tmp_path, READ + fact + "<id/action/a> ag:stated [ rdf:predicate ag:actionNumber ] .")
    assert isomorphic(found, turtle(READ + fact + page + wanted))


def test_a_name_follows_from_the_value_and_never_from_the_order_of_lines(tmp_path):
    facts = "<id/action/a> dcterms:title 'One'@en, 'A title of more than forty characters, to be shortened'@en ."
    lines = [
        f"<id/action/a> ag:stated [ rdf:predicate dcterms:title ; rdf:object {value}@en ; "
        f"oa:start {start} ; oa:exact {value} ] ."
        for start, value in ((0, "'One'"), (10, "'A title of more than forty characters, to be shortened'"))
    ]
    (one,), (other,) = (expanded(tmp_path, KEPT + facts + " ".join(order)) for order in (lines, list(reversed(lines))))
    assert isomorphic(one, other)
    assert f"<{CANONICAL_BASE}id/action/a#title-One>" in one.serialize(format="nt")


def test_values_that_share_a_key_are_told_apart(tmp_path):
    facts = "<id/action/a> dcterms:relation <id/org/one>, <id/document/one> ."
    line = "<id/action/a> ag:stated [ rdf:predicate dcterms:relation ; oa:start 0 ; oa:exact 'one' ] ."
    [found] = expanded(tmp_path, KEPT + facts + line)
    assert len(set(found.subjects(rdflib.RDF.predicate))) == 2


def test_a_fact_may_stand_in_another_file_than_its_evidence(tmp_path):
    line = "<id/org/o> ag:stated [ rdf:predicate ag:basedIn ; oa:start 0 ; oa:exact 'Italy' ] ."
    shared, page = expanded(tmp_path, "<id/org/o> ag:basedIn <id/country/ITA> .", KEPT + line)
    assert len(shared) == 1
    assert rdflib.URIRef(f"{CANONICAL_BASE}id/org/o#basedIn-ITA") in set(page.subjects())


def test_two_sources_of_one_fact_share_its_statement(tmp_path):
    fact = "<id/org/o> ag:basedIn <id/country/ITA> ."
    line = "<id/org/o> ag:stated [ rdf:predicate ag:basedIn ; oa:start 0 ; oa:exact 'Italy' ] ."
    second = KEPT.replace("page", "second") + line
    found = expanded(tmp_path, KEPT + fact + line, second)
    assert sum(len(graph) for graph in found) == len(found[0] + found[1])
    assert len(set((found[0] + found[1]).objects(None, rdflib.URIRef(f"{CANONICAL_BASE}ontology#evidence")))) == 2


ENTRY = "<id/team/t> ag:stated [ {} ] ."
WORD = "oa:start 0 ; oa:exact 'x'"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KEPT + ENTRY.format(WORD), "rdf:predicate"),
        (KEPT + TEAM + ENTRY.format("rdf:predicate ag:sendingCountry"), "oa:start and oa:exact"),
        (KEPT + TEAM + ENTRY.format("rdf:predicate ag:sendingCountry ; oa:exact 'x'"), "oa:start and oa:exact"),
        (KEPT + TEAM + ENTRY.format("rdf:predicate ag:sendingCountry ; oa:exat 'x'"), "oa:exact may be meant"),
        (KEPT + TEAM + ENTRY.format("rdf:predicate ag:sendingCountry ; oa:start -1 ; oa:exact 'x'"), "from 0"),
        (KEPT + TEAM + "<id/team/t> ag:stated <id/statement/x> .", "square brackets"),
        (TEAM + ENTRY.format(f"rdf:predicate ag:sendingCountry ; {WORD}"), "oa:hasSource"),
        (
            KEPT + TEAM + ENTRY.format(f"rdf:predicate ag:teamRole, ag:place ; rdf:object <id/place/p> ; {WORD}"),
            "names one property",
        ),
    ],
)
def test_an_entry_that_means_nothing_is_refused_with_file_line_and_thing(tmp_path, text, says):
    with pytest.raises(DataError) as raised:
        expanded(tmp_path, "\n" + text)
    assert says in str(raised.value)
    assert "file-0.ttl, line 10" in str(raised.value)
    assert raised.value.line == 10


def test_a_property_that_is_not_said_is_left_beside_the_thing_for_a_rule_to_tell(tmp_path):
    [found] = expanded(tmp_path, KEPT + TEAM + ENTRY.format(f"rdf:predicate ag:sendingCountry, ag:country ; {WORD}"))
    stated = rdflib.URIRef(f"{CANONICAL_BASE}ontology#stated")
    left = (rdflib.URIRef(f"{CANONICAL_BASE}id/team/t"), rdflib.URIRef(f"{CANONICAL_BASE}ontology#country"))
    assert list(found.subject_objects(stated)) == [left]
    assert len(set(found.subjects(rdflib.RDF.predicate))) == 2


def test_of_several_sources_the_one_that_the_file_is_named_after_is_meant(tmp_path):
    text = KEPT.replace("source/page", "source/file-0") + READ + TEAM
    [found] = expanded(tmp_path, text + ENTRY.format(f"rdf:predicate ag:sendingCountry ; {WORD}"))
    sources = {str(source) for source in found.objects(None, rdflib.URIRef("http://www.w3.org/ns/oa#hasSource"))}
    assert sources == {f"{CANONICAL_BASE}id/source/file-0"}


def test_each_page_that_says_it_is_named_where_the_file_has_several(tmp_path):
    sources = READ + READ.replace("page", "other") + READ.replace("page", "third")
    fact = "<id/action/a> ag:actionNumber '2014-25' ."
    pages = ["<id/source/page>", "<id/source/other>"]
    cited = ", ".join(f"[ oa:hasSource {page} ]" for page in pages)
    made = "".join(f"<{page[1:-1]}#page> a oa:SpecificResource ; oa:hasSource {page} ." for page in pages)
    more = "ag:basis bs:read-at ; ag:evidence <id/source/page#page>, <id/source/other#page>"
    wanted = statement("id/action/a#actionNumber-2014-25", "id/action/a", "ag:actionNumber", "'2014-25'", more)
    entry = f"<id/action/a> ag:stated [ rdf:predicate ag:actionNumber ; ag:evidence {cited} ] ."
    [found] = expanded(tmp_path, sources + fact + entry)
    assert isomorphic(found, turtle(sources + fact + made + wanted))


def test_a_conflict_is_recorded_on_both_statements_also_across_files(tmp_path):
    first = '<id/action/a> ag:startDate "2015"^^xsd:gYear .' + (
        f"<id/action/a> ag:stated [ rdf:predicate ag:startDate ; {WORDS} ] ."
    )
    second = (
        '<id/action/a> ag:stated [ rdf:predicate ag:startDate ; rdf:object "2016"^^xsd:gYear ; '
        f'ag:conflictsWith "2015"^^xsd:gYear ; oa:hasSource <id/source/page> ; {WORDS} ] .'
    )
    for files in ((KEPT + first, second), (second, KEPT + first), (KEPT + first + second,)):
        found = rdflib.Graph()
        for each in expanded(tmp_path, *files):
            found += each
        opposed = {
            (str(found.value(statement, rdflib.RDF.object)), str(value))
            for statement, value in found.subject_objects(AG.conflictsWith)
        }
        assert opposed == {("2015", "2016"), ("2016", "2015")}
        [start] = found.objects(None, AG.startDate)
        assert str(start) == "2015"


def test_words_that_two_files_cite_are_one_passage_and_no_triple_is_in_both(tmp_path):
    fact = "<id/org/o> ag:basedIn <id/country/ITA> ."
    words = "oa:start 0 ; oa:exact 'Italy' ; oa:hasSource <id/source/page>"
    entry = f"<id/org/o> ag:stated [ rdf:predicate ag:basedIn ; {words} ] ."
    first, second = expanded(tmp_path, KEPT + fact + entry, entry)
    assert len(first) > 10
    assert len(second) == 0


@pytest.mark.parametrize(
    ("fragment", "scheme"), [("row=5", "rfc7111"), ("row=5-7", "rfc7111"), ("line=4,5", "rfc5147")]
)
def test_a_record_of_a_table_is_a_passage_without_words(tmp_path, fragment, scheme):
    fact = "<id/action/a> ag:actionNumber '2014-25' ."
    passage = f"""
    <id/source/page#{fragment}> a oa:SpecificResource ; oa:hasSource <id/source/page> ;
      oa:hasSelector <id/source/page#{fragment}-fragment> .
    <id/source/page#{fragment}-fragment> a oa:FragmentSelector ; rdf:value "{fragment}" ;
      dcterms:conformsTo <http://tools.ietf.org/rfc/{scheme}> .
    """
    more = f"ag:basis bs:stated ; ag:evidence <id/source/page#{fragment}>"
    wanted = statement("id/action/a#actionNumber-2014-25", "id/action/a", "ag:actionNumber", "'2014-25'", more)
    entry = f"<id/action/a> ag:stated [ rdf:predicate ag:actionNumber ; rdf:value '{fragment}' ] ."
    [found] = expanded(tmp_path, KEPT + fact + entry)
    assert isomorphic(found, turtle(KEPT + fact + passage + wanted))


@pytest.mark.parametrize(
    "faulty",
    ["rdf:value 'row=0'", "rdf:value 'cell=4,1'", "rdf:value 'row=5', 'row=6'", "rdf:value 'row=5' ; " + WORDS],
)
def test_a_record_that_is_not_named_once_or_has_words_too_is_refused(tmp_path, faulty):
    fact = "<id/action/a> ag:actionNumber '2014-25' ."
    with pytest.raises(DataError, match="names rows or lines in place of words, once"):
        expanded(tmp_path, KEPT + fact + f"<id/action/a> ag:stated [ rdf:predicate ag:actionNumber ; {faulty} ] .")
