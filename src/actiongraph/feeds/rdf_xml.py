"""A thing as an RDF/XML element, to stand in an XML document of another kind.

Source: RDF 1.1 XML Syntax, section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as ET

import pyoxigraph as ox
from rdflib import RDF, XSD

from actiongraph.feeds.xml import child, element
from actiongraph.vocabulary import PREFIXES

_NAME = re.compile(r"(?P<namespace>.*[/#:])(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)")
_STRING = str(XSD.string)
_KNOWN = {namespace: prefix for prefix, namespace in PREFIXES.items()}


def rdf_element(triples: Iterable[ox.Triple]) -> ET.Element:
    """Return `triples`, which have no blank nodes, as an `rdf:RDF` element.

    Left out is what RDF/XML cannot say: triples whose predicate does not end in an XML name.
    """
    root, prefixes = element("rdf:RDF", {"xmlns:rdf": str(RDF)}), {str(RDF): "rdf"}
    for subject, own in groupby(triples, key=lambda triple: triple.subject):
        assert isinstance(subject, ox.NamedNode)  # noqa: S101 - what is published has no blank nodes
        description = child(root, "rdf:Description", {"rdf:about": subject.value})
        for triple in own:
            if found := _NAME.fullmatch(triple.predicate.value):
                namespace = found["namespace"]
                if namespace not in prefixes:
                    prefixes[namespace] = _KNOWN.get(namespace, f"ns{len(prefixes)}")
                    root.set(f"xmlns:{prefixes[namespace]}", namespace)
                _property(description, f"{prefixes[namespace]}:{found['name']}", triple)
    return root


def _property(description: ET.Element, name: str, triple: ox.Triple) -> None:
    if not isinstance(triple.object, ox.Literal):
        assert isinstance(triple.object, ox.NamedNode)  # noqa: S101 - as above
        child(description, name, {"rdf:resource": triple.object.value})
    elif triple.object.language:
        child(description, name, {"xml:lang": triple.object.language}, text=triple.object.value)
    else:
        datatype = triple.object.datatype.value
        child(description, name, {} if datatype == _STRING else {"rdf:datatype": datatype}, text=triple.object.value)
