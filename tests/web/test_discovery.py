"""What the tools of the SIB ask of an endpoint before anybody asks anything: its schema, examples and prefixes.

The queries are those of sparql-editor (`src/utils.ts`), sparql-llm (`utils.py`) and void-generator, to the letter but
for line breaks, and are asked as the editor does, by GET and with `ac=1`.
"""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
from flask.testing import FlaskClient
from rdflib import DCTERMS, RDF, RDFS, SH, BNode, Graph, Literal, Namespace, URIRef

from actiongraph.vocabulary import AG

SCHEMA = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh:<http://www.w3.org/ns/shacl#>
PREFIX sd:<http://www.w3.org/ns/sparql-service-description#>
PREFIX void:<http://rdfs.org/ns/void#>
PREFIX void-ext:<http://ldf.fi/void-ext#>
SELECT DISTINCT ?graph ?graphLabel ?subjectClass ?prop ?objectClass ?objectDatatype
?triples ?subjectClassLabel ?objectClassLabel ?subjectClassComment ?objectClassComment ?propLabel ?propComment
WHERE {
  {
    OPTIONAL {
      ?graph sd:graph ?graphDesc .
      OPTIONAL { ?graph rdfs:label ?graphLabel }
      ?graphDesc void:classPartition ?cp .
    }
    ?cp void:class ?subjectClass ;
      void:propertyPartition ?pp .
    OPTIONAL { ?subjectClass rdfs:label ?subjectClassLabel }
    OPTIONAL { ?subjectClass rdfs:comment ?subjectClassComment }

    ?pp void:property ?prop .
    OPTIONAL { ?pp void:triples ?triples }
    OPTIONAL { ?prop rdfs:label ?propLabel }
    OPTIONAL { ?prop rdfs:comment ?propComment }
    OPTIONAL {
      {
        ?pp  void:classPartition [ void:class ?objectClass ] .
        OPTIONAL { ?objectClass rdfs:label ?objectClassLabel }
        OPTIONAL { ?objectClass rdfs:comment ?objectClassComment }
      } UNION {
        ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] .
      }
    }
  } UNION {
    ?linkset void:subjectsTarget [ void:class ?subjectClass ] ;
      void:linkPredicate ?prop ;
      void:objectsTarget [ void:class ?objectClass ] .
  }
} ORDER BY ?subjectClass ?objectClass ?objectDatatype ?graph ?triples"""
EXAMPLES = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?sq ?comment ?query
WHERE {
  ?sq a sh:SPARQLExecutable ;
    rdfs:comment ?comment ;
    sh:select|sh:ask|sh:construct|sh:describe ?query .
} ORDER BY ?sq"""
PREFIXES = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?prefix ?namespace
WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix}
ORDER BY ?prefix"""
PARTS = """
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX void_ext: <http://ldf.fi/void-ext#>
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
SELECT DISTINCT ?classType ?predicate ?datatype
WHERE {
  ?graph sd:graph/void:classPartition ?classPartition .
  ?classPartition void:class ?classType .
  ?classPartition void:propertyPartition ?predicatePartition .
  ?predicatePartition void:property ?predicate .
  ?predicatePartition void_ext:datatypePartition ?datatypePartition .
  ?datatypePartition void_ext:datatype ?datatype .
}"""
NAMED_GRAPHS = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?name ?triples
WHERE { ?dataset a sd:Dataset ; sd:namedGraph [ sd:name ?name ; sd:graph [ void:triples ?triples ] ] }"""
SHACL = Namespace(str(SH))
ABOUT = ("graph/catalog", ".well-known/sparql-examples")
TURTLE = {"Accept": "text/turtle"}


def ask(client: FlaskClient, query: str) -> list[dict[str, str]]:
    headers = {"Accept": "application/sparql-results+json"}
    response = client.get("/sparql", query_string={"ac": "1", "query": query}, headers=headers)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


def graph_of(deployment) -> Graph:
    response = deployment.client.get("/.well-known/sparql-examples", headers=TURTLE)
    return Graph(bind_namespaces="none").parse(data=response.data, format="turtle")


class TestSchema:
    def test_it_says_which_class_has_which_property_with_what_values(self, deployment) -> None:
        rows = ask(deployment.client, SCHEMA)
        found = {
            (row["subjectClass"], row["prop"], row.get("objectClass") or row["objectDatatype"])
            for row in rows
            if "objectClass" in row or "objectDatatype" in row
        }
        beside = ", ".join(f"<{deployment.base}{name}>" for name in ABOUT)
        graphs = " ".join(f"FILTER (?g{number} NOT IN ({beside}))" for number in range(3))
        held = f"""SELECT DISTINCT ?class ?prop ?kind {{
            GRAPH ?g0 {{ ?s a ?class }} GRAPH ?g1 {{ ?s ?prop ?o }}
            OPTIONAL {{ GRAPH ?g2 {{ ?o a ?of }} }} BIND (COALESCE(?of, DATATYPE(?o)) AS ?kind)
            FILTER (BOUND(?kind)) {graphs.replace("FILTER (?g2", "FILTER (!BOUND(?g2) || ?g2")} }}"""
        assert found == {(row["class"], row["prop"], row["kind"]) for row in ask(deployment.client, held)}
        # What the ontology says of them.
        assert (str(AG.DescribedAction), str(AG.country), str(AG.Country)) in found
        assert (str(AG.DescribedAction), str(DCTERMS.title), str(RDF.langString)) in found

    def test_every_class_is_in_a_graph_that_has_a_label(self, deployment) -> None:
        rows = ask(deployment.client, SCHEMA)
        assert len({(row["graph"], row["graphLabel"]) for row in rows}) == 1
        action = [row for row in rows if row["subjectClass"] == str(AG.DescribedAction)]
        assert {row["subjectClassLabel"] for row in action} == {"described action"}
        assert all(int(row["triples"]) > 0 for row in rows)

    def test_a_generator_of_code_finds_the_same_datatypes(self, deployment) -> None:
        found = {(row["classType"], row["predicate"], row["datatype"]) for row in ask(deployment.client, PARTS)}
        rows = ask(deployment.client, SCHEMA)
        assert found == {(r["subjectClass"], r["prop"], r["objectDatatype"]) for r in rows if "objectDatatype" in r}

    def test_the_named_graphs_with_their_counts(self, deployment) -> None:
        count = "SELECT ?name (STR(COUNT(*)) AS ?triples) { GRAPH ?name { ?s ?p ?o } } GROUP BY ?name"
        about = {deployment.base + name for name in ABOUT}
        held = [row for row in ask(deployment.client, count) if row["name"] not in about]
        found = ask(deployment.client, NAMED_GRAPHS)
        assert sorted(found, key=str) == sorted(held, key=str)
        # The endpoint's own description has those that describe it, too.
        description = Graph().parse(data=deployment.client.get("/sparql", headers=TURTLE).data, format="turtle")
        told = {(str(row.name), str(row.triples)) for row in description.query(NAMED_GRAPHS)}
        assert told == {(row["name"], row["triples"]) for row in ask(deployment.client, count)}


class TestExamples:
    def test_each_shipped_query_with_its_question(self, deployment) -> None:
        found = ask(deployment.client, EXAMPLES)
        listed = deployment.client.get("/examples.json").json["examples"]
        assert [(row["comment"], row["query"]) for row in found] == [
            (each["question"], each["query"]) for each in listed
        ]
        assert len(found) == 41  # as many as there are files
        name = f"{deployment.base}.well-known/sparql-examples#countries-how-many-actions-each-received"
        [row] = [row for row in found if row["sq"] == name]
        assert row["comment"] == "How many actions has each country received?"

    def test_its_form_its_endpoint_and_its_keyword(self, deployment) -> None:
        graph = graph_of(deployment)
        sh, schema = SHACL, "https://schema.org/"
        for name, form in (("chains-which-are-the-longest", "Select"), ("harvest-chains-as-prov", "Construct")):
            example = URIRef(f"{deployment.base}.well-known/sparql-examples#{name}")
            assert set(graph.objects(example, RDF.type)) == {sh.SPARQLExecutable, sh[f"SPARQL{form}Executable"]}
            assert [text.language for text in graph.objects(example, RDFS.comment)] == ["en"]
            assert len(list(graph.objects(example, sh[form.lower()]))) == 1
            assert set(graph.objects(example, URIRef(schema + "target"))) == {URIRef(deployment.base + "sparql")}
            assert set(graph.objects(example, URIRef(schema + "keywords"))) == {Literal(name.partition("-")[0])}

    def test_the_graph_opens_at_its_name_for_programs_and_for_people(self, deployment) -> None:
        name = f"{deployment.base}.well-known/sparql-examples"
        stored = deployment.client.get("/graph-store", query_string={"graph": name}, headers=TURTLE)
        opened = deployment.get(name, "text/turtle")
        assert (opened.status_code, opened.data) == (200, stored.data)
        assert not [term for triple in graph_of(deployment) for term in triple if isinstance(term, BNode)]
        page = deployment.get(name, "text/html,*/*;q=0.8")
        assert (page.status_code, page.headers["Location"]) == (303, deployment.url + "examples")
        assert (
            'id="chains-which-are-the-longest"'
            in deployment.client.get("/examples", headers={"Accept": "text/html"}).text
        )

    def test_files_have_no_examples(self, files_client: FlaskClient) -> None:
        assert files_client.get("/.well-known/sparql-examples", headers=TURTLE).status_code == 404


class TestPrefixes:
    def test_they_are_declared_once_each(self, deployment) -> None:
        found = {row["prefix"]: row["namespace"] for row in ask(deployment.client, PREFIXES)}
        assert found["ag"] == "https://w3id.org/actiongraph/ontology#"
        assert found["skos"] == "http://www.w3.org/2004/02/skos/core#"
        assert len(found) == len(ask(deployment.client, PREFIXES))

    def test_each_example_leads_to_those_that_it_uses(self, deployment) -> None:
        query = f"""PREFIX sh: <{SHACL}>
            SELECT ?sq ?query ?prefix ?namespace {{
              ?sq sh:select|sh:construct|sh:ask ?query ;
                sh:prefixes/sh:declare [ sh:prefix ?prefix ; sh:namespace ?namespace ] }}"""
        declared: dict[str, dict[str, str]] = {}
        texts: dict[str, str] = {}
        for row in ask(deployment.client, query):
            declared.setdefault(row["sq"], {})[row["prefix"]] = row["namespace"]
            texts[row["sq"]] = row["query"]
        assert len(texts) == 41
        for name, text in texts.items():
            # Without its own declarations it is still a query that means the same.
            bare = "\n".join(line for line in text.splitlines() if not line.startswith("PREFIX"))
            ox.Store().query(bare, prefixes=declared[name], base_iri="http://example.org/")
            own = [line.split()[1:] for line in text.splitlines() if line.startswith("PREFIX")]
            assert {prefix.rstrip(":"): space.strip("<>") for prefix, space in own}.items() <= declared[name].items()
