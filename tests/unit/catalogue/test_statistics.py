"""Counts over a few lines that a reader can count, with what could be miscounted: spaces and quotes in literals."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, SKOS, XSD, Literal

from actiongraph import sorted_lines
from actiongraph.catalogue import statistics
from actiongraph.catalogue.statistics import ClassPropertyUse, Linkset, PropertyUse, Statistics, count
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

BASE = "https://example.org/aid/"
EU = "http://publications.europa.eu/resource/authority/country/"
PREFIXES = {
    "ag:": str(AG),
    "a:": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "id:": BASE + "id/",
    "g:": BASE + "graph/",
    "eu:": EU,
    "skos:": str(SKOS),
    "dcterms:": "http://purl.org/dc/terms/",
    "xsd:": str(XSD),
    "concept:": "https://w3id.org/actiongraph/concept/",
    "ex:": "http://example.org/x/",
}


def texts_of(text: str) -> list[bytes]:
    """Return statements, in which words with a prefix stand for IRIs, as sorted N-Quads, a text for each subject."""

    def term(word: str) -> str:
        literal, mark, datatype = word.rpartition("^^")
        if mark and datatype in ("xsd:date", "xsd:gYear", "xsd:gYearMonth"):
            return f"{literal}^^{term(datatype)}"
        found = next((prefix for prefix in PREFIXES if word.startswith(prefix)), None)
        return f"<{PREFIXES[found]}{word.removeprefix(found)}>" if found else word

    rows = [row.split("|") for row in text.strip().splitlines()]
    lines = sorted(f"{' '.join(term(word.strip()) for word in row)} .\n".encode() for row in rows)
    return [b"".join(own) for _, own in groupby(lines, key=lambda line: line.partition(b" ")[0])]


def counted(text: str) -> Statistics:
    return count(texts_of(text), Settings(base=BASE))


SMALL = counted("""
id:action/a | a:type | ag:Action | g:one
id:action/a | a:type | ag:DescribedAction | g:one
id:action/a | dcterms:title | "A \\"title\\" <with> . everything <x> ."@en | g:one
id:action/a | ag:country | id:country/COL | g:one
id:action/a#part | ag:reason | "A" | g:one
id:action/b | a:type | ag:Action | g:one
id:action/b | dcterms:title | "A"@fr-CA | g:one
id:action/b | ag:country | id:country/COL | g:two
id:country/COL | a:type | ag:Country | g:two
id:country/COL | skos:exactMatch | eu:COL | g:two
id:country/COL | skos:exactMatch | ex:colombia | g:two
id:country/COL | skos:exactMatch | id:country/OTHER | g:two
id:country/PER | skos:exactMatch | eu:PER | g:two
id:source/one | dcterms:title | "The first"@en | g:one
""")


def test_totals() -> None:
    assert (SMALL.triples, SMALL.subjects, SMALL.entities) == (14, 6, 5)  # a part is a subject and no entity
    # three classes, three titles, a reason, and COL, eu:COL, ex:colombia, OTHER and eu:PER
    assert SMALL.objects == 12


def test_graphs_classes_and_properties() -> None:
    assert SMALL.graphs == {IRI(BASE + "graph/one"): 8, IRI(BASE + "graph/two"): 6}
    assert SMALL.classes == {AG.Action: 2, AG.Country: 1, AG.DescribedAction: 1}
    assert SMALL.properties[AG.country] == PropertyUse(triples=2, subjects=2, objects=1)
    assert SMALL.properties[SKOS.exactMatch] == PropertyUse(triples=4, subjects=2, objects=4)
    assert SMALL.properties[AG.reason] == PropertyUse(triples=1, subjects=1, objects=1)


def test_properties_of_classes_and_what_their_values_are() -> None:
    described = SMALL.class_properties[AG.DescribedAction]
    assert set(described) == {RDF.type, DCTERMS.title, AG.country}
    assert described[RDF.type] == ClassPropertyUse(PropertyUse(2, 1, 2), {}, {})  # no class is described
    assert described[AG.country] == ClassPropertyUse(PropertyUse(1, 1, 1), {AG.Country: 1}, {})
    actions = SMALL.class_properties[AG.Action]
    assert actions[DCTERMS.title] == ClassPropertyUse(PropertyUse(2, 2, 2), {}, {RDF.langString: 2})
    assert actions[AG.country] == ClassPropertyUse(PropertyUse(2, 2, 1), {AG.Country: 2}, {})
    # Peru, without a class, is nowhere.
    assert SMALL.class_properties[AG.Country][SKOS.exactMatch] == ClassPropertyUse(PropertyUse(3, 1, 3), {}, {})


def test_the_example_of_a_property_of_a_class_is_the_first_thing_of_the_class_that_has_it() -> None:
    name = BASE + "id/"
    assert SMALL.class_examples[AG.Action][DCTERMS.title] == IRI(name + "action/a")
    assert SMALL.class_examples[AG.Action][AG.country] == IRI(name + "action/a")
    assert SMALL.class_examples[AG.Country] == dict.fromkeys((RDF.type, SKOS.exactMatch), IRI(name + "country/COL"))
    assert {kind: set(found) for kind, found in SMALL.class_examples.items()} == {
        kind: set(found) for kind, found in SMALL.class_properties.items()
    }


def test_an_object_of_two_classes_is_counted_with_each_and_a_literal_with_its_datatype() -> None:
    found = counted(f"""
id:x | a:type | ex:C | g:one
id:x | ex:p | id:y | g:one
id:x | ex:p | id:z | g:one
id:x | ex:p | "1" | g:one
id:x | ex:p | "a <{RDF.type}> b" | g:one
id:x | ex:p | "2014"^^xsd:gYear | g:one
id:y | a:type | ex:D | g:two
id:y | a:type | ex:E | g:one
id:z | a:type | ex:D | g:two
""")
    name = "http://example.org/x/"
    assert found.class_properties[IRI(name + "C")][IRI(name + "p")] == ClassPropertyUse(
        PropertyUse(triples=5, subjects=1, objects=5),
        {IRI(name + "D"): 2, IRI(name + "E"): 1},
        {XSD.gYear: 1, XSD.string: 2},
    )


def test_links_lead_out_of_the_dataset() -> None:
    assert SMALL.linksets == (
        Linkset(SKOS.exactMatch, "http://example.org/", PropertyUse(1, 1, 1)),
        Linkset(SKOS.exactMatch, EU, PropertyUse(2, 2, 2)),
    )


def test_places_are_those_of_actions() -> None:
    assert SMALL.countries == (IRI(EU + "COL"),)


def test_languages_are_primary_subtags_and_nothing_inside_a_literal() -> None:
    assert SMALL.languages == ("en", "fr")
    assert counted('id:action/a | ag:reason | "mail x\\"@de" | g:one').languages == ()


def test_examples_are_picked_from_what_is_there() -> None:
    assert SMALL.examples == (IRI(BASE + "id/action/a"), IRI(BASE + "id/country/COL"))


def test_titles_of_sources() -> None:
    assert SMALL.titles == {IRI(BASE + "id/source/one"): Literal("The first", lang="en")}


def test_themes_are_those_that_actions_have() -> None:
    found = counted("""
id:action/a | ag:theme | concept:theme/used | g:one
concept:theme/used | skos:prefLabel | "used"@en | g:two
concept:theme/other | skos:prefLabel | "other"@en | g:two
""")
    assert found.themes == (Literal("used", lang="en"),)


@pytest.mark.parametrize(
    ("ends", "last", "datatype"),
    [
        (('"2016-03-01"^^xsd:date',), "2016-03-01", XSD.date),
        (('"2016-03-01"^^xsd:date', '"2016-03"^^xsd:gYearMonth'), "2016-03", XSD.gYearMonth),
        (('"2016-12"^^xsd:gYearMonth', '"2016"^^xsd:gYear'), "2016", XSD.gYear),
        (('"2015"^^xsd:gYear', '"2016-01-01"^^xsd:date'), "2016-01-01", XSD.date),
    ],
)
def test_the_last_date_is_the_one_that_may_be_latest_as_it_is_known(ends, last: str, datatype) -> None:
    rows = ['id:action/a | ag:earliestStart | "2014-01-01"^^xsd:date | g:one']
    rows += [f"id:action/{place} | ag:endDate | {end} | g:one" for place, end in enumerate(ends)]
    assert counted("\n".join(rows)).period == (
        Literal("2014-01-01", datatype=XSD.date),
        Literal(last, datatype=datatype, normalize=False),
    )


def test_no_dates_no_period() -> None:
    assert SMALL.period == (None, None)


def test_objects_that_are_put_apart_on_disk_are_counted_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = "\n".join(
        f"id:action/{number} | {predicate} | {term} | g:{number % 2}"
        for number in range(60)
        for predicate, term in (
            ("a:type", "ag:Action"),
            ("ag:country", f"id:country/{number % 7}"),
            ("dcterms:title", f'"Title {number % 50}"@en'),
            ("ag:partner", f"id:action/{number % 9}"),
        )
    )
    texts = texts_of(text)
    expected = count(texts, Settings(base=BASE))
    monkeypatch.setattr(statistics, "_HELD_OBJECTS", 11)
    monkeypatch.setattr(sorted_lines, "_HELD_BYTES", 300)
    assert count(texts, Settings(base=BASE), tmp_path) == expected
    assert list(tmp_path.iterdir()) == []
    assert expected.objects == 1 + 7 + 50 + 9
    assert expected.properties[AG.partner] == PropertyUse(60, 60, 9)
    assert expected.meetings[str(AG.partner), str(AG.Action), str(AG.Action)] == 60
