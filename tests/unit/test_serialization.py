"""Graphs as bytes: the same ones in every process, for entity tags are made of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from actiongraph import formats
from actiongraph.formats import Format
from actiongraph.serialization import write_graph

TURTLE = """
@prefix x: <https://example.org/> .
x:a a x:One, x:Two, x:Three, x:Four ; x:p "1", "2"@en, 3, x:b, x:c ; x:list ( "z" "y" "x" ) .
x:b x:q x:a, x:c, x:d . x:c x:q x:b, x:e . x:d x:p "4" .
"""
WRITE = (
    "import sys; from rdflib import Graph; from actiongraph import formats; "
    "from actiongraph.serialization import write_graph; "
    "graph = Graph().parse(data=sys.stdin.read(), format='turtle'); "
    "sys.stdout.buffer.write(write_graph(graph, getattr(formats, sys.argv[1])))"
)
NO_LIST = TURTLE.replace(' ; x:list ( "z" "y" "x" )', "")


@pytest.mark.parametrize("name", ["TURTLE", "N_TRIPLES", "JSON_LD", "RDF_XML", "TRIG", "N_QUADS"])
def test_every_process_writes_the_same_bytes(name: str):
    written = {
        subprocess.run(
            [sys.executable, "-c", WRITE, name],
            input=NO_LIST.encode(),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(written) == 1


@pytest.mark.parametrize("syntax", [formats.TURTLE, formats.N_TRIPLES, formats.JSON_LD, formats.RDF_XML])
def test_what_is_written_is_the_graph_with_lists_in_their_order(syntax: Format):
    graph = Graph().parse(data=TURTLE, format="turtle")
    read = Graph().parse(data=write_graph(graph, syntax), format=syntax.media_type)
    assert isomorphic(graph, read)
