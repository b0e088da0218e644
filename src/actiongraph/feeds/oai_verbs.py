"""The verbs of OAI-PMH 2.0. Deletions are kept for ever, and a list never mixes two releases.

A record is a thing: its identifier is the thing's own IRI, its set its kind, and its datestamp when the release could
first be read in which it last changed. When that release was begun would not do: building may take minutes, and who
harvested meanwhile would ask for what is newer than that, and never hear of it.

Source: https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 2.5, 2.6, 3.5 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pyoxigraph as ox
from rdflib import RDF

from actiongraph.errors import UnknownResource
from actiongraph.feeds import dublin_core, page_about
from actiongraph.feeds.oai_request import Asked, OaiError, Token, read_span, read_token, write_date
from actiongraph.feeds.rdf_xml import rdf_element
from actiongraph.feeds.xml import child, element
from actiongraph.index.resource_history import Cursor, HistoryEntry, ResourceHistory, Selection

RECORDS_PER_LIST = 100
"""Records or headers in one answer; about 150 kB."""
NO_CONTACT = "nobody-is-named@contact.invalid"
"""The protocol requires an address. Where nobody is named, this one says so: `.invalid` is never one (RFC 2606)."""
_FORMATS = {
    "oai_dc": (dublin_core.SCHEMA, dublin_core.NAMESPACE),
    "rdf": ("http://www.openarchives.org/OAI/2.0/rdf.xsd", str(RDF)),
}
"""Metadata formats by prefix, each with its schema and namespace."""
OpenRelease = Callable[[str | None], AbstractContextManager[ResourceHistory]]


@dataclass(frozen=True, slots=True)
class Repository:
    """What the repository says of itself, and where it is found: under `url`.

    `contact` is the electronic mail address of the administrator and `rights` the licence, where they are known.
    """

    url: str
    contact: str | None = None
    rights: str | None = None

    @property
    def address(self) -> str:
        """The base URL in the protocol's sense."""
        return f"{self.url}feeds/oai"


class Provider:
    """Answers verbs from one register, and goes on with lists that were begun in others."""

    def __init__(self, repository: Repository, things: ResourceHistory, open_release: OpenRelease) -> None:
        """Answer from `things`, the newest; `open_release` gives those of a version that is kept."""
        self._repository = repository
        self._things = things
        self._open_release = open_release

    def answer(self, asked: Asked) -> ET.Element:
        """Return the element that answers `asked`.

        Raises:
            OaiError: there is nothing to answer with.
        """
        verbs = {
            "GetRecord": self._get_record,
            "Identify": self._identify,
            "ListIdentifiers": self._list,
            "ListMetadataFormats": self._list_metadata_formats,
            "ListRecords": self._list,
            "ListSets": self._list_sets,
        }
        return verbs[asked.verb](asked)

    def _identify(self, _: Asked) -> ET.Element:
        found = element("Identify")
        for name, text in (
            ("repositoryName", "Technical-assistance actions"),
            ("baseURL", self._repository.address),
            ("protocolVersion", "2.0"),
            ("adminEmail", self._repository.contact or NO_CONTACT),
            ("earliestDatestamp", write_date(self._things.releases()[0].stamp.published_at)),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
            ("compression", "gzip"),
        ):
            child(found, name, text=text)
        return found

    def _list_metadata_formats(self, asked: Asked) -> ET.Element:
        if "identifier" in asked.arguments:
            self._find(asked.arguments["identifier"])
        found = element("ListMetadataFormats")
        for prefix, (schema, namespace) in _FORMATS.items():
            format_ = child(found, "metadataFormat")
            child(format_, "metadataPrefix", text=prefix)
            child(format_, "schema", text=schema)
            child(format_, "metadataNamespace", text=namespace)
        return found

    def _list_sets(self, asked: Asked) -> ET.Element:
        if "resumptionToken" in asked.arguments:
            raise OaiError("badResumptionToken", "The list of sets is short and has no second part.")
        found = element("ListSets")
        for kind in self._things.kinds():
            set_ = child(found, "set")
            child(set_, "setSpec", text=kind)
            child(set_, "setName", text=f"Things of the kind {kind}")
        return found

    def _get_record(self, asked: Asked) -> ET.Element:
        _check_prefix(asked.arguments["metadataPrefix"])
        thing = self._find(asked.arguments["identifier"])
        found = element("GetRecord")
        self._add_record(found, thing, asked.arguments["metadataPrefix"], self._things)
        return found

    def _find(self, identifier: str) -> HistoryEntry:
        thing = self._things.find(identifier)
        if thing is None:
            raise OaiError("idDoesNotExist", "Nothing here has or had this identifier; it is the whole IRI of a thing.")
        return thing

    def _list(self, asked: Asked) -> ET.Element:
        if "resumptionToken" not in asked.arguments:
            return self._part(self._things, self._begin(asked))
        token = read_token(asked.arguments["resumptionToken"], asked.verb)
        _check_prefix(token.prefix)
        if token.version == self._things.stamp.version:
            return self._part(self._things, token)
        try:
            with self._open_release(token.version) as things:
                return self._part(things, token)
        except UnknownResource as error:
            raise OaiError(
                "badResumptionToken", "The release that this list was begun in is no longer kept; begin the list again."
            ) from error

    def _begin(self, asked: Asked) -> Token:
        """Return where the list begins that is asked, as if it went on from there."""
        arguments = asked.arguments
        _check_prefix(arguments["metadataPrefix"])
        from_, until = read_span(arguments)
        kind, size = arguments.get("set"), self._things.count(Selection(arguments.get("set"), from_, until))
        span = (write_date(from_) if from_ else None, write_date(until) if until else None)
        version = self._things.stamp.version
        return Token(asked.verb, version, arguments["metadataPrefix"], kind, *span, 0, 0, 0, size)

    def _part(self, things: ResourceHistory, token: Token) -> ET.Element:
        """Return the part of a list that begins after the place of `token`."""
        selection = Selection(token.kind, *read_span(token.span()))
        start = Cursor(token.changed, token.number) if token.cursor else None
        records = things.records(selection, start, RECORDS_PER_LIST + 1)
        if not records:
            raise OaiError("noRecordsMatch", "There is nothing of this set and time.")
        listed, found = records[:RECORDS_PER_LIST], element(token.verb)
        for thing in listed:
            if token.verb == "ListRecords":
                self._add_record(found, thing, token.prefix, things)
            else:
                _add_header(found, thing)
        after = token.after(listed[-1].cursor, len(listed)) if len(records) > len(listed) else None
        _add_token(found, token, after)
        return found

    def _add_record(self, parent: ET.Element, thing: HistoryEntry, prefix: str, things: ResourceHistory) -> None:
        record = child(parent, "record")
        _add_header(record, thing)
        if not thing.is_deleted:
            child(record, "metadata").append(self._metadata(thing, prefix, things))

    def _metadata(self, thing: HistoryEntry, prefix: str, things: ResourceHistory) -> ET.Element:
        triples = list(_triples(thing))
        if prefix == "rdf":
            return rdf_element(triples)
        page, rights = page_about(self._repository.url, thing.kind, thing.key), self._repository.rights
        return dublin_core.dublin_core(thing, triples, page, things.title, rights)


def _triples(thing: HistoryEntry) -> Sequence[ox.Triple]:
    return [quad.triple for quad in ox.parse(thing.triples or b"", format=ox.RdfFormat.N_TRIPLES)]


def _check_prefix(prefix: str) -> None:
    if prefix not in _FORMATS:
        raise OaiError("cannotDisseminateFormat", f"Records come as {' or '.join(_FORMATS)}.")


def _add_header(parent: ET.Element, thing: HistoryEntry) -> None:
    header = child(parent, "header", {"status": "deleted"} if thing.is_deleted else {})
    child(header, "identifier", text=thing.iri)
    child(header, "datestamp", text=write_date(thing.changed.published_at))
    child(header, "setSpec", text=thing.kind)


def _add_token(parent: ET.Element, token: Token, after: Token | None) -> None:
    """Add where the list goes on; an empty one ends a list that came in parts (section 3.5)."""
    if after or token.cursor:
        place = {"completeListSize": str(token.size), "cursor": str(token.cursor)}
        child(parent, "resumptionToken", place, text=after.write() if after else None)
