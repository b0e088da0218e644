"""The event stream: the things that came, changed and went with each release, as LDES in the hypermedia of TREE.

A member is one change of one thing in one release, with its time and kind. The thing's own triples, with its own IRIs,
stand in the graph that the member names, for they are true of the thing in that release and not of the member. So
only syntaxes that have graphs are offered. The root leads to the first page of each release, and each page to the
next. Pages never change, so a harvester that has read the stream needs only the root and the new pages.

Source: https://w3id.org/ldes/specification, https://w3id.org/tree/specification, Activity Streams 2.0 Vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, XSD

from actiongraph import formats
from actiongraph.engine.oxigraph import GRAPH_SYNTAXES
from actiongraph.formats import Format
from actiongraph.index.resource_history import ChangeKind, HistoryEntry, ResourceHistory, Stamp
from actiongraph.vocabulary import AS, IRI, LDES, PREFIXES, TREE

OFFERS = (formats.TRIG, formats.N_QUADS, formats.JSON_LD)
"""The syntaxes that the stream is written in."""
NO_GRAPHS = (
    "The stream is written in TriG, N-Quads or JSON-LD only: each change names a graph with the triples of its thing, "
    "and Turtle, N-Triples and RDF/XML cannot hold graphs"
)
_CHANGES = {ChangeKind.CREATED: AS.Create, ChangeKind.UPDATED: AS.Update, ChangeKind.DELETED: AS.Delete}
_PREFIXES = {name: PREFIXES[name] for name in ("dcterms", "rdf", "xsd")}
_PREFIXES |= {"as": str(AS), "ldes": str(LDES), "tree": str(TREE)}
_Term = ox.NamedNode | ox.Literal


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream of the things whose IRIs begin with `base`, served under `url`."""

    base: str
    url: str

    @property
    def root(self) -> str:
        """The address of the root."""
        return f"{self.url}feeds/ldes"

    def page(self, version: str, page: int) -> str:
        """Return the address of a page of the release `version`."""
        return f"{self.root}/{version}" + (f"/{page}" if page > 1 else "")

    def member(self, thing: HistoryEntry) -> str:
        """Return the IRI of the last change of `thing`, which is a part of the release that changed it."""
        return f"{self.base}release/{thing.changed.version}#{thing.iri.removeprefix(f'{self.base}id/')}"


def write_root(history: ResourceHistory, stream: Stream, is_known: Callable[[str], bool], chosen: Format) -> bytes:
    """Return the root of the stream, with links to the first page of each release that `is_known` accepts."""
    quads = [*_about(stream), _quad(stream.root, RDF.type, TREE.Node)]
    for stamp, events in history.releases():
        if events and is_known(stamp.version):
            quads += _relations(stream.root, stamp.version, stream.page(stamp.version, 1), stamp)
    return _write(quads, {}, chosen)


def write_page(history: ResourceHistory, stream: Stream, page: int, chosen: Format) -> bytes | None:
    """Return a page of the changes of the release that `history` is of, or None if there is no such page."""
    found = history.events(page)
    if not found:
        return None
    node = stream.page(history.stamp.version, page)
    quads = [*_about(stream), _quad(node, RDF.type, TREE.Node)]
    if page < history.event_pages():
        quads += _relations(node, "next", stream.page(history.stamp.version, page + 1), history.stamp)
    for thing in found:
        quads += _member(thing, stream)
    return _write(quads, {stream.member(thing): thing.triples for thing in found if thing.triples}, chosen)


def _about(stream: Stream) -> Iterator[ox.Quad]:
    itself = f"{stream.root}#stream"
    yield _quad(itself, RDF.type, LDES.EventStream)
    yield _quad(itself, TREE.view, stream.root)
    yield _quad(itself, LDES.timestampPath, AS.published)
    yield _quad(itself, LDES.versionOfPath, DCTERMS.isVersionOf)
    yield _quad(itself, LDES.versionCreateObject, AS.Create)
    yield _quad(itself, LDES.versionUpdateObject, AS.Update)
    yield _quad(itself, LDES.versionDeleteObject, AS.Delete)


def _relations(node: str, name: str, to: str, stamp: Stamp) -> Iterator[ox.Quad]:
    """Yield the relations from `node` to the page `to`, whose members are of one release, as are those it leads to."""
    for kind, end in ((TREE.GreaterThanOrEqualToRelation, "from"), (TREE.LessThanOrEqualToRelation, "until")):
        relation = f"{node}#{name}-{end}"
        yield _quad(node, TREE.relation, relation)
        yield _quad(relation, RDF.type, kind)
        yield _quad(relation, TREE.node, to)
        yield _quad(relation, TREE.path, AS.published)
        yield _quad(relation, TREE.value, _time(stamp.at))


def _member(thing: HistoryEntry, stream: Stream) -> Iterator[ox.Quad]:
    member = stream.member(thing)
    yield _quad(f"{stream.root}#stream", TREE.member, member)
    yield _quad(member, RDF.type, _CHANGES[thing.change])
    yield _quad(member, AS.object, thing.iri)
    yield _quad(member, AS.published, _time(thing.changed.at))
    yield _quad(member, DCTERMS.isVersionOf, thing.iri)


def _quad(subject: str, predicate: IRI, object_: str | _Term) -> ox.Quad:
    value = ox.NamedNode(object_) if isinstance(object_, str) else object_
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value)


def _time(instant: datetime) -> ox.Literal:
    return ox.Literal(f"{instant:%Y-%m-%dT%H:%M:%SZ}", datatype=ox.NamedNode(XSD.dateTime))


def _write(quads: Iterable[ox.Quad], graphs: Mapping[str, bytes], chosen: Format) -> bytes:
    """Return `quads` in the chosen syntax, with the N-Triples of each of `graphs` in the graph of that name.

    N-Triples can stand in TriG as they are, and lack only the graph to be N-Quads. To copy them is ten times as fast
    as to parse and write them, and most clients ask for one or the other.
    """
    if chosen is formats.JSON_LD:
        named = (
            ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))
            for name, triples in graphs.items()
            for quad in ox.parse(triples, format=ox.RdfFormat.N_TRIPLES)
        )
        return _serialized(chain(quads, named), chosen)
    parts = [_serialized(quads, chosen)]
    for name, triples in graphs.items():
        if chosen is formats.TRIG:
            parts.append(b"<%b> {\n%b}\n" % (name.encode(), triples))
        else:
            parts += [b"%b <%b> .\n" % (line[:-3], name.encode()) for line in triples.splitlines(keepends=True)]
    return b"".join(parts)


def _serialized(quads: Iterable[ox.Quad], chosen: Format) -> bytes:
    return ox.serialize(quads, format=GRAPH_SYNTAXES[chosen], prefixes=_PREFIXES) or b""
