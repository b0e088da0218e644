"""OAI-PMH 2.0: the answers of the repository. Deletions are retained for ever, and a list never mixes two releases.

A record is a thing: its identifier is the thing's own IRI and its set the thing's kind. Its datestamp is the moment
at which the release that last changed it could first be read. The moment at which building that release began would
not do: building may take minutes, and a harvester that came in between would next ask for what is newer than its
visit, and never hear of the change.

Source: https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 2.5, 2.6, 3.1.2, 3.2, 3.5, 3.6 and 4;
XML 1.0, section 2.11 (carriage returns).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from actiongraph.errors import UnknownResource
from actiongraph.feeds import page_about
from actiongraph.feeds.oai_metadata import FORMATS, XSI, RecordSource, child, clean
from actiongraph.feeds.oai_request import (
    OaiError,
    OaiRequest,
    ResumptionToken,
    read_request,
    read_span,
    read_token,
    write_date,
)
from actiongraph.index.resource_history import Cursor, HistoryEntry, ResourceHistory, Selection

RECORDS_PER_LIST = 100
"""Records or headers in one answer; about 150 kB."""
NO_CONTACT = "nobody-is-named@contact.invalid"
"""The protocol requires an address. Where nobody is named, this one says so: `.invalid` is never one (RFC 2606)."""
_NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
_SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
_DATE = re.compile(rb"<responseDate>[^<]*</responseDate>")
OpenRelease = Callable[[str | None], AbstractContextManager[ResourceHistory]]
"""Opens the history of a retained release, by its version, or of the newest for None."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository, which is found under `url`.

    `contact` is the electronic mail address of the administrator and `rights` the licence, where they are known. Texts
    come in the order of `languages`.
    """

    url: str
    name: str
    contact: str | None = None
    rights: str | None = None
    languages: Sequence[str] = ()

    @property
    def address(self) -> str:
        """The base URL in the protocol's sense."""
        return f"{self.url}feeds/oai"


def answer(pairs: Sequence[tuple[str, str]], repository: Repository, open_release: OpenRelease, now: datetime) -> bytes:
    """Return the answer to a request with the parameters `pairs`; an error of the protocol is an answer too.

    Raises:
        UnknownResource: no release has a history.
        StoreError: a history cannot be read.
    """
    root = ET.Element(
        "OAI-PMH", {"xmlns": _NAMESPACE, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}"}
    )
    child(root, "responseDate", text=write_date(now))
    echo = child(root, "request", text=repository.address)
    request: OaiRequest | None = None
    with open_release(None) as newest:
        try:
            request = read_request(pairs)
            root.append(Provider(repository, newest, open_release).answer(request))
        except OaiError as error:
            if error.condition in {"badVerb", "badArgument"}:
                request = None  # The answer must not repeat its arguments (section 3.2).
            child(root, "error", {"code": error.condition}, text=str(error))
    if request:
        echo.set("verb", request.verb)
        echo.attrib.update({name: clean(value) for name, value in request.arguments.items()})
    # A carriage return that stood as it is would be read as a line feed.
    document = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()


def without_date(document: bytes) -> bytes:
    """Return an answer without the time at which it was sent, the one thing that another request would change."""
    return _DATE.sub(b"", document, count=1)


@dataclass(frozen=True, slots=True)
class Provider:
    """Answers verbs from the newest history, and goes on with lists that were begun in others."""

    repository: Repository
    newest: ResourceHistory
    open_release: OpenRelease

    def answer(self, request: OaiRequest) -> ET.Element:
        """Return the element that answers `request`.

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
        return verbs[request.verb](request)

    def _identify(self, _: OaiRequest) -> ET.Element:
        answered = ET.Element("Identify")
        for name, text in (
            ("repositoryName", self.repository.name),
            ("baseURL", self.repository.address),
            ("protocolVersion", "2.0"),
            ("adminEmail", self.repository.contact or NO_CONTACT),
            ("earliestDatestamp", write_date(self.newest.releases()[0].stamp.published_at)),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
            ("compression", "gzip"),
        ):
            child(answered, name, text=text)
        return answered

    def _list_metadata_formats(self, request: OaiRequest) -> ET.Element:
        if "identifier" in request.arguments:
            self._find(request.arguments["identifier"])
        answered = ET.Element("ListMetadataFormats")
        for prefix, metadata in FORMATS.items():
            format_ = child(answered, "metadataFormat")
            child(format_, "metadataPrefix", text=prefix)
            child(format_, "schema", text=metadata.schema)
            child(format_, "metadataNamespace", text=metadata.namespace)
        return answered

    def _list_sets(self, request: OaiRequest) -> ET.Element:
        if "resumptionToken" in request.arguments:
            raise OaiError("badResumptionToken", "The list of sets has no second part.")
        answered = ET.Element("ListSets")
        for kind in self.newest.kinds():
            set_ = child(answered, "set")
            child(set_, "setSpec", text=kind)
            child(set_, "setName", text=f"Things of the kind {kind}")
        return answered

    def _get_record(self, request: OaiRequest) -> ET.Element:
        prefix = _check_prefix(request.arguments["metadataPrefix"])
        answered = ET.Element("GetRecord")
        self._add_record(answered, self._find(request.arguments["identifier"]), prefix, self.newest)
        return answered

    def _find(self, identifier: str) -> HistoryEntry:
        thing = self.newest.find(identifier)
        if thing is None:
            raise OaiError("idDoesNotExist", "No resource has or had this identifier; use the full IRI of a resource.")
        return thing

    def _list(self, request: OaiRequest) -> ET.Element:
        if "resumptionToken" not in request.arguments:
            return self._part(self.newest, self._begin(request))
        token = read_token(request.arguments["resumptionToken"], request.verb)
        _check_prefix(token.prefix)
        if token.version == self.newest.stamp.version:
            return self._part(self.newest, token)
        try:
            with self.open_release(token.version) as history:
                return self._part(history, token)
        except UnknownResource as error:
            raise OaiError(
                "badResumptionToken",
                "The release of this list is no longer retained; start the list again.",
            ) from error

    def _begin(self, request: OaiRequest) -> ResumptionToken:
        """Return the token of a list's beginning, as if it went on from there."""
        prefix, kind = _check_prefix(request.arguments["metadataPrefix"]), request.arguments.get("set")
        span = read_span(request.arguments)
        from_, until = (write_date(instant) if instant else None for instant in span)
        size = self.newest.count(Selection(kind, *span))
        return ResumptionToken(request.verb, self.newest.stamp.version, prefix, kind, from_, until, 0, 0, 0, size)

    def _part(self, history: ResourceHistory, token: ResumptionToken) -> ET.Element:
        """Return the part of a list that begins after what `token` points at."""
        after = Cursor(token.changed, token.number) if token.cursor else None
        found = history.records(Selection(token.kind, *read_span(token.span())), after, RECORDS_PER_LIST + 1)
        if not found:
            raise OaiError("noRecordsMatch", "No records match this set and period.")
        listed, answered = found[:RECORDS_PER_LIST], ET.Element(token.verb)
        for thing in listed:
            if token.verb == "ListRecords":
                self._add_record(answered, thing, token.prefix, history)
            else:
                _add_header(answered, thing)
        has_more = len(found) > len(listed)
        if has_more or token.cursor:
            # An empty one ends a list that came in parts (section 3.5).
            counts = {"completeListSize": str(token.size), "cursor": str(token.cursor)}
            following = token.after(listed[-1].cursor, len(listed)).write() if has_more else None
            child(answered, "resumptionToken", counts, text=following)
        return answered

    def _add_record(self, parent: ET.Element, thing: HistoryEntry, prefix: str, history: ResourceHistory) -> None:
        record = child(parent, "record")
        _add_header(record, thing)
        if not thing.is_deleted:
            page = page_about(self.repository.url, thing.kind, thing.key)
            repository = self.repository
            source = RecordSource(thing, page, history.title, repository.rights, repository.languages)
            child(record, "metadata").append(FORMATS[prefix].write(source))


def _check_prefix(prefix: str) -> str:
    if prefix not in FORMATS:
        raise OaiError("cannotDisseminateFormat", f"Records are available as {' or '.join(FORMATS)}.")
    return prefix


def _add_header(parent: ET.Element, thing: HistoryEntry) -> None:
    header = child(parent, "header", {"status": "deleted"} if thing.is_deleted else {})
    child(header, "identifier", text=thing.iri)
    child(header, "datestamp", text=write_date(thing.changed.published_at))
    child(header, "setSpec", text=thing.kind)
