"""Real harvesters against a real server on loopback: they copy everything, and then only what has changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import sickle
from rdflib import DCTERMS, RDF
from rdflib.compare import isomorphic

from actiongraph.vocabulary import CANONICAL_BASE

AS = "https://www.w3.org/ns/activitystreams#"
LONGEST_S = 120


@pytest.fixture(params=["mapped", "same"])
def served(serve, request, monkeypatch):
    """A server on loopback, whose lists and pages are short."""
    monkeypatch.setattr("actiongraph.feeds.oai.RECORDS_PER_LIST", 7)
    monkeypatch.setattr("actiongraph.index.resource_history_writer.EVENTS_PER_PAGE", 7)
    return serve(mapped=request.param == "mapped")


def things_in(site, text: str) -> rdflib.Graph:
    """Return what `text` says of things that are not withdrawn, named as on `site`."""
    graph = rdflib.Graph().parse(data=text)
    for withdrawn in list(graph.subjects(RDF.type, rdflib.URIRef(f"{CANONICAL_BASE}ontology#WithdrawnResource"))):
        graph.remove((withdrawn, None, None))
    written = graph.serialize(format="nt").replace(f"{CANONICAL_BASE}id/", site.iri(""))
    return rdflib.Graph().parse(data=written, format="nt")


class TestSickle:
    def harvest(self, site, copy: dict[str, object], **asked: str) -> set[str]:
        """Bring `copy` up to date as Sickle reads the repository; return what came, by identifier."""
        client = sickle.Sickle(f"{site.url}feeds/oai", timeout=30)
        came = list(client.ListRecords(metadataPrefix="rdf", ignore_deleted=False, **asked))
        for record in came:
            copy[record.header.identifier] = None if record.deleted else record.raw
        return {record.header.identifier.removeprefix(site.iri("")) for record in came}

    def test_it_harvests_everything_and_then_what_has_changed(self, served):
        copy: dict[str, object] = {}
        served.publish(*served.texts[0])
        assert self.harvest(served, copy) == set(served.changes[0])
        version = served.publish(*served.texts[1])
        day, time = version[:8], version[9:15]
        since = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z"
        assert self.harvest(served, copy, **{"from": since}) == set(served.changes[1])
        assert {name for name, record in copy.items() if record is None} == {
            served.iri("org/double"),
            served.iri("place/p01"),
        }
        fresh: dict[str, object] = {}
        self.harvest(served, fresh)
        assert copy.keys() == fresh.keys()

    def test_it_reads_what_the_repository_is(self, served):
        served.publish(*served.texts[0])
        client = sickle.Sickle(f"{served.url}feeds/oai", timeout=30)
        assert client.Identify().deletedRecord == "persistent"
        assert [found.metadataPrefix for found in client.ListMetadataFormats()] == ["oai_dc", "rdf"]
        assert {found.setSpec for found in client.ListSets()} == {"action", "country", "org", "place", "source"}
        record = client.GetRecord(identifier=served.iri("action/one"), metadataPrefix="oai_dc")
        assert record.metadata["coverage"] == ["Ghana"]
        assert len(list(client.ListIdentifiers(metadataPrefix="oai_dc", set="place"))) == 20
        with pytest.raises(sickle.oaiexceptions.NoRecordsMatch):
            client.ListRecords(metadataPrefix="oai_dc", set="nothing")


@pytest.mark.long("clients")
class TestLdesClient:
    def follow(self, site, node_modules: Path, state: Path) -> ox.Dataset:
        """Return the quads of the members that the client emits; it remembers in `state` where it was."""
        script = Path(__file__).with_name("follow.mjs")
        command = ["node", str(script), str(node_modules), f"{site.url}feeds/ldes", str(state)]
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=False, cwd=state.parent)
        assert done.returncode == 0, done.stderr.decode()
        return ox.Dataset(ox.parse(done.stdout, format=ox.RdfFormat.N_QUADS))

    @staticmethod
    def members(site, dataset: ox.Dataset) -> dict[str, str]:
        of, kind = ox.NamedNode(DCTERMS.isVersionOf), ox.NamedNode(RDF.type)
        return {
            quad.object.value.removeprefix(site.iri("")): change.object.value.removeprefix(AS)
            for quad in dataset
            if quad.predicate == of and quad.graph_name == ox.DefaultGraph()
            for change in dataset.quads_for_subject(quad.subject)
            if change.predicate == kind
        }

    def test_it_replicates_everything_and_then_follows(self, served, node_modules, tmp_path):
        first = served.publish(*served.texts[0])
        copy = self.follow(served, node_modules, tmp_path / "state")
        assert self.members(served, copy) == served.changes[0]
        written = b"".join(
            ox.serialize([quad.triple], format=ox.RdfFormat.N_TRIPLES)
            for quad in copy
            if quad.graph_name != ox.DefaultGraph()
        )
        assert isomorphic(
            rdflib.Graph().parse(data=written, format="nt"),
            things_in(served, served.action.partition("<id/")[0] + "\n".join(served.texts[0])),
        )
        served.publish(*served.texts[1])
        served.asked.clear()
        assert self.members(served, self.follow(served, node_modules, tmp_path / "state")) == served.changes[1]
        assert not [path for path in served.asked if first in path], "a page was read twice"
