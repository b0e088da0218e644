"""The page `/data` and its JSON: every way to take the data away, when to use which, and how to cite them.

Source: the catalogue of the release for what it has, and its record for what changed and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import render_template

from actiongraph import formats
from actiongraph.catalogue.contents import cite_dataset
from actiongraph.feeds import ldes
from actiongraph.formats import Result
from actiongraph.publication import CSV, DUMP, TRIG, TURTLE, ReleaseRecord
from actiongraph.release.snapshots import Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.text import counted, listed
from actiongraph.web.http.addresses import locate, page_of

_USES: Mapping[str, str] = {
    CSV: "You work in a spreadsheet, or with pandas or R.",
    DUMP: "You keep a copy: one quad a line, sorted, so that two releases can be compared.",
    TRIG: "You load all into a store of your own, graph by graph, or read it yourself.",
    TURTLE: "Your program knows no graphs.",
}
_GROUPS = (
    ("ask", "Ask for what you need", "Best if you want a part or a count. Answers come from the newest release."),
    ("copy", "Copy all of it", "Best if you want everything at once. The files of a release never change."),
    ("part", "Copy one part", "Each source has a named graph, and so has what is shared and what is computed."),
    ("follow", "Keep a copy up to date", "Best if you harvest: only what changed is sent."),
    ("know", "Know what is in it", "What the data are about, what each term means, and what is wrong with them."),
)
_SIZES = (("triples", "triple"), ("entities", "thing"))
_RESULTS = (Result.BINDINGS, Result.GRAPH)
_LABELS = {"application/gzip": "gzip", "application/zip": "ZIP"}


def data_document(contents: Mapping[str, Any], snapshot: Snapshot, folder: Path, settings: Settings) -> dict[str, Any]:
    """Return the ways to take away the release of `snapshot`, which lies in `folder` and has the given `contents`.

    Raises:
        StoreError: its record cannot be read.
    """
    record = ReleaseStore.holding(folder).record(contents["version"])
    ways = _Ways(contents, record, snapshot, settings)
    made = (ways.ask(), ways.copy(), ways.parts(), ways.follow(), ways.know())
    return {
        "dataset": contents["dataset"],
        "title": contents["title"],
        "release": contents["version"],
        "modified": contents["modified"],
        "license": contents["license"],
        "rights": contents["rights"],
        "citation": cite_dataset(contents, locate("", settings)),
        "groups": [
            {"key": key, "title": title, "use": use, "ways": found}
            for (key, title, use), ways_of_group in zip(_GROUPS, made, strict=True)
            if (found := list(ways_of_group))
        ],
    }


def render_data(document: Mapping[str, Any], snapshot: Snapshot) -> bytes:
    """Return the page of `document`."""
    return render_template("data.html", data=document, snapshot=snapshot).encode()


class _Ways:
    """The ways, a group at a time."""

    def __init__(
        self, contents: Mapping[str, Any], record: ReleaseRecord, snapshot: Snapshot, settings: Settings
    ) -> None:
        self._contents, self._record, self._settings = contents, record, settings
        self._version = snapshot.version if snapshot.pinned else None
        self._triples, self._things = (counted(contents["figures"][key], noun) for key, noun in _SIZES)

    def ask(self) -> Iterator[dict[str, Any]]:
        """Yield the ways to ask questions."""
        tables, graphs = (", ".join(each.label for each in formats.offers(kind)) for kind in _RESULTS)
        use = "You have a question, or want a table of your own choice."
        yield self._way("SPARQL endpoint", use, "sparql", f"{tables}; {graphs}", self._triples)
        yield self._way("Example queries", "You want a question to begin with.", "examples", "HTML, JSON")
        use = "You write a query, and need the classes and properties with their use."
        yield self._way("Schema", use, self._pinned("schema"), "HTML, JSON")

    def copy(self) -> Iterator[dict[str, Any]]:
        """Yield the files that hold all of it."""
        for file in sorted(self._contents["files"], key=lambda file: [*_USES].index(_name(file))):
            packed = _LABELS.get(file["media_type"])
            label = f"{file['title']}, {packed}" if packed else file["title"]
            way = self._way(_name(file), _USES[_name(file)], "", label, size_bytes=file["size_bytes"])
            yield way | {"address": file["address"], "sha256": file["sha256"]}
        use = "You want the SHA-256 of each file, or plain RDF to load by its address."
        yield self._way("All files with checksums", use, f"dumps/{self._contents['version']}/", "HTML, JSON")

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield the named graphs."""
        syntaxes = ", ".join(each.label for each in formats.offers(Result.GRAPH))
        for graph in self._contents["graphs"]:
            path = page_of(graph["graph"], self._settings, self._version)
            if path is not None:
                yield self._way(graph["title"], "", path, syntaxes, counted(graph["triples"], "triple"))

    def follow(self) -> Iterator[dict[str, Any]]:
        """Yield the ways to keep up with changes."""
        syntaxes = ", ".join(each.label for each in ldes.OFFERS)
        use = "Your program follows Linked Data Event Streams: each change with the thing as it is now."
        yield self._way("Event stream", use, "feeds/ldes", syntaxes, self._things)
        use = "You run a library system or a harvester: records by date and kind; deletions are kept."
        yield self._way("OAI-PMH", use, "feeds/oai?verb=Identify", "XML: oai_dc, RDF", self._things)
        added, removed = f"{self._record.added:,} added", f"{self._record.removed:,} removed"
        size = f"{added}, {removed}" if self._record.previous else None
        use = "You want to see what a release changed, or to query an earlier one."
        yield self._way("Releases", use, "releases", "HTML, JSON", size)
        use = "You want every page and when it last changed."
        yield self._way("Sitemap", use, "sitemap.xml", "XML", self._things)

    def know(self) -> Iterator[dict[str, Any]]:
        """Yield the pages and documents about the data."""
        syntaxes = ", ".join(each.label for each in formats.offers(Result.GRAPH))
        use = "You list the dataset in a portal (DCAT-AP, VoID), or want every count."
        yield self._way("Catalogue", use, self._pinned("catalog"), f"HTML, JSON, {syntaxes}")
        use = "You want the definition of a term."
        yield self._way("Vocabulary", use, self._pinned("ontology"), f"HTML, {syntaxes}")
        nouns = {"Info": "note"}
        found = [
            counted(count, nouns.get(severity, severity.lower()))
            for severity, count in self._record.findings.items()
            if count
        ]
        use = "You want to know how good the data are: what the rules found in this release."
        size = listed(found) if found else "no findings"
        yield self._way("Validation report", use, self._pinned("validation"), f"HTML, JSON, {syntaxes}", size)
        if records := self._record.graphs.get(f"{self._record.base}graph/ledger"):
            use = "You look for what became of a row, an activity or an entry of a source, and why."
            yield self._way("Ledger", use, self._pinned("ledger"), "HTML, JSON, CSV", counted(records, "triple"))
        use = "You check data of your own by the same rules (SHACL)."
        yield self._way("Validation rules", use, "shapes", f"HTML, {syntaxes}")

    def _way(
        self, title: str, use: str, path: str, format: str, size: str | None = None, *, size_bytes: int | None = None
    ) -> dict[str, Any]:
        return {
            "title": title,
            "use": use or None,
            "address": locate(path, self._settings),
            "format": format,
            "size": size if size_bytes is None else counted(size_bytes, "byte"),
            "size_bytes": size_bytes,
            "modified": self._contents["modified"],
        }

    def _pinned(self, path: str) -> str:
        return f"{path}?version={self._version}" if self._version else path


def _name(file: Mapping[str, Any]) -> str:
    return str(file["address"]).rpartition("/")[2]
