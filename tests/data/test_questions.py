"""Questions that somebody asks who knows the ontology and no data, answered as the source answers them.

The queries name terms and labels alone. The answers were written down from the text of the first source; a question
that other sources would answer too names it by its title.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
import pytest

from actiongraph.engine.files import read_file
from actiongraph.release.evidence import expand
from actiongraph.settings import shipped
from actiongraph.vocabulary import CANONICAL_BASE, PREFIXES

ARMENIA = "Introduction of a human-rights based approach to disability assessment and eligibility rules"
BOGOTA_1 = "Social protection coverage in the informal economy"
BOGOTA_2 = "Consolidation of the strategy"
CAMBODIA = "Support to the extension of social protection in Cambodia"
GHANA = "Enhance the effectiveness and coordination of social protection in Ghana"
MEXICO_1 = "Follow up support to the reform of the pension system in Mexico"
MEXICO_2 = "Start-up of the National Organisation of State Social Security Institutes and its technical secretariat"
MOSD = "Support finalising and implementing MoSD strategy"
PERU = "Technical assistance for the extension of social protection coverage"

Row = tuple[str | None, ...]
OF_THE_PAGE = 'dcterms:source [ dcterms:title "Web page listing actions in social security policy"@en ]'


@dataclass(frozen=True)
class Question:
    """A question in words, the same in SPARQL, and what the source answers; in order where the question asks for it."""

    words: str
    query: str
    answer: list[Row]
    is_ordered: bool = False


QUESTIONS = [
    Question(
        "Which countries sent experts to which partner?",
        f"""SELECT DISTINCT ?partner ?country WHERE {{ ?action {OF_THE_PAGE} .
          ?action ag:partner [ skos:prefLabel ?partner ] ; ag:expertsFrom [ skos:prefLabel ?country ] .
          FILTER(LANG(?partner) = "en") }}""",
        [
            ("Institute for Social Economy", "France"),
            ("Institute for Social Economy", "Italy"),
            ("Institute for Social Economy", "Spain"),
            ("Institute of Social Security of the State of Guanajuato", "France"),
            ("Institute of Social Security of the State of Guanajuato", "Germany"),
            ("Institute of Social Security of the State of Guanajuato", "Spain"),
            ("Ministry of Economy and Finance", "France"),
            ("Ministry of Economy and Finance", "Germany"),
            ("Ministry of Economy and Finance", "Lithuania"),
            ("Ministry of Labour and Employment Promotion", "France"),
            ("Ministry of Labour and Employment Promotion", "Spain"),
            ("Ministry of Labour and Social Affairs", "Greece"),
        ],
    ),
    Question(
        "Of how many actions does a source state a country that experts came from, and how many such countries?",
        """SELECT (COUNT(DISTINCT ?action) AS ?actions) (COUNT(*) AS ?countries) WHERE {
          ?action ag:expertsFrom ?country .
          ?statement rdf:subject ?action ; rdf:predicate ag:expertsFrom ; rdf:object ?country ;
            ag:basis [ skos:prefLabel "stated"@en ] . }""",
        [("7", "15")],
    ),
    Question(
        "What kinds of things did each action achieve?",
        """SELECT DISTINCT ?title ?kind WHERE {
          ?action dcterms:title ?title ; ag:outcome ?outcome .
          ?outcome ag:outcomeStatus [ skos:prefLabel "achieved"@en ] ; ag:outcomeKind [ skos:prefLabel ?kind ] . }""",
        [
            (ARMENIA, "method or tool"),
            (ARMENIA, "plan of work"),
            (ARMENIA, "preparatory work"),
            (BOGOTA_1, "cooperation"),
            (BOGOTA_1, "issue on the agenda"),
            (BOGOTA_1, "knowledge"),
            (BOGOTA_2, "method or tool"),
            (BOGOTA_2, "organization"),
            (CAMBODIA, "capacity"),
            (CAMBODIA, "knowledge"),
            (MEXICO_2, "legal basis"),
            (MEXICO_2, "organization"),
            (MEXICO_2, "plan of work"),
            (PERU, "document"),
            (PERU, "knowledge"),
            (PERU, "standing of an institution"),
        ],
    ),
    Question(
        "Of which described actions does no source tell an outcome?",
        f"""SELECT ?title WHERE {{ ?action a ag:DescribedAction ; dcterms:title ?title ; {OF_THE_PAGE} .
          FILTER NOT EXISTS {{ ?action ag:outcome [] }} }}""",
        [(GHANA,), (MOSD,)],
    ),
    Question(
        "Which action prepared an organization that another then set up?",
        """SELECT ?name ?first ?then WHERE {
          ?one dcterms:title ?first ; ag:outcome ?plan . ?other dcterms:title ?then ; ag:outcome ?result .
          ?plan ag:resultingOrganization ?organization ; ag:outcomeStatus [ skos:prefLabel "prepared"@en ] .
          ?result ag:resultingOrganization ?organization ; ag:outcomeStatus [ skos:prefLabel "achieved"@en ] .
          ?organization ag:abbreviation ?name . }""",
        [("ONIESS", MEXICO_1, MEXICO_2)],
    ),
    Question(
        "Which documents came of actions, and which of them were only prepared?",
        """SELECT ?title ?status WHERE {
          ?action dcterms:title ?title ; ag:outcome ?outcome .
          ?outcome ag:resultingDocument ?document ; ag:outcomeStatus [ skos:prefLabel ?status ] . }""",
        [(MEXICO_1, "prepared"), (MEXICO_2, "achieved"), (PERU, "achieved"), (PERU, "achieved")],
    ),
    Question(
        "Which partner was the first to ask for assistance, and when?",
        """SELECT DISTINCT ?partner ?date WHERE {
          ?action ag:partner [ ag:abbreviation ?partner ] ; ag:requestedOn ?date . } ORDER BY STR(?date) LIMIT 1""",
        [("MGCSP", "2014-06")],
    ),
    Question(
        "Which words say that Lithuania sent experts, and from which character on?",
        """SELECT ?words ?start WHERE {
          ?statement rdf:predicate ag:expertsFrom ; rdf:object [ skos:prefLabel "Lithuania"@en ] ;
            ag:evidence [ oa:hasSelector [ oa:exact ?words ] , [ oa:start ?start ] ] . }""",
        [("France, Germany, and Lithuania", "4573")],
    ),
    Question(
        "Which words say what type of assistance each action of the Institute for Social Economy was?",
        """SELECT ?type ?words WHERE {
          ?action ag:partner [ ag:abbreviation "IPES" ] ; ag:assistanceType ?concept .
          ?concept skos:prefLabel ?type .
          ?statement rdf:subject ?action ; rdf:predicate ag:assistanceType ; rdf:object ?concept ;
            ag:evidence/oa:hasSelector/oa:exact ?words . }""",
        [("Institutional (Regulatory & Policy)", "Regulatory & Policy"), ("Policy development", "Policy development")],
    ),
    Question(
        "Which units of ministries does the source name?",
        """SELECT ?ministry ?unit WHERE {
          ?part a org:OrganizationalUnit ; skos:prefLabel ?unit ; org:unitOf [ skos:prefLabel ?ministry ] .
          FILTER(STRSTARTS(?ministry, "Ministry")) }""",
        [
            (
                "Ministry of Gender, Children and Social Protection",
                "Directorate for Policy, Planning and Monitoring and Evaluation",
            ),
            ("Ministry of Labour and Employment Promotion", "Directorate for Social Security"),
        ],
    ),
    Question(
        "Of which actions is it known how many teams they had?",
        "SELECT ?title ?count WHERE { ?action dcterms:title ?title ; ag:teamCount ?count }",
        [(BOGOTA_1, "3")],
    ),
    Question(
        "Which actions had experts in a number of teams that is not known?",
        """SELECT DISTINCT ?name WHERE { ?action ag:expertTeam [] ; dcterms:title|ag:actionNumber ?name .
          FILTER NOT EXISTS { ?action ag:teamCount [] } }""",
        [("2014-12",), ("2017-38",), (ARMENIA,), (BOGOTA_2,), (CAMBODIA,), (MEXICO_1,), (MEXICO_2,), (PERU,)],
    ),
    Question(
        "In which order did the activities in Cambodia go?",
        """SELECT ?kind WHERE {
          ?action ag:country [ skos:prefLabel "Cambodia"@en ] ; ag:hasActivity ?activity .
          ?activity ag:activityOrder ?order ; ag:activityKind [ skos:prefLabel ?kind ] . } ORDER BY ?order""",
        [("fact-finding mission",), ("mapping and assessment",), ("training",)],
        is_ordered=True,
    ),
    Question(
        "How many activities does the source count in Armenia, how many are described, of how many is the order known?",
        """SELECT ?counted (COUNT(?activity) AS ?described) (COUNT(?order) AS ?ordered) WHERE {
          ?action ag:country [ skos:prefLabel "Armenia"@en ] ; ag:activityCount ?counted ; ag:hasActivity ?activity .
          OPTIONAL { ?activity ag:activityOrder ?order } } GROUP BY ?counted""",
        [("4", "4", "3")],
    ),
    Question(
        "Who went on a study visit, and where to?",
        """SELECT ?who ?country WHERE {
          ?visit ag:activityKind [ skos:prefLabel "study visit"@en ] ; ag:participantsAsPrinted ?who ;
            ag:visitedCountry [ skos:prefLabel ?country ] . }""",
        [("An Armenian delegation, led by the vice-Minister of Social Development", "Cyprus")],
    ),
    Question(
        "In which activities is it stated that people of the partner took part, and not only concluded?",
        """SELECT ?kind ?partner WHERE {
          ?action ag:hasActivity ?activity ; ag:partner ?organization .
          ?organization ag:abbreviation ?partner .
          ?activity ag:participant ?organization ; ag:activityKind [ skos:prefLabel ?kind ] .
          ?statement rdf:subject ?activity ; rdf:predicate ag:participant ; rdf:object ?organization ;
            ag:basis [ skos:prefLabel "stated"@en ] . }""",
        [("advice", "ISSEG"), ("training", "MEF")],
    ),
    Question(
        "Under which heading does the source list how many actions?",
        "SELECT ?heading (COUNT(?action) AS ?n) WHERE { ?action ag:categoryAsPrinted ?heading } GROUP BY ?heading",
        [("Actions en Social Security Policy", "9")],
    ),
    Question(
        "Is it stated or concluded that an action was meant for street vendors?",
        """SELECT ?title ?basis WHERE {
          ?action ag:beneficiary ?group ; dcterms:title ?title . ?group skos:prefLabel "informal street vendors"@en .
          ?statement rdf:subject ?action ; rdf:predicate ag:beneficiary ; rdf:object ?group ;
            ag:basis [ skos:prefLabel ?basis ] . }""",
        [(BOGOTA_1, "inferred"), (BOGOTA_2, "stated")],
    ),
    Question(
        "Which number of an action with its partner is stated, and which is a conclusion of what confidence?",
        """SELECT ?title ?ordinal ?basis ?confidence WHERE {
          ?action ag:ordinalWithPartner ?ordinal ; dcterms:title ?title .
          ?statement rdf:subject ?action ; rdf:predicate ag:ordinalWithPartner ; ag:basis [ skos:prefLabel ?basis ] .
          OPTIONAL { ?statement ag:confidence ?confidence } }""",
        [(ARMENIA, "1", "inferred", "0.7"), (BOGOTA_2, "2", "stated", None)],
    ),
    Question(
        "Which collaborations of organizations came of actions, and in which country?",
        """SELECT DISTINCT ?name ?country WHERE {
          ?outcome ag:resultingOrganization ?group .
          ?group a org:OrganizationalCollaboration ; skos:prefLabel ?name ; ag:basedIn [ skos:prefLabel ?country ] .
          FILTER(LANG(?name) = "en") }""",
        [
            ("National Organisation of State Social Security Institutes", "Mexico"),
            ("Working group of local social services in Bogota", "Colombia"),
        ],
    ),
    Question(
        "Who was the partner where an institution gained standing?",
        """SELECT ?partner WHERE {
          ?action ag:outcome [ ag:outcomeKind [ skos:prefLabel "standing of an institution"@en ] ] ;
            ag:partner [ ag:abbreviation ?partner ] . }""",
        [("MTPE",)],
    ),
    Question(
        "What did the experts do who came from Germany?",
        """SELECT DISTINCT ?role WHERE {
          ?team ag:sendingCountry [ skos:prefLabel "Germany"@en ] ; ag:teamRole [ skos:prefLabel ?role ] . }""",
        [("facilitator",), ("technical expert",), ("trainer",)],
    ),
    Question(
        "Who was probably the partner of an action that is only referenced?",
        f"""SELECT ?number ?partner ?basis WHERE {{
          ?action a ag:ReferencedAction ; {OF_THE_PAGE} ; ag:actionNumber ?number ; ag:partner ?organization .
          ?organization ag:abbreviation ?partner .
          ?statement rdf:subject ?action ; rdf:predicate ag:partner ; ag:basis [ skos:prefLabel ?basis ] . }}""",
        [("2014-12", "MGCSP", "inferred")],
    ),
    Question(
        "Which documents cover a period, and which?",
        "SELECT ?title ?period WHERE { ?document a foaf:Document ; dcterms:title ?title ; dcterms:temporal ?period }",
        [("MoSD Strategy for 2016-2020", "start=2016; end=2020;")],
    ),
]


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """The shipped data with its evidence, and the vocabulary; nothing derived."""
    data = sorted(shipped("data").glob("*.ttl"))
    quads = expand({path: list(read_file(path, base=CANONICAL_BASE)) for path in data})
    vocabulary = [read_file(path, base=CANONICAL_BASE) for path in sorted(shipped("ontology").glob("*.ttl"))]
    store = ox.Store()
    for graph in (*quads.values(), *vocabulary):
        store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in graph)
    return store


def answer(store: ox.Store, query: str) -> list[Row]:
    prefixes = {**PREFIXES, "foaf": "http://xmlns.com/foaf/0.1/"}
    solutions = store.query(query, prefixes=prefixes)
    return [
        tuple(None if (term := solution[variable]) is None else term.value for variable in solutions.variables)
        for solution in solutions
    ]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_the_graph_answers_as_the_source_does(store, question):
    found = answer(store, question.query)
    assert (found if question.is_ordered else sorted(found, key=str)) == (
        question.answer if question.is_ordered else sorted(question.answer, key=str)
    )


def test_the_words_that_are_given_as_evidence_stand_there(source_text):
    """The answers that give words of the source, and the heading."""
    assert source_text.index("France, Germany, and Lithuania") == 4573
    assert "(Regulatory & Policy)" in source_text


def test_there_are_at_least_twenty_questions():
    assert len({question.words for question in QUESTIONS}) >= 20
