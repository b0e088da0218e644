"""Ontology, schemes, shapes and data agree with themselves and with each other."""

from __future__ import annotations

import itertools
import re

import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, XSD

from actiongraph.settings import shipped
from actiongraph.vocabulary import AG, AGSH, BASE, CONCEPT, IRI, SPDX

ONTOLOGY = BASE["ontology"]
SCHEMA = rdflib.Namespace("https://schema.org/")
PROPERTY_TYPES = {OWL.ObjectProperty, OWL.DatatypeProperty}
CLASSES_OF_OTHERS = {
    "http://www.w3.org/ns/org#Organization",
    "http://www.w3.org/ns/oa#SpecificResource",
    "http://www.w3.org/2004/02/skos/core#Concept",
    "http://xmlns.com/foaf/0.1/Document",
}
ORG = rdflib.Namespace("http://www.w3.org/ns/org#")
AXIOMS_OF_OTHERS = {
    # SKOS, S10 and S11; The Organization Ontology, sections 5.1 and 5.3.
    (SKOS.prefLabel, RDFS.label),
    (ORG.OrganizationalUnit, ORG.Organization),
    (ORG.OrganizationalCollaboration, ORG.Organization),
}
UNSTORED_INVERSES = [
    "activityOf", "baseOf", "chainMember", "concernedBy", "countryOf", "hasAction", "hasPlace", "outcomeOfAction",
    "partnerOf", "placeOf", "rootOfChain", "sentTeam", "seriesMember", "visitedIn", "workedOn",
]  # fmt: skip
LICENCE = IRI("https://creativecommons.org/licenses/by/4.0/")


def own_terms(graph: rdflib.Graph) -> set[rdflib.term.Node]:
    return {term for triple in graph for term in triple if isinstance(term, IRI) and term in AG}


def declared(vocabulary: rdflib.Graph) -> set[rdflib.term.Node]:
    return {term for term in vocabulary.subjects(RDF.type) if isinstance(term, IRI) and term in AG}


def properties(vocabulary: rdflib.Graph) -> set[rdflib.term.Node]:
    return {term for type_ in PROPERTY_TYPES for term in vocabulary.subjects(RDF.type, type_)}


def classes(vocabulary: rdflib.Graph) -> set[rdflib.term.Node]:
    return set(vocabulary.subjects(RDF.type, OWL.Class))


def test_every_term_that_is_used_is_declared(data, vocabulary, shapes):
    used = own_terms(data) | own_terms(vocabulary) | own_terms(shapes)
    assert used - declared(vocabulary) == set()


def test_the_queries_of_the_shapes_use_declared_terms(shapes, vocabulary):
    named = {AG[name] for query in shapes.objects(None, SH.select) for name in re.findall(r"\bag:([\w-]*\w)", query)}
    assert named - declared(vocabulary) == set()


def test_every_property_is_spoken_of_by_some_shape(shapes, vocabulary):
    in_queries = {
        AG[name] for query in shapes.objects(None, SH.select) for name in re.findall(r"\bag:([\w-]*\w)", query)
    }
    assert properties(vocabulary) - own_terms(shapes) - in_queries == set()


@pytest.mark.parametrize("predicate", [RDFS.label, RDFS.comment])
def test_every_term_has_one_label_and_one_comment_in_english(vocabulary, predicate):
    for term in declared(vocabulary):
        assert [text.language for text in vocabulary.objects(term, predicate)] == ["en"], term


def test_every_term_says_where_it_is_defined(vocabulary):
    for term in declared(vocabulary):
        assert list(vocabulary.objects(term, RDFS.isDefinedBy)) == [ONTOLOGY], term


def test_no_label_is_used_twice_for_a_class_or_twice_for_a_property(vocabulary):
    for terms in (classes(vocabulary), properties(vocabulary)):
        labels = [vocabulary.value(term, RDFS.label) for term in terms]
        assert len(labels) == len(set(labels))


def test_terms_that_would_only_be_unstored_inverses_are_gone(vocabulary):
    assert declared(vocabulary) & {AG[name] for name in UNSTORED_INVERSES} == set()


def test_domains_and_ranges_are_classes_or_datatypes(vocabulary):
    known = {str(class_) for class_ in classes(vocabulary)} | CLASSES_OF_OTHERS
    for subject, object_ in itertools.chain(
        vocabulary.subject_objects(RDFS.domain), vocabulary.subject_objects(SCHEMA.domainIncludes)
    ):
        assert str(object_) in known, subject
    for subject, object_ in vocabulary.subject_objects(RDFS.range):
        datatype = str(object_).startswith(str(XSD)) or object_ == RDF.langString
        is_data = (subject, RDF.type, OWL.DatatypeProperty) in vocabulary
        assert is_data == datatype, subject
        assert datatype or str(object_) in known, subject


def test_a_property_has_one_domain_or_several_that_are_included_but_never_both(vocabulary):
    for term in properties(vocabulary):
        domains = len(list(vocabulary.objects(term, RDFS.domain)))
        included = len(list(vocabulary.objects(term, SCHEMA.domainIncludes)))
        assert (domains == 1 and included == 0) or (domains == 0 and included > 1), term


def test_inverses_turn_domain_and_range_round(vocabulary):
    for one, other in vocabulary.subject_objects(OWL.inverseOf):
        assert vocabulary.value(one, RDFS.domain) == vocabulary.value(other, RDFS.range), one
        assert vocabulary.value(one, RDFS.range) == vocabulary.value(other, RDFS.domain), one


def test_broader_classes_and_properties_of_ours_are_of_the_same_sort(vocabulary):
    for predicate, sort in ((RDFS.subClassOf, classes(vocabulary)), (RDFS.subPropertyOf, properties(vocabulary))):
        for narrower, broader in vocabulary.subject_objects(predicate):
            assert narrower in sort or (narrower, broader) in AXIOMS_OF_OTHERS
            assert broader in sort or broader not in AG, narrower


def test_the_data_uses_properties_as_the_ontology_says(data, vocabulary):
    types = {subject: set(data.objects(subject, RDF.type)) for subject in data.subjects(RDF.type)}
    for subject, predicate, object_ in data:
        if predicate in AG:
            allowed = set(vocabulary.objects(predicate, RDFS.domain)) | set(
                vocabulary.objects(predicate, SCHEMA.domainIncludes)
            )
            assert types[subject] & allowed, f"{subject} has {predicate}, which is for {allowed}"
            range_ = vocabulary.value(predicate, RDFS.range)
            if isinstance(object_, rdflib.Literal) and range_ is not None:
                assert (object_.datatype or (RDF.langString if object_.language else XSD.string)) == range_, predicate


@pytest.mark.parametrize("files", ["data_files", "ontology_files"])
def test_what_is_published_has_no_blank_nodes(files, request):
    for stem, graph in request.getfixturevalue(files).items():
        assert [node for node in graph.all_nodes() if isinstance(node, rdflib.BNode)] == [], stem


def test_no_triple_stands_in_two_files(data_files, ontology_files):
    for (one, left), (other, right) in itertools.combinations([*data_files.items(), *ontology_files.items()], 2):
        assert set(left) & set(right) == set(), f"{one}.ttl and {other}.ttl"


def test_the_data_folder_is_one_file_per_source_that_was_kept_one_for_other_pages_and_the_reference(data_files, data):
    kept = {str(source).rpartition("/")[2] for source in data.subjects(SPDX.checksum)}
    assert set(data_files) == {"reference", "other-pages", *kept}
    for stem, graph in data_files.items():
        keys = {str(source).rpartition("/")[2] for source in graph.subjects(RDF.type, AG.Source)}
        assert keys == {stem} if stem in kept else not keys & kept


def test_every_data_file_begins_with_the_base():
    for path in shipped("data").glob("*.ttl"):
        assert path.read_text(encoding="utf-8").startswith(f"@base <{BASE}> .\n"), path.name


def test_every_concept_is_on_a_level_of_its_scheme(vocabulary):
    for concept in vocabulary.subjects(RDF.type, SKOS.Concept):
        scheme = vocabulary.value(concept, SKOS.inScheme)
        assert str(concept).startswith(f"{scheme}/"), concept
        tops = (scheme, SKOS.hasTopConcept, concept) in vocabulary
        assert tops == ((concept, SKOS.topConceptOf, scheme) in vocabulary), concept
        assert tops != bool(list(vocabulary.objects(concept, SKOS.broader))), concept


def test_every_scheme_has_one_title_that_is_also_its_label(vocabulary):
    schemes = set(vocabulary.subjects(RDF.type, SKOS.ConceptScheme))
    names = [
        "activity-kind", "assistance", "basis", "beneficiary", "dac-sector", "outcome-kind", "outcome-status",
        "record-state", "team-role", "theme",
    ]  # fmt: skip
    assert schemes == {CONCEPT[name] for name in names}
    for scheme in schemes:
        assert set(vocabulary.objects(scheme, DCTERMS.title)) == set(vocabulary.objects(scheme, SKOS.prefLabel))
        assert list(vocabulary.objects(scheme, DCTERMS.license)) == [LICENCE]


def test_concepts_that_the_data_uses_are_declared(data, vocabulary):
    used = {term for triple in data for term in triple if isinstance(term, IRI) and term in CONCEPT}
    assert used - set(vocabulary.subjects(RDF.type, SKOS.Concept)) == set()


def test_the_ontology_claims_only_what_is_so(vocabulary):
    assert str(vocabulary.value(ONTOLOGY, OWL.versionInfo)) == "0.2.0"
    assert str(vocabulary.value(ONTOLOGY, DCTERMS.creator)) == "The actiongraph project"
    assert str(vocabulary.value(ONTOLOGY, DCTERMS.created)) == "2026-11-23"
    assert vocabulary.value(ONTOLOGY, DCTERMS.license) == LICENCE
    for absent in (DCTERMS.publisher, DCTERMS.issued, DCTERMS.modified, OWL.versionIRI):
        assert vocabulary.value(ONTOLOGY, absent) is None


def rules(shapes: rdflib.Graph) -> set[rdflib.term.Node]:
    return set(shapes.subjects(SH.severity))


def test_every_rule_has_a_name_one_severity_and_one_message(shapes):
    for rule in rules(shapes):
        assert isinstance(rule, IRI), "a rule has no name, so no report could name it"
        assert rule in AGSH
        assert len(list(shapes.objects(rule, SH.severity))) == 1, rule
        queries = list(shapes.objects(rule, SH.sparql))
        messages = [text for node in (rule, *queries) for text in shapes.objects(node, SH.message)]
        assert [text.language for text in messages] == ["en"], rule


def test_every_message_says_what_is_wrong_and_what_to_do(shapes):
    for message in shapes.objects(None, SH.message):
        assert re.fullmatch(r"[A-Z{].*[^.]\. [A-Z].*\.", str(message)), message


def test_only_rules_have_messages_so_none_is_lost(shapes):
    queries = {query for rule in rules(shapes) for query in shapes.objects(rule, SH.sparql)}
    assert set(shapes.subjects(SH.message)) <= rules(shapes) | queries


def test_every_property_rule_is_attached_to_a_shape_with_a_target(shapes):
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
    targeted = {shape for target in targets for shape in shapes.subjects(target)}
    attached = {rule for shape in targeted for rule in shapes.objects(shape, SH.property)}
    assert rules(shapes) <= targeted | attached


def test_a_shape_that_gathers_rules_is_no_rule_itself(shapes):
    assert set(shapes.subjects(SH.property)) & rules(shapes) == set()


def test_the_shapes_use_shacl_core_and_sparql_only(shapes):
    advanced = {SH.rule, SH.target, SH.expression, SH.js, SH.validator, SH.SPARQLTarget, SH.targetNode}
    assert {term for triple in shapes for term in triple} & advanced == set()


def test_the_queries_of_rules_can_be_run_over_the_whole_graph(shapes):
    for query in shapes.objects(None, SH.select):
        text = str(query)
        assert len(re.findall(r"\bSELECT\b", text)) == 1, "a nested query would not see $this"
        assert not re.search(r"\bMINUS\b", text)
        assert "$this" in text.partition("WHERE")[2]
        assert "$PATH" not in text


def test_the_shapes_declare_every_prefix_that_their_queries_use(shapes):
    declared_ = {str(prefix) for prefix in shapes.objects(None, SH.prefix)}
    for query in shapes.objects(None, SH.select):
        bare = re.sub(r'"[^"]*"|<[^>]*>', "", str(query))
        assert set(re.findall(r"\b([a-z]+):", bare)) <= declared_


def test_no_rule_leans_on_the_base(shapes):
    for pattern in shapes.objects(None, SH.pattern):
        assert "w3id" not in str(pattern)
    for query in shapes.objects(None, SH.select):
        assert f"{BASE}id/" not in str(query)
