"""Things in schema.org's terms, and that a script element cannot be left from inside."""

from __future__ import annotations

import json

import pytest
from rdflib import DCTERMS, FOAF, OWL, RDF, SKOS, Literal

from actiongraph.things.schema_org import in_script, schema_type, thing_in_schema
from actiongraph.things.thing import Fact, Thing, Value
from actiongraph.things.wording import noun_of, rank_of, spelled_out, telling
from actiongraph.vocabulary import AG, DCAT, IRI, ORG

ACTION = IRI("https://example.org/id/action/x")


def thing(*types: IRI, **facts: str) -> Thing:
    values = tuple(
        Fact(AG[name], name, (Value(Literal(value), value, "https://example.org/graph/one"),))
        for name, value in facts.items()
    )
    return Thing(ACTION, "X", "action", types, values)


def test_only_what_is_said_is_told() -> None:
    told = thing_in_schema(thing(AG.DescribedAction, actionNumber="2014-12"), "https://example.org/doc/action/x")
    assert told == {
        "@context": "https://schema.org",
        "@type": "Project",
        "@id": str(ACTION),
        "name": "X",
        "url": "https://example.org/doc/action/x",
        "identifier": "2014-12",
    }


SUPER = {
    "Project": "Organization", "Country": "Place", "Claim": "CreativeWork", "DefinedTermSet": "CreativeWork",
    "Dataset": "CreativeWork",
}  # fmt: skip
PROPERTIES = {
    "Thing": {"name", "url", "description", "identifier", "alternateName", "sameAs", "subjectOf"},
    "Organization": {"location", "member", "keywords", "foundingDate", "dissolutionDate"},
    "Event": {"startDate", "endDate", "location", "about", "keywords"},
    "CreativeWork": {"about", "citation", "dateCreated", "keywords"},
    "Place": {"containedInPlace", "keywords"},
    "DefinedTerm": {"inDefinedTermSet", "termCode"},
    "ItemList": {"itemListElement"},
}
"""Of schema.org's classes, as https://schema.org/Project and so on have them, those that may be told here."""
CLASSES = (
    AG.DescribedAction, AG.ReferencedAction, AG.Activity, AG.ExpertTeam, AG.Country, AG.Place, AG.Chain, AG.Series,
    AG.SourceStatement, AG.Source, AG.Facility, ORG.Organization, FOAF.Document, SKOS.Concept, SKOS.ConceptScheme,
    OWL.Ontology, DCAT.Dataset,
)  # fmt: skip
PREDICATES = (
    AG.summary, AG.actionNumber, AG.abbreviation, AG.startDate, AG.endDate, DCTERMS.issued, SKOS.exactMatch,
    SKOS.inScheme, SKOS.notation, AG.country, AG.place, AG.expertTeam, AG.partner, AG.theme, AG.placeInCountry,
    AG.basedIn, AG.chainRoot, DCTERMS.source,
)  # fmt: skip


def with_everything(kind: IRI) -> dict[str, object]:
    value = Value(IRI("https://example.org/id/x/y"), "Y", "https://example.org/graph/one")
    facts = tuple(Fact(predicate, "p", (value,)) for predicate in PREDICATES)
    return thing_in_schema(Thing(ACTION, "X", "action", (kind,), facts), "https://example.org/doc/action/x")


@pytest.mark.parametrize("kind", CLASSES)
def test_a_property_is_told_only_of_what_has_it_in_schema_org(kind: IRI) -> None:
    told = with_everything(kind)
    type_ = str(told["@type"])
    has = {"@context", "@type", "@id"} | PROPERTIES["Thing"]
    for each in (type_, SUPER.get(type_, "")):
        has |= PROPERTIES.get(each, set())
    assert set(told) <= has


def test_an_action_tells_where_when_about_what_and_where_it_is_written_of() -> None:
    told, link = with_everything(AG.DescribedAction), {"@id": "https://example.org/id/x/y", "name": "Y"}
    assert (told["foundingDate"], told["dissolutionDate"]) == ("Y", "Y")
    assert (told["keywords"], told["subjectOf"]) == ([link], [link])
    organization = with_everything(ORG.Organization)
    assert link in organization["location"]


def with_notations(kind: IRI, *notations: Literal) -> dict[str, object]:
    values = tuple(Value(notation, str(notation), "https://example.org/graph/one") for notation in notations)
    facts = (Fact(SKOS.notation, "notation", values),)
    return thing_in_schema(Thing(ACTION, "X", "thing", (kind,), facts), "https://example.org/doc/country/GHA")


def test_a_country_is_identified_by_its_notation_of_three_letters() -> None:
    codes = (Literal("GH", datatype=AG["iso3166-1-alpha-2"]), Literal("GHA", datatype=AG["iso3166-1-alpha-3"]))
    assert with_notations(AG.Country, *codes)["identifier"] == "GHA"
    assert "identifier" not in with_notations(AG.Country, codes[0])


def test_a_concept_has_its_notation_as_the_code_of_the_term() -> None:
    told = with_notations(SKOS.Concept, Literal("16010"))
    assert (told["@type"], told["termCode"]) == ("DefinedTerm", "16010")


def test_what_is_of_no_known_class_is_a_thing() -> None:
    assert schema_type(thing(IRI("https://example.org/Other"))) == "Thing"
    assert schema_type(thing(IRI("https://example.org/Other"), ORG.Organization)) == "Organization"


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "<!--<script>", "a\u2028b", "&amp;"])
def test_no_text_ends_the_script(hostile: str) -> None:
    written = in_script({"name": hostile})
    assert "<" not in written
    assert json.loads(written) == {"name": hostile}


def test_words_for_terms() -> None:
    assert spelled_out(IRI("http://www.w3.org/2004/02/skos/core#hasTopConcept")) == "has top concept"
    assert spelled_out(RDF.type) == "is a"
    assert spelled_out(IRI("http://purl.org/dc/terms/issued")) == "issued"
    assert noun_of([AG.Action, AG.ReferencedAction]) == "action mentioned only by number"
    assert telling([AG.Action, AG.DescribedAction])[0] == AG.DescribedAction


def test_what_people_look_for_comes_first_and_what_is_computed_last() -> None:
    given = [AG.inChain, AG.country, AG.teamRole, RDF.type]
    assert sorted(given, key=rank_of) == [RDF.type, AG.country, AG.teamRole, AG.inChain]
