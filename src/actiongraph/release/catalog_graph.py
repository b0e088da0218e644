"""The graph of a release that describes it: the quads of its catalogue, as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pyoxigraph as ox

from actiongraph.catalogue.dcat import Published, catalogue
from actiongraph.catalogue.statistics import count
from actiongraph.errors import StoreError
from actiongraph.release.damage import last_record
from actiongraph.release.inputs import CATALOGUE, graph_name
from actiongraph.release.lines import Lines
from actiongraph.release.store import ReleaseRecord, ReleaseStore
from actiongraph.settings import Settings, read_party


def catalogue_lines(lines: Lines, record: ReleaseRecord, releases: ReleaseStore, settings: Settings) -> Lines:
    """Return the catalogue of the release that `record` tells of, and whose dataset is `lines`, in its graph.

    A triple that the data has already is left to it, for every triple stands in one graph.
    """
    published = Published(
        version=record.version,
        created_at=datetime.fromisoformat(record.created_at),
        dumps=record.dumps,
        sizes=record.sizes,
        previous=record.previous if _has_base(record.previous, releases, settings) else None,
        first_at=_first_at(record, releases, settings),
    )
    written = catalogue(settings, published, count(lines, settings)).serialize(format="nt", encoding="utf-8")
    graph = graph_name(settings, CATALOGUE)
    triples = (quad.triple for quad in ox.parse(written, format=ox.RdfFormat.N_TRIPLES))
    return Lines(ox.Quad(each.subject, each.predicate, each.object, graph) for each in triples if not lines.has(each))


def _has_base(version: str | None, releases: ReleaseStore, settings: Settings) -> bool:
    """Tell whether a release in the store names things as this one does."""
    return version is not None and releases.record(version).base == settings.base


def _first_at(record: ReleaseRecord, releases: ReleaseStore, settings: Settings) -> datetime | None:
    """Return when the first release was made, or None if nothing readable is left of it, or it had another base."""
    if record.previous is None:
        return datetime.fromisoformat(record.created_at)
    past = releases.past_versions()
    try:
        oldest = releases.past_record(past[0]) if past else releases.record(releases.versions()[0])
    except StoreError:
        return None
    is_first = oldest.previous is None and oldest.base == settings.base
    return datetime.fromisoformat(oldest.created_at) if is_first else None


def as_told(settings: Settings, releases: ReleaseStore) -> Settings:
    """Return `settings` with what was told when the last release that can be read was made, where it is not told now.

    So commands that tell nothing, such as a query, do not make a release that has lost its publisher. Nobody, and
    an empty licence, take away what was told.

    Raises:
        StoreError: it cannot be told which release is the newest.
    """
    last = last_record(releases)
    told = last.told if last else {}
    publisher = read_party(told.get("publisher", "")) if settings.publisher is None else settings.publisher
    contact = read_party(told.get("contact", "")) if settings.contact is None else settings.contact
    license_ = told.get("license", "") if settings.license is None else settings.license
    return replace(settings, publisher=publisher or None, contact=contact or None, license=license_ or None)
