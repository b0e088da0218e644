"""The shipped queries as data, in a graph of their own, for editors and checkers that ask an endpoint for examples.

Source: SHACL, section 5.2.1, for prefixes; the vocabulary of SHACL for the classes; for the form, which is the one that
those tools expect, https://github.com/sib-swiss/sparql-examples.
"""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import RDF, RDFS, SH, XSD, Graph, Literal, Namespace

from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.void import add_facts
from actiongraph.examples import Example
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import IRI, PREFIXES, SCHEMA

_SH = Namespace(str(SH))  # rdflib's own list has no term for queries by DESCRIBE


def query_examples(settings: Settings, examples: Iterable[Example]) -> Graph:
    """Return `examples` as executable queries, and the prefixes that they may use, without blank nodes.

    Their target is the endpoint as it is named under the base, whoever serves the release. Of a prefix that two
    examples use for different namespaces, the first is declared; each example declares its own as well.
    """
    graph, names = Graph(bind_namespaces="none"), Identifiers(settings.base)
    prefixes, namespaces = names.examples_graph + "#prefixes", dict(PREFIXES)
    for example in examples:
        query = check_query(example.text, settings)
        namespaces = {**query.prefixes, **namespaces}
        form = query.form.value
        language = settings.programme.language if example.name in settings.programme.examples else "en"
        add_facts(
            graph,
            IRI(f"{names.examples_graph}#{example.name}"),
            (RDF.type, _SH.SPARQLExecutable),
            (RDF.type, _SH[f"SPARQL{form.capitalize()}Executable"]),
            (RDFS.comment, Literal(example.question, lang=language)),
            (_SH[form.lower()], Literal(example.text)),
            (_SH.prefixes, prefixes),
            (SCHEMA.target, names.endpoint),
            (SCHEMA.keywords, Literal(example.group)),
        )
    for prefix, namespace in namespaces.items():
        declaration = IRI(f"{names.examples_graph}#prefix-{prefix}")
        add_facts(graph, prefixes, (_SH.declare, declaration))
        add_facts(
            graph,
            declaration,
            (RDF.type, _SH.PrefixDeclaration),
            (_SH.prefix, Literal(prefix)),
            (_SH.namespace, Literal(namespace, datatype=XSD.anyURI)),
        )
    return graph
